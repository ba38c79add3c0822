"""Classifiers of patches by sweeps across the image or by convolutions, and their training.

Slide: 6-3, the page on recurrent networks that follows Adam.
"""

import bisect
import time
from dataclasses import dataclass

import keras
import numpy as np
from keras import layers

from chapter6.language import N_
from chapter6.mnist import SIDE
from chapter6.networks.training import Trainer, accuracies
from chapter6.recurrent import FourDirectionRNN
from chapter6.section_6_3.influence import corner_influence


def _layers(kind, size, depth, seed):
    if kind == "sweeps":
        return [FourDirectionRNN(size, seed=2 * seed + k) for k in range(depth)]
    return [
        keras.layers.Conv2D(
            size,
            3,
            padding="same",
            activation="relu",
            kernel_initializer=keras.initializers.HeUniform(2 * seed + k),
        )
        for k in range(depth)
    ]


def network(kind, size, head, seed):
    """Return a classifier: patches of 2x2 pixels, two layers, head.

    Args:
        kind: ``"sweeps"`` or ``"convolution"``.
        size: Units of each sweep, or filters.
        head: ``"mean"`` or ``"dense"``, what is behind the layers.
        seed: int, of which the weights are a function.
    """
    half = SIDE // 2
    patches = [
        layers.Rescaling(1 / 255),
        layers.Reshape((half, 2, half, 2)),
        layers.Permute((1, 3, 2, 4)),
        layers.Reshape((half, half, 4)),
    ]
    last = layers.Dense(10, kernel_initializer=keras.initializers.GlorotUniform(seed))
    if head == "mean":
        heads = [layers.GlobalAveragePooling2D(), last]
    else:
        heads = [layers.AveragePooling2D(2), layers.Flatten(), last]
    return keras.Sequential([layers.Input((SIDE, SIDE, 1)), *patches, *_layers(kind, size, 2, seed), *heads])


def equal_filters(head, units):
    """Return the number of filters that brings a convolutional network nearest to the sweeps' parameters."""

    def parameters(filters):
        return network("convolution", filters, head, 0).count_params()

    target = network("sweeps", units, head, 0).count_params()
    enough = bisect.bisect_left(range(8 * units), target, lo=1, key=parameters)
    return min((enough, max(1, enough - 1)), key=lambda filters: abs(parameters(filters) - target))


@dataclass(frozen=True)
class Result:
    """Accuracies of a trained network, the seconds that a step took for one image, and the weights."""

    validation: float
    test: float
    seconds: float
    weights: list


def trainer(kind, size, head, mnist, settings, on_end):
    """Return a function that trains a network from its initial weights; it is compiled once.

    Args:
        kind, size, head: As of `network`.
        mnist: A `chapter6.mnist.Mnist`.
        settings: Settings of the experiment `lateral`.
        on_end: Function that is called when a network has been trained.

    Returns:
        Function from Adam's learning rate and a seed to a `Result`.
    """
    model = network(kind, size, head, 0)
    # XLA's compilation takes longer than it would save here.
    optimize = Trainer(model, keras.optimizers.Adam(), steps_per_execution=1)
    images, labels = mnist.train.images[..., None], mnist.train.labels.astype("int32")

    def accuracy(split):
        count = settings.test_images
        return float(accuracies(model, split.images[:count, ..., None], split.labels[:count]))

    def train(rate, seed):
        optimize.reset(network(kind, size, head, seed).get_weights())
        optimize.optimizer.learning_rate.assign(rate)
        rng = np.random.default_rng((settings.seed, seed))
        batches = rng.integers(len(images), size=(settings.steps, settings.batch)).astype("int32")
        times = [time.perf_counter()]
        optimize(images, labels, batches, on_execution_end=lambda step: times.append(time.perf_counter()))
        seconds = float(np.median(np.diff(times))) / settings.batch
        result = Result(accuracy(mnist.validation), accuracy(mnist.test), seconds, model.get_weights())
        on_end()
        return result

    return train


def untrained_influence(settings):
    """Return `corner_influence` through one and two untrained layers of each kind, by name."""
    image = np.random.default_rng((settings.seed, 0)).uniform(size=(1, SIDE, SIDE))
    layers_of = {
        N_("convolution, one layer, untrained"): ("convolution", 1),
        N_("convolution, two layers, untrained"): ("convolution", 2),
        N_("sweeps, one layer, untrained"): ("sweeps", 1),
        N_("sweeps, two layers, untrained"): ("sweeps", 2),
    }
    return {
        name: corner_influence(_layers(kind, settings.units, depth, settings.seed), image)
        for name, (kind, depth) in layers_of.items()
    }
