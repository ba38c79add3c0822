"""Grid search over learning rate and hidden units.

Slide: 6-2, claim d.

Every pair of the slides' learning rates and numbers of hidden units trains a perceptron on MNIST. The pair
with the smallest validation error wins, and only that network is tested. A search that was stopped goes on
when the same command is given again.
"""

import math
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from chapter6.errors import InputError
from chapter6.experiment import Finding, Picture, Verdict, data_setting, setting
from chapter6.language import N_, _

CLAIM = "6-2.d"
SENTENCE = _(
    "For three hyperparameters or fewer: a small finite set for each, usually on a logarithmic scale; "
    "choose by validation error."
)


@dataclass(frozen=True)
class Settings:
    """The slides' grid, and what each of its points trains on."""

    learning_rates: tuple[float, ...] = setting(
        (1e-1, 1e-2, 1e-3, 1e-4), _("the slides' learning rates, for Adam"), above=0, quick=(1e-2, 1e-3)
    )
    hidden_units: tuple[int, ...] = setting(
        (50, 100, 200, 500),
        _("the slides' numbers of hidden units"),
        minimum=1,
        maximum=65536,
        quick=(25, 50),
    )
    images: int = setting(
        55_000, _("training images at most; all of them, as on the slides"), minimum=1, quick=2000
    )
    epochs: int = setting(3, _("epochs; three keep the grid within a minute"), minimum=1, quick=1)
    batch_size: int = setting(128, _("batch size"), minimum=1)
    seed: int = setting(0, _("of weights and batches"), minimum=0, maximum=2**31 - 1)
    workers: int = setting(1, _("processes that train; more pay off with more cores"), minimum=1, maximum=64)
    data: Path | None = data_setting()
    fresh: bool = setting(False, _("begin anew; an earlier search is moved aside, not deleted"))


def run(settings, folders):
    """Search the grid and draw it."""
    from chapter6.search import GridSearch, finite
    from chapter6.section_6_2.search_drawing import draw_heat_map
    from chapter6.section_6_2.searching import search

    try:
        space = {
            "learning_rate": finite(*settings.learning_rates),
            "hidden_units": finite(*settings.hidden_units),
        }
    except ValueError as error:
        raise InputError(str(error)) from None
    searched = search("grid", GridSearch, space, settings, folders)
    if searched is None:
        return None

    errors = np.array([row["validation_error"] for row in searched.rows])
    errors = errors.reshape(len(settings.learning_rates), len(settings.hidden_units))
    picture = draw_heat_map(errors, searched.winner, settings, folders)
    return _make_finding(searched, settings, picture)


def _make_finding(searched, settings, path):
    winner = searched.winner
    best, worst = (choose(row["validation_error"] for row in searched.rows) for choose in (min, max))
    inside = min(settings.learning_rates) < winner["learning_rate"] < max(settings.learning_rates)
    distinguishable = worst - best > searched.noise
    agrees = abs(searched.test_error - best) <= searched.noise
    ranked = sorted(searched.rows, key=lambda row: row["validation_error"])
    return Finding(
        verdict=Verdict.of((distinguishable, agrees, inside)) if distinguishable else Verdict.FAILS,
        short=_short(searched.test_error, best, worst, distinguishable, agrees),
        why=_why(inside),
        limits=_limits(searched.noise, settings.epochs, agrees, inside),
        table={
            N_("learning rate"): [row["learning_rate"] for row in ranked],
            N_("hidden units"): [row["hidden_units"] for row in ranked],
            N_("validation error (%)"): [100 * row["validation_error"] for row in ranked],
            N_("test error (%)"): [
                100 * searched.test_error if row is winner else math.nan for row in ranked
            ],
        },
        pictures=(
            Picture(
                path,
                _(
                    "The framed point has the smallest validation error; compare learning rates along a "
                    "column, hidden units along a row."
                ),
            ),
        ),
    )


def _short(test_error, best, worst, distinguishable, agrees):
    if not distinguishable:
        text = _("The grid's validation errors, {best:.2f}% to {worst:.2f}%, are too close to tell apart.")
    elif agrees:
        text = _(
            "The network with the smallest validation error has {test:.2f}% test error; the largest "
            "validation error is {worst:.2f}%."
        )
    else:
        text = _(
            "The winner's test error, {test:.2f}%, differs from its validation error, {best:.2f}%, by more "
            "than chance explains."
        )
    return text.format(test=100 * test_error, best=100 * best, worst=100 * worst)


def _why(inside):
    if inside:
        return _(
            "A logarithmic scale covers orders of magnitude with few values. The best learning rate lies "
            "inside: smaller ones learn too slowly, larger ones are unstable."
        )
    return _(
        "A logarithmic scale covers orders of magnitude with few values. The best learning rate lies at the "
        "edge, so a better one may lie outside."
    )


def _limits(noise, epochs, agrees, inside):
    if agrees and inside:
        text = _(
            "One seed, number of epochs: {epochs}. The numbers of images leave {noise:.2f} percentage points "
            "between validation and test error to chance."
        )
    elif agrees:
        text = _(
            "The best learning rate is not inside the grid, as it should be. One seed, number of epochs: "
            "{epochs}; the numbers of images leave {noise:.2f} percentage points to chance."
        )
    else:
        text = _(
            "Validation and test error of the winner differ by more than the {noise:.2f} percentage points "
            "that the numbers of images leave to chance. One seed, number of epochs: {epochs}."
        )
    return text.format(noise=100 * noise, epochs=epochs)
