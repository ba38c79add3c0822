"""The training loop of a GAN, and callbacks for it that neither print nor draw.

Slide: 6-4, the MNIST program, ``for it in range(1000000)``.
"""

import keras
import numpy as np
import tensorflow as tf

from chapter6.errors import RunError
from chapter6.gan.batches import batches
from chapter6.gan.model import LOSSES, generate, sample_noise
from chapter6.language import _

# Iterations in one compiled call at most, so that a signal and the progress bar wait a fraction of a second.
CALL = 100


def train(gan, images, steps, callbacks=()):
    """Train a GAN until `steps` iterations are done.

    Slide: 6-4, ``for it in range(1000000)`` with ``mnist.train.next_batch`` and both updates.

    The hooks of the callbacks are called as Keras' `fit` with ``steps_per_execution`` calls them, but that
    ``batch``, the first argument of ``on_train_batch_end``, is the number of iterations done. It is called
    after each compiled call, and no call passes a multiple of a callback's ``every``. ``logs`` has the
    `LOSSES` of the last iteration, floats, by name. A callback ends the training by
    ``self.model.stop_training = True``. After an exception ``on_train_end`` is not called.

    Args:
        gan: `chapter6.gan.model.GAN`; it goes on from its own iteration.
        images: uint8 tensor [N, 784], the training images.
        steps: int, iterations in all, those done before among them.
        callbacks: List of `keras.callbacks.Callback`; ``self.model`` is the GAN.

    Example:

    >>> from chapter6.gan.model import GAN
    >>> gan = GAN(batch_size=2, hidden_units=3)
    >>> show = keras.callbacks.LambdaCallback(on_train_batch_end=lambda done, logs: print(done, sorted(logs)))
    >>> train(gan, tf.zeros([5, 784], tf.uint8), 4, [show])
    4 ['d_loss', 'dfake_loss', 'dreal_loss', 'g_loss']
    """
    intervals, rows = _intervals(callbacks), call_length(callbacks)
    hooks = keras.callbacks.CallbackList(list(callbacks), model=gan, steps=steps)
    gan.stop_training = False
    done, logs = int(gan.iteration), None
    hooks.on_train_begin()
    while done < steps and not gan.stop_training:
        stop = min(steps, done + rows, *(done - done % every + every for every in intervals))
        chosen = batches(done, rows, gan.batch_size, len(images), int(gan.seed))
        losses = gan.train(images, tf.constant(chosen), tf.constant(stop - done)).numpy()
        done = int(gan.iteration)
        logs = dict(zip(LOSSES, losses.tolist(), strict=True))
        hooks.on_train_batch_end(done, logs)
    hooks.on_train_end(logs)


def call_length(callbacks):
    """Return how many iterations a compiled call of `train` has at most with these callbacks."""
    return min([CALL, *_intervals(callbacks)])


def _intervals(callbacks):
    return [callback.every for callback in callbacks if hasattr(callback, "every")]


class Periodic(keras.callbacks.Callback):
    """A callback whose ``on_interval(iteration, logs)`` is called at each multiple of ``every``.

    Args:
        every: int, iterations.
    """

    def __init__(self, every):
        super().__init__()
        self.every = every

    def on_train_batch_end(self, batch, logs=None):
        """Call ``on_interval`` if it is time to."""
        if batch % self.every == 0:
            self.on_interval(batch, logs)


class LossLogger(Periodic):
    """Log the losses for TensorBoard.

    Slide: 6-4, ``summary_writer.add_summary``, every 100 iterations.

    Args:
        summaries: `chapter6.gan.summaries.Summaries`.
        every: int, iterations between two entries.
    """

    def __init__(self, summaries, every):
        super().__init__(every)
        self.summaries = summaries

    def on_interval(self, iteration, logs):
        """Log the losses of the last iteration."""
        self.summaries.losses(iteration, logs)


class ScoreLogger(Periodic):
    """Evaluate the generator and log its scores for TensorBoard.

    Slide: 6-4.b, a measure that the slides do not have.

    Args:
        summaries: `chapter6.gan.summaries.Summaries`.
        every: int, iterations between two evaluations.
        evaluator: `chapter6.gan.evaluation.SampleEvaluator`; as many samples are evaluated as it has test
            images, 10 at least, of noise that is drawn by the GAN's seed.
    """

    def __init__(self, summaries, every, evaluator):
        super().__init__(every)
        self.summaries, self.evaluator = summaries, evaluator

    def on_train_begin(self, logs=None):
        """Draw the noise."""
        count = len(self.evaluator.test_features)
        self.noise = sample_noise(count, self.model.latent_dim, int(self.model.seed))

    def on_interval(self, iteration, logs):
        """Evaluate the samples and log their scores."""
        samples = generate(self.model.sampler, self.noise)
        self.summaries.scores(iteration, self.evaluator.score(samples))


class RaiseOnNaN(keras.callbacks.Callback):
    """Raise a RunError when a loss is no longer finite.

    Like ``keras.callbacks.TerminateOnNaN(raise_error=True)``, for all of the `LOSSES`. It stands before the
    callbacks that must not see such losses.

    Args:
        checkpoints: Folder of the checkpoints before them, for the message.
    """

    def __init__(self, checkpoints):
        super().__init__()
        self.checkpoints = checkpoints

    def on_train_batch_end(self, batch, logs=None):
        """Raise the error if a loss is not finite."""
        losses = {name: logs[name] for name in LOSSES}
        if not np.all(np.isfinite([*losses.values()])):
            message = _(
                "losses must be finite, received {losses} at iteration {iteration}; the checkpoints before "
                "it are in {folder}"
            )
            raise RunError(message.format(losses=losses, iteration=batch, folder=self.checkpoints))


class TerminateOnSignal(keras.callbacks.Callback):
    """End the training when a signal has come.

    Args:
        interruption: `chapter6.interruption.Interruption`.
    """

    def __init__(self, interruption):
        super().__init__()
        self.interruption = interruption

    def on_train_begin(self, logs=None):
        """End the training before its first iteration if a signal has come by then."""
        self.on_train_batch_end(0)

    def on_train_batch_end(self, batch, logs=None):
        """End the training if a signal has come."""
        if self.interruption:
            self.model.stop_training = True
