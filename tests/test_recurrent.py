"""The recurrent layers of 6-3.g against NumPy loops, against Keras' own, and in Keras' machinery."""

import importlib.util
import os
import subprocess
import sys
from pathlib import Path

import keras
import numpy as np
import pytest
import tensorflow as tf
from hypothesis import given, settings
from hypothesis import strategies as st

from chapter6.recurrent import BidirectionalRNN, FourDirectionRNN

DIRECTIONS = ("down", "up", "right", "left")


def normal(seed, *shape):
    return np.random.default_rng(seed).normal(size=shape)


def random_weights(layer, seed):
    """Give every weight, biases included, a value that tells it from the others."""
    layer.set_weights([0.7 * normal((seed, i), *w.shape) for i, w in enumerate(layer.get_weights())])


ACTIVATIONS = {"tanh": np.tanh, "relu": lambda x: np.maximum(x, 0)}


def sweep(activation, sequence, kernel, recurrent_kernel, bias):
    """The slide's recurrence over one sequence [T, c], in float64."""
    h, states = np.zeros(len(bias)), []
    for x in sequence:
        h = ACTIVATIONS[activation](bias + h @ recurrent_kernel + x @ kernel)
        states.append(h)
    return np.array(states)


@settings(max_examples=12, deadline=None, derandomize=True)
@given(
    n=st.integers(1, 3),
    steps=st.integers(1, 6),
    channels=st.integers(1, 3),
    units=st.integers(1, 4),
    activation=st.sampled_from(sorted(ACTIVATIONS)),
    seed=st.integers(0, 99),
)
def test_bidirectional_is_the_recurrence_run_both_ways(n, steps, channels, units, activation, seed):
    layer = BidirectionalRNN(units, activation, dtype="float64")
    sequences = normal(seed, n, steps, channels)
    layer.build(sequences.shape)
    random_weights(layer, seed)
    weights = layer.get_weights()
    h = np.array([sweep(activation, sequence, *weights[:3]) for sequence in sequences])
    g = np.array([sweep(activation, sequence[::-1], *weights[3:])[::-1] for sequence in sequences])
    np.testing.assert_allclose(layer(sequences), np.concatenate([h, g], axis=-1), rtol=0, atol=1e-13)


@pytest.mark.parametrize("masked", [False, True])
@pytest.mark.parametrize("activation", ["tanh", "relu"])
def test_bidirectional_equals_keras_with_the_same_weights(activation, masked):
    sequences = tf.constant(normal(1, 3, 7, 2))
    mask = tf.sequence_mask([7, 4, 1], 7) if masked else None
    ours = BidirectionalRNN(5, activation, dtype="float64")
    theirs = keras.layers.Bidirectional(
        keras.layers.SimpleRNN(5, activation, return_sequences=True, dtype="float64"), dtype="float64"
    )
    outputs, gradients = [], []
    for layer in (ours, theirs):
        layer.build(sequences.shape)
        random_weights(layer, 2)
        with tf.GradientTape() as tape:
            tape.watch(sequences)
            outputs.append(layer(sequences, mask=mask))
            loss = tf.reduce_sum(tf.sin(outputs[-1]))
        gradients.append(tape.gradient(loss, [sequences, *(w.value for w in layer.trainable_weights)]))
    np.testing.assert_array_equal(*outputs)
    for mine, keras_own in zip(*gradients, strict=True):
        np.testing.assert_array_equal(mine, keras_own)


def test_padding_does_not_reach_the_backward_state():
    layer = BidirectionalRNN(3, seed=0, dtype="float64")
    sequences = normal(3, 1, 6, 2)
    mask = tf.sequence_mask([4], 6)
    np.testing.assert_allclose(
        layer(sequences, mask=mask)[:, :4], layer(sequences[:, :4]), rtol=0, atol=1e-14
    )
    np.testing.assert_array_equal(layer(sequences, mask=mask)[:, 4:], 0)


@settings(max_examples=12, deadline=None, derandomize=True)
@given(
    height=st.integers(1, 5),
    width=st.integers(1, 5),
    channels=st.integers(1, 3),
    units=st.integers(1, 3),
    activation=st.sampled_from(sorted(ACTIVATIONS)),
    seed=st.integers(0, 99),
)
def test_four_directions_are_four_recurrences_over_columns_and_rows(
    height, width, channels, units, activation, seed
):
    layer = FourDirectionRNN(units, activation, dtype="float64")
    images = normal(seed, 2, height, width, channels)
    layer.build(images.shape)
    random_weights(layer, seed)
    down, up, right, left = (layer.get_weights()[start : start + 3] for start in (0, 3, 6, 9))
    expected = np.empty((2, height, width, 4, units))
    for k, image in enumerate(images):
        for j in range(width):
            expected[k, :, j, 0] = sweep(activation, image[:, j], *down)
            expected[k, ::-1, j, 1] = sweep(activation, image[::-1, j], *up)
        for i in range(height):
            expected[k, i, :, 2] = sweep(activation, image[i], *right)
            expected[k, i, ::-1, 3] = sweep(activation, image[i, ::-1], *left)
    np.testing.assert_allclose(
        layer(images), expected.reshape(2, height, width, 4 * units), rtol=0, atol=1e-13
    )


