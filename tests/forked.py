"""Command lines in processes that are forked from one that has imported TensorFlow, which takes seconds."""

import multiprocessing
import os
import re
import shutil
import signal
import sys
import tempfile
from pathlib import Path

from chapter6.runner.start import start


def without_logs(text):
    """Return what a process has written without the two lines of TensorFlow 2.20's first compilation by XLA.

    It writes them whatever the level of its logs is.
    """
    return re.sub(
        r"^(WARNING: All log messages before absl|I0000 .* Compiled cluster using XLA).*\n",
        "",
        text,
        flags=re.M,
    )


class ForkedCommand:
    """``python -m PACKAGE ARGUMENTS``, begun in a process that has imported TensorFlow already.

    It has the methods of `subprocess.Popen` that the tests use; its environment is that of this process.

    Args:
        package: ``"chapter6.section_6_4"``.
        *arguments: The words behind it.
        output: Path to write standard output to, such as that of a pipe; None keeps it for `communicate`.
        terminal: File descriptor of a terminal to write both streams to.
        limits: dict from the names of limits of `resource` to bytes.
        **variables: Further environment.
    """

    def __init__(self, package, *arguments, output=None, terminal=None, limits=(), **variables):
        context = multiprocessing.get_context("forkserver")
        context.set_forkserver_preload(["chapter6.runner.preload"])
        self._folder = Path(tempfile.mkdtemp())
        paths = [output or self._folder / "out", self._folder / "err"]
        if terminal is not None:
            paths = [os.ttyname(terminal)] * 2
        words = [package, *map(str, arguments)]
        target = words, paths, {**os.environ, **variables}, dict(limits)
        self._process = context.Process(target=_run, args=target, daemon=True)
        self._process.start()
        self.send_signal = lambda number: os.kill(self._process.pid, number)
        self.kill = self._process.kill

    def poll(self):
        """Return the exit status, None while the process runs."""
        return self._process.exitcode

    def wait(self, timeout=300):
        """Wait for the process to end and return its exit status."""
        self._process.join(timeout)
        if self.returncode is None:
            self.kill()
            raise AssertionError(f"the command has not ended within {timeout} s")
        return self.returncode

    def communicate(self, timeout=300):
        """Wait for the process to end and return what it has written on its two streams."""
        self.wait(timeout)
        paths = [self._folder / name for name in ("out", "err")]
        output, faults = (path.read_text(encoding="utf-8") if path.exists() else "" for path in paths)
        shutil.rmtree(self._folder)
        return output, without_logs(faults)

    returncode = property(poll)


def _run(words, paths, environment, limits):
    import resource

    for number, (name, path) in enumerate(zip(("stdout", "stderr"), paths, strict=True), 1):
        file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_NOCTTY, 0o600)
        os.dup2(file, number)
        os.close(file)
        # As Python opens them.
        buffering = 1 if name == "stderr" or os.isatty(number) else -1
        setattr(sys, name, open(number, "w", buffering, encoding="utf-8", closefd=False))  # noqa: SIM115
    os.environ.clear()
    os.environ.update(environment)
    # The process forked from holds Ctrl-C back where an isolated experiment has started it.
    signal.pthread_sigmask(signal.SIG_UNBLOCK, [signal.SIGINT])
    signal.signal(signal.SIGINT, signal.default_int_handler)
    for name, value in limits.items():
        resource.setrlimit(getattr(resource, name), (value, value))
    package, *sys.argv[1:] = words
    start(package)
