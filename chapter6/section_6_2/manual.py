"""Manual search: train one network with your hyperparameters and note it beside the earlier ones.

Slide: 6-2, manual search (claim a).

Each call trains one network, adds a row to the notebook (``notebook.csv`` and its picture), shows where the
trial stands among those on the same digits, and says from training and validation error which way the
capacity looks wrong: where most of the validation error is made on the training digits already, capacity is
too low (or the training too short, or the learning rate wrong); where most of it is the gap between the two,
capacity is too high (or the digits too few).
"""

import contextlib
import csv
import itertools
import time
from dataclasses import dataclass
from math import sqrt
from pathlib import Path

import numpy as np

from chapter6 import artifacts
from chapter6.artifacts import clear_unfinished, locked_folder, save_csv
from chapter6.errors import InputError
from chapter6.experiment import data_setting, setting
from chapter6.language import translate
from chapter6.mnist import Split, load_mnist

# Share of the validation error that is made on the training digits already.
TOO_LOW_ABOVE, TOO_HIGH_BELOW = 2 / 3, 1 / 3
SHOWN = 10
# How often a call waits for one that is adding its row at the same time.
WAITS, WAIT_SECONDS = 200, 0.05


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
    data: Path | None = data_setting()


# The names of `chapter6.search`, by which TensorBoard compares these trials with those of the other searches.
HYPERPARAMETERS = {"units": "hidden_units", "layers": "hidden_layers"}
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


def _share(word):
    share = float(word)
    if not 0 <= share <= 1:
        raise ValueError(f"an error must be from 0 to 1, received {word}")
    return share


COLUMNS = CHOSEN | {"training_error": _share, "validation_error": _share}


def run(settings, folders):
    """Train the network, unless the notebook has it already; write the row down and show the notebook.

    Raises:
        InputError: There are too few digits, or the notebook cannot be read.
    """
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
        rows = _add_row(path, chosen | errors)
        number = len(rows) - 1
        _record(folders.snapshots / "trials", number + 1, chosen, trained)
    else:
        print(translate(f"This is trial {number + 1} of the notebook; the same again would give the same."))
    comparable = [n for n, row in enumerate(rows) if _setting_of(row) == _setting_of(rows[number])]
    _show(rows, comparable, number)
    row = rows[number]
    errors = row["training_error"], row["validation_error"]
    print(translate(advice(*errors, settings.digits, len(mnist.validation.labels))))
    picture = _draw(rows, comparable, folders)
    print(translate(f"The notebook is {path}, its picture {picture}."))


def read_notebook(path):
    """Return the rows of a notebook, dicts from column to value; none where there is no file.

    Raises:
        InputError: The file is not such a notebook.
    """
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


def _add_row(path, row):
    """Add a row to the notebook; return its rows, those that other calls have added meanwhile among them."""
    with contextlib.ExitStack() as stack:
        for attempt in range(WAITS):
            try:
                stack.enter_context(locked_folder(path.parent))
                break
            except InputError:
                # Another call is adding its row.
                if attempt == WAITS - 1:
                    raise
                time.sleep(WAIT_SECONDS)
        rows = [*read_notebook(path), row]
        clear_unfinished(path.parent)
        save_csv(path, {name: [row[name] for row in rows] for name in COLUMNS})
    return rows


def _record(folder, number, chosen, trained):
    """Write the trial's TensorBoard run, with its hyperparameters and the errors after each epoch."""
    from tensorboard.plugins.scalar.summary_v2 import scalar_pb

    from chapter6.search import records
    from chapter6.search.trials import DESCRIPTIONS

    descriptions = DESCRIPTIONS | {
        "epochs": "passes over the training digits",
        "digits": "training digits, the first ones",
        "seed": "of weights, batches and dropout",
    }
    values = {HYPERPARAMETERS.get(name, name): value for name, value in chosen.items()}
    configured = {name: [value] for name, value in values.items() if name in descriptions}
    metrics = [records.ACCURACY, "validation_error"]
    if not records.has_run(folder / records.CONFIGURATION):
        summary = records.configuration(configured, metrics, descriptions)
        records.write_run(folder / records.CONFIGURATION, [(0, summary)])
    summaries = [(0, records.hyperparameters_summary(values))]
    for epoch, error in enumerate(trained.validation_errors, start=1):
        summaries.append((epoch, scalar_pb("validation_error", error, descriptions["validation_error"])))
    accuracy = 1 - trained.validation_error
    summaries.append((epoch, scalar_pb(records.ACCURACY, accuracy, descriptions[records.ACCURACY])))
    # The runs of an earlier notebook stay, as TensorBoard may have opened them.
    path = folder / f"{number:04d}"
    for again in itertools.count(1):
        if not records.has_run(path):
            break
        path = folder / f"{number:04d}.{again}"
    records.write_run(path, summaries)


