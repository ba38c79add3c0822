"""The picture of the experiment `orthogonal`: steps to train against the depth."""

import numpy as np

from chapter6.artifacts import save_csv
from chapter6.figures import figure, localized, save_figure
from chapter6.language import _
from chapter6.section_6_1.drawing import styled


@localized
def draw(labels, steps, settings, folders):
    """Save the picture of claim e and its table.

    Args:
        labels: Mapping from an initializer's name to its label in the legend.
        steps: Array [depths, initializers, networks], infinite where the target is not reached.
        settings: The experiment's ``Settings``.
        folders: `Folders` to write to.

    Returns:
        Path of the picture.
    """
    drawing = figure(8, 5.8)
    axes = styled(drawing.subplots())
    late = 1.4 * settings.max_steps
    shown = np.minimum(steps, late)
    for row, label in enumerate(labels.values()):
        (line,) = axes.loglog(settings.depths, np.median(shown[:, row], axis=1), label=label)
        axes.plot(
            settings.depths, shown[:, row], line.get_marker(), color=line.get_color(), alpha=0.3, markersize=4
        )
    axes.axhline(settings.max_steps, color="0.6", linewidth=0.8)
    axes.annotate(
        _("above: not in time"),
        (settings.depths[0], settings.max_steps),
        xytext=(0, 4),
        textcoords="offset points",
    )
    title = _("6-1.e: deep networks of {units} units a layer, each at its best learning rate")
    label = _("steps to {target:.0%} of the loss (line: median)")
    axes.set(
        title=title.format(units=settings.width),
        xlabel=_("depth (square weight matrices)"),
        ylabel=label.format(target=settings.target),
        xticks=settings.depths,
        xticklabels=settings.depths,
    )
    axes.minorticks_off()
    drawing.legend(loc="outside lower center")
    columns = {"depth": settings.depths}
    for row, name in enumerate(labels):
        columns |= {f"{name}, network {i}": steps[:, row, i] for i in range(settings.networks)}
    save_csv(folders.snapshots / "steps.csv", columns)
    return save_figure(drawing, folders.snapshots / "steps.png")
