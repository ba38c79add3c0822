"""The slides' 4 x 4 grid by `chapter6.search` and by keras-tuner's plain tuner with ``model.fit``.

    python -m tests.benchmarks.search [--quick] [--rounds 3] [--images 55000] [--epochs 1]

Three searches run all 16 trials, from an empty folder and with nothing compiled before, with the same
network, optimizer, images, batch size and epochs, in one process each, started anew for each run:

- ``compiled``, this chapter's tuner on its `MnistMLP`, which compiles a shape once;
- ``own``, this chapter's tuner on a HyperModel as a user has it, trained by ``model.fit``;
- ``plain``, keras-tuner's tuner on that one.

They take turns, in an order drawn anew in each round, so that all meet the same load; the time is that of the
search alone, without imports and without reading MNIST. Processor time is shown beside the time on the clock:
it tells more on a machine that does other work too. The limits are on the ratio to the plain tuner.
"""

import argparse
import json
import subprocess
import sys
import tempfile
import time

import numpy as np

from chapter6.runner.backend import import_tensorflow

# How many times as fast as keras-tuner; a HyperModel of the user's own as fast, but for the clock's noise
LIMITS = {"compiled": 4.5, "own": 0.97}
CONTENDERS = [*LIMITS, "plain"]
GRID = {"learning_rate": (1e-1, 1e-2, 1e-3, 1e-4), "hidden_units": (50, 100, 200, 500)}


def search_grid(name, mlp, folder):
    """Search with one of the `CONTENDERS`; return the validation errors in the grid's order."""
    import keras_tuner

    from chapter6.search import GridSearch

    place = {"directory": folder, "project_name": name}
    if name == "compiled":
        tuner = GridSearch(mlp, keras_tuner.Objective("validation_error", "min"), **place)
        tuner.search(verbose=0)
        return [trial.score for trial in tuner.oracle.trials.values()]

    class Own(keras_tuner.HyperModel):
        """The same network, trained as keras-tuner does by default."""

        def build(self, hp):
            return mlp.build(hp)

    def vectors(split):
        return split.images.reshape(-1, 784) / np.float32(255), split.labels.astype(np.int32)

    tuner = (GridSearch if name == "own" else keras_tuner.GridSearch)(Own(), "val_accuracy", **place)
    options = {"validation_data": vectors(mlp.mnist.validation), "verbose": 0}
    tuner.search(*vectors(mlp.mnist.train), epochs=mlp.epochs, batch_size=mlp.batch_size, **options)
    trials = sorted(tuner.oracle.trials.values(), key=lambda trial: int(trial.trial_id))
    return [1 - trial.score for trial in trials]


def measure(name, images, epochs):
    """Run one search in this process and print its times and errors as JSON."""
    import dataclasses
    import pathlib

    import_tensorflow()
    from chapter6.mnist import Split, load_mnist
    from chapter6.search import MnistMLP, finite

    mnist = load_mnist()
    mnist = dataclasses.replace(mnist, train=Split(mnist.train.images[:images], mnist.train.labels[:images]))
    space = {hyperparameter: finite(*values) for hyperparameter, values in GRID.items()}
    with tempfile.TemporaryDirectory() as folder:
        clock, processor = time.perf_counter(), time.process_time()
        errors = search_grid(name, MnistMLP(mnist, epochs, space=space), pathlib.Path(folder) / "search")
        taken = time.perf_counter() - clock, time.process_time() - processor
    print(json.dumps({"clock": taken[0], "processor": taken[1], "errors": errors}))


def main():
    parser = argparse.ArgumentParser(description="The slides' grid search against keras-tuner's plain loop.")
    parser.add_argument("--quick", action="store_true", help="one round with 2,000 images")
    parser.add_argument("--rounds", type=int, help="runs of each (default: 3)")
    parser.add_argument("--images", type=int, help="training images (default: 55000)")
    parser.add_argument("--epochs", type=int, default=1, help="epochs of each trial (default: 1)")
    parser.add_argument("--measure", choices=CONTENDERS, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    arguments.rounds = arguments.rounds or (1 if arguments.quick else 3)
    arguments.images = arguments.images or (2_000 if arguments.quick else 55_000)
    if arguments.measure:
        measure(arguments.measure, arguments.images, arguments.epochs)
        return

    random = np.random.default_rng(0)
    taken = {name: {"clock": [], "processor": []} for name in CONTENDERS}
    for turn in range(arguments.rounds):
        for name in random.permutation(CONTENDERS):
            command = [sys.executable, "-m", "tests.benchmarks.search", "--measure", name]
            command += ["--images", str(arguments.images), "--epochs", str(arguments.epochs)]
            printed = subprocess.run(
                command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=True
            ).stdout
            run = json.loads(printed.splitlines()[-1])
            for kind, times in taken[name].items():
                times.append(run[kind])
            print(
                f"round {turn + 1}, {name:8}: {60 * 16 / run['clock']:6.1f} trials per minute, "
                f"{run['processor']:6.1f} s of the processor, best error {min(run['errors']):.2%}, "
                f"median {np.median(run['errors']):.2%}",
                flush=True,
            )
    for name, limit in LIMITS.items():
        for kind, times in taken[name].items():
            ratios = np.divide(taken["plain"][kind], times)
            median, kept = np.median(ratios), "kept" if np.median(ratios) >= limit else "missed"
            print(
                f"{name} to plain, {kind}: {median:.2f} times, {min(ratios):.2f} to {max(ratios):.2f} "
                f"(limit {limit}: {kept})"
            )


if __name__ == "__main__":
    main()
