"""How this section draws error curves over a hyperparameter."""

import numpy as np

from chapter6.language import _

TRAINING = {"color": "#1b4f9c", "linestyle": "--", "marker": "s"}
GENERALIZATION = {"color": "#d1495b", "linestyle": "-", "marker": "o"}


def draw_errors(axes, x, training, generalization):
    """Draw both errors [points, repetitions] in %: the mean as a line, every repetition within the band."""
    lines = (
        (generalization, _("generalization error"), GENERALIZATION),
        (training, _("training error"), TRAINING),
    )
    for errors, label, style in lines:
        percent = 100 * np.asarray(errors)
        axes.plot(x, percent.mean(axis=1), label=label, markersize=4, **style)
        axes.fill_between(x, percent.min(axis=1), percent.max(axis=1), color=style["color"], alpha=0.2)
    axes.grid(alpha=0.3)


def mark_minimum(axes, x, generalization, minimum):
    """Ring the minimum of the generalization error; return it as a `Message`."""
    means = np.mean(generalization, axis=1)
    lowest = 100 * means[minimum]
    axes.plot(x[minimum], lowest, "o", markersize=12, markerfacecolor="none", color="black", zorder=5)
    # A curve with a second descent may end below the minimum of its U.
    text = _("minimum {error:.1f}%") if minimum == means.argmin() else _("first minimum {error:.1f}%")
    return text.format(error=lowest)


def draw_noise(axes, noise, text=None):
    """Draw the share of wrong labels, below which no generalization error lies, and write a text below it."""
    axes.axhline(100 * noise, color="0.4", linewidth=0.8, linestyle=":")
    if text:
        axes.annotate(
            str(text),
            (0.02, 100 * noise),
            xycoords=("axes fraction", "data"),
            xytext=(0, -11),
            textcoords="offset points",
            fontsize=9,
        )


def label_ticks(axes, positions, labels=None):
    """Have ticks at the points of a curve and nowhere else, labelled with their values."""
    axes.set_xticks(positions, labels or [f"{value:g}" for value in positions])
    axes.minorticks_off()


def short(value):
    """Return a value in the four characters that a crowded axis has for it.

    >>> [short(value) for value in (0.0003, 0.01, 128)]
    ['3e-4', '0.01', '128']
    """
    return f"{value:.0e}".replace("e-0", "e-") if 0 < value < 0.01 else f"{value:g}"
