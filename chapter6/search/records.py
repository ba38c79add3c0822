"""What a search leaves behind: a TensorBoard run for each trial, with its hyperparameters, and a table.

Slide: 6-2.
"""

import time
from pathlib import Path

import tensorflow as tf
from tensorboard.compat.proto.event_pb2 import Event
from tensorboard.plugins.hparams import api
from tensorboard.plugins.scalar.summary_v2 import scalar_pb

from chapter6.artifacts import atomic_write, clear_unfinished, save_csv
from chapter6.search.results import SECONDS, rows
from chapter6.search.spaces import IDENTITY, declared_values, points

# What TensorBoard's HParams page shows of each trial, besides the objective.
ACCURACY = "validation_accuracy"
CONFIGURATION = "hyperparameters"
ANY_NUMBER = api.RealInterval(-1e38, 1e38)


def record_trials(oracle, folder, descriptions=None, constants=None):
    """Write the TensorBoard runs that are missing: a folder for each finished trial, its name the trial's.

    The HParams page has the hyperparameters, the objective and the final validation accuracy, the scalars
    what was measured after each epoch.

    Args:
        oracle: A tuner's ``oracle``.
        folder: Where the runs lie; TensorBoard's ``--logdir``, or a folder in it beside those of others.
        descriptions: Mapping from names of hyperparameters and metrics to what TensorBoard says of them.
        constants: Mapping from names to values of hyperparameters that the search leaves as they are.
    """
    folder, descriptions, constants = Path(folder), descriptions or {}, constants or {}
    if not has_run(folder / CONFIGURATION):
        # Of an interval's values the default, which is in it
        values = {one.name: points(one) or [one.default] for one in oracle.hyperparameters.space}
        values |= {name: [value] for name, value in constants.items()}
        values.pop(IDENTITY)
        metrics = [ACCURACY, oracle.objective.name]
        write_run(folder / CONFIGURATION, [(0, configuration(values, metrics, descriptions))])
    for trial in list(oracle.trials.values()):
        if trial.status == "COMPLETED" and not has_run(folder / trial.trial_id):
            write_run(folder / trial.trial_id, _summaries(trial, oracle.objective, descriptions, constants))


def has_run(folder):
    """Tell whether a folder holds a TensorBoard run."""
    return any(Path(folder).glob("*tfevents*"))


def write_run(folder, summaries):
    """Write a TensorBoard run, an event file that appears whole.

    It is written under a name that TensorBoard does not look at, and given its own when it is finished. No
    file is replaced that TensorBoard may have opened, which Windows would not allow.

    Args:
        folder: Path of the run, which must hold none yet, see `has_run`.
        summaries: Sequence of pairs of a step and a summary, TensorBoard's protocol buffer.
    """
    clear_unfinished(folder)
    now = time.time()
    events = [Event(wall_time=now, file_version="brain.Event:2")]
    events += [Event(wall_time=now, step=step, summary=summary) for step, summary in summaries]
    with (
        atomic_write(Path(folder) / f"events.out.tfevents.{now:.0f}.v2") as temporary,
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
        tag = "seconds" if name == SECONDS and "seconds" not in metrics else name
        for observation in history.get_history():
            yield observation.step, scalar_pb(tag, observation.mean(), descriptions.get(tag))
    if ACCURACY not in metrics and 0 <= trial.score <= 1:
        yield trial.best_step, scalar_pb(ACCURACY, 1 - trial.score, descriptions.get(ACCURACY))


def save_table(oracle, path):
    """Save the finished trials as CSV, in order: hyperparameters, errors, seconds."""
    finished = rows(oracle, finished_only=True)
    names = dict.fromkeys(name for row in finished for name in row)
    return save_csv(path, {name: [row.get(name, "") for row in finished] for name in names})
