"""A search from its first trial to its winner's test error, for the experiments of this section."""

import dataclasses
import math
import sys
from dataclasses import dataclass
from pathlib import Path

from chapter6.errors import InputError


@dataclass(frozen=True)
class Searched:
    """A finished search.

    Args:
        rows: Its trials in order, see `chapter6.search.rows`.
        winner: The row with the least validation error, the first of several.
        test_error: The winner's error on the test set, which nothing else has seen.
        noise: Two standard deviations of the difference between the winner's two errors, by chance alone: by
            the number of images of each.
        table: Path of the CSV.
    """

    rows: list[dict]
    winner: dict
    test_error: float
    noise: float
    table: Path


def search(name, tuner, space, settings, folders, **options):
    """Run what is left of a search and return it; None in the workers of a parallel one.

    Args:
        name: The experiment's name, by which it starts its workers.
        tuner: One of the tuners of `chapter6.search`.
        space: Mapping from names to distributions.
        settings: The experiment's, with ``epochs``, ``images``, ``batch_size``, ``seed``, ``workers``,
            ``data`` and ``fresh``.
        folders: `chapter6.artifacts.Folders`.
        options: The tuner's further arguments.

    Raises:
        InputError: The space cannot be searched, or the folder holds another search.
        RunError: The workers failed.
    """
    from chapter6.artifacts import set_aside
    from chapter6.datasets import Split, load_mnist
    from chapter6.search import MnistMLP, rows
    from chapter6.search.chief import end_with_standard_input, is_worker, search_with_workers
    from chapter6.search.records import record_trials, save_table
    from chapter6.section_6_2.live import SearchTable

    mnist = load_mnist(settings.data)
    images, labels = mnist.train.images[: settings.images], mnist.train.labels[: settings.images]
    mnist = dataclasses.replace(mnist, train=Split(images, labels))
    mlp = MnistMLP(mnist, settings.epochs, settings.batch_size, settings.seed)

    def begin():
        try:
            return tuner(mlp, space, folders.checkpoints, settings.seed, mlp.identity, **options)
        except InputError:
            raise
        except ValueError as error:
            raise InputError(str(error)) from None

    if is_worker():
        end_with_standard_input()
        begin().search()
        return None

    if settings.fresh:
        for old, new in set_aside(folders).items():
            print(f"The earlier search in {old} is now in {new}.")
    tuner = begin()

    def record():
        record_trials(tuner.oracle, folders.snapshots / "trials")

    # Trials that were finished just before an earlier process was killed.
    record()
    with SearchTable(tuner.oracle, finished=record):
        if settings.workers > 1:
            search_with_workers(tuner.oracle, settings.workers, command(name, settings, folders))
        else:
            tuner.search()
    finished = rows(tuner.oracle)
    winner = min(finished, key=lambda row: row["validation_error"])
    values = {name: winner[name] for name in space}
    error = winner["validation_error"]
    images = 1 / len(mnist.validation.images) + 1 / len(mnist.test.images)
    return Searched(
        finished,
        winner,
        mlp.test_error(values, winner.get("epochs")),
        2 * math.sqrt(error * (1 - error) * images),
        save_table(tuner.oracle, folders.snapshots / "trials.csv"),
    )


def command(name, settings, folders):
    """Return the command line of an experiment of this section with given settings, for another process."""
    words = [sys.executable, "-m", "chapter6.section_6_2", name]
    words += ["--output", str(folders.snapshots.absolute().parents[2])]
    if folders.snapshots.name != name:
        words.append("--quick")
    for field in dataclasses.fields(settings):
        value, flag = getattr(settings, field.name), "--" + field.name.replace("_", "-")
        if isinstance(value, bool):
            words.append(flag if value else flag.replace("--", "--no-", 1))
        elif value is not None:
            words += [flag, *map(str, value if isinstance(value, tuple) else (value,))]
    return words
