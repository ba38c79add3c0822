"""Signals sent forward and gradients sent back through deep networks, all of an experiment in one program."""

from dataclasses import dataclass

import keras
import numpy as np
import tensorflow as tf
from keras.initializers import RandomNormal, VarianceScaling
from keras.random import SeedGenerator

from chapter6.initializers import Normalized, Orthogonal, Sparse, XavierInit, gain_for
from chapter6.language import N_


def initializers_of(seed):
    """Return the initializers by name; orthogonal kernels get the gain of each activation later."""
    return {
        N_("too small (0.01)"): RandomNormal(stddev=0.01, seed=SeedGenerator(seed)),
        # What Glorot and Bengio compare with, U(-1/sqrt(m), 1/sqrt(m)): variance 1 / (3 m).
        N_("uniform, ±1/√m"): VarianceScaling(1 / 3, "fan_in", "uniform", seed=SeedGenerator(seed)),
        N_("equation 6-3"): Normalized(SeedGenerator(seed)),
        "xavier_init": XavierInit(SeedGenerator(seed)),
        N_("orthogonal, with gain"): Orthogonal(1.0, SeedGenerator(seed)),
        N_("sparse (k = 15)"): Sparse(15, seed=SeedGenerator(seed)),
    }


@dataclass(frozen=True)
class Measures:
    """Mean and standard deviation by layer, [layers, starts, networks, activations].

    `gradient` is [depths, ...]: the spread of the gradient at the input of a network of each depth;
    `gradient_by_layer` is that of the deepest network; `tanh` holds activations and gradients for histograms.
    """

    mean: object
    gradient_mean: object
    spread: object
    gradient: object
    gradient_by_layer: object
    tanh: object


def propagate_signals(starts, activations, settings):
    """Return the `Measures` of networks of every initializer and every activation, given by its name."""
    shape = (settings.width, settings.width)
    layers = settings.depths[-1]
    kernels = [
        tf.stack([[start(shape) for _ in range(settings.networks)] for start in starts.values()])
        for _ in range(layers)
    ]
    gains = np.ones([len(starts), 1, len(activations), 1, 1], np.float32)
    gains[list(starts).index("orthogonal, with gain"), 0, :, 0, 0] = [gain_for(name) for name in activations]
    functions = [tf.keras.activations.get(name) for name in activations]
    batch = (len(starts), settings.networks, len(activations), settings.inputs, settings.width)

    @tf.function
    def propagate(kernels, inputs, top):
        rows = (*batch[:2], batch[2] * batch[3], batch[4])
        with tf.GradientTape(persistent=True) as tape:
            h = tf.broadcast_to(inputs, batch)
            tape.watch(h)
            hidden = [h]
            for kernel in kernels:
                # h <- phi(gain * h W)
                z = gains * tf.reshape(tf.reshape(h, rows) @ kernel, batch)
                h = tf.stack([phi(z[:, :, i]) for i, phi in enumerate(functions)], axis=2)
                hidden.append(h)
        top = tf.broadcast_to(top, batch)
        at_input = [tape.gradient(hidden[depth], hidden[0], top) for depth in settings.depths[:-1]]
        by_layer = tape.gradient(hidden[-1], hidden, top)

        def mean(tensors):
            return tf.stack([tf.reduce_mean(tensor, axis=(-2, -1)) for tensor in tensors])

        def spread(tensors):
            # The squares of small gradients need float64.
            return tf.stack([tf.math.reduce_std(tf.cast(t, tf.float64), axis=(-2, -1)) for t in tensors])

        tanh = activations.index("tanh")
        shown = [[tensor[:, 0, tanh] for tensor in tensors] for tensors in (hidden, by_layer)]
        return (
            mean(hidden),
            mean(by_layer),
            spread(hidden),
            spread([*at_input, by_layer[0]]),
            spread(by_layer),
            shown,
        )

    rng = np.random.default_rng(settings.seed)
    inputs, top = rng.normal(size=(2, *batch[-2:])).astype(np.float32)
    results = propagate(kernels, tf.constant(inputs), tf.constant(top))
    return Measures(*(result.numpy() for result in results[:-1]), results[-1])


def geometric_mean(sizes, axis):
    """Return the geometric mean over an axis; what has underflowed counts as float32's smallest number."""
    return np.exp(np.log(np.maximum(sizes, np.finfo(np.float32).tiny)).mean(axis=axis))


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
    each, kinds = len(factors), len(kernels[0])

    def activate(z):
        linear, tanh, relu = z[..., :each, :], z[..., each : 2 * each, :], z[..., 2 * each :, :]
        return tf.concat([linear, tf.tanh(tanh), tf.nn.relu(relu)], axis=-2)

    @tf.function
    def walk(kernels, start, top):
        with tf.GradientTape() as tape:
            h = tf.tile(start[None, :, None], [kinds, 1, len(gains), 1])
            tape.watch(h)
            hidden = [h]
            for kernel in kernels:
                # h <- phi(gain * h W)
                h = activate(tf.constant(gains, tf.float32) * (h @ kernel))
                hidden.append(h)
        gradients = tape.gradient(h, hidden, tf.broadcast_to(top[None, :, None], h.shape))
        return [tf.stack([tf.norm(v, axis=-1) for v in vectors]) for vectors in (hidden, gradients[::-1])]

    rng = np.random.default_rng(settings.seed)
    start, top = tf.constant(rng.normal(size=(2, settings.networks, n)), tf.float32)
    shape = (settings.depth + 1, kinds, settings.networks, len(activations), len(factors))
    logs = [np.log(norms.numpy().astype(float)).reshape(shape) for norms in walk(kernels, start, top)]
    return [each_log - each_log[0] for each_log in logs]
