"""keras-tuner's tuners on the oracles of this package: they take what keras-tuner's take.

Slide: 6-2, grid search and random search.
"""

import contextlib
import gc
import inspect
import json
import math
import os
import time

import keras_tuner

from chapter6.artifacts import atomic_write, locked_folder
from chapter6.search import oracles
from chapter6.search.chief import serve_until_finished
from chapter6.search.network import is_chief, is_worker
from chapter6.search.results import SECONDS, metrics_of, plain_results
from chapter6.search.resumable import EPOCH
from chapter6.search.saved import SavedOracle
from chapter6.search.upstream import validate_trial_results
from chapter6.search.workers import connect, heartbeat


class ResumableTuner:
    """What the four tuners have in common; it stands before one of keras-tuner's in the bases."""

    def __init__(self, *args, identity=None, **kwargs):
        worker = is_worker()
        given = inspect.signature(self.upstream).bind(*args, **kwargs)
        given.apply_defaults()
        options = given.arguments | given.arguments.pop("kwargs", {})
        self.seed = options["seed"]
        taken = inspect.signature(super(SavedOracle, self.oracle_class).__init__).parameters
        oracle = self.oracle_class(
            identity=identity, **{name: options.pop(name) for name in list(options) if name in taken}
        )
        # A worker's folder is its chief's, which may be running.
        options["overwrite"] = options.get("overwrite", False) and not worker
        folder = os.path.join(
            options.get("directory") or ".", options.get("project_name") or "untitled_project"
        )
        with locked_folder(folder) if options["overwrite"] else contextlib.nullcontext():
            # keras-tuner's own subclass would make an oracle of its own.
            keras_tuner.Tuner.__init__(self, oracle, options.pop("hypermodel"), **options)
        if worker:
            self.oracle = connect(self.oracle, oracle.identity_hash)

    def _populate_initial_space(self):
        super()._populate_initial_space()
        self.oracle.declare()
        if not self._is_worker() and os.path.exists(self.oracle._get_oracle_fname()):
            self.oracle.reload()

    def save(self):
        """Save the search, and the tuner where a subclass has something to save, each in one piece."""
        if not self._is_worker():
            self.oracle.save()
        if state := self.get_state():
            _write_json(self._get_tuner_fname(), state)

    def reload(self):
        """Go on where the search in the project's folder was.

        Raises:
            InputError: The folder holds a search that differs or is damaged.
        """
        if not self._is_worker():
            self.oracle.reload()
        if os.path.exists(self._get_tuner_fname()):
            with open(self._get_tuner_fname(), encoding="utf-8") as file:
                self.set_state(json.load(file))

    def search(self, *fit_args, **fit_kwargs):
        """Run the trials that are left.

        With keras-tuner's three environment variables set this process is the chief, which hands trials out,
        or a worker, which runs those that it gets; see `chapter6.search.chief`.

        Args:
            fit_args, fit_kwargs: What ``HyperModel.fit`` is called with, by default ``model.fit``.

        Raises:
            InputError: Another search is using the folder.
            RunError: The chief does not answer, or runs a search with other settings; or too many trials
                failed in a row.
        """
        if is_chief():
            self.oracle.verbose = fit_kwargs.get("verbose", self.oracle.verbose)
            serve_until_finished(self.oracle)
            return
        with contextlib.nullcontext() if is_worker() else self.oracle.locked():
            # keras-tuner collects garbage twice in each trial; what is here already is none.
            gc.freeze()
            try:
                super().search(*fit_args, **fit_kwargs)
            finally:
                gc.unfreeze()

    def on_epoch_end(self, trial, model, epoch, logs=None):
        """Keep what was measured in an epoch, for TensorBoard."""
        for name, value in (logs or {}).items():
            if not trial.metrics.exists(EPOCH + name):
                trial.metrics.register(EPOCH + name, "min")
            trial.metrics.metrics[EPOCH + name].update(float(value), step=epoch)

    def on_trial_end(self, trial):
        """Record the trial; the oracle saves itself."""
        self.oracle.end_trial(trial)
        if state := self.get_state():
            _write_json(self._get_tuner_fname(), state)

    def _build_and_fit_model(self, trial, *args, **kwargs):
        model = self._try_build(trial.hyperparameters)
        results = self.hypermodel.fit(trial.hyperparameters, model, *args, **kwargs)
        # For `load_model`
        _write_json(self._get_build_config_fname(trial.trial_id), model.get_build_config())
        results = plain_results(results, self.oracle.objective)
        validate_trial_results(results, self.oracle.objective, "HyperModel.fit()")
        return results

    def _try_run_and_update_trial(self, trial, *fit_args, **fit_kwargs):
        with heartbeat(self.oracle, trial) if self._is_worker() else contextlib.nullcontext():
            super()._try_run_and_update_trial(trial, *fit_args, **fit_kwargs)

    def _run_and_update_trial(self, trial, *fit_args, **fit_kwargs):
        start, objective = time.perf_counter(), self.oracle.objective
        results = plain_results(self.run_trial(trial, *fit_args, **fit_kwargs), objective)
        if (results is None or not self._is_worker()) and self.oracle.get_trial(
            trial.trial_id
        ).metrics.exists(objective.name):
            # It has called `update_trial` by itself, keras-tuner's old way.
            return
        validate_trial_results(results, objective, "Tuner.run_trial()")
        metrics, step = metrics_of(results, objective)
        metrics.setdefault(SECONDS, time.perf_counter() - start)
        self.oracle.update_trial(trial.trial_id, metrics, step=step)


