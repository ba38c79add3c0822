"""AdaGrad and RMSProp on a convex loss and on one that is not.

Slide: 6-3, the page with figure 6-6, claim 6-3.c (and the reason given for 6-3.d).

The convex loss is the bowl, the other Rosenbrock's valley: a descent begins on its steep walls and has then
to follow a gently sloped bottom. From random starts, with every learning rate of one grid for both. Three
pictures a loss: the loss at the end against the learning rate; the loss against the step, each at its best
rate; and the effective rate there, step over gradient, which is what the claim is about.
"""

import warnings
from dataclasses import dataclass

import numpy as np

from chapter6 import artifacts
from chapter6.experiment import Finding, Verdict, setting
from chapter6.section_6_3.descent import descend
from chapter6.section_6_3.objectives import BOWL, ROSENBROCK
from chapter6.section_6_3.optimizer_specs import best_rates, optimizer_spec, rate_grid

CLAIM = "6-3.c"
SENTENCE = "AdaGrad is fast on convex losses; on others its rate is too small before a good point is reached."

NAMES = ("AdaGrad", "RMSProp")


@dataclass(frozen=True)
class Settings:
    """Starts, rates and steps."""

    seed: int = setting(0, "of the starts", minimum=0)
    starts: int = setting(32, "random starts, spread over the picture of each loss", minimum=1, quick=4)
    rates: int = setting(
        37, "learning rates tried, 1e-5 to 10 on a log scale: six a decade", minimum=2, quick=19
    )
    steps: int = setting(1000, "steps; Rosenbrock's valley takes that long", minimum=10, quick=100)


def run(settings, folders):
    """Compare the two on both losses."""
    objectives = (BOWL, ROSENBROCK)
    rates = rate_grid(settings.rates)
    results = {name: _results(optimizer_spec(name), objectives, rates, settings) for name in NAMES}
    picture = _draw(folders, objectives, rates, results)
    return _make_finding(settings, objectives, rates, results, picture)


def _results(spec, objectives, rates, settings):
    """Return losses [steps + 1, objectives, starts, rates], effective rates likewise, and best rates."""
    import tensorflow as tf

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
    # A rate has to serve all starts: it is chosen by the median over them.
    best = best_rates(np.median(losses, axis=2))
    return losses, np.exp(logarithms), best


def _end(losses):
    """Return the mean over the last tenth of the steps."""
    return losses[-max(1, len(losses) // 10) :].mean(axis=0)


def _make_finding(settings, objectives, rates, results, picture):
    numbers, words, ahead = {}, [], []
    for k, objective in enumerate(objectives):
        ends = {name: _end(losses[:, k, :, best[k]]) for name, (losses, _, best) in results.items()}
        for name, end in ends.items():
            rate = rates[results[name][2][k]]
            low, middle, high = np.quantile(end, (0.25, 0.5, 0.75))
            numbers |= {
                f"{objective.name}_{name}_loss": float(middle),
                f"{objective.name}_{name}_rate": float(rate),
            }
            words.append(f"{objective.name}, {name} (rate {rate:.2g}): {middle:.0e} [{low:.0e}, {high:.0e}]")
        ahead.append(float(np.mean(ends["AdaGrad"] < ends["RMSProp"])))
        numbers[f"{objective.name}_share_AdaGrad_ahead"] = ahead[-1]
    convex, other = ahead
    # From three starts of four at least, each way.
    verdict = (Verdict.FAILS, Verdict.PARTLY, Verdict.HOLDS)[int(convex >= 0.75) + int(other <= 0.25)]
    measured = (
        f"Median loss [quartiles] after {settings.steps} steps at the best rate: {'; '.join(words)}. AdaGrad "
        f"ends lower from {convex:.0%} of {settings.starts} starts on the convex loss, from {other:.0%} on "
        f"the other."
    )
    return Finding(verdict, measured, (picture,), numbers)


def _draw(folders, objectives, rates, results):
    figure = artifacts.figure(16, 9)
    figure.suptitle("6-3.c: AdaGrad and RMSProp, median and quartiles over the starts")
    table = {}
    for k, (objective, row) in enumerate(zip(objectives, figure.subplots(2, 3), strict=True)):
        kind = "convex" if k == 0 else "not convex"
        by_rate, by_step, effective_rate = row
        for name, (losses, effective, best) in results.items():
            line = optimizer_spec(name).line
            with np.errstate(all="ignore"), warnings.catch_warnings():
                # Where a run has arrived, the gradient is zero and no rate can be told.
                warnings.simplefilter("ignore", RuntimeWarning)
                end = np.nanquantile(np.maximum(_end(losses[:, k]), 1e-12), (0.25, 0.5, 0.75), axis=0)
                loss = np.quantile(np.maximum(losses[:, k, :, best[k]], 1e-12), (0.25, 0.5, 0.75), axis=1)
                rate = np.nanquantile(effective[:, k, :, best[k]], (0.25, 0.5, 0.75), axis=1)
            for axes, x, (low, middle, high) in (
                (by_rate, rates, end),
                (by_step, np.arange(len(loss[1])), loss),
                (effective_rate, np.arange(1, 1 + len(rate[1])), rate),
            ):
                axes.loglog(x, middle, label=f"{name}, rate {rates[best[k]]:.2g}", markevery=0.1, **line)
                axes.fill_between(x, low, high, color=line["color"], alpha=0.15, linewidth=0)
            table |= {
                f"{objective.name} {name} loss": loss[1],
                f"{objective.name} {name} effective rate": rate[1],
            }
        by_rate.set(xlabel="learning rate e", ylabel="loss at the end", title=f"{objective.name} ({kind})")
        by_rate.set_ylim(top=1e4)
        by_step.set(xlabel="step", ylabel="loss", title="each at its best rate")
        effective_rate.set(xlabel="step", ylabel="effective rate (step per unit of gradient)")
        for axes in row:
            axes.grid(alpha=0.3)
        by_step.legend()
    steps = len(next(iter(table.values())))
    columns = {name: np.append(column, [np.nan] * (steps - len(column))) for name, column in table.items()}
    artifacts.save_csv(folders.snapshots / "convexity.csv", {"step": range(steps)} | columns)
    return artifacts.save_figure(figure, folders.snapshots / "convexity.png")
