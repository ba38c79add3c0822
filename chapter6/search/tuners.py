"""keras-tuner's tuners on the oracles of this package: one constructor for all, any function for a trial.

Slide: 6-2, grid search and random search.
"""

import contextlib
import os
import time

import keras_tuner

from chapter6.errors import RunError
from chapter6.language import _
from chapter6.search import oracles
from chapter6.search.chief import (
    POLL_SECONDS,
    heartbeat,
    is_chief,
    is_worker,
    serve_until_finished,
    with_retries,
)
from chapter6.search.results import SECONDS, metrics_by_step
from chapter6.search.spaces import IDENTITY, declared_values, hyperparameters


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
            self.oracle = with_retries(self.oracle)

    def _populate_initial_space(self):
        # keras-tuner calls this where no tuner's file is found; here there are none, the oracle has it all.
        if is_worker():
            return
        if os.path.exists(self.oracle._get_oracle_fname()):
            self.oracle.reload()

    def save(self):
        """Do nothing: the oracle saves itself at each step."""

    def search(self):
        """Run the trials that are left.

        With keras-tuner's three environment variables set this process is the chief, which hands trials out,
        or a worker, which runs those that it gets.

        Raises:
            InputError: Another search is using the folder.
            RunError: The chief does not answer, or runs a search with other settings.
        """
        if is_chief():
            serve_until_finished(self.oracle)
            return
        with contextlib.nullcontext() if is_worker() else self.oracle.locked():
            while (trial := self.oracle.create_trial(self.tuner_id)).status != "STOPPED":
                if trial.status == "IDLE":
                    time.sleep(POLL_SECONDS)
                else:
                    self.run(trial)

    def run(self, trial):
        """Run one trial and report it. What goes wrong in it is raised here, not counted as a result."""
        start = time.perf_counter()
        with heartbeat(self.oracle, trial) if is_worker() else contextlib.nullcontext():
            results = metrics_by_step(self.run_trial(trial), self.oracle.objective)
        results[max(results)].setdefault(SECONDS, time.perf_counter() - start)
        for step, metrics in results.items():
            self.oracle.update_trial(trial.trial_id, metrics, step=step)
        self.oracle.end_trial(trial)

    def run_trial(self, trial):
        """Call the trial's function with its values; return what it returns."""
        values = trial.hyperparameters.values
        if values[IDENTITY] != self._identity:
            raise RunError(
                _("a worker must be started with its chief's settings, received a trial of another search")
            )
        return self._trial(declared_values(trial.hyperparameters), **self.trial_arguments(values))

    def trial_arguments(self, values):
        """Return the keyword arguments that the trial's function is called with."""
        return {}


class GridSearch(_Tuner, keras_tuner.GridSearch):
    """Tries all points of a space of finite sets, in the order in which the space is written.

    Slide: 6-2, grid search.

    Args:
        trial: Function of a mapping from names to values, which returns the validation error, or a list of
            mappings, one for each epoch, with ``validation_error`` and whatever else was measured, or what
            else `chapter6.search.results.metrics_by_step` takes. An error that is not finite is worse than
            every finite one.
        space: Mapping from names to distributions, see `chapter6.search.spaces`.
        folder: The search's own folder; a search that was stopped there goes on.
        seed: int; random draws are functions of it and of the trial's number.
        identity: Mapping of what the results hang on besides; a folder with another is refused.
        options: keras-tuner's further arguments; here ``max_trials``, the first so many points only.

    Raises:
        ValueError: A space with an interval in it, or with a name that the search sets by itself.
        InputError: The folder holds another search, or a damaged one.

    Example:

    >>> import tempfile
    >>> from chapter6.search import finite, rows
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
