"""Error curves over a hyperparameter: what shape they have, and how this section draws them."""

from dataclasses import dataclass

import numpy as np

# A difference between two points of a curve counts from so many standard errors, over the repetitions.
STANDARD_ERRORS = 3.0


@dataclass(frozen=True)
class Shape:
    """The shape of an error curve.

    Args:
        minimum: Index of the point where the highest rise begins; without a rise, of the smallest error.
        peak: Index of the point where it ends; without a rise, `minimum`.
        falls: Whether the error falls from the first point to the minimum.
        rises: Whether it rises from the minimum to the peak.
        falls_again: Whether it falls from the peak to the last point.
    """

    minimum: int
    peak: int
    falls: bool
    rises: bool
    falls_again: bool

    @property
    def words(self):
        """The shape in words."""
        if not self.rises:
            return "falls" if self.falls else "flat"
        if self.falls_again:
            return "U, then a second descent" if self.falls else "rises, then falls"
        return "U" if self.falls else "rises"


def shape_of(errors):
    """Return the `Shape` of errors [points, repetitions].

    Networks of one repetition share digits and batches, so differences are taken within repetitions.

    Raises:
        ValueError: There are fewer than two repetitions.

    Example:

    >>> shape_of([[0.9, 0.8], [0.2, 0.1], [0.5, 0.4]]).words
    'U'
    """
    errors = np.asarray(errors, float)
    if errors.ndim != 2 or errors.shape[1] < 2:
        raise ValueError(f"errors must be [points, 2 repetitions or more], received {errors.shape}")
    means = errors.mean(axis=1)
    # rise[i, j]: from point i to a later point j
    rise = np.triu(means[None, :] - means[:, None])
    minimum, peak = np.unravel_index(rise.argmax(), rise.shape)
    if not clearly_higher(errors[peak], errors[minimum]):
        minimum = peak = means.argmin()
    return Shape(
        int(minimum),
        int(peak),
        falls=clearly_higher(errors[0], errors[minimum]),
        rises=bool(peak > minimum),
        falls_again=bool(peak > minimum) and clearly_higher(errors[peak], errors[-1]),
    )


def clearly_higher(one, other):
    """Tell whether errors [repetitions] exceed others by more than `STANDARD_ERRORS`, pair by pair.

    >>> clearly_higher([0.30, 0.32, 0.31], [0.20, 0.23, 0.21])
    True
    >>> clearly_higher([0.2, 0.4, 0.3], [0.3, 0.2, 0.3])
    False
    """
    difference = np.subtract(one, other)
    standard_error = difference.std(ddof=1) / np.sqrt(len(difference))
    return bool(difference.mean() > STANDARD_ERRORS * standard_error)


def rows_of(curves):
    """Return the columns of a table with one row for each point and repetition of the curves.

    Args:
        curves: Mapping from a curve's name to its values and its training and generalization errors, both
            [values, repetitions].
    """
    table = {"curve": [], "value": [], "repetition": [], "training_error": [], "generalization_error": []}
    for name, (x, training, generalization) in curves.items():
        for value, *of_value in zip(x, training, generalization, strict=True):
            for repetition, pair in enumerate(zip(*of_value, strict=True)):
                for column, entry in zip(table.values(), (name, value, repetition, *pair), strict=True):
                    column.append(entry)
    return table


def draw_errors(axes, x, training, generalization):
    """Draw both errors [points, repetitions] in %: the mean as a line, every repetition within the band."""
    lines = (
        (generalization, "generalization error", {"color": "#d1495b", "linestyle": "-", "marker": "o"}),
        (training, "training error", {"color": "#1b4f9c", "linestyle": "--", "marker": "s"}),
    )
    for errors, label, style in lines:
        percent = 100 * np.asarray(errors)
        axes.plot(x, percent.mean(axis=1), label=label, markersize=4, **style)
        axes.fill_between(x, percent.min(axis=1), percent.max(axis=1), color=style["color"], alpha=0.2)
    axes.grid(alpha=0.3)


def mark_minimum(axes, x, generalization, minimum):
    """Ring the minimum of the generalization error; return it in words."""
    means = np.mean(generalization, axis=1)
    lowest = 100 * means[minimum]
    axes.plot(x[minimum], lowest, "o", markersize=12, markerfacecolor="none", color="black", zorder=5)
    # A curve with a second descent may end below the minimum of its U.
    word = "minimum" if minimum == means.argmin() else "first minimum"
    return f"{word} {lowest:.1f} %"


def label_ticks(axes, positions, labels=None):
    """Have ticks at the points of a curve and nowhere else, labelled with their values."""
    axes.set_xticks(positions, labels or [f"{value:g}" for value in positions])
    axes.minorticks_off()


def label_logarithmic(axis):
    """Label a logarithmic axis that spans a decade or so with plain numbers."""
    from matplotlib.ticker import LogLocator, NullFormatter

    axis.set_major_locator(LogLocator(subs=(1, 1.5, 2, 3, 5, 7)))
    axis.set_major_formatter("{x:g}")
    axis.set_minor_formatter(NullFormatter())
