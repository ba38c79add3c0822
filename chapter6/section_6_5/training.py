"""Training many networks of the same layers, one after the other, by one compiled loop."""

import time
from dataclasses import dataclass

import keras
import numpy as np

from chapter6.errors import RunError
from chapter6.gan.batches import batches
from chapter6.networks.training import Trainer
from chapter6.transfer import changed_weights

# Updates in one compiled call, so that Ctrl-C waits about a second at most.
STEPS_PER_EXECUTION = 200


class NetworkTrainer:
    """Trains networks that have the layers of `template`, by Adam on the cross-entropy.

    Args:
        template: A Keras model, inputs to logits. Which of its weights train is read here and now.
    """

    def __init__(self, template):
        # Not by XLA, whose convolutions are tens of times slower on a CPU.
        self._train = Trainer(template, keras.optimizers.Adam(), steps_per_execution=STEPS_PER_EXECUTION)

    def __call__(self, network, inputs, labels, batches):
        """Train a network in place.

        Args:
            network: Keras model with the layers of the template.
            inputs: Tensor [n, ...].
            labels: int32 tensor [n].
            batches: int32 array [updates, batch size] of indices.

        Returns:
            float, the seconds that the updates took.
        """
        self._train.reset(network.get_weights())
        # Not an update, but the trace, which is not to be timed.
        self._train(inputs, labels, batches, stop=0)
        started = time.perf_counter()
        self._train(inputs, labels, batches)
        seconds = time.perf_counter() - started
        network.set_weights(self._train.model.get_weights())
        return seconds


def batches_of(n, settings, seed):
    """Return the indices of all batches of a training on n images, [updates, batch]."""
    updates = max(settings.updates, -(-settings.epochs * n // settings.batch))
    return batches(0, updates, min(settings.batch, n), n, seed)


def check_changed_weights(way, network, start):
    """See to it that training moved the weights that it should have, and no others."""
    meant = tuple(weight.path for weight in network.trainable_weights)
    found = changed_weights(network, start)
    if found != meant:
        raise RunError(
            f"{way}: training must move {', '.join(meant)}, but moved {', '.join(found) or 'none'}"
        )


@dataclass(frozen=True)
class Course:
    """What one training did: test accuracy in % and seconds of each epoch, and the test images there were."""

    accuracy: tuple[float, ...]
    seconds: tuple[float, ...]
    tested: int

    def error(self):
        """Return the standard error of the last accuracy as a share of so many images, in points."""
        share = self.accuracy[-1] / 100
        return 100 * (share * (1 - share) / self.tested) ** 0.5

    def __str__(self):
        return f"{self.accuracy[-1]:.2f} ± {self.error():.2f}"


def fit(network, training, test, settings, seed):
    """Compile a network and fit it to images or features with their labels; return its `Course`."""
    network.compile(
        keras.optimizers.Adadelta(1.0, rho=0.95, epsilon=settings.epsilon),
        keras.losses.SparseCategoricalCrossentropy(from_logits=True),
        metrics=["accuracy"],
        # XLA's convolutions are tens of times slower on a CPU.
        jit_compile=False,
    )
    inputs, labels = training
    accuracy, seconds = [], []
    for epoch in range(settings.epochs):
        order = np.random.default_rng((seed, epoch)).permutation(len(labels))
        started = time.perf_counter()
        network.fit(inputs[order], labels[order], settings.batch, shuffle=False, verbose=0)
        seconds.append(time.perf_counter() - started)
        shares = network.evaluate(*test, batch_size=500, verbose=0, return_dict=True)
        accuracy.append(100 * shares["accuracy"])
    return Course(tuple(accuracy), tuple(seconds), len(test[1]))
