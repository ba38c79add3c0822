"""The notebook of manual search: a row, a TensorBoard run and a place in table and picture for each trial."""

import contextlib
import csv
import time

import numpy as np
from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table
from tensorboard.plugins.scalar.summary_v2 import scalar_pb

from chapter6.artifacts import clear_unfinished, locked_folder, save_csv
from chapter6.errors import InputError
from chapter6.figures import figure, localized, save_figure
from chapter6.language import _
from chapter6.search import records
from chapter6.search.trials import DESCRIPTIONS
from chapter6.section_6_2.labels import format_value

SHOWN = 10
# How often a call waits for one that is adding its row at the same time.
WAITS, WAIT_SECONDS = 200, 0.05

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
        raise ValueError(str(_("an error must be from 0 to 1, received {share}").format(share=word)))
    return share


COLUMNS = CHOSEN | {"training_error": _share, "validation_error": _share}


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
                message = _("a notebook's columns must be {columns}, received others in {path}")
                raise InputError(message.format(columns=", ".join(COLUMNS), path=path))
    except (ValueError, KeyError, TypeError, UnicodeDecodeError, csv.Error) as error:
        if isinstance(error, InputError):
            raise
        message = _("a notebook must be whole, received {path} ({reason!r})")
        raise InputError(message.format(path=path, reason=error)) from None
    return rows


@contextlib.contextmanager
def _locked(folder):
    """Hold the notebook's folder; wait for other calls that are adding their rows."""
    with contextlib.ExitStack() as stack:
        for attempt in range(WAITS):
            try:
                stack.enter_context(locked_folder(folder))
                break
            except InputError:
                if attempt == WAITS - 1:
                    raise
                time.sleep(WAIT_SECONDS)
        yield


def add_row(path, row):
    """Add a row to the notebook; return its rows, those that other calls have added meanwhile among them."""
    with _locked(path.parent):
        rows = [*read_notebook(path), row]
        clear_unfinished(path.parent)
        save_csv(path, {name: [row[name] for row in rows] for name in COLUMNS})
    return rows


def find_trial(rows, chosen):
    """Return the place of the row whose settings are `chosen`, None where there is none."""
    return next((n for n, row in enumerate(rows) if chosen.items() <= row.items()), None)


def comparable_trials(rows, number):
    """Return the places of the rows that were trained and validated on the digits of row `number`."""
    return [
        n for n, row in enumerate(rows) if all(row[name] == rows[number][name] for name in ("digits", "data"))
    ]


def record_trial(folder, number, chosen, trained):
    """Write the trial's TensorBoard run, with its hyperparameters and the errors after each epoch."""
    descriptions = DESCRIPTIONS | {
        "epochs": _("epochs"),
        "digits": _("training digits, the first ones"),
        "seed": _("of weights, batches and dropout"),
    }
    descriptions = {name: str(description) for name, description in descriptions.items()}
    values = {HYPERPARAMETERS.get(name, name): value for name, value in chosen.items()}
    configured = {name: [value] for name, value in values.items() if name in descriptions}
    metrics = [records.ACCURACY, "validation_error"]
    summaries = [(0, records.hyperparameters_summary(values))]
    for epoch, error in enumerate(trained.validation_errors, start=1):
        summaries.append((epoch, scalar_pb("validation_error", error, descriptions["validation_error"])))
    accuracy = 1 - trained.validation_error
    summaries.append((epoch, scalar_pb(records.ACCURACY, accuracy, descriptions[records.ACCURACY])))
    with _locked(folder.parent):
        if not records.has_run(folder / records.CONFIGURATION):
            summary = records.configuration(configured, metrics, descriptions)
            records.write_run(folder / records.CONFIGURATION, [(0, summary)])
        # The runs of an earlier notebook stay, as TensorBoard may have opened them.
        records.write_run(records.free_run(folder / f"{number:04d}"), summaries)


def print_table(rows, comparable, number):
    """Print the best of the comparable trials, and the present one, as a table."""
    ranked = sorted(comparable, key=lambda n: (rows[n]["validation_error"], n))
    rank = ranked.index(number) + 1
    title = _("Trial {number}: rank {rank} of {count} on these digits")
    # Ten columns in the 80 of a terminal leave no room for a frame.
    table = Table(
        title=str(title.format(number=number + 1, rank=rank, count=len(ranked))),
        title_justify="left",
        box=SIMPLE_HEAD,
        show_edge=False,
        padding=0,
    )
    for column in (
        _("rank"),
        _("trial"),
        _("learning\nrate"),
        _("units"),
        _("layers"),
        _("dropout"),
        _("weight\ndecay"),
        _("epochs"),
        _("training\nerror (%)"),
        _("validation\nerror (%)"),
    ):
        table.add_column(str(column), justify="right")
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


@localized
def draw_trials(rows, comparable, folders):
    """Save the training and validation errors of the comparable trials; return the picture's path."""
    training, validation = (
        100 * np.array([rows[n][f"{kind}_error"] for n in comparable]) for kind in ("training", "validation")
    )
    numbers = np.array(comparable) + 1
    drawing = figure(9, 5.5)
    axes = drawing.subplots()
    axes.vlines(numbers, training, validation, color="0.7", linewidth=3, label=_("the gap"))
    axes.plot(numbers, validation, "o", color="#d1495b", label=_("validation error"))
    axes.plot(numbers, training, "s", color="#1b4f9c", label=_("training error"))
    axes.step(
        numbers, np.minimum.accumulate(validation), "--", where="post", color="black", label=_("best so far")
    )
    # More names than this would overlap.
    named = comparable[:: 1 + len(comparable) // 40]
    names = [f"{rows[n]['learning_rate']:g}, {rows[n]['units']} ({n + 1})" for n in named]
    axes.set_xticks([n + 1 for n in named], names, rotation=90, fontsize=9)
    title = _("6-2.a: manual search, {digits} digits")
    axes.set(
        title=title.format(digits=rows[comparable[0]]["digits"]),
        xlabel=_("learning rate, hidden units (trial)"),
        ylabel=_("error (%)"),
        ylim=(0, 1.05 * max(*training, *validation, 1)),
    )
    axes.grid(alpha=0.3)
    drawing.legend(loc="outside lower center", ncols=4)
    return save_figure(drawing, folders.snapshots / "notebook.png")
