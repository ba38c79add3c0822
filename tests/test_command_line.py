"""The command line, on a small section of its own that lies in a temporary folder."""

import dataclasses
import json
import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chapter6 import command_line
from chapter6.command_line import main

ROOT = Path(command_line.__file__).parents[1]
SECTION = "section_of_tests"

MODULES = {
    "__init__": '''
"""6-0, a section of tests."""

EXPERIMENTS = ("first", "second")
COMMANDS = ("fail", "quiet", "heavy", "sleep")
''',
    "__main__": f'''
from chapter6.command_line import main

main("{SECTION}")
''',
    "first": '''
"""Draw 100% of everything.

Slide: 6-0, claim a. {braces}, %(percent)d and [brackets] stay.
"""

import json
from dataclasses import asdict, dataclass
from pathlib import Path

from chapter6.experiment import Finding, Verdict, setting

CLAIM = "6-0.a"
SENTENCE = "Every loss lies in [0, 1], and [bold]nothing[/bold] is :smile:."


@dataclass(frozen=True)
class Settings:
    """All kinds of settings."""

    steps: int = setting(400, "iterations, 100% of them", minimum=1, maximum=1000, quick=20)
    learning_rate: float = setting(0.1, "how fast", above=0, below=10)
    offset: float = setting(0.0, "any number", quick=0.5)
    shift: int = setting(0, "any whole number")
    kind: str = setting("70% plain", "which", choices=("70% plain", "other"))
    word: str = setting("", "any word")
    data: Path | None = setting(None, "where from")
    rates: tuple[float, ...] = setting((0.1, 0.2), "several", above=-1, quick=(0.3,))
    units: tuple[int, ...] = setting((), "several", minimum=1)
    names: tuple[str, ...] = setting(("a",), "several")
    fresh: bool = setting(False, "anew")
    mirrored: bool = setting(True, "as in a mirror", quick=False)


def run(settings, folders):
    folders.snapshots.mkdir(parents=True, exist_ok=True)
    path = folders.snapshots / "settings.json"
    path.write_text(json.dumps(asdict(settings), default=str))
    return Finding(
        Verdict.HOLDS,
        "Losses are in [0, 1], [red]red[/red] ones :smile: too; " + "and so it goes on, " * 8 + "to 0.123.",
        (folders.snapshots / ("a-long-name-" * 8 + ".png"),),
    )
''',
    "second": '''
"""Say nothing."""

from dataclasses import dataclass

from chapter6.experiment import setting


@dataclass(frozen=True)
class Settings:
    """One."""

    data: str = setting("none", "other data")


def run(settings, folders):
    print("second:", settings.data, folders.checkpoints)
''',
    "fail": '''
"""Fail in one of several ways."""

from dataclasses import dataclass

from chapter6.experiment import InputError, RunError, setting

FAULTS = {
    "input": InputError("a batch must be small,\\n  received 9"),
    "run": RunError("losses must be finite, received nan"),
    "disk": OSError(28, "No space left on device", "events"),
    "os": OSError("something odd"),
    "ctrl-c": KeyboardInterrupt(),
    "exit": SystemExit(143),
    "bug": ValueError("a bug"),
}


@dataclass(frozen=True)
class Settings:
    """How."""

    how: str = setting("input", "how", choices=tuple(FAULTS))


def run(settings, folders):
    raise FAULTS[settings.how]
''',
    "quiet": '''
"""Write on both streams."""

import sys
from dataclasses import dataclass


@dataclass(frozen=True)
class Settings:
    """None."""


def run(settings, folders):
    print("out")
    print("error", file=sys.stderr)
''',
    "heavy": '''
"""Import TensorFlow."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Settings:
    """None."""


def run(settings, folders):
    import tensorflow

    print("out of", tensorflow.__name__)
''',
    "sleep": '''
"""Sleep."""

import time
from dataclasses import dataclass


@dataclass(frozen=True)
class Settings:
    """None."""


def run(settings, folders):
    print("asleep", flush=True)
    time.sleep(60)
''',
}


@pytest.fixture(scope="module")
def library(tmp_path_factory):
    """Folder with the section, and with a stand-in for TensorFlow that chatters and is imported at once."""
    folder = tmp_path_factory.mktemp("library")
    (folder / SECTION).mkdir()
    for name, text in MODULES.items():
        (folder / SECTION / f"{name}.py").write_text(text.lstrip())
    (folder / "tensorflow.py").write_text(
        "import os, sys\nos.write(2, b'chatter\\n')\nprint('chatter', file=sys.stderr)\n"
    )
    return folder