def _write_json(path, content):
    with atomic_write(path) as temporary:
        temporary.write_text(json.dumps(content), encoding="utf-8")


class GridSearch(ResumableTuner, keras_tuner.GridSearch):
    """Tries all points of a space of finite sets, the last hyperparameter changing fastest.

    Slide: 6-2, grid search.

    Args:
        args, kwargs: The arguments of `keras_tuner.GridSearch`, in its order: ``hypermodel``, ``objective``,
            ``max_trials``, …, ``directory``, ``project_name``. The same ones go on with a search that was
            stopped, by whatever.
        identity: Mapping of what the results hang on besides, such as the number of epochs; a folder with a
            search that has another is refused.

    Raises:
        ValueError: A hyperparameter has a name that the search sets by itself.
        InputError: The folder holds another search, or a damaged one.

    Example:

    >>> import tempfile
    >>> from chapter6.search import GridSearch, rows
    >>> class Quotient(GridSearch):
    ...     def run_trial(self, trial, **options):
    ...         hp = trial.hyperparameters
    ...         return hp.Choice("x", [1, 2]) / hp.Choice("y", [10.0, 20.0])
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     tuner = Quotient(directory=folder)
    ...     tuner.search(verbose=0)
    ...     [row["default_objective"] for row in rows(tuner.oracle)]
    [0.1, 0.05, 0.2, 0.1]

    References:
        Where it differs from keras-tuner's: see `chapter6.search.oracles`.
    """

    upstream = keras_tuner.GridSearch
    oracle_class = oracles.GridSearchOracle


class RandomSearch(ResumableTuner, keras_tuner.RandomSearch):
    """Tries independent draws from a space.

    Slide: 6-2, random search.

    Args:
        args, kwargs: The arguments of `keras_tuner.RandomSearch`; of ``max_trials``, the number of draws, a
            small space may have less.
        identity: As for `GridSearch`.
    """

    upstream = keras_tuner.RandomSearch
    oracle_class = oracles.RandomSearchOracle


class BayesianOptimization(ResumableTuner, keras_tuner.BayesianOptimization):
    """Tries what a Gaussian process of the results so far holds for promising.

    Args:
        args, kwargs: The arguments of `keras_tuner.BayesianOptimization`.
        identity: As for `GridSearch`.
    """

    upstream = keras_tuner.BayesianOptimization
    oracle_class = oracles.BayesianOptimizationOracle


class Hyperband(ResumableTuner, keras_tuner.Hyperband):
    """Tries many draws with few epochs and the better ones with more.

    Args:
        args, kwargs: The arguments of `keras_tuner.Hyperband`.
        identity: As for `GridSearch`.

    References:
        Li et al. (2018), Hyperband, Journal of Machine Learning Research 18.
    """

    upstream = keras_tuner.Hyperband
    oracle_class = oracles.HyperbandOracle

    def _build_hypermodel(self, hp):
        past = hp.values.get("tuner/trial_id")
        if past is not None and not math.isfinite(self.oracle.get_trial(past).score):
            # Of its epochs none was saved: there is nothing to go on with.
            return keras_tuner.Tuner._build_hypermodel(self, hp)
        return super()._build_hypermodel(hp)
