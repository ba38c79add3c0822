"""The picture of the experiment `lateral`: the influence of every pixel, and the accuracies."""

import numpy as np

from chapter6.artifacts import save_csv
from chapter6.figures import figure, localized, save_figure
from chapter6.language import _, translate
from chapter6.mnist import SIDE


@localized
def draw(maps, accuracy, settings, folders):
    """Save the picture of claim g and its table.

    Args:
        maps: Mapping from a name to the influence of every pixel, array [28, 28].
        accuracy: Mapping from (kind, head) to test accuracies in %, array [repetitions].
        settings: The experiment's ``Settings``.
        folders: `Folders` to write to.

    Returns:
        Path of the picture.
    """
    drawing = figure(16, 8)
    drawing.suptitle(_("6-3.g: which pixels reach the features in the bottom right corner (white: none)"))
    grid = drawing.add_gridspec(2, 4, width_ratios=[1, 1, 1, 1])
    places = [grid[0, 0], grid[0, 1], grid[1, 0], grid[1, 1], grid[0, 2], grid[1, 2]]
    order = sorted(maps, key=lambda name: ("trained" in name.split(", ")[-1:], "sweeps" in name))
    mapped = []
    for place, name in zip(places, order, strict=True):
        axes = drawing.add_subplot(place)
        with np.errstate(divide="ignore"):
            image = axes.imshow(np.log10(maps[name] / maps[name].max()), cmap="Greys", vmin=-10, vmax=0)
        axes.set_title(translate(name), fontsize=10)
        axes.set(xlabel=_("column"), ylabel=_("row"), xticks=[0, SIDE - 1], yticks=[0, SIDE - 1])
        mapped.append(axes)
    drawing.colorbar(image, ax=mapped, label=str(_("log10 of the influence / the strongest")), shrink=0.6)
    bars = drawing.add_subplot(grid[:, 3])
    for k, ((kind, _head), each) in enumerate(accuracy.items()):
        colour, hatch = ("tab:purple", "") if kind == "sweeps" else ("0.7", "//")
        bars.bar(k, each.mean(), color=colour, hatch=hatch, edgecolor="black", width=0.7)
        bars.plot(np.full(len(each), k), each, "k.", markersize=5)
    bars.set_xticks(
        range(len(accuracy)),
        [f"{translate(kind)}\n{translate(head)}" for kind, head in accuracy],
        rotation=30,
    )
    bars.set(ylabel=_("test accuracy (%), a point for each network"), ylim=(0, 100))
    bars.set_title(_("equal parameters, {steps} steps").format(steps=settings.steps), fontsize=10)
    bars.grid(axis="y", alpha=0.3)
    row, column = np.indices((SIDE, SIDE))
    table = {"row": row.ravel(), "column": column.ravel()} | {
        name: values.ravel() for name, values in maps.items()
    }
    save_csv(folders.snapshots / "influence.csv", table)
    return save_figure(drawing, folders.snapshots / "influence.png")
