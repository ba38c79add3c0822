"""The whole section: its claims, what it prints, its files."""

import importlib
import re

import pytest

from chapter6 import section_6_3
from chapter6.language import _, language
from chapter6.section_6_3.conditions import limits_of

NAMES = section_6_3.EXPERIMENTS
MODULES = {name: importlib.import_module(f"chapter6.section_6_3.{name}") for name in NAMES}


def test_every_claim_of_the_section_has_an_experiment_in_slide_order():
    claims = [module.CLAIM for module in MODULES.values()]
    assert claims == sorted(claims)
    assert set(claims) == {f"6-3.{letter}" for letter in "abcdefg"}
    figures = " ".join(module.__doc__ for module in MODULES.values())
    assert all(f"Slide: 6-3, figure 6-{number}" in figures for number in range(5, 10))


@pytest.mark.parametrize("name", NAMES)
def test_a_finding_is_a_short_sentence_with_reasons_limits_a_table_and_captions(section, name):
    finding = section.findings[name]
    with language("en"):
        short = str(finding.short)
        assert len(short.split()) <= 25
        assert len(re.findall(r"\d[\d.,]*", short)) <= 2
        for message in (finding.why, finding.limits, *(picture.caption for picture in finding.pictures)):
            assert str(message)
    assert len(finding.table) >= 2
    assert finding.pictures and all(picture.path.is_file() for picture in finding.pictures)


def test_limits_say_which_part_of_a_claim_holds():
    conditions = [_("less swinging"), _("fewer steps"), _("a lower loss")]
    limits = _("One loss only.")
    for all_or_none in (True, False):
        assert limits_of(dict.fromkeys(conditions, all_or_none), limits) == "One loss only."
    part = limits_of(dict(zip(conditions, (True, False, False), strict=True)), limits)
    assert part == "Holds: less swinging. Does not hold: fewer steps, a lower loss. One loss only."
