"""keras-tuner's oracles, which choose what is tried next, with their faults mended.

Slide: 6-2, grid search and random search.

What keras-tuner 1.4.8 does, and these do not:

- A `GridSearchOracle` that was stopped does not go on: its place in the grid is not saved. State and trials
  lie in several files, none written whole, so that a kill between two writes loses or repeats a trial.
- A trial without a finite result counts as a failure, and three in a row end the search.
- Seed 0 is taken for no seed. Random values hang on the order in which earlier ones were drawn.
- The first trial has the defaults, no draw, if the trials themselves declare the space.
- `RandomSearchOracle` gives up after 21 repetitions, although a small space has points left.
- A grid does not count its trials.
- With workers, a worker that dies takes its trial along, and the last points are not waited for.
"""

import collections
import hashlib
import itertools
import json
import math
import threading

import keras_tuner
import numpy as np
from keras_tuner.src.distribute.utils import is_chief_oracle
from keras_tuner.src.engine.metrics_tracking import MetricsTracker
from keras_tuner.src.engine.trial import Trial, TrialStatus
from threadpoolctl import threadpool_limits

from chapter6.artifacts import written_beside
from chapter6.errors import InputError
from chapter6.search.spaces import points, size

OBJECTIVE = "validation_error"
IDENTITY = "tuner/search"
# The error rate of a training that diverged.
WORST = 1.0
# Draws that may repeat earlier trials before the untried points are listed.
REPETITIONS = 20


class _Mended:
    """What the four oracles have in common; it stands before one of keras-tuner's in the bases.

    The methods that workers call hold a lock of their own. keras-tuner's is not given back when a method
    fails.

    Args:
        space: Declared `keras_tuner.HyperParameters`.
        seed: int; the values of trial i are a function of it, of i and of the results before.
        identity: Mapping of all that the results hang on, for `reload`.
        options: The further arguments of keras-tuner's oracle.
    """

    def __init__(self, space, seed=0, identity=None, **options):
        # More trials of the same search are no other search.
        lasting = {name: value for name, value in options.items() if name != "max_trials"}
        search = {"search": type(self).__name__, "space": space.get_config()["space"], "seed": seed}
        self.identity = json.loads(json.dumps(search | lasting | (identity or {})))
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
        """Record what a trial measured at a step; an objective that is not finite is the `WORST`."""
        with self._lock:
            trial = self.trials[trial_id]
            self._check_objective_found(metrics)
            if trial_id in self.end_order:
                # A tuner that was forgotten was alive after all.
                return trial
            for name, value in metrics.items():
                if name == OBJECTIVE and not math.isfinite(value):
                    value = WORST
                if math.isfinite(value):
                    trial.metrics.update(name, value, step=step)
            # A chief that is killed now and started again must not miss it when the tuner ends the trial.
            self.save()
            return trial

    def score_trial(self, trial):
        """Score a trial by its last step, not by its best: nothing is chosen within a trial."""
        history = trial.metrics.get_history(OBJECTIVE)
        trial.score, trial.best_step = float(history[-1].mean()), history[-1].step

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
        for repetition in range(REPETITIONS):
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

    def save(self):
        """Write the state in one piece: the file is the one before or the one after."""
        with written_beside(self._get_oracle_fname()) as temporary:
            temporary.write_text(json.dumps(self.get_state()))

    def reload(self):
        """Go on where the search in the project's folder was; the trials that it had begun are run again.

        A chief on its own waits first for the workers that had begun them, which may have gone on meanwhile.

        Raises:
            InputError: The folder holds a search that differs, or nothing that can be read.
        """
        path = self._get_oracle_fname()
        try:
            with open(path, encoding="utf-8") as file:
                state = json.load(file)
            identity = dict(state["identity"])
        except (ValueError, KeyError, TypeError):
            raise InputError(
                f"a search's folder must hold a search that can be read, received {path}"
            ) from None
        for name in self.identity | identity:
            theirs, ours = identity.get(name), self.identity.get(name)
            if theirs != ours:
                raise InputError(
                    f"{self._project_dir} holds a search with another {name.replace('_', ' ')}: "
                    f"it has {_short(theirs)}, received {_short(ours)}"
                )
        self.trials = {trial["trial_id"]: Trial.from_state(trial) for trial in state["trials"]}
        self.set_state(state)
        if is_chief_oracle():
            self.tuner_ids = set(state["tuner_ids"])
        else:
            self._retry_queue += [trial.trial_id for trial in self.ongoing_trials.values()]
            self.ongoing_trials = {}


def grid(space):
    """Yield all points of a finite declared space, the last hyperparameter changing fastest."""
    names = [one.name for one in space.space]
    for values in itertools.product(*map(points, space.space)):
        yield dict(zip(names, values, strict=True))


def _short(value):
    text = json.dumps(value)
    return text if len(text) <= 80 else text[:77] + "..."


class GridSearchOracle(_Mended, keras_tuner.oracles.GridSearchOracle):
    """All points of a finite space, in the order in which the space is written."""

    def __init__(self, space, seed=0, identity=None, **options):
        endless = [one.name for one in space.space if points(one) is None]
        if endless:
            raise ValueError(f"grid search must have finite sets, received an interval for {endless[0]}")
        super().__init__(space, seed, identity, **options)

    def populate_space(self, trial_id):
        """Return the point whose place in the grid is the trial's number."""
        values = next(itertools.islice(grid(self.hyperparameters), int(trial_id), None), None)
        return {"status": TrialStatus.RUNNING if values else TrialStatus.STOPPED, "values": values}


class RandomSearchOracle(_Mended, keras_tuner.oracles.RandomSearchOracle):
    """Independent draws, the i-th a function of the seed and i; no point twice."""


class HyperbandOracle(_Mended, keras_tuner.oracles.HyperbandOracle):
    """Random draws, of which the better ones are trained longer."""

    @property
    def planned(self):
        """Number of trials of all brackets, unless the space is exhausted before."""
        brackets = range(self._get_num_brackets())
        each = (self._get_size(bracket, turn) for bracket in brackets for turn in range(bracket + 1))
        return max(int(self.hyperband_iterations * sum(each)), len(self.trials))


class BayesianOptimizationOracle(_Mended, keras_tuner.oracles.BayesianOptimizationOracle):
    """Draws at first, then the points that a Gaussian process holds for promising."""

    def __init__(self, space, seed=0, identity=None, **options):
        super().__init__(space, seed, identity, **options)
        self.gpr = self._make_gpr()

    def populate_space(self, trial_id):
        """Return the next point; the restarts of its optimization are a function of seed and trial."""
        self._random_state = np.random.RandomState(np.random.MT19937([self.seed, len(self.trials)]))
        # More threads only get into one another's way: its matrices have a row for each trial.
        with threadpool_limits(1):
            response = super().populate_space(trial_id)
        if response["status"] == TrialStatus.RUNNING and self._duplicate(response["values"]):
            return self._random_populate_space()
        return response
