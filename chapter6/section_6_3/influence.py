"""How much every output of a layer changes with every input.

Slide: 6-3, the page on recurrent networks that follows Adam.
"""

import numpy as np
import tensorflow as tf


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


def corner_influence(layers, images):
    """Return how much the features in the bottom right corner change with every pixel.

    Args:
        layers: Sequence of layers, one after the other.
        images: Array [images, height, width].

    Returns:
        Array [height, width], the norms of d features / d pixel, root mean square over the images.
    """

    def features(pixels):
        for layer in layers:
            pixels = layer(pixels)
        return pixels[:, -1, -1]

    rows = jacobian(features, images[..., None].astype("float32"))
    return np.sqrt((rows[..., 0] ** 2).sum(axis=1).mean(axis=0))
