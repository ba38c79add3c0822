"""The figure of `compare`: one search of each kind on the table, and how fast all searches are."""

import numpy as np
from matplotlib.colors import LogNorm

from chapter6.artifacts import save_csv
from chapter6.figures import figure, localized, save_figure
from chapter6.language import Message, _
from chapter6.section_6_2.labels import label_of
from chapter6.section_6_2.search_drawing import ERRORS, label_logarithmic
from chapter6.section_6_2.sweep import LEARNING_RATES, SECOND, SECOND_OF_GRID, distinct

STYLES = (
    {"color": "#d1495b", "linestyle": "-", "marker": "o"},
    {"color": "#1b4f9c", "linestyle": "--", "marker": "s"},
    {"color": "0.45", "linestyle": "-.", "marker": "^"},
)


@localized
def draw(compared, folders):
    """Save the figure and its table; return the figure's path.

    Args:
        compared: Mapping from the second hyperparameter to the `Comparison` of its table; the first is drawn.
        folders: `chapter6.artifacts.Folders`.
    """
    drawing = figure(11, 8.5)
    drawing.suptitle(_("6-2.f: grid search against random search (after Bergstra & Bengio 2012)"))
    second, comparison = next(iter(compared.items()))
    fewest = min(comparison.searches)
    searches = comparison.searches[fewest]
    panels = drawing.subplots(2, 2)
    random, grid, _others = searches
    for axes, name, style in ((panels[0, 0], grid, STYLES[1]), (panels[0, 1], random, STYLES[0])):
        # The first search of each kind, which is among the networks of the first seed
        mesh = _draw_search(axes, second, comparison.errors[0], searches[name][0], style)
        rates, values = (counts[0, -1] for counts in distinct(searches[name]))
        title = _("{search}: {rates} learning rates, {values} values of {second}")
        axes.set_title(
            title.format(search=Message(name), rates=rates, values=values, second=label_of(second)),
            fontsize=10,
        )
    bar = drawing.colorbar(mesh, ax=panels[0, 1], label=str(_("validation error (%)")))
    label_logarithmic(bar.ax.yaxis)
    _draw_found(panels[1, 0], comparison.good, searches, fewest)
    _draw_hyperparameters(panels[1, 1], comparison)
    save_csv(folders.snapshots / "compare.csv", _table(compared))
    return save_figure(drawing, folders.snapshots / "compare.png")


def _table(compared):
    """Return the figure's table: the share of searches that have a good value after each trial."""
    names = ("second hyperparameter", "hyperparameters", "search", "trial", "good value found in %")
    table = {name: [] for name in names}
    for second, comparison in compared.items():
        for count, searches in comparison.searches.items():
            for name, cells in searches.items():
                for trial, share in enumerate(_found(comparison.good, cells), start=1):
                    row = (second.replace("_", " "), count, name, trial, share)
                    for column, entry in zip(table.values(), row, strict=True):
                        column.append(entry)
    return table


def _found(good, cells):
    """Return the share of searches in % that have found a good value after each trial."""
    return 100 * np.logical_or.accumulate(good.ravel()[cells], axis=1).mean(axis=0)


def _draw_found(axes, good, searches, hyperparameters):
    for (name, cells), style in zip(searches.items(), STYLES, strict=True):
        found = _found(good, cells)
        axes.plot(range(1, len(found) + 1), found, label=Message(name), markersize=4, **style)
    axes.set(
        title=_("{count} hyperparameters").format(count=hyperparameters),
        xlabel=_("trials"),
        ylabel=_("searches with a good value (%)"),
        ylim=(0, 105),
    )
    axes.grid(alpha=0.3)
    axes.legend()


def _draw_hyperparameters(axes, comparison):
    counts = list(comparison.searches)
    for name, style in zip(comparison.searches[counts[0]], STYLES, strict=True):
        means = [comparison.until_good[count][name].mean() for count in counts]
        axes.semilogy(counts, means, label=Message(name), **style)
    trials = [next(iter(comparison.searches[count].values())).shape[1] for count in counts]
    axes.semilogy(counts, trials, ":", color="black", label=_("all trials of a grid"))
    axes.set(
        title=_("all but two of them irrelevant"),
        xlabel=_("hyperparameters"),
        ylabel=_("mean trials until a good value"),
        xticks=counts,
    )
    axes.grid(alpha=0.3, which="both")
    axes.legend()


def _draw_search(axes, second, errors, cells, style):
    """Draw the trials of one search on the table."""
    at_rate, at_second = np.divmod(cells, len(SECOND[second]))
    rates, values = np.array(LEARNING_RATES), np.array(SECOND[second])
    mesh = axes.pcolormesh(rates, values, 100 * errors.T, norm=LogNorm(), cmap=ERRORS, shading="nearest")
    axes.plot(
        rates[at_rate],
        values[at_second],
        color=style["color"],
        marker=style["marker"],
        linestyle="",
        markeredgecolor="white",
        markersize=9,
    )
    axes.set(xscale="log", yscale="log", xlabel=_("learning rate"), ylabel=label_of(second))
    shown = values[list(SECOND_OF_GRID)]
    axes.set_yticks(shown, [f"{value:g}" for value in shown])
    axes.minorticks_off()
    return mesh
