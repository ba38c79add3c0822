"""The picture of the experiment `generalization`: training loss by step, and test error by training loss."""

import numpy as np

from chapter6.artifacts import save_csv
from chapter6.figures import figure, localized, save_figure
from chapter6.language import _
from chapter6.section_6_1.drawing import styled


@localized
def draw(losses, errors, settings, folders):
    """Save the picture of claim i and its table.

    Args:
        losses: Array [steps, scales, networks], training losses.
        errors: Array [measurements, scales, networks], test errors at evenly spaced steps from the first on.
        settings: The experiment's ``Settings``.
        folders: `Folders` to write to.

    Returns:
        Path of the picture.
    """
    drawing = figure(11, 4.8)
    drawing.suptitle(_("6-1.i: good for optimization, bad for generalization"))
    speed, test = map(styled, drawing.subplots(1, 2))
    at = range(0, len(losses), len(losses) // len(errors))
    columns = {"step": at}
    for row, scale in enumerate(settings.scales):
        label = _("initial weights × {scale:g}").format(scale=scale)
        loss, error = np.median(losses[at, row], axis=1), 100 * np.median(errors[:, row], axis=1)
        (line,) = speed.semilogy(at, loss, label=label, markevery=3)
        low, high = losses[:, row].min(axis=1), losses[:, row].max(axis=1)
        speed.fill_between(range(len(losses)), low, high, color=line.get_color(), alpha=0.15)
        test.semilogx(loss, error, label=label, markevery=3)
        columns |= {f"loss, {scale:g}, {i}": losses[at, row, i] for i in range(settings.networks)}
        columns |= {f"test error, {scale:g}, {i}": errors[:, row, i] for i in range(settings.networks)}
    speed.axhline(settings.target, color="0.6", linewidth=0.8, marker="", linestyle="-")
    test.axvline(settings.target, color="0.6", linewidth=0.8, marker="", linestyle="-")
    label = _("training loss (nats; median of {networks})").format(networks=settings.networks)
    speed.set(xlabel=_("step of gradient descent"), ylabel=label)
    test.set(xlabel=label, ylabel=_("test error (%)"), ylim=(0, 100))
    test.invert_xaxis()
    speed.legend()
    save_csv(folders.snapshots / "generalization.csv", columns)
    return save_figure(drawing, folders.snapshots / "generalization.png")
