"""Jacobians, from which the influence of an input is measured."""

import numpy as np
import tensorflow as tf

from chapter6.section_6_3 import influence


def test_the_jacobian_is_that_of_each_example():
    weights = np.arange(6.0).reshape(2, 3)
    examples = np.array([[1.0, 2.0], [3.0, -1.0], [0.5, 0.25]])
    found = influence.jacobian(lambda x: tf.sin(x @ weights), examples)
    np.testing.assert_allclose(found, np.cos(examples @ weights)[:, :, None] * weights.T, rtol=1e-12)
