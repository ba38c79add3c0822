"""keras-tuner's oracles, which choose what is tried next, without their faults.

Slide: 6-2, grid search and random search.

What keras-tuner 1.4.8 does, and these do not:

- A `GridSearchOracle` that was stopped does not go on: its place in the grid is not saved. State and trials
  lie in several files, none written whole, so that a kill between two writes loses or repeats a trial. Two
  searches in one folder repeat each other's trials.
- A trial without a finite result counts as a failure, and three in a row end the search. Within a trial's
  history, NaN wins over finite values.
- A hyperparameter that is called as one of Hyperband's own, such as ``tuner/epochs``, is overwritten.
- Seed 0 is taken for no seed. Random values hang on the order in which earlier ones were drawn.
- The first trial has the defaults, no draw, if the trials themselves declare the space.
- `RandomSearchOracle` gives up after 21 repetitions, although a small space has points left.
- A grid does not count its trials.
- With workers, a worker that dies takes its trial along, and the last points are not waited for.
"""

import itertools

import keras_tuner
import numpy as np
from keras_tuner.src.engine.trial import TrialStatus
from threadpoolctl import threadpool_limits

from chapter6.language import _
from chapter6.search.resumable import ResumableOracle
from chapter6.search.spaces import IDENTITY, grid, points


class GridSearchOracle(ResumableOracle, keras_tuner.oracles.GridSearchOracle):
    """All points of a finite space, in the order in which the space is written."""

    def __init__(self, space, seed=0, identity=None, **options):
        endless = [one.name for one in space.space if points(one) is None]
        if endless:
            message = _("grid search must have finite sets, received an interval for {name}")
            raise ValueError(message.format(name=endless[0]))
        super().__init__(space, seed, identity, **options)

    def populate_space(self, trial_id):
        """Return the point whose place in the grid is the trial's number."""
        values = next(itertools.islice(grid(self.hyperparameters), int(trial_id), None), None)
        return {"status": TrialStatus.RUNNING if values else TrialStatus.STOPPED, "values": values}


class RandomSearchOracle(ResumableOracle, keras_tuner.oracles.RandomSearchOracle):
    """Independent draws, the i-th a function of the seed and i; no point twice."""


class HyperbandOracle(ResumableOracle, keras_tuner.oracles.HyperbandOracle):
    """Random draws, of which the better ones are trained longer."""

    reserved = (
        IDENTITY,
        "tuner/trial_id",
        "tuner/epochs",
        "tuner/initial_epoch",
        "tuner/bracket",
        "tuner/round",
    )

    @property
    def planned(self):
        """Number of trials of all brackets, unless the space is exhausted before."""
        brackets = range(self._get_num_brackets())
        each = (self._get_size(bracket, turn) for bracket in brackets for turn in range(bracket + 1))
        return max(int(self.hyperband_iterations * sum(each)), len(self.trials))


class BayesianOptimizationOracle(ResumableOracle, keras_tuner.oracles.BayesianOptimizationOracle):
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

    def _vectorize_trials(self):
        x, y = super()._vectorize_trials()
        # A trial without a finite score counts as the worst; keras-tuner would give the process a 0 for it.
        finite = np.isfinite(y)
        return x, np.where(finite, y, y[finite].max() if finite.any() else 0.0)
