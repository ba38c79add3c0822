"""Error curves over a hyperparameter: what shape they have, and their tables."""

from dataclasses import dataclass

import numpy as np

from chapter6.language import N_

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
        """The shape in words, marked for the catalogue."""
        if not self.rises:
            return N_("falls") if self.falls else N_("flat")
        if self.falls_again:
            return N_("U, then a second descent") if self.falls else N_("rises, then falls")
        return N_("U") if self.falls else N_("rises")


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


def lowest_position(errors):
    """Return where a curve is lowest, between its points too.

    Args:
        errors: Errors [points, repetitions].

    Returns:
        float, in steps from the first point: the vertex of the parabola through the lowest point and its two
        neighbours, or that point itself where it is the first or the last.

    Example:

    >>> lowest_position([[0.4], [0.2], [0.3]])
    1.1666666666666667
    """
    means = np.mean(errors, axis=1)
    lowest = int(means.argmin())
    if lowest in {0, len(means) - 1}:
        return float(lowest)
    before, here, after = means[lowest - 1 : lowest + 2]
    return float(lowest + (before - after) / (2 * (before - 2 * here + after)))


def regimes_of(training, generalization, minimum):
    """Return whether each point of a curve underfits or overfits, an empty text where neither is clear.

    A network underfits whose training error clearly exceeds that of the curve's minimum, and overfits whose
    generalization error and gap between the two errors do.

    Args:
        training: Training errors [points, repetitions].
        generalization: Generalization errors likewise.
        minimum: Index of the point with the minimum.

    >>> regimes_of([[0.5, 0.6], [0.2, 0.3], [0.1, 0.2]], [[0.6, 0.7], [0.3, 0.4], [0.5, 0.6]], 1)
    ['underfits', 'minimum', 'overfits']
    """
    training, generalization = np.asarray(training), np.asarray(generalization)
    gap = generalization - training
    regimes = []
    for at in range(len(training)):
        if at == minimum:
            regimes.append(N_("minimum"))
        elif clearly_higher(training[at], training[minimum]):
            regimes.append(N_("underfits"))
        elif clearly_higher(generalization[at], generalization[minimum]) and clearly_higher(
            gap[at], gap[minimum]
        ):
            regimes.append(N_("overfits"))
        else:
            regimes.append("")
    return regimes


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


def errors_in_percent(training, generalization):
    """Return the columns of a finding's table for errors, each [points, repetitions].

    >>> errors_in_percent([[0.1, 0.2]], [[0.3, 0.5]])["training error (%)"].round(9).tolist()
    [15.0]
    """
    training, generalization = 100 * np.asarray(training), 100 * np.asarray(generalization)
    return {
        N_("training error (%)"): training.mean(axis=1),
        N_("test error (%)"): generalization.mean(axis=1),
        N_("std. dev. (%)"): generalization.std(axis=1, ddof=1),
    }


def columns_of(rows):
    """Return the columns of a finding's table from its rows, mappings with the same keys.

    >>> columns_of([{"units": 1, "error (%)": 80.0}, {"units": 2, "error (%)": 60.0}])
    {'units': [1, 2], 'error (%)': [80.0, 60.0]}
    """
    return {name: [row[name] for row in rows] for name in rows[0]}
