"""The table of the command ``recipes``: a row for each evaluation of a GAN's samples."""

import csv

import pandas as pd
from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table

from chapter6.artifacts import save_csv
from chapter6.errors import InputError
from chapter6.language import _, translate

# What a row is a function of
KEYS = {"recipe": str, "seed": int, "iteration": int, "noise": float, "samples": int, "data": str}
MEASURES = (
    "frechet_distance",
    "precision",
    "recall",
    "classifier_score",
    "classifier_spread",
    "unsure",
    "missing_digits",
    "within_digit_spread",
    "fresh_accuracy",
    "divergence",
    *(f"share_of_{digit}" for digit in range(10)),
)
# Those that are printed: heading and format
SHOWN = {
    "frechet_distance": (_("Fréchet\ndistance"), ".1f"),
    "precision": (_("precision"), ".2f"),
    "recall": (_("recall"), ".2f"),
    "unsure": (_("share of\nno digit"), ".2f"),
}
# In the place of a recipe: digits of the training set, which a perfect generator would draw
TRAINING_DIGITS = "training digits"


class RecipesTable:
    """The rows of recipes.csv, saved after each that is added.

    Args:
        path: Path of the CSV; its rows are read, if it exists.
        samples: int, samples of an evaluation, of the rows to come.
        data: str, the fingerprint of MNIST, likewise.

    Raises:
        InputError: The file is not a table of this kind.
    """

    def __init__(self, path, samples, data):
        self.path = path
        self._samples = samples
        self._data = data
        self._rows = read_rows(path) if path.exists() else []

    def holds(self, recipe, seed, iteration, noise):
        """Tell whether the table has the row of these values."""
        key = (recipe, seed, iteration, noise, self._samples, self._data)
        return any(tuple(row[name] for name in KEYS) == key for row in self._rows)

    def add(self, recipe, seed, iteration, noise, measures):
        """Add the row of these values, with a dict of the `MEASURES`, and save the table."""
        key = (recipe, seed, iteration, noise, self._samples, self._data)
        measured = {name: measures[name] for name in MEASURES}
        self._rows.append(dict(zip(KEYS, key, strict=True)) | measured)
        save_csv(self.path, {name: [row[name] for row in self._rows] for name in (*KEYS, *MEASURES)})

    def select(self, settings):
        """Return the rows of settings as a `pandas.DataFrame`, recipes in the order of the settings.

        Args:
            settings: `chapter6.section_6_4.recipes.Settings`.
        """
        table = pd.DataFrame(self._rows)
        seeds = range(settings.seed, settings.seed + settings.repetitions)
        parts = []
        for recipe in (*dict.fromkeys(settings.recipes), TRAINING_DIGITS):
            chosen = table[
                (table.recipe == recipe)
                & table.seed.isin(seeds)
                & table.iteration.isin([*settings.iterations, 0])
                & table.noise.isin([*settings.noise, 1.0])
                & (table.samples == self._samples)
                & (table.data == self._data)
            ]
            parts.append(chosen.sort_values(["iteration", "noise", "seed"]))
        return pd.concat(parts, ignore_index=True)


def read_rows(path):
    """Return the rows of a recipes.csv, a list of dicts.

    Raises:
        InputError: The file is not a table of this kind.
    """
    try:
        with open(path, encoding="utf-8", newline="") as file:
            rows = csv.DictReader(file)
            if rows.fieldnames == [*KEYS, *MEASURES]:
                return [{name: KEYS.get(name, float)(value) for name, value in row.items()} for row in rows]
    except (TypeError, ValueError):
        pass
    message = _("a table of recipes must have the columns {names} and those of its measures, received {path}")
    raise InputError(message.format(names=", ".join(KEYS), path=path))


def means(rows):
    """Return mean and standard deviation over the seeds, of what `RecipesTable.select` returned.

    Returns:
        A `pandas.DataFrame` with a row for each recipe, iteration and noise in their order, and the columns
        ``(measure, "mean")`` and ``(measure, "std")``; the deviation of a single seed is NaN.
    """
    groups = rows.groupby(["recipe", "iteration", "noise"], sort=False)
    return groups[list(MEASURES)].agg(["mean", "std"])


def print_means(rows):
    """Print the means over the seeds of what `RecipesTable.select` returned, as a table."""
    varied = rows.noise.nunique() > 1
    # Seven columns in the 80 of a terminal leave no room for a frame.
    table = Table(box=SIMPLE_HEAD, show_edge=False, padding=0)
    headings = [_("recipe"), _("iteration"), *([_("noise")] if varied else [])]
    headings += [heading for heading, _form in SHOWN.values()]
    for number, heading in enumerate(headings):
        table.add_column(str(heading), justify="right" if number else "left", no_wrap=True)
    for (recipe, iteration, noise), row in means(rows).iterrows():
        name = translate(recipe) if recipe == TRAINING_DIGITS else recipe
        cells = [f"{iteration:,}" if iteration else "", *([f"{noise:g}"] if varied else [])]
        cells += [
            format_spread(row[measure, "mean"], row[measure, "std"], form)
            for measure, (_heading, form) in SHOWN.items()
        ]
        table.add_row(str(name), *cells)
    Console(highlight=False).print(table)


def format_spread(mean, deviation, form):
    """Return a mean and, where there is one, a standard deviation, in a format.

    >>> format_spread(0.4567, 0.0123, ".2f"), format_spread(92.94, float("nan"), ".1f")
    ('0.46 ± 0.01', '92.9')
    """
    return format(mean, form) if pd.isna(deviation) else f"{mean:{form}} ± {deviation:{form}}"