@pytest.fixture
def run(library, monkeypatch, tmp_path, capsys):
    """Return a function that runs a command line here: (status, standard output, standard error)."""
    monkeypatch.syspath_prepend(str(library))
    monkeypatch.setattr(command_line, "_import_tensorflow", lambda: None)
    monkeypatch.chdir(tmp_path)

    def run(*arguments):
        try:
            status = main(SECTION, list(arguments)) or 0
        except SystemExit as ended:
            status = ended.code or 0
        output = capsys.readouterr()
        return status, output.out, output.err

    return run


def settings_of(run, *arguments):
    """Return the settings with which a command line runs the first experiment."""
    status, _, told = run(*arguments)
    assert (status, told) == (0, "")
    (written,) = Path().rglob("settings.json")
    return json.loads(written.read_text())


def assert_refused(run, *arguments):
    """Return the one line with which a command line is refused."""
    status, output, told = run(*arguments)
    assert status == 2
    assert output == ""
    assert told.startswith(f"python -m {SECTION}")
    assert told.count("\n") == 1 and told.endswith("\n")
    assert list(Path().rglob("*")) == []
    return told


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
    output, told = process.communicate(timeout=60)
    return process.returncode, output, told


# Settings.


DEFAULTS = {
    "steps": 400,
    "learning_rate": 0.1,
    "offset": 0.0,
    "shift": 0,
    "kind": "70% plain",
    "word": "",
    "data": None,
    "rates": [0.1, 0.2],
    "units": [],
    "names": ["a"],
    "fresh": False,
    "mirrored": True,
}
QUICK = DEFAULTS | {"steps": 20, "offset": 0.5, "rates": [0.3], "mirrored": False}


@pytest.mark.parametrize(
    ("arguments", "changed"),
    [
        ("--steps 7", {"steps": 7}),
        ("--steps=7", {"steps": 7}),
        ("--steps 1_000", {"steps": 1000}),
        ("--steps 1 --steps 2", {"steps": 2}),
        ("--learning-rate 1e-3", {"learning_rate": 0.001}),
        ("--learning-rate=.5", {"learning_rate": 0.5}),
        ("--offset -3", {"offset": -3.0}),
        ("--offset -.5", {"offset": -0.5}),
        ("--offset -1e-3", {"offset": -0.001}),
        ("--offset=-1e-3", {"offset": -0.001}),
        ("--shift -12", {"shift": -12}),
        ("--word=", {"word": ""}),
        ("--word 图", {"word": "图"}),
        ("--kind other", {"kind": "other"}),
        ("--data some/folder", {"data": "some/folder"}),
        ("--rates 1 -0.5 2e-3 -1e-3", {"rates": [1.0, -0.5, 0.002, -0.001]}),
        ("--rates 1", {"rates": [1.0]}),
        ("--units 3 4 --steps 7", {"units": [3, 4], "steps": 7}),
        ("--names x y", {"names": ["x", "y"]}),
        ("--fresh --no-mirrored", {"fresh": True, "mirrored": False}),
        ("--no-fresh --mirrored", {}),
    ],
)
def test_a_flag_sets_its_field_and_no_other(run, arguments, changed):
    assert settings_of(run, "first", *arguments.split()) == DEFAULTS | changed


def test_without_flags_the_defaults_hold(run):
    assert settings_of(run, "first") == DEFAULTS


@pytest.mark.parametrize(
    ("arguments", "changed"),
    [
        ("first --quick", {}),
        ("--quick first", {}),
        ("--quick first --quick", {}),
        ("first --quick --steps 400", {"steps": 400}),
        ("first --offset 0 --mirrored --quick", {"offset": 0.0, "mirrored": True}),
        ("first --quick --rates 0.1 0.2", {"rates": [0.1, 0.2]}),
    ],
)
def test_an_explicit_flag_goes_before_quick(run, arguments, changed):
    assert settings_of(run, *arguments.split()) == QUICK | changed


@settings(deadline=None, derandomize=True, max_examples=200)
@given(text=st.text(max_size=8) | st.floats().map(str) | st.integers().map(str))
def test_a_number_is_read_as_python_does_or_refused(text):
    field = dataclasses.field(
        metadata={"rules": dict.fromkeys(("minimum", "above", "maximum", "below", "choices"))}
    )
    for kind in (int, float):
        try:
            expected = kind(text)
            fits = abs(expected) < 2**63 if kind is int else abs(expected) < float("inf")
        except ValueError:
            fits = False
        if fits:
            assert command_line._reader(kind, field.metadata["rules"])(text) == expected
        else:
            with pytest.raises(command_line.argparse.ArgumentTypeError, match="must be .*received"):
                command_line._reader(kind, field.metadata["rules"])(text)


