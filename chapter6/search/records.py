"""What a search leaves behind: a TensorBoard run for each trial, with its hyperparameters, and a table.

Slide: 6-2.
"""

import contextlib
import shutil
from pathlib import Path

import keras_tuner
import tensorflow as tf
from tensorboard.plugins.hparams import api

from chapter6.artifacts import UNFINISHED, save_csv
from chapter6.search.oracles import IDENTITY, OBJECTIVE
from chapter6.search.spaces import points
from chapter6.search.tuners import rows, tried

# The tag that TensorBoard's HParams page shows for each trial.
ACCURACY = "validation_accuracy"


def record_trials(oracle, folder):
    """Write the TensorBoard runs that are missing: a folder for each finished trial, its name the trial's.

    The HParams page has the hyperparameters and the final validation accuracy, the scalars what was measured
    after each epoch.

    Args:
        oracle: A tuner's ``oracle``.
        folder: Where the runs lie; TensorBoard's ``--logdir``.
    """
    with _run(folder, "hyperparameters") as missing:
        if missing:
            api.hparams_config(_columns(oracle.hyperparameters), [api.Metric(ACCURACY)])
    for trial in list(oracle.trials.values()):
        if trial.status == "COMPLETED":
            with _run(folder, trial.trial_id) as missing:
                if missing:
                    _write(trial)


@contextlib.contextmanager
def _run(folder, name):
    """Write a TensorBoard run beside its place and move it there whole; give whether it is not there yet."""
    target, unfinished = Path(folder) / name, Path(folder) / f"{UNFINISHED}{name}"
    if target.exists():
        yield False
        return
    shutil.rmtree(unfinished, ignore_errors=True)
    writer = tf.summary.create_file_writer(str(unfinished))
    with writer.as_default(step=0):
        yield True
    writer.close()
    unfinished.rename(target)


def _write(trial):
    api.hparams(tried(trial.hyperparameters.values), trial_id=trial.trial_id)
    for name, history in trial.metrics.metrics.items():
        for observation in history.get_history():
            tf.summary.scalar(name, observation.mean(), observation.step)
    tf.summary.scalar(ACCURACY, 1 - trial.score, trial.best_step)


def _columns(space):
    columns = []
    for one in space.space:
        if isinstance(one, keras_tuner.engine.hyperparameters.Float):
            domain = api.RealInterval(float(one.min_value), float(one.max_value))
        elif isinstance(one, keras_tuner.engine.hyperparameters.Int):
            domain = api.IntInterval(one.min_value, one.max_value)
        else:
            domain = api.Discrete(points(one))
        if one.name != IDENTITY:
            columns.append(api.HParam(one.name, domain))
    return columns


def save_table(oracle, path):
    """Save the finished trials as CSV, in order: hyperparameters, errors, seconds."""
    finished = [row for row in rows(oracle) if OBJECTIVE in row]
    names = dict.fromkeys(name for row in finished for name in row)
    return save_csv(path, {name: [row.get(name, "") for row in finished] for name in names})
