"""Start a command line of the chapter in a process that can run it.

Python 3.6 must be able to run this file, so that an old Python is refused in one line. What needs a newer one
is imported after that.
"""

import importlib.util
import os
import sys

from chapter6.runner.python_versions import NEWEST_PYTHON, OLDEST_PYTHON
from chapter6.runner.streams import (
    open_missing_streams,
    prepare_environment,
    replace_unknown_characters,
)


def start(package):
    """Run the command line of the chapter or of a section, and end the process.

    Args:
        package: ``"chapter6"`` or a section's, ``"chapter6.section_6_4"``.

    Raises:
        SystemExit: With the command line's status; 2 under a Python that is too old or where standard output
            cannot be written; 141, as after SIGPIPE, where nobody reads it any longer.
    """
    open_missing_streams()
    replace_unknown_characters()
    if sys.version_info < OLDEST_PYTHON:
        sys.exit(_refuse_python(package, sys.argv[1:]))
    from chapter6 import language

    language.choose(sys.argv[1:])
    prepare_environment()
    status = 0
    try:
        try:
            _run_command_line(package)
        except SystemExit as ended:
            status = ended.code
        except ModuleNotFoundError as error:
            if (error.name or "chapter6").startswith("chapter6"):
                raise
            from chapter6.language import _

            message = _("{name} must be installed; python -m chapter6 doctor says how")
            _print_error(package, message.format(name=error.name))
            status = 2
        # Here, where a failure can be handled, rather than when the interpreter ends.
        sys.stdout.flush()
    except BrokenPipeError:
        _discard_output()
        status = 141
    except OSError as error:
        _discard_output()
        if not status:
            _print_error(package, error.strerror)
            status = 2
    sys.exit(status)


def _print_error(package, message):
    from chapter6.language import _

    line = _("{program}: error: {message}").format(program=f"python -m {package}", message=message)
    print(line, file=sys.stderr)


def _run_command_line(package):
    words = sys.argv[1:]
    if package == "chapter6" and "doctor" in words and not _installed("numpy"):
        # What parses the words cannot be imported.
        from chapter6.runner.doctor import run

        sys.exit(run())
    if package == "chapter6":
        from chapter6.runner.chapter import main

        main(words)
    else:
        from chapter6.runner.command_line import main

        main(package, words)


def _installed(name):
    return importlib.util.find_spec(name) is not None


def _refuse_python(package, words):
    """Print which Python is needed and return the exit status."""
    received = ".".join(map(str, sys.version_info[:3]))
    oldest, newest = (".".join(map(str, version)) for version in (OLDEST_PYTHON, NEWEST_PYTHON))
    if package == "chapter6" and words[:1] == ["doctor"]:
        print(f"fault    Python        {received} (>={oldest})")
        print(f"                    -> run this with Python {oldest} to {newest}")
        return 1
    message = f"Python must be {oldest} or newer, received {received}; see python -m chapter6 doctor"
    print(f"python -m {package}: error: {message}", file=sys.stderr)
    return 2


def _discard_output():
    """Turn standard output away, where what is still buffered would fail again when the interpreter ends."""
    null = os.open(os.devnull, os.O_WRONLY)
    os.dup2(null, sys.stdout.fileno())
    os.close(null)
