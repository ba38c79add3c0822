"""One compiled training loop for any Keras classifier, one network or many side by side."""

import numpy as np
import tensorflow as tf


def scale_pixels(images):
    """Return uint8 images as float32 in [0, 1]: x / 255.

    >>> scale_pixels(np.array([0, 51, 255], np.uint8))
    array([0. , 0.2, 1. ], dtype=float32)
    """
    if tf.is_tensor(images):
        return tf.cast(images, tf.float32) / 255.0
    return np.asarray(images, np.float32) / np.float32(255)


def epoch_batches(seed, epoch, images, batch_size):
    """Return the batches of one epoch: a random order of all images, without those left over at its end.

    Args:
        seed: int; the order is a function of it and of the epoch.
        epoch: int, counted from 0.
        images: int, how many there are.
        batch_size: int, at most `images`.

    Returns:
        int32 array [images // batch_size, batch_size] of indices.
    """
    order = np.random.default_rng([seed, epoch]).permutation(images)
    steps = images // batch_size
    return order[: steps * batch_size].reshape(steps, batch_size).astype(np.int32)


class Trainer:
    """The compiled training of a Keras model that makes logits, by the cross-entropy.

    One call makes many updates in compiled loops of at most `steps_per_execution`, so that a progress bar and
    Ctrl-C need not wait for long. Where the model holds many networks side by side (`ParallelDense`), the sum
    of their losses is minimized, and each network is trained as if it were alone.

    Args:
        model: Built `keras.Model`, inputs to logits [batch, classes] or [networks, batch, classes].
            Which of its weights are trainable is read here and now.
        optimizer: Keras optimizer; it is built here.
        transform: Function of (inputs, labels, step) that returns what the model is trained on in place of
            the inputs of a batch, made of TensorFlow operations; the step is the number of updates made
            since the optimizer's initial state. None trains on the inputs as they are.
        steps_per_execution: int, updates in one compiled call.
        jit_compile: Whether XLA compiles the loop. On a CPU it makes small dense networks several times
            faster, and convolutions some ten times slower.
        terminate_on_nan: Whether to make no further update after a loss that is not finite.
    """

    def __init__(
        self,
        model,
        optimizer,
        transform=None,
        steps_per_execution=50,
        jit_compile=False,
        terminate_on_nan=False,
    ):
        self.model = model
        self.optimizer = optimizer
        self.steps_per_execution = steps_per_execution
        self._transform = transform
        self._terminate_on_nan = terminate_on_nan
        self._weights = model.trainable_variables
        optimizer.build(self._weights)
        self._initial_slots = [variable.numpy() for variable in optimizer.variables]
        self._jit_compile = jit_compile
        self._programs = {}

    def reset(self, weights):
        """Set the model's weights, as `get_weights` returns them, and the optimizer's initial state."""
        self.model.set_weights(weights)
        for variable, value in zip(self.optimizer.variables, self._initial_slots, strict=True):
            variable.assign(value)

    def __call__(self, inputs, labels, batches, start=0, stop=None, on_execution_end=None):
        """Make the updates of ``batches[start:stop]``.

        Args:
            inputs: Array or tensor [n, ...] of all inputs.
            labels: int32 [n], or the labels of each batch, of the batches' shape.
            batches: int32 [steps, batch], or [steps, networks, batch] where each network has batches of its
                own: indices of the inputs.
            start: int, the first batch.
            stop: int, the batch to stop before; None goes on to the last.
            on_execution_end: Function of the number of batches done, called after each compiled call.

        Returns:
            float32 array [stop - start], or [stop - start, networks], of the losses before each update,
            without the penalties that the model's layers add; shorter where the training terminated.
        """
        inputs, labels, batches = map(tf.convert_to_tensor, (inputs, labels, batches))
        execute = self._program(inputs, labels, batches)
        stop = len(batches) if stop is None else stop
        losses = []
        # No update still compiles the loop.
        for first in range(start, max(stop, start + 1), self.steps_per_execution):
            last = min(first + self.steps_per_execution, stop)
            done, executed = execute(inputs, labels, batches, tf.constant(first), tf.constant(last))
            losses.append(executed[: int(done) - first].numpy())
            if on_execution_end:
                on_execution_end(last)
            if int(done) < last:
                break
        return np.concatenate(losses)

    def _program(self, *arrays):
        """Return the compiled loop for arrays of such types and shapes."""
        shapes = [array.shape for array in arrays]
        if not self._jit_compile:
            # One program for any number of inputs, and batches of any size.
            shapes = [(None, *shapes[0][1:]), *([None] * shape.rank for shape in shapes[1:])]
        specs = [tf.TensorSpec(shape, array.dtype) for shape, array in zip(shapes, arrays, strict=True)]
        key = tuple(specs)
        if key not in self._programs:
            ends = [tf.TensorSpec([], tf.int32)] * 2
            function = tf.function(self._updates, autograph=False, jit_compile=self._jit_compile)
            self._programs[key] = function.get_concrete_function(*specs, *ends)
        return self._programs[key]

    def _updates(self, inputs, labels, batches, start, stop):
        networks = self.model.output_shape[:-2]
        losses = tf.TensorArray(tf.float32, self.steps_per_execution, element_shape=networks)

        def proceed(step, losses, finite):
            return (step < stop) & finite

        def update(step, losses, finite):
            batch = batches[step]
            x = tf.gather(inputs, batch)
            y = labels[step] if labels.shape.rank == batches.shape.rank else tf.gather(labels, batch)
            if self._transform:
                x = self._transform(x, y, tf.cast(self.optimizer.iterations, tf.int32))
            with tf.GradientTape() as tape:
                loss = cross_entropy(y, self.model(x, training=True))
                objective = tf.add_n([tf.reduce_sum(loss), *self.model.losses])
            self.optimizer.apply(tape.gradient(objective, self._weights), self._weights)
            if self._terminate_on_nan:
                finite = tf.reduce_all(tf.math.is_finite(loss))
            return step + 1, losses.write(step - start, loss), finite

        done, losses, _ = tf.while_loop(proceed, update, (start, losses, True))
        return done, losses.stack()


def cross_entropy(labels, logits):
    """Return the mean cross-entropy over a batch, in nats.

    Args:
        labels: int32 [batch], shared by all networks where there are several, or [networks, batch].
        logits: float32 [batch, classes] or [networks, batch, classes].

    Returns:
        float32 [] or [networks].
    """
    labels = tf.broadcast_to(labels, tf.shape(logits)[:-1])
    return tf.reduce_mean(tf.nn.sparse_softmax_cross_entropy_with_logits(labels, logits), axis=-1)


def predict(model, inputs, batch_size=1000):
    """Return the logits of a model for inputs [n, ...], which all its networks share where it holds several.

    Args:
        model: Keras model, inputs to logits.
        inputs: Array or tensor [n, ...].
        batch_size: int, inputs at a time.

    Returns:
        float32 array [n, classes], or [networks, n, classes].
    """
    # What a model that trains each network on batches of its own takes: [networks, batch, ...].
    networks = model.input_shape[:1] if len(model.input_shape) > len(inputs.shape) else ()
    logits = []
    for start in range(0, len(inputs), batch_size):
        batch = inputs[start : start + batch_size]
        logits.append(np.asarray(model(tf.broadcast_to(batch, (*networks, *batch.shape)))))
    return np.concatenate(logits, axis=-2)


def accuracies(model, inputs, labels, batch_size=1000):
    """Return the share of inputs [n, ...] whose largest logit is that of their label, [] or [networks]."""
    return np.mean(predict(model, inputs, batch_size).argmax(axis=-1) == labels, axis=-1)
