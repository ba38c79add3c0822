"""Features of frozen layers that are computed once: as exact as they say, or refused."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from hypothesis import given, settings
from hypothesis import strategies as st
from keras import layers

from chapter6.recurrent import BidirectionalRNN, FourDirectionRNN
from chapter6.transfer import changed_weights, frozen_features, join, transfer_features
from tests.transfer_network import BEHIND, compiled, data, fit, names, network


@pytest.fixture
def float64():
    """Have Keras compute in float64."""
    usual = keras.config.floatx(), keras.config.dtype_policy()
    keras.config.set_floatx("float64")
    keras.config.set_dtype_policy("float64")
    yield
    keras.config.set_floatx(usual[0])
    keras.config.set_dtype_policy(usual[1])


def test_training_on_features_computed_once_is_training_the_whole_network(float64):
    """Update by update in float64, dropout included; and it is not so where the features are not frozen."""
    inputs, labels = data(24)
    source = network(0)
    slow = compiled(transfer_features(source, network(1).layers[1], frozen=True))
    fast = transfer_features(source, network(1).layers[1], frozen=True)
    fine_tuned = compiled(transfer_features(source, network(1).layers[1], frozen=False))
    features = frozen_features(fast.layers[0], inputs, batch_size=7)
    assert features.dtype == np.float64
    head, start = compiled(fast.layers[1]), fast.get_weights()
    for _ in range(3):
        fit(slow, inputs, labels)
        fit(fine_tuned, inputs, labels)
        fit(head, features, labels)
        for one, other in zip(slow.get_weights(), fast.get_weights(), strict=True):
            np.testing.assert_allclose(one, other, rtol=0, atol=1e-13)
    assert names(changed_weights(fast, start)) == BEHIND
    kernel = fast.layers[1].get_weights()[0]
    assert abs(fine_tuned.layers[1].get_weights()[0] - kernel).max() > 1e-3


@settings(deadline=None, derandomize=True, max_examples=25)
@given(count=st.integers(1, 20), batch_size=st.integers(1, 25))
def test_features_do_not_depend_on_the_batches_they_are_computed_in(count, batch_size):
    features, inputs = FROZEN, data(20)[0][:count]
    found = frozen_features(features, inputs, batch_size)
    assert found.shape == (count, 48) and found.dtype == np.float32
    np.testing.assert_allclose(found, features(inputs), rtol=1e-5, atol=1e-6)


FROZEN = transfer_features(network(), network(1).layers[1], frozen=True).layers[0]


def test_features_of_a_tensor_are_those_of_an_array():
    inputs, _ = data(5)
    np.testing.assert_array_equal(
        frozen_features(FROZEN, tf.constant(inputs)), frozen_features(FROZEN, inputs)
    )


def test_no_inputs_are_refused():
    with pytest.raises(ValueError, match="one input at least, received 0"):
        frozen_features(FROZEN, data(0)[0])


def test_features_that_train_are_refused():
    with pytest.raises(
        ValueError, match=r"must be frozen, received trainable \S+/conv/kernel, \S+/conv/bias"
    ):
        frozen_features(network().layers[0], data(2)[0])


class Doubles(layers.Layer):
    """A layer that does something else in training, without chance."""

    def call(self, inputs, training=None):
        return 2 * inputs if training else inputs


class AddsNoise(layers.Layer):
    """A layer that is random in training and outside of it, with a generator that is not its own."""

    def __init__(self, generator):
        super().__init__()
        self.generator = generator

    def call(self, inputs):
        return inputs + self.generator(keras.ops.shape(inputs))


def frozen_model(*stack):
    features = keras.Sequential(stack)
    features.trainable = False
    return features


SEQUENCES = np.random.default_rng(1).normal(size=(7, 5, 3))
IMAGES = data(7)[0]
WORDS = np.random.default_rng(2).integers(0, 4, size=(7, 5))
PADDED = SEQUENCES * (WORDS > 0)[..., None]


CHANGING = {
    "Dropout": (lambda: layers.Dropout(0.1), IMAGES),
    "GaussianNoise": (lambda: layers.GaussianNoise(0.1), IMAGES),
    "RandomFlip": (lambda: layers.RandomFlip(), IMAGES),
    "SpectralNormalization": (lambda: layers.SpectralNormalization(layers.Conv2D(2, 3)), IMAGES),
    "LSTM with dropout": (lambda: layers.LSTM(2, dropout=0.1), SEQUENCES),
    "RNN with dropout": (lambda: layers.SimpleRNN(2, recurrent_dropout=0.1), SEQUENCES),
    "TimeDistributed": (lambda: layers.TimeDistributed(layers.Dropout(0.1)), SEQUENCES),
}


@pytest.mark.parametrize("name", CHANGING)
@pytest.mark.parametrize("nested", [False, True])
def test_features_that_change_in_training_are_refused_by_name(name, nested):
    make, inputs = CHANGING[name]
    layer = make()
    features = frozen_model(keras.Input(inputs.shape[1:]), keras.Sequential([layer]) if nested else layer)
    before = [np.array(variable) for variable in layer.variables]
    message = f"feature layers must not be random or change in training, received {layer.name}$"
    with pytest.raises(ValueError, match=message):
        frozen_features(features, inputs)
    for variable, old in zip(layer.variables, before, strict=True):
        np.testing.assert_array_equal(variable, old)


def test_statistics_of_a_batch_normalization_that_is_not_frozen_are_refused():
    layer = layers.BatchNormalization(center=False, scale=False)
    with pytest.raises(ValueError, match=f"change in training, received {layer.name}$"):
        frozen_features(keras.Sequential([keras.Input((6, 6, 1)), layer]), IMAGES)
    layer.trainable = False
    frozen_features(keras.Sequential([keras.Input((6, 6, 1)), layer]), IMAGES)


@pytest.mark.parametrize("stateful", [layers.LSTM(2, stateful=True), layers.GRU(2, stateful=True)])
def test_states_that_go_from_batch_to_batch_are_refused(stateful):
    features = frozen_model(keras.Input(batch_shape=(7, 5, 3)), stateful)
    with pytest.raises(ValueError, match=f"change in training, received {features.name}$"):
        frozen_features(features, SEQUENCES)


@pytest.mark.parametrize(
    "generator",
    [keras.random.normal, tf.random.normal, lambda shape: np.random.default_rng().normal(size=shape)],
    ids=["keras", "tensorflow", "numpy"],
)
def test_noise_of_generators_outside_of_the_layers_is_refused(generator):
    with pytest.raises(ValueError, match="feature layers must (not be random|compute the same)"):
        frozen_features(frozen_model(AddsNoise(generator)), IMAGES)


def test_a_computation_that_is_another_in_training_is_refused():
    with pytest.raises(ValueError, match="must compute the same in training, received features that differ"):
        frozen_features(frozen_model(Doubles()), IMAGES)


CONSTANT = {
    "LSTM": (lambda: [layers.LSTM(4)], SEQUENCES),
    "GRU": (lambda: [layers.GRU(4, return_sequences=True), layers.SimpleRNN(3)], SEQUENCES),
    "Bidirectional": (lambda: [layers.Bidirectional(layers.LSTM(4))], SEQUENCES),
    "BidirectionalRNN": (lambda: [BidirectionalRNN(4)], SEQUENCES),
    "FourDirectionRNN": (lambda: [FourDirectionRNN(2)], IMAGES),
    "no dropout": (lambda: [layers.Dropout(0.0), layers.GaussianNoise(0.0)], IMAGES),
    "normalizations": (lambda: [layers.BatchNormalization(), layers.LayerNormalization()], SEQUENCES),
    "mask used by LSTM": (lambda: [layers.Embedding(4, 3, mask_zero=True), layers.LSTM(4)], WORDS),
    "mask used by pooling": (lambda: [layers.Masking(), layers.GlobalAveragePooling1D()], PADDED),
}


@pytest.mark.parametrize("name", CONSTANT)
@pytest.mark.parametrize("floatx", ["float32", "float64"])
def test_features_are_to_the_bit_those_of_a_step_of_training(name, floatx, request):
    if floatx == "float64":
        request.getfixturevalue("float64")
    stack, inputs = CONSTANT[name]
    dtype = "int64" if inputs is WORDS else floatx
    features = frozen_model(keras.Input(inputs.shape[1:], dtype=dtype), *stack())
    found = frozen_features(features, inputs)
    assert found.dtype == floatx
    np.testing.assert_array_equal(found, features(inputs, training=True))
    batches = [features(inputs[start : start + 3], training=True) for start in (0, 3, 6)]
    np.testing.assert_array_equal(frozen_features(features, inputs, 3), np.concatenate(batches))


# Keras says so of every Sequential in a Sequential, and hands the mask on all the same.
@pytest.mark.filterwarnings("ignore:Layer 'sequential.* does not support masking")
@pytest.mark.parametrize(
    ("makes_mask", "uses_mask", "inputs"),
    [
        (layers.Embedding(4, 3, mask_zero=True), layers.LSTM(2), WORDS),
        (layers.Masking(), layers.GlobalAveragePooling1D(), PADDED),
    ],
    ids=["Embedding", "Masking"],
)
def test_masks_are_not_dropped(makes_mask, uses_mask, inputs):
    makes = frozen_model(keras.Input(inputs.shape[1:]), makes_mask)
    uses = keras.Sequential([keras.Input((5, 3)), uses_mask])
    uses.trainable = False
    with pytest.raises(
        ValueError, match="feature layers must not pass a mask on, received features with one"
    ):
        frozen_features(makes, inputs)
    with pytest.raises(ValueError, match="inputs must not have a mask, received EagerTensor with one"):
        frozen_features(uses, makes(inputs))
    whole = frozen_model(keras.Input(inputs.shape[1:]), makes_mask, uses_mask)
    np.testing.assert_array_equal(frozen_features(whole, inputs), join(makes, uses)(inputs))
    assert not np.allclose(uses(np.array(makes(inputs))), join(makes, uses)(inputs))


def test_a_model_that_says_it_is_frozen_while_its_layers_train_is_refused():
    dense = layers.Dense(3)
    features = keras.Sequential([keras.Input((4,)), dense], trainable=False)
    assert features.trainable_weights == []
    model = compiled(join(features, keras.Sequential([keras.Input((3,)), layers.Dense(2)])))
    before = model.get_weights()
    fit(model, np.ones((8, 4)), np.zeros(8))
    assert dense.kernel.path in changed_weights(model, before)
    with pytest.raises(ValueError, match=f"must be frozen, received trainable {dense.kernel.path}"):
        frozen_features(features, np.ones((8, 4)))


@pytest.mark.parametrize("batch_size", [0, -2, True, 2.5, "7", None], ids=repr)
def test_batch_sizes_are_checked(batch_size):
    with pytest.raises(ValueError, match=f"batch_size must be a positive integer, received {batch_size!r}$"):
        frozen_features(FROZEN, IMAGES, batch_size)


def test_features_of_a_list_are_those_of_an_array():
    np.testing.assert_array_equal(frozen_features(FROZEN, IMAGES.tolist()), frozen_features(FROZEN, IMAGES))


NO_ARRAYS = {
    "dataset": lambda: tf.data.Dataset.from_tensor_slices(IMAGES).batch(2),
    "generator": lambda: (image for image in IMAGES),
    "dict": lambda: {"images": IMAGES},
    "ragged list": lambda: [[1.0], [2.0, 3.0]],
    "ragged tensor": lambda: tf.ragged.constant([[1.0], [2.0, 3.0]]),
    "sparse tensor": lambda: tf.sparse.from_dense(IMAGES),
    "symbolic tensor": lambda: keras.Input((6, 6, 1)),
    "None": lambda: None,
    "scalar": lambda: np.float32(3),
}


@pytest.mark.parametrize("make", NO_ARRAYS.values(), ids=NO_ARRAYS)
def test_inputs_that_are_no_array_are_refused_in_one_line(make):
    inputs = make()
    message = rf"^inputs must be one array \[n, ...\], received {type(inputs).__name__}$"
    with pytest.raises(ValueError, match=message):
        frozen_features(FROZEN, inputs)


def test_several_inputs_or_outputs_are_refused():
    one, other = keras.Input((2,)), keras.Input((2,))
    with pytest.raises(ValueError, match="must have one input, received 2$"):
        frozen_features(keras.Model([one, other], one + other), [np.ones((3, 2)), np.ones((3, 2))])
    with pytest.raises(ValueError, match="must have one output, received list$"):
        frozen_features(keras.Model(one, [one + 1, one + 2]), np.ones((3, 2)))
    with pytest.raises(ValueError, match="one output an input, received 1 of 3$"):
        frozen_features(frozen_model(layers.Lambda(lambda x: x[:1])), np.ones((3, 2)))
    with pytest.raises(ValueError, match="features must be a Keras model, received <Dense"):
        frozen_features(layers.Dense(2), np.ones((3, 2)))
