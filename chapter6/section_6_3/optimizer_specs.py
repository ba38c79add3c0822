"""The six optimizers that section 6-3 compares, and the search for their learning rates by one budget.

SGD and SGD with momentum are Keras' own, the other four `chapter6.optimizers`. Momentum is 0.9 and every
other constant the default, so that each has one number to be tuned, its learning rate, by the same search.
"""

import functools
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import keras
import numpy as np
import tensorflow as tf

from chapter6.language import N_
from chapter6.optimizers import AdaGrad, Adam, RMSProp, RMSPropNesterov
from chapter6.section_6_3.descent import descend
from chapter6.section_6_3.objectives import OBJECTIVES, ROUNDING


@dataclass(frozen=True)
class OptimizerSpec:
    """An optimizer of the comparison and how it is drawn.

    Args:
        name: Its English name in pictures and tables, marked for the catalogue.
        make: Function from a learning rate to a Keras optimizer.
        line: Keyword arguments of its line: colour, style, marker, so that it can be recognized in grey.
    """

    name: str
    make: Callable
    line: dict


def optimizer_specs():
    """Return the six, from the plainest to Adam."""
    momentum = functools.partial(keras.optimizers.SGD, momentum=0.9)
    return (
        OptimizerSpec("SGD", keras.optimizers.SGD, _line("0.45", "-", "o")),
        OptimizerSpec(N_("momentum"), momentum, _line("black", (0, (5, 1)), "s")),
        OptimizerSpec("AdaGrad", AdaGrad, _line("tab:orange", "-.", "^")),
        OptimizerSpec("RMSProp", RMSProp, _line("tab:green", (0, (1, 1)), "v")),
        OptimizerSpec("RMSProp+Nesterov", RMSPropNesterov, _line("tab:purple", "--", "D")),
        OptimizerSpec("Adam", Adam, _line("tab:red", "-", "*")),
    )


def _line(colour, style, marker):
    return {"color": colour, "linestyle": style, "marker": marker, "markersize": 5, "linewidth": 1.5}


def optimizer_spec(name):
    """Return the one of that name."""
    return next(each for each in optimizer_specs() if each.name == name)


@dataclass(frozen=True)
class Run:
    """One optimizer on one objective at its best learning rate.

    Args:
        rate: The learning rate.
        path: float64 array [steps + 1, 2], the points visited.
        losses: float64 array [steps + 1], the loss there.
    """

    rate: float
    path: Sequence
    losses: Sequence


def rate_grid(count):
    """Return `count` learning rates from 1e-5 to 10, evenly on a logarithmic scale."""
    return np.geomspace(1e-5, 10, count)


def best_rates(losses, last=None):
    """Choose a learning rate: the one whose loss, a mean over the last steps, is lowest.

    Args:
        losses: Array [steps + 1, ..., rates]; what is no number counts as infinite.
        last: How many of the last steps; None takes a tenth.

    Returns:
        Array [...] of indices.
    """
    last = last or max(1, len(losses) // 10)
    with np.errstate(over="ignore", invalid="ignore"):
        end = losses[-last:].mean(axis=0)
    return np.where(np.isfinite(end), end, np.inf).argmin(axis=-1)


def final_losses(runs):
    """Return the final loss of each of `tuned_runs`, but 1e-10 where it is lower, by rounding."""
    return [max(float(run.losses[-1]), ROUNDING) for run in runs]


@functools.cache
def tuned_runs(name, rates, steps):
    """Run an optimizer on every objective at every learning rate, in one call, and keep the best of each.

    The best is the rate whose loss is lowest at the end, among those whose loss never rises above that of the
    start: a run that was thrown far off and came back by luck is not one to learn from. Figures 6-6 to 6-9
    and the race share these runs.

    Args:
        name: Of the `OptimizerSpec`.
        rates: Number of learning rates, the same for all.
        steps: Updates to make.

    Returns:
        A tuple of `Run`, one for each of `OBJECTIVES`.
    """

    def loss(points, step):
        pairs = zip(OBJECTIVES, tf.unstack(points), strict=True)
        return tf.stack([objective.loss(p[:, 0], p[:, 1]) for objective, p in pairs])

    grid = rate_grid(rates)
    starts = np.repeat([[objective.start] for objective in OBJECTIVES], rates, axis=1)
    paths = descend(optimizer_spec(name).make, grid[:, None], loss, starts, steps)
    with np.errstate(over="ignore", invalid="ignore"):
        each = [
            objective.loss(paths[:, k, :, 0], paths[:, k, :, 1]) for k, objective in enumerate(OBJECTIVES)
        ]
        losses = np.stack(each, axis=1)
    bounded = np.where((losses > losses[0]).any(axis=0), np.inf, losses)
    return tuple(
        Run(float(grid[best]), paths[:, k, best], losses[:, k, best])
        for k, best in enumerate(best_rates(bounded))
    )
