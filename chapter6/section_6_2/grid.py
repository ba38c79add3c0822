"""Grid search over learning rate and hidden units.

Slide: 6-2, claim d.

Every pair of the slides' learning rates and numbers of hidden units trains a perceptron on MNIST; the pair
with the least validation error wins, and it alone meets the test set. Stopped at any moment, the search goes
on where it was when the same command is given again.
"""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from chapter6 import artifacts
from chapter6.errors import InputError
from chapter6.experiment import Finding, Verdict, data_setting, setting
from chapter6.section_6_2.searching import search

CLAIM = "6-2.d"
SENTENCE = (
    "For three hyperparameters or fewer: a small finite set for each, usually on a logarithmic scale; "
    "choose by validation error."
)


@dataclass(frozen=True)
class Settings:
    """The slides' grid, and what each of its points trains on."""

    learning_rates: tuple[float, ...] = setting(
        (1e-1, 1e-2, 1e-3, 1e-4), "the slides' learning rates, for Adam", above=0, quick=(1e-2, 1e-3)
    )
    hidden_units: tuple[int, ...] = setting(
        (50, 100, 200, 500), "the slides' numbers of hidden units", minimum=1, maximum=65536, quick=(25, 50)
    )
    images: int = setting(
        55_000, "training images at most; all of them, as on the slides", minimum=1, quick=2000
    )
    epochs: int = setting(3, "passes over them; three keep the grid within a minute", minimum=1, quick=1)
    batch_size: int = setting(128, "images to a step", minimum=1)
    seed: int = setting(0, "of weights and batches", minimum=0, maximum=2**31 - 1)
    workers: int = setting(1, "processes that train; more pay off with more cores", minimum=1, maximum=64)
    data: Path | None = data_setting()
    fresh: bool = setting(False, "begin anew; an earlier search is moved aside, not deleted")


def run(settings, folders):
    """Search the grid and draw it."""
    from chapter6.search import GridSearch, finite

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

    winner, test_error = searched.winner, searched.test_error
    errors = np.array([row["validation_error"] for row in searched.rows])
    errors = errors.reshape(len(settings.learning_rates), len(settings.hidden_units))
    picture = _draw(errors, winner, settings, folders)
    best, worst = errors.min(), errors.max()
    noise = searched.noise
    inside = min(settings.learning_rates) < winner["learning_rate"] < max(settings.learning_rates)
    distinguishable = worst - best > noise
    agrees = abs(test_error - best) <= noise
    verdict = Verdict.HOLDS if distinguishable and agrees and inside else Verdict.PARTLY
    if not distinguishable:
        verdict = Verdict.FAILS
    measured = (
        f"{errors.size} trials; validation error from {best:.2%} to {worst:.2%}. The best, learning rate "
        f"{winner['learning_rate']:g} with {winner['hidden_units']} hidden units, has the test error "
        f"{test_error:.2%}, {'within' if agrees else 'beyond'} the {noise:.2%} that the numbers of images "
        f"leave open; its learning rate lies {'inside' if inside else 'at the edge of'} the grid."
    )
    numbers = {
        "validation error": best,
        "worst validation error": worst,
        "test error": test_error,
        "learning rate": winner["learning_rate"],
        "hidden units": winner["hidden_units"],
    }
    return Finding(verdict, measured, (picture,), numbers)


def _draw(errors, winner, settings, folders):
    from matplotlib.colors import LogNorm
    from matplotlib.patches import Rectangle

    from chapter6.section_6_2.live import format_value

    figure = artifacts.figure(max(5.5, 1.6 + 1.2 * errors.shape[1]), 1.6 + 0.8 * errors.shape[0])
    axes = figure.subplots()
    # An error of 0 has no logarithm.
    shown = np.maximum(errors, 1e-4)
    image = axes.imshow(100 * shown, cmap="Greys_r", norm=LogNorm(), aspect="auto")
    ticks = 100 * np.geomspace(shown.min(), shown.max(), 4)
    figure.colorbar(image, label="validation error (%)", ticks=ticks, format="%.3g").minorticks_off()
    middle = np.sqrt(shown.min() * shown.max())
    for (row, column), error in np.ndenumerate(errors):
        axes.text(
            column,
            row,
            f"{error:.2%}",
            ha="center",
            va="center",
            color="w" if shown[row, column] < middle else "k",
        )
    best = (
        settings.hidden_units.index(winner["hidden_units"]),
        settings.learning_rates.index(winner["learning_rate"]),
    )
    corner = (best[0] - 0.46, best[1] - 0.46)
    axes.add_patch(Rectangle(corner, 0.92, 0.92, fill=False, edgecolor="w", linewidth=2))
    axes.set(
        title="6-2.d: grid search on MNIST, the winner framed",
        xlabel="hidden units",
        ylabel="learning rate",
        xticks=range(errors.shape[1]),
        xticklabels=settings.hidden_units,
        yticks=range(errors.shape[0]),
        yticklabels=[format_value(rate) for rate in settings.learning_rates],
    )
    return artifacts.save_figure(figure, folders.snapshots / "heat_map.png")
