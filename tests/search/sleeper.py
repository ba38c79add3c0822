"""Searches whose trials do nothing but wait, for tests that kill real processes.

    python -m tests.search.sleeper FOLDER TUNER [--workers N] [--pause SECONDS] [--kill TRIAL] [--trials N]

Each trial writes a line to ``FOLDER/log`` when it begins.
"""

import argparse
import json
import multiprocessing
import os
import signal
import sys
import time
from pathlib import Path

from chapter6.runner.backend import import_tensorflow

# As a section does; TensorFlow would write on the standard error that the tests look at.
import_tensorflow()

import keras_tuner  # noqa: E402

from chapter6 import search  # noqa: E402
from chapter6.errors import RunError  # noqa: E402
from chapter6.search import chief, workers  # noqa: E402
from chapter6.search.results import epochs_of  # noqa: E402
from chapter6.search.spaces import declared_values  # noqa: E402

SPACE = {
    "learning_rate": search.finite(0.1, 0.01, 0.001),
    "hidden_units": search.uniform(50, 500, whole=True),
    "dropout": search.switch(),
}
GRID = {**SPACE, "hidden_units": search.finite(50, 200)}
TUNERS = {
    "grid": (search.GridSearch, GRID, {}),
    "random": (search.RandomSearch, SPACE, {"max_trials": 12}),
    "bayesian": (search.BayesianOptimization, SPACE, {"max_trials": 11, "num_initial_points": 9}),
    "hyperband": (search.Hyperband, SPACE, {"max_epochs": 4, "factor": 2}),
}
IDLE = """
import json, os, sys
with open(sys.argv[1], "a") as log:
    log.write(json.dumps({"process": os.getpid()}) + "\\n")
sys.stdin.read()
"""
OBJECTIVE = keras_tuner.Objective("validation_error", "min")


def error_of(values, epochs=1):
    """A made-up validation error: a function of the values, not a finite number for the greatest rate."""
    if values["learning_rate"] == 0.1:
        return float("nan")
    return values["learning_rate"] + values["hidden_units"] / 1e4 + 0.01 * values["dropout"] + 0.1 / epochs


def calling(tuner, function, space, folder, **options):
    """Make a tuner, ours or keras-tuner's, whose trials call a function of the values instead of training."""

    class Calling(tuner):
        def run_trial(self, trial, **options):
            epochs = epochs_of(trial)
            return function(
                declared_values(trial.hyperparameters), **({} if epochs is None else {"epochs": epochs})
            )

    options = {"objective": OBJECTIVE, "hyperparameters": search.hyperparameters(space), **options}
    made = Calling(directory=folder.parent, project_name=folder.name, **options)
    made.oracle.verbose = 0
    return made


def tuner_of(name, folder, trial=error_of, **changed):
    tuner, space, options = TUNERS[name]
    space = changed.pop("space", space)
    return calling(tuner, trial, space, folder, **{"seed": 7, **options, **changed})


def table_of(oracle):
    """The search's table without the times, and with a word for NaN, which is not equal to itself."""
    return [
        {name: "NaN" if value != value else value for name, value in row.items() if name != "seconds"}
        for row in search.rows(oracle)
    ]


def start(folder, *arguments, **environment):
    """Run `main` in a process forked from one that has imported all; what it says is in FOLDER/errors."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["tests.search.sleeper"])
    folder.mkdir(exist_ok=True)
    (folder / "log").touch()
    process = context.Process(target=_begin, args=(folder, arguments, environment), daemon=True)
    process.start()
    return process


def _begin(folder, arguments, environment):
    errors = os.open(folder / "errors", os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    os.dup2(errors, 1)
    os.dup2(errors, 2)
    os.environ.update(environment)
    main([str(folder), *arguments])


def main(arguments=None):
    parser = argparse.ArgumentParser()
    parser.add_argument("folder", type=Path)
    parser.add_argument("tuner", choices=TUNERS)
    parser.add_argument("--workers", type=int, default=0)
    parser.add_argument(
        "--idle", action="store_true", help="workers that only wait for the end of their input"
    )
    parser.add_argument("--pause", type=float, default=0.05)
    parser.add_argument("--kill", type=int, help="the first process to begin this one kills itself")
    parser.add_argument("--silence", type=float, default=chief.HEARTBEAT_TIMEOUT)
    parser.add_argument("--trials", type=int, help="max_trials")
    given = parser.parse_args(arguments)
    chief.HEARTBEAT_TIMEOUT, workers.HEARTBEAT_SECONDS = given.silence, given.silence / 12
    workers.exit_with_parent()

    def trial(values, **arguments):
        begun = {"values": values, "process": os.getpid(), "id": os.environ.get("KERASTUNER_TUNER_ID")}
        with (given.folder / "log").open("a") as log:
            log.write(json.dumps(begun | arguments) + "\n")
        lines = (given.folder / "log").read_text().splitlines()
        if given.kill is not None and len(lines) == given.kill + 1:
            os.kill(os.getpid(), signal.SIGKILL)
        time.sleep(given.pause)
        return error_of(values, **arguments)

    try:
        changed = {"max_trials": given.trials} if given.trials else {}
        tuner = tuner_of(given.tuner, given.folder / "search", trial, **changed)
        if given.workers:
            command = [sys.executable, "-m", "tests.search.sleeper", str(given.folder), given.tuner]
            command += ["--pause", str(given.pause)]
            command += ["--kill", str(given.kill)] if given.kill is not None else []
            if given.idle:
                command = [sys.executable, "-c", IDLE, str(given.folder / "log")]
            chief.search_with_workers(tuner.oracle, given.workers, command)
        else:
            tuner.search(verbose=0)
    except RunError as error:
        sys.exit(f"{error}")
    except KeyboardInterrupt:
        sys.exit(130)


if __name__ == "__main__":
    main()
