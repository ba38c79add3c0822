"""The picture of the experiment `lateral`: the task, and what reaches the corner through each network."""

import numpy as np

from chapter6.artifacts import save_csv
from chapter6.figures import figure, localized, save_figure
from chapter6.language import _, translate


@localized
def draw(example, results, folders):
    """Save the picture of claim g and its table.

    Args:
        example: Array [side, side], an image of the task.
        results: Mapping from the kind of network to its `chapter6.section_6_3.lateral_networks.Result`.
        folders: `Folders` to write to.

    Returns:
        Path of the picture.
    """
    drawing = figure(10, 3.6)
    drawing.suptitle(
        _("6-3.g: do the marks in opposite corners agree? What reaches the bottom right (white: nothing)")
    )
    task, *maps = drawing.subplots(1, 1 + len(results))
    task.imshow(example, cmap="Greys")
    task.set_title(_("an image: the marks agree"), fontsize=10)
    for axes, (kind, result) in zip(maps, results.items(), strict=True):
        with np.errstate(divide="ignore"):
            share = np.log10(result.influence / result.influence.max())
        image = axes.imshow(share, cmap="Greys", vmin=-4, vmax=0)
        title = _("{kind}, {layers} layers\n{accuracy:.0f}% correct\n{time:.0f} µs an image").format(
            kind=translate(kind),
            layers=result.layers,
            accuracy=result.accuracy.mean(),
            time=result.microseconds,
        )
        axes.set_title(title, fontsize=10)
    for axes in (task, *maps):
        last = len(example) - 1
        axes.set(xlabel=_("column"), ylabel=_("row"), xticks=[0, last], yticks=[0, last])
    drawing.colorbar(image, ax=maps, label=str(_("log10 of the influence / the strongest")), shrink=0.8)
    row, column = np.indices(example.shape)
    table = {"row": row.ravel(), "column": column.ravel()} | {
        kind: result.influence.ravel() for kind, result in results.items()
    }
    save_csv(folders.snapshots / "influence.csv", table)
    return save_figure(drawing, folders.snapshots / "influence.png")
