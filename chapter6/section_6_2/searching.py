"""A search from its first trial to its winner's test error, for the experiments of this section."""

import dataclasses
import itertools
import math
import shutil
import sys
from dataclasses import dataclass
from pathlib import Path

import keras_tuner

from chapter6.artifacts import QUICK, archive_run, locked_folder
from chapter6.errors import InputError, RunError
from chapter6.experiment import flags
from chapter6.language import _, current
from chapter6.mnist import Split, load_mnist
from chapter6.search import DEFAULTS, MnistMLP, rows
from chapter6.search.chief import search_with_workers
from chapter6.search.network import is_worker
from chapter6.search.records import ERROR, record_trials, save_table
from chapter6.search.results import epochs_of
from chapter6.search.trials import DESCRIPTIONS
from chapter6.search.workers import exit_with_parent
from chapter6.section_6_2.live import SearchTable


@dataclass(frozen=True)
class Searched:
    """A finished search.

    Args:
        rows: Its trials in order, see `chapter6.search.rows`.
        winner: The row with the least finite validation error, the first of several.
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
        InputError: The space cannot be searched, the folder holds another search or a damaged one, or another
            process is using it.
        RunError: The workers failed, or no trial has a finite validation error.
    """
    worker = is_worker()
    mnist = load_mnist(settings.data)
    images, labels = mnist.train.images[: settings.images], mnist.train.labels[: settings.images]
    mnist = dataclasses.replace(mnist, train=Split(images, labels))
    mlp = MnistMLP(mnist, settings.epochs, settings.batch_size, settings.seed, space)
    if settings.fresh and not worker:
        _archive_search(folders)
    try:
        tuner = tuner(
            mlp,
            keras_tuner.Objective(ERROR, "min"),
            seed=settings.seed,
            directory=folders.checkpoints.parent,
            project_name=folders.checkpoints.name,
            identity=mlp.identity,
            # What fails here is a fault of the program, or of the machine.
            max_consecutive_failed_trials=1,
            **options,
        )
    except InputError:
        raise
    except ValueError as error:
        raise InputError(str(error)) from None
    if worker:
        exit_with_parent()
        tuner.search(verbose=0)
        return None

    oracle = tuner.oracle
    # `SearchTable` shows the trials.
    oracle.verbose = 0
    constants = {name: value for name, value in DEFAULTS.items() if name not in space}

    def record():
        record_trials(oracle, folders.snapshots / "trials", DESCRIPTIONS, constants)

    with oracle.locked():
        # Trials that were finished just before an earlier process was killed.
        record()
        with SearchTable(oracle, finished=record):
            if settings.workers > 1:
                search_with_workers(oracle, settings.workers, command(name, settings, folders))
            else:
                tuner.search(verbose=0)
        table = save_table(oracle, folders.snapshots / "trials.csv")
        (best,) = oracle.get_best_trials()
        error = best.score
        if not math.isfinite(error):
            message = _("a trial must have a finite validation error, received none in {count} trials")
            raise RunError(message.format(count=oracle.done))
        finished = rows(oracle, finished_only=True)
        images = 1 / len(mnist.validation.images) + 1 / len(mnist.test.images)
        return Searched(
            finished,
            next(row for row in finished if row["trial"] == best.trial_id),
            mlp.test_error(best.hyperparameters, epochs_of(best)),
            2 * math.sqrt(error * (1 - error) * images),
            table,
        )


def _archive_search(folders):
    try:
        with locked_folder(folders.checkpoints):
            try:
                moves = archive_run(folders)
            except InputError:
                # On Windows, where TensorBoard has its files open
                moves = _archive_all_but_event_files(folders)
    except OSError as error:
        message = _("an earlier search must not be in use to be moved aside, received {path} ({reason})")
        raise InputError(message.format(path=error.filename, reason=error.strerror)) from None
    for old, new in moves.items():
        print(_("The earlier search in {old} is now in {new}.").format(old=old, new=new))


def _archive_all_but_event_files(folders):
    """Move an earlier search aside where Windows moves no folder of files that TensorBoard has open.

    The event files stay where they are; tables and pictures are copied.
    """
    moves = archive_run(dataclasses.replace(folders, snapshots=folders.checkpoints))
    for new in list(moves.values()):
        moves[folders.snapshots] = folders.snapshots.with_name(new.name)
        ignore = shutil.ignore_patterns("*tfevents*")
        shutil.copytree(folders.snapshots, moves[folders.snapshots], ignore=ignore, dirs_exist_ok=True)
    return moves


def command(name, settings, folders):
    """Return the command line of an experiment of this section with given settings, for another process."""
    words = [sys.executable, "-m", "chapter6.section_6_2", name]
    words += ["--output", str(folders.snapshots.absolute().parents[2])]
    if folders.suffix.startswith(QUICK):
        words.append("--quick")
    words += itertools.chain.from_iterable(flags(settings).values())
    return [*words, "--language", current()]
