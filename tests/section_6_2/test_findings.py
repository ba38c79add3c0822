"""What every finding of the section has, from its quick run."""

import re

import pytest

from chapter6 import section_6_2


@pytest.fixture
def section(quick_section):
    return quick_section("section_6_2")


@pytest.mark.parametrize("name", section_6_2.EXPERIMENTS)
def test_a_finding_is_short_and_whole(name, section):
    finding = section.findings[name]
    short = str(finding.short)
    assert len(short.split()) <= 25
    assert len(re.findall(r"\d+(?:[.,]\d+)*", short)) <= 2
    assert str(finding.why) and str(finding.limits)
    assert len(finding.table) >= 2 and finding.table.columns.is_unique
    assert finding.pictures
    for picture in finding.pictures:
        assert picture.path.exists() and str(picture.caption).endswith(".")


@pytest.mark.parametrize("name", section_6_2.EXPERIMENTS)
def test_the_run_prints_what_to_remember(name, section):
    printed = " ".join(section.printed.split())
    assert str(section.findings[name].short) in printed
    assert str(section.findings[name].limits) in printed
