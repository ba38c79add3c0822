"""A section run once at its quick size, in this process."""

import contextlib
import csv
import importlib
import io

import numpy as np
import pytest

from chapter6.runner.command_line import main


class Section:
    """What a run of a section left: its folder, what it printed, the finding of each experiment."""

    def __init__(self, output, name, printed, findings):
        self.output = output
        self.name = name
        self.folder = output / "snapshots" / name
        self.printed = printed
        self.findings = findings

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


def run_quick(name, output, digits):
    """Run ``python -m chapter6.NAME --quick`` and return its `Section`."""
    experiments = importlib.import_module(f"chapter6.{name}").EXPERIMENTS
    findings, printed = {}, io.StringIO()
    with pytest.MonkeyPatch.context() as patch, contextlib.redirect_stdout(printed):
        for experiment in experiments:
            module = importlib.import_module(f"chapter6.{name}.{experiment}")

            def recorded(settings, folders, experiment=experiment, run=module.run):
                findings[experiment] = run(settings, folders)
                return findings[experiment]

            patch.setattr(module, "run", recorded)
        main(f"chapter6.{name}", ["--quick", "--data", str(digits), "--output", str(output)])
    return Section(output, name, printed.getvalue(), findings)
