"""Signals sent forward and gradients sent back through deep networks, all of an experiment in one program."""

import itertools

import keras
import numpy as np
import tensorflow as tf
from keras.initializers import VarianceScaling
from keras.random import SeedGenerator

from chapter6.initializers import Normalized, Orthogonal, XavierInit, gain_for
from chapter6.language import N_


def rules_of(seed):
    """Return the initializers of `normalized` by name: uniform or normal, each with another variance."""
    return {
        N_("equation 6-3"): Normalized(SeedGenerator(seed)),
        "1/m": VarianceScaling(1, "fan_in", "uniform", seed=SeedGenerator(seed)),
        "1/n": VarianceScaling(1, "fan_out", "uniform", seed=SeedGenerator(seed)),
        "xavier_init": XavierInit(SeedGenerator(seed)),
    }


def sizes_by_layer(rules, activations, widths, settings):
    """Return the root mean square of activations, and of gradients put in at the top, by layer.

    The array is [forward and back, layers + 1, rules, networks, activations], for layers of the given widths.
    """
    kernels = [
        tf.stack([[rule(shape) for _ in range(settings.networks)] for rule in rules.values()])
        for shape in itertools.pairwise(widths)
    ]
    functions = [tf.keras.activations.get(name) for name in activations]
    rows = (len(rules), settings.networks, len(activations) * settings.inputs)
    rng = np.random.default_rng(settings.seed)
    inputs, top = (rng.normal(size=(settings.inputs, width)) for width in (widths[0], widths[-1]))
    tile = (len(activations), 1)

    @tf.function
    def propagate(kernels, inputs, top):
        with tf.GradientTape() as tape:
            h = tf.broadcast_to(inputs, (*rows, widths[0]))
            tape.watch(h)
            hidden = [h]
            for kernel in kernels:
                # h <- phi(h W)
                parts = tf.split(h @ kernel, len(functions), axis=2)
                h = tf.concat([phi(z) for phi, z in zip(functions, parts, strict=True)], axis=2)
                hidden.append(h)
        gradients = tape.gradient(h, hidden, tf.broadcast_to(top, h.shape))
        return [[tf.reduce_mean(tensor**2, axis=-1) for tensor in each] for each in (hidden, gradients)]

    inputs, top = (tf.constant(np.tile(each, tile), tf.float32) for each in (inputs, top))
    powers = np.array([[each.numpy() for each in tensors] for tensors in propagate(kernels, inputs, top)])
    return powers.reshape(*powers.shape[:-1], len(activations), settings.inputs).mean(axis=-1) ** 0.5


def log_norms(activations, factors, settings):
    """Return the logarithms of the norms of activations, by layer, and of gradients, by layers passed.

    Both are [depth + 1, kernels, networks, activations, factors], the first layer's subtracted; the kernels
    are equation 6-3, orthogonal, and one matrix in all layers.
    """
    n = settings.width
    normalized, orthogonal = (
        start(seed=keras.random.SeedGenerator(settings.seed)) for start in (Normalized, Orthogonal)
    )

    def draw(initializer):
        return tf.stack([initializer((n, n)) for _ in range(settings.networks)])

    one = draw(normalized)
    # [kernels, networks, n, n] for each layer
    kernels = [tf.stack([draw(normalized), draw(orthogonal), one]) for _ in range(settings.depth)]
    gains = np.outer([gain_for(name) for name in activations], factors).reshape(-1, 1)
    rng = np.random.default_rng(settings.seed)
    start, top = tf.constant(rng.normal(size=(2, settings.networks, n)), tf.float32)
    shape = (settings.depth + 1, len(kernels[0]), settings.networks, len(activations), len(factors))
    norms = tf.function(walk, autograph=False)(kernels, tf.constant(gains, tf.float32), start, top)
    logs = [np.log(each.numpy().astype(float)).reshape(shape) for each in norms]
    return [each_log - each_log[0] for each_log in logs]


def walk(kernels, gains, start, top):
    """Return the norms of activations, by layer, and of gradients, by layers passed.

    Both are [layers + 1, kernels, networks, gains].

    Args:
        kernels: Tensors [kernels, networks, n, n], one for each layer.
        gains: Tensor [gains, 1]: the first third for linear units, the next for tanh, the last for relu.
        start: Inputs [networks, n].
        top: Gradients [networks, n] that are put in at the top.
    """
    with tf.GradientTape() as tape:
        h = tf.tile(start[None, :, None], [kernels[0].shape[0], 1, gains.shape[0], 1])
        tape.watch(h)
        hidden = [h]
        for kernel in kernels:
            # h <- phi(gain * h W)
            h = activate(gains * (h @ kernel))
            hidden.append(h)
    gradients = tape.gradient(h, hidden, tf.broadcast_to(top[None, :, None], h.shape))
    return [tf.stack([tf.norm(v, axis=-1) for v in vectors]) for vectors in (hidden, gradients[::-1])]


def activate(z):
    """Return a third of the vectors [..., gains, n] unchanged, tanh of the next and relu of the last."""
    linear, tanh, relu = tf.split(z, 3, axis=-2)
    return tf.concat([linear, tf.tanh(tanh), tf.nn.relu(relu)], axis=-2)
