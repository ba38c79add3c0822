"""Optimizers on two-dimensional losses from random starts, each at the learning rate that arrives soonest.

Slide: 6-3, the pages with figures 6-6 to 6-9.
"""

from dataclasses import dataclass

import numpy as np
import tensorflow as tf

from chapter6.section_6_3.descent import descend, steps_to


@dataclass(frozen=True)
class Comparison:
    """One optimizer on several losses, from many starts, at the best of its learning rates.

    Args:
        rates: Array [losses], the learning rate that was chosen for each.
        losses: Array [steps + 1, losses, starts].
        needed: Array [losses, starts], the steps until the loss stays at or below the target; infinite where
            it does not.
        path: Array [steps + 1, losses, 2], the points from the last start.
    """

    rates: np.ndarray
    losses: np.ndarray
    needed: np.ndarray
    path: np.ndarray


def compare(spec, functions, rates, starts, tuning, steps, targets, noise=0.0):
    """Choose an optimizer's learning rate for each loss from some starts; return how it does from the others.

    The rate of a loss is the one with the fewest steps to the target, a mean over the starts in which a run
    that does not arrive counts as one step more than there are.

    Args:
        spec: An `OptimizerSpec`.
        functions: Sequence of functions (x1, x2) to losses; where there are more losses than functions, they
            are taken in rounds.
        rates: Array [rates] of learning rates.
        starts: Array [losses, starts, 2].
        tuning: How many of the starts, the first ones, choose the rates.
        steps: Updates to make.
        targets: Array [losses].
        noise: Array [steps + 1, losses, starts, 2] that is added to the gradients.

    Returns:
        A `Comparison` of the other starts.
    """
    shape = (*starts.shape[:2], len(rates))
    points = np.repeat(starts[:, :, None], len(rates), axis=2)
    noise = tf.constant(np.broadcast_to(noise, (steps + 1, *starts.shape))[:, :, :, None])

    def loss(points, step):
        # Each function once, for all rounds: less to compile.
        rounds = tf.reshape(points, [-1, len(functions), *points.shape[1:]])
        pairs = zip(functions, tf.unstack(rounds, axis=1), strict=True)
        losses = tf.stack([function(p[..., 0], p[..., 1]) for function, p in pairs], axis=1)
        return tf.reshape(losses, shape)

    def noisy(points, step):
        return loss(points, step) + tf.reduce_sum(noise[step] * points, axis=-1)

    def losses_and_last_points(points, gradients, step):
        parts = loss(points, step), points[:, -1]
        # Half the memory, and more than enough digits.
        return tf.concat([tf.cast(tf.reshape(part, [-1]), tf.float32) for part in parts], axis=0)

    kept = descend(spec.make, rates[:, None], noisy, points, steps, losses_and_last_points)
    losses, paths = np.split(kept, [np.prod(shape)], axis=1)
    losses = losses.reshape(-1, *shape)
    needed = steps_to(np.asarray(targets)[:, None, None], losses)
    best = np.where(np.isnan(needed), steps + 1, needed)[:, :tuning].mean(axis=1).argmin(axis=-1)
    each = np.arange(len(starts))
    # An index between slices: NumPy moves the losses to the front.
    chosen = needed[each, tuning:, best]
    return Comparison(
        rates[best],
        losses[:, each, :, best].transpose(1, 0, 2)[:, :, tuning:],
        np.where(np.isnan(chosen), np.inf, chosen),
        paths.reshape(-1, len(starts), len(rates), 2)[:, each, best],
    )
