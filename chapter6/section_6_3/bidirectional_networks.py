"""Naming the bits around a position of a sequence: the task, and the networks that learn it.

Slide: 6-3, the page on recurrent networks that follows Adam.
"""

import keras
import numpy as np
from keras import layers

from chapter6.networks.training import Trainer
from chapter6.recurrent import BidirectionalRNN
from chapter6.seeds import child_seeds


def sequences(count, length, reach, seed):
    """Return sequences of random bits and what is around each position.

    Args:
        count: int, sequences.
        length: int, positions that have an output.
        reach: int, the largest offset.
        seed: int or tuple of int, of which the sequences are a function.

    Returns:
        Inputs float32 [count, length + 2 reach, 1] of -1 and 1, and the bits x(t + k) int32
        [count, length, 2 reach + 1] of 0 and 1, k ascending from -reach.
    """
    bits = np.random.default_rng(seed).integers(2, size=(count, length + 2 * reach), dtype=np.int32)
    around = np.lib.stride_tricks.sliding_window_view(bits, 2 * reach + 1, axis=1)
    return 2 * bits[..., None].astype(np.float32) - 1, around


def network(kind, settings, seed):
    """Return a network from sequences to logits [n, length, offsets, 2], at the positions with an output.

    Args:
        kind: One of `chapter6.section_6_3.bidirectional.KINDS`.
        settings: Settings of the experiment `bidirectional`.
        seed: int, of which the weights are a function.
    """
    seeds = child_seeds(seed, 3)
    inputs = keras.Input((settings.length + 2 * settings.reach, 1))
    if kind == "h and g":
        states = BidirectionalRNN(settings.units, seed=seeds[0])(inputs)
    else:
        rnn = layers.SimpleRNN(
            2 * settings.units,
            kernel_initializer=keras.initializers.GlorotUniform(seeds[0]),
            recurrent_initializer=keras.initializers.Orthogonal(seed=seeds[1]),
            return_sequences=True,
            go_backwards=kind == "g alone",
        )
        states = rnn(inputs)
        if kind == "g alone":
            # In the order in which Keras made them: t = T ... 1.
            states = keras.ops.flip(states, axis=1)
    offsets = 2 * settings.reach + 1
    read = layers.Dense(2 * offsets, kernel_initializer=keras.initializers.GlorotUniform(seeds[2]))
    logits = read(layers.Cropping1D(settings.reach)(states))
    return keras.Model(inputs, layers.Reshape((settings.length, offsets, 2))(logits))


def accuracy_of(kind, settings, on_end):
    """Train networks and return the share of bits (%) that each gets right, an array [repetitions, k].

    Args:
        kind, settings: As of `network`.
        on_end: Function that is called when a network has been trained.
    """
    shape = settings.length, settings.reach
    model = network(kind, settings, 0)
    train = Trainer(model, keras.optimizers.Adam(settings.rate))
    batches = np.arange(settings.steps * settings.batch, dtype=np.int32).reshape(settings.steps, -1)
    accuracy = []
    for repetition in range(settings.repetitions):
        seeds = child_seeds((settings.seed, repetition), 3)
        train.reset(network(kind, settings, seeds[0]).get_weights())
        train(*sequences(batches.size, *shape, seeds[1]), batches)
        inputs, bits = sequences(settings.test_sequences, *shape, seeds[2])
        right = np.argmax(model(inputs), axis=-1) == bits
        accuracy.append(100 * right.mean(axis=(0, 1)))
        on_end()
    return np.array(accuracy)