def _find(rows, chosen):
    return next((n for n, row in enumerate(rows) if chosen.items() <= row.items()), None)


def _setting_of(row):
    """Return what trials must share to be compared."""
    return row["digits"], row["data"]


def advice(training, validation, digits, validation_digits):
    """Say which way the capacity looks wrong, from the two errors and the numbers of digits behind them.

    >>> print(advice(0.30, 0.31, 5000, 5000))
    Capacity looks too low, unless the learning rate is wrong or the training short:
    of 31.0 % validation error 30.0 are made on the training digits already.
    >>> print(advice(0.01, 0.07, 5000, 5000))
    Capacity looks too high, or the digits too few:
    of 7.0 % validation error 6.0 are the gap to the training error.
    """
    if training == validation == 1:
        return "Every answer is wrong, as after a training that diverged: try a smaller learning rate."
    if not validation:
        return "No validation digit is wrong: there is nothing to mend."
    gap = validation - training
    # The standard error of a difference of two shares
    chance = sqrt(training * (1 - training) / digits + validation * (1 - validation) / validation_digits)
    parts = f"of {100 * validation:.1f} % validation error"
    learnt = f"{100 * training:.1f} are made on the training digits already"
    if training > TOO_LOW_ABOVE * validation:
        return (
            "Capacity looks too low, unless the learning rate is wrong or the training short:\n"
            f"{parts} {learnt}."
        )
    if training < TOO_HIGH_BELOW * validation and gap > 2 * chance:
        return (
            "Capacity looks too high, or the digits too few:\n"
            f"{parts} {100 * gap:.1f} are the gap to the training error."
        )
    return (
        "Capacity looks neither too low nor too high:\n"
        f"{parts} {learnt}, {100 * gap:.1f} ± {100 * chance:.1f} are the gap."
    )


def _show(rows, comparable, number):
    """Print the best of the comparable trials, and the present one, as a table."""
    from rich.box import SIMPLE_HEAD
    from rich.console import Console
    from rich.table import Table

    from chapter6.section_6_2.live import format_value

    ranked = sorted(comparable, key=lambda n: (rows[n]["validation_error"], n))
    rank = ranked.index(number) + 1
    title = translate(f"Trial {number + 1}: rank {rank} of {len(ranked)} on these digits")
    # Ten columns in the 80 of a terminal leave no room for a frame.
    table = Table(title=title, title_justify="left", box=SIMPLE_HEAD, show_edge=False, padding=0)
    for column in (
        "rank",
        "trial",
        "learning\nrate",
        "units",
        "layers",
        "dropout",
        "weight\ndecay",
        "epochs",
    ):
        table.add_column(translate(column), justify="right")
    for column in ("training", "validation"):
        table.add_column(translate(f"{column}\nerror in %"), justify="right")
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
            format_value(row["dropout"]),
            f"{row['weight_decay']:g}",
            str(row["epochs"]),
            f"{100 * row['training_error']:.2f}",
            f"{100 * row['validation_error']:.2f}",
            style="bold" if n == number else None,
        )
    Console(highlight=False).print(table)


def _draw(rows, comparable, folders):
    training, validation = (
        100 * np.array([rows[n][f"{kind}_error"] for n in comparable]) for kind in ("training", "validation")
    )
    numbers = np.array(comparable) + 1
    figure = artifacts.figure(9, 5.5)
    axes = figure.subplots()
    axes.vlines(numbers, training, validation, color="0.7", linewidth=3, label="the gap")
    axes.plot(numbers, validation, "o", color="#d1495b", label="validation error")
    axes.plot(numbers, training, "s", color="#1b4f9c", label="training error")
    axes.step(
        numbers, np.minimum.accumulate(validation), "--", where="post", color="black", label="best so far"
    )
    # More names than this would overlap.
    named = comparable[:: 1 + len(comparable) // 40]
    names = [f"{rows[n]['learning_rate']:g}, {rows[n]['units']} ({n + 1})" for n in named]
    axes.set_xticks([n + 1 for n in named], names, rotation=90, fontsize=9)
    axes.set(
        title=f"6-2.a: manual search, {rows[comparable[0]]['digits']} digits",
        xlabel="learning rate, hidden units (trial)",
        ylabel="error in %",
        ylim=(0, 1.05 * max(*training, *validation, 1)),
    )
    axes.grid(alpha=0.3)
    figure.legend(loc="outside lower center", ncols=4)
    return artifacts.save_figure(figure, folders.snapshots / "notebook.png")
