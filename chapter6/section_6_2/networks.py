"""Networks of many shapes, trained side by side in one compiled loop on few, noisily labelled digits.

Networks that have the same hidden layers share their variables, [networks, inputs, outputs]. Adam works
element by element and the losses are summed, so that none notices the others.
"""

import itertools
from dataclasses import dataclass

import keras
import numpy as np
import tensorflow as tf

from chapter6.errors import InputError
from chapter6.language import _
from chapter6.mnist import PIXELS
from chapter6.networks.parallel import ParallelDense, ParallelDropout, glorot_uniform
from chapter6.networks.training import Trainer, scale_pixels
from chapter6.optimizers import Adam
from chapter6.progress import progress_bar

CLASSES = 10


@dataclass(frozen=True)
class Network:
    """What distinguishes one network from the others.

    Args:
        hidden: Units of each hidden layer; () is a linear classifier.
        digits: Training digits.
        noise: Share of the training labels that are replaced by one of the nine wrong digits.
        dropout: Share of the hidden units that each update leaves out.
        weight_decay: λ of the penalty λ/2 |W|^2, over all kernels, that is added to the loss.
    """

    hidden: tuple[int, ...]
    digits: int
    noise: float = 0.0
    dropout: float = 0.0
    weight_decay: float = 0.0


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
    most = max(network.digits for network in networks)
    if most > len(mnist.train.labels):
        message = _("training digits must be at most all {there}, received {digits}")
        raise InputError(message.format(there=len(mnist.train.labels), digits=most))
    shapes = list(dict.fromkeys(network.hidden for network in networks))
    by_network = {}
    description = _("Training {count} networks").format(count=len(networks))
    with progress_bar(description, len(shapes) * training.steps[-1]) as update:
        for number, shape in enumerate(shapes):
            alike = [network for network in networks if network.hidden == shape]
            done = number * training.steps[-1]
            measured = _train_alike(alike, training, mnist, lambda step, done=done: update(done + step))
            by_network |= dict(zip(alike, measured, strict=True))
    # [networks, steps, repetitions, 2]
    return tuple(np.moveaxis([by_network[network] for network in networks], (3, 1), (0, 1)))


def _train_alike(networks, training, mnist, on_execution_end):
    """Train networks of the same hidden layers; return their errors [networks, steps, repetitions, 2]."""
    # A row for each network and repetition, the repetitions of a network side by side.
    rows = [(network, repetition) for network in networks for repetition in range(training.repetitions)]
    sets = [digits_of(network, repetition, training.seed, mnist) for network, repetition in rows]
    batches, labels = batches_of(rows, sets, training)
    model = side_by_side(rows, training)
    train = Trainer(
        model,
        Adam(training.learning_rate),
        transform=lambda images, labels, step: scale_pixels(images),
        jit_compile=True,
    )
    pixels = tf.constant(mnist.train.images.reshape(-1, PIXELS))
    labels, batches = tf.constant(labels), tf.constant(batches)
    measured = []
    for start, stop in itertools.pairwise((0, *training.steps)):
        train(pixels, labels, batches, start, stop, on_execution_end)
        weights = [variable.numpy() for variable in model.trainable_variables]
        measured.append(
            [
                _errors([each[row] for each in weights], rows[row][0], sets[row], mnist)
                for row in range(len(rows))
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
    positions = [(uniform[repetition] * network.digits).astype(int) for network, repetition in rows]
    return tuple(
        np.stack([each[part][at] for each, at in zip(sets, positions, strict=True)], axis=1).astype("int32")
        for part in (0, 1)
    )


def side_by_side(rows, training):
    """Return a model of one network for each row; those of a repetition start with the same weights."""
    networks, repetitions = zip(*rows, strict=True)
    decays = [network.weight_decay for network in networks]
    rates = [network.dropout for network in networks]
    sizes = (*networks[0].hidden, CLASSES)
    layers = [keras.Input(batch_shape=(len(rows), None, PIXELS))]
    for layer, units in enumerate(sizes):
        kernels = [glorot_uniform(training.seed, repetition, 2, layer) for repetition in repetitions]
        activation = "relu" if layer < len(sizes) - 1 else None
        layers.append(ParallelDense(units, len(rows), activation, kernels, decays))
        if activation:
            layers.append(ParallelDropout(rates, training.seed % 2**31 + layer))
    return keras.Sequential(layers)


def _errors(weights, network, labelled, mnist):
    """Return the training and the generalization error of one network."""
    chosen, labels = labelled
    training = np.mean(_answers(weights, _vectors(mnist.train.images[chosen])) != labels)
    clean = np.mean(_answers(weights, _vectors(mnist.test.images)) != mnist.test.labels)
    return training, with_noise(clean, network.noise)


def digits_of(network, repetition, seed, mnist):
    """Return the training images of a network, as positions in `mnist.train`, and their noisy labels.

    A smaller set is the beginning of a larger one, and the labels that little noise makes wrong, much noise
    makes wrong in the same way.
    """
    rng = np.random.default_rng((seed, repetition, 0))
    chosen = rng.permutation(len(mnist.train.labels))
    wrong, shift = rng.random(len(chosen)), rng.integers(1, 10, len(chosen))
    labels = mnist.train.labels[chosen].astype(int)
    labels = np.where(wrong < network.noise, (labels + shift) % 10, labels)
    return chosen[: network.digits], labels[: network.digits]


def with_noise(error, noise):
    """Return the expected error on labels of which a share is replaced by one of the nine wrong digits.

    >>> with_noise(0.0, 0.2), round(with_noise(0.9, 0.2), 2)
    (0.2, 0.9)
    """
    # A right answer meets a wrong label with probability p; a wrong answer meets its own with p/9.
    return (1 - error) * noise + error * (1 - noise / 9)


def _vectors(images):
    return scale_pixels(images.reshape(-1, PIXELS))


def _answers(weights, x):
    for kernel, bias in zip(weights[:-2:2], weights[1:-2:2], strict=True):
        x = np.maximum(x @ kernel + bias, 0)
    return np.argmax(x @ weights[-2] + weights[-1], axis=1)
