"""What a trial returns, as metrics, and a search as a table.

Slide: 6-2, grid search and random search.
"""

import math
from collections.abc import Mapping

import keras
import numpy as np
from keras_tuner.errors import FatalTypeError, FatalValueError

from chapter6.language import _
from chapter6.search.resumable import EPOCH
from chapter6.search.spaces import declared_values

# The metric with a trial's time, which the tuner measures.
SECONDS = "tuner/seconds"


def plain_results(results, objective):
    """Return what a trial returned with Python's numbers, as keras-tuner takes it.

    Args:
        results: A number, which is the objective; a mapping from names to numbers; a
            `keras.callbacks.History`; a list of these, one for each execution. Numbers are those of Python
            and NumPy, arrays and tensors without dimensions among them.
        objective: `keras_tuner.Objective`, or keras-tuner's of several.

    Raises:
        FatalTypeError: A mapping with what is no number.
    """
    if isinstance(results, list | tuple):
        return [plain_results(each, objective) for each in results]
    if isinstance(results, Mapping):
        metrics = {name: _float(name, value) for name, value in results.items()}
        if objective.name not in metrics and objective.has_value(metrics):
            metrics[objective.name] = objective.get_value(metrics)
        return metrics
    number = _number(results)
    return results if number is None else number


def metrics_of(results, objective):
    """Return the metrics that `plain_results` stand for, and the epoch that they were measured in.

    Of a history the best epoch counts, of several executions the mean. An epoch without a finite objective is
    worse than all others.

    Returns:
        dict from str to float, and int.

    Raises:
        FatalValueError: No results, or none of the objective.

    Example:

    >>> import keras_tuner
    >>> objective = keras_tuner.Objective("validation_error", "min")
    >>> metrics_of([0.25, 0.75], objective)
    ({'validation_error': 0.5}, 0)
    """
    if isinstance(results, list):
        if not results:
            raise FatalValueError(str(_("a trial must return at least one result, received none")))
        executions, steps = zip(*(metrics_of(each, objective) for each in results), strict=True)
        names = dict.fromkeys(name for each in executions for name in each)
        means = {name: np.mean([each[name] for each in executions if name in each]) for name in names}
        return {name: float(mean) for name, mean in means.items()}, int(np.mean(steps))
    if isinstance(results, keras.callbacks.History):
        return _best_epoch(results.history, objective)
    if isinstance(results, Mapping):
        return dict(results), 0
    return {objective.name: results}, 0


def _number(value):
    """Return a number as Python's float, None for anything else."""
    try:
        if not isinstance(value, str | bytes) and value is not None and np.ndim(value) == 0:
            return float(value)
    except (TypeError, ValueError):
        pass
    return None


def _float(name, value):
    if (number := _number(value)) is None:
        message = _("a trial's {name} must be one number, received {type}")
        raise FatalTypeError(str(message.format(name=name, type=type(value).__name__)))
    return number


def _best_epoch(history, objective):
    epochs = [
        {name: values[at] for name, values in history.items() if at < len(values)}
        for at in range(max(map(len, history.values()), default=0))
    ]
    # Where validation is not done in each epoch the objective has fewer values than the loss.
    epochs = [plain_results(epoch, objective) for epoch in epochs if objective.has_value(epoch)]
    if not epochs:
        message = _("a trial must return {name}, received a History of {metrics}")
        names = ", ".join(history) or _("nothing")
        raise FatalValueError(str(message.format(name=objective.name, metrics=names)))
    finite = [at for at, epoch in enumerate(epochs) if math.isfinite(epoch[objective.name])]
    best = max if objective.direction == "max" else min
    at = best(finite, key=lambda at: epochs[at][objective.name], default=len(epochs) - 1)
    return epochs[at], at


def last_metrics(trial):
    """Return the metrics of a trial that has ended with a result, an empty dict for others."""
    if trial.status != "COMPLETED":
        return {}
    return {
        name: float(history.get_last_value())
        for name, history in trial.metrics.metrics.items()
        if not name.startswith(EPOCH)
    }


def rows(oracle, finished_only=False):
    """Return the trials of a search in order, a mapping each.

    Hyperparameters keep their names. A metric called as one of them gets the prefix ``metric/``; the search's
    own columns ``trial``, ``epochs`` and ``seconds`` get ``tuner/`` where a hyperparameter or a metric has
    the name.

    Args:
        oracle: A tuner's ``oracle``.
        finished_only: Whether to leave out the trials without a result.

    Returns:
        list of dict: ``trial``, the hyperparameters (for Hyperband ``epochs`` too), and what was measured,
        the objective among it; of trials without a result the hyperparameters alone.
    """
    trials = [(trial, last_metrics(trial)) for trial in list(oracle.trials.values())]
    taken = {one.name for one in oracle.hyperparameters.space}
    names = dict.fromkeys(name for _, metrics in trials for name in metrics if name != SECONDS)
    columns = {name: _free(name, "metric", taken) for name in names}
    trial_id, epochs, columns[SECONDS] = (
        _free(name, "tuner", taken) for name in ("trial", "epochs", "seconds")
    )
    table = []
    for trial, metrics in trials:
        if finished_only and not metrics:
            continue
        row = {trial_id: trial.trial_id, **declared_values(trial.hyperparameters)}
        if (trained := epochs_of(trial)) is not None:
            row[epochs] = trained
        table.append(row | {columns[name]: value for name, value in metrics.items()})
    return table


def _free(name, prefix, taken):
    while name in taken:
        name = f"{prefix}/{name}"
    taken.add(name)
    return name


def epochs_of(trial):
    """Return the epochs that Hyperband gives a trial, None for a trial of another search."""
    names = {one.name for one in trial.hyperparameters.space}
    return None if "tuner/epochs" in names else trial.hyperparameters.values.get("tuner/epochs")
