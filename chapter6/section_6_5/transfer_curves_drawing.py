"""The picture of the experiment `transfer_curves`: accuracy and gain."""

import numpy as np

from chapter6.figures import figure, localized, save_figure
from chapter6.language import _, translate

LINES = {
    "frozen": {"color": "#1b4f9c", "linestyle": "--", "marker": "s"},
    "fine-tuned": {"color": "#d1495b", "linestyle": "-", "marker": "o"},
    "from scratch": {"color": "#111111", "linestyle": "-.", "marker": "^"},
    "frozen, untrained": {"color": "#8a8a8a", "linestyle": ":", "marker": "x"},
}
# Side by side, so that the bars of one number of labels can be told apart.
SHIFT = dict(zip(LINES, (0.94, 0.98, 1.02, 1.06), strict=True))


@localized
def draw(counts, shares, gains, folders):
    """Save the picture of the curves.

    Args:
        counts: Numbers of labelled images, ascending.
        shares: dict from the features' name to an array [numbers of labels, repetitions] of test accuracies
            (%).
        gains: dict likewise of points ahead of training from scratch.
        folders: `Folders` to write to.

    Returns:
        Path of the picture.
    """
    drawing = figure(10, 4.6)
    repetitions = len(shares["frozen"][0])
    title = _("6-5.a: from the digits 0-4 to the digits 5-9, {count} repetitions")
    drawing.suptitle(title.format(count=repetitions))
    accuracy, gain = drawing.subplots(1, 2)
    _draw_accuracy(accuracy, counts, shares)
    _draw_gains(gain, counts, gains)
    for axes in (accuracy, gain):
        axes.set_xlabel(_("labelled digits 5-9"))
        axes.set_xticks(counts, [f"{n:,}" for n in counts])
        axes.minorticks_off()
        axes.grid(alpha=0.3)
        axes.legend()
    return save_figure(drawing, folders.snapshots / "transfer_curves.png")


def _draw_accuracy(axes, counts, shares):
    for name, of_name in shares.items():
        _with_range(axes, counts, 100 - of_name, name)
    # Accuracies near 100 % can be told apart by the logarithm of the error.
    axes.set(xscale="log", yscale="log", ylabel=_("test accuracy on 5-9 (%): mean, least, most"))
    errors = 100 - np.array(list(shares.values()))
    best, worst = errors.min() / 1.3, errors.max() * 1.3
    ticks = [each for each in (0.2, 0.5, 1, 2, 5, 10, 20, 40, 80) if best < each < worst]
    axes.set_yticks(ticks, [f"{100 - each:g}" for each in ticks])
    axes.set_ylim(best, worst)
    axes.invert_yaxis()


def _draw_gains(axes, counts, gains):
    low = min(-0.2, 1.3 * min(map(np.min, gains.values())))
    high = max(0.2, 1.3 * max(map(np.max, gains.values())))
    for name, gain in gains.items():
        _with_range(axes, counts, gain, name)
    axes.axhline(0, color="0.4", linewidth=0.8)
    axes.set(xscale="log", ylabel=_("points ahead of from scratch: mean, least, most"))
    axes.set_yscale("symlog", linthresh=1, linscale=1)
    sizes = (0.5, 1, 2, 5, 10, 20, 40)
    axes.set_yticks([tick for tick in (0, *sizes, *(-size for size in sizes)) if low < tick < high])
    axes.set_ylim(low, high)
    axes.yaxis.set_major_formatter("{x:g}")


def _with_range(axes, counts, values, name):
    """Draw the mean over the last axis and a bar from the least to the most."""
    mean = values.mean(axis=1)
    reach = [mean - values.min(axis=1), values.max(axis=1) - mean]
    line = {"label": translate(name), "capsize": 3, "markersize": 6, "linewidth": 2, "elinewidth": 1}
    axes.errorbar(np.array(counts) * SHIFT[name], mean, reach, **line, **LINES[name])
