"""How much every output of a layer changes with every input.

Slide: 6-3, the page on recurrent networks that follows Adam.
"""

import numpy as np
import tensorflow as tf

from chapter6.recurrent import BidirectionalRNN


def jacobian(function, examples):
    """Return the Jacobian of a function at each example, by one backward pass.

    Args:
        function: From a tensor [n, ...] to features [n, k], each example's from that example alone.
        examples: Array [m, ...].

    Returns:
        NumPy array [m, k, ...], d features / d input.
    """
    examples = tf.convert_to_tensor(examples)
    features = function(examples[:1]).shape[-1]
    # Every example once for each feature, of which that copy's gradient is taken.
    copies = tf.repeat(examples, features, axis=0)
    with tf.GradientTape() as tape:
        tape.watch(copies)
        outputs = function(copies)
        chosen = tf.reduce_sum(outputs * tf.tile(tf.eye(features, dtype=outputs.dtype), (len(examples), 1)))
    rows = tape.gradient(chosen, copies)
    return tf.reshape(rows, (len(examples), features, *examples.shape[1:])).numpy()


def state_influence(settings, repetition):
    """Return how much the states of a `BidirectionalRNN` change with its input.

    Args:
        settings: Settings of the experiment `bidirectional`.
        repetition: int, of which the weights and the input are a function.

    Returns:
        Array [h, g or both, t, s], the norms of d state(t) / d x(s).
    """
    rng = np.random.default_rng((settings.seed, repetition))
    layer = BidirectionalRNN(settings.units, seed=int(rng.integers(2**31)), dtype="float64")
    sequence = rng.normal(size=(1, settings.length, 1))
    rows = jacobian(lambda x: tf.reshape(layer(x), (len(x), -1)), sequence)
    squares = rows.reshape(settings.length, 2, settings.units, settings.length) ** 2
    h, g = squares.sum(axis=2).swapaxes(0, 1)
    return np.sqrt([h, g, h + g])


def corner_influence(layers, images):
    """Return how much the features in the bottom right corner change with every pixel.

    Args:
        layers: Sequence of layers, one after the other.
        images: Array [images, 28, 28].

    Returns:
        Array [28, 28], the norms of d features / d pixel, root mean square over the images.
    """

    def features(pixels):
        for layer in layers:
            pixels = layer(pixels)
        return pixels[:, -1, -1]

    rows = jacobian(features, images[..., None].astype("float32"))
    return np.sqrt((rows[..., 0] ** 2).sum(axis=1).mean(axis=0))
