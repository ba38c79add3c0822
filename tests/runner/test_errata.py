"""ERRATA.md and the program name the same errata."""

import re
from pathlib import Path

import pytest

from chapter6.language import LANGUAGES, language
from chapter6.runner.errata import ERRATA

DOCUMENTS = {"en": "ERRATA.md", "zh": "ERRATA.zh-CN.md"}


def rows(text):
    """Return the cells of each row of the table in a text, without the two of its head."""
    lines = [line.strip() for line in text.splitlines() if line.startswith("|")]
    return [tuple(cell.strip() for cell in line.strip("|").split("|")) for line in lines[2:]]


@pytest.mark.parametrize("chosen", LANGUAGES)
def test_the_document_has_them(chosen):
    document = Path(__file__).parents[2] / "chapter6" / DOCUMENTS[chosen]
    with language(chosen):
        expected = [(str(each.slide), str(each.says), str(each.holds)) for each in ERRATA]
    assert rows(document.read_text(encoding="utf-8")) == expected


def test_the_errata_are_in_the_order_of_the_slides():
    places = [str(each.slide) for each in ERRATA]
    assert places == sorted(places, key=lambda place: place[:3])
    assert all(re.match(r"6-[1-5], ", place) for place in places)
