"""The picture of the experiment `bidirectional`: what the output knows of the inputs around it."""

from chapter6.artifacts import save_csv
from chapter6.figures import figure, localized, save_figure
from chapter6.language import _, translate

LINES = {
    "h alone": {"color": "#1b4f9c", "linestyle": "--", "marker": "s", "linewidth": 2},
    "g alone": {"color": "#d1495b", "linestyle": ":", "marker": "^", "linewidth": 2},
    # A broad band behind the others, which it meets on either side.
    "h and g": {"color": "0.75", "linestyle": "-", "marker": "o", "linewidth": 8, "zorder": 1},
}


@localized
def draw(offsets, accuracy, folders):
    """Save the picture of claim g and its table.

    Args:
        offsets: Array [k].
        accuracy: Mapping from the kind of network to an array [repetitions, k] of test accuracies (%).
        folders: `Folders` to write to.

    Returns:
        Path of the picture.
    """
    drawing = figure(9, 4.6)
    axes = drawing.subplots()
    for kind, each in accuracy.items():
        mean = each.mean(axis=0)
        reach = [mean - each.min(axis=0), each.max(axis=0) - mean]
        axes.errorbar(offsets, mean, reach, label=translate(kind), capsize=4, **LINES[kind])
    axes.axhline(50, color="0.6", linewidth=1)
    axes.annotate(str(_("guessing")), (offsets[0], 50), (0, -14), textcoords="offset points", fontsize=11)
    axes.set_title(_("6-3.g: what the output at t knows of the input at t + k"), fontsize=14)
    axes.set_xlabel(_("offset k: past to the left, future to the right"), fontsize=12)
    axes.set_ylabel(_("bits named correctly (%): mean, least, most"), fontsize=12)
    axes.set(xticks=offsets, ylim=(40, 104))
    axes.grid(alpha=0.3)
    axes.legend(fontsize=12, loc="center right")
    table = {"k": offsets} | {f"{kind}: accuracy in %": each.mean(axis=0) for kind, each in accuracy.items()}
    save_csv(folders.snapshots / "accuracy.csv", table)
    return save_figure(drawing, folders.snapshots / "bidirectional.png")