def influence(layers, channels=slice(None), height=5, width=6, at=(2, 3)):
    """Return |d output(at) / d pixel| for every pixel, summed over the output's channels."""
    image = tf.constant(normal(4, 1, height, width, 1))
    with tf.GradientTape() as tape:
        tape.watch(image)
        features = image
        for layer in layers:
            features = layer(features)
        output = features[0, at[0], at[1]][channels]
    return np.abs(tape.jacobian(output, image)).sum(axis=0)[0, :, :, 0]


@pytest.mark.parametrize("direction", DIRECTIONS)
def test_one_sweep_sees_what_lies_behind_it_in_its_own_line(direction):
    units = 2
    first = DIRECTIONS.index(direction) * units
    seen = influence([FourDirectionRNN(units, seed=0, dtype="float64")], slice(first, first + units)) > 0
    expected = np.zeros((5, 6), bool)
    expected[
        {"down": np.s_[:3, 3], "up": np.s_[2:, 3], "right": np.s_[2, :4], "left": np.s_[2, 3:]}[direction]
    ] = True
    np.testing.assert_array_equal(seen, expected)


def test_one_layer_sees_its_row_and_column_and_two_see_every_pixel():
    first, second = (FourDirectionRNN(3, seed=seed, dtype="float64") for seed in (0, 1))
    cross = np.zeros((5, 6), bool)
    cross[2, :] = cross[:, 3] = True
    np.testing.assert_array_equal(influence([first]) > 0, cross)
    assert (influence([first, second]) > 0).all()
    # From corner to opposite corner: not in one layer.
    assert influence([first], at=(4, 5))[0, 0] == 0
    assert influence([first, second], at=(4, 5))[0, 0] > 0


def test_two_convolutions_see_five_by_five():
    convolutions = [
        keras.layers.Conv2D(
            3, 3, padding="same", dtype="float64", kernel_initializer=keras.initializers.GlorotUniform(seed)
        )
        for seed in (0, 1)
    ]
    seen = influence(convolutions, height=9, width=9, at=(4, 4)) > 0
    expected = np.zeros((9, 9), bool)
    expected[2:7, 2:7] = True
    np.testing.assert_array_equal(seen, expected)


def test_initial_weights_are_a_function_of_the_seed_and_differ_between_sweeps():
    def kernels(seed):
        layer = FourDirectionRNN(3, seed=seed)
        layer.build((None, 4, 4, 3))
        return [w for w in layer.get_weights() if w.ndim == 2]

    for mine, same in zip(kernels(5), kernels(5), strict=True):
        np.testing.assert_array_equal(mine, same)
    every = kernels(5) + kernels(6)
    assert len({w.tobytes() for w in every}) == len(every) == 16


def test_parameters_are_counted_as_documented():
    layer = FourDirectionRNN(6)
    layer.build((None, 5, 5, 2))
    assert layer.count_params() == 4 * (2 + 6 + 1) * 6


def small_model():
    return keras.Sequential(
        [
            keras.Input((6, 5, 1)),
            FourDirectionRNN(3, "relu", seed=0, name="sweeps"),
            keras.layers.Reshape((6, 60)),
            BidirectionalRNN(2, "sigmoid", seed=1, name="sequence"),
            keras.layers.Flatten(),
            keras.layers.Dense(2, kernel_initializer=keras.initializers.GlorotUniform(2)),
        ]
    )


def test_a_saved_model_comes_back_without_custom_objects(tmp_path):
    model = small_model()
    images = normal(7, 4, 6, 5, 1).astype("float32")
    model.save(tmp_path / "model.keras")
    restored = keras.saving.load_model(tmp_path / "model.keras")
    np.testing.assert_array_equal(restored.predict(images, verbose=0), model.predict(images, verbose=0))
    assert restored.get_layer("sweeps").get_config() == model.get_layer("sweeps").get_config()
    assert restored.get_layer("sequence").get_config() == model.get_layer("sequence").get_config()


def network_of(layer):
    """Return a network whose last layer has something to learn, whether the first is frozen or not."""
    shape = (6, 4) if isinstance(layer, BidirectionalRNN) else (6, 4, 1)
    return keras.Sequential([keras.Input(shape), layer, keras.layers.Flatten(), keras.layers.Dense(2)])


def moved(model):
    """Return which weights of the first layer `fit` changes."""
    # Eagerly: compiling the loops would take most of the time.
    model.compile(keras.optimizers.SGD(0.1), "mean_squared_error", run_eagerly=True)
    before = model.layers[0].get_weights()
    images = normal(3, 4, *model.input_shape[1:]).astype("float32")
    model.fit(images, np.ones((4, 2), "float32"), verbose=0)
    return [not np.array_equal(*pair) for pair in zip(model.layers[0].get_weights(), before, strict=True)]


