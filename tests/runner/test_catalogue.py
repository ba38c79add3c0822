"""The Chinese catalogue is complete, up to date and compiled; its Chinese is set as Chinese is."""

import ast
import re
import string
from pathlib import Path

import pytest

import chapter6
from chapter6.runner import catalogue
from chapter6.runner.catalogue import CATALOGUE, compiled, untranslated, updated

TEXT = CATALOGUE.read_text(encoding="utf-8")
FILES = sorted(Path(chapter6.__file__).parent.rglob("*.py"))


def pairs():
    """Return (English, Chinese) of each message that has its Chinese."""
    return [(english, chinese) for english, chinese in catalogue.pairs(TEXT) if chinese]


def test_it_has_the_messages_of_the_program_and_no_others():
    assert updated(TEXT) == TEXT, "run python -m chapter6.runner.catalogue"


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_no_message_stands_inside_an_f_string(file):
    # Before Python 3.12 the extraction does not see it there.
    strings = [
        node for node in ast.walk(ast.parse(file.read_text("utf-8"))) if isinstance(node, ast.JoinedStr)
    ]
    calls = [node for each in strings for node in ast.walk(each) if isinstance(node, ast.Call)]
    assert not [ast.unparse(call) for call in calls if ast.unparse(call.func) in ("_", "N_")]


def test_the_compiled_catalogue_is_of_this_one():
    assert CATALOGUE.with_suffix(".mo").read_bytes() == compiled(TEXT), (
        "run python -m chapter6.runner.catalogue"
    )


def test_every_message_has_its_chinese():
    assert untranslated(TEXT) == []


# argparse's.
PERCENT = re.compile(r"%(?:\(\w+\))?[rs](?![a-z])")


def fields(text):
    try:
        return {name for _text, name, _spec, _conversion in string.Formatter().parse(text) if name}
    except ValueError:
        # Braces that are no placeholders, in a docstring.
        return set()


def test_chinese_has_the_placeholders_of_the_english():
    for english, chinese in pairs():
        assert fields(chinese) == fields(english), english
        assert sorted(PERCENT.findall(chinese)) == sorted(PERCENT.findall(english)), english


def test_code_and_flags_are_the_same():
    code = re.compile("`([^`]+)`|(--[a-z-]+)")
    for english, chinese in pairs():
        for quoted, flag in code.findall(english):
            assert (quoted or flag) in chinese, english


FAULTS = {
    "a space before the percent sign": r"[\d}] %",
    "an English comma or semicolon beside Chinese": "[\u4e00-\u9fff] ?[,;]|[,;] ?[\u4e00-\u9fff]",
    "an English full stop behind Chinese": "[\u4e00-\u9fff]\\.( |$)",
    "an English bracket behind Chinese": "[\u4e00-\u9fff]\\(",
    # Behind a Latin letter it is a function's.
    "English brackets around Chinese": "(?<![A-Za-z0-9_\\]])\\([^()]*[\u4e00-\u9fff][^()]*\\)",
    "an English colon behind Chinese": "[\u4e00-\u9fff]: ",
}


@pytest.mark.parametrize("fault", FAULTS)
def test_signs_are_chinese(fault):
    found = [chinese for _english, chinese in pairs() if re.search(FAULTS[fault], chinese)]
    assert found == []


def test_brackets_are_in_pairs():
    for _english, chinese in pairs():
        depth = 0
        for character in re.sub(r"\([^()（）]*\)", "", chinese):
            depth += {"（": 1, "）": -1}.get(character, 0)
            assert depth >= 0, chinese
        assert depth == 0, chinese
