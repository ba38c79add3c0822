"""Adversarial examples: images changed a little, in the direction in which a classifier's loss rises most.

Slide: 6-4, figure 6-10.

Functions of a classifier, images in [0, 1] and their labels; everything random is a function of a seed.
"""

import math
import numbers

import numpy as np
import tensorflow as tf

from chapter6.adversarial_steps import descend, logits_of, margins

# Images in one compiled call: more are hardly faster, and their gradients take 0.4 MB an image.
BATCH_SIZE = 100
NORMS = (2, math.inf)


def fast_gradient_sign(model, images, labels, epsilon, norm=math.inf, targeted=False):
    """Make adversarial examples by one step along the gradient, the fast gradient sign method.

    Slide: 6-4, figure 6-10.

    x' = x + ε sign(∇_x J(θ, x, y)), cut off to [0, 1]; for the norm 2, x' = x + ε g / ||g||_2 with the
    gradient g instead.

    x is ``images``, y ``labels``, ε ``epsilon``, θ the weights of ``model``, and J the cross-entropy.

    Args:
        model: Keras model, or any function of TensorFlow operations, images to finite logits [n, classes].
        images: float array [n, ...] in [0, 1], of the model's type.
        labels: int array [n], the classes to lead away from; with ``targeted`` those to lead to.
        epsilon: float or array [n], the largest norm of x' - x, in units of the pixels.
        norm: ``math.inf`` or 2.
        targeted: bool, whether to go down the gradient, to the labels, instead of up.

    Returns:
        Array like ``images``.

    Raises:
        ValueError: An epsilon is negative, a pixel is not in [0, 1], the norm is another, there is no image,
            not one label an image from 0 to classes - 1, or a logit of an image is not finite.

    Example:

    >>> import keras
    >>> model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(2, kernel_initializer="identity")])
    >>> fast_gradient_sign(model, np.float32([[0.5, 0.25]]), [0], epsilon=0.125)
    array([[0.375, 0.375]], dtype=float32)

    References:
        Goodfellow, Shlens & Szegedy (2015), Explaining and harnessing adversarial examples.
    """
    images, epsilon = _checked(images, epsilon, norm)
    labels = _checked_labels(labels, images, model)
    attack, one = _compiled(model, images, norm, targeted), tf.constant(1)
    return np.concatenate([attack(x, y, x, e, e, one)[0] for x, y, e in _batches(images, labels, epsilon)])


def projected_gradient_descent(
    model,
    images,
    labels,
    epsilon,
    norm=math.inf,
    targeted=False,
    steps=40,
    step_size=None,
    restarts=1,
    seed=0,
):
    """Make adversarial examples by many small steps that stay within a ball around the image.

    Slide: 6-4, figure 6-10.

    x_0 is drawn from the ball of radius ε around x; x_{t+1} = Π(x_t + α sign(∇_x J(θ, x_t, y))), with
    α g / ||g||_2 for the norm 2. Π goes to the nearest point of the ball, then cuts off to [0, 1].

    x is ``images``, y ``labels``, ε ``epsilon``, α ``step_size``, t runs to ``steps``. Of several
    ``restarts`` each image keeps the one that fools the model, or else the one with the largest J.

    Args:
        model: Keras model, or any function of TensorFlow operations, images to finite logits [n, classes].
        images: float array [n, ...] in [0, 1], of the model's type.
        labels: int array [n], the classes to lead away from; with ``targeted`` those to lead to.
        epsilon: float or array [n], the largest norm of x' - x, in units of the pixels.
        norm: ``math.inf`` or 2.
        targeted: bool, whether to go down the gradient, to the labels, instead of up.
        steps: int, gradient steps of a start.
        step_size: float or array [n], length of a step; None takes 2.5 ε / ``steps``, Madry et al.'s rule,
            by which the other side of the ball can be reached from every start.
        restarts: int, random starts.
        seed: int; the starts are a function of it and of an image's place in ``images``.

    Returns:
        Array like ``images``.

    Raises:
        ValueError: As for `fast_gradient_sign`, or the steps or restarts are not a whole number of at least
            1, or a step size is negative.

    Example:

    >>> import keras
    >>> model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(2, kernel_initializer="identity")])
    >>> projected_gradient_descent(model, np.float32([[0.5, 0.25]]), [0], epsilon=0.125)
    array([[0.375, 0.375]], dtype=float32)

    References:
        Madry, Makelov, Schmidt, Tsipras & Vladu (2018), Towards deep learning models resistant to
        adversarial attacks.

    Where it differs: for the norm 2 the start is drawn evenly from the ball; Madry et al.'s program has
    none for it.
    """
    images, epsilon = _checked(images, epsilon, norm)
    labels = _checked_labels(labels, images, model)
    _check_count("steps", steps)
    _check_count("restarts", restarts)
    step_size = 2.5 * epsilon / steps if step_size is None else _each("step_size", step_size, images)
    attack, steps = _compiled(model, images, norm, targeted), tf.constant(steps)
    best = None
    for restart in range(restarts):
        start = images + _random_start(images.shape, epsilon, norm, (seed, restart)).astype(images.dtype)
        batches = _batches(images, labels, start, epsilon, step_size)
        parts = [attack(*batch, steps) for batch in batches]
        attacked, fooled, loss = (np.concatenate(part) for part in zip(*parts, strict=True))
        if best is None:
            best = attacked, fooled, loss
            continue
        better = (fooled & ~best[1]) | ((fooled == best[1]) & (loss > best[2]))
        for kept, new in zip(best, (attacked, fooled, loss), strict=True):
            kept[better] = new[better]
    return best[0]


