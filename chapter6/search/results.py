"""What a trial's function returns, as metrics by step, and a search as a table.

Slide: 6-2, grid search and random search.
"""

import math
from collections.abc import Mapping

import keras
import numpy as np

from chapter6.language import _
from chapter6.search.spaces import declared_values

# The metric with a trial's time, which the tuner measures.
SECONDS = "tuner/seconds"


def metrics_by_step(results, objective):
    """Return what a trial's function returned as a mapping from steps to metrics.

    Args:
        results: What keras-tuner takes: a number, which is the objective; a mapping from names to numbers; a
            `keras.callbacks.History`, of which the best epoch counts; a list of numbers or histories, one
            for each execution, which are averaged. Numbers are those of Python and NumPy, arrays and tensors
            without dimensions among them. A list of mappings has one for each epoch, of which the last
            counts; here keras-tuner would average.
        objective: `keras_tuner.Objective`.

    Returns:
        dict from int to dict from str to float, with at least one step.

    Raises:
        TypeError: Results of another type.
        ValueError: No results, or none of the objective.

    Example:

    >>> import keras_tuner
    >>> metrics_by_step(np.float32(0.25), keras_tuner.Objective("validation_error", "min"))
    {0: {'validation_error': 0.25}}
    """
    if isinstance(results, list | tuple):
        if not results:
            raise ValueError(_("a trial must return at least one result, received none"))
        if all(isinstance(each, Mapping) for each in results):
            return {step: _floats(metrics, objective) for step, metrics in enumerate(results)}
        return _average([metrics_by_step(each, objective) for each in results])
    if isinstance(results, keras.callbacks.History):
        return _best_epoch(results.history, objective)
    if isinstance(results, Mapping):
        return {0: _floats(results, objective)}
    return {0: {objective.name: _float(objective.name, results)}}


def _floats(metrics, objective):
    if objective.name not in metrics:
        message = _("a trial must return {name}, received {metrics}")
        raise ValueError(message.format(name=objective.name, metrics=", ".join(metrics) or _("nothing")))
    return {name: _float(name, value) for name, value in metrics.items()}


def _float(name, value):
    try:
        if not isinstance(value, str | bytes) and np.ndim(value) == 0:
            return float(value)
    except (TypeError, ValueError):
        pass
    message = _("a trial's {name} must be one number, received {type}")
    raise TypeError(message.format(name=name, type=type(value).__name__))


def _best_epoch(history, objective):
    epochs = [
        {name: values[at] for name, values in history.items() if at < len(values)}
        for at in range(max(map(len, history.values()), default=0))
    ]
    # Where validation is not done in each epoch the objective has fewer values than the loss.
    epochs = [_floats(epoch, objective) for epoch in epochs if objective.name in epoch]
    if not epochs:
        message = _("a trial must return {name}, received a History of {metrics}")
        raise ValueError(message.format(name=objective.name, metrics=", ".join(history) or _("nothing")))
    finite = [at for at, epoch in enumerate(epochs) if math.isfinite(epoch[objective.name])]
    best = min if objective.direction == "min" else max
    at = best(finite, key=lambda at: epochs[at][objective.name], default=len(epochs) - 1)
    return {at: epochs[at]}


def _average(executions):
    steps = [step for execution in executions for step in execution]
    metrics = [execution[step] for execution in executions for step in execution]
    names = dict.fromkeys(name for each in metrics for name in each)
    return {
        int(np.mean(steps)): {
            name: float(np.mean([each[name] for each in metrics if name in each])) for name in names
        }
    }


def last_metrics(trial):
    """Return the last value of each metric of a finished trial, an empty dict for others."""
    if trial.status != "COMPLETED":
        return {}
    return {name: float(history.get_last_value()) for name, history in trial.metrics.metrics.items()}


def rows(oracle, finished_only=False):
    """Return the trials of a search in order, a mapping each.

    Hyperparameters keep their names. A metric called as one of them gets the prefix ``metric/``; the search's
    own columns ``trial``, ``epochs`` and ``seconds`` get ``tuner/`` where a hyperparameter or a metric has
    the name.

    Args:
        oracle: A tuner's ``oracle``.
        finished_only: Whether to leave out the trials that are not finished.

    Returns:
        list of dict: ``trial``, the hyperparameters (for Hyperband ``epochs`` too), and what the last step
        measured, ``validation_error`` among it; of trials that are not finished the hyperparameters alone.
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
