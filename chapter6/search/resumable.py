"""What the oracles have in common: trials that are given out, lost, measured and ended.

Slide: 6-2; a search that is stopped goes on, and its trials do not wait for one another.
"""

import collections
import contextlib
import math
import os
import threading
from types import SimpleNamespace

import numpy as np
from keras_tuner.engine.trial import Trial, TrialStatus

from chapter6.errors import RunError
from chapter6.language import _
from chapter6.search.saved import SavedOracle
from chapter6.search.spaces import combinations, points, size
from chapter6.search.upstream import is_chief_oracle

# Draws that may repeat earlier trials before the untried points are listed.
MAX_COLLISIONS = 20
# Before the name of a metric: its values after each epoch, which are shown and do not count.
EPOCH = "epoch/"


class ResumableOracle(SavedOracle):
    """What the four oracles have in common; it stands before one of keras-tuner's in the bases.

    The methods that workers call hold a lock of their own. keras-tuner's is not given back when a method
    fails.

    Args:
        args, kwargs: The arguments of keras-tuner's oracle. The values of a trial are a function of the seed,
            of the trial's number and of the results before.
        identity: Mapping of what the results hang on besides; `reload` refuses a search with another.

    Raises:
        ValueError: A hyperparameter has a name that the oracle sets by itself.
    """

    # Names of hyperparameters that the oracle sets by itself.
    reserved = ()

    def __init__(self, *args, identity=None, **kwargs):
        super().__init__(*args, identity=identity, **kwargs)
        self._check_names(self.hyperparameters.space)
        self.watch = lambda trial: None
        # The error that ended the search, for its chief
        self.failure = None
        self._lock = threading.RLock()
        # Seconds since the last sign of life, by trial.
        self._silence = collections.Counter()

    @property
    def space_size(self):
        """Number of points of the space, `math.inf` where it is not finite or not known yet."""
        return size(self.hyperparameters)

    @property
    def planned(self):
        """Number of trials of the whole search, as far as it is known; `math.inf` where it is not."""
        return max(min(self.max_trials or math.inf, self.space_size), len(self.trials))

    @property
    def done(self):
        """Number of trials that have ended."""
        return len(self.end_order)

    @property
    def finished(self):
        """Whether no trial is left to run."""
        return self._exhausted or self.done == self.planned

    def remaining_trials(self):
        """Return the number of trials that have not ended, None where it is not known."""
        return None if math.isinf(self.planned) else self.planned - self.done

    def create_trial(self, tuner_id):
        """Give a tuner its next `Trial`; the status says whether it is to run, to wait or to stop."""
        with self._lock:
            if self._saved_text is None and os.path.exists(self._get_oracle_fname()):
                # What a tuner left that was killed in its first trial
                self.reload()
            self.tuner_ids.add(tuner_id)
            if tuner_id in self.ongoing_trials:
                # The tuner was started anew in the middle of its trial.
                trial = self.ongoing_trials[tuner_id]
            elif self._retry_queue:
                trial = self.trials[self._retry_queue.pop(0)]
                trial.status = TrialStatus.RUNNING
            else:
                trial = self._new_trial()
            if trial.status == TrialStatus.STOPPED:
                self.tuner_ids.discard(tuner_id)
                self.save()
            if trial.status == TrialStatus.RUNNING:
                # What a tuner reported before it died does not count.
                trial.metrics = Trial(None, "").metrics
                trial.message = None
                self.ongoing_trials[tuner_id] = trial
                self._silence[trial.trial_id] = 0
                self._display.on_trial_begin(trial)
                self.save()
                self.watch(trial)
            return trial

    def _new_trial(self):
        trial_id = f"{len(self.trials):04d}"
        status, values = TrialStatus.STOPPED, None
        if not self.failure and len(self.trials) < (self.max_trials or math.inf):
            response = self.populate_space(trial_id)
            status, values = response["status"], response.get("values")
            self._exhausted = status == TrialStatus.STOPPED and not self.ongoing_trials
        if status == TrialStatus.STOPPED and self.ongoing_trials and not self.failure:
            # Its tuner may die, and the trial is then another one's; or it may find new hyperparameters.
            status = TrialStatus.IDLE
        space = self.hyperparameters.copy()
        space.values = dict(values or {})
        trial = Trial(space, trial_id, status)
        if status == TrialStatus.RUNNING:
            random = self._random(MAX_COLLISIONS)
            for one in space.space:
                # What was found since the values were first drawn
                if space.is_active(one):
                    space.values.setdefault(one.name, one.prob_to_value(random.random()))
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
            values = {name: float(value) for name, value in metrics.items()}
            objectives = getattr(self.objective, "objectives", [])
            if objectives:
                values.setdefault(self.objective.name, self.objective.get_value(values))
            if is_chief_oracle() and _has_recorded(trial, values, step):
                # The chief was killed before it answered, and the worker asked again.
                return trial
            directions = {one.name: one.direction for one in [self.objective, *objectives]}
            for name, value in values.items():
                if not trial.metrics.exists(name):
                    trial.metrics.register(name, directions.get(name))
                # Not by the tracker's own method, which looks for a best value and warns where all are NaN.
                trial.metrics.metrics[name].update(value, step=step)
            if is_chief_oracle():
                # One that is killed now and started again must not miss it when the tuner ends the trial.
                self.save()
            return trial

    def score_trial(self, trial):
        """Score a trial by its best step with a finite objective; NaN where there is none."""
        history = trial.metrics.get_history(self.objective.name)
        finite = [(float(each.mean()), each.step) for each in history if math.isfinite(each.mean())]
        best = max if self.objective.direction == "max" else min
        trial.score, trial.best_step = best(
            finite, key=lambda pair: pair[0], default=(math.nan, history[-1].step)
        )

    def end_trial(self, trial, status=TrialStatus.COMPLETED):
        """Record that a trial has ended, or is to be tried again.

        One without a finite objective is invalid as long as it can be tried again, and then worse than all
        others; it is no failure.

        Raises:
            RunError: Too many failures in a row; they are recorded.
        """
        with self._lock:
            if isinstance(trial, str):
                trial = Trial(self.get_space(), trial, status)
            own = self.trials[trial.trial_id]
            ongoing = [name for name, each in self.ongoing_trials.items() if each is own]
            if trial.trial_id in self.end_order or (trial.status == TrialStatus.INVALID and not ongoing):
                # Recorded before: the answer was lost, or the tuner had been forgotten.
                return
            self.update_space(trial.hyperparameters)
            _adopt(own, trial)
            finite = True
            if own.status == TrialStatus.COMPLETED:
                self.score_trial(own)
                if not (finite := math.isfinite(own.score)):
                    own.status = TrialStatus.INVALID
            self._record_values(own)
            self._run_times[own.trial_id] += 1
            if own.trial_id in self._retry_queue:
                self._retry_queue.remove(own.trial_id)
            if (
                own.status == TrialStatus.INVALID
                and self._run_times[own.trial_id] <= self.max_retries_per_trial
            ):
                self._retry_queue.append(own.trial_id)
            else:
                if not finite:
                    own.status = TrialStatus.COMPLETED
                    own.score = -math.inf if self.objective.direction == "max" else math.inf
                elif own.status == TrialStatus.INVALID:
                    own.status = TrialStatus.FAILED
                self.end_order.append(own.trial_id)
            for tuner_id in ongoing:
                del self.ongoing_trials[tuner_id]
            if own.trial_id in self._display.trial_start:
                self._display.on_trial_end(own)
            self.save()
            self.watch(own)
            self._check_failures()

    def _check_failures(self):
        limit = self.max_consecutive_failed_trials
        last = [self.trials[trial_id] for trial_id in self.end_order[-limit:]]
        if len(last) == limit and all(trial.status == TrialStatus.FAILED for trial in last):
            reason = (last[-1].message or "").strip()
            message = _("Number of consecutive failures exceeded the limit of {limit}: {reason}")
            self.failure = RunError(message.format(limit=limit, reason=reason.rpartition("\n")[2]))
            self.failure.add_note(reason)
            raise self.failure

    @contextlib.contextmanager
    def locked(self):
        """Hold the project's folder, as `SavedOracle` does, for a search that begins or goes on."""
        with super().locked():
            self.failure = None
            yield

    def update_space(self, hyperparameters):
        """Add new hyperparameters to the space, those that others depend on before these."""
        left, ordered = list(hyperparameters.space), []
        self._check_names(left)
        while left:
            # A worker sends them sorted by their types.
            waiting = {one.name for one in left}
            free = [one for one in left if not waiting & {condition.name for condition in one.conditions}]
            ordered += free or left
            left = [one for one in left if free and one not in free]
        super().update_space(SimpleNamespace(space=ordered))

    def _check_names(self, space):
        for hyperparameter in space:
            if hyperparameter.name in self.reserved:
                message = _(
                    "a hyperparameter must not have a name that the search sets by itself, received {name}"
                )
                raise ValueError(message.format(name=hyperparameter.name))

    def _record_values(self, trial):
        """Note what was tried. keras-tuner would take their values from hyperparameters of one name."""
        space = trial.hyperparameters
        active = {one.name for one in space.space if space.is_active(one)}
        for one in space.space:
            if one.name not in active:
                space.values.pop(one.name, None)
        # Without `tune_new_entries` what a trial declares besides is not of the space.
        besides = active - {one.name for one in self.hyperparameters.space}
        tried = {name: value for name, value in space.values.items() if name not in besides}
        self._tried_so_far.discard(self._id_to_hash[trial.trial_id])
        self._id_to_hash[trial.trial_id] = self._compute_values_hash(tried)
        self._tried_so_far.add(self._id_to_hash[trial.trial_id])

    def _random(self, repetition=0):
        return np.random.default_rng([self.seed % 2**64, len(self.trials), repetition])

    def _random_values(self, tried=None):
        """Draw values for the next trial that no trial has; None where there are none left.

        Args:
            tried: Hashes of the values that do not count as new; None for those of all trials.
        """
        tried = self._tried_so_far if tried is None else tried
        for repetition in range(MAX_COLLISIONS):
            random, space = self._random(repetition), self.hyperparameters.copy()
            space.values = {}
            for one in space.space:
                value = one.prob_to_value(random.random())
                if space.is_active(one):
                    space.values[one.name] = value
            if self._compute_values_hash(space.values) not in tried:
                return space.values
        if math.isinf(size(self.hyperparameters)):
            return None
        untried = [
            values
            for values in combinations(self.hyperparameters, points)
            if self._compute_values_hash(values) not in tried
        ]
        return untried[random.integers(len(untried))] if untried else None


def _has_recorded(trial, values, step):
    """Tell whether the last values that a trial measured at a step are these, NaN among them."""
    return all(
        trial.metrics.exists(name)
        and any(
            each.step == step and np.array_equal(each.value[-1], value, equal_nan=True)
            for each in trial.metrics.get_history(name)
        )
        for name, value in values.items()
    )


def _adopt(own, trial):
    """Take over what a trial that comes from a worker found out.

    The values that it was given are known better here: a message keeps no more than their types.
    """
    own.status, own.message = trial.status, trial.message
    known = [(one.name, one.conditions) for one in own.hyperparameters.space]
    for one in trial.hyperparameters.space:
        if (one.name, one.conditions) not in known:
            own.hyperparameters.merge([one])
            if one.name in trial.hyperparameters.values:
                own.hyperparameters.values[one.name] = trial.hyperparameters.values[one.name]
    for name, history in trial.metrics.metrics.items():
        own.metrics.metrics.setdefault(name, history)
