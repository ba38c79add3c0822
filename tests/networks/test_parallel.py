"""Layers that hold many networks side by side."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from chapter6.initializers import Normalized
from chapter6.networks.parallel import ParallelDense, ParallelDropout, glorot_uniform

INPUTS = np.random.default_rng(0).normal(size=(3, 5, 4)).astype("float32")


@pytest.mark.parametrize("shared", [True, False])
def test_each_network_is_a_dense_layer(shared):
    layer = ParallelDense(2, networks=3, activation="relu")
    inputs = INPUTS[0] if shared else INPUTS
    outputs = layer(inputs)
    layer.bias.assign(np.arange(6.0).reshape(3, 1, 2))
    outputs = layer(inputs).numpy()
    assert outputs.shape == layer.compute_output_shape(inputs.shape) == (3, 5, 2)
    kernel, bias = (weight.numpy().astype(float) for weight in layer.weights)
    for network in range(3):
        x = inputs if shared else inputs[network]
        expected = np.maximum(x.astype(float) @ kernel[network] + bias[network], 0)
        np.testing.assert_allclose(outputs[network], expected, rtol=1e-5, atol=1e-6)


def test_every_network_has_the_fan_in_of_its_own_layer_and_its_own_initializer():
    initializers = [Normalized(seed) for seed in (1, 2, 1)]
    layer = ParallelDense(50, networks=3, kernel_initializer=initializers)
    layer.build((100,))
    kernels = layer.kernel.numpy()
    # Equation 6-3 with m = 100, n = 50, whatever the number of networks.
    np.testing.assert_array_equal(kernels[0], Normalized(1)((100, 50)))
    np.testing.assert_array_equal(kernels[0], kernels[2])
    assert not np.array_equal(kernels[0], kernels[1])


def test_weight_decay_is_half_lambda_times_the_squared_norm_of_each_kernel():
    layer = ParallelDense(2, networks=3, weight_decay=[0.0, 0.5, 2.0])
    layer(INPUTS)
    squares = (layer.kernel.numpy().astype(float) ** 2).sum(axis=(1, 2))
    assert float(sum(layer.losses)) == pytest.approx(0.25 * squares[1] + squares[2], rel=1e-5)
    assert ParallelDense(2, networks=3, weight_decay=[0, 0, 0])(INPUTS).shape == (3, 5, 2)


def test_dropout_drops_at_each_networks_rate_and_keeps_the_mean():
    layer = ParallelDropout([0.0, 0.5, 0.2], seed=3)
    ones = np.ones((3, 100, 100), "float32")
    first, second = (layer(ones, training=True).numpy() for _ in range(2))
    np.testing.assert_array_equal(first[0], 1)
    for row, rate in ((1, 0.5), (2, 0.2)):
        assert set(np.unique(first[row])) == {0, np.float32(1) / np.float32(1 - rate)}
        # Four standard deviations of a share of 10,000
        assert (first[row] == 0).mean() == pytest.approx(rate, abs=4 * np.sqrt(rate * (1 - rate) / 1e4))
    assert not np.array_equal(first, second)
    np.testing.assert_array_equal(layer(ones), ones)


def test_what_is_dropped_is_a_function_of_the_seed_and_the_step():
    ones = np.ones((2, 4, 50), "float32")
    layer, same, other = (ParallelDropout([0.5, 0.5], seed) for seed in (7, 7, 8))
    first, second = (layer(ones, training=True).numpy() for _ in range(2))
    np.testing.assert_array_equal(same(ones, training=True), first)
    assert not np.array_equal(other(ones, training=True), first)
    layer.step.assign(1)
    compiled = tf.function(lambda x: layer(x, training=True))
    np.testing.assert_array_equal(compiled(ones), second)


def test_a_model_of_parallel_layers_is_saved_and_loaded(tmp_path):
    model = keras.Sequential(
        [
            keras.Input((4,)),
            ParallelDense(3, 2, "tanh", ["glorot_uniform", "zeros"], [0.1, 0.2]),
            ParallelDropout([0.5, 0.1], 4),
            ParallelDense(1, 2),
        ]
    )
    model.save(tmp_path / "networks.keras")
    loaded = keras.models.load_model(tmp_path / "networks.keras")
    np.testing.assert_array_equal(loaded(INPUTS[0]), model(INPUTS[0]))
    np.testing.assert_array_equal(loaded(INPUTS[0], training=True), model(INPUTS[0], training=True))
    assert float(sum(loaded.losses)) == float(sum(model.losses)) > 0


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: ParallelDense(2, 3, kernel_initializer=["zeros"]), "kernel_initializer must .* received 1"),
        (lambda: ParallelDense(2, 3, weight_decay=[0.1]), "weight_decay must .* received 1"),
        (lambda: ParallelDropout([0.5, 1.0]), r"rates must .* received \[0.5, 1.0\]"),
    ],
)
def test_wrong_arguments_are_refused(make, message):
    with pytest.raises(ValueError, match=message):
        make()


def test_numpy_glorot_uniform_has_the_bound_of_equation_6_3_and_is_a_function_of_its_words():
    kernel = glorot_uniform(3, 1)((300, 100))
    bound = np.sqrt(6 / 400)
    assert kernel.dtype == np.float32 and 0.99 * bound < np.abs(kernel).max() <= bound
    assert kernel.std() == pytest.approx(bound / np.sqrt(3), rel=0.02)
    np.testing.assert_array_equal(kernel, glorot_uniform(3, 1)((300, 100)))
    assert not np.array_equal(kernel, glorot_uniform(3, 2)((300, 100)))
