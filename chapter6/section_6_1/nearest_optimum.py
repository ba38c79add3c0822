"""Where gradient descent ends, from many starting points on losses with several optima.

Slide: 6-1, figure 6-3, claim b.

One dimension: random losses, a shallow bowl plus sine waves; the first of them is drawn. Two dimensions:
Himmelblau's function, which has four optima. Gradient descent runs from a grid of starting points, all at
once, with steps too small to jump a barrier. Measured: the share of points that end in the optimum nearest
to them, beside the share that would if start and end were unrelated, and the same for points nearer to an
optimum and farther from it.
"""

from dataclasses import dataclass

import numpy as np

from chapter6 import artifacts
from chapter6.experiment import Finding, Verdict, setting
from chapter6.section_6_1.output import styled

CLAIM = "6-1.b"
SENTENCE = "An initial point near a local optimum tends to converge to that nearest one (figure 6-3)."


@dataclass(frozen=True)
class Settings:
    """The losses, the starting points and the steps."""

    losses: int = setting(100, "random losses in one dimension", minimum=10, quick=20)
    points: int = setting(401, "starting points on each of them", minimum=50, quick=101)
    side: int = setting(161, "starting points along each side, in two dimensions", minimum=20, quick=61)
    steps: int = setting(1500, "steps; enough for all but a few points", minimum=1)
    learning_rate: float = setting(0.02, "in one dimension, where curvatures are about 10", above=0)
    learning_rate_2d: float = setting(0.002, "on Himmelblau's function, where they reach 300", above=0)
    seed: int = setting(0, "the random losses are a function of it", minimum=0)


WAVES = 6
# Starting points lie from -5 to 5 in each coordinate.
HALF_WIDTH = 5.0
# Himmelblau's function is 0 at these four points and positive elsewhere.
HIMMELBLAU_OPTIMA = ((3.0, 2.0), (-2.805118, 3.131313), (-3.779310, -3.283186), (3.584428, -1.848127))
# A point has arrived when it is this near to an optimum.
ARRIVED = 0.05
# Distance to the nearest optimum over distance to the second nearest.
BINS = (0.0, 0.2, 0.4, 0.6, 0.8, 1.0)


@dataclass(frozen=True)
class Descents:
    """Starting points on one loss; the numbers of the optima where they end, and of those nearest to them."""

    starts: object
    optima: object
    ends: object
    nearest: object
    relative_distance: object

    def share_nearest(self):
        return (self.ends == self.nearest).mean()

    def share_by_chance(self):
        """Return the share that would end in the nearest optimum if the ends were dealt out at random."""
        return sum((self.ends == i).mean() * (self.nearest == i).mean() for i in range(len(self.optima)))


def run(settings, folders):
    """Descend from all points and see where they end."""
    from chapter6.event_files import event_file, write_scalars
    from chapter6.section_6_1.descent import descend, random_waves

    curves, heights = _descend_in_one_dimension(descend, random_waves, settings)
    plane = _descend_on_himmelblau(descend, settings)
    shares = np.array([curve.share_nearest() for curve in curves])
    chances = np.array([curve.share_by_chance() for curve in curves])
    share, chance = plane.share_nearest(), plane.share_by_chance()
    by_distance = {"one dimension": _by_distance(curves), "Himmelblau": _by_distance([plane])}
    picture = _draw(curves[0], heights, plane, by_distance, folders)
    for name, values in by_distance.items():
        with event_file(folders.snapshots, name):
            write_scalars("share_in_nearest_optimum", values)

    holds = (
        shares.mean() > chances.mean() and share > chance,
        all(near > far for (near, *_, far) in by_distance.values()),
    )
    verdict = Verdict.of(holds)
    lost = np.mean([curve.ends < 0 for curve in curves])
    (near, *_, far), (near_2d, *_, far_2d) = by_distance.values()
    measured = (
        f"End in the nearest optimum: in one dimension {shares.mean():.0%} of the points (standard deviation "
        f"{shares.std(ddof=1):.0%} over {len(curves)} random losses; by chance {chances.mean():.0%}; "
        f"{lost:.1%} still on the way), on Himmelblau's function {share:.0%} (by chance {chance:.0%}). Of "
        f"the points nearest to an optimum {near:.0%} and {near_2d:.0%}, of those almost midway between two "
        f"{far:.0%} and {far_2d:.0%}."
    )
    numbers = {
        "share, one dimension": shares.mean(),
        "share's standard deviation, one dimension": shares.std(ddof=1),
        "share by chance, one dimension": chances.mean(),
        "share, Himmelblau": share,
        "share by chance, Himmelblau": chance,
    }
    return Finding(verdict, measured, (picture,), numbers)


