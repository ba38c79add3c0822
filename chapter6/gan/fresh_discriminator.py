"""A discriminator that a generator has never met, trained to tell its samples from held-out digits.

Slide: 6-4.b and 6-4.c.
"""

from dataclasses import dataclass

import keras
import numpy as np
import tensorflow as tf

from chapter6.gan.model import xavier_init
from chapter6.mnist import PIXELS
from chapter6.networks.tensors import as_tensor
from chapter6.networks.training import Trainer, epoch_batches, predict
from chapter6.seeds import child_seeds

# Parts of the digits, and of as many samples: to train on, to stop by; the rest is evaluated on.
TRAINING, VALIDATION = 0.6, 0.2
# Epochs without a smaller validation loss after which the training ends, and the most there are.
PATIENCE, EPOCHS = 5, 60
BATCH_SIZE = 128


@dataclass(frozen=True)
class Discrimination:
    """How well a fresh discriminator tells samples from real digits that neither has seen.

    Args:
        accuracy: Share of real digits and samples that it is right on, as many of either.
        standard_error: Of the accuracy.
        divergence: The least that the Jensen-Shannon divergence of samples and digits can be, in nats.
    """

    accuracy: float
    standard_error: float
    divergence: float

    def exceeds(self, other):
        """Return whether the accuracy is above another's by more than two standard errors."""
        error = np.hypot(self.standard_error, other.standard_error)
        return bool(self.accuracy - other.accuracy > 2 * error)


class FreshDiscriminator:
    """The slides' discriminator, trained from the start on samples and held-out digits.

    Slide: 6-4.b and 6-4.c.

    The discriminator of a GAN may be poor, or know only the generator's latest samples. This one is trained
    until its loss on a validation part no longer falls, and evaluated on a third part. No accuracy is above
    that of D*, and no V(D, G) above C(G) = -log 4 + 2 JSD, so that JSD >= log 2 - D_loss / 2.

    Args:
        digits: Array [n, 28, 28] or [n, 784], uint8 or floats in [0, 1], that the generator was not trained
            on, n at least 20.
        seed: int, of the weights, the parts and the batches.
    """

    def __init__(self, digits, seed=0):
        self._digits = _as_rows(digits)
        self._seed = seed
        first, second = map(xavier_init, child_seeds(seed, 2))
        # Two logits, whose difference is the slides' one.
        self._model = keras.Sequential(
            [
                keras.Input((PIXELS,), name="x"),
                keras.layers.Dense(128, "relu", kernel_initializer=first, name="D_1"),
                keras.layers.Dense(2, kernel_initializer=second, name="D_2"),
            ],
            name="fresh_discriminator",
        )
        self._start = self._model.get_weights()
        self._trainer = Trainer(self._model, keras.optimizers.Adam(1e-3), jit_compile=True)

    def evaluate(self, samples):
        """Train on samples, and return the `Discrimination`.

        Args:
            samples: Array [n, 28, 28] or [n, 784], uint8 or floats in [0, 1]; of more than there are digits
                the first are taken.
        """
        count = min(len(self._digits), len(samples))
        images = np.concatenate([self._digits[:count], _as_rows(samples[:count])])
        labels = np.repeat(np.int32([1, 0]), count)
        order = np.random.default_rng(self._seed).permutation(count)
        ends = [int(TRAINING * count), int((TRAINING + VALIDATION) * count)]
        training, validation, test = (np.concatenate([part, part + count]) for part in np.split(order, ends))
        self._train(images, labels, training, validation)
        accuracy, loss = self._measure(images[test], labels[test])
        error = np.sqrt(max(accuracy * (1 - accuracy), 1 / len(test)) / len(test))
        # JSD >= (V + log 4) / 2 with V = -D_loss, and D_loss is twice the mean over both halves.
        return Discrimination(accuracy, float(error), max(0.0, float(np.log(2) - loss)))

    def _train(self, images, labels, training, validation):
        """Train from the start; leave the weights of the smallest validation loss."""
        self._trainer.reset(self._start)
        least, best, waited = np.inf, self._start, 0
        images_, labels_ = as_tensor(images[training]), tf.constant(labels[training])
        for epoch in range(EPOCHS):
            size = min(BATCH_SIZE, len(training))
            self._trainer(images_, labels_, epoch_batches(self._seed, epoch, len(training), size))
            _accuracy, loss = self._measure(images[validation], labels[validation])
            waited += 1
            if loss < least:
                least, best, waited = loss, self._model.get_weights(), 0
            if waited == PATIENCE:
                break
        self._model.set_weights(best)

    def _measure(self, images, labels):
        """Return the accuracy, and the mean cross-entropy in nats."""
        logits = predict(self._model, images).astype(float)
        own = logits[np.arange(len(labels)), labels]
        return float(np.mean(logits.argmax(axis=1) == labels)), float(np.mean(np.logaddexp(*logits.T) - own))


def _as_rows(images):
    """Return images, uint8 or floats in [0, 1], as float32 [n, 784] in [0, 1]."""
    images = np.asarray(images)
    scale = np.float32(255 if images.dtype == np.uint8 else 1)
    return images.reshape(-1, PIXELS).astype(np.float32) / scale
