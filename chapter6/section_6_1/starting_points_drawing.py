"""The picture of the experiment `starting_points`: validation accuracy, and epochs to the target."""

import numpy as np

from chapter6.artifacts import save_csv
from chapter6.figures import figure, localized, save_figure
from chapter6.language import _, translate
from chapter6.section_6_1.drawing import styled


@localized
def draw(starts, accuracy, epochs, settings, folders):
    """Save the picture of claim a and its table.

    Args:
        starts: Names of the starts.
        accuracy: Array [epochs + 1, starts, seeds], validation accuracy.
        epochs: Array [starts, seeds], the epochs to the target, infinite where it is not reached.
        settings: The experiment's ``Settings``.
        folders: `Folders` to write to.

    Returns:
        Path of the picture.
    """
    drawing = figure(10, 4.6)
    title = _("6-1.a: one network of {layers} hidden layers, {count} initializations")
    drawing.suptitle(title.format(layers=settings.hidden_layers, count=len(starts)))
    curves, counts = drawing.subplots(1, 2, width_ratios=[3, 2])
    _draw_curves(curves, starts, accuracy, settings)
    _draw_epochs(counts, starts, epochs, settings)
    columns = {"epoch": range(settings.epochs + 1)}
    for row, name in enumerate(starts):
        columns |= {f"{name}, seed {seed}": accuracy[:, row, seed] for seed in range(settings.seeds)}
    save_csv(folders.snapshots / "accuracy.csv", columns)
    return save_figure(drawing, folders.snapshots / "accuracy.png")


def _draw_curves(axes, starts, accuracy, settings):
    styled(axes)
    for name, of_start in zip(starts, accuracy.swapaxes(0, 1), strict=True):
        (line,) = axes.plot(np.median(of_start, axis=1), label=translate(name))
        axes.fill_between(
            range(len(of_start)),
            of_start.min(axis=1),
            of_start.max(axis=1),
            color=line.get_color(),
            alpha=0.15,
        )
    axes.axhline(settings.target, color="0.6", linewidth=0.8)
    label = _("validation accuracy (median and range of {seeds} seeds)")
    axes.set(xlabel=_("epoch"), ylabel=label.format(seeds=settings.seeds))
    axes.legend(fontsize=9, ncols=2, loc="center", bbox_to_anchor=(0.6, 0.66))


def _draw_epochs(axes, starts, epochs, settings):
    late = settings.epochs + 1
    for row, of_start in enumerate(epochs):
        axes.plot(np.minimum(of_start, late), np.full(len(of_start), row), "o", color="0.2", alpha=0.5)
    axes.axvline(settings.epochs + 0.5, color="0.6", linewidth=0.8)
    label = _("epochs to {target:.0%} (right of the line: not reached)")
    axes.set(
        xlabel=label.format(target=settings.target),
        xlim=(0, late + 0.5),
        yticks=range(len(starts)),
        yticklabels=map(translate, starts),
    )
    axes.invert_yaxis()
