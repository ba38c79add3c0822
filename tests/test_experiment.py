"""Settings, their rules, and findings."""

import dataclasses
import math
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chapter6.errors import InputError, RunError
from chapter6.experiment import Finding, Picture, Verdict, ascending, broken_rule, quick, setting
from chapter6.language import _

RULES = dict.fromkeys(("minimum", "above", "maximum", "below", "choices"))


@dataclass(frozen=True)
class Some:
    """Settings of every kind."""

    steps: int = setting(400, "how long", minimum=1, quick=20)
    rate: float = setting(0.1, "how fast", above=0, below=1)
    fresh: bool = setting(True, "anew", quick=False)
    data: Path | None = setting(None, "where from")
    rates: tuple[float, ...] = setting((0.1, 0.2), "several", quick=(0.3,))


def test_a_setting_is_a_field_with_its_default():
    assert Some() == Some(steps=400, rate=0.1, fresh=True, data=None, rates=(0.1, 0.2))
    with pytest.raises(dataclasses.FrozenInstanceError):
        Some().steps = 3


def test_a_setting_keeps_its_words_and_rules():
    rate = dataclasses.fields(Some)[1].metadata
    assert rate["help"] == "how fast"
    assert rate["rules"] == RULES | {"above": 0, "below": 1}


def test_quick_replaces_only_what_has_a_quick_value():
    assert quick(Some) == Some(steps=20, rate=0.1, fresh=False, data=None, rates=(0.3,))


@pytest.mark.parametrize(
    ("rule", "inside", "outside", "words"),
    [
        ({"minimum": 1}, 1, 0, "must be at least 1"),
        ({"maximum": 9}, 9, 10, "must be at most 9"),
        ({"above": 0}, 1e-300, 0, "must be greater than 0"),
        ({"below": 1}, 0.999, 1, "must be less than 1"),
        ({"choices": ("a", "b")}, "b", "c", "must be one of a, b"),
        ({"choices": (1, 2)}, 2, 3, "must be one of 1, 2"),
        ({"minimum": 0}, 0, -1, "must be at least 0"),
        ({"maximum": 0}, 0, 1, "must be at most 0"),
    ],
)
def test_the_bounds_of_a_rule(rule, inside, outside, words):
    assert broken_rule(inside, RULES | rule) is None
    assert broken_rule(outside, RULES | rule) == words


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
def test_a_number_is_finite_whatever_the_rules(value):
    assert broken_rule(value, RULES) == "must be a finite number"


def test_a_whole_number_fits_in_64_bits():
    assert broken_rule(2**63 - 1, RULES) is None
    assert broken_rule(2**63, RULES) == "must be less than 2**63 in size"
    assert broken_rule(-(2**63), RULES) == "must be less than 2**63 in size"


@settings(deadline=None, derandomize=True, max_examples=200)
@given(
    value=st.floats(-10, 10) | st.integers(-10, 10),
    bounds=st.fixed_dictionaries(
        {name: st.none() | st.integers(-5, 5) for name in ("minimum", "above", "maximum", "below")}
    ),
)
def test_a_value_passes_exactly_if_it_keeps_every_rule(value, bounds):
    minimum, above, maximum, below = (bounds[name] for name in ("minimum", "above", "maximum", "below"))
    kept = (
        (minimum is None or value >= minimum)
        and (above is None or value > above)
        and (maximum is None or value <= maximum)
        and (below is None or value < below)
    )
    assert (broken_rule(value, RULES | bounds) is None) == kept


def test_a_findings_table_is_a_data_frame():
    picture = Picture(Path("a.png"), _("Left: a. Right: b."))
    finding = Finding(Verdict.PARTLY, _("Short."), _("Why."), _("Limits."), {"m": [1, 2]}, (picture,))
    pandas.testing.assert_frame_equal(finding.table, pandas.DataFrame({"m": [1, 2]}))
    assert Path(finding.pictures[0]) == Path("a.png")


@given(st.lists(st.booleans(), min_size=1))
def test_a_verdict_is_of_its_conditions(conditions):
    verdict, illustrated = Verdict.of(conditions), Verdict.illustrates(conditions)
    assert (verdict == "holds") == all(conditions) == (illustrated == "by definition")
    assert (verdict == "does not hold") == (not any(conditions))
    assert illustrated in ("by definition", "does not hold")


def test_errors_are_what_callers_expect_of_them():
    assert issubclass(InputError, ValueError)
    assert issubclass(RunError, RuntimeError)


def test_ascending_drops_repetitions_and_asks_for_enough_numbers():
    assert ascending("units", (4, 1, 4, 2), at_least=3) == (1, 2, 4)
    with pytest.raises(InputError, match=r"units must be at least 3 different numbers, received \(2, 1, 2\)"):
        ascending("units", (2, 1, 2), at_least=3)


@pytest.mark.parametrize(
    ("conditions", "verdict"),
    [
        ([True, True], Verdict.HOLDS),
        ([True, False], Verdict.PARTLY),
        (np.array([False, True]), Verdict.PARTLY),
        ([False, False], Verdict.FAILS),
    ],
)
def test_a_verdict_of_conditions(conditions, verdict):
    assert Verdict.of(conditions) is verdict
