"""Figure 6-3: the optimum in which gradient descent ends, and the nearest one."""

import numpy as np

from chapter6.artifacts import save_csv
from chapter6.figures import figure, localized, save_figure
from chapter6.language import _, translate
from chapter6.section_6_1.basins import HALF_WIDTH
from chapter6.section_6_1.drawing import styled


@localized
def draw(curve, heights, plane, middles, by_distance, folders):
    """Save figure 6-3 and its tables.

    Args:
        curve: `Descents` on one of the random losses.
        heights: That loss as a pair of arrays, x and f(x).
        plane: `Descents` on Himmelblau's function.
        middles: Middles of the intervals of relative distance.
        by_distance: Mapping from a name to the share that ends in the nearest optimum, for each interval.
        folders: `Folders` to write to.

    Returns:
        Path of the picture.
    """
    drawing = figure(10, 8.5)
    drawing.suptitle(
        _("Figure 6-3 (6-1.b): where gradient descent ends, and the optimum nearest to its start")
    )
    panels = drawing.subplot_mosaic([["line", "line"], ["square", "shares"]])
    line, square, shares = panels.values()

    _draw_line(line, curve, heights)
    _draw_square(square, plane)
    styled(shares)
    for name, values in by_distance.items():
        shares.plot(middles, values, label=translate(name))
    shares.set(
        xlabel=_("distance to the nearest optimum / to the second nearest"),
        ylabel=_("share that ends in the nearest optimum"),
        ylim=(0, 1.03),
        xlim=(0, 1),
        title=_("the closer, the more often"),
    )
    shares.legend()
    _save_tables(curve, heights, plane, middles, by_distance, folders)
    return save_figure(drawing, folders.snapshots / "figure_6_3.png")


def _draw_line(axes, curve, heights):
    x, y = heights
    at = np.interp(curve.starts[:, 0], x, y)
    axes.plot(x, y, color="0.6", linewidth=1)
    styled(axes)
    for number, optimum in enumerate(curve.optima[:, 0]):
        of_basin = curve.ends == number
        if of_basin.any():
            (points,) = axes.plot(curve.starts[of_basin, 0], at[of_basin], linestyle="none", markevery=3)
            star = {"color": points.get_color(), "markeredgecolor": "black", "markersize": 15}
            axes.plot(optimum, np.interp(optimum, x, y), "*", **star)
    elsewhere = (curve.ends != curve.nearest) & (curve.ends >= 0)
    ring = {"color": "none", "markeredgecolor": "0.2", "markersize": 10}
    axes.plot(curve.starts[elsewhere, 0], at[elsewhere], "o", label=_("not in the nearest"), **ring)
    # Every twelfth start: the negative gradient, its direction only.
    few = slice(None, None, len(curve.starts) // 33)
    ahead = 0.45 * np.sign(curve.downhill[few, 0])
    for start, height, step in zip(curve.starts[few, 0], at[few], ahead, strict=True):
        arrow = {"arrowstyle": "->", "color": "black", "linewidth": 1.3}
        axes.annotate("", (start + step, height), (start, height), arrowprops=arrow)
    shown = np.abs(x) < 1.05 * HALF_WIDTH
    axes.set(
        xlabel=_("start x; the mark shows in which optimum (star) it ends"),
        ylabel=_("loss f(x)"),
        xlim=(-1.05 * HALF_WIDTH, 1.05 * HALF_WIDTH),
        ylim=(y[shown].min() - 0.5, y[shown].max() + 0.5),
        title=_("one dimension, one of the random losses"),
    )
    axes.legend()


def _draw_square(axes, plane):
    side = round(len(plane.starts) ** 0.5)
    shape, window = (side, side), (-HALF_WIDTH, HALF_WIDTH)
    shades = {"cmap": "viridis", "vmin": -1, "vmax": 4, "alpha": 0.7}
    axes.imshow(plane.ends.reshape(shape), origin="lower", extent=window * 2, **shades)
    axis = np.linspace(*window, side)
    nearest = plane.nearest.reshape(shape)
    for number in range(len(plane.optima)):
        axes.contour(axis, axis, nearest == number, levels=[0.5], colors="black", linewidths=1)
    every = slice(side // 20, None, side // 10)
    few = np.arange(len(plane.starts)).reshape(shape)[every, every].ravel()
    length = np.linalg.norm(plane.downhill[few], axis=1, keepdims=True)
    axes.quiver(*plane.starts[few].T, *(plane.downhill[few] / length).T, scale=18, width=0.006)
    for number, place in enumerate(plane.optima):
        axes.plot(*place, "*", color="white", markeredgecolor="black", markersize=15)
        box = {"boxstyle": "circle,pad=0.2", "color": "white"}
        axes.annotate(str(number + 1), place, xytext=(9, 9), textcoords="offset points", bbox=box)
    axes.set(
        xlabel=_("start x; the shade shows in which optimum it ends,\nthe lines which one is nearest"),
        ylabel=_("start y"),
        title=_("two dimensions, Himmelblau's function"),
    )


def _save_tables(curve, heights, plane, middles, by_distance, folders):
    save_csv(
        folders.snapshots / "figure_6_3_himmelblau.csv",
        {
            "x": plane.starts[:, 0],
            "y": plane.starts[:, 1],
            "ends in": plane.ends + 1,
            "nearest": plane.nearest + 1,
        },
    )
    save_csv(
        folders.snapshots / "figure_6_3_one_dimension.csv",
        {
            "x": curve.starts[:, 0],
            "f(x)": np.interp(curve.starts[:, 0], *heights),
            "ends in": curve.ends + 1,
            "nearest": curve.nearest + 1,
        },
    )
    save_csv(folders.snapshots / "figure_6_3_shares.csv", {"relative distance": middles, **by_distance})
