"""The training loop calls its callbacks when it says, and trains to the same bits however it is divided."""

import signal

import keras
import numpy as np
import pytest
import tensorflow as tf

from chapter6.errors import RunError
from chapter6.gan.batches import batches
from chapter6.gan.model import GAN, LOSSES
from chapter6.gan.training import Periodic, RaiseOnNaN, TerminateOnSignal, call_length, train
from chapter6.interruption import Interruption

IMAGES = np.random.default_rng(0).integers(0, 256, (50, 784), np.uint8)


class Recorder(keras.callbacks.Callback):
    """Records its hooks' calls; ends the training after `last` iterations."""

    def __init__(self, last=None):
        super().__init__()
        self.calls, self.last = [], last

    def on_train_begin(self, logs=None):
        self.calls.append("begin")

    def on_train_batch_end(self, batch, logs=None):
        self.calls.append(batch)
        self.losses = logs
        if batch == self.last:
            self.model.stop_training = True

    def on_train_end(self, logs=None):
        self.calls.append("end")


class Counter(Periodic):
    def __init__(self, every):
        super().__init__(every)
        self.iterations = []

    def on_interval(self, iteration, logs):
        self.iterations.append(iteration)


def small_gan():
    return GAN(batch_size=4, hidden_units=3, latent_dim=2, seed=5)


def weights(gan):
    return [*gan.discriminator.get_weights(), *gan.generator.get_weights()]


@pytest.fixture(scope="module")
def compiled():
    """A GAN that the tests take turns with, since each would compile its own for seconds."""
    return small_gan()


@pytest.fixture
def gan(compiled):
    compiled.reset(seed=5)
    return compiled


@pytest.fixture(scope="module")
def trained():
    """The weights of a GAN after 250 iterations, in one call of its own, and their last losses."""
    gan = small_gan()
    chosen = batches(0, 250, 4, len(IMAGES), seed=5)
    losses = gan.train(tf.constant(IMAGES), tf.constant(chosen), tf.constant(250)).numpy()
    return weights(gan), losses


def test_training_is_that_of_the_compiled_iterations(gan, trained):
    recorder = Recorder()
    train(gan, tf.constant(IMAGES), 250, [recorder])
    assert recorder.calls == ["begin", 100, 200, 250, "end"]
    assert gan.iteration == 250
    for received, expected in zip(weights(gan), trained[0], strict=True):
        np.testing.assert_array_equal(received, expected)
    assert [recorder.losses[name] for name in LOSSES] == trained[1].tolist()


def test_no_call_passes_a_multiple_of_an_interval_and_the_bits_are_the_same(gan, trained):
    recorder, counters = Recorder(last=90), [Counter(30), Counter(45)]
    callbacks = [recorder, *counters]
    assert call_length(callbacks) == 30
    train(gan, tf.constant(IMAGES), 250, callbacks)
    assert recorder.calls == ["begin", 30, 45, 60, 90, "end"]
    # Resumed after a stop, and with nothing to watch it.
    recorder.last = None
    train(gan, tf.constant(IMAGES), 145, callbacks)
    assert recorder.calls[6:] == ["begin", 120, 135, 145, "end"]
    assert [counter.iterations for counter in counters] == [[30, 60, 90, 120], [45, 90, 135]]
    train(gan, tf.constant(IMAGES), 250)
    train(gan, tf.constant(IMAGES), 250)
    for received, expected in zip(weights(gan), trained[0], strict=True):
        np.testing.assert_array_equal(received, expected)


def test_a_finished_training_calls_only_begin_and_end(gan):
    recorder = Recorder()
    train(gan, tf.constant(IMAGES), 0, [recorder])
    assert recorder.calls == ["begin", "end"]


class BreakingGAN(GAN):
    """A GAN whose noise is a `broken` number from the 8th iteration on."""

    def __init__(self):
        super().__init__(batch_size=4, hidden_units=3, latent_dim=2, seed=5)
        self.broken = tf.Variable(0.0)

    def noise(self, player):
        return tf.where(self.iteration < 7, super().noise(player), self.broken)


@pytest.fixture(scope="module")
def breaking():
    return BreakingGAN()


@pytest.mark.parametrize("broken", [np.nan, np.inf])
def test_losses_that_are_not_finite_are_an_error_at_their_iteration(breaking, broken):
    recorder = Recorder()
    breaking.reset(seed=5)
    breaking.broken.assign(broken)
    with pytest.raises(RunError, match=r"must be finite, received \{.*nan.*\} at iteration 8; .* in folder"):
        train(breaking, tf.constant(IMAGES), 20, [RaiseOnNaN("folder"), recorder])
    assert recorder.calls == ["begin"]


def test_a_signal_ends_the_training_after_the_call_and_before_the_first(gan):
    recorder = Recorder()
    with Interruption() as interruption:
        callbacks = [TerminateOnSignal(interruption), recorder]
        hook = keras.callbacks.LambdaCallback(
            on_train_batch_end=lambda batch, logs: signal.raise_signal(signal.SIGTERM)
        )
        train(gan, tf.constant(IMAGES), 250, [hook, *callbacks])
        assert gan.iteration == 100
        train(gan, tf.constant(IMAGES), 250, callbacks)
        assert gan.iteration == 100
    assert recorder.calls == ["begin", 100, "end", "begin", "end"]
