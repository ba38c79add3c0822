"""Optimizers on two-dimensional losses from random starts, at every learning rate of a grid.

Slide: 6-3, the page with figure 6-6.
"""

from dataclasses import dataclass

import numpy as np
import tensorflow as tf

from chapter6.section_6_3.descent import descend
from chapter6.section_6_3.optimizer_specs import best_rates


@dataclass(frozen=True)
class Comparison:
    """One optimizer on several objectives, from many starts, at many learning rates.

    Args:
        losses: Array [steps + 1, objectives, starts, rates].
        effective_rates: Array [steps, objectives, starts, rates], geometric mean over both parameters of
            step / gradient.
        best: Array [objectives], the index of the learning rate with the lowest median loss over the starts.
    """

    losses: np.ndarray
    effective_rates: np.ndarray
    best: np.ndarray

    def ends(self, k):
        """Return the mean loss over the last tenth of the steps, [starts, rates], on objective k."""
        losses = self.losses[:, k]
        # Too large a rate makes losses that are infinite or no number.
        with np.errstate(over="ignore", invalid="ignore"):
            return losses[-max(1, len(losses) // 10) :].mean(axis=0)


def compare_rates(spec, objectives, rates, settings):
    """Run an optimizer from random starts on several objectives and return the `Comparison` of its rates.

    Args:
        spec: An `OptimizerSpec`.
        objectives: Sequence of `ObjectiveFunction`.
        rates: Array [rates] of learning rates.
        settings: Settings of the experiment `convexity`.
    """
    draws = np.random.default_rng(settings.seed).uniform(size=(settings.starts, 1, 2))
    views = np.reshape([objective.view for objective in objectives], (-1, 2, 2))
    starts = np.stack([view[:, 0] + draws * (view[:, 1] - view[:, 0]) for view in views])
    starts = np.repeat(starts, len(rates), axis=2)

    def loss(points, step):
        pairs = zip(objectives, tf.unstack(points), strict=True)
        return tf.stack([objective.loss(p[..., 0], p[..., 1]) for objective, p in pairs])

    def record(points, gradients, step):
        return tf.stack([points, gradients])

    kept = descend(spec.make, rates[:, None], loss, starts, settings.steps, record)
    points, gradients = kept[:, 0], kept[:-1, 1]
    with np.errstate(all="ignore"):
        losses = loss(points.swapaxes(0, 1), 0).numpy().swapaxes(0, 1)
        logarithms = np.log(np.abs(np.diff(points, axis=0) / gradients)).mean(axis=-1)
    # One rate for all starts, chosen by the median over them.
    best = best_rates(np.median(losses, axis=2))
    return Comparison(losses, np.exp(logarithms), best)
