"""Several small networks of one optimizer, trained side by side, each at a learning rate of its own.

The rules of section 6-3 work element by element, and learning rates of shape [networks, 1, 1] give each
network of a `chapter6.networks.parallel.ParallelDense` its own.
"""

import contextlib

import keras
import numpy as np
import tensorflow as tf

from chapter6.mnist import PIXELS
from chapter6.networks.parallel import ParallelDense, glorot_uniform
from chapter6.networks.training import Trainer, cross_entropy, predict, scale_pixels

CLASSES = 10
VALIDATION_IMAGES = 2000


class SideBySide:
    """Networks 784 -> units relu -> 10 that one optimizer trains at several learning rates.

    Args:
        spec: An `OptimizerSpec`.
        mnist: A `chapter6.mnist.Mnist`.
        settings: Settings of the experiment `mnist_curves`; `rates` is the number of networks.
    """

    def __init__(self, spec, mnist, settings):
        self._settings = settings
        self._mnist = mnist
        self._rates = tf.Variable(np.zeros((settings.rates, 1, 1), "float32"))
        self._train = Trainer(
            self.networks(np.zeros(settings.rates, int)),
            spec.make(lambda: tf.convert_to_tensor(self._rates)),
            transform=lambda images, labels, step: scale_pixels(images),
            steps_per_execution=settings.steps_between,
            jit_compile=True,
        )

    def networks(self, seeds):
        """Return a model of one network for each seed, with Glorot-uniform weights."""
        units, count = self._settings.units, len(seeds)
        hidden, last = (
            [glorot_uniform(self._settings.seed, seed, layer) for seed in seeds] for layer in (1, 2)
        )
        return keras.Sequential(
            [
                keras.Input(batch_shape=(count, None, PIXELS)),
                ParallelDense(units, count, "relu", hidden),
                ParallelDense(CLASSES, count, kernel_initializer=last),
            ]
        )

    def batches(self, seeds):
        """Return the images of every batch, int32 [steps, networks, batch]."""
        settings, images = self._settings, len(self._mnist.train.labels)
        shape = (settings.evaluations * settings.steps_between, settings.batch)
        draws = [
            np.random.default_rng((settings.seed, seed, 0)).integers(images, size=shape) for seed in seeds
        ]
        return np.stack(draws, axis=1).astype("int32")

    def train(self, rates, seeds):
        """Train the networks from their initial weights.

        Args:
            rates: Sequence of a learning rate for each network.
            seeds: Sequence of an int for each network, of its initial weights and its batches.

        Returns:
            dict: train_loss [steps, networks], validation_loss and validation_accuracy [evaluations,
            networks], validation_steps [evaluations], test_accuracy [networks].
        """
        settings, mnist = self._settings, self._mnist
        self._rates.assign(np.asarray(rates, "float32")[:, None, None])
        self._train.reset(self.networks(seeds).get_weights())
        pixels, labels = _vectors(mnist.train)
        batches = self.batches(seeds)
        steps = range(0, len(batches), settings.steps_between)
        losses, evaluations = [], []
        for start in steps:
            losses.append(self._train(pixels, labels, batches, start, start + settings.steps_between))
            evaluations.append(self._evaluate(*_vectors(mnist.validation, VALIDATION_IMAGES)))
        validation_loss, validation_accuracy = (np.stack(each) for each in zip(*evaluations, strict=True))
        return {
            "train_loss": np.concatenate(losses),
            "validation_loss": validation_loss,
            "validation_accuracy": validation_accuracy,
            "validation_steps": settings.steps_between + np.array(steps),
            "test_accuracy": self._evaluate(*_vectors(mnist.test))[1],
        }

    def _evaluate(self, pixels, labels):
        """Return the loss and the accuracy of each network, both [networks]."""
        model, optimizer = self._train.model, self._train.optimizer
        # RMSPropNesterov trains with its interim point in the variables; what counts is θ.
        with getattr(optimizer, "finalized", contextlib.nullcontext)(model.trainable_variables):
            logits = predict(model, scale_pixels(pixels), batch_size=len(pixels))
        accuracy = np.mean(logits.argmax(axis=-1) == labels, axis=-1)
        return cross_entropy(labels, logits).numpy(), accuracy


def _vectors(split, count=None):
    """Return the pixels [n, 784] and the labels [n] of the first `count` images."""
    return split.images.reshape(-1, PIXELS)[:count], split.labels[:count].astype("int32")
