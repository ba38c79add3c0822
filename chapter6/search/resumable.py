"""What the oracles have in common: a search is resumed however it ended, by one process at a time.

Slide: 6-2; a search that is stopped goes on.
"""

import collections
import contextlib
import hashlib
import json
import math
import os
import threading

import keras_tuner
import numpy as np
from keras_tuner.src.distribute.utils import is_chief_oracle
from keras_tuner.src.engine.metrics_tracking import MetricsTracker
from keras_tuner.src.engine.trial import Trial, TrialStatus

from chapter6.artifacts import clear_unfinished, locked_folder
from chapter6.errors import InputError
from chapter6.language import _
from chapter6.search.spaces import IDENTITY, grid, size
from chapter6.search.state import damaged, read_state, write_state

OBJECTIVE = "validation_error"
# Draws that may repeat earlier trials before the untried points are listed.
MAX_COLLISIONS = 20


class ResumableOracle:
    """What the four oracles have in common; it stands before one of keras-tuner's in the bases.

    The methods that workers call hold a lock of their own. keras-tuner's is not given back when a method
    fails.

    Args:
        space: Declared `keras_tuner.HyperParameters`.
        seed: int; the values of trial i are a function of it, of i and of the results before.
        identity: Mapping of all that the results hang on, for `reload`.
        options: The further arguments of keras-tuner's oracle.

    Raises:
        ValueError: A hyperparameter has a name that the oracle sets by itself.
    """

    # Names of hyperparameters that the oracle sets by itself.
    reserved = (IDENTITY,)

    def __init__(self, space, seed=0, identity=None, **options):
        for hyperparameter in space.space:
            if hyperparameter.name in self.reserved:
                message = _(
                    "a hyperparameter must not have a name that the search sets by itself, received {name}"
                )
                raise ValueError(message.format(name=hyperparameter.name))
        # More trials of the same search are no other search.
        fixed = {name: value for name, value in options.items() if name != "max_trials"}
        search = {"search": type(self).__name__, "space": space.get_config()["space"], "seed": seed}
        self.identity = json.loads(json.dumps(search | fixed | (identity or {})))
        # It travels with each trial, so that a worker can tell whether it was started with the same settings.
        space = space.copy()
        self.identity_hash = hashlib.sha256(json.dumps(self.identity).encode()).hexdigest()[:16]
        space.Fixed(IDENTITY, self.identity_hash)
        super().__init__(
            objective=keras_tuner.Objective(OBJECTIVE, "min"),
            hyperparameters=space,
            allow_new_entries=False,
            seed=seed,
            **options,
        )
        self.seed = seed
        self.watch = lambda trial: None
        self._lock = threading.RLock()
        self._exhausted = False
        # Whether this process holds the project's folder, and what its file held when it was read or written.
        self._folder_is_locked = False
        self._saved_text = None
        # Seconds since the last sign of life, by trial.
        self._silence = collections.Counter()

    @property
    def planned(self):
        """Number of trials of the whole search."""
        return max(min(self.max_trials or math.inf, size(self.hyperparameters)), len(self.trials))

    @property
    def done(self):
        """Number of finished trials."""
        return len(self.end_order)

    @property
    def finished(self):
        """Whether no trial is left to run."""
        return self._exhausted or self.done == self.planned

    def remaining_trials(self):
        """Return the number of trials that are not finished."""
        return self.planned - self.done

    def create_trial(self, tuner_id):
        """Give a tuner its next `Trial`; the status says whether it is to run, to wait or to stop."""
        with self._lock:
            self.tuner_ids.add(tuner_id)
            if tuner_id in self.ongoing_trials:
                # The tuner was started anew in the middle of its trial.
                trial = self.ongoing_trials[tuner_id]
            elif self._retry_queue:
                trial = self.trials[self._retry_queue.pop(0)]
            else:
                trial = self._new_trial()
            if trial.status == TrialStatus.STOPPED:
                self.tuner_ids.discard(tuner_id)
                self._exhausted = True
                self.save()
            if trial.status == TrialStatus.RUNNING:
                # What a tuner reported before it died does not count.
                trial.metrics = MetricsTracker()
                self.ongoing_trials[tuner_id] = trial
                self._silence[trial.trial_id] = 0
                self.save()
                self.watch(trial)
            return trial

    def _new_trial(self):
        trial_id = f"{len(self.trials):04d}"
        status, values = TrialStatus.STOPPED, None
        if len(self.trials) < (self.max_trials or math.inf):
            response = self.populate_space(trial_id)
            status, values = response["status"], response.get("values")
        if status == TrialStatus.STOPPED and self.ongoing_trials:
            # Its tuner may die, and the trial is then another one's.
            status = TrialStatus.IDLE
        space = self.hyperparameters.copy()
        space.values = values or {}
        trial = Trial(space, trial_id, status)
        if status == TrialStatus.RUNNING:
            self._record_values(trial)
            self.trials[trial_id] = trial
            self.start_order.append(trial_id)
        return trial

    def forget(self, tuner_id):
        """Take its trial from a tuner that died, for another one to run."""
        with self._lock:
            self.tuner_ids.discard(tuner_id)
            trial = self.ongoing_trials.pop(tuner_id, None)
            if trial is not None:
                self._retry_queue.append(trial.trial_id)
                self.save()

    def get_trial(self, trial_id):
        """Return a trial; the tuner that runs it asks for it now and then, as a sign of life."""
        with self._lock:
            self._silence[trial_id] = 0
            return self.trials[trial_id]

    def forget_silent(self, passed, limit):
        """Count the seconds that passed without a sign of life; `forget` the tuners that exceed a limit."""
        with self._lock:
            for tuner_id, trial in list(self.ongoing_trials.items()):
                self._silence[trial.trial_id] += passed
                if self._silence[trial.trial_id] > limit:
                    self.forget(tuner_id)

    def update_trial(self, trial_id, metrics, step=0):
        """Record what a trial measured at a step."""
        with self._lock:
            trial = self.trials[trial_id]
            self._check_objective_found(metrics)
            if trial_id in self.end_order:
                # A tuner that was forgotten was alive after all.
                return trial
            for name, value in metrics.items():
                if not trial.metrics.exists(name):
                    is_objective = name == self.objective.name
                    trial.metrics.register(name, self.objective.direction if is_objective else None)
                # Not by the tracker's own method, which looks for a best value and warns where all are NaN.
                trial.metrics.metrics[name].update(float(value), step=step)
            # A chief that is killed now and started again must not miss it when the tuner ends the trial.
            self.save()
            return trial

    def score_trial(self, trial):
        """Score a trial by its last step, not by its best: nothing is chosen within a trial.

        An objective that is not finite scores an infinity, which is worse than every finite one.
        """
        history = trial.metrics.get_history(self.objective.name)
        trial.score, trial.best_step = float(history[-1].mean()), history[-1].step
        if not math.isfinite(trial.score):
            trial.score = math.inf if self.objective.direction == "min" else -math.inf

    def end_trial(self, trial):
        """Record that a trial is finished."""
        with self._lock:
            # The trial comes from a worker; what it was told to try is known better here.
            trial = self.trials[trial.trial_id]
            if trial.trial_id in self.end_order:
                return
            trial.status = TrialStatus.COMPLETED
            self.score_trial(trial)
            self.end_order.append(trial.trial_id)
            if trial.trial_id in self._retry_queue:
                self._retry_queue.remove(trial.trial_id)
            self.ongoing_trials = {
                tuner_id: ongoing for tuner_id, ongoing in self.ongoing_trials.items() if ongoing is not trial
            }
            self.save()
            self.watch(trial)

    def _random_values(self):
        """Draw values for the next trial that none has; None where there are none left."""
        for repetition in range(MAX_COLLISIONS):
            random = np.random.default_rng([self.seed, len(self.trials), repetition])
            space = self.hyperparameters.space
            values = {one.name: one.prob_to_value(random.random()) for one in space}
            if not self._duplicate(values):
                return values
        if math.isinf(size(self.hyperparameters)):
            return None
        untried = [values for values in grid(self.hyperparameters) if not self._duplicate(values)]
        return untried[random.integers(len(untried))] if untried else None

    def get_state(self):
        """Return all that a search needs to go on, the trials included."""
        return {
            **super().get_state(),
            "identity": self.identity,
            "tuner_ids": sorted(self.tuner_ids),
            "trials": [trial.get_state() for trial in self.trials.values()],
        }

    @contextlib.contextmanager
    def locked(self):
        """Hold the project's folder for this search alone while the block runs.

        What another search saved there since this one looked is read first.

        Raises:
            InputError: Another search is using the folder, or it holds one that differs or is damaged.
        """
        if self._folder_is_locked:
            yield
            return
        with locked_folder(os.path.join(self._directory, self._project_name)):
            self._folder_is_locked = True
            try:
                clear_unfinished(self._project_dir)
                if os.path.exists(self._get_oracle_fname()):
                    self.reload()
                yield
            finally:
                self._folder_is_locked = False

    def save(self):
        """Write the state in one piece: the file is the one before or the one after."""
        self._saved_text = write_state(self._get_oracle_fname(), self.get_state())

    def reload(self):
        """Go on where the search in the project's folder was; the trials that it had begun are run again.

        A chief on its own waits first for the workers that had begun them, which may have gone on meanwhile.

        Raises:
            InputError: The folder holds a search that differs or is damaged.
        """
        path = self._get_oracle_fname()
        state, text = read_state(path)
        if text == self._saved_text:
            return
        identity = state["identity"]
        for name in self.identity | identity:
            theirs, ours = identity.get(name), self.identity.get(name)
            if theirs != ours:
                message = _("{folder} holds a search with another {name}: it has {theirs}, received {ours}")
                raise InputError(
                    message.format(
                        folder=self._project_dir,
                        name=name.replace("_", " "),
                        theirs=_short(theirs),
                        ours=_short(ours),
                    )
                )
        try:
            self.trials = {trial["trial_id"]: Trial.from_state(trial) for trial in state["trials"]}
            self.set_state(state)
            self.tuner_ids = set(state["tuner_ids"])
        except (LookupError, TypeError, ValueError, AttributeError):
            raise damaged(path) from None
        if not is_chief_oracle():
            self._retry_queue += [trial.trial_id for trial in self.ongoing_trials.values()]
            self.ongoing_trials, self.tuner_ids = {}, set()
        self._exhausted = False
        self._silence.clear()
        self._saved_text = text


def _short(value):
    text = json.dumps(value)
    return text if len(text) <= 80 else text[:77] + "..."
