"""Searches whose trials do nothing but wait, for tests that kill real processes.

    python -m tests.search.sleeper FOLDER TUNER [--workers N] [--pause SECONDS] [--kill TRIAL]

Each trial writes a line to ``FOLDER/log`` when it begins.
"""

import argparse
import json
import os
import signal
import sys
import time
from pathlib import Path

from chapter6.command_line import import_tensorflow

# As a section does; TensorFlow would write on the standard error that the tests look at.
import_tensorflow()

from chapter6 import search  # noqa: E402
from chapter6.experiment import RunError  # noqa: E402
from chapter6.search import chief  # noqa: E402

SPACE = {
    "learning_rate": search.finite(0.1, 0.01, 0.001),
    "hidden_units": search.uniform(50, 500, whole=True),
    "dropout": search.switch(),
}
GRID = {**SPACE, "hidden_units": search.finite(50, 200)}
TUNERS = {
    "grid": (search.GridSearch, GRID, {}),
    "random": (search.RandomSearch, SPACE, {"max_trials": 12}),
    "bayesian": (search.BayesianOptimization, SPACE, {"max_trials": 12, "num_initial_points": 9}),
    "hyperband": (search.Hyperband, SPACE, {"max_epochs": 4, "factor": 2}),
}


def error_of(values, epochs=1):
    """A made-up validation error: a function of the values, not a finite number for the greatest rate."""
    if values["learning_rate"] == 0.1:
        return float("nan")
    return values["learning_rate"] + values["hidden_units"] / 1e4 + 0.01 * values["dropout"] + 0.1 / epochs


def tuner_of(name, folder, trial=error_of, **changed):
    tuner, space, options = TUNERS[name]
    return tuner(trial, changed.pop("space", space), folder, **{"seed": 7, **options, **changed})


def table_of(oracle):
    """The search's table without the times."""
    return [{name: value for name, value in row.items() if name != "seconds"} for row in search.rows(oracle)]


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("folder", type=Path)
    parser.add_argument("tuner", choices=TUNERS)
    parser.add_argument("--workers", type=int, default=1)
    parser.add_argument("--pause", type=float, default=0.05)
    parser.add_argument("--kill", type=int, help="the first process to begin this one kills itself")
    given = parser.parse_args()
    chief.end_with_standard_input()

    def trial(values, **arguments):
        with (given.folder / "log").open("a") as log:
            begun = {"values": values, "process": os.getpid(), "id": os.environ.get("KERASTUNER_TUNER_ID")}
            log.write(json.dumps(begun) + "\n")
        lines = (given.folder / "log").read_text().splitlines()
        if given.kill is not None and len(lines) == given.kill + 1:
            os.kill(os.getpid(), signal.SIGKILL)
        time.sleep(given.pause)
        return error_of(values, **arguments)

    tuner = tuner_of(given.tuner, given.folder / "search", trial)
    try:
        if given.workers > 1:
            command = [sys.executable, "-m", "tests.search.sleeper", str(given.folder), given.tuner]
            command += ["--pause", str(given.pause)]
            command += ["--kill", str(given.kill)] if given.kill is not None else []
            chief.search_with_workers(tuner.oracle, given.workers, command)
        else:
            tuner.search()
    except RunError as error:
        sys.exit(f"{error}")
    except KeyboardInterrupt:
        sys.exit(130)


if __name__ == "__main__":
    main()
