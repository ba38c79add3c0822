"""Manual search: train one network with your hyperparameters and note it beside the earlier ones.

Slide: 6-2, manual search (claim a).

Each call trains one network, adds a row to the notebook (``notebook.csv`` and its picture), shows where the
trial stands among those on the same digits, and says from training and validation error which way the
capacity looks wrong: where most of the validation error is made on the training digits already, capacity is
too low (or the training too short, or the learning rate wrong); where most of it is the gap between the two,
capacity is too high (or the digits too few).
"""

from dataclasses import dataclass
from pathlib import Path

from chapter6.experiment import InputError, setting

# Share of the validation error that is made on the training digits already.
TOO_LOW_ABOVE, TOO_HIGH_BELOW = 2 / 3, 1 / 3
SHOWN = 10


@dataclass(frozen=True)
class Settings:
    """One trial; the defaults are a usual first try."""

    learning_rate: float = setting(0.001, "Adam's own default", above=0)
    units: int = setting(100, "hidden units of a layer", minimum=1, maximum=65536)
    layers: int = setting(1, "hidden layers", minimum=1, maximum=100)
    dropout: bool = setting(False, "leave half of the hidden units out of each update")
    weight_decay: float = setting(0.0, "λ of the penalty λ/2 |W|^2", minimum=0)
    epochs: int = setting(5, "passes over the training digits", minimum=1, quick=2)
    digits: int = setting(
        5000, "training digits, the first ones; a trial takes seconds", minimum=1, quick=500
    )
    seed: int = setting(0, "of weights, batches and dropout", minimum=0)
    data: Path | None = setting(None, "MNIST: a folder of IDX files, or an .npz (default: found or fetched)")


CHOSEN = {
    "learning_rate": float,
    "units": int,
    "layers": int,
    "dropout": lambda word: {"True": True, "False": False}[word],
    "weight_decay": float,
    "epochs": int,
    "digits": int,
    "seed": int,
    "data": str,
}
COLUMNS = CHOSEN | {"training_error": float, "validation_error": float}


def run(settings, folders):
    """Train the network, unless the notebook has it already; write the row down and show the notebook.

    Raises:
        InputError: There are too few digits, or the notebook cannot be read.
    """
    from chapter6.datasets import Split, load_mnist
    from chapter6.search import Trainer

    mnist = load_mnist(settings.data)
    if settings.digits > len(mnist.train.labels):
        raise InputError(
            f"training digits must be at most all {len(mnist.train.labels)}, received {settings.digits}"
        )
    path = folders.snapshots / "notebook.csv"
    chosen = {name: getattr(settings, name) for name in CHOSEN if name != "data"}
    chosen["data"] = mnist.fingerprint
    rows = read_notebook(path)
    number = _find(rows, chosen)
    if number is None:
        few = Split(mnist.train.images[: settings.digits], mnist.train.labels[: settings.digits])
        trained = Trainer(few, mnist.validation)(
            {
                "learning_rate": settings.learning_rate,
                "hidden_units": settings.units,
                "hidden_layers": settings.layers,
                "dropout": settings.dropout,
                "weight_decay": settings.weight_decay,
            },
            settings.seed,
            settings.epochs,
        )
        errors = {"training_error": trained.training_error, "validation_error": trained.validation_error}
        # Read again: another call may have added its row meanwhile.
        rows = [*read_notebook(path), chosen | errors]
        number = len(rows) - 1
        _write(path, rows)
    else:
        print(f"This is trial {number + 1} of the notebook; the same again would give the same.")
    comparable = [n for n, row in enumerate(rows) if _setting_of(row) == _setting_of(rows[number])]
    _show(rows, comparable, number)
    row = rows[number]
    print(
        advice(row["training_error"], row["validation_error"], settings.digits, len(mnist.validation.labels))
    )
    picture = _draw(rows, comparable, folders)
    print(f"The notebook is {path}, its picture {picture}.")


def read_notebook(path):
    """Return the rows of a notebook, dicts from column to value; none where there is no file.

    Raises:
        InputError: The file is not such a notebook.
    """
    import csv

    if not path.exists():
        return []
    try:
        with path.open(encoding="utf-8", newline="") as file:
            reader = csv.DictReader(file)
            rows = [{name: COLUMNS[name](value) for name, value in row.items()} for row in reader]
            if tuple(reader.fieldnames or ()) != tuple(COLUMNS):
                raise InputError(
                    f"a notebook's columns must be {', '.join(COLUMNS)}, received others in {path}"
                )
    except (ValueError, KeyError, TypeError, UnicodeDecodeError, csv.Error) as error:
        if isinstance(error, InputError):
            raise
        raise InputError(f"a notebook must be whole, received {path} ({error!r})") from None
    return rows


