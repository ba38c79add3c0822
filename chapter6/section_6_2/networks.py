"""Networks of many shapes, trained side by side in few compiled loops on few, noisily labelled digits.

Networks of as many hidden layers share their variables, [networks, inputs, outputs]. Adam works element by
element and the losses are summed, so that none notices the others. The digits have 7 x 7 pixels: a sixteenth
of the computing, and a linear classifier can underfit 49 pixels.
"""

import itertools
from dataclasses import dataclass

import keras
import numpy as np

from chapter6.errors import InputError
from chapter6.language import _
from chapter6.networks.parallel import ParallelDense, ParallelDropout, glorot_uniform
from chapter6.networks.tensors import as_tensor
from chapter6.networks.training import Trainer, scale_pixels
from chapter6.optimizers import Adam
from chapter6.progress import progress_bar

CLASSES = 10
# Means over so many pixels by as many
POOL = 4


@dataclass(frozen=True)
class Network:
    """What distinguishes one network from the others.

    Args:
        hidden: Units of each hidden layer; () is a linear classifier.
        digits: Training digits.
        noise: Share of the training labels that are replaced by one of the task's wrong digits.
        dropout: Share of the hidden units that each update leaves out.
        weight_decay: λ of the penalty λ/2 |W|^2, over all kernels, that is added to the loss.
        classes: The task: to tell the digits below it apart.
    """

    hidden: tuple[int, ...]
    digits: int
    noise: float = 0.0
    dropout: float = 0.0
    weight_decay: float = 0.0
    classes: int = CLASSES


@dataclass(frozen=True)
class Training:
    """What the networks have in common.

    Args:
        steps: Updates after which the errors are measured, ascending.
        batch: Digits in a batch.
        learning_rate: Adam's.
        repetitions: Sets of digits, noise, initial weights and batches, each shared by all networks.
        seed: All that is random is a function of it.
    """

    steps: tuple[int, ...]
    batch: int
    learning_rate: float
    repetitions: int
    seed: int


def errors(networks, training, mnist):
    """Train every network in every repetition.

    Args:
        networks: Sequence of `Network`.
        training: `Training`.
        mnist: `chapter6.mnist.Mnist`.

    Returns:
        Two float64 arrays [steps measured, networks, repetitions] of shares of wrong answers: on the
        training digits, with the labels that the network was given; and on the test digits with labels as
        noisy, which is the generalization error.

    Raises:
        InputError: A network wants more digits than there are.
    """
    for network in networks:
        there = int(np.sum(mnist.train.labels < network.classes))
        if network.digits > there:
            message = _("training digits must be at most all {there}, received {digits}")
            raise InputError(message.format(there=there, digits=network.digits))
    pixels = tuple(pooled(split.images) for split in (mnist.train, mnist.test))
    groups = {}
    for network in dict.fromkeys(networks):
        # Dropout draws for all networks of a program, as expensive as all else.
        program = (network.dropout > 0, *map(_rounded, network.hidden))
        groups.setdefault(program, []).append(network)
    by_network = {}
    description = _("Training {count} networks").format(count=len(networks))
    with progress_bar(description, len(groups) * training.steps[-1]) as update:
        for number, alike in enumerate(groups.values()):
            done = number * training.steps[-1]
            measured = _train_alike(
                alike, training, mnist, pixels, lambda step, done=done: update(done + step)
            )
            by_network |= dict(zip(alike, measured, strict=True))
    # [networks, steps, repetitions, 2]
    return tuple(np.moveaxis([by_network[network] for network in networks], (3, 1), (0, 1)))


def _rounded(units):
    """Return the least of 16, 128, 1024, … that is no less: networks of as many layers share a program."""
    return next(width for width in (2 * 8**power for power in itertools.count(1)) if width >= units)


def _train_alike(networks, training, mnist, pixels, on_execution_end):
    """Train networks of as many hidden layers; return their errors [networks, steps, repetitions, 2]."""
    # A row for each network and repetition, the repetitions of a network side by side.
    rows = [(network, repetition) for network in networks for repetition in range(training.repetitions)]
    sets = [digits_of(network, repetition, training.seed, mnist) for network, repetition in rows]
    batches, labels = batches_of(rows, sets, training)
    train_pixels, test_pixels = pixels
    model = side_by_side(rows, training, train_pixels.shape[1])
    train = Trainer(model, Adam(training.learning_rate), jit_compile=True)
    # One after the other: the first array is freed before the second is copied.
    labels = as_tensor(labels)
    batches = as_tensor(batches)
    inputs = as_tensor(train_pixels)
    measured = []
    for start, stop in itertools.pairwise((0, *training.steps)):
        train(inputs, labels, batches, start, stop, on_execution_end)
        weights = [variable.numpy() for variable in model.trainable_variables]
        measured.append(
            [
                errors_of(_without_padding(weights, row, network), network, sets[row], pixels, mnist.test)
                for row, (network, _repetition) in enumerate(rows)
            ]
        )
    shape = (len(training.steps), len(networks), training.repetitions, 2)
    return np.moveaxis(np.reshape(measured, shape), 0, 1)


def batches_of(rows, sets, training):
    """Return the images and the labels of all batches, both int32 [steps, rows, batch]."""
    # The same uniform numbers, for every network of a repetition, choose among its digits.
    uniform = [
        np.random.default_rng((training.seed, repetition, 1)).random((training.steps[-1], training.batch))
        for repetition in range(training.repetitions)
    ]
    positions = [(uniform[repetition] * network.digits).astype("int32") for network, repetition in rows]
    return tuple(
        np.stack([each[part].astype("int32")[at] for each, at in zip(sets, positions, strict=True)], axis=1)
        for part in (0, 1)
    )


