"""How much every output of a layer changes with every input."""


def jacobian(function, examples):
    """Return the Jacobian of a function at each example, by one backward pass.

    Args:
        function: From a tensor [n, ...] to features [n, k], each example's from that example alone.
        examples: Array [m, ...].

    Returns:
        NumPy array [m, k, ...], d features / d input.
    """
    import tensorflow as tf

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