class StaticModel:
    """A model that changes in nothing but its weights, so that all attacks on it are compiled only once.

    Slide: 6-4, figure 6-10.

    Args:
        model: As in `fast_gradient_sign`.

    Example:

    >>> import keras
    >>> model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(2, kernel_initializer="identity")])
    >>> static = StaticModel(model)
    >>> [fast_gradient_sign(static, np.float32([[0.5, 0.25]]), [0], size) for size in (0, 0.125)]
    [array([[0.5 , 0.25]], dtype=float32), array([[0.375, 0.375]], dtype=float32)]
    """

    def __init__(self, model):
        self._model = model
        self._programs = {}

    def __call__(self, images):
        """Return the logits of images."""
        return logits_of(self._model, images)

    def compiled(self, images, norm, targeted):
        """Return the compiled attack on images of this shape and type."""
        key = images.shape[1:], images.dtype, norm, targeted
        if key not in self._programs:
            self._programs[key] = _compiled(self._model, images, norm, targeted)
        return self._programs[key]


def random_noise(images, epsilon, norm=math.inf, seed=0):
    """Change images by noise of the size of an attack, which knows of no classifier.

    Slide: 6-4, figure 6-10, for comparison.

    x' = x + ε s, each pixel's s = 1 or -1 with equal chances; for the norm 2, x' = x + ε n / ||n||_2 with n
    normal; cut off to [0, 1].

    Args:
        images: float array [n, ...] in [0, 1].
        epsilon: float or array [n], the norm of the noise before it is cut off.
        norm: ``math.inf`` or 2.
        seed: int.

    Returns:
        Array like ``images``.

    Raises:
        ValueError: As for `fast_gradient_sign`.

    Example:

    >>> random_noise(np.float32([[0.5, 0.5, 0.5, 0.5, 0]]), epsilon=0.25)
    array([[0.75, 0.75, 0.75, 0.25, 0.  ]], dtype=float32)
    """
    images, epsilon = _checked(images, epsilon, norm)
    rng = np.random.default_rng(seed)
    if norm == math.inf:
        direction = rng.choice([-1.0, 1.0], images.shape)
    else:
        direction = rng.standard_normal(images.shape)
        direction /= perturbation_size(direction, norm=2).reshape(_column(images))
    noise = epsilon.reshape(_column(images)) * direction
    return np.clip(images + noise.astype(images.dtype), 0, 1)


def perturbation_size(perturbation, norm=math.inf):
    """Return the norm [n] of each image's perturbation [n, ...], ``math.inf`` or 2.

    >>> perturbation_size(np.array([[0.0, 3.0, -4.0]]), norm=2)
    array([5.])
    """
    flat = np.asarray(perturbation, np.float64).reshape(len(perturbation), -1)
    return np.linalg.norm(flat, norm, axis=1)