def _descend_in_one_dimension(descend, random_waves, settings):
    """Return the descents on each random loss, and the first loss as a table of x and f(x)."""
    rng = np.random.default_rng(settings.seed)
    amplitude = rng.uniform(0, 1, (WAVES, settings.losses, 1)).astype(np.float32)
    frequency = rng.uniform(0.5, 3, (WAVES, settings.losses, 1)).astype(np.float32)
    phase = rng.uniform(0, 2 * np.pi, (WAVES, settings.losses, 1)).astype(np.float32)

    loss = random_waves(amplitude, frequency, phase)
    line = np.linspace(-HALF_WIDTH, HALF_WIDTH, settings.points, dtype=np.float32)
    starts = np.tile(line, (settings.losses, 1))
    ends = descend(loss, starts, settings.learning_rate, settings.steps)
    # Twice the width: a point may leave the interval in which it starts.
    fine = np.linspace(-2 * HALF_WIDTH, 2 * HALF_WIDTH, 4001, dtype=np.float32)
    heights = loss(np.tile(fine, (settings.losses, 1))).numpy()
    lowest = (heights[:, 1:-1] < heights[:, :-2]) & (heights[:, 1:-1] < heights[:, 2:])
    curves = [
        _assigned(starts[row][:, None], ends[row][:, None], fine[1:-1][lowest[row]][:, None])
        for row in range(settings.losses)
    ]
    return curves, (fine, heights[0])


def _descend_on_himmelblau(descend, settings):
    def loss(point):
        x, y = point[:, 0], point[:, 1]
        # f(x, y) = (x^2 + y - 11)^2 + (x + y^2 - 7)^2
        return (x**2 + y - 11) ** 2 + (x + y**2 - 7) ** 2

    side = np.linspace(-HALF_WIDTH, HALF_WIDTH, settings.side)
    starts = np.stack(np.meshgrid(side, side), axis=-1).reshape(-1, 2)
    ends = descend(loss, starts, settings.learning_rate_2d, settings.steps)
    return _assigned(starts, ends, np.array(HIMMELBLAU_OPTIMA))


def _assigned(starts, ends, optima):
    """Return the `Descents` of starts and ends [points, dimensions], given the optima [k, dimensions]."""

    def distances(points):
        return np.linalg.norm(points[:, None] - optima, axis=-1)

    from_end, from_start = distances(ends), distances(starts)
    arrived = np.where(from_end.min(axis=1) < ARRIVED, from_end.argmin(axis=1), -1)
    ordered = np.sort(from_start, axis=1)
    relative = ordered[:, 0] / ordered[:, 1] if len(optima) > 1 else np.zeros(len(starts))
    return Descents(starts, optima, arrived, from_start.argmin(axis=1), relative)


def _by_distance(descents):
    """Return the share that ends in the nearest optimum, for each of `BINS`."""
    several = [each for each in descents if len(each.optima) > 1]
    relative = np.concatenate([each.relative_distance for each in several])
    right = np.concatenate([each.ends == each.nearest for each in several])
    number = np.digitize(relative, BINS[1:-1])
    return [right[number == i].mean() for i in range(len(BINS) - 1)]


def _draw(curve, heights, plane, by_distance, folders):
    figure = artifacts.figure(14, 4.8)
    figure.suptitle("Figure 6-3 (6-1.b): where gradient descent ends, and the optimum nearest to its start")
    line, square, shares = figure.subplots(1, 3)

    _draw_line(line, curve, heights)
    _draw_square(square, plane)
    styled(shares)
    middle = [(a + b) / 2 for a, b in zip(BINS[:-1], BINS[1:], strict=True)]
    for name, values in by_distance.items():
        shares.plot(middle, values, label=name)
    shares.set(
        xlabel="distance to the nearest optimum / to the next",
        ylabel="share that ends in the nearest optimum",
        ylim=(0, 1.03),
        xlim=(0, 1),
        title="the nearer, the surer",
    )
    shares.legend()
    _save_tables(curve, heights, plane, middle, by_distance, folders)
    return artifacts.save_figure(figure, folders.snapshots / "figure_6_3.png")


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
    axes.plot(curve.starts[elsewhere, 0], at[elsewhere], "o", label="not in the nearest", **ring)
    shown = np.abs(x) < 1.05 * HALF_WIDTH
    axes.set(
        xlabel="start x; the mark tells in which optimum (star) it ends",
        ylabel="loss f(x)",
        xlim=(-1.05 * HALF_WIDTH, 1.05 * HALF_WIDTH),
        ylim=(y[shown].min() - 0.5, y[shown].max() + 0.5),
        title="one dimension, one of the random losses",
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
    for number, place in enumerate(plane.optima):
        axes.plot(*place, "*", color="white", markeredgecolor="black", markersize=15)
        axes.annotate(str(number + 1), place, xytext=(7, 7), textcoords="offset points")
    axes.set(
        xlabel="start x; the shade tells in which optimum it ends,\nthe lines which one is nearest",
        ylabel="start y",
        title="two dimensions, Himmelblau's function",
    )


def _save_tables(curve, heights, plane, middle, by_distance, folders):
    artifacts.save_csv(
        folders.snapshots / "figure_6_3_himmelblau.csv",
        {
            "x": plane.starts[:, 0],
            "y": plane.starts[:, 1],
            "ends in": plane.ends + 1,
            "nearest": plane.nearest + 1,
        },
    )
    artifacts.save_csv(
        folders.snapshots / "figure_6_3_one_dimension.csv",
        {
            "x": curve.starts[:, 0],
            "f(x)": np.interp(curve.starts[:, 0], *heights),
            "ends in": curve.ends + 1,
            "nearest": curve.nearest + 1,
        },
    )
    artifacts.save_csv(
        folders.snapshots / "figure_6_3_shares.csv", {"relative distance": middle, **by_distance}
    )
