"""Gradient descent on small problems, from many starts at once."""

import numpy as np
import tensorflow as tf


def steps_to_right_signs(settings):
    """Return [2, sizes, units]: steps of linear and of tanh units, infinite where a sign stays wrong."""
    rng = np.random.default_rng(settings.seed)
    inputs = rng.normal(size=(settings.units, settings.examples, settings.inputs))
    right, initial = rng.choice([-1.0, 1.0], (2, settings.units, settings.inputs))
    weights = np.multiply.outer(settings.sizes, initial)
    # [activations, sizes, units, inputs], the same weights for both activations
    weights = tf.constant(np.stack([weights, weights]), tf.float32)
    inputs, right = tf.constant(inputs, tf.float32), tf.constant(right, tf.float32)

    @tf.function
    def first_steps(w):
        """Return [activations, sizes, units]: the first step with all signs right, or `max_steps + 1`."""
        targets = unit_outputs(tf.tile(settings.teacher_size * right[None, None], [2, 1, 1, 1]), inputs)

        def loss(w):
            # J = mean over the examples of (y - t)^2 / 2
            return tf.reduce_mean((unit_outputs(w, inputs) - targets) ** 2, axis=-1) / 2

        first = tf.fill(w.shape[:-1], settings.max_steps + 1)
        step = 0
        while step <= settings.max_steps and tf.reduce_any(first > settings.max_steps):
            all_right = tf.reduce_all(w * right > 0, axis=-1)
            first = tf.where(all_right, tf.minimum(first, step), first)
            w = gradient_step(loss, w, settings.learning_rate)
            step += 1
        return first

    steps = first_steps(weights).numpy().astype(float)
    return np.where(steps > settings.max_steps, np.inf, steps)


def unit_outputs(weights, inputs):
    """Return the outputs of linear and of tanh units for their own examples.

    Args:
        weights: Tensor [activations, sizes, units, inputs].
        inputs: Tensor [units, examples, inputs].

    Returns:
        A tensor [activations, sizes, units, examples].
    """
    linear, tanh = tf.unstack(tf.einsum("uei,asui->asue", inputs, weights))
    return tf.stack([linear, tf.tanh(tanh)])


def descend(loss, points, learning_rate, steps):
    """Return where gradient descent on a loss ends, an array like `points`, one descent for each of them."""

    @tf.function
    def descend(x):
        for _ in tf.range(steps):
            x = gradient_step(loss, x, learning_rate)
        return x

    return descend(tf.constant(points, tf.float32)).numpy()


def gradient_step(loss, x, learning_rate):
    """Return the points x after a step of gradient descent on a loss."""
    with tf.GradientTape() as tape:
        tape.watch(x)
        value = loss(x)
    # x <- x - e df/dx
    return x - learning_rate * tape.gradient(value, x)


def random_waves(amplitude, frequency, phase):
    """Return the loss f(x) = x^2 / 10 + sum_j a_j sin(w_j x + phi_j), the waves j on the first axis."""

    def loss(x):
        return x**2 / 10 + tf.reduce_sum(amplitude * tf.sin(frequency * x + phase), axis=0)

    return loss
