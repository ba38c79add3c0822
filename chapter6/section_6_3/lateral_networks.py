"""Whether two corners of an image agree: the task, and networks of equal size that must solve it.

Slide: 6-3, the page on recurrent networks that follows Adam.
"""

import time
from dataclasses import dataclass

import keras
import numpy as np
from keras import layers

from chapter6.networks.training import Trainer, accuracies
from chapter6.recurrent import FourDirectionRNN
from chapter6.section_6_3.influence import corner_influence
from chapter6.seeds import child_seed, child_seeds

# Two marks of equally many pixels, so that brightness does not tell them apart.
MARKS = np.array([[[1, 0], [0, 1]], [[0, 1], [1, 0]]], np.float32)
NOISE = 0.1
STEPS_PER_EXECUTION = 10


def marked_images(count, side, seed):
    """Return images with a mark in two opposite corners, and whether the two marks are the same.

    Args:
        count: int, images.
        side: int, pixels of an image's side.
        seed: int or tuple of int, of which the images are a function.

    Returns:
        Images float32 [count, side, side] of 0 and 1, the pixels between the marks at random, and labels
        int32 [count], 1 where the marks agree, in every other image.
    """
    rng = np.random.default_rng(seed)
    images = (rng.uniform(size=(count, side, side)) < NOISE).astype(np.float32)
    first, labels = rng.integers(2, size=count), np.arange(count, dtype=np.int32) % 2
    images[:, :2, :2], images[:, -2:, -2:] = MARKS[first], MARKS[first ^ 1 ^ labels]
    return images, labels


def layers_of(kind, side):
    """Return how many layers a network of a kind has."""
    # A 3x3 convolution reaches one pixel further: one fewer than the side has pixels would do.
    return side if kind == "deep convolution" else 2


def network(kind, size, side, seed):
    """Return a classifier of images that reads the features of the bottom right corner alone.

    Args:
        kind: One of `chapter6.section_6_3.lateral.KINDS`.
        size: Units of each RNN, or filters.
        side: int, pixels of an image's side.
        seed: int, of which the weights are a function.
    """
    *seeds, last = child_seeds(seed, layers_of(kind, side) + 1)
    if kind == "RNNs":
        hidden = [FourDirectionRNN(size, seed=each) for each in seeds]
    else:
        hidden = [
            layers.Conv2D(
                size,
                3,
                padding="same",
                # With ReLU most deep convolutions so narrow die at once, with ELU none did.
                activation="elu",
                kernel_initializer=keras.initializers.HeUniform(each),
            )
            for each in seeds
        ]
    return keras.Sequential(
        [
            layers.Input((side, side, 1)),
            *hidden,
            layers.Cropping2D(((side - 1, 0), (side - 1, 0))),
            layers.Flatten(),
            layers.Dense(2, kernel_initializer=keras.initializers.GlorotUniform(last)),
        ]
    )


def parameters(kind, size, side):
    """Return the number of parameters of a `network`."""
    depth = layers_of(kind, side)
    if kind == "RNNs":
        # 4 (c + units + 1) units a layer, from c = 1 channel and then from 4 units
        return 4 * (size + 2) * size + (depth - 1) * 4 * (5 * size + 1) * size + 2 * (4 * size + 1)
    # (9 c + 1) filters a layer
    return 10 * size + (depth - 1) * (9 * size + 1) * size + 2 * (size + 1)


def equal_size(kind, units, side):
    """Return the units or filters that bring a network nearest to the parameters of the RNNs with `units`."""
    target = parameters("RNNs", units, side)
    return min(range(1, 8 * units), key=lambda size: abs(parameters(kind, size, side) - target))


@dataclass(frozen=True)
class Result:
    """What the networks of one kind have come to.

    Args:
        layers: int, how many there are.
        parameters: int.
        accuracy: Array [repetitions] of test accuracies (%).
        microseconds: float, median time of a training step, for one image.
        influence: Array [side, side], `corner_influence` of the first network when trained.
    """

    layers: int
    parameters: int
    accuracy: np.ndarray
    microseconds: float
    influence: np.ndarray


def train_kind(kind, settings, on_steps):
    """Train the networks of one kind, each with other weights and images; return their `Result`.

    Args:
        kind: One of `chapter6.section_6_3.lateral.KINDS`.
        settings: Settings of the experiment `lateral`.
        on_steps: Function of the steps made since its last call.
    """
    side = settings.side
    size = equal_size(kind, settings.units, side)
    model = network(kind, size, side, 0)
    # Without XLA, which compiles the RNNs for longer than it would save and slows convolutions down.
    train = Trainer(model, keras.optimizers.Adam(settings.rate), steps_per_execution=STEPS_PER_EXECUTION)
    batches = np.arange(settings.steps * settings.batch, dtype=np.int32).reshape(settings.steps, -1)
    test_images, test_labels = marked_images(settings.test_images, side, (settings.seed, 0))
    accuracy, times = [], []
    # Not a step, but the trace, which is not to be timed.
    train(test_images[..., None], test_labels, batches, stop=0)
    for repetition in range(settings.repetitions):
        images, labels = marked_images(batches.size, side, (settings.seed, 1 + repetition))
        seed = child_seed(settings.seed, repetition)
        train.reset(network(kind, size, side, seed).get_weights())
        marks = [(0, time.perf_counter())]

        def on_execution_end(done, marks=marks):
            marks.append((done, time.perf_counter()))
            on_steps(done - marks[-2][0])

        train(images[..., None], labels, batches, on_execution_end=on_execution_end)
        done, seconds = np.transpose(marks)
        times.extend(np.diff(seconds) / np.diff(done) / settings.batch)
        accuracy.append(100 * float(accuracies(model, test_images[..., None], test_labels)))
        if repetition == 0:
            influence = corner_influence(model.layers[: layers_of(kind, side)], test_images[:50])
    return Result(
        layers_of(kind, side),
        model.count_params(),
        np.array(accuracy),
        1e6 * float(np.median(times)),
        influence,
    )
