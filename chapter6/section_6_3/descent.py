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
        NumPy array [steps + 1, ...], float64 unless `record` casts, of what `record` returned before each
        update and after the last.
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
    example = record(start, tf.zeros_like(start), tf.constant(0))

    def observe_and_update(step, kept):
        with finalized([variable]):
            points = tf.identity(variable.value)
        with tf.GradientTape() as tape:
            losses = loss(variable.value, step)
        gradients = tape.gradient(losses, variable.value)
        kept = kept.write(step, record(points, gradients, step))
        optimizer.apply([gradients], [variable])
        return step + 1, kept

    # Of fewer steps XLA's compilation takes longer than it saves.
    @tf.function(jit_compile=steps >= 200, autograph=False)
    def run():
        kept = tf.TensorArray(example.dtype, steps + 1, element_shape=example.shape)
        return tf.while_loop(lambda step, kept: step <= steps, observe_and_update, (0, kept))[1].stack()

    # Through the concrete function: each call of `descend` compiles once, which is not the retracing that
    # TensorFlow warns of.
    return run.get_concrete_function()().numpy()


def steps_to(target, losses):
    """Return the step from which each run's loss stays at or below a target, NaN if it ends above.

    Args:
        target: Array that broadcasts against a step of `losses`.
        losses: Array [steps + 1, ...]; what is no number counts as above.

    Example:

    >>> steps_to(1.0, np.array([[4.0, 4.0], [0.5, 2.0], [2.0, 0.5], [1.0, 2.0]]))
    array([ 3., nan])
    """
    with np.errstate(invalid="ignore"):
        above = ~(losses <= target)
    after_last_above = len(losses) - above[::-1].argmax(axis=0)
    return np.where(above[-1], np.nan, np.where(above.any(axis=0), after_last_above, 0))
