"""Steps of gradient descent until weights that start with the wrong sign have the right one, by their size.

Slide: 6-1, claim h.

A unit with k = 15 inputs, as many as a sparsely initialized unit has, is to become another unit of known
weights (the teacher). All its weights start with the same size s, each with a random sign, so that about
half have the wrong one. Counted are the steps of full-batch gradient descent until every sign is right, for
sizes from far below to far above the teacher's, for a linear unit and for tanh. For a linear unit with
independent inputs a weight shrinks towards the teacher's geometrically, so that the steps grow as log(1 + s
/ size of the teacher's).
"""

from dataclasses import dataclass, replace

import numpy as np

from chapter6 import artifacts
from chapter6.experiment import Finding, Verdict, ascending, setting
from chapter6.section_6_1.output import styled

CLAIM = "6-1.h"
SENTENCE = "Large initial weights act as a strong prior: gradient descent takes long to correct wrong ones."


@dataclass(frozen=True)
class Settings:
    """The units and the descent."""

    sizes: tuple[float, ...] = setting(
        (0.01, 0.03, 0.1, 0.3, 1.0, 2.0, 4.0),
        "s, size of the initial weights; 1 is sparse initialization's, 0.03 that of 1/sqrt(m) for m = 1000",
        above=0,
        quick=(0.03, 0.3, 1.0),
    )
    teacher_size: float = setting(
        0.3, "size of the teacher's weights; tanh is then in its curved part", above=0
    )
    inputs: int = setting(15, "weights of the unit, Martens' k", minimum=1)
    examples: int = setting(256, "examples, all in every step", minimum=1)
    learning_rate: float = setting(0.1, "of gradient descent", above=0)
    max_steps: int = setting(3000, "steps after which a unit counts as not repaired", minimum=1, quick=800)
    units: int = setting(20, "units for each size", minimum=2, quick=5)
    seed: int = setting(0, "all that is random is a function of it", minimum=0)


ACTIVATIONS = ("linear", "tanh")


def run(settings, folders):
    """Descend from all sizes at once and count the steps to the right signs."""
    from chapter6.event_files import event_file, write_scalars
    from chapter6.section_6_1.descent import steps_to_right_signs

    settings = replace(settings, sizes=ascending("sizes", settings.sizes))
    # [activations, sizes, units]; infinite where a unit keeps a wrong sign
    steps = steps_to_right_signs(settings)
    picture = _draw(steps, settings, folders)
    medians = np.median(steps, axis=2)
    for name, of_activation in zip(ACTIVATIONS, medians, strict=True):
        with event_file(folders.snapshots, name):
            # TensorBoard's steps are whole numbers: the number of the size stands for it.
            write_scalars("median_steps", np.minimum(of_activation, settings.max_steps))

    longer = (np.diff(medians, axis=1) > 0) | np.isinf(medians[:, 1:])
    verdict = Verdict.of(longer.flat)
    counted = "; ".join(
        f"{name} {', '.join(_in_words(of_size, settings) for of_size in of_activation)}"
        for name, of_activation in zip(ACTIVATIONS, steps, strict=True)
    )
    measured = (
        f"Steps until no sign is wrong, median (quartiles) of {settings.units} units, from weights of size "
        f"{', '.join(map(str, settings.sizes))} (the teacher's: {settings.teacher_size}): {counted}."
    )
    numbers = {
        f"median steps, {name}, size {size:g}": median
        for name, row in zip(ACTIVATIONS, medians, strict=True)
        for size, median in zip(settings.sizes, row, strict=True)
    }
    return Finding(verdict, measured, (picture,), numbers)


def _in_words(steps, settings):
    # The quartiles themselves, not means of two, which may be infinite.
    low, median, high = np.quantile(steps, (0.25, 0.5, 0.75), method="inverted_cdf")
    if np.isinf(median):
        return f"over {settings.max_steps}"
    return f"{median:g} ({low:g}-{high:g})"


def _draw(steps, settings, folders):
    figure = artifacts.figure(8, 5)
    axes = styled(figure.subplots())
    # A unit without a wrong sign needs no step; a logarithmic axis has no zero.
    shown = np.clip(steps, 0.5, 1.5 * settings.max_steps)
    for name, of_activation in zip(ACTIVATIONS, shown, strict=True):
        (line,) = axes.loglog(settings.sizes, np.median(of_activation, axis=1), label=f"{name} unit, median")
        low, high = np.quantile(of_activation, (0.25, 0.75), axis=1)
        axes.fill_between(settings.sizes, low, high, color=line.get_color(), alpha=0.2)
    fine = np.geomspace(min(settings.sizes), max(settings.sizes), 100)
    # (1 - e)^t (s + a) = a, for a weight that starts at -s and goes to a
    expected = np.log(1 + fine / settings.teacher_size) / -np.log(1 - settings.learning_rate)
    axes.loglog(
        fine,
        expected,
        "-",
        marker="",
        color="0.6",
        linewidth=3,
        zorder=0,
        label="one linear weight, expected",
    )
    axes.axhline(settings.max_steps, color="0.6", linewidth=0.8)
    axes.annotate(
        "above: not in time",
        (min(settings.sizes), settings.max_steps),
        xytext=(0, 4),
        textcoords="offset points",
    )
    axes.set(
        title="6-1.h: gradient descent repairs weights that start with the wrong sign",
        xlabel=f"s, size of the initial weights (the teacher's: {settings.teacher_size:g})",
        ylabel="steps until no sign is wrong (shaded: quartiles)",
    )
    axes.legend(loc="lower right")
    table = {"s": settings.sizes}
    for name, of_activation in zip(ACTIVATIONS, steps, strict=True):
        table |= {f"{name}, unit {i}": of_activation[:, i] for i in range(settings.units)}
    artifacts.save_csv(folders.snapshots / "steps.csv", table)
    return artifacts.save_figure(figure, folders.snapshots / "steps.png")
