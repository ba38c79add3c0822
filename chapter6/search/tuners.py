"""keras-tuner's tuners on the mended oracles: one constructor for all, any function for a trial.

Slide: 6-2, grid search and random search.
"""

import contextlib
import os
import time

import keras_tuner

from chapter6.artifacts import clear_unfinished
from chapter6.errors import RunError
from chapter6.search import oracles
from chapter6.search.chief import attended, is_chief, is_worker, patient, serve_until_finished
from chapter6.search.spaces import hyperparameters

# Seconds after which a tuner asks again that was told to wait.
PATIENCE = 0.1


class _Tuner:
    """What the four tuners have in common; it stands before one of keras-tuner's in the bases."""

    def __init__(self, trial, space, folder, seed=0, identity=None, **options):
        self._trial = trial
        oracle = self.oracle_class(hyperparameters(space), seed, identity, **options)
        folder = os.path.abspath(folder)
        # The subclass of keras-tuner would make an oracle of its own.
        keras_tuner.Tuner.__init__(
            self, oracle, directory=os.path.dirname(folder), project_name=os.path.basename(folder)
        )
        self._identity = oracle.identity_hash
        if is_worker():
            self.oracle = patient(self.oracle)

    def _populate_initial_space(self):
        # keras-tuner calls this where no tuner's file is found; here there are none, the oracle has it all.
        if is_worker():
            return
        if os.path.exists(self.oracle._get_oracle_fname()):
            self.oracle.reload()
        clear_unfinished(self.project_dir)

    def save(self):
        """Do nothing: the oracle saves itself at each step."""

    def search(self):
        """Run the trials that are left.

        With keras-tuner's three environment variables set this process is the chief, which hands trials out,
        or a worker, which runs those that it gets.

        Raises:
            RunError: The chief does not answer, or runs a search with other settings.
        """
        if is_chief():
            serve_until_finished(self.oracle)
            return
        while (trial := self.oracle.create_trial(self.tuner_id)).status != "STOPPED":
            if trial.status == "IDLE":
                time.sleep(PATIENCE)
            else:
                self.run(trial)

    def run(self, trial):
        """Run one trial and report it. What goes wrong in it is raised here, not counted as a result."""
        started = time.perf_counter()
        with attended(self.oracle, trial) if is_worker() else contextlib.nullcontext():
            results = self.run_trial(trial)
        results[-1] = {**results[-1], "seconds": time.perf_counter() - started}
        for step, metrics in enumerate(results):
            self.oracle.update_trial(trial.trial_id, metrics, step=step)
        self.oracle.end_trial(trial)

    def run_trial(self, trial):
        """Call the trial's function with its values; return a list of metrics, one mapping for each step."""
        values = trial.hyperparameters.values
        if values[oracles.IDENTITY] != self._identity:
            raise RunError(
                "a worker must be started with its chief's settings, received a trial of another search"
            )
        results = self._trial(tried(values), **self.trial_arguments(values))
        return [{oracles.OBJECTIVE: results}] if isinstance(results, float) else list(results)

    def trial_arguments(self, values):
        """Return the keyword arguments that the trial's function is called with."""
        return {}


def tried(values):
    """Return the hyperparameters of a trial without what the tuner adds to them."""
    return {name: value for name, value in values.items() if not name.startswith("tuner/")}


class GridSearch(_Tuner, keras_tuner.GridSearch):
    """Tries all points of a space of finite sets, in the order in which the space is written.

    Slide: 6-2, grid search.

    Args:
        trial: Function of a mapping from names to values, which returns the validation error, or a list of
            mappings, one for each epoch, with ``validation_error`` and whatever else was measured. A result
            that is not finite is recorded as the error 1.
        space: Mapping from names to distributions, see `chapter6.search.spaces`.
        folder: The search's own folder; a search that was stopped there goes on.
        seed: int; random draws are functions of it and of the trial's number.
        identity: Mapping of what the results hang on besides; a folder with another is refused.
        options: keras-tuner's further arguments; here ``max_trials``, the first so many points only.

    Raises:
        ValueError: A space with an interval in it.
        InputError: The folder holds another search.

    Example:

    >>> import tempfile
    >>> from chapter6.search import finite
    >>> space = {"x": finite(1, 2), "y": finite(10.0, 20.0)}
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     tuner = GridSearch(lambda values: values["x"] / values["y"], space, folder)
    ...     tuner.search()
    ...     [row["validation_error"] for row in rows(tuner.oracle)]
    [0.1, 0.05, 0.2, 0.1]

    References:
        Where it differs from keras-tuner's: see `chapter6.search.oracles`.
    """

    oracle_class = oracles.GridSearchOracle


class RandomSearch(_Tuner, keras_tuner.RandomSearch):
    """Tries independent draws from a space.

    Slide: 6-2, random search.

    Args:
        trial, space, folder, seed, identity: As for `GridSearch`.
        options: ``max_trials``, the number of draws (a small space is exhausted before).
    """

    oracle_class = oracles.RandomSearchOracle


class BayesianOptimization(_Tuner, keras_tuner.BayesianOptimization):
    """Tries what a Gaussian process of the results so far holds for promising.

    Args:
        trial, space, folder, seed, identity: As for `GridSearch`.
        options: ``max_trials``, ``num_initial_points``, ``alpha``, ``beta`` as for keras-tuner's.
    """

    oracle_class = oracles.BayesianOptimizationOracle


class Hyperband(_Tuner, keras_tuner.Hyperband):
    """Tries many draws with few epochs and the better ones with more.

    The trial's function is called with the keyword argument ``epochs``. A draw that is tried with more epochs
    is trained from the start, as its result is a function of the hyperparameters, the seed and the epochs.

    Args:
        trial, space, folder, seed, identity: As for `GridSearch`.
        options: ``max_epochs``, ``factor``, ``hyperband_iterations`` as for keras-tuner's.

    References:
        Li et al. (2018), Hyperband, Journal of Machine Learning Research 18.
    """

    oracle_class = oracles.HyperbandOracle

    def trial_arguments(self, values):
        """Return the epochs that this trial is worth."""
        return {"epochs": values["tuner/epochs"]}


def rows(oracle):
    """Return the trials of a search in order, a mapping each.

    Args:
        oracle: A tuner's ``oracle``.

    Returns:
        list of dict: ``trial``, the hyperparameters (for Hyperband ``epochs`` too), and what the last step
        measured, ``validation_error`` among it; of trials that are not finished the hyperparameters alone.
    """
    table = []
    for trial in list(oracle.trials.values()):
        values = trial.hyperparameters.values
        row = {"trial": trial.trial_id, **tried(values)}
        if "tuner/epochs" in values:
            row["epochs"] = values["tuner/epochs"]
        if trial.status == "COMPLETED":
            row |= {name: float(history.get_last_value()) for name, history in trial.metrics.metrics.items()}
        table.append(row)
    return table
