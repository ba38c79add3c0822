"""The figure of `compare`: the tables with one search of each kind, and how fast all searches are."""

import numpy as np
from matplotlib.colors import LogNorm

from chapter6.artifacts import save_csv
from chapter6.figures import figure, localized, save_figure
from chapter6.language import Message, _
from chapter6.section_6_2.labels import label_of
from chapter6.section_6_2.search_drawing import label_logarithmic
from chapter6.section_6_2.sweep import LEARNING_RATES, SECOND, SECOND_OF_GRID, best_so_far, distinct

STYLES = (
    {"color": "#d1495b", "linestyle": "-", "marker": "o"},
    {"color": "#1b4f9c", "linestyle": "--", "marker": "s"},
    {"color": "0.45", "linestyle": "-.", "marker": "^"},
)


@localized
def draw(searched, within, folders):
    """Save the figure and its table; return the figure's path.

    Args:
        searched: Mapping from the second hyperparameter to the table of errors and the searches' cells by
            name.
        within: Share above the table's best error that still counts as good.
        folders: `chapter6.artifacts.Folders`.
    """
    drawing = figure(16, 9)
    drawing.suptitle(
        _("6-2.f: grid search against random search, equal budgets (after Bergstra & Bengio 2012)")
    )
    parts = drawing.add_gridspec(2 * len(searched), 3, height_ratios=(1, 2.5) * len(searched))
    table = {}
    for row, (second, (errors, searches)) in enumerate(searched.items()):
        random, grid, _others = searches
        for column, name in enumerate((grid, random)):
            above = drawing.add_subplot(parts[2 * row, column])
            below = drawing.add_subplot(parts[2 * row + 1, column], sharex=above)
            mesh = _draw_search(above, below, second, errors, searches[name][0])
            rates, values = (counts[0, -1] for counts in distinct(searches[name]))
            title = _("{search}: {rates} learning rates, {values} values of {second}").format(
                search=Message(name), rates=rates, values=values, second=label_of(second)
            )
            above.set_title(title, fontsize=11)
        bar = drawing.colorbar(mesh, ax=below, label=str(_("validation error (%)")))
        label_logarithmic(bar.ax.yaxis)
        _draw_speed(drawing.add_subplot(parts[2 * row : 2 * row + 2, 2]), errors, searches, within)
        table |= _table(second, errors, searches)
    save_csv(folders.snapshots / "compare.csv", table)
    return save_figure(drawing, folders.snapshots / "compare.png")


def _table(second, errors, searches):
    """Return the columns of the figure's table for one second hyperparameter."""
    words = second.replace("_", " ")
    table = {"trial": _trials(searches)}
    for name, cells in searches.items():
        best = 100 * best_so_far(errors, cells)
        low, high = np.quantile(best, (0.1, 0.9), axis=0)
        rates, values = distinct(cells)
        table |= {
            f"{words}, {name}: mean best error in %": best.mean(axis=0),
            f"{words}, {name}: 10 %": low,
            f"{words}, {name}: 90 %": high,
            f"{words}, {name}: learning rates tried": rates.mean(axis=0),
            f"{words}, {name}: values of {words} tried": values.mean(axis=0),
        }
    return table


def _trials(searches):
    return np.arange(1, next(iter(searches.values())).shape[1] + 1)


def _draw_speed(axes, errors, searches, within):
    """Draw the mean best error against the trials, and what 10 to 90% of the searches have."""
    trials = _trials(searches)
    for (name, cells), style in zip(searches.items(), STYLES, strict=True):
        best = 100 * best_so_far(errors, cells)
        low, high = np.quantile(best, (0.1, 0.9), axis=0)
        axes.semilogy(trials, best.mean(axis=0), label=Message(name), markersize=4, **style)
        axes.fill_between(trials, low, high, color=style["color"], alpha=0.1)
        for bound in (low, high):
            axes.semilogy(trials, bound, color=style["color"], linestyle=style["linestyle"], linewidth=0.7)
    good = 100 * (1 + within) * errors.min()
    axes.axhline(good, color="black", linewidth=0.8, linestyle=":", label=_("a good value"))
    axes.set(xlabel=_("trials"), ylabel=_("best validation error so far (%)"))
    axes.set_title(_("mean (marked) and 10 to 90% of the searches (thin)"), fontsize=11)
    label_logarithmic(axes.yaxis)
    axes.grid(alpha=0.3, which="both")
    axes.legend()


def _draw_search(above, below, second, errors, cells):
    """Draw the trials of one search on the table, and above it what they learn of the learning rate alone."""
    at_rate, at_second = np.divmod(cells, len(SECOND[second]))
    rates, values, percent = np.array(LEARNING_RATES), np.array(SECOND[second]), 100 * errors
    dots = {"color": "#d1495b", "marker": "o", "linestyle": "", "markeredgecolor": "white", "markersize": 8}
    mesh = below.pcolormesh(rates, values, percent.T, norm=LogNorm(), cmap="Greys", shading="nearest")
    below.plot(rates[at_rate], values[at_second], **dots)
    below.set(xscale="log", yscale="log", xlabel=_("learning rate"), ylabel=label_of(second))
    shown = values[list(SECOND_OF_GRID)]
    below.set_yticks(shown, [f"{value:g}" for value in shown])
    below.minorticks_off()
    best = percent.min(axis=1)
    above.loglog(rates, best, color="black", linewidth=1)
    above.plot(rates[np.unique(at_rate)], best[np.unique(at_rate)], **dots)
    above.vlines(
        rates[np.unique(at_rate)], best.min(), best[np.unique(at_rate)], color="#d1495b", linewidth=0.8
    )
    above.set_ylabel(_("best error of\na rate (%)"))
    label_logarithmic(above.yaxis)
    above.tick_params(labelbottom=False)
    above.grid(alpha=0.3)
    return mesh
