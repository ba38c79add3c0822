"""A section run once at its quick size, in this process."""

import collections
import contextlib
import csv
import functools
import importlib
import io
import pickle
import pkgutil
import sys
import time

import numpy as np
import pytest
from matplotlib.text import Text

import chapter6.gan.pictures  # noqa: F401
from chapter6 import figures
from chapter6.artifacts import locked_folder
from chapter6.errors import InputError
from chapter6.language import current, language
from chapter6.runner.command_line import main

# Inches: the column of the page is 960 pixels wide, 96 to an inch.
PAGE_WIDTH = 10


class Section:
    """What a run of a section left: its folder, what it printed, and of each experiment the finding and the
    texts that its figures have in Chinese, with their sizes.
    """

    def __init__(self, output, name, printed, findings, figure_texts):
        self.output = output
        self.name = name
        self.folder = output / "snapshots" / name
        self.printed = printed
        self.findings = findings
        self.figure_texts = figure_texts

    def of(self, name):
        """Return an experiment's folder."""
        return self.folder / f"{name}_quick"

    def table(self, name):
        """Return the columns of ``EXPERIMENT/TABLE``, a CSV, as lists of str."""
        experiment, _, table = name.partition("/")
        with (self.of(experiment) / f"{table}.csv").open(newline="") as file:
            rows = list(csv.DictReader(file))
        return {column: [row[column] for row in rows] for column in rows[0]}

    def numbers(self, name):
        """Return the columns of a `table` of numbers, float64 arrays."""
        return {column: np.array(values, float) for column, values in self.table(name).items()}


class _Drawn(Exception):
    """A figure is drawn, and its texts are noted: it need not be saved."""


def note_chinese_texts(patch, package, note):
    """Have each function that draws a figure draw it in Chinese too, for its texts, before it is called.

    Args:
        patch: `pytest.MonkeyPatch`.
        package: The section's package.
        note: Function that is called with each text, a str, and its size in points on the page.
    """

    def in_chinese_too(draw):
        @functools.wraps(draw)
        def drawn(*arguments, **options):
            with language("zh"), contextlib.suppress(_Drawn):
                draw(*arguments, **options)
            return draw(*arguments, **options)

        return drawn

    def use_chinese_font(figure, original=figures.use_chinese_font):
        if current() != "zh":
            return original(figure)
        scale = PAGE_WIDTH / figure.get_figwidth()
        # Of axes that are switched off only these texts are drawn.
        hidden = {text for axes in figure.axes if not axes.axison for text in axes.findobj(Text)}
        hidden -= {text for axes in figure.axes for text in (axes.title, *axes.texts)}
        for text in set(figure.findobj(Text)) - hidden:
            if text.get_text():
                note(text.get_text(), scale * text.get_fontsize())
        raise _Drawn

    # Whatever fonts there are.
    patch.setattr(figures, "figure_language", current)
    for module in pkgutil.iter_modules(package.__path__):
        if module.name != "__main__":
            importlib.import_module(f"{package.__name__}.{module.name}")
    localized = figures.localized(str).__code__
    for module in [module for name, module in sys.modules.items() if name.startswith("chapter6.")]:
        for name, value in list(vars(module).items()):
            if value is figures.use_chinese_font and module is not figures:
                patch.setattr(module, name, use_chinese_font)
            elif getattr(value, "__code__", None) is localized:
                patch.setattr(module, name, in_chinese_too(value))
    patch.setattr(figures, "use_chinese_font", use_chinese_font)


def run_quick(name, output, digits):
    """Run ``python -m chapter6.NAME --quick`` and return its `Section`."""
    package = importlib.import_module(f"chapter6.{name}")
    findings, printed, texts = {}, io.StringIO(), collections.defaultdict(list)
    with pytest.MonkeyPatch.context() as patch, contextlib.redirect_stdout(printed):
        # The experiment that runs is the first without a finding.
        note_chinese_texts(
            patch, package, lambda *text: texts[package.EXPERIMENTS[len(findings)]].append(text)
        )
        for experiment in package.EXPERIMENTS:
            module = importlib.import_module(f"chapter6.{name}.{experiment}")

            def recorded(settings, folders, experiment=experiment, run=module.run):
                findings[experiment] = run(settings, folders)
                return findings[experiment]

            patch.setattr(module, "run", recorded)
        main(f"chapter6.{name}", ["--quick", "--data", str(digits), "--output", str(output)])
    return Section(output, name, printed.getvalue(), findings, dict(texts))


def shared_quick(name, folder, digits):
    """Return the `Section` of `run_quick`, made by the first process that asks for it in a folder.

    Another one waits for it.
    """
    folder.mkdir(exist_ok=True)
    made = folder / f"{name}.pickle"
    while True:
        with contextlib.ExitStack() as stack:
            try:
                stack.enter_context(locked_folder(folder / name))
            except InputError:
                time.sleep(1)
                continue
            if not made.exists():
                made.write_bytes(pickle.dumps(run_quick(name, folder / name, digits)))
            return pickle.loads(made.read_bytes())
