"""The picture of the experiment `instability`: the training loss by step, for each size of the weights."""

import numpy as np

from chapter6.artifacts import save_csv
from chapter6.figures import figure, localized, save_figure
from chapter6.language import _
from chapter6.section_6_1.drawing import styled

HIGHEST = 1e4


@localized
def draw(losses, settings, folders):
    """Save the picture of claim j and its table.

    Args:
        losses: Array [steps, scales, networks], training losses, infinite after overflow.
        settings: The experiment's ``Settings``.
        folders: `Folders` to write to.

    Returns:
        Path of the picture.
    """
    drawing = figure(8.5, 5.2)
    axes = styled(drawing.subplots())
    columns = {"step": range(len(losses))}
    for row, scale in enumerate(settings.scales):
        label = _("initial weights × {scale:g}").format(scale=scale)
        shown = np.minimum(losses[:, row], 10 * HIGHEST)
        (line,) = axes.semilogy(shown[:, 0], label=label, markevery=10, linewidth=2)
        style = {"color": line.get_color(), "linestyle": line.get_linestyle(), "alpha": 0.4}
        # With all that the cycle of styles sets, so that they do not advance it.
        axes.semilogy(shown[:, 1:], marker="", markersize=0, **style)
        columns |= {f"loss, {scale:g}, {i}": losses[:, row, i] for i in range(settings.networks)}
    axes.axhline(np.log(10), color="0.6", linewidth=0.8, linestyle="-", marker="")
    text = {"xytext": (0, 4), "textcoords": "offset points", "ha": "right"}
    axes.annotate(_("guessing: ln 10"), (len(losses), np.log(10)), **text)
    axes.set(
        title=_("6-1.j: one learning rate, {networks} networks for each size of the weights").format(
            networks=settings.networks
        ),
        xlabel=_("step of gradient descent"),
        ylabel=_("training loss (nats)"),
        ylim=(None, HIGHEST),
    )
    axes.legend(loc="upper right")
    save_csv(folders.snapshots / "losses.csv", columns)
    return save_figure(drawing, folders.snapshots / "losses.png")
