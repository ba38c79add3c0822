"""Random search over learning rate, hidden units, dropout and weight decay.

Slide: 6-2, claim e; equations 6-4 and 6-5.

As many trials as the slides' grid has points, each drawn from four marginal distributions at once: the
learning rate by equations 6-4 and 6-5, hidden units and weight decay log-uniform, dropout by a Bernoulli
switch. The best by validation error meets the test set. Stopped at any moment, the search goes on where it
was when the same command is given again; a larger ``--trials`` adds to it.
"""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from chapter6 import artifacts
from chapter6.errors import InputError
from chapter6.experiment import Finding, Verdict, data_setting, setting
from chapter6.section_6_2.curves import label_logarithmic
from chapter6.section_6_2.searching import search

CLAIM = "6-2.e"
SENTENCE = (
    "Random search: a marginal distribution for each hyperparameter, Bernoulli for switches, log-uniform for "
    "positive reals; sample jointly, run, keep the best."
)


@dataclass(frozen=True)
class Settings:
    """The distributions, and what each draw trains on."""

    exponents: tuple[float, ...] = setting(
        (-1.0, -4.0), "equation 6-4's u(-1, -4): the learning rate is 10 to it"
    )
    hidden_units: tuple[int, ...] = setting(
        (50, 500),
        "bounds of the log-uniform number of hidden units, the ends of the slides' grid",
        maximum=65536,
        quick=(25, 60),
    )
    weight_decays: tuple[float, ...] = setting(
        (1e-7, 1e-3), "bounds of the log-uniform weight decay, from no effect to a strong one"
    )
    trials: int = setting(16, "draws; as many as the slides' grid has points", minimum=1, quick=4)
    images: int = setting(55_000, "training images at most; all of them", minimum=1, quick=2000)
    epochs: int = setting(3, "passes over them, as in the grid", minimum=1, quick=1)
    batch_size: int = setting(128, "images to a step", minimum=1)
    seed: int = setting(0, "of draws, weights, batches and dropped units", minimum=0, maximum=2**31 - 1)
    workers: int = setting(1, "processes that train; more pay off with more cores", minimum=1, maximum=64)
    data: Path | None = data_setting()
    fresh: bool = setting(False, "begin anew; an earlier search is moved aside, not deleted")


def run(settings, folders):
    """Draw, train, keep the best."""
    from chapter6.search import RandomSearch, log_uniform, switch, ten_to_the

    bounds = {name: getattr(settings, name) for name in ("exponents", "hidden_units", "weight_decays")}
    for name, values in bounds.items():
        if len(values) != 2:
            raise InputError(f"{name} must be two bounds, received {' '.join(map(str, values))}")
    try:
        space = {
            "learning_rate": ten_to_the(*settings.exponents),
            "hidden_units": log_uniform(*settings.hidden_units, whole=True),
            "dropout": switch(),
            "weight_decay": log_uniform(*settings.weight_decays),
        }
    except ValueError as error:
        raise InputError(str(error)) from None
    searched = search("random", RandomSearch, space, settings, folders, max_trials=settings.trials)
    if searched is None:
        return None

    winner, rows = searched.winner, searched.rows
    errors = np.array([row["validation_error"] for row in rows])
    distinct = {name: len({row[name] for row in rows}) for name in space}
    picture = _draw(rows, winner, settings, folders)
    best, median, worst = errors.min(), np.median(errors), errors.max()
    noise = searched.noise
    distinguishable = worst - best > noise
    agrees = abs(searched.test_error - best) <= noise
    # Of a real-valued hyperparameter every draw is a new value; a grid of this size has four.
    every_draw_new = min(distinct["learning_rate"], distinct["weight_decay"]) == len(rows)
    verdict = Verdict.HOLDS if distinguishable and agrees and every_draw_new else Verdict.PARTLY
    if not distinguishable:
        verdict = Verdict.FAILS
    measured = (
        f"{len(rows)} draws; validation error from {best:.2%} to {worst:.2%}, median {median:.2%}. The best, "
        f"learning rate {winner['learning_rate']:.3g}, {winner['hidden_units']} hidden units, dropout "
        f"{'on' if winner['dropout'] else 'off'}, weight decay {winner['weight_decay']:.2g}, has the test "
        f"error {searched.test_error:.2%}, {'within' if agrees else 'beyond'} the {noise:.2%} that the "
        f"numbers of images leave open. Different learning rates tried: {distinct['learning_rate']}, numbers "
        f"of units: {distinct['hidden_units']}."
    )
    numbers = {
        "validation error": best,
        "median validation error": median,
        "worst validation error": worst,
        "test error": searched.test_error,
        **{f"distinct, {name}": count for name, count in distinct.items()},
    }
    return Finding(verdict, measured, (picture,), numbers)


def _draw(rows, winner, settings, folders):
    figure = artifacts.figure(11, 3.8)
    figure.suptitle("6-2.e: random search on MNIST, each draw once in each panel (the winner is ringed)")
    shared = figure.subplots(1, 3, sharey=True)
    bounds = {
        "learning_rate": [10.0**exponent for exponent in sorted(settings.exponents)],
        "hidden_units": settings.hidden_units,
        "weight_decay": settings.weight_decays,
    }
    for axes, (name, (low, high)) in zip(shared, bounds.items(), strict=True):
        for dropout, marker in ((False, "o"), (True, "^")):
            drawn = [row for row in rows if row["dropout"] == dropout]
            axes.plot(
                [row[name] for row in drawn],
                [100 * row["validation_error"] for row in drawn],
                marker,
                color="0.1" if dropout else "0.55",
                label=f"dropout {'on' if dropout else 'off'}",
            )
        axes.plot(
            winner[name],
            100 * winner["validation_error"],
            "o",
            markersize=14,
            markerfacecolor="none",
            markeredgecolor="k",
        )
        # A little more than what can be drawn
        margin = (high / low) ** 0.04
        axes.set(xscale="log", yscale="log", xlim=(low / margin, high * margin))
        axes.set_xlabel(name.replace("_", " "))
        axes.grid(alpha=0.3)
    label_logarithmic(shared[1].xaxis)
    label_logarithmic(shared[0].yaxis)
    shared[0].set_ylabel("validation error (%)")
    shared[-1].legend()
    return artifacts.save_figure(figure, folders.snapshots / "draws.png")
