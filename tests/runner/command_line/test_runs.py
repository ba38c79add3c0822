"""What a run prints, and how it ends."""

import signal
from pathlib import Path

import pytest

from chapter6.runner.backend import VECTOR_WIDTH
from tests.runner.command_line.running import finished, started
from tests.runner.command_line.section import SECTION


def test_a_finding_is_printed_whole_in_80_columns(run, monkeypatch):
    monkeypatch.setenv("COLUMNS", "80")
    status, output, message = run("first")
    assert (status, message) == (0, "")
    lines = output.splitlines()
    assert lines[1] == "6-0.a  Every loss lies in [0, 1], and [bold]nothing[/bold] is :smile:."
    path = f"    snapshots/{SECTION}/first/" + "a-long-name-" * 8 + ".png"
    # A path stays in one piece, to be copied.
    assert all(len(line) <= 80 for line in lines if line != path) and path in lines
    words = " ".join(output.split())
    for text in (
        "Losses are in [0, 1], [red]red[/red] ones :smile: too; and so",
        "to 0.123. Verdict: holds",
        "[name] loss",
        "a 0.123",
        "Why: A [bold]reason[/bold]. Limits: A limit.",
        "A [caption].",
    ):
        assert text in words
    assert words.count("a 0.123 ") == 12
    table = Path(f"snapshots/{SECTION}/first/finding.csv")
    assert str(table) in words
    assert table.read_text().splitlines() == ["[name],loss", *["a,0.123456"] * 13]


def test_a_quick_run_prints_no_verdict(run):
    _status, output, _message = run("first", "--quick")
    assert "too small for a verdict" in output and "Verdict:" not in output


def test_a_finding_in_chinese(run, monkeypatch):
    monkeypatch.setenv("COLUMNS", "80")
    status, output, message = run("first", "--language", "zh")
    assert (status, message) == (0, "")
    assert "  结论：成立" in output and "  原因：A [bold]reason[/bold]." in output
    # What the catalogue lacks stays English.
    assert "Every loss lies in [0, 1], and [bold]nothing[/bold] is :smile:." in output


def test_a_run_without_a_finding_adds_nothing(run):
    assert run("quiet") == (0, "out\n", "error\n")


def test_a_section_says_what_it_has_and_runs_its_experiments_in_order(run):
    status, output, message = run("--data", "somewhere", "--quick")
    assert (status, message) == (0, "")
    places = [output.index(words) for words in ("6-0, a section", "6-0.a  Every loss", "second: somewhere")]
    assert places == sorted(places)
    assert "out\n" not in output
    written = Path("snapshots", SECTION, "first_quick", "settings.json").read_text()
    assert '"data": "somewhere"' in written and '"steps": 20' in written


@pytest.mark.parametrize(
    ("how", "status", "words"),
    [
        ("input", 2, "error: a batch must be small, received 9"),
        ("run", 2, "error: losses must be finite, received nan"),
        ("disk", 2, "error: No space left on device: events"),
        ("os", 2, "error: something odd"),
        ("ctrl-c", 130, "interrupted"),
    ],
)
def test_a_fault_is_one_line_and_a_status(run, how, status, words):
    assert run("fail", "--how", how) == (status, "", f"python -m {SECTION}: {words}\n")


def test_an_experiment_may_end_with_a_status_of_its_own(run):
    assert run("fail", "--how", "exit") == (143, "", "")


def test_a_bug_is_not_passed_off_as_the_reader_s_fault(run):
    with pytest.raises(ValueError, match="a bug"):
        run("fail", "--how", "bug")


def test_the_process_ends_with_these_statuses(library, tmp_path):
    assert finished(library, "-m", SECTION, "quiet", cwd=tmp_path) == (0, "out\n", "error\n")
    assert finished(library, "-m", SECTION, "heavy", cwd=tmp_path) == (0, "out of tensorflow\n", "")
    status, output, message = finished(library, "-m", SECTION, "fail", cwd=tmp_path)
    assert (status, output) == (2, "")
    assert message.count("\n") == 1


def test_tensorflow_s_chatter_is_silenced_and_nothing_else(library, tmp_path):
    status, output, message = finished(
        library, "-c", "import os, tensorflow; os.write(2, b'after\\n')", cwd=tmp_path
    )
    assert (status, output, message) == (0, "", "chatter\nchatter\nafter\n")
    program = (
        "import os\n"
        "from chapter6.runner.backend import import_tensorflow\n"
        "import_tensorflow()\n"
        "os.write(2, b'after\\n')\n"
    )
    assert finished(library, "-c", program, cwd=tmp_path) == (0, "", "after\n")


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ("", f"{VECTOR_WIDTH}=512"),
        ("--xla_dump_to=here", f"--xla_dump_to=here {VECTOR_WIDTH}=512"),
        (f"{VECTOR_WIDTH}=256", f"{VECTOR_WIDTH}=256"),
    ],
)
def test_xla_is_told_the_vector_width_unless_the_user_has(library, tmp_path, monkeypatch, given, expected):
    monkeypatch.setenv("XLA_FLAGS", given)
    program = (
        "import os\n"
        "from chapter6.runner.backend import import_tensorflow\n"
        "import_tensorflow()\n"
        "print(os.environ['XLA_FLAGS'])\n"
    )
    assert finished(library, "-c", program, cwd=tmp_path) == (0, f"{expected}\n", "")


def test_ctrl_c_ends_a_running_experiment_without_a_traceback(library, tmp_path):
    process = started(library, "-m", SECTION, "sleep", cwd=tmp_path)
    assert process.stdout.readline() == "asleep\n"
    process.send_signal(signal.SIGINT)
    output, message = process.communicate(timeout=60)
    assert (process.returncode, output) == (130, "")
    assert message == f"python -m {SECTION}: interrupted\n"
