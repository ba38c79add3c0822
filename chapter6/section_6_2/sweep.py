"""The table that `compare` searches: trials at 31 learning rates by 13 of a second hyperparameter.

Slide: 6-2, claim f.
"""

import csv
from pathlib import Path

import numpy as np

from chapter6.artifacts import save_csv
from chapter6.errors import InputError
from chapter6.mnist import Split, load_mnist

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


def make_sweep(settings, path):
    """Train a network for every cell of the table and save its errors as CSV."""
    from rich.console import Console
    from rich.progress import track

    from chapter6.search import Trainer

    mnist = load_mnist(settings.data)
    if settings.digits > len(mnist.train.labels):
        raise InputError(
            f"training digits must be at most all {len(mnist.train.labels)}, received {settings.digits}"
        )
    few = Split(mnist.train.images[: settings.digits], mnist.train.labels[: settings.digits])
    trainer = Trainer(few, mnist.validation)
    columns = {"learning_rate": [], "hidden_units": [], "weight_decay": []}
    columns |= {"validation_error": [], "training_error": []}
    console = Console(stderr=True)
    for cell in track(cells(), "training", console=console, disable=not console.is_terminal):
        trained = trainer(cell, settings.training_seed, settings.epochs)
        errors = {"validation_error": trained.validation_error, "training_error": trained.training_error}
        for name, value in (cell | errors).items():
            columns[name].append(value)
    return save_csv(path, columns)


def cells():
    """Return the hyperparameters of every cell, those of one shape of network one after the other."""
    return [
        {"learning_rate": rate, **OTHERWISE, name: value}
        for name, values in SECOND.items()
        for value in values
        for rate in LEARNING_RATES
    ]


def read_sweep(path):
    """Return a finished sweep's validation errors, [learning rates, values], for each second hyperparameter.

    Raises:
        InputError: The table does not hold every cell once, with its error.
    """
    try:
        with Path(path).open(encoding="utf-8", newline="") as file:
            rows = list(csv.DictReader(file))
        read = [{name: float(row[name]) for name in ("learning_rate", *SECOND)} for row in rows]
        errors = np.array([float(row["validation_error"]) for row in rows])
    except (KeyError, TypeError, ValueError):
        read = None
    if read != cells():
        raise InputError(f"a sweep must hold the {len(cells())} cells in order, received others in {path}")
    shape = (len(SECOND), -1, len(LEARNING_RATES))
    return {name: of_second.T for name, of_second in zip(SECOND, errors.reshape(shape), strict=True)}


def best_so_far(errors, cells):
    """Return the smallest error after each trial, [searches, trials].

    Args:
        errors: [learning rates, values], the table.
        cells: [searches, trials], places in the flattened table.
    """
    return np.minimum.accumulate(errors.ravel()[cells], axis=1)


def distinct(cells):
    """Return how many different learning rates, and second values, were tried, [searches, trials] each."""
    return tuple(
        np.array([[len(set(row[: n + 1])) for n in range(len(row))] for row in values])
        for values in np.divmod(cells, len(SECOND["hidden_units"]))
    )
