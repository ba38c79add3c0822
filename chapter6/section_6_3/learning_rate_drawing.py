"""Figure 6-5: gradient descent at four learning rates, and the steps needed at every rate."""

import itertools

import numpy as np

from chapter6.artifacts import save_csv
from chapter6.figures import figure, localized, save_figure
from chapter6.language import _
from chapter6.section_6_3.drawing import draw_objective
from chapter6.section_6_3.objectives import BOWL

STYLES = (
    {"color": "0.5", "marker": "o"},
    {"color": "black", "marker": "s"},
    {"color": "tab:blue", "marker": "^"},
    {"color": "tab:red", "marker": "v"},
)
REGIMES = (_("too small"), _("good"), _("nearly too large"), _("too large"))


@localized
def draw(paths, rates, needed, settings, folders):
    """Save figure 6-5 and its tables.

    Args:
        paths: Array [steps + 1, drawn, 2], the points of each rate that is drawn.
        rates: Array [rates] of the learning rates tried.
        needed: Mapping from a momentum to an array [rates], the steps needed, NaN if the loss stays large.
        settings: The experiment's ``Settings``.
        folders: `Folders` to write to.

    Returns:
        Path of the picture.
    """
    drawing = figure(16, 5)
    drawing.suptitle(_("Figure 6-5: the learning rate, on $f = 0.1\\,x_1^2 + 2\\,x_2^2$"))
    steep, plane, counts = drawing.subplots(1, 3)
    x2 = np.linspace(-3, 3, 101)
    steep.plot(x2, 2 * x2**2, color="0.7", linewidth=3)
    draw_objective(plane, BOWL)
    for k, rate in enumerate(settings.drawn):
        path = paths[:, k]
        style = {**STYLES[k % len(STYLES)], "markersize": 4, "linewidth": 1}
        label = f"{rate:g}"
        if settings.drawn == type(settings).drawn:
            label = _("{rate:g} ({regime})").format(rate=rate, regime=REGIMES[k])
        # Lifted a little one above the other: all of them lie on the one curve.
        steep.plot(path[:, 1], 2 * path[:, 1] ** 2 + 0.7 * k, label=label, **style)
        plane.plot(*path.T, label=label, **style)
    steep.set(
        xlim=(-3.2, 3.2),
        ylim=(-0.5, 20),
        xlabel=_("$x_2$, the steep direction"),
        ylabel=_("loss (curves lifted apart)"),
    )
    steep.legend(title=_("learning rate"), fontsize=8, loc="upper center", framealpha=1)
    plane.plot(*BOWL.start, "o", color="black", markerfacecolor="white", markersize=8, zorder=5)
    plane.set_title(_("{steps} steps from the ring").format(steps=settings.drawn_steps))
    for momentum, style in zip(needed, itertools.cycle(("-", "--", ":", "-.")), strict=False):
        label = _("momentum {momentum:g}").format(momentum=momentum)
        counts.loglog(rates, needed[momentum], linestyle=style, color="black", label=label)
    bound = (1 + min(needed)) / 2
    counts.axvline(bound, color="tab:red", linewidth=1)
    counts.annotate(
        _("bound, momentum {momentum:g}").format(momentum=min(needed)),
        (bound, 0.98),
        xycoords=("data", "axes fraction"),
        xytext=(3, 0),
        textcoords="offset points",
        rotation=90,
        va="top",
        color="tab:red",
    )
    counts.set(
        xlabel=_("learning rate"),
        ylabel=_("steps to a millionth of the loss"),
        title=_("no point: never reached"),
    )
    counts.legend()
    counts.grid(alpha=0.3, which="both")
    _save_tables(paths, rates, needed, settings, folders)
    return save_figure(drawing, folders.snapshots / "figure_6_5.png")


def _save_tables(paths, rates, needed, settings, folders):
    table = {"rate": rates} | {f"steps_momentum_{momentum:g}": count for momentum, count in needed.items()}
    save_csv(folders.snapshots / "steps_needed.csv", table)
    save_csv(
        folders.snapshots / "figure_6_5.csv",
        {"step": range(len(paths))}
        | {
            f"rate_{rate:g}_x{i + 1}": paths[:, k, i] for k, rate in enumerate(settings.drawn) for i in (0, 1)
        },
    )
