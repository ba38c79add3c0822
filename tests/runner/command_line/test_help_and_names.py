"""Help has every name and flag, and what is unknown is refused with the nearest known."""

from pathlib import Path

import pytest

from tests.runner.command_line.running import assert_refused, finished
from tests.runner.command_line.section import DEFAULTS, SECTION


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ("frist", "nothing here is called 'frist'; did you mean first?"),
        ("xyz", "nothing here is called 'xyz'; there is first, second, fail, quiet, heavy, sleep"),
        ("--quick frist", "did you mean first?"),
        ("--language zh frist", "您是不是要找first？"),
        ("first --langage zh", "did you mean --language?"),
        ("first --language de", "invalid choice: 'de'"),
        ("--language first", "invalid choice: 'first'"),
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


def test_help_has_every_name_and_flag(run):
    status, output, message = run("--help")
    assert (status, message) == (0, "")
    shown = " ".join(output.split())
    for words in (
        "6-0, a section of tests",
        "6-0.a Draw 100% of everything",
        "second Say nothing",
        "--data PATH",
    ):
        assert words in shown
    status, output, message = run("first", "--help")
    assert (status, message) == (0, "")
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
        "from chapter6.runner.command_line import main\n"
        "try:\n"
        f"    main({SECTION!r}, {arguments!r})\n"
        "except SystemExit:\n"
        "    heavy = {'tensorflow', 'keras', 'matplotlib', 'mlxtend', 'skimage'}\n"
        "    sys.exit(f'heavy: {sorted(heavy & set(sys.modules))}')\n"
    )
    _, _, message = finished(library, "-c", program)
    assert message.endswith("heavy: []\n")
