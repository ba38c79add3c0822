"""The functions of two variables that the optimizers descend."""

import numpy as np
import pytest
import tensorflow as tf

from chapter6.section_6_3.objectives import (
    BOWL,
    OBJECTIVES,
    ROTATED_BOWL,
    ROTATED_SADDLE,
    SADDLE,
)


@pytest.mark.parametrize("objective", (*OBJECTIVES, ROTATED_SADDLE), ids=lambda objective: objective.name)
def test_an_objective_is_zero_and_flat_at_its_minima_and_positive_elsewhere(objective):
    for minimum in objective.minima:
        point = tf.constant(minimum, tf.float64)
        with tf.GradientTape() as tape:
            tape.watch(point)
            loss = objective.loss(point[0], point[1])
        assert loss == 0 or (objective.is_rotated and loss < 1e-30)
        np.testing.assert_allclose(tape.gradient(loss, point), 0, atol=1e-12)
    left, right, lower, upper = objective.view
    x1, x2 = np.random.default_rng(0).uniform((left, lower), (right, upper), (1000, 2)).T
    assert (objective.loss(x1, x2) > 0).all()
    assert left < objective.start[0] < right and lower < objective.start[1] < upper


def test_the_saddle_has_one_between_its_minima():
    step = 1e-3
    along_x1 = SADDLE.loss(step, 0.0) + SADDLE.loss(-step, 0.0) - 2 * SADDLE.loss(0.0, 0.0)
    along_x2 = SADDLE.loss(0.0, step) + SADDLE.loss(0.0, -step) - 2 * SADDLE.loss(0.0, 0.0)
    assert along_x1 > 0 > along_x2
    assert SADDLE.loss(0.0, step) == SADDLE.loss(0.0, -step)


@pytest.mark.parametrize(("objective", "rotated"), [(BOWL, ROTATED_BOWL), (SADDLE, ROTATED_SADDLE)])
def test_a_rotated_objective_has_the_losses_of_the_other_and_its_directions_mixed(objective, rotated):
    draws = np.random.default_rng(0).uniform(size=(50, 2))
    starts, turned = objective.starts(draws), rotated.starts(draws)
    np.testing.assert_allclose(rotated.loss(*turned.T), objective.loss(*starts.T), rtol=1e-9)
    np.testing.assert_allclose(np.linalg.norm(turned, axis=1), np.linalg.norm(starts, axis=1), rtol=1e-12)
    # By 45 degrees: the steep direction is a diagonal, the other diagonal is the flat one.
    np.testing.assert_allclose(rotated.loss(1.0, 1.0), objective.loss(np.sqrt(2), 0.0), rtol=1e-12)
    np.testing.assert_allclose(rotated.loss(-1.0, 1.0), objective.loss(0.0, np.sqrt(2)), rtol=1e-12)
    assert rotated.loss(*rotated.start) == pytest.approx(objective.loss(*objective.start), rel=1e-9)
