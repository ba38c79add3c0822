"""Many networks of the same layers, trained one after the other by one compiled loop."""

# Updates in one compiled call, so that Ctrl-C waits about a second at most.
CALL = 200


def trainer(template, inputs):
    """Compile the training of networks that have the layers of `template`, by Adam on the cross-entropy.

    Args:
        template: A Keras model, inputs to logits. Which of its weights train is read here and now.
        inputs: The first that it will be trained on; only their type counts.

    Returns:
        A function of (network, inputs, labels, batches) that trains the network in place: tensors of inputs
        [n, ...] and labels int32 [n], and the indices int32 [updates, batch size] of the batches. It returns
        the seconds that the updates took.
    """
    import time

    import keras
    import numpy as np
    import tensorflow as tf

    weights = template.trainable_variables
    optimizer = keras.optimizers.Adam()
    optimizer.build(weights)
    fresh = [slot.numpy() for slot in optimizer.variables]

    # Not by XLA, whose convolutions are tens of times slower on a CPU. One trace serves all sizes.
    @tf.function(
        autograph=False,
        input_signature=[
            tf.TensorSpec((None, *inputs.shape[1:]), inputs.dtype),
            tf.TensorSpec((None,), tf.int32),
            tf.TensorSpec((None, None), tf.int32),
        ],
    )
    def updates(inputs, labels, batches):
        def update(step):
            batch = batches[step]
            with tf.GradientTape() as tape:
                logits = template(tf.gather(inputs, batch), training=True)
                wanted = tf.gather(labels, batch)
                loss = tf.reduce_mean(tf.nn.sparse_softmax_cross_entropy_with_logits(wanted, logits))
            optimizer.apply(tape.gradient(loss, weights), weights)
            return (step + 1,)

        tf.while_loop(lambda step: step < tf.shape(batches)[0], update, (0,))

    def train(network, inputs, labels, batches):
        template.set_weights(network.get_weights())
        for slot, value in zip(optimizer.variables, fresh, strict=True):
            slot.assign(value)
        # Not an update, but the trace, which is not to be timed.
        updates(inputs, labels, np.empty((0, 1), np.int32))
        started = time.perf_counter()
        for start in range(0, len(batches), CALL):
            updates(inputs, labels, tf.constant(batches[start : start + CALL]))
        seconds = time.perf_counter() - started
        network.set_weights(template.get_weights())
        return seconds

    return train


def accuracy(network, inputs, labels):
    """Return the share of inputs whose largest logit is that of their label, in %."""
    import numpy as np

    starts = range(0, len(labels), 1000)
    logits = np.concatenate([network(inputs[at : at + 1000]).numpy() for at in starts])
    return 100 * float(np.mean(logits.argmax(axis=1) == labels))


def seed_of(*words):
    """Return a seed, an int of 32 bits, that is a function of several whole numbers.

    >>> seed_of(0, 1) == seed_of(0, 1) != seed_of(1, 0)
    True
    """
    import numpy as np

    return int(np.random.SeedSequence(words).generate_state(1)[0])
