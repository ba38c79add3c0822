"""Deep networks that learn a linear map by gradient descent, all of a depth in one program."""

import numpy as np
import tensorflow as tf
from keras.random import SeedGenerator

from chapter6.initializers import Normalized, Orthogonal
from chapter6.language import N_


def initializers_of(seed):
    """Return the initializers by name; the last are the weights of networks of tanh units."""
    return {
        N_("orthogonal"): Orthogonal(1.0, SeedGenerator(seed)),
        N_("equation 6-3"): Normalized(SeedGenerator(seed)),
        N_("orthogonal, tanh units"): Orthogonal(1.0, SeedGenerator(seed)),
    }


def steps_to_target(starts, depth, settings):
    """Return [starts, networks]: steps needed at one depth with the best rate, infinite if none arrives."""
    each = (len(starts), settings.networks, len(settings.rates))
    runs = np.prod(each)
    rng = np.random.default_rng([settings.seed, depth])

    def kernels_of(shape):
        drawn = tf.stack([start(shape) for start in starts.values() for _ in range(settings.networks)])
        return tf.repeat(drawn, len(settings.rates), axis=0)

    square, last = (settings.width, settings.width), (settings.width, settings.outputs)
    kernels = (*[kernels_of(square) for _ in range(depth)], kernels_of(last))
    # The linear map to learn, one for each network, the same for all initializers and rates.
    maps = rng.normal(0, settings.width**-0.5, (settings.networks, *last))
    maps = tf.constant(np.tile(np.repeat(maps, len(settings.rates), axis=0), (len(starts), 1, 1)), tf.float32)
    rates = tf.constant(np.tile(settings.rates, runs // len(settings.rates)) / len(kernels), tf.float32)

    of_tanh = runs // len(starts)

    def activate(z):
        return tf.concat([z[:-of_tanh], tf.tanh(z[-of_tanh:])], axis=0)

    @tf.function
    def first_steps(kernels):
        """Return [runs]: the first step at which the loss is on target, `max_steps + 1` if it never is."""
        first = tf.fill([runs], settings.max_steps + 1)
        step = 0
        while step <= settings.max_steps and tf.reduce_any(_fewest(first, each) > settings.max_steps):
            with tf.GradientTape() as tape:
                tape.watch(kernels)
                # y = x W_1 W_2 ... W_L+1, for the identity as the inputs x; with tanh after all but the last
                outputs = kernels[0]
                for kernel in kernels[1:]:
                    outputs = activate(outputs) @ kernel
                # J = |y - A|^2 / 2
                loss = tf.reduce_sum((outputs - maps) ** 2, axis=(1, 2)) / 2
            gradients = tape.gradient(loss, kernels)
            on_target = loss <= settings.target * tf.reduce_sum(maps**2, axis=(1, 2)) / 2
            first = tf.where(on_target, tf.minimum(first, step), first)
            kernels = tuple(w - rates[:, None, None] * g for w, g in zip(kernels, gradients, strict=True))
            step += 1
        return first

    # A depth is a program of its own; calling the function itself would warn of tracing anew.
    program = first_steps.get_concrete_function(kernels)
    fewest = _fewest(program(kernels), each).numpy().astype(float)
    return np.where(fewest > settings.max_steps, np.inf, fewest)


def _fewest(first, each):
    return tf.reduce_min(tf.reshape(first, each), axis=-1)