def _random_start(shape, epsilon, norm, seed):
    """Draw perturbations evenly from the balls of radius ``epsilon`` [n]; float64 [n, ...]."""
    column = (-1,) + (1,) * (len(shape) - 1)
    rng = np.random.default_rng(seed)
    if norm == math.inf:
        return epsilon.reshape(column) * rng.uniform(-1.0, 1.0, shape)
    direction = rng.standard_normal(shape)
    # The share of a ball of d dimensions within the radius r grows as r^d.
    radius = np.random.default_rng((*seed, 1)).uniform(size=shape[0]) ** (1 / math.prod(shape[1:]))
    return (epsilon * radius / perturbation_size(direction, 2)).reshape(column) * direction


def _compiled(model, images, norm, targeted):
    """Return a function to adversarial examples, whether each fools the model, and the loss of each."""
    if isinstance(model, StaticModel):
        return model.compiled(images, norm, targeted)

    def attack(images, labels, start, epsilon, step_size, steps):
        attacked = descend(model, images, labels, start, epsilon, step_size, steps, norm, targeted)
        logits = logits_of(model, attacked)
        # J = log(1 + exp m)
        loss = tf.nn.softplus(margins(logits, labels))
        finite = tf.reduce_all(tf.math.is_finite(logits), axis=-1)
        loss = tf.where(finite, loss, tf.constant(math.inf if targeted else -math.inf, loss.dtype))
        hit = tf.argmax(logits, axis=-1, output_type=labels.dtype) == labels
        return (attacked, finite & hit, -loss) if targeted else (attacked, finite & ~hit, loss)

    image, each = tf.TensorSpec((None, *images.shape[1:]), images.dtype), tf.TensorSpec([None], images.dtype)
    label, steps = tf.TensorSpec([None], tf.int32), tf.TensorSpec([], tf.int32)
    # For each call anew: the model may have changed since the last.
    return tf.function(attack).get_concrete_function(image, label, image, each, each, steps)


def _batches(*arrays):
    for start in range(0, len(arrays[0]), BATCH_SIZE):
        yield (tf.constant(array[start : start + BATCH_SIZE]) for array in arrays)


def _checked(images, epsilon, norm):
    images = np.asarray(images)
    if norm not in NORMS:
        raise ValueError(f"norm must be 2 or math.inf, received {norm}")
    if not len(images):
        raise ValueError(f"there must be one image at least, received an array of shape {images.shape}")
    if not np.issubdtype(images.dtype, np.floating):
        raise ValueError(f"pixels must be floating-point numbers, received {images.dtype}")
    if not np.all((images >= 0) & (images <= 1)):
        raise ValueError(f"pixels must be in [0, 1], received {images.min()} to {images.max()}")
    return images, _each("epsilon", epsilon, images)


def _checked_labels(labels, images, model):
    labels = np.asarray(labels)
    if labels.shape != (len(images),):
        raise ValueError(f"labels must be one for each of {len(images)} images, received {labels.shape}")
    if not np.issubdtype(labels.dtype, np.integer):
        raise ValueError(f"labels must be whole numbers, received {labels.dtype}")
    unusable, classes = 0, 0
    for (batch,) in _batches(images):
        logits = logits_of(model, batch)
        if len(logits.shape) != 2:
            raise ValueError(f"a model must make logits [n, classes], received {tuple(logits.shape)}")
        classes = logits.shape[-1]
        unusable += int(np.sum(~np.isfinite(logits).all(axis=-1)))
    if unusable:
        raise ValueError(f"logits must be finite, received others for {unusable} of {len(images)} images")
    if labels.min() < 0 or labels.max() >= classes:
        raise ValueError(f"labels must be from 0 to {classes - 1}, received {labels.min()} to {labels.max()}")
    return labels.astype(np.int32)


def _check_count(name, count):
    if not isinstance(count, numbers.Integral) or count < 1:
        raise ValueError(f"{name} must be a whole number of at least 1, received {count}")


def _each(name, size, images):
    """Return one size for each image."""
    size = np.asarray(size, images.dtype)
    if size.shape not in ((), (len(images),)):
        raise ValueError(
            f"{name} must be one number or one for each of {len(images)} images, received {size.shape}"
        )
    wrong = ~(np.isfinite(size) & (size >= 0))
    if wrong.any():
        raise ValueError(f"{name} must be finite and at least 0, received {size[wrong][0]}")
    return np.broadcast_to(size, len(images))


def _column(images):
    return (-1,) + (1,) * (images.ndim - 1)