@pytest.mark.parametrize(
    ("flag", "value", "rule"),
    [
        ("--steps", "0", "must be at least 1, received 0"),
        ("--steps", "-5", "must be at least 1, received -5"),
        ("--steps", "1001", "must be at most 1000, received 1001"),
        ("--steps", "2.5", "must be a whole number, received '2.5'"),
        ("--steps", "1e3", "must be a whole number, received '1e3'"),
        ("--steps", "nan", "must be a whole number, received 'nan'"),
        ("--steps", "", "must be a whole number, received ''"),
        ("--steps", "ten", "must be a whole number, received 'ten'"),
        ("--steps", "_5", "must be a whole number, received '_5'"),
        ("--steps", "½", "must be a whole number, received '½'"),
        ("--shift", "9" * 30, "must be less than 2**63 in size, received 999"),
        ("--shift", "-" + "9" * 30, "must be less than 2**63 in size, received -999"),
        ("--learning-rate", "0", "must be greater than 0, received 0"),
        ("--learning-rate", "10", "must be less than 10, received 10"),
        ("--learning-rate", "-1e-3", "must be greater than 0, received -1e-3"),
        ("--learning-rate", "-inf", "must be a finite number, received -inf"),
        ("--learning-rate", "-NaN", "must be a finite number, received -NaN"),
        ("--learning-rate", "fast", "must be a number, received 'fast'"),
        ("--learning-rate", "", "must be a number, received ''"),
        ("--offset", "nan", "must be a finite number, received nan"),
        ("--offset", "inf", "must be a finite number, received inf"),
        ("--offset", "1e400", "must be a finite number, received 1e400"),
        ("--kind", "strange", "must be one of 70% plain, other, received 'strange'"),
        ("--kind", "", "must be one of 70% plain, other, received ''"),
        ("--data", "", "must not be empty, received ''"),
        ("--output", "", "must not be empty, received ''"),
        ("--rates", "0.1,0.2", "must be a number, received '0.1,0.2'"),
        ("--rates", "-1", "must be greater than -1, received -1"),
        ("--units", "0", "must be at least 1, received 0"),
        ("--fresh", "yes", "unknown argument yes"),
    ],
)
def test_a_value_that_breaks_a_rule(run, flag, value, rule):
    line = assert_refused(run, "first", flag, value)
    assert rule in line
    if flag != "--fresh":
        assert f"argument {flag}" in line
        assert rule in assert_refused(run, "first", f"{flag}={value}")


def test_one_bad_value_of_several(run):
    assert "received 0" in assert_refused(run, "first", "--units", "3", "0", "5")
    assert "at least one" in assert_refused(run, "first", "--units")
    assert "expected one" in assert_refused(run, "first", "--steps")


# Names and flags that are not there.


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ("frist", "nothing here is called 'frist'; did you mean first?"),
        ("xyz", "nothing here is called 'xyz'; there is first, second, fail, quiet, heavy, sleep"),
        ("--quick frist", "did you mean first?"),
        ("--output somewhere secnod", "did you mean second?"),
        ("--output=somewhere secnod", "did you mean second?"),
        ("--data 3 secnod", "did you mean second?"),
        ("first --stepps 3", "unknown argument --stepps; did you mean --steps?"),
        ("first --stepps=3", "unknown argument --stepps; did you mean --steps?"),
        ("first --step 3", "unknown argument --step; did you mean --steps?"),
        ("first --learning_rate 3", "did you mean --learning-rate?"),
        ("first --quik", "did you mean --quick?"),
        ("first --ouput x", "did you mean --output?"),
        ("first --zzz", "unknown argument --zzz; there is --steps, --learning-rate,"),
        ("first second", "unknown argument second"),
        ("second --steps 3", "unknown argument --steps"),
        ("--quik", "unknown argument --quik before a NAME; did you mean --quick?"),
        ("--steps 3 first", "unknown argument --steps before a NAME; there is --quick, --output"),
        ("--steps=3 first", "unknown argument --steps before a NAME"),
        ("--out x first", "unknown argument --out before a NAME; did you mean --output?"),
        ("-x", "unknown argument -x before a NAME"),
        ("--output", "expected one argument"),
    ],
)
def test_what_is_unknown_is_refused_with_the_nearest_known(run, arguments, words):
    assert words in assert_refused(run, *arguments.split())


def test_an_empty_name_is_refused(run):
    assert "nothing here is called ''" in assert_refused(run, "")


# Folders.


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
    status, printed, told = run("first", "--output", output)
    assert (status, printed) == (2, "")
    assert told.count("\n") == 1
    assert "--output must be a folder that can be written to, received" in told
    assert Path("file").read_text() == "kept"


def test_a_file_where_a_folder_of_output_should_be_is_refused(run):
    for name in ("snapshots", "checkpoints"):
        Path(name).write_text("kept")
        status, printed, told = run("first")
        assert (status, printed) == (2, "")
        assert f"received {name}" in told
        Path(name).unlink()


