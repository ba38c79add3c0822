"""Figure 6-5: gradient descent at several learning rates, and the steps needed at every rate."""

import itertools

import numpy as np

from chapter6.artifacts import save_csv
from chapter6.figures import figure, localized, save_figure
from chapter6.language import _

COLUMNS = 4
REGIMES = (_("too small"), _("good"), _("nearly too large"), _("too large"))


@localized
def draw_figure(paths, settings, folders):
    """Save figure 6-5, a panel for each learning rate, and its table.

    Args:
        paths: Array [steps + 1, drawn, 2], the points of each rate that is drawn.
        settings: The experiment's ``Settings``.
        folders: `Folders` to write to.

    Returns:
        Path of the picture.
    """
    rates = settings.drawn
    rows = -(-len(rates) // COLUMNS)
    drawing = figure(10, 0.6 + 2.7 * rows)
    drawing.suptitle(_("Figure 6-5: the learning rate, on the steep direction of the bowl, $2\\,x_2^2$"))
    panels = drawing.subplots(rows, min(COLUMNS, len(rates)), sharex=True, sharey=True, squeeze=False)
    x2 = np.linspace(-3, 3, 101)
    for k, (axes, rate) in enumerate(itertools.zip_longest(panels.flat, rates)):
        if rate is None:
            axes.remove()
            continue
        steep = paths[:, k, 1]
        axes.plot(x2, 2 * x2**2, color="0.7", linewidth=3)
        axes.plot(steep, 2 * steep**2, color="black", marker="o", markersize=4, linewidth=1)
        axes.plot(steep[0], 2 * steep[0] ** 2, "o", color="black", markerfacecolor="white", markersize=9)
        title = f"{rate:g}"
        if rates == type(settings).drawn:
            title = _("{rate:g}: {regime}").format(rate=rate, regime=REGIMES[k])
        axes.set(xlim=(-3.2, 3.2), ylim=(-0.5, 20), title=title)
    for axes in panels[-1]:
        axes.set_xlabel("$x_2$")
    for axes in panels[:, 0]:
        axes.set_ylabel(_("loss"))
    columns = {f"rate_{rate:g}_x{i + 1}": paths[:, k, i] for k, rate in enumerate(rates) for i in (0, 1)}
    save_csv(folders.snapshots / "figure_6_5.csv", {"step": range(len(paths))} | columns)
    return save_figure(drawing, folders.snapshots / "figure_6_5.png")


@localized
def draw_needed(rates, needed, folders):
    """Save the picture of the steps needed at every learning rate, and its table.

    Args:
        rates: Array [rates] of the learning rates tried.
        needed: Mapping from a momentum to an array [rates], the steps needed, NaN if the loss stays large.
        folders: `Folders` to write to.

    Returns:
        Path of the picture.
    """
    drawing = figure(8, 4.5)
    axes = drawing.subplots()
    for momentum, style in zip(needed, itertools.cycle(("-", "--", ":", "-.")), strict=False):
        label = _("momentum {momentum:g}").format(momentum=momentum)
        axes.loglog(rates, needed[momentum], linestyle=style, color="black", label=label)
    bound = (1 + min(needed)) / 2
    axes.axvline(bound, color="tab:red", linewidth=1)
    axes.annotate(
        _("bound, momentum {momentum:g}").format(momentum=min(needed)),
        (bound, 0.98),
        xycoords=("data", "axes fraction"),
        xytext=(3, 0),
        textcoords="offset points",
        rotation=90,
        va="top",
        color="tab:red",
    )
    axes.set(
        xlabel=_("learning rate"),
        ylabel=_("steps to a millionth of the loss"),
        title=_("6-3.a: gradient descent with and without momentum"),
    )
    axes.legend()
    axes.grid(alpha=0.3, which="both")
    table = {"rate": rates} | {f"steps_momentum_{momentum:g}": count for momentum, count in needed.items()}
    save_csv(folders.snapshots / "steps_needed.csv", table)
    return save_figure(drawing, folders.snapshots / "steps_needed.png")
