"""Start a command line of the chapter in a process that can run it.

Python 3.6 must be able to run this file, so that an old Python is refused in one line. What needs a newer one
is imported after that.
"""

import codecs
import importlib.util
import os
import sys
import tempfile
import unicodedata

from chapter6.runner.python_versions import NEWEST_PYTHON, OLDEST_PYTHON

# What is printed for signs that the console's encoding lacks; Greek letters are spelled out.
SUBSTITUTES = {
    "±": "+-",
    "×": "x",
    "√": "sqrt",
    "λ": "lambda",
    "∞": "inf",
    "≤": "<=",
    "≥": ">=",
    "−": "-",
    "–": "-",
    "→": "->",
    "“": '"',
    "”": '"',
    "’": "'",
}


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
            message = f"{error.name} must be installed; python -m chapter6 doctor says how"
            print(f"python -m {package}: error: {message}", file=sys.stderr)
            status = 2
        # Here, where a failure can be handled, rather than when the interpreter ends.
        sys.stdout.flush()
    except BrokenPipeError:
        _discard_output()
        status = 141
    except OSError as error:
        _discard_output()
        if not status:
            print(f"python -m {package}: error: {error.strerror}", file=sys.stderr)
            status = 2
    sys.exit(status)


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


def open_missing_streams():
    """Open the null device for each standard stream that is closed.

    Without this the next file to be opened would get the stream's descriptor, and what is written to it.
    """
    for descriptor, name in enumerate(("stdin", "stdout", "stderr")):
        try:
            os.fstat(descriptor)
        except OSError:
            # Takes the lowest free descriptor, which is this one.
            os.open(os.devnull, os.O_RDWR)
        if getattr(sys, name) is None:
            mode = "w" if descriptor else "r"
            setattr(sys, name, open(os.devnull, mode, encoding="utf-8"))  # noqa: SIM115


def replace_unknown_characters():
    """Have standard output and error replace the characters that their encoding lacks."""
    codecs.register_error("chapter6", _replace)
    for stream in (sys.stdout, sys.stderr):
        # Python 3.6 has no such method, nor need the streams of an editor.
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="chapter6")


def _replace(error):
    character = error.object[error.start]
    if "\udc80" <= character <= "\udcff":
        # A byte of a file name that is not valid text: written as it was read.
        return bytes([ord(character) - 0xDC00]), error.start + 1
    # NFKD takes é apart and makes the micro sign a Greek mu.
    decomposed = unicodedata.normalize("NFKD", SUBSTITUTES.get(character, character))
    name = unicodedata.name(decomposed[0], "")
    if name.startswith("GREEK"):
        return name.split()[-1].lower(), error.start + 1
    return decomposed.encode("ascii", "ignore").decode() or "?", error.start + 1


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


def prepare_environment():
    """Set the variables that libraries would otherwise take from an environment that does not suit them."""
    # Figures are saved, never shown; a backend that needs a display, or is not installed, must not matter.
    os.environ["MPLBACKEND"] = "agg"
    if not os.path.isabs(os.path.expanduser("~")):
        # A user id that the system does not know, as in containers: caches would go to a folder named ~.
        os.environ["HOME"] = tempfile.gettempdir()


def _discard_output():
    """Turn standard output away, where what is still buffered would fail again when the interpreter ends."""
    null = os.open(os.devnull, os.O_WRONLY)
    os.dup2(null, sys.stdout.fileno())
    os.close(null)
