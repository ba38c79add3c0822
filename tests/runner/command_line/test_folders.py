"""Where a run writes, and folders that it cannot write to."""

import os
from pathlib import Path

import pytest

from tests.runner.command_line.running import settings_of
from tests.runner.command_line.section import SECTION


@pytest.mark.parametrize(
    "arguments",
    [
        ["first", "--output", "there"],
        ["--output", "there", "first"],
        ["--output=elsewhere", "first", "--output=there"],
    ],
)
def test_everything_is_written_under_output(run, arguments):
    settings_of(run, *arguments)
    (written,) = Path().rglob("settings.json")
    assert written == Path("there", "snapshots", SECTION, "first", "settings.json")


def test_without_output_everything_is_written_here(run):
    settings_of(run, "first")
    (written,) = Path().rglob("settings.json")
    assert written == Path("snapshots", SECTION, "first", "settings.json")


@pytest.mark.parametrize("output", ["file", "file/under", "/dev/null", "/dev/null/under"])
def test_an_output_that_is_no_folder_is_refused_before_the_run(run, output):
    Path("file").write_text("kept")
    Path("file").chmod(0o755)
    status, printed, message = run("first", "--output", output)
    assert (status, printed) == (2, "")
    assert message.count("\n") == 1
    assert "--output must be a folder that can be written to, received" in message
    assert Path("file").read_text() == "kept"


def test_a_file_where_a_folder_of_output_should_be_is_refused(run):
    for name in ("snapshots", "checkpoints"):
        Path(name).write_text("kept")
        status, printed, message = run("first")
        assert (status, printed) == (2, "")
        assert f"received {name}" in message
        Path(name).unlink()


def test_an_output_that_takes_no_folder_after_all_is_one_line(run):
    if not Path("/proc/self").is_dir():
        pytest.skip("needs /proc, where nobody may write")
    status, printed, message = run("first", "--output", "/proc/nothing")
    assert (status, printed) == (2, "")
    assert message.count("\n") == 1


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
@pytest.mark.parametrize("mode", [0o000, 0o500, 0o600])
def test_an_output_without_permission_is_refused_before_the_run(run, mode):
    Path("locked").mkdir()
    Path("locked").chmod(mode)
    try:
        for output in ("locked", "locked/under"):
            status, printed, message = run("first", "--output", output)
            assert (status, printed) == (2, "")
            assert message.count("\n") == 1
    finally:
        Path("locked").chmod(0o700)
