"""What is shown while long work goes on, on a pseudoterminal and without one."""

import os
import re
import subprocess
import sys

import pytest

PROGRAM = """
import time
from chapter6.progress import elapsed_time, progress_bar
with elapsed_time("Racing"):
    time.sleep(.4)
    with progress_bar("Training", 2) as update:
        update(1)
        time.sleep(.4)
        print("printed")
    time.sleep(.4)
print("done")
"""


def run(program, **streams):
    environment = os.environ | {"TERM": "xterm", "COLUMNS": "80", "PYTHONPATH": os.getcwd()}
    return subprocess.run([sys.executable, "-c", program], env=environment, check=True, text=True, **streams)


@pytest.fixture
def terminal():
    """Return a function that runs a program on a terminal: what it prints, what that shows."""
    pty = pytest.importorskip("pty", reason="needs pseudoterminals")

    def run_on_a_terminal(program):
        ours, theirs = pty.openpty()
        printed = run(program, stdout=subprocess.PIPE, stderr=theirs).stdout
        os.close(theirs)
        shown = b""
        try:
            while more := os.read(ours, 65536):
                shown += more
        except OSError:
            # Linux' way to say that the other end is closed
            pass
        os.close(ours)
        return printed, shown.decode()

    return run_on_a_terminal


def test_the_innermost_is_shown_alone_and_the_outer_one_again_after_it(terminal):
    _printed, shown = terminal(PROGRAM)
    names = re.findall("Racing|Training", shown)
    first, last = names.index("Training"), len(names) - names[::-1].index("Training")
    assert set(names[:first]) == set(names[last:]) == {"Racing"}
    assert set(names[first:last]) == {"Training"}
    assert re.search(r"Racing\S* \S*0:00:0\d", shown) and "50%" in shown


def test_nothing_of_it_stays_on_the_terminal(terminal):
    _printed, shown = terminal(PROGRAM)
    # Each line that was written is erased again: the last thing is an empty line.
    assert re.split(r"\x1b\[2K", shown)[-1].strip("\r\n\x1b[?25h") == ""


def test_what_is_printed_meanwhile_goes_where_it_is_meant_to_go(terminal):
    printed, shown = terminal(PROGRAM)
    assert printed.splitlines() == ["printed", "done"]
    assert "printed" not in shown


def test_without_a_terminal_there_is_a_line_for_a_bar_alone():
    ended = run(PROGRAM, capture_output=True)
    assert ended.stderr.splitlines() == ["Training"]
    assert ended.stdout.splitlines() == ["printed", "done"]


def test_a_failure_takes_it_from_the_terminal_too(terminal):
    program = PROGRAM.replace("print(", "raise SystemExit(0); print(")
    printed, shown = terminal(program)
    assert printed == "" and shown.count("\x1b[?25l") == shown.count("\x1b[?25h") >= 3