def side_by_side(rows, training, inputs):
    """Return a model of one network for each row; those of a repetition start with the same weights.

    All are as wide as the widest, but what is too much is zero and stays so: relu'(0) = 0.
    """
    networks, repetitions = zip(*rows, strict=True)
    decays = [network.weight_decay for network in networks]
    rates = [network.dropout for network in networks]
    sizes = [(inputs, *network.hidden, CLASSES) for network in networks]
    widths = [max(of_layer) for of_layer in zip(*sizes, strict=True)]
    layers = [keras.Input(batch_shape=(len(rows), None, inputs))]
    for layer, units in enumerate(widths[1:]):
        kernels = [
            _padded(glorot_uniform(training.seed, repetition, 2, layer), own[layer : layer + 2])
            for own, repetition in zip(sizes, repetitions, strict=True)
        ]
        activation = "relu" if layer < len(widths) - 2 else None
        layers.append(ParallelDense(units, len(rows), activation, kernels, decays))
        if activation:
            layers.append(ParallelDropout(rates, training.seed % 2**31 + layer))
    return keras.Sequential(layers)


def _padded(initializer, own):
    """Return an initializer that fills a kernel of a shape of its own up with zeros."""

    def padded(shape, dtype=None):
        return np.pad(
            initializer(own, dtype), [(0, size - part) for size, part in zip(shape, own, strict=True)]
        )

    return padded


def _without_padding(weights, row, network):
    """Return the kernels and biases of one row of `side_by_side`, as wide as its network is."""
    sizes = (weights[0].shape[1], *network.hidden, CLASSES)
    parts = []
    for layer, (inputs, units) in enumerate(itertools.pairwise(sizes)):
        parts += [weights[2 * layer][row, :inputs, :units], weights[2 * layer + 1][row, :, :units]]
    return parts


def errors_of(weights, network, labelled, pixels, test):
    """Return the training and the generalization error of one network.

    Args:
        weights: Its kernels and biases in turn.
        network: `Network`.
        labelled: Positions of its training digits in the training pixels, and the labels that it was given.
        pixels: Training and test pixels, each [n, inputs].
        test: Test images and labels, `chapter6.mnist.Split`.
    """
    chosen, labels = labelled
    training = np.mean(answers(weights, pixels[0][chosen]) != labels)
    of_task = test.labels < network.classes
    clean = np.mean(answers(weights, pixels[1][of_task]) != test.labels[of_task])
    return training, with_noise(clean, network.noise, network.classes)


def digits_of(network, repetition, seed, mnist):
    """Return the training images of a network, as positions in `mnist.train`, and their noisy labels.

    A smaller set is the beginning of a larger one, and the labels that little noise makes wrong, much noise
    makes wrong in the same way.
    """
    rng = np.random.default_rng((seed, repetition, 0))
    chosen = rng.permutation(len(mnist.train.labels))
    chosen = chosen[mnist.train.labels[chosen] < network.classes]
    labels = noisy_labels(mnist.train.labels[chosen].astype(int), network.noise, network.classes, rng)
    return chosen[: network.digits], labels[: network.digits]


def noisy_labels(labels, noise, classes, random):
    """Return labels of which a share is replaced at random by one of the wrong digits.

    Args:
        labels: int array of labels from 0 to classes - 1.
        noise: The share.
        classes: int, how many digits there are.
        random: NumPy generator.
    """
    wrong = random.random(len(labels))
    # One of the other digits, all equally likely
    shift = 1 + (random.random(len(labels)) * (classes - 1)).astype(int)
    return np.where(wrong < noise, (labels + shift) % classes, labels)


def with_noise(error, noise, classes=CLASSES):
    """Return the expected error on labels of which a share is replaced by one of the wrong digits.

    >>> with_noise(0.0, 0.2), round(with_noise(0.9, 0.2), 2)
    (0.2, 0.9)
    """
    # A right answer meets a wrong label with probability p; a wrong answer meets its own with p/(K - 1).
    return (1 - error) * noise + error * (1 - noise / (classes - 1))


def without_noise(error, noise, classes=CLASSES):
    """Return the error on correct labels: the inverse of `with_noise`.

    >>> round(without_noise(with_noise(0.3, 0.4), 0.4), 9)
    0.3
    """
    return (error - noise) / (1 - noise - noise / (classes - 1))


def pooled(images):
    """Return uint8 images [n, height, width] as vectors of the means over `POOL` x `POOL` pixels, in [0, 1].

    >>> pooled(np.full((1, 4, 8), 51, np.uint8))
    array([[0.2, 0.2]], dtype=float32)
    """
    count, height, width = images.shape
    parts = images.reshape(count, height // POOL, POOL, width // POOL, POOL)
    return scale_pixels(parts.mean((2, 4), dtype=np.float32)).reshape(count, -1)


def answers(weights, x):
    """Return the digits that a network, given by its kernels and biases in turn, sees in vectors x."""
    for kernel, bias in zip(weights[:-2:2], weights[1:-2:2], strict=True):
        x = np.maximum(x @ kernel + bias, 0)
    return np.argmax(x @ weights[-2] + weights[-1], axis=1)
