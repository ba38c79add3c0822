"""What the figures of section 6-3 share: objectives, paths, loss curves and typeset algorithm boxes."""

import numpy as np

from chapter6.artifacts import save_csv
from chapter6.figures import figure, localized, save_figure
from chapter6.language import N_, _, translate

# The labels of the algorithm boxes.
LABELS = (N_("Require"), N_("Start"), N_("Repeat"))


def draw_objective(axes, objective, points=161):
    """Draw the level lines of an objective in grey, and its minima as white crosses."""
    left, right, lower, upper = objective.view
    x1, x2 = np.meshgrid(np.linspace(left, right, points), np.linspace(lower, upper, points))
    height = np.log10(objective.loss(x1, x2) + 1e-3)
    axes.contourf(x1, x2, height, levels=16, cmap="Greys_r", alpha=0.45)
    axes.contour(x1, x2, height, levels=16, colors="0.6", linewidths=0.4, linestyles="solid")
    axes.plot(
        *np.transpose(objective.minima), "x", color="white", markersize=9, markeredgewidth=2.5, zorder=4
    )
    axes.set(xlim=(left, right), ylim=(lower, upper), xlabel="$x_1$", ylabel="$x_2$")


def draw_path(axes, path, line, label=None, marks=12):
    """Draw the points of a run [steps + 1, 2] as a line with about `marks` markers, its start as a ring."""
    axes.plot(*path.T, label=label, markevery=max(1, len(path) // marks), **line)
    axes.plot(*path[0], "o", color="black", markerfacecolor="white", markersize=7, zorder=5)


def draw_losses(axes, losses, line, label=None, floor=1e-10, marks=10):
    """Draw a loss [steps + 1] against the step on a logarithmic scale, cut off at `floor`."""
    axes.semilogy(np.maximum(losses, floor), label=label, markevery=max(1, len(losses) // marks), **line)
    axes.set(xlabel=_("step"), ylabel=_("loss"))
    axes.grid(alpha=0.3)


def draw_box(axes, title, box):
    """Typeset an algorithm box.

    Args:
        axes: Where; ticks and scales are taken away.
        title: The line above the box.
        box: Pairs (label, formula), a line each, as `chapter6.optimizers.algorithm_box` returns them.
    """
    axes.set(xlim=(0, 1), ylim=(len(box) + 0.2, -1.4), xticks=[], yticks=[])
    axes.text(0.04, -0.7, title, fontsize=15, fontweight="bold", va="center")
    axes.axhline(-0.15, color="black", linewidth=1)
    for line, (label, formula) in enumerate(box):
        axes.text(0.04, line + 0.45, translate(label), fontsize=11, va="center", style="italic")
        # Fractions at full size; mathtext would set them small, as within a line of text.
        axes.text(0.19, line + 0.45, formula.replace(r"\frac", r"\dfrac"), fontsize=13, va="center")


@localized
def save_algorithm(path, figure_number, spec, box, objectives, runs):
    """Save the figure of one algorithm: its box, its path on every objective, its losses; and the CSV beside.

    Args:
        path: The PNG.
        figure_number: The slide's, as ``6-6``.
        spec: An `OptimizerSpec`.
        box: Pairs (label, formula).
        objectives: Sequence of `ObjectiveFunction`.
        runs: Sequence of `Run`, one for each objective.

    Returns:
        The path.
    """
    drawing = figure(19, 7.5)
    grid = drawing.add_gridspec(2, len(objectives) + 1, width_ratios=[1.75] + [1] * len(objectives))
    title = _("Figure {number}: {optimizer}")
    draw_box(drawing.add_subplot(grid[:, 0]), title.format(number=figure_number, optimizer=_(spec.name)), box)
    for column, (objective, run) in enumerate(zip(objectives, runs, strict=True), start=1):
        above = drawing.add_subplot(grid[0, column])
        draw_objective(above, objective)
        draw_path(above, run.path, spec.line)
        above.set_title(f"{translate(objective.name)}\n{objective.formula}", fontsize=11)
        below = drawing.add_subplot(grid[1, column])
        draw_losses(below, run.losses, spec.line)
        result = _("learning rate {rate:.2g}\nfinal loss {loss:.1e}")
        below.set_title(result.format(rate=run.rate, loss=run.losses[-1]), fontsize=11)
    columns = {"step": range(len(runs[0].losses))}
    for objective, run in zip(objectives, runs, strict=True):
        columns |= {
            f"{objective.name} x1": run.path[:, 0],
            f"{objective.name} x2": run.path[:, 1],
            f"{objective.name} loss": run.losses,
        }
    save_csv(path.with_suffix(".csv"), columns)
    return save_figure(drawing, path)
