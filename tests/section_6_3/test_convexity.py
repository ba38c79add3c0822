"""6-3.c: AdaGrad and RMSProp on losses that are convex or not, with large early gradients or without."""

import numpy as np
import pytest

from chapter6.experiment import Verdict
from chapter6.section_6_3 import convexity


@pytest.mark.parametrize(("name", "bend", "walls"), convexity.CASES)
def test_only_the_straight_losses_are_convex(name, bend, walls):
    loss, rng = convexity.valley(bend, walls), np.random.default_rng(0)
    one, other = rng.uniform((-5, -3), (5, 9), (2, 20_000, 2))
    above = (loss(*one.T) + loss(*other.T)) / 2 >= loss(*((one + other) / 2).T) - 1e-9
    assert above.all() == (bend == 0)
    assert ("bent" in name) == (bend > 0) and ("steep" in name) == (walls > 0)


def test_steep_walls_make_early_gradients_large_and_leave_the_minimum_as_it_is():
    gentle, steep = (convexity.valley(0.25, walls) for walls in (0, convexity.WALLS))
    # Along the straight axis of the valley q = 0.1 x1² + 2 (x2 - x1² / 4)² is 0.1 x1².
    x1 = np.array([1e-3, 4.0])
    np.testing.assert_allclose(gentle(x1, x1**2 / 4), 0.1 * x1**2, rtol=1e-9)
    np.testing.assert_allclose(steep(x1, x1**2 / 4), 0.1 * x1**2 + 10 * (0.1 * x1**2) ** 2, rtol=1e-9)
    assert gentle(0.0, 0.0) == steep(0.0, 0.0) == 0


def test_wilsons_interval_contains_the_share_and_stays_within_0_and_1():
    # From Brown, Cai and DasGupta's formula, by hand.
    np.testing.assert_allclose(convexity.wilson_interval(5, 10), (0.2366, 0.7634), atol=1e-4)
    low, high = convexity.wilson_interval(0, 320)
    assert abs(low) < 1e-12 and high == pytest.approx(0.0119, abs=1e-4)


def test_the_finding_counts_the_starts_from_which_adagrad_is_first(section):
    steps, finding = section.numbers("convexity/steps"), section.findings["convexity"]
    table = finding.table.set_index("loss function")
    held = []
    for name, bend, _walls in convexity.CASES:
        adagrad, rmsprop = (steps[f"{name} {optimizer}"] for optimizer in convexity.NAMES)
        first = adagrad < rmsprop
        row = table.loc[name]
        assert row["AdaGrad first (% of starts)"] == 100 * first.mean()
        assert row["AdaGrad never there (% of starts)"] == 100 * np.isinf(adagrad).mean()
        assert row["RMSProp's median steps"] == np.median(rmsprop)
        low, high = convexity.wilson_interval(first.sum(), first.size)
        held.append(high < 0.5 if bend else low > 0.5)
    expected = {0: Verdict.FAILS, 4: Verdict.HOLDS}.get(sum(held), Verdict.PARTLY)
    assert finding.verdict == expected
    # What 16 starts and 100 steps tell already.
    assert table.loc["bowl", "AdaGrad first (% of starts)"] > 90
