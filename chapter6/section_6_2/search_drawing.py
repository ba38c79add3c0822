"""The figures of `grid` and `random`, and the labels of their logarithmic axes."""

import itertools

import numpy as np
from matplotlib.colors import LogNorm
from matplotlib.patches import Rectangle
from matplotlib.ticker import LogLocator, NullFormatter

from chapter6.figures import figure, localized, save_figure
from chapter6.language import _
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
    drawing = figure(max(5.5, 1.6 + 1.2 * errors.shape[1]), 1.6 + 0.8 * errors.shape[0])
    axes = drawing.subplots()
    # An error of 0 has no logarithm.
    shown = np.maximum(errors, 1e-4)
    image = axes.imshow(100 * shown, cmap=ERRORS, norm=LogNorm(), aspect="auto", origin="lower")
    ticks = 100 * np.geomspace(shown.min(), shown.max(), 4)
    drawing.colorbar(image, label=str(_("validation error (%)")), ticks=ticks, format="%.3g").minorticks_off()
    middle = np.sqrt(shown.min() * shown.max())
    for (row, column), error in np.ndenumerate(errors):
        color = "w" if shown[row, column] < middle else "k"
        axes.text(column, row, f"{error:.2%}", ha="center", va="center", color=color)
    best = (units.index(grid.winner["hidden_units"]), rates.index(grid.winner["learning_rate"]))
    corner = (best[0] - 0.46, best[1] - 0.46)
    axes.add_patch(Rectangle(corner, 0.92, 0.92, fill=False, edgecolor="w", linewidth=2))
    _draw_border(units, settings.hidden_units, axes.axvline)
    _draw_border(rates, settings.learning_rates, axes.axhline)
    axes.set(
        title=_("6-2.d: grid search on MNIST, the winner framed"),
        xlabel=_("hidden units"),
        ylabel=_("learning rate"),
        xticks=range(len(units)),
        xticklabels=units,
        yticks=range(len(rates)),
        yticklabels=[format_value(rate) for rate in rates],
    )
    return save_figure(drawing, folders.snapshots / "heat_map.png")


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
