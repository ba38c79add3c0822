"""Descents of many runs at once are those of the boxes."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from chapter6.section_6_3 import descent
from chapter6.section_6_3.objectives import BOWL
from chapter6.section_6_3.optimizer_specs import optimizer_spec
from tests import reference
from tests.section_6_3 import COMPARED


def sgd(theta, gradient, steps, *, e, alpha=0.0):
    """Gradient descent with momentum: v <- α v - e g, θ <- θ + v."""
    v, path = 0.0, []
    for step in range(steps):
        v = alpha * v - e * gradient(step, theta)
        theta = theta + v
        path.append(theta)
    return np.stack(path)


def momentum(*arguments, **options):
    return sgd(*arguments, **options, alpha=0.9)


BOXES = dict(
    zip(
        COMPARED,
        (sgd, momentum, reference.adagrad, reference.rmsprop, reference.rmsprop_nesterov, reference.adam),
        strict=True,
    )
)


@pytest.mark.parametrize("name", COMPARED)
def test_descend_follows_the_box_in_every_run_at_its_own_rate(name):
    rates = np.array([[0.002], [0.03], [0.2]])
    starts = np.array([[-5.0, -2.0], [1.0, 0.5], [3.0, -1.0]])
    kept = descent.descend(
        optimizer_spec(name).make,
        rates,
        lambda x, step: BOWL.loss(x[:, 0], x[:, 1]),
        starts,
        12,
        lambda x, g, step: tf.concat([x, g], axis=1),
    )
    slope = np.array([0.2, 4.0])
    runs = zip(starts, rates[:, 0], strict=True)
    expected = np.stack([BOXES[name](start, lambda _, x: slope * x, 12, e=e) for start, e in runs], axis=1)
    np.testing.assert_array_equal(kept[0, :, :2], starts)
    # Keras keeps its momentum, 0.9, as a float32 number.
    tolerance = 1e-6 if name == "momentum" else 1e-12
    np.testing.assert_allclose(kept[1:, :, :2], expected, rtol=0, atol=tolerance)
    points = np.concatenate([starts[None], expected])
    if name == "RMSProp+Nesterov":
        # Its gradients are those at the interim point θ + α v, v the last step.
        points[1:] += 0.9 * np.diff(points, axis=0)
    np.testing.assert_allclose(kept[:, :, 2:], slope * points, rtol=0, atol=10 * tolerance)


def test_descend_hands_the_step_to_the_loss():
    slopes = tf.constant([1.0, 10.0, 100.0, 0.0], tf.float64)
    path = descent.descend(
        keras.optimizers.SGD, np.array([0.1]), lambda x, step: slopes[step] * x, np.zeros(1), 3
    )
    np.testing.assert_allclose(path[:, 0], [0, -0.1, -1.1, -11.1], rtol=1e-12)


def test_steps_are_counted_to_where_the_loss_stays():
    losses = np.array(
        [[4.0, 4.0, 0.5, 4.0], [0.5, 2.0, 0.5, np.inf], [2.0, 0.5, 0.5, np.nan], [1.0, 2.0, 1.0, 0.0]]
    )
    # A loss that rises again has not arrived; one that was never above needs no step.
    np.testing.assert_array_equal(descent.steps_to(1.0, losses), [3, np.nan, 0, 3])
    np.testing.assert_array_equal(descent.steps_to(np.array([3.0, 3.0, 0.1, 0.0]), losses), [1, 1, np.nan, 3])
