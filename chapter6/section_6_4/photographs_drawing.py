"""The figure of the experiment ``photographs``, with its table."""

import numpy as np

from chapter6.artifacts import save_csv
from chapter6.figures import figure, localized, save_figure
from chapter6.language import _, translate
from chapter6.section_6_4.visibility import JUST_NOTICEABLE

STYLES = (
    {"color": "#d1495b", "linestyle": "--", "linewidth": 2},
    {"color": "#1b4f9c", "linestyle": "-", "linewidth": 2},
    {"color": "black", "linestyle": "-.", "linewidth": 2},
)


@localized
def draw_lightness(folders, changes, labels, names):
    """Draw and tabulate the share of patches fooled against the largest change of a pixel's lightness.

    Args:
        folders: `chapter6.artifacts.Folders`.
        changes: Largest change [n] in each patch's smallest perturbation; infinity where none fools.
        labels: Class [n] of each patch.
        names: Names of the classes.

    Returns:
        Path of the PNG.
    """
    drawing = figure(8.5, 5.2)
    axes = drawing.subplots()
    largest = 1.1 * max(changes[np.isfinite(changes)].max(initial=0), 2 * JUST_NOTICEABLE)
    table = {}
    for label, (name, style) in enumerate(zip(names, STYLES, strict=True)):
        change = np.sort(changes[labels == label])
        table[f"{name} lightness"] = change
        shares = np.arange(len(change) + 1) / len(change)
        axes.step(np.append(0, change), 100 * shares, where="post", label=translate(name), **style)
    axes.axvline(
        JUST_NOTICEABLE, color="0.3", linestyle=":", linewidth=2, label=_("just noticeable on an even field")
    )
    axes.set_title(_("6-4.a: patches misclassified, and what can be seen of the change"), fontsize=15)
    axes.set_xlabel(_("largest change of a pixel's lightness, in units of $L^*$"), fontsize=12)
    axes.set_ylabel(_("misclassified (%)"), fontsize=12)
    axes.set(xlim=(0, largest), ylim=(-3, 103))
    axes.grid(alpha=0.3)
    axes.legend(loc="lower right", fontsize=12)
    # There are as many patches of each.
    table["share"] = shares[1:]
    save_csv(folders.snapshots / "lightness.csv", table)
    return save_figure(drawing, folders.snapshots / "lightness.png")
