"""What the figures of section 6-3 share: objectives, paths, loss curves and typeset algorithm boxes."""

import itertools

import numpy as np

from chapter6.artifacts import save_csv
from chapter6.figures import figure, localized, save_figure
from chapter6.language import N_, _, translate

# The labels of the algorithm boxes.
LABELS = (N_("Require"), N_("Start"), N_("Repeat"))
# Style and marker of the loss on each objective.
LOSS_LINES = (("-", "o"), ("--", "s"), (":", "^"), ("-.", "v"))


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
    heights = [1.9 if r"\frac" in formula else 1 for _label, formula in box]
    axes.set(xlim=(0, 1), ylim=(sum(heights) + 0.1, -1.1), xticks=[], yticks=[])
    axes.text(0.03, -0.6, title, fontsize=13, fontweight="bold", va="center")
    axes.axhline(-0.15, color="black", linewidth=1)
    for bottom, height, (label, formula) in zip(itertools.accumulate(heights), heights, box, strict=True):
        middle = bottom - height / 2
        axes.text(0.03, middle, translate(label), fontsize=10, va="center", style="italic")
        # Fractions at full size; mathtext would set them small, as within a line of text.
        axes.text(0.17, middle, formula.replace(r"\frac", r"\dfrac"), fontsize=11.5, va="center")


@localized
def save_algorithm(path, figure_number, spec, box, objectives, runs):
    """Save the figure of one algorithm: its box, its losses, its paths on two objectives; and the CSV beside.

    Args:
        path: The PNG.
        figure_number: The slide's, as ``6-6``.
        spec: An `OptimizerSpec`.
        box: Pairs (label, formula).
        objectives: Sequence of `ObjectiveFunction`; the paths on the first two are drawn.
        runs: Sequence of `Run`, one for each objective.

    Returns:
        The path.
    """
    drawing = figure(10, 7.5)
    (text, losses), paths = drawing.subplots(2, 2)
    title = _("Figure {number}: {optimizer}")
    draw_box(text, title.format(number=figure_number, optimizer=_(spec.name)), box)
    for objective, run, (style, marker) in zip(objectives, runs, LOSS_LINES, strict=True):
        line = {"color": spec.line["color"], "linestyle": style, "marker": marker, "markersize": 5}
        draw_losses(losses, run.losses, line, label=translate(objective.name))
    losses.legend(title=_("loss function"), ncols=2, loc="upper right")
    losses.set_ylim(top=1e7)
    for axes, objective, run in zip(paths, objectives, runs, strict=False):
        draw_objective(axes, objective)
        draw_path(axes, run.path, spec.line)
        result = _("learning rate {rate:.2g}, final loss {loss:.1e}")
        result = result.format(rate=run.rate, loss=run.losses[-1])
        axes.set_title(f"{translate(objective.name)}: {objective.formula}\n{result}", fontsize=10)
    columns = {"step": range(len(runs[0].losses))}
    for objective, run in zip(objectives, runs, strict=True):
        columns |= {
            f"{objective.name} x1": run.path[:, 0],
            f"{objective.name} x2": run.path[:, 1],
            f"{objective.name} loss": run.losses,
        }
    save_csv(path.with_suffix(".csv"), columns)
    return save_figure(drawing, path)
