"""Transferring layers: what is copied and what is frozen."""

import keras
import numpy as np
import pytest
from keras import layers

from chapter6.transfer import changed_weights, join, transfer_features
from tests.transfer_network import ALL, BEHIND, compiled, data, fit, names, network


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
    target = transfer_features(source, new, frozen=frozen)
    assert target.layers[1] is new
    assert changed_weights(target.layers[0], source.layers[0].get_weights()) == ()
    assert names(weight.path for weight in target.trainable_weights) == (BEHIND if frozen else ALL)


@pytest.mark.parametrize(("frozen", "expected"), [(True, BEHIND), (False, ALL)])
def test_training_moves_the_weights_meant_and_never_those_of_the_source(frozen, expected):
    source = network(0)
    target = compiled(transfer_features(source, network(1).layers[1], frozen=frozen))
    before, source_before = target.get_weights(), source.get_weights()
    fit(target, *data(16))
    assert names(changed_weights(target, before)) == expected
    assert changed_weights(source, source_before) == ()


def test_a_frozen_batch_normalization_keeps_its_statistics():
    source = network(inside=[layers.BatchNormalization(name="normal")])
    target = compiled(transfer_features(source, network(1).layers[1], frozen=True))
    before = target.layers[0].get_weights()
    fit(target, *data(16))
    assert changed_weights(target.layers[0], before) == ()


def test_a_source_that_was_frozen_itself_can_be_fine_tuned():
    frozen = transfer_features(network(0), network(1).layers[1], frozen=True)
    target = transfer_features(frozen, network(2).layers[1], frozen=False)
    assert names(weight.path for weight in target.trainable_weights) == ALL
    assert not frozen.layers[0].trainable


def test_continuing_with_the_sources_own_classification_layers():
    source = network(0)
    target = compiled(transfer_features(source, source.layers[1], frozen=True))
    before = source.get_weights()
    fit(target, *data(16))
    assert names(changed_weights(source, before)) == BEHIND


def test_keras_ignores_trainable_once_a_compiled_model_has_trained():
    """Frozen before the first training: obeyed. After it: ignored without a word, until compiled anew."""
    inputs, labels = data(16)
    model = compiled(network())
    model.layers[0].trainable = False
    before = model.get_weights()
    fit(model, inputs, labels)
    assert names(changed_weights(model, before)) == BEHIND

    model = compiled(network())
    fit(model, inputs, labels)
    model.layers[0].trainable = False
    assert names(weight.path for weight in model.trainable_weights) == BEHIND
    before = model.get_weights()
    fit(model, inputs, labels)
    assert names(changed_weights(model, before)) == ALL
    before = model.get_weights()
    fit(compiled(model), inputs, labels)
    assert names(changed_weights(model, before)) == BEHIND


def test_thawing_needs_compile_too():
    inputs, labels = data(16)
    target = compiled(transfer_features(network(0), network(1).layers[1], frozen=True))
    fit(target, inputs, labels)
    target.layers[0].trainable = True
    before = target.get_weights()
    fit(target, inputs, labels)
    assert names(changed_weights(target, before)) == BEHIND
    fit(compiled(target), inputs, labels)
    assert names(changed_weights(target, before)) == ALL


@pytest.mark.parametrize(
    "source", [keras.Sequential([keras.Input((2,)), layers.Dense(2), layers.Dense(2)]), layers.Dense(2), None]
)
def test_what_is_not_two_groups_of_layers_is_refused(source):
    with pytest.raises(ValueError, match="source must be feature layers and classification layers"):
        transfer_features(source, network().layers[1], frozen=True)


def test_a_source_without_weights_is_refused_until_it_is_built():
    features = keras.Sequential([layers.Dense(3)], name="unbuilt")
    source = join(features, keras.Sequential([layers.Dense(2)]))
    new = keras.Sequential([layers.Dense(2)])
    with pytest.raises(
        ValueError, match="source must be built, received feature layers without weights: unbuilt"
    ):
        transfer_features(source, new, frozen=True)
    source(np.ones((4, 5)))
    target = transfer_features(source, new, frozen=True)
    assert changed_weights(target.layers[0], features.get_weights()) == ()
    assert target(np.ones((7, 5))).shape == (7, 2)


def test_what_layers_have_learnt_beside_their_weights_is_transferred():
    numbers = np.array([[5], [7], [5], [10]])
    normalization, lookup = layers.Normalization(), layers.IntegerLookup()
    for layer in (normalization, lookup):
        layer.adapt(numbers)
    for inside in ([normalization], [lookup], [keras.Sequential([keras.Input((1,)), normalization])]):
        features = keras.Sequential([keras.Input((1,), dtype="int64"), *inside])
        source = join(features, keras.Sequential([keras.Input((1,)), layers.Dense(2)]))
        target = transfer_features(source, source.layers[1], frozen=True)
        np.testing.assert_array_equal(target.layers[0](numbers), features(numbers))


def test_feature_layers_that_keras_cannot_copy_are_refused_in_one_line():
    class OfOneSize(keras.Model):
        def __init__(self):
            super().__init__(name="of_one_size")
            self.dense = layers.Dense(3)

        def call(self, inputs):
            return self.dense(inputs)

    source = join(OfOneSize(), keras.Sequential([layers.Dense(2)]))
    source(np.ones((4, 5)))
    with pytest.raises(
        ValueError, match="^feature layers must be a model that .* can copy, received of_one_size$"
    ):
        transfer_features(source, source.layers[1], frozen=True)


def test_frozen_is_true_or_false():
    with pytest.raises(ValueError, match="frozen must be True or False, received 'no'"):
        transfer_features(network(), network().layers[1], frozen="no")


@pytest.mark.parametrize(("frozen", "expected"), [(True, BEHIND), (False, ALL)])
def test_a_network_that_was_saved_trains_the_same_weights(frozen, expected, tmp_path):
    transfer_features(network(), network(1).layers[1], frozen=frozen).save(tmp_path / "target.keras")
    target = compiled(keras.saving.load_model(tmp_path / "target.keras"))
    before = target.get_weights()
    fit(target, *data(16))
    assert names(changed_weights(target, before)) == expected


def test_moved_sees_one_bit_and_what_is_not_a_number():
    layer = layers.Dense(2, name="d")
    layer.build((None, 2))
    before = layer.get_weights()
    assert changed_weights(layer, before) == ()
    kernel = before[0].copy()
    kernel[0, 0] = np.nextafter(kernel[0, 0], np.float32(9))
    layer.set_weights([kernel, before[1]])
    assert changed_weights(layer, before) == (layer.kernel.path,)
    layer.set_weights([before[0], np.array([0, np.nan], np.float32)])
    assert changed_weights(layer, layer.get_weights()) == (layer.bias.path,)
    with pytest.raises(ValueError, match="zip"):
        changed_weights(layer, before[:1])
