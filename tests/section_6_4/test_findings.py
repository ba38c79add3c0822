"""What every experiment of 6-4 says of what it found, in a quick run of the whole section."""

import re

import pytest

from chapter6.section_6_4 import EXPERIMENTS


@pytest.fixture
def section(quick_section):
    return quick_section("section_6_4")


@pytest.mark.parametrize("name", EXPERIMENTS)
def test_a_finding_is_short_and_complete(section, name):
    finding = section.findings[name]
    short = str(finding.short)
    assert len(short.split()) <= 25 and len(re.findall(r"\d[\d.,/]*", short)) <= 2
    assert short.endswith(".") and str(finding.why).endswith(".") and str(finding.limits).endswith(".")
    for text in (short, str(finding.why), str(finding.limits)):
        assert "{" not in text and "nan" not in text
    assert len(finding.table) >= 2
    assert finding.pictures
    for picture in finding.pictures:
        assert picture.path.is_file() and str(picture.caption).endswith(".")


@pytest.mark.parametrize("name", EXPERIMENTS)
def test_a_finding_is_printed_and_its_table_saved(section, name):
    finding = section.findings[name]
    saved = section.table(f"{name}/finding")
    assert list(saved) == list(finding.table)
    assert all(len(column) == len(finding.table) for column in saved.values())
    printed = " ".join(section.printed.split())
    assert str(finding.short) in printed and f"Limits: {finding.limits}" in printed