def saved_and_loaded(model, path):
    model.save(path)
    return keras.saving.load_model(path)


COPIES = {
    "itself": lambda model, path: model,
    "saved and loaded": saved_and_loaded,
    "from_config": lambda model, path: type(model).from_config(model.get_config()),
    "clone_model": lambda model, path: keras.models.clone_model(model),
}
copied = pytest.mark.parametrize("copy", COPIES.values(), ids=COPIES)
both_layers = pytest.mark.parametrize("layer", [BidirectionalRNN, FourDirectionRNN])


@copied
@both_layers
@pytest.mark.parametrize("in_constructor", [True, False])
def test_a_frozen_layer_stays_frozen_until_it_is_made_trainable(layer, in_constructor, copy, tmp_path):
    original = layer(2, seed=0, trainable=not in_constructor)
    if not in_constructor:
        original.trainable = False
    model = copy(network_of(original), tmp_path / "model.keras")
    assert not model.layers[0].trainable
    assert len(model.trainable_weights) == 2
    assert not any(moved(model))
    model.layers[0].trainable = True
    assert all(moved(model))
    assert all(moved(copy(model, tmp_path / "trainable.keras")))


@copied
@both_layers
def test_a_frozen_direction_stays_frozen(layer, copy, tmp_path):
    original = layer(2, seed=0)
    model = network_of(original)
    (original.g if layer is BidirectionalRNN else original.right_left.g).trainable = False
    model = copy(model, tmp_path / "model.keras")
    assert moved(model) == [True] * (len(original.weights) - 3) + [False] * 3
    assert model.layers[0].get_config() == original.get_config()


def test_frozen_layers_stay_frozen_on_jax():
    if importlib.util.find_spec("jax") is None:
        pytest.skip("jax is not installed")
    finished = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-n", "0", __file__, "-k", "stays_frozen and saved"],
        env={**os.environ, "KERAS_BACKEND": "jax"},
        cwd=Path(__file__).parents[1],
        capture_output=True,
        text=True,
    )
    assert finished.returncode == 0, finished.stdout
    assert "6 passed" in finished.stdout


def test_fit_learns_compiled_with_xla_and_agrees_with_eager():
    images = normal(8, 64, 6, 5, 1).astype("float32")
    # Opposite corners agree in sign or not: no pixel alone tells.
    labels = (images[:, 0, 0, 0] * images[:, -1, -1, 0] > 0).astype("int32")
    model = small_model()
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile(keras.optimizers.Adam(0.03), loss, jit_compile=True)
    before = float(loss(labels, model(images)))
    # One batch an epoch, so that the first epoch's loss is the loss before any update.
    history = model.fit(images, labels, batch_size=64, epochs=60, verbose=0, shuffle=False).history["loss"]
    assert history[0] == pytest.approx(before, rel=1e-5)
    assert history[-1] < 0.6 * before


def test_mixed_precision_reaches_the_sweeps():
    layer = FourDirectionRNN(2, seed=0, dtype="mixed_float16")
    images = normal(9, 2, 4, 4, 1).astype("float32")
    assert layer(images).dtype == tf.float16
    assert {w.dtype for w in layer.weights} == {"float32"}
    exact = FourDirectionRNN(2, seed=0, dtype="float32")(images)
    np.testing.assert_allclose(layer(images), exact, atol=4e-3)


def test_shapes_are_known_before_the_data():
    assert FourDirectionRNN(3)(keras.Input((7, 9, 2))).shape == (None, 7, 9, 12)
    assert BidirectionalRNN(3)(keras.Input((None, 2))).shape == (None, None, 6)


@pytest.mark.parametrize("layer", [BidirectionalRNN, FourDirectionRNN])
@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"units": 0}, "units must be a positive integer, received 0"),
        ({"units": 2.5}, "units must be a positive integer, received 2.5"),
        ({"units": True}, "units must be a positive integer, received True"),
        ({"units": 2, "seed": -1}, "seed must be None or an integer of at least 0, received -1"),
    ],
)
def test_bad_arguments_are_refused_by_name(layer, arguments, message):
    with pytest.raises(ValueError, match=message):
        layer(**arguments)


def test_bad_inputs_are_refused_by_form():
    with pytest.raises(ValueError, match=r"sequences must be \[n, T, c\], received shape \(2, 3\)"):
        BidirectionalRNN(2).build((2, 3))
    with pytest.raises(
        ValueError, match=r"images must be \[n, height, width, c\], received shape \(None, 28, 28\)"
    ):
        FourDirectionRNN(2).build((None, 28, 28))
    with pytest.raises(ValueError, match="height, width and channels must be known"):
        FourDirectionRNN(2).build((None, None, 28, 1))
