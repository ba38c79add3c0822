"""Deep relu networks with scaled initial weights, trained by full-batch gradient descent on few digits."""

import keras
import numpy as np
from keras.random import SeedGenerator

from chapter6.initializers import XavierInit
from chapter6.networks.parallel import ParallelDense
from chapter6.networks.training import Trainer, accuracies
from chapter6.section_6_1.training import as_vectors

TEST_IMAGES = 1000
# Steps from one measurement of the test error to the next.
EVERY = 10


def scaled_initializers(settings):
    """Return an initializer for each of `networks` networks at each of `scales`.

    Networks of the same number start from the same draw of `xavier_init`, which keeps the size of signals in
    relu networks, times their scale.
    """

    def scaled(scale, network):
        draw = XavierInit(SeedGenerator(settings.seed * settings.networks + network))
        return lambda shape, dtype=None: scale * draw(shape, dtype)

    return [scaled(scale, network) for scale in settings.scales for network in range(settings.networks)]


def train_scaled(mnist, settings):
    """Train `networks` networks at each of `scales`, side by side.

    Returns:
        Training losses before each step, [steps, scales, networks], and test errors before every tenth of
        them, [steps / 10, scales, networks].
    """
    initializers = scaled_initializers(settings)
    networks = len(initializers)
    hidden = [
        ParallelDense(settings.units, networks, "relu", initializers) for _ in range(settings.hidden_layers)
    ]
    logits = ParallelDense(10, networks, kernel_initializer=initializers)
    model = keras.Sequential([keras.Input((784,)), *hidden, logits])
    descend = Trainer(model, keras.optimizers.SGD(settings.learning_rate), jit_compile=True)

    images, labels = as_vectors(mnist.train, settings.images)
    test = as_vectors(mnist.test, TEST_IMAGES)
    # Full-batch gradient descent: every batch is all images.
    batches = np.tile(np.arange(len(images), dtype=np.int32), (EVERY, 1))
    losses, errors = [], []
    for _ in range(0, settings.steps, EVERY):
        errors.append(1 - accuracies(model, *test))
        losses.append(descend(images, labels, batches))
    each = (len(settings.scales), settings.networks)
    return np.concatenate(losses).reshape(-1, *each), np.reshape(errors, (-1, *each))
