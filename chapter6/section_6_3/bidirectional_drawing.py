"""The picture of the experiment `bidirectional`: the influence of every position on every other."""

import numpy as np

from chapter6.artifacts import save_csv
from chapter6.figures import figure, localized, save_figure
from chapter6.language import _


@localized
def draw(influence, folders):
    """Save the picture of claim g and its table.

    Args:
        influence: Array [h, g or both, t, s].
        folders: `Folders` to write to.

    Returns:
        Path of the picture.
    """
    names = (_("h alone: the past"), _("g alone: the future"), _("[h, g], which o sees"))
    drawing = figure(14, 4.6)
    drawing.suptitle(_("6-3.g: influence of the input at s on the state at t (white: exactly zero)"))
    for axes, name, matrix in zip(drawing.subplots(1, 3), names, influence, strict=True):
        with np.errstate(divide="ignore"):
            image = axes.imshow(np.log10(matrix), cmap="Greys", origin="lower", vmin=-3, vmax=0.5)
        axes.set(title=name, xlabel=_("position s of the input"), ylabel=_("position t of the state"))
        axes.xaxis.get_major_locator().set_params(integer=True)
        axes.yaxis.get_major_locator().set_params(integer=True)
    drawing.colorbar(image, ax=drawing.axes, label=str(_("log10 of the norm of the Jacobian")))
    t, s = np.indices(influence[0].shape)
    table = {"t": t.ravel(), "s": s.ravel()} | {
        name: matrix.ravel() for name, matrix in zip(("h", "g", "both"), influence, strict=True)
    }
    save_csv(folders.snapshots / "influence.csv", table)
    return save_figure(drawing, folders.snapshots / "influence.png")