def _write(path, rows):
    from chapter6.artifacts import clear_unfinished, save_csv

    clear_unfinished(path.parent)
    save_csv(path, {name: [row[name] for row in rows] for name in COLUMNS})


def _find(rows, chosen):
    return next((n for n, row in enumerate(rows) if chosen.items() <= row.items()), None)


def _setting_of(row):
    """Return what trials must share to be compared."""
    return row["digits"], row["data"]


def advice(training, validation, digits, validation_digits):
    """Say which way the capacity looks wrong, from the two errors and the numbers of digits behind them.

    >>> advice(0.30, 0.31, 5000, 5000)
    'Capacity looks too low: of 31.0 % validation error 30.0 are made on the training digits already.'
    >>> advice(0.01, 0.07, 5000, 5000)
    'Capacity looks too high: of 7.0 % validation error 6.0 are the gap to the training error.'
    """
    from math import sqrt

    gap = validation - training
    # The standard error of a difference of two shares
    chance = sqrt(training * (1 - training) / digits + validation * (1 - validation) / validation_digits)
    parts = f"of {100 * validation:.1f} % validation error"
    if not validation:
        return "No validation digit is wrong: there is nothing to mend."
    if training > TOO_LOW_ABOVE * validation:
        return (
            f"Capacity looks too low: {parts} {100 * training:.1f} are made on the training digits already."
        )
    if training < TOO_HIGH_BELOW * validation and gap > 2 * chance:
        return f"Capacity looks too high: {parts} {100 * gap:.1f} are the gap to the training error."
    return (
        f"Capacity looks neither too low nor too high: {parts} {100 * training:.1f} are made on the training "
        f"digits already, {100 * gap:.1f} ± {100 * chance:.1f} are the gap."
    )


def _show(rows, comparable, number):
    """Print the best of the comparable trials, and the present one, as a table."""
    from rich.console import Console
    from rich.table import Table

    ranked = sorted(comparable, key=lambda n: (rows[n]["validation_error"], n))
    rank = ranked.index(number) + 1
    table = Table(title=f"Trial {number + 1}: rank {rank} of {len(ranked)} on these digits")
    for column in ("rank", "trial", "learning rate", "units", "layers", "dropout", "weight decay", "epochs"):
        table.add_column(column, justify="right")
    for column in ("training error", "validation error"):
        table.add_column(f"{column} in %", justify="right")
    for place, n in enumerate(ranked, start=1):
        if place > SHOWN and n != number:
            continue
        row = rows[n]
        table.add_row(
            str(place),
            str(n + 1),
            f"{row['learning_rate']:g}",
            str(row["units"]),
            str(row["layers"]),
            "on" if row["dropout"] else "off",
            f"{row['weight_decay']:g}",
            str(row["epochs"]),
            f"{100 * row['training_error']:.2f}",
            f"{100 * row['validation_error']:.2f}",
            style="bold" if n == number else None,
        )
    Console(highlight=False).print(table)


def _draw(rows, comparable, folders):
    import numpy as np

    from chapter6 import artifacts

    training, validation = (
        100 * np.array([rows[n][f"{kind}_error"] for n in comparable]) for kind in ("training", "validation")
    )
    numbers = np.array(comparable) + 1
    figure = artifacts.figure(8, 5)
    axes = figure.subplots()
    axes.vlines(numbers, training, validation, color="0.7", linewidth=3, label="the gap")
    axes.plot(numbers, validation, "o", color="#d1495b", label="validation error")
    axes.plot(numbers, training, "s", color="#1b4f9c", label="training error")
    axes.step(
        numbers, np.minimum.accumulate(validation), "--", where="post", color="black", label="best so far"
    )
    for n, error in zip(comparable, np.maximum(training, validation), strict=True):
        axes.annotate(
            f"{rows[n]['learning_rate']:g}, {rows[n]['units']}",
            (n + 1, error),
            xytext=(0, 6),
            textcoords="offset points",
            rotation=60,
            fontsize=8,
        )
    axes.set(
        title=f"6-2.a: manual search, {rows[comparable[0]]['digits']} digits (learning rate, hidden units)",
        xlabel="trial",
        ylabel="error in %",
        ylim=(0, 1.3 * max(*training, *validation, 1)),
    )
    axes.xaxis.get_major_locator().set_params(integer=True)
    axes.grid(alpha=0.3)
    axes.legend()
    return artifacts.save_figure(figure, folders.snapshots / "notebook.png")
