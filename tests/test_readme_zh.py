"""README.zh-CN.md keeps step with README.md: headings, code, tables, links and numbers."""

import re
from itertools import zip_longest
from pathlib import Path

import pytest

from chapter6 import language
from chapter6.runner.errata import ERRATA
from tests.runner.test_errata import rows

ROOT = Path(__file__).parents[1]
NAMES = ("README.md", "README.zh-CN.md")
FENCED = re.compile(r"^```(?:.|\n)*?^```$|^(?: {4,}\S.*\n)+", re.MULTILINE)
HEADING = re.compile("^#+ (.*)$", re.MULTILINE)
INLINE = re.compile("`([^`]+)`")


def text_of(name):
    return (ROOT / name).read_text(encoding="utf-8")


def blocks(text):
    return [" ".join(block.split()) for block in FENCED.findall(text)]


def prose(text):
    """Return the text without its blocks and pieces of code and without the targets of its links."""
    return re.sub(r"\]\([^)]*\)", "]", INLINE.sub("", FENCED.sub("", text)))


def sections(text):
    return re.split("^#+ ", FENCED.sub("", text), flags=re.MULTILINE)


def tables(text):
    """Return the tables, each a list of rows of cells."""
    found = re.findall(r"(?:^\|.*\|$\n?)+", text, re.MULTILINE)
    return [[row.strip("|").split("|") for row in table.splitlines()] for table in found]


def links(text):
    """Return the targets; of a link to a heading the heading's number."""
    headings = [re.sub(r"[^\w\- ]", "", line.lower()).replace(" ", "-") for line in HEADING.findall(text)]
    found = re.findall(r"\]\(([^)]+)\)", FENCED.sub("", text))
    return [headings.index(target[1:]) if target.startswith("#") else target for target in found]


def code_of(text):
    return sorted(" ".join(code.split()) for code in INLINE.findall(FENCED.sub("", text)))


@pytest.fixture(scope="module")
def both():
    return [text_of(name) for name in NAMES]


def test_headings_have_the_same_levels(both):
    english, chinese = (re.findall("^(#+) ", FENCED.sub("", text), re.MULTILINE) for text in both)
    assert english == chinese


def test_blocks_of_code_are_the_same(both):
    english, chinese = map(blocks, both)
    assert english == chinese and len(english) > 3


def test_pieces_of_code_are_the_same_in_each_section(both):
    for english, chinese in zip_longest(*map(sections, both), fillvalue=""):
        assert code_of(english) == code_of(chinese), chinese.partition("\n")[0]


def test_numbers_are_the_same_in_each_section(both):
    def numbers(text):
        return sorted(re.findall(r"\d[\d,]*(?:\.\d+)?(?<!,)", prose(text)))

    for english, chinese in zip_longest(*map(sections, both), fillvalue=""):
        assert numbers(english) == numbers(chinese), chinese.partition("\n")[0]


def test_links_and_pictures_are_the_same(both):
    other = dict([NAMES, NAMES[::-1]])
    english, chinese = map(links, both)
    # Each leads to the other.
    assert [other.get(target, target) for target in english] == chinese


def test_tables_have_the_same_rows(both):
    for english, chinese in zip_longest(*map(tables, both), fillvalue=[]):
        assert len(english) == len(chinese) > 2
        for row, translated in zip(english, chinese, strict=True):
            assert len(row) == len(translated)
            ids = [re.findall(r"\d-\d+(?:\.[a-z])?", one[0]) for one in (row, translated)]
            assert ids[0] == ids[1]
            assert [INLINE.findall(cell) for cell in row] == [INLINE.findall(cell) for cell in translated]


def test_nothing_but_names_is_left_in_english(both):
    words = re.findall(r"[A-Za-z]{4,}(?: [A-Za-z]{2,}){2,}", prose(both[1]))
    assert set(words) <= ENGLISH


ENGLISH = {"Chapter 6, executable"}


def test_the_errata_are_the_programs(both):
    language.choose(["--language", "zh"])
    told = [tuple(map(language.translate, (each.slide, each.says, each.holds))) for each in ERRATA]
    language.choose(["--language", "en"])
    assert rows(both[1], "课件的错漏") == told
