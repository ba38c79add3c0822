"""The picture of the experiment `complexity`: the errors against the hidden units, a panel for each task."""

import numpy as np

from chapter6.artifacts import save_csv
from chapter6.figures import figure, localized, save_figure
from chapter6.language import _
from chapter6.section_6_2.curves import rows_of
from chapter6.section_6_2.curves_drawing import draw_errors, draw_noise, label_ticks, mark_minimum


@localized
def draw(curves, settings, folders):
    """Save the curves and their table.

    Args:
        curves: Mapping from the number of digits that are told apart to the hidden units and the training
            and generalization errors, both [units, repetitions].
        settings: The experiment's ``Settings``.
        folders: `chapter6.artifacts.Folders` to write to.

    Returns:
        Path of the picture.
    """
    drawing = figure(10, 4.8)
    title = _("6-2.i: the best capacity for easy and hard tasks; {digits} digits, {noise:g}% wrong labels")
    drawing.suptitle(title.format(digits=settings.digits, noise=100 * settings.noise))
    panels = drawing.subplots(1, len(curves), sharey=True)
    for axes, (classes, (units, training, generalization)) in zip(panels, curves.items(), strict=True):
        positions = range(len(units))
        best = int(np.mean(generalization, axis=1).argmin())
        draw_errors(axes, positions, training, generalization)
        lowest = mark_minimum(axes, positions, generalization, best)
        label_ticks(axes, positions, [str(count) for count in units])
        draw_noise(axes, settings.noise)
        title = _("{classes} digits to tell apart:\n{minimum} with {units} units")
        axes.set(
            title=title.format(classes=classes, minimum=lowest, units=units[best]), xlabel=_("hidden units")
        )
    panels[0].set_ylabel(_("error (%), band: all repetitions"))
    panels[0].legend(loc="upper right")
    table = {
        f"{classes} digits": (units, training, generalization)
        for classes, (units, training, generalization) in curves.items()
    }
    save_csv(folders.snapshots / "complexity.csv", rows_of(table))
    return save_figure(drawing, folders.snapshots / "complexity.png")
