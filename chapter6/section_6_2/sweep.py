"""The table that `compare` searches: trials at 31 learning rates by 13 of a second hyperparameter, by seed.

Slide: 6-2, claim f.
"""

import csv
import itertools
from pathlib import Path

import numpy as np

from chapter6.errors import InputError
from chapter6.language import _

TABLE = Path(__file__).with_name("sweep.csv")
# Ten to a decade; every tenth is one of the slides'.
LEARNING_RATES = tuple(float(f"{10 ** (exponent / 10):.4g}") for exponent in range(-40, -9))
SECOND = {
    # Four steps from each of the slides' 50, 100, 200 and 500 to the next
    "hidden_units": (50, 59, 71, 84, 100, 119, 141, 168, 200, 251, 316, 398, 500),
    # Three decades, as many as the learning rate has, four steps to each
    "weight_decay": tuple(float(f"{10 ** (exponent / 4):.4g}") for exponent in range(-24, -11)),
}
OTHERWISE = {"hidden_units": 100, "weight_decay": 0.0}
# Places of the slides' values, and of one weight decay a decade, among those of the table.
RATES_OF_GRID, SECOND_OF_GRID = (0, 10, 20, 30), (0, 4, 8, 12)


def cells():
    """Return the hyperparameters of every cell, those of one shape of network one after the other."""
    return [
        {"learning_rate": rate, **OTHERWISE, name: value}
        for name, values in SECOND.items()
        for value in values
        for rate in LEARNING_RATES
    ]


def read_sweep(path):
    """Return a sweep's validation errors, [seeds, learning rates, values], for each second hyperparameter.

    Raises:
        InputError: The table does not hold every cell once for each seed, with its error.
    """
    columns = ("learning_rate", *SECOND)
    try:
        with Path(path).open(encoding="utf-8", newline="") as file:
            rows = list(csv.DictReader(file))
        read = [(int(row["seed"]), {name: float(row[name]) for name in columns}) for row in rows]
        errors = np.array([float(row["validation_error"]) for row in rows])
    except (KeyError, TypeError, ValueError):
        read = []
    seeds = range(len(read) // len(cells()))
    if not seeds or read != list(itertools.product(seeds, cells())):
        message = _("a sweep must hold the {count} cells of each seed in order, received others in {path}")
        raise InputError(message.format(count=len(cells()), path=path))
    errors = errors.reshape(len(seeds), len(SECOND), -1, len(LEARNING_RATES))
    return {name: errors[:, place].swapaxes(1, 2) for place, name in enumerate(SECOND)}


def best_so_far(errors, cells):
    """Return the smallest error after each trial, [searches, trials].

    Args:
        errors: [seeds, learning rates, values], the table.
        cells: [searches, trials], places in the flattened table.
    """
    return np.minimum.accumulate(errors.ravel()[cells], axis=1)


def distinct(cells):
    """Return how many different learning rates, and second values, were tried, [searches, trials] each.

    Args:
        cells: [searches, trials], places in the flattened table; those of one search are of one seed.
    """
    return tuple(
        np.array([[len(set(row[: n + 1])) for n in range(len(row))] for row in values])
        for values in np.divmod(cells, len(SECOND["hidden_units"]))
    )
