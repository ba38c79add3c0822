"""Steps to train deep linear networks of depth 2 to 100, by initializer.

Slide: 6-1, claim e.

A linear network of L square kernels and one that maps to the outputs learns a random linear map by
full-batch gradient descent on white inputs, so that the loss is the squared distance of the kernels'
product from the map. Counted are the steps until the loss has fallen to 1 % of what the output zero gives.
As in Saxe et al. each initializer gets the best of several learning rates at every depth; all of them are
proportional to 1/L, as the gradient grows with L. Orthogonal kernels (gain 1) are compared with equation
6-3 and with N(0, 1/m), which for square kernels have the same variance. Independent of depth means here
that no depth takes twice as many steps as another.
"""

from dataclasses import dataclass, replace

import numpy as np

from chapter6 import artifacts
from chapter6.experiment import Finding, Verdict, ascending, setting
from chapter6.section_6_1.output import styled

CLAIM = "6-1.e"
SENTENCE = (
    "With orthogonal initial weights, a deep linear network's training steps do not depend on its depth."
)


@dataclass(frozen=True)
class Settings:
    """The networks and the descent."""

    depths: tuple[int, ...] = setting(
        (2, 5, 10, 20, 50, 100), "numbers of kernels before the last", minimum=1, quick=(2, 5, 10)
    )
    width: int = setting(32, "inputs and hidden units", minimum=2, quick=16)
    outputs: int = setting(10, "outputs, as for ten digits", minimum=1, quick=5)
    rates: tuple[float, ...] = setting(
        (0.2, 0.4, 0.8, 1.6), "learning rates times the number of kernels; the best is counted", above=0
    )
    target: float = setting(0.01, "loss to reach, as a share of the loss at output zero", above=0, below=1)
    max_steps: int = setting(250, "steps after which a network counts as not trained", minimum=1, quick=150)
    networks: int = setting(4, "networks for each initializer and depth", minimum=2, quick=3)
    seed: int = setting(0, "all that is random is a function of it", minimum=0)


def run(settings, folders):
    """Train all networks of a depth at once and count steps."""
    from chapter6.event_files import event_file, write_scalars
    from chapter6.section_6_1.linear_networks import initializers_of, steps_to_target

    settings = replace(settings, depths=ascending("depths", settings.depths))
    starts = initializers_of(settings.seed, settings.width)
    # [depths, starts, networks]; infinite where no rate reached the target
    steps = np.array([steps_to_target(starts, depth, settings) for depth in settings.depths])
    slopes = {name: _slope(settings.depths, steps[:, row]) for row, name in enumerate(starts)}
    picture = _draw(starts, steps, slopes, settings, folders)
    medians = np.median(steps, axis=2)
    for name, of_start in zip(starts, medians.T, strict=True):
        with event_file(folders.snapshots, name):
            write_scalars("steps_to_target", np.minimum(of_start, settings.max_steps), settings.depths)

    independent = medians[:, 0].max() < 2 * medians[:, 0].min()
    others_depend = (medians[:, 1:].max(axis=0) > 2 * medians[:, 1:].min(axis=0)).all()
    holds = (independent, others_depend)
    verdict = Verdict.HOLDS if all(holds) else Verdict.PARTLY if independent else Verdict.FAILS
    measured = "Median steps at depths " + ", ".join(map(str, settings.depths)) + ": "
    measured += "; ".join(
        f"{name} {', '.join(_in_words(median, settings) for median in medians[:, row])}"
        for row, name in enumerate(starts)
    )
    measured += ". Slope, with its standard error: " + "; ".join(
        f"{name} {_slope_in_words(slope)}" for name, slope in slopes.items()
    )
    numbers = {f"slope, {name}": slope for name, (slope, _, _) in slopes.items()}
    numbers |= {f"standard error of slope, {name}": error for name, (_, error, _) in slopes.items()}
    numbers |= {
        f"median steps, {name}, depth {depth}": medians[i, row]
        for row, name in enumerate(starts)
        for i, depth in enumerate(settings.depths)
    }
    return Finding(verdict, measured + ".", (picture,), numbers)


def _slope(depths, steps):
    """Return slope, its standard error, and the deepest depth used, from steps [depths, networks].

    A line is fitted for each network over the depths at which all networks arrived.
    """
    arrived = np.isfinite(steps).all(axis=1)
    count = len(depths) if arrived.all() else int(arrived.argmin())
    if count < 2:
        return np.nan, np.nan, depths[0]
    slopes = np.polyfit(depths[:count], steps[:count], 1)[0]
    return slopes.mean(), slopes.std(ddof=1) / len(slopes) ** 0.5, depths[count - 1]


def _slope_in_words(slope):
    steps, error, deepest = slope
    if np.isnan(steps):
        return "not known (in time at one depth at most)"
    return f"{steps:.2f} ± {error:.2f} steps per layer (to depth {deepest})"


def _in_words(median, settings):
    return f"{median:g}" if np.isfinite(median) else f"over {settings.max_steps}"


def _draw(starts, steps, slopes, settings, folders):
    figure = artifacts.figure(8, 5)
    axes = styled(figure.subplots())
    late = 1.4 * settings.max_steps
    shown = np.minimum(steps, late)
    for row, name in enumerate(starts):
        label = f"{name}: {_slope_in_words(slopes[name])}"
        (line,) = axes.loglog(settings.depths, np.median(shown[:, row], axis=1), label=label)
        axes.plot(
            settings.depths, shown[:, row], line.get_marker(), color=line.get_color(), alpha=0.3, markersize=4
        )
    axes.axhline(settings.max_steps, color="0.6", linewidth=0.8)
    axes.annotate(
        "above: not in time",
        (settings.depths[0], settings.max_steps),
        xytext=(0, 4),
        textcoords="offset points",
    )
    axes.set(
        title=f"6-1.e: deep linear networks of {settings.width} units, each at its best learning rate",
        xlabel="depth, square kernels",
        ylabel=f"steps to {settings.target:.0%} of the loss (line: median)",
        xticks=settings.depths,
        xticklabels=settings.depths,
    )
    axes.minorticks_off()
    axes.legend()
    columns = {"depth": settings.depths}
    for row, name in enumerate(starts):
        columns |= {f"{name}, network {i}": steps[:, row, i] for i in range(settings.networks)}
    artifacts.save_csv(folders.snapshots / "steps.csv", columns)
    return artifacts.save_figure(figure, folders.snapshots / "steps.png")
