"""6-3.a: learning rates that are too small and too large, figure 6-5."""

import numpy as np
import pytest

from chapter6.experiment import Verdict, quick
from chapter6.section_6_3 import learning_rate
from chapter6.section_6_3.objectives import BOWL


def test_too_small_a_rate_is_slow_and_too_large_a_one_never_arrives(section):
    table = section.numbers("learning_rate/steps_needed")
    rates, plain = table["rate"], table["steps_momentum_0"]
    arrived = np.isfinite(plain)
    # 2 / 4, the largest curvature of the bowl.
    assert arrived.any() and rates[arrived].max() < 0.5
    assert np.nanargmin(plain) > arrived.argmax() and plain[arrived][0] > 2 * np.nanmin(plain)
    assert np.nanmin(table["steps_momentum_0.5"]) < np.nanmin(plain)
    paths = section.numbers("learning_rate/figure_6_5")
    assert abs(paths["rate_0.51_x2"][-1]) > 2 > abs(paths["rate_0.49_x2"][-1])
    # 0.49 jumps over the minimum at every step, and comes down all the same.
    assert (paths["rate_0.49_x2"][1:] * paths["rate_0.49_x2"][:-1] < 0).all()


@pytest.mark.parametrize("momentum", quick(learning_rate.Settings).momenta)
def test_steps_are_counted_to_where_the_loss_stays_small(section, momentum):
    """Against heavy-ball descent in float64: v <- α v - e g, θ <- θ + v."""
    table = section.numbers("learning_rate/steps_needed")
    settings, curvature = quick(learning_rate.Settings), np.array([0.2, 4.0])
    theta = np.tile(BOWL.start, (len(table["rate"]), 1))
    v, losses = 0.0, []
    with np.errstate(over="ignore", invalid="ignore"):
        for _ in range(settings.steps + 1):
            losses.append(theta**2 @ curvature / 2)
            v = momentum * v - table["rate"][:, None] * curvature * theta
            theta = theta + v
    small = np.array(losses) <= losses[0] * learning_rate.SMALLER
    expected = [
        next((step for step in range(len(run)) if run[step:].all()), np.nan) if run[-1] else np.nan
        for run in small.T
    ]
    np.testing.assert_array_equal(table[f"steps_momentum_{momentum:g}"], expected)


def test_the_finding_has_the_best_rate_and_the_largest_that_converges(section):
    counts, finding = section.numbers("learning_rate/steps_needed"), section.findings["learning_rate"]
    rates = counts["rate"]
    for momentum in quick(learning_rate.Settings).momenta:
        needed = counts[f"steps_momentum_{momentum:g}"]
        rows = finding.table[finding.table["momentum"] == momentum].set_index("choice")
        assert rows.loc["best", "steps to a millionth of the loss"] == np.nanmin(needed)
        largest = rows.loc["largest that converges", "learning rate"]
        assert largest == rates[np.isfinite(needed)].max()
        # The eigenvalues of a heavy-ball step are within the unit circle for e < 2 (1 + α) / curvature.
        assert largest < rows.loc["best", "stability bound"] == (1 + momentum) / 2
    assert finding.verdict == Verdict.HOLDS