def test_an_output_that_takes_no_folder_after_all_is_one_line(run):
    if not Path("/proc/self").is_dir():
        pytest.skip("needs /proc, where nobody may write")
    status, printed, told = run("first", "--output", "/proc/nothing")
    assert (status, printed) == (2, "")
    assert told.count("\n") == 1


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
@pytest.mark.parametrize("mode", [0o000, 0o500, 0o600])
def test_an_output_without_permission_is_refused_before_the_run(run, mode):
    Path("locked").mkdir()
    Path("locked").chmod(mode)
    try:
        for output in ("locked", "locked/under"):
            status, printed, told = run("first", "--output", output)
            assert (status, printed) == (2, "")
            assert told.count("\n") == 1
    finally:
        Path("locked").chmod(0o700)


# What is printed.


def test_a_finding_is_printed_whole_in_80_columns(run, monkeypatch):
    monkeypatch.setenv("COLUMNS", "80")
    status, output, told = run("first")
    assert (status, told) == (0, "")
    lines = output.splitlines()
    assert lines[1] == "6-0.a  Every loss lies in [0, 1], and [bold]nothing[/bold] is :smile:."
    assert all(len(line) <= 80 for line in lines if "picture" not in line)
    words = " ".join(output.split())
    assert "measured Losses are in [0, 1], [red]red[/red] ones :smile: too; and so" in words
    assert "to 0.123." in words
    assert re.search(r"^  verdict   holds \(\d+\.\d s\)$", output, re.MULTILINE)
    # A path stays in one piece, to be copied.
    assert f"\n  picture   snapshots/{SECTION}/first/" + "a-long-name-" * 8 + ".png\n" in output


def test_a_run_without_a_finding_adds_nothing(run):
    assert run("quiet") == (0, "out\n", "error\n")


def test_a_section_says_what_it_has_and_runs_its_experiments_in_order(run):
    status, output, told = run("--data", "somewhere", "--quick")
    assert (status, told) == (0, "")
    places = [output.index(words) for words in ("6-0, a section", "6-0.a  Every loss", "second: somewhere")]
    assert places == sorted(places)
    assert "out\n" not in output
    written = Path("snapshots", SECTION, "first", "settings.json").read_text()
    assert '"data": "somewhere"' in written and '"steps": 20' in written


def test_help_has_every_name_and_flag(run):
    status, output, told = run("--help")
    assert (status, told) == (0, "")
    shown = " ".join(output.split())
    for words in (
        "6-0, a section of tests.",
        "6-0.a Draw 100% of everything",
        "second Say nothing",
        "--data PATH",
    ):
        assert words in shown
    status, output, told = run("first", "--help")
    assert (status, told) == (0, "")
    assert "{braces}, %(percent)d and [brackets] stay." in output
    for field in DEFAULTS:
        assert "--" + field.replace("_", "-") in output
    words = " ".join(output.split())
    assert "iterations, 100% of them (default: 400)" in words
    assert "which (default: 70% plain)" in words
    assert "several (default: 0.1 0.2)" in words
    assert list(Path().rglob("*")) == []


@pytest.mark.parametrize(
    "arguments", [["--help"], ["first", "--help"], ["first", "--steps", "0"], ["nothing"]]
)
def test_nothing_heavy_is_imported_to_answer(library, arguments):
    program = (
        "import sys, chapter6\n"
        "from chapter6.command_line import main\n"
        "try:\n"
        f"    main({SECTION!r}, {arguments!r})\n"
        "except SystemExit:\n"
        "    heavy = {'tensorflow', 'keras', 'numpy', 'matplotlib', 'rich', 'mlxtend'}\n"
        "    sys.exit(f'heavy: {sorted(heavy & set(sys.modules))}')\n"
    )
    _, _, told = finished(library, "-c", program)
    assert told.endswith("heavy: []\n")


# How it ends.


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
    status, output, told = finished(library, "-m", SECTION, "fail", cwd=tmp_path)
    assert (status, output) == (2, "")
    assert told.count("\n") == 1


def test_tensorflow_s_chatter_is_silenced_and_nothing_else(library, tmp_path):
    status, output, told = finished(
        library, "-c", "import os, tensorflow; os.write(2, b'after\\n')", cwd=tmp_path
    )
    assert (status, output, told) == (0, "", "chatter\nchatter\nafter\n")
    program = (
        "import os\n"
        "from chapter6.command_line import _import_tensorflow\n"
        "_import_tensorflow()\n"
        "os.write(2, b'after\\n')\n"
    )
    assert finished(library, "-c", program, cwd=tmp_path) == (0, "", "after\n")


def test_ctrl_c_ends_a_running_experiment_without_a_traceback(library, tmp_path):
    process = started(library, "-m", SECTION, "sleep", cwd=tmp_path)
    assert process.stdout.readline() == "asleep\n"
    process.send_signal(signal.SIGINT)
    output, told = process.communicate(timeout=60)
    assert (process.returncode, output) == (130, "")
    assert told == f"python -m {SECTION}: interrupted\n"
