"""The slides' 4 x 4 grid by `chapter6.search` and by keras-tuner's plain loop with ``model.fit``.

    python -m tests.benchmarks.search [--quick] [--rounds 3] [--images 55000] [--epochs 1]

Both run all 16 trials, from an empty folder and with nothing compiled before, with the same network,
optimizer, images, batch size and epochs, in one process each, started anew for each run. They take turns, in
an order drawn anew in each round, so that both meet the same load; the time is that of the search alone,
without imports and without reading MNIST. Processor time is shown beside the time on the clock: it tells more
on a machine that does other work too. The limit is three times the trials per minute.
"""

import argparse
import json
import subprocess
import sys
import tempfile
import time

import numpy as np

from chapter6.runner.backend import import_tensorflow

LIMIT = 3.0
GRID = {"learning_rate": (1e-1, 1e-2, 1e-3, 1e-4), "hidden_units": (50, 100, 200, 500)}


def ours(mlp, space, folder):
    """Search with the tuner of this chapter; return the validation errors in the grid's order."""
    from chapter6.search import GridSearch, rows

    tuner = GridSearch(mlp, space, folder)
    tuner.search()
    return [row["validation_error"] for row in rows(tuner.oracle)]


def plain(mlp, space, folder):
    """Search with keras-tuner's tuner and Keras' ``fit``; return the validation errors likewise."""
    import keras_tuner

    from chapter6.search import hyperparameters

    tuner = keras_tuner.GridSearch(
        mlp,
        objective="val_accuracy",
        hyperparameters=hyperparameters(space),
        directory=folder,
        project_name="plain",
    )

    def vectors(split):
        return split.images.reshape(-1, 784) / np.float32(255), split.labels.astype(np.int32)

    x, y = vectors(mlp.mnist.train)
    tuner.search(
        x,
        y,
        validation_data=vectors(mlp.mnist.validation),
        epochs=mlp.epochs,
        batch_size=mlp.batch_size,
        verbose=0,
    )
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
    space = {name: finite(*values) for name, values in GRID.items()}
    with tempfile.TemporaryDirectory() as folder:
        clock, processor = time.perf_counter(), time.process_time()
        mlp = MnistMLP(mnist, epochs)
        errors = {"ours": ours, "plain": plain}[name](mlp, space, pathlib.Path(folder) / "search")
        taken = time.perf_counter() - clock, time.process_time() - processor
    print(json.dumps({"clock": taken[0], "processor": taken[1], "errors": errors}))


def main():
    parser = argparse.ArgumentParser(description="The slides' grid search against keras-tuner's plain loop.")
    parser.add_argument("--quick", action="store_true", help="one round with 2,000 images")
    parser.add_argument("--rounds", type=int, help="runs of each (default: 3)")
    parser.add_argument("--images", type=int, help="training images (default: 55000)")
    parser.add_argument("--epochs", type=int, default=1, help="passes over them (default: 1)")
    parser.add_argument("--measure", choices=("ours", "plain"), help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    arguments.rounds = arguments.rounds or (1 if arguments.quick else 3)
    arguments.images = arguments.images or (2_000 if arguments.quick else 55_000)
    if arguments.measure:
        measure(arguments.measure, arguments.images, arguments.epochs)
        return

    random = np.random.default_rng(0)
    ratios = {"clock": [], "processor": []}
    for turn in range(arguments.rounds):
        taken = {}
        for name in random.permutation(["ours", "plain"]):
            command = [sys.executable, "-m", "tests.benchmarks.search", "--measure", name]
            command += ["--images", str(arguments.images), "--epochs", str(arguments.epochs)]
            said = subprocess.run(
                command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=True
            ).stdout
            taken[name] = json.loads(said.splitlines()[-1])
        for name, run in taken.items():
            print(
                f"round {turn + 1}, {name:5}: {60 * 16 / run['clock']:6.1f} trials per minute, "
                f"{run['processor']:6.1f} s of the processor, best error {min(run['errors']):.2%}, "
                f"median {np.median(run['errors']):.2%}"
            )
        for kind in ratios:
            ratios[kind].append(taken["plain"][kind] / taken["ours"][kind])
    for kind, values in ratios.items():
        print(f"ours to plain, {kind}: {np.median(values):.2f} times, {min(values):.2f} to {max(values):.2f}")
    print(f"limit {LIMIT} on the clock: {'kept' if np.median(ratios['clock']) >= LIMIT else 'missed'}")


if __name__ == "__main__":
    main()
