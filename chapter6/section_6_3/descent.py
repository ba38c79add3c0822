"""Many runs of one optimizer in one compiled call.

The rules of section 6-3 work element by element, so a variable [..., 2] holds as many independent runs as
it has pairs: all objectives, starts and learning rates at once. A Keras optimizer takes its learning rate
from any callable; one that returns an array gives every run its own.
"""

import contextlib

import keras
import numpy as np
import tensorflow as tf


def descend(make_optimizer, rates, loss, starts, steps, record=None):
    """Run an optimizer from many points at once.

    Args:
        make_optimizer: Function from a learning rate, here a callable, to a Keras optimizer.
        rates: Array of learning rates that broadcasts against `starts`.
        loss: Function (points, step) to losses; a run's loss must depend on that run's points alone.
        starts: Array of starting points, the shape of all that follows.
        steps: Updates to make.
        record: Function (points, gradients, step) to a tensor that is kept; None keeps the points.

    Returns:
        NumPy float64 array [steps + 1, ...] of what `record` returned before each update and after the last.
        `points` are the parameters θ, `gradients` those at the point where the optimizer asks for them.
    """
    rates = tf.constant(rates, tf.float64)
    optimizer = make_optimizer(lambda: rates)
    variable = keras.Variable(np.asarray(starts), dtype="float64")
    optimizer.build([variable])
    # RMSPropNesterov keeps in the variable the interim point, where the gradient is taken; the others keep θ.
    finalized = getattr(optimizer, "finalized", contextlib.nullcontext)
    record = record or (lambda points, gradients, step: points)
    start = tf.constant(starts, tf.float64)
    kept_shape = record(start, tf.zeros_like(start), tf.constant(0)).shape

    def observe_and_update(step, kept):
        with finalized([variable]):
            points = tf.identity(variable.value)
        with tf.GradientTape() as tape:
            losses = loss(variable.value, step)
        gradients = tape.gradient(losses, variable.value)
        kept = kept.write(step, record(points, gradients, step))
        optimizer.apply([gradients], [variable])
        return step + 1, kept

    @tf.function(jit_compile=True, autograph=False)
    def run():
        kept = tf.TensorArray(tf.float64, steps + 1, element_shape=kept_shape)
        return tf.while_loop(lambda step, kept: step <= steps, observe_and_update, (0, kept))[1].stack()

    # Through the concrete function: each call of `descend` compiles once, which is not the retracing that
    # TensorFlow warns of.
    return run.get_concrete_function()().numpy()
