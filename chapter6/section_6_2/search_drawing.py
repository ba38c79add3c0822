"""The figures of `grid`, `random` and searches of other models, and the labels of their logarithmic axes."""

import itertools
import math

import numpy as np
from matplotlib.colors import LogNorm, Normalize
from matplotlib.patches import Rectangle
from matplotlib.ticker import LogLocator, NullFormatter

from chapter6.errors import InputError
from chapter6.figures import figure, localized, save_figure
from chapter6.language import _
from chapter6.search.spaces import declared_values
from chapter6.section_6_2.labels import format_value, label_of

# Of errors: dark is good.
ERRORS = "Greys_r"


@localized
def draw_heat_map(grid, settings, folders):
    """Save the errors of a `Grid`, what was added to it outside of a dashed line; return the path."""
    rates, units = grid.axes["learning_rate"], grid.axes["hidden_units"]
    errors = np.empty((len(rates), len(units)))
    for row in grid.rows:
        errors[rates.index(row["learning_rate"]), units.index(row["hidden_units"])] = row["validation_error"]
    winner = (rates.index(grid.winner["learning_rate"]), units.index(grid.winner["hidden_units"]))
    # An error of 0 has no logarithm.
    shown, label = 100 * np.maximum(errors, 1e-4), _("validation error (%)")
    drawing, axes = _draw_cells(shown, (rates, units), winner, label, LogNorm(), ERRORS, "{:.2f}%")
    _draw_border(units, settings.hidden_units, axes.axvline)
    _draw_border(rates, settings.learning_rates, axes.axhline)
    axes.set(
        title=_("6-2.d: grid search on MNIST, the winner framed"),
        xlabel=_("hidden units"),
        ylabel=_("learning rate"),
    )
    return save_figure(drawing, folders.snapshots / "heat_map.png")


@localized
def draw_objective(oracle, names, path):
    """Save the objective of a search of any `HyperModel` over two of its hyperparameters; return the path.

    Of several trials in a cell the best counts, of those without a finite objective none.

    Args:
        oracle: A tuner's ``oracle``.
        names: The hyperparameter of the rows and that of the columns.
        path: Of the picture.

    Raises:
        InputError: No trial has a finite objective and both hyperparameters.
    """
    objective, scores = oracle.objective, {}
    best = max if objective.direction == "max" else min
    for trial in oracle.trials.values():
        values = declared_values(trial.hyperparameters)
        if trial.status == "COMPLETED" and math.isfinite(trial.score) and set(names) <= set(values):
            place = tuple(values[name] for name in names)
            scores[place] = best(trial.score, scores.get(place, trial.score))
    if not scores:
        message = _("a heat map must have trials with a finite objective and with {names}, received none")
        raise InputError(message.format(names=", ".join(names)))
    rows, columns = (sorted({place[axis] for place in scores}) for axis in (0, 1))
    shown = np.array([[scores.get((row, column), np.nan) for column in columns] for row in rows])
    row, column = best(scores, key=scores.get)
    winner, label = (rows.index(row), columns.index(column)), label_of(objective.name)
    colors = ERRORS if objective.direction == "min" else "Greys"
    drawing, axes = _draw_cells(shown, (rows, columns), winner, label, Normalize(), colors, "{:.4g}")
    axes.set(xlabel=label_of(names[1]), ylabel=label_of(names[0]))
    return save_figure(drawing, path)


def _draw_cells(cells, values, best, label, norm, colors, text):
    """Draw numbers as a grey map, the best one in a frame; return the figure and its axes.

    Args:
        cells: Array [rows, columns], NaN where there is none.
        values: What the rows and the columns stand for.
        best: The place of the best one, which is dark.
        label: Of the numbers.
        norm: Matplotlib's, of their scale.
        colors: Name of Matplotlib's color map.
        text: Format of the number in a cell.
    """
    drawing = figure(max(5.5, 1.6 + 1.2 * cells.shape[1]), 1.6 + 0.8 * cells.shape[0])
    axes = drawing.subplots()
    image = axes.imshow(cells, cmap=colors, norm=norm, aspect="auto", origin="lower")
    bar = drawing.colorbar(image, label=str(label), format="%.3g")
    bar.set_ticks(norm.inverse(np.linspace(0, 1, 4)) if norm.vmin < norm.vmax else [norm.vmin])
    bar.minorticks_off()
    for (row, column), cell in np.ndenumerate(cells):
        if np.isfinite(cell):
            color = "w" if np.mean(image.to_rgba(cell)[:3]) < 0.5 else "k"
            axes.text(column, row, text.format(cell), ha="center", va="center", color=color)
    corner = (best[1] - 0.46, best[0] - 0.46)
    axes.add_patch(Rectangle(corner, 0.92, 0.92, fill=False, edgecolor="w", linewidth=2))
    for axis, some in zip((axes.yaxis, axes.xaxis), values, strict=True):
        axis.set_ticks(range(len(some)), [format_value(value) for value in some])
    return drawing, axes


def _draw_border(values, of_slides, draw_line):
    """Draw a line between the values of an axis that are the slides' and one that was added."""
    for place, (one, other) in enumerate(itertools.pairwise(values)):
        if (one in of_slides) != (other in of_slides):
            draw_line(place + 0.5, color="#d1495b", linestyle="--", linewidth=2.5)


@localized
def draw_samples(rows, winner, settings, folders):
    """Save the validation error of a random search's trials against each hyperparameter; return the path."""
    drawing = figure(11, 3.8)
    drawing.suptitle(_("6-2.e: random search on MNIST, each draw once in each panel (the winner is ringed)"))
    shared = drawing.subplots(1, 3, sharey=True)
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
                label=_("dropout on") if dropout else _("dropout off"),
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
        axes.set_xlabel(label_of(name))
        axes.grid(alpha=0.3)
    label_logarithmic(shared[1].xaxis)
    label_logarithmic(shared[0].yaxis)
    shared[0].set_ylabel(_("validation error (%)"))
    shared[-1].legend()
    return save_figure(drawing, folders.snapshots / "draws.png")


def label_logarithmic(axis):
    """Label a logarithmic axis that spans a decade or so with plain numbers."""
    axis.set_major_locator(LogLocator(subs=(1, 1.5, 2, 3, 5, 7)))
    axis.set_major_formatter("{x:g}")
    axis.set_minor_formatter(NullFormatter())
