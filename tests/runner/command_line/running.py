"""Command lines, run here or in a process of their own."""

import json
import os
import subprocess
import sys
from pathlib import Path

from chapter6.runner import command_line
from tests.runner.command_line.section import SECTION

ROOT = Path(command_line.__file__).parents[2]


def settings_of(run, *arguments):
    """Return the settings with which a command line runs the first experiment."""
    status, _, message = run(*arguments)
    assert (status, message) == (0, "")
    (written,) = Path().rglob("settings.json")
    return json.loads(written.read_text())


def assert_refused(run, *arguments):
    """Return the one line with which a command line is refused."""
    status, output, message = run(*arguments)
    assert status == 2
    assert output == ""
    assert message.startswith(f"python -m {SECTION}")
    assert message.count("\n") == 1 and message.endswith("\n")
    assert list(Path().rglob("*")) == []
    return message


def started(library, *arguments, **options):
    environment = os.environ | {"PYTHONPATH": f"{library}{os.pathsep}{ROOT}"}
    return subprocess.Popen(
        [sys.executable, *arguments],
        env=environment,
        text=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        **options,
    )


def finished(library, *arguments, **options):
    process = started(library, *arguments, **options)
    output, message = process.communicate(timeout=60)
    return process.returncode, output, message
