"""Optimizers from random starts, each at the learning rate that arrives soonest."""

import numpy as np

from chapter6.section_6_3.optimizer_specs import optimizer_spec
from chapter6.section_6_3.random_starts import compare


def test_the_rate_is_the_one_that_arrives_soonest_from_the_tuning_starts():
    # On x² + y² a step multiplies by 1 - 2e; 0.6 and 0.4 do so by ±0.2, 0.05 by 0.9, 1.1 diverges.
    functions = [lambda x1, x2: x1**2 + x2**2]
    starts = np.array([[[1.0, 0.0], [0.0, 2.0], [0.0, 0.3], [3.0, 4.0]]])
    found = compare(optimizer_spec("SGD"), functions, np.array([0.05, 0.4, 1.1]), starts, 2, 8, [1e-3])
    np.testing.assert_array_equal(found.rates, [0.4])
    # 0.04^n times the loss at the start.
    expected = starts[0, 2:, :, None] * 0.2 ** np.arange(9)
    np.testing.assert_allclose(found.losses[:, 0].T, (expected**2).sum(axis=1), rtol=1e-5)
    np.testing.assert_array_equal(found.needed, [[2, 4]])
    np.testing.assert_allclose(found.path[:, 0].T, expected[-1], rtol=1e-5)


def test_losses_are_taken_in_rounds_with_their_own_noise_and_targets():
    functions = [lambda x1, x2: x1**2 + x2**2, lambda x1, x2: 4 * x1**2 + x2**2]
    starts = np.ones((4, 2, 2))
    noise = np.zeros((6, 4, 2, 2))
    noise[:, 3, :, 1] = 0.5
    found = compare(
        optimizer_spec("SGD"), functions, np.array([0.1]), starts, 1, 5, [9.0, 0.0, 1.0, 3.0], noise
    )
    # The losses 0 and 2, 1 and 3 are equal but for the noise.
    np.testing.assert_array_equal(found.losses[:, 0], found.losses[:, 2])
    np.testing.assert_array_equal(found.losses[:1, 1], found.losses[:1, 3])
    assert (found.losses[1:, 1] != found.losses[1:, 3]).all()
    x2 = [1.0]
    for _step in range(5):
        x2.append(x2[-1] - 0.1 * (2 * x2[-1] + 0.5))
    np.testing.assert_allclose(found.path[:, 3, 1], x2, rtol=1e-6)
    np.testing.assert_array_equal(found.needed[:, 0], [0, np.inf, 2, 1])
