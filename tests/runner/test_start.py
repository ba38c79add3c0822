"""Command lines on consoles, in environments and with streams that are not what a developer has."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from chapter6.runner.streams import SUBSTITUTES
from tests.forked import ForkedCommand

ROOT = Path(__file__).parents[2]
SIGNS = "µαελρ√±×∞≤→ Fréchet 成立 “x”"


def ran(*arguments, shell=None, python=(), **variables):
    """Run ``python -m`` or a shell command line with it; return the finished process, its output as bytes."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("LC_", "LANG"))}
    environment |= {"PYTHONPATH": str(ROOT), **variables}
    command = [sys.executable, *python, "-m", *arguments]
    if shell:
        return subprocess.run(
            ["bash", "-c", shell.format(python=sys.executable)],
            env=environment,
            capture_output=True,
            timeout=120,
        )
    return subprocess.run(command, env=environment, capture_output=True, timeout=120)


@pytest.mark.parametrize("encoding", ["gbk", "cp1252", "ascii"])
@pytest.mark.parametrize("language", ["en", "zh"])
def test_every_console_shows_the_index_and_help(encoding, language):
    for arguments in (("chapter6",), ("chapter6.section_6_3", "--help")):
        finished = ran(
            *arguments, CHAPTER6_LANGUAGE="", PYTHONIOENCODING=encoding, LC_ALL=f"{language}_XX.UTF-8"
        )
        assert (finished.returncode, finished.stderr) == (0, b"")
        finished.stdout.decode(encoding)


@pytest.mark.parametrize(
    ("encoding", "expected"),
    [
        ("gbk", "muαελρ√±×∞≤→ Fréchet 成立 “x”"),
        ("cp1252", "µalphaepsilonlambdarhosqrt±×inf<=-> Fréchet ?? “x”"),
        ("ascii", 'mualphaepsilonlambdarhosqrt+-xinf<=-> Frechet ?? "x"'),
    ],
)
def test_a_sign_that_the_encoding_lacks_is_replaced(encoding, expected):
    program = f"from chapter6.runner.streams import replace_unknown_characters as f; f(); print({SIGNS!r})"
    finished = subprocess.run(
        [sys.executable, "-c", program],
        env=os.environ | {"PYTHONPATH": str(ROOT), "PYTHONIOENCODING": encoding},
        capture_output=True,
        check=True,
    )
    assert finished.stdout.decode(encoding).strip() == expected


def test_substitutes_are_ascii():
    assert all(substitute.isascii() or len(substitute) > 1 for substitute in SUBSTITUTES.values())


def test_a_reader_that_goes_away_is_no_error():
    finished = ran(shell="{python} -u -m chapter6 | head -1; exit ${{PIPESTATUS[0]}}")
    assert finished.stderr == b""
    assert finished.returncode in (0, 141)


def test_a_reader_that_goes_away_during_a_run_is_no_error(tmp_path):
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    process = ForkedCommand("chapter6.section_6_4", "sample", "--output", tmp_path, output=pipe)
    # The process waits for a reader, and this one goes at once.
    os.close(os.open(pipe, os.O_RDONLY))
    assert process.communicate()[1] == ""
    assert process.returncode == 141


@pytest.mark.parametrize("closed", ["<&-", "2>&-", "<&- 2>&-"])
def test_streams_that_are_closed(closed):
    finished = ran(shell=f"{{python}} -m chapter6 {closed}")
    assert finished.returncode == 0 and finished.stdout.startswith(b"Chapter 6.")


def test_a_disk_that_is_full_is_one_line():
    if not Path("/dev/full").exists():
        pytest.skip("no /dev/full")
    finished = ran(shell="{python} -m chapter6 > /dev/full")
    assert finished.returncode == 2
    assert finished.stderr.count(b"\n") == 1 and b"No space left" in finished.stderr


def test_optimized_python_without_docstrings_says_the_same():
    plain, optimized = (
        ran("chapter6.section_6_3", "--help", python=flags).stdout for flags in ((), ("-OO",))
    )
    assert plain == optimized and b"AdaGrad" in plain


def test_a_package_that_is_not_installed_leads_to_the_doctor(tmp_path):
    finished = ran("chapter6.section_6_4", "gan", "--output", str(tmp_path), python=("-S",))
    assert finished.returncode == 2
    assert b"must be installed; python -m chapter6 doctor says how" in finished.stderr
    assert finished.stderr.count(b"\n") == 1


@pytest.mark.parametrize("version", ["3.6", "3.8", "3.10"])
def test_an_old_python_is_refused_in_one_line(version):
    python = shutil.which(f"python{version}")
    if not python or subprocess.run([python, "-c", ""]).returncode:
        pytest.skip(f"Python {version} is not installed")
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    refused = subprocess.run(
        [python, "-m", "chapter6.section_6_4", "gan"], env=environment, capture_output=True
    )
    assert refused.returncode == 2 and refused.stderr.count(b"\n") == 1
    assert b"Python must be 3.11 or newer, received 3." in refused.stderr
    examined = subprocess.run([python, "-m", "chapter6", "doctor"], env=environment, capture_output=True)
    assert examined.returncode == 1 and b"-> run this with Python 3.11 to 3.13" in examined.stdout
