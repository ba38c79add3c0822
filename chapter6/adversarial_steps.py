"""The steps of an attack in tensors, to be part of a compiled function.

Slide: 6-4, figure 6-10.
"""

import math

import keras
import tensorflow as tf


def margin_gradient(model, images, labels):
    """Return ∇_x m(θ, x, y), the gradient of each image's margin by its pixels.

    Slide: 6-4, figure 6-10.

    m = log(Σ_{j≠y} exp z_j) - z_y with the logits z, and the cross-entropy is J = log(1 + exp m). So ∇_x J =
    p ∇_x m, where p = 1 - p_y > 0 is the probability of the other classes: both gradients have the same
    direction, but where the network is sure, p and with it ∇_x J is rounded to 0, even by float32 as soon as
    m < -88.

    Args:
        model: Images to logits [n, classes].
        images: float tensor [n, ...].
        labels: int tensor [n].

    Returns:
        Tensor like ``images``; 0 where the gradient is not a number.
    """
    images = tf.convert_to_tensor(images)
    with tf.GradientTape() as tape:
        tape.watch(images)
        # The sum: no image's gradient depends on how many others there are.
        margin = tf.reduce_sum(margins(logits_of(model, images), labels))
    gradient = tape.gradient(margin, images)
    return tf.where(tf.math.is_nan(gradient), tf.zeros_like(gradient), gradient)


def descend(model, images, labels, start, epsilon, step_size, steps, norm, targeted=False):
    """Do the steps of projected gradient descent in tensors, to be part of a compiled function.

    Slide: 6-4, figure 6-10.

    x_{t+1} = Π(x_t + α sign(∇_x J(θ, x_t, y))), as in `projected_gradient_descent`; the fast gradient sign
    method is one step with α = ε that starts at x.

    Args:
        model: Makes logits [n, classes] of images.
        images: float tensor [n, ...] in [0, 1], x.
        labels: int tensor [n], y.
        start: Tensor like ``images``, x_0.
        epsilon: float or tensor [n], ε.
        step_size: float or tensor [n], α.
        steps: int or int32 scalar tensor.
        norm: ``math.inf`` or 2.
        targeted: bool, whether to go down the gradient, to the labels, instead of up.

    Returns:
        Tensor like ``images``.
    """
    epsilon, step_size = (
        tf.reshape(tf.cast(size, images.dtype), [-1] + [1] * (len(images.shape) - 1))
        for size in (epsilon, step_size)
    )
    sign = -1.0 if targeted else 1.0

    def step(t, x):
        # The direction of ∇_x J
        gradient = sign * margin_gradient(model, x, labels)
        # x + α sign(g), or x + α g / ||g||_2
        moved = x + step_size * (tf.sign(gradient) if norm == math.inf else _unit(gradient))
        return t + 1, _projected(moved, images, epsilon, norm)

    return tf.while_loop(lambda t, x: t < steps, step, [0, _projected(start, images, epsilon, norm)])[1]


def logits_of(model, images):
    """Return the logits [n, classes] that a model makes of images, float64 or else float32.

    Slide: 6-4, figure 6-10.
    """
    logits = model(images, training=False) if isinstance(model, keras.layers.Layer) else model(images)
    # The margin of a network that is sure is too large for half precision.
    return tf.cast(logits, tf.float64 if logits.dtype == tf.float64 else tf.float32)


def margins(logits, labels):
    """Return each image's margin [n], m = log(Σ_{j≠y} exp z_j) - z_y; the model is right where m < 0.

    Slide: 6-4, figure 6-10.

    Args:
        logits: Tensor [n, classes], z.
        labels: int32 tensor [n], y.
    """
    own = tf.one_hot(labels, logits.shape[-1], on_value=True, off_value=False)
    others = tf.where(own, logits.dtype.min, logits)
    return tf.reduce_logsumexp(others, axis=-1) - tf.boolean_mask(logits, own)


def _projected(x, images, epsilon, norm):
    perturbation = x - images
    if norm == math.inf:
        perturbation = tf.clip_by_value(perturbation, -epsilon, epsilon)
    else:
        size = _size(perturbation)
        perturbation *= tf.math.divide_no_nan(tf.minimum(size, epsilon), size)
    # Cutting off brings no pixel further from its image, which lies in [0, 1] itself.
    return tf.clip_by_value(images + perturbation, 0.0, 1.0)


def _unit(gradient):
    # Where slopes are infinite, the direction is theirs.
    infinite = tf.math.is_inf(gradient)
    any_infinite = tf.reduce_any(infinite, axis=_pixel_axes(gradient), keepdims=True)
    steepest = tf.where(infinite, tf.sign(gradient), tf.zeros_like(gradient))
    gradient = tf.where(any_infinite, steepest, gradient)
    # Squares of tiny gradients would underflow.
    largest = tf.reduce_max(tf.abs(gradient), axis=_pixel_axes(gradient), keepdims=True)
    gradient = tf.math.divide_no_nan(gradient, largest)
    return tf.math.divide_no_nan(gradient, _size(gradient))


def _size(tensor):
    return tf.sqrt(tf.reduce_sum(tensor * tensor, axis=_pixel_axes(tensor), keepdims=True))


def _pixel_axes(tensor):
    return list(range(1, len(tensor.shape)))
