"""What a search leaves behind: a TensorBoard run for each trial, with its hyperparameters, and a table.

Slide: 6-2.
"""

import itertools
import re
import time
from pathlib import Path

import tensorflow as tf
from tensorboard.compat.proto.event_pb2 import Event
from tensorboard.plugins.hparams import api
from tensorboard.plugins.scalar.summary_v2 import scalar_pb

from chapter6.artifacts import atomic_write, clear_unfinished, save_csv
from chapter6.search.results import SECONDS, rows
from chapter6.search.resumable import EPOCH
from chapter6.search.spaces import declared_values, points

# An objective that is an error, and what TensorBoard's HParams page shows besides it.
ERROR, ACCURACY = "validation_error", "validation_accuracy"
CONFIGURATION = "hyperparameters"
ANY_NUMBER = api.RealInterval(-1e38, 1e38)


def record_trials(oracle, folder, descriptions=None, constants=None):
    """Write the TensorBoard runs that are missing: a folder for each finished trial, its name the trial's.

    The HParams page has the hyperparameters and the objective, with a validation error the accuracy too, the
    scalars what was measured after each epoch. The runs of another search stay, as TensorBoard may have
    opened them; see `free_run`.

    Args:
        oracle: A tuner's ``oracle``.
        folder: Where the runs lie; TensorBoard's ``--logdir``, or a folder in it beside those of others.
        descriptions: Mapping from names of hyperparameters and metrics to what TensorBoard says of them.
        constants: Mapping from names to values of hyperparameters that the search leaves as they are.
    """
    folder, constants = Path(folder), constants or {}
    descriptions = {name: str(description) for name, description in (descriptions or {}).items()}
    # What a search declares in its trials is known when one of them has ended.
    known = oracle.hyperparameters.space and (oracle.declared or oracle.end_order)
    if known and not has_run(folder / CONFIGURATION):
        # Of an interval's values the default, which is in it
        values = {one.name: points(one) or [one.default] for one in oracle.hyperparameters.space}
        values |= {name: [value] for name, value in constants.items()}
        metrics = [*([ACCURACY] if oracle.objective.name == ERROR else []), oracle.objective.name]
        write_run(folder / CONFIGURATION, [(0, configuration(values, metrics, descriptions))])
    for trial in list(oracle.trials.values()):
        path = free_run(folder / trial.trial_id, oracle.identity_hash)
        if trial.status == "COMPLETED" and not has_run(path):
            summaries = _summaries(trial, oracle.objective, descriptions, constants)
            write_run(path, summaries, oracle.identity_hash)


def has_run(folder):
    """Tell whether a folder holds a TensorBoard run."""
    return any(Path(folder).glob("*tfevents*"))


def free_run(path, writer=None):
    """Return the first of the folders ``PATH``, ``PATH.1``, … that holds no run but one of the same writer.

    Args:
        path: Path of the first folder.
        writer: What `write_run` was given; None counts every run as another writer's. Runs of earlier
            versions, which do not name theirs, count as its own.
    """
    path = Path(path)
    own = re.compile(rf"events\.out\.tfevents\.\d+(\.{writer})?\.v2")
    for again in itertools.count():
        folder = path.with_name(f"{path.name}.{again}") if again else path
        names = [file.name for file in folder.glob("*tfevents*")]
        if not names or (writer and all(map(own.fullmatch, names))):
            return folder


def write_run(folder, summaries, writer=None):
    """Write a TensorBoard run, an event file that appears whole.

    It is written under a name that TensorBoard does not look at, and given its own when it is finished. No
    file is replaced that TensorBoard may have opened, which Windows would not allow.

    Args:
        folder: Path of the run, which must hold none yet, see `has_run`.
        summaries: Sequence of pairs of a step and a summary, TensorBoard's protocol buffer.
        writer: str for the file's name, by which `free_run` knows the run again.
    """
    clear_unfinished(folder)
    now = time.time()
    events = [Event(wall_time=now, file_version="brain.Event:2")]
    events += [Event(wall_time=now, step=step, summary=summary) for step, summary in summaries]
    name = ".".join(["events.out.tfevents", f"{now:.0f}", *([writer] if writer else []), "v2"])
    with (
        atomic_write(Path(folder) / name) as temporary,
        tf.io.TFRecordWriter(str(temporary)) as writer,
    ):
        for event in events:
            writer.write(event.SerializeToString())


def configuration(values, metrics, descriptions):
    """Return the summary with the columns of the HParams page.

    Of several in one ``--logdir`` TensorBoard takes one, and may hide trials whose values are outside of its
    domains. So they are wide, but for words.

    Args:
        values: Mapping from names of hyperparameters to values that they can have: one, or all for words.
        metrics: Names of scalars.
        descriptions: Mapping from names to descriptions; a name may be missing.
    """
    columns = [api.HParam(name, _domain(some), None, descriptions.get(name)) for name, some in values.items()]
    described = [api.Metric(name, description=descriptions.get(name)) for name in metrics]
    return api.hparams_config_pb(columns, described)


def _domain(values):
    if isinstance(values[0], bool):
        return api.Discrete([False, True])
    return api.Discrete(values) if isinstance(values[0], str) else ANY_NUMBER


def hyperparameters_summary(values):
    """Return the summary with a trial's hyperparameters.

    It names no trial: to TensorBoard the run's path is the trial's name then, which no other run under the
    same ``--logdir`` has. Trials of one name would be averaged.
    """
    return api.hparams_pb(values, trial_id="")


def _summaries(trial, objective, descriptions, constants):
    yield 0, hyperparameters_summary(constants | declared_values(trial.hyperparameters))
    metrics = trial.metrics.metrics
    for name, history in metrics.items():
        if EPOCH + name in metrics:
            continue
        tag = name.removeprefix(EPOCH)
        if name == SECONDS and "seconds" not in metrics:
            tag = "seconds"
        for observation in history.get_history():
            yield observation.step, scalar_pb(tag, observation.mean(), descriptions.get(tag))
    if objective.name == ERROR and ACCURACY not in metrics and 0 <= trial.score <= 1:
        last = max(observation.step for history in metrics.values() for observation in history.get_history())
        yield last, scalar_pb(ACCURACY, 1 - trial.score, descriptions.get(ACCURACY))


def save_table(oracle, path):
    """Save the trials with a result as CSV, in order: hyperparameters, what was measured, seconds."""
    finished = rows(oracle, finished_only=True)
    names = dict.fromkeys(name for row in finished for name in row)
    return save_csv(path, {name: [row.get(name, "") for row in finished] for name in names})
