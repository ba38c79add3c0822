"""Every document in Chinese keeps step with the English one: headings, code, tables, links and numbers."""

import re
from itertools import zip_longest
from pathlib import Path

import pytest

from chapter6 import language
from chapter6.runner.errata import ERRATA
from tests.runner.test_errata import rows

ROOT = Path(__file__).parents[1]
FOLDERS = ("", ".github", "chapter6", "chapter6/section_*", "tests/benchmarks")
DOCUMENTS = [path for folder in FOLDERS for path in sorted(ROOT.glob(f"{folder}/*.zh-CN.md".lstrip("/")))]
FENCED = re.compile(r"^```(?:.|\n)*?^```$|^(?: {4,}\S.*\n)+", re.MULTILINE)
HEADING = re.compile("^#+ (.*)$", re.MULTILINE)
INLINE = re.compile("`([^`]+)`")


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
    """Return the targets, without the language and without the heading that one leads to."""
    found = re.findall(r"\]\(([^)]+)\)", FENCED.sub("", text))
    return [_in_english(target.partition("#")[0]) for target in found]


def _in_english(name):
    """Return the name of the English file or folder of which one is the Chinese."""
    return name.replace(".zh-CN.md", ".md").replace("notebooks/zh", "notebooks/en")


def code_of(text):
    return sorted(_in_english(" ".join(code.split())) for code in INLINE.findall(FENCED.sub("", text)))


@pytest.fixture(params=DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def both(request):
    english = request.param.with_name(request.param.name.replace(".zh-CN", ""))
    return [path.read_text(encoding="utf-8") for path in (english, request.param)]


def test_headings_have_the_same_levels(both):
    english, chinese = (re.findall("^(#+) ", FENCED.sub("", text), re.MULTILINE) for text in both)
    assert english == chinese


def test_blocks_of_code_are_the_same(both):
    english, chinese = map(blocks, both)
    assert english == chinese


def test_pieces_of_code_are_the_same_in_each_section(both):
    for english, chinese in zip_longest(*map(sections, both), fillvalue=""):
        assert code_of(english) == code_of(chinese), chinese.partition("\n")[0]


def test_numbers_are_the_same_in_each_section(both):
    def numbers(text):
        return sorted(re.findall(r"\d[\d,]*(?:\.\d+)?(?<!,)", prose(text)))

    for english, chinese in zip_longest(*map(sections, both), fillvalue=""):
        assert numbers(english) == numbers(chinese), chinese.partition("\n")[0]


def test_links_and_pictures_are_the_same(both):
    english, chinese = map(links, both)
    assert english == chinese


def test_links_to_headings_lead_somewhere():
    for path in DOCUMENTS:
        for name, heading in re.findall(r"\]\(([^)#]+)#([^)]+)\)", path.read_text(encoding="utf-8")):
            headings = HEADING.findall((path.parent / name).read_text(encoding="utf-8"))
            assert heading in {re.sub(r"[^\w\- ]", "", line.lower()).replace(" ", "-") for line in headings}


def test_tables_have_the_same_rows(both):
    for english, chinese in zip_longest(*map(tables, both), fillvalue=[]):
        assert len(english) == len(chinese) > 2
        for row, translated in zip(english, chinese, strict=True):
            assert len(row) == len(translated)
            ids = [re.findall(r"\d-\d+(?:\.[a-z])?", one[0]) for one in (row, translated)]
            assert ids[0] == ids[1]
            assert [INLINE.findall(cell) for cell in row] == [INLINE.findall(cell) for cell in translated]


def test_nothing_but_names_is_left_in_english(both):
    # A comment says which rows of recipes.csv the table below it shows.
    shown = re.sub("<!--.*?-->", "", prose(both[1]))
    words = re.findall(r"[A-Za-z]{4,}(?: [A-Za-z]{2,}){2,}", shown)
    assert set(words) <= ENGLISH


ENGLISH = {"Chapter 6, executable"}


def test_the_errata_are_the_programs():
    language.choose(["--language", "zh"])
    expected = [tuple(map(language.translate, (each.slide, each.says, each.holds))) for each in ERRATA]
    language.choose(["--language", "en"])
    text = (ROOT / "chapter6" / "ERRATA.zh-CN.md").read_text(encoding="utf-8")
    assert rows(text) == expected
