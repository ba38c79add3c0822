"""The six optimizers compared, and their best rates."""

import numpy as np

from chapter6.section_6_3.objectives import OBJECTIVES
from chapter6.section_6_3.optimizer_specs import best_rates, optimizer_specs, tuned_runs
from tests.section_6_3 import COMPARED


def test_the_best_rate_ends_lowest_and_runs_that_left_the_numbers_do_not_count():
    losses = np.ones((20, 2, 4))
    losses[:, 0] *= [3, 1, 2, np.nan]
    losses[:, 1] *= [3, 2, np.inf, 1]
    np.testing.assert_array_equal(best_rates(losses), [1, 3])
    # Lower for a moment is not lower at the end; `last` says how long the end is.
    losses[-1, 0, 2] = 0
    np.testing.assert_array_equal(best_rates(losses), [1, 3])
    np.testing.assert_array_equal(best_rates(losses, 1), [2, 3])


def test_tuned_runs_start_alike_never_rise_above_their_start_and_hold_their_own_losses():
    for objective, run in zip(OBJECTIVES, tuned_runs("momentum", 19, 60), strict=True):
        np.testing.assert_array_equal(run.path[0], objective.start)
        np.testing.assert_allclose(run.losses, objective.loss(*run.path.T), rtol=1e-12)
        assert run.losses.max() == run.losses[0]


def test_optimizers_can_be_told_apart_in_grey():
    assert tuple(spec.name for spec in optimizer_specs()) == COMPARED
    assert len({str((spec.line["linestyle"], spec.line["marker"])) for spec in optimizer_specs()}) == len(
        COMPARED
    )
