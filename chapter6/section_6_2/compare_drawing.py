"""The figure of `compare`: the tables with one search of each kind, and how fast all searches are."""

import numpy as np
from matplotlib.colors import LogNorm

from chapter6 import artifacts
from chapter6.section_6_2.curves import label_logarithmic
from chapter6.section_6_2.sweep import LEARNING_RATES, SECOND, SECOND_OF_GRID, best_so_far, distinct

STYLES = (
    {"color": "#d1495b", "linestyle": "-", "marker": "o"},
    {"color": "#1b4f9c", "linestyle": "--", "marker": "s"},
    {"color": "0.45", "linestyle": "-.", "marker": "^"},
)


def draw(searched, within, folders):
    """Save the figure and its table; return the figure's path.

    Args:
        searched: Mapping from the second hyperparameter to the table of errors and the searches' cells by
            name.
        within: Share above the table's best error that still counts as good.
        folders: `chapter6.artifacts.Folders`.
    """
    figure = artifacts.figure(16, 9)
    figure.suptitle("6-2.f: grid search against random search, equal budgets (after Bergstra & Bengio 2012)")
    parts = figure.add_gridspec(2 * len(searched), 3, height_ratios=(1, 2.5) * len(searched))
    table = {}
    for row, (second, (errors, searches)) in enumerate(searched.items()):
        words = second.replace("_", " ")
        random, grid, _ = searches
        for column, name in enumerate((grid, random)):
            above = figure.add_subplot(parts[2 * row, column])
            below = figure.add_subplot(parts[2 * row + 1, column], sharex=above)
            mesh = _draw_search(above, below, second, errors, searches[name][0])
            rates, values = (counts[0, -1] for counts in distinct(searches[name]))
            above.set_title(f"{name}: {rates} learning rates, {values} values of {words}", fontsize=11)
        label_logarithmic(figure.colorbar(mesh, ax=below, label="validation error in %").ax.yaxis)
        speed = figure.add_subplot(parts[2 * row : 2 * row + 2, 2])
        trials = np.arange(1, searches[name].shape[1] + 1)
        table["trial"] = trials
        for (name, cells), style in zip(searches.items(), STYLES, strict=True):
            best = 100 * best_so_far(errors, cells)
            low, high = np.quantile(best, (0.1, 0.9), axis=0)
            speed.semilogy(trials, best.mean(axis=0), label=name, markersize=4, **style)
            speed.fill_between(trials, low, high, color=style["color"], alpha=0.1)
            for bound in (low, high):
                speed.semilogy(
                    trials, bound, color=style["color"], linestyle=style["linestyle"], linewidth=0.7
                )
            rates, values = distinct(cells)
            table |= {
                f"{words}, {name}: mean best error in %": best.mean(axis=0),
                f"{words}, {name}: 10 %": low,
                f"{words}, {name}: 90 %": high,
                f"{words}, {name}: learning rates tried": rates.mean(axis=0),
                f"{words}, {name}: values of {words} tried": values.mean(axis=0),
            }
        good = 100 * (1 + within) * errors.min()
        speed.axhline(good, color="black", linewidth=0.8, linestyle=":", label="a good value")
        speed.set(xlabel="trials", ylabel="best validation error so far in %")
        speed.set_title("mean (marked) and 10 to 90 % of the searches (thin)", fontsize=11)
        label_logarithmic(speed.yaxis)
        speed.grid(alpha=0.3, which="both")
        speed.legend()
    artifacts.save_csv(folders.snapshots / "compare.csv", table)
    return artifacts.save_figure(figure, folders.snapshots / "compare.png")


def _draw_search(above, below, second, errors, cells):
    """Draw the trials of one search on the table, and above it what they learn of the learning rate alone."""
    at_rate, at_second = np.divmod(cells, len(SECOND[second]))
    rates, values, percent = np.array(LEARNING_RATES), np.array(SECOND[second]), 100 * errors
    dots = {"color": "#d1495b", "marker": "o", "linestyle": "", "markeredgecolor": "white", "markersize": 8}
    mesh = below.pcolormesh(rates, values, percent.T, norm=LogNorm(), cmap="Greys", shading="nearest")
    below.plot(rates[at_rate], values[at_second], **dots)
    below.set(xscale="log", yscale="log", xlabel="learning rate", ylabel=second.replace("_", " "))
    shown = values[list(SECOND_OF_GRID)]
    below.set_yticks(shown, [f"{value:g}" for value in shown])
    below.minorticks_off()
    best = percent.min(axis=1)
    above.loglog(rates, best, color="black", linewidth=1)
    above.plot(rates[np.unique(at_rate)], best[np.unique(at_rate)], **dots)
    above.vlines(
        rates[np.unique(at_rate)], best.min(), best[np.unique(at_rate)], color="#d1495b", linewidth=0.8
    )
    above.set_ylabel("best error of\na rate in %")
    label_logarithmic(above.yaxis)
    above.tick_params(labelbottom=False)
    above.grid(alpha=0.3)
    return mesh
