"""Carrying layers over: what is copied, what is frozen, and that computing features once changes nothing."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from hypothesis import given, settings
from hypothesis import strategies as st
from keras import layers

from chapter6.transfer import carry_over, frozen_features, join, moved


def network(seed=0, inside=()):
    """Return feature layers (a convolution, then `inside`) joined with two dense layers."""
    weights = keras.initializers.GlorotUniform(keras.random.SeedGenerator(seed))
    convolution = layers.Conv2D(3, 3, activation="relu", kernel_initializer=weights, name="conv")
    flat = layers.Flatten()
    features = keras.Sequential([keras.Input((6, 6, 1)), convolution, *inside, flat])
    classification = keras.Sequential(
        [
            keras.Input(features.output_shape[1:]),
            layers.Dense(4, "tanh", kernel_initializer=weights, name="hidden"),
            layers.Dropout(0.5, seed=seed),
            layers.Dense(3, kernel_initializer=weights, name="logits"),
        ]
    )
    return join(features, classification)


def data(count):
    random = np.random.default_rng(0)
    return random.normal(size=(count, 6, 6, 1)).astype(keras.config.floatx()), np.arange(count) % 3


@pytest.fixture
def float64():
    """Have Keras compute in float64."""
    usual = keras.config.floatx(), keras.config.dtype_policy()
    keras.config.set_floatx("float64")
    keras.config.set_dtype_policy("float64")
    yield
    keras.config.set_floatx(usual[0])
    keras.config.set_dtype_policy(usual[1])


def compiled(model):
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile(keras.optimizers.SGD(0.5), loss, jit_compile=False)
    return model


def fit(model, inputs, labels, epochs=1):
    model.fit(inputs, labels, batch_size=8, epochs=epochs, shuffle=False, verbose=0)


def names(paths):
    return {path.split("/", 1)[1] for path in paths}


ALL = {f"{layer}/{weight}" for layer in ("conv", "hidden", "logits") for weight in ("kernel", "bias")}
BEHIND = {name for name in ALL if not name.startswith("conv")}


def test_a_joined_network_is_one_function_after_the_other_and_shares_their_weights():
    joined = network()
    features, classification = joined.layers
    inputs, _ = data(4)
    np.testing.assert_array_equal(joined(inputs), classification(features(inputs)))
    classification.set_weights([weight + 1 for weight in classification.get_weights()])
    np.testing.assert_array_equal(joined(inputs), classification(features(inputs)))


@pytest.mark.parametrize("frozen", [True, False])
def test_the_features_are_carried_over_and_the_classification_is_the_one_given(frozen):
    source, new = network(0), network(1).layers[1]
    target = carry_over(source, new, frozen=frozen)
    assert target.layers[1] is new
    assert moved(target.layers[0], source.layers[0].get_weights()) == ()
    assert names(weight.path for weight in target.trainable_weights) == (BEHIND if frozen else ALL)


@pytest.mark.parametrize(("frozen", "expected"), [(True, BEHIND), (False, ALL)])
def test_training_moves_the_weights_meant_and_never_those_of_the_source(frozen, expected):
    source = network(0)
    target = compiled(carry_over(source, network(1).layers[1], frozen=frozen))
    before, source_before = target.get_weights(), source.get_weights()
    fit(target, *data(16))
    assert names(moved(target, before)) == expected
    assert moved(source, source_before) == ()


def test_a_frozen_batch_normalization_keeps_its_statistics():
    source = network(inside=[layers.BatchNormalization(name="normal")])
    target = compiled(carry_over(source, network(1).layers[1], frozen=True))
    before = target.layers[0].get_weights()
    fit(target, *data(16))
    assert moved(target.layers[0], before) == ()


def test_a_source_that_was_frozen_itself_can_be_fine_tuned():
    frozen = carry_over(network(0), network(1).layers[1], frozen=True)
    target = carry_over(frozen, network(2).layers[1], frozen=False)
    assert names(weight.path for weight in target.trainable_weights) == ALL
    assert not frozen.layers[0].trainable


def test_continuing_with_the_sources_own_classification_layers():
    source = network(0)
    target = compiled(carry_over(source, source.layers[1], frozen=True))
    before = source.get_weights()
    fit(target, *data(16))
    assert names(moved(source, before)) == BEHIND


def test_keras_ignores_trainable_once_a_compiled_model_has_trained():
    """Frozen before the first training: obeyed. After it: ignored without a word, until compiled anew."""
    inputs, labels = data(16)
    model = compiled(network())
    model.layers[0].trainable = False
    before = model.get_weights()
    fit(model, inputs, labels)
    assert names(moved(model, before)) == BEHIND

    model = compiled(network())
    fit(model, inputs, labels)
    model.layers[0].trainable = False
    assert names(weight.path for weight in model.trainable_weights) == BEHIND
    before = model.get_weights()
    fit(model, inputs, labels)
    assert names(moved(model, before)) == ALL
    before = model.get_weights()
    fit(compiled(model), inputs, labels)
    assert names(moved(model, before)) == BEHIND


def test_thawing_needs_compile_too():
    inputs, labels = data(16)
    target = compiled(carry_over(network(0), network(1).layers[1], frozen=True))
    fit(target, inputs, labels)
    target.layers[0].trainable = True
    before = target.get_weights()
    fit(target, inputs, labels)
    assert names(moved(target, before)) == BEHIND
    fit(compiled(target), inputs, labels)
    assert names(moved(target, before)) == ALL


def test_training_on_features_computed_once_is_training_the_whole_network(float64):
    """Update by update in float64, dropout included; and it is not so where the features are not frozen."""
    inputs, labels = data(24)
    source = network(0)
    slow = compiled(carry_over(source, network(1).layers[1], frozen=True))
    fast = carry_over(source, network(1).layers[1], frozen=True)
    fine_tuned = compiled(carry_over(source, network(1).layers[1], frozen=False))
    features = frozen_features(fast.layers[0], inputs, batch_size=7)
    assert features.dtype == np.float64
    head, start = compiled(fast.layers[1]), fast.get_weights()
    for _ in range(3):
        fit(slow, inputs, labels)
        fit(fine_tuned, inputs, labels)
        fit(head, features, labels)
        for one, other in zip(slow.get_weights(), fast.get_weights(), strict=True):
            np.testing.assert_allclose(one, other, rtol=0, atol=1e-13)
    assert names(moved(fast, start)) == BEHIND
    kernel = fast.layers[1].get_weights()[0]
    assert abs(fine_tuned.layers[1].get_weights()[0] - kernel).max() > 1e-3


@settings(deadline=None, derandomize=True, max_examples=25)
@given(count=st.integers(1, 20), batch_size=st.integers(1, 25))
def test_features_do_not_depend_on_the_batches_they_are_computed_in(count, batch_size):
    features, inputs = FROZEN, data(20)[0][:count]
    found = frozen_features(features, inputs, batch_size)
    assert found.shape == (count, 48) and found.dtype == np.float32
    np.testing.assert_allclose(found, features(inputs), rtol=1e-5, atol=1e-6)


FROZEN = carry_over(network(), network(1).layers[1], frozen=True).layers[0]


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


@pytest.mark.parametrize("layer", [layers.Dropout(0.1), layers.GaussianNoise(0.1)])
def test_features_with_dropout_or_noise_are_refused(layer):
    features = network(inside=[layers.BatchNormalization(), layer]).layers[0]
    features.trainable = False
    with pytest.raises(ValueError, match=f"must not be random, received {layer.name}$"):
        frozen_features(features, data(2)[0])


@pytest.mark.parametrize(
    "source", [keras.Sequential([keras.Input((2,)), layers.Dense(2), layers.Dense(2)]), layers.Dense(2), None]
)
def test_what_is_not_two_groups_of_layers_is_refused(source):
    with pytest.raises(ValueError, match="source must be feature layers and classification layers"):
        carry_over(source, network().layers[1], frozen=True)


def test_moved_sees_one_bit_and_what_is_not_a_number():
    layer = layers.Dense(2, name="d")
    layer.build((None, 2))
    before = layer.get_weights()
    assert moved(layer, before) == ()
    kernel = before[0].copy()
    kernel[0, 0] = np.nextafter(kernel[0, 0], np.float32(9))
    layer.set_weights([kernel, before[1]])
    assert moved(layer, before) == (layer.kernel.path,)
    layer.set_weights([before[0], np.array([0, np.nan], np.float32)])
    assert moved(layer, layer.get_weights()) == (layer.bias.path,)
    with pytest.raises(ValueError, match="zip"):
        moved(layer, before[:1])
