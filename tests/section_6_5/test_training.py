"""Training: compiled, in batches, behind frozen layers."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from chapter6.errors import RunError
from chapter6.mnist import load_mnist
from chapter6.section_6_5 import networks, training
from chapter6.section_6_5.digits import task
from chapter6.transfer import changed_weights, frozen_features
from tests.section_6_5 import WAYS, curve_settings


def small_network(seed):
    weights = keras.initializers.GlorotUniform(keras.random.SeedGenerator(seed))
    return keras.Sequential(
        [
            keras.Input((4,)),
            keras.layers.Dense(3, "tanh", kernel_initializer=weights, name="first"),
            keras.layers.Dense(2, kernel_initializer=weights, name="last"),
        ]
    )


SMALL_INPUTS = np.random.default_rng(0).normal(size=(30, 4)).astype("float32")
SMALL_LABELS = (np.arange(30) % 2).astype("int32")
SMALL_BATCHES = np.random.default_rng(1).integers(
    30, size=(training.STEPS_PER_EXECUTION + 3, 5), dtype=np.int32
)


@pytest.mark.parametrize("frozen", [True, False])
def test_the_compiled_loop_trains_as_keras_does(frozen):
    ours, keras_own = small_network(0), small_network(0)
    for network in (ours, keras_own):
        network.layers[0].trainable = not frozen
    train = training.NetworkTrainer(ours)
    # Something else first, of which nothing must be left.
    train(small_network(1), tf.constant(SMALL_INPUTS), tf.constant(SMALL_LABELS), SMALL_BATCHES[:7, :3])
    network, before = small_network(0), ours.get_weights()
    train(network, tf.constant(SMALL_INPUTS), tf.constant(SMALL_LABELS), SMALL_BATCHES)
    keras_own.compile("adam", keras.losses.SparseCategoricalCrossentropy(from_logits=True), jit_compile=False)
    for batch in SMALL_BATCHES:
        keras_own.train_on_batch(SMALL_INPUTS[batch], SMALL_LABELS[batch])
    for one, other in zip(network.get_weights(), keras_own.get_weights(), strict=True):
        np.testing.assert_allclose(one, other, rtol=0, atol=1e-5)
    assert len(before) == 4
    untouched = small_network(0).layers[0].get_weights()
    assert bool(changed_weights(network.layers[0], untouched)) is not frozen
    assert len(changed_weights(network.layers[1], small_network(0).layers[1].get_weights())) == 2


@pytest.mark.parametrize(("n", "shape"), [(10, (9, 10)), (64, (9, 64)), (500, (16, 64))])
def test_a_training_has_its_epochs_or_its_least_updates_and_only_labelled_images(n, shape):
    chosen = training.batches_of(n, 2, curve_settings(updates=9, batch=64), 0)
    assert chosen.shape == shape
    seen = np.bincount(chosen.ravel(), minlength=n)
    assert len(seen) == n and np.ptp(seen) <= 1


@pytest.mark.parametrize("way", WAYS)
def test_a_training_that_changes_other_weights_than_it_should_ends_the_run(way):
    network = networks.networks_of(networks.small_network(1), 2)[way]
    start = network.get_weights()
    with pytest.raises(RunError, match=f"{way}: training must change .*, but changed none"):
        training.check_changed_weights(way, network, start)
    network.set_weights([weight + 1 for weight in start])
    if network.layers[0].trainable:
        training.check_changed_weights(way, network, start)
    else:
        with pytest.raises(RunError, match=f"{way}: training must change .*, but changed features"):
            training.check_changed_weights(way, network, start)


def test_training_behind_frozen_layers_is_training_the_whole_network():
    """The short way of the curves against the long way, in float32 and over a real training."""
    images, labels = (tf.constant(each[:200]) for each in task(load_mnist().train, 5))
    source = networks.small_network(1)
    long, short = (networks.networks_of(source, 2)["frozen"] for _ in range(2))
    chosen = training.batches_of(200, 1, curve_settings(updates=30), 0)
    training.NetworkTrainer(long)(long, images, labels, chosen)
    inputs = tf.constant(frozen_features(short.layers[0], images))
    training.NetworkTrainer(short.layers[1])(short.layers[1], inputs, labels, chosen)
    for one, other in zip(long.get_weights(), short.get_weights(), strict=True):
        np.testing.assert_allclose(one, other, rtol=0, atol=1e-4)
