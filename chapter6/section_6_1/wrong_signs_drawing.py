"""The picture of the experiment `wrong_signs`: steps until no sign is wrong, by size."""

import numpy as np

from chapter6.artifacts import save_csv
from chapter6.figures import figure, localized, save_figure
from chapter6.language import _
from chapter6.section_6_1.drawing import styled


@localized
def draw(steps, settings, folders):
    """Save the picture of claim h and its table.

    Args:
        steps: Mapping from an activation to an array [sizes, units], infinite where a sign stays wrong.
        settings: The experiment's ``Settings``.
        folders: `Folders` to write to.

    Returns:
        Path of the picture.
    """
    drawing = figure(8, 5)
    axes = styled(drawing.subplots())
    median = _("{activation} unit, median")
    for name, of_activation in steps.items():
        # A unit without a wrong sign needs no step; a logarithmic axis has no zero.
        shown = np.clip(of_activation, 0.5, 1.5 * settings.max_steps)
        (line,) = axes.loglog(
            settings.sizes, np.median(shown, axis=1), label=median.format(activation=_(name))
        )
        low, high = np.quantile(shown, (0.25, 0.75), axis=1)
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
        label=_("one linear weight, expected"),
    )
    axes.axhline(settings.max_steps, color="0.6", linewidth=0.8)
    axes.annotate(
        _("above: not in time"),
        (min(settings.sizes), settings.max_steps),
        xytext=(0, 4),
        textcoords="offset points",
    )
    label = _("s, size of the initial weights (the teacher's: {size:g})")
    axes.set(
        title=_("6-1.h: gradient descent corrects weights that start with the wrong sign"),
        xlabel=label.format(size=settings.teacher_size),
        ylabel=_("steps until no sign is wrong (shaded: quartiles)"),
    )
    axes.legend(loc="lower right")
    table = {"s": settings.sizes}
    for name, of_activation in steps.items():
        table |= {f"{name}, unit {i}": of_activation[:, i] for i in range(settings.units)}
    save_csv(folders.snapshots / "steps.csv", table)
    return save_figure(drawing, folders.snapshots / "steps.png")
