"""The parts of the network that are a function of variables."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from chapter6.search.perceptron import SeededDropout, WeightDecay, build_perceptron


def seeded(seed, stream=0):
    layer = SeededDropout(0.25, stream)
    layer.build((100, 100))
    layer.seed.assign(seed)
    return layer


def train(layer, inputs):
    return tf.function(layer, jit_compile=True)(inputs, training=True).numpy()


def test_dropout_is_inverted_and_only_in_training():
    layer, ones = seeded(3), np.ones((100, 100), np.float32)
    dropped = train(layer, ones)
    np.testing.assert_allclose(np.unique(dropped), [0, 1 / 0.75])
    # Five standard deviations of a share of 10,000
    assert np.mean(dropped == 0) == pytest.approx(0.25, abs=5 * np.sqrt(0.25 * 0.75 / 10_000))
    np.testing.assert_array_equal(layer(ones), ones)


def test_what_is_dropped_is_a_function_of_seed_step_and_stream():
    ones = np.ones((100, 100), np.float32)

    def masks(layer, first=0):
        layer.step.assign(first)
        return [train(layer, ones) for _ in range(2)]

    one = masks(seeded(3))
    np.testing.assert_array_equal(masks(seeded(3)), one)
    np.testing.assert_array_equal(masks(seeded(3), first=1)[0], one[1])
    others = [one[1], masks(seeded(4))[0], masks(seeded(3, stream=2))[0]]
    for other in others:
        assert 0.3 < np.mean((other == 0) != (one[0] == 0)) < 0.45


def test_weight_decay_follows_its_variable_on_the_kernels_alone():
    factor = keras.Variable(0.0)
    model = build_perceptron(8, hidden_layers=2, weight_decay=factor)
    weights = [np.full(weight.shape, 0.5, weight.dtype) for weight in model.get_weights()]
    model.set_weights(weights)
    assert float(sum(model.losses)) == 0
    factor.assign(0.1)
    # λ/2 |W|^2 of 784 x 8 + 8 x 8 + 8 x 10 weights of 1/2
    assert float(sum(model.losses)) == pytest.approx(0.1 / 2 * (784 * 8 + 8 * 8 + 8 * 10) / 4)
    assert float(WeightDecay(0.1)(weights[0])) == pytest.approx(0.1 / 2 * 784 * 8 / 4)
