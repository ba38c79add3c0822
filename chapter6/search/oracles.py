"""keras-tuner's oracles, which choose what is tried next, without their faults.

Slide: 6-2, grid search and random search.

They take what keras-tuner's oracles take, and go into any ``keras_tuner.Tuner(oracle=...)``. What keras-tuner
1.4.8 does, and these do not:

- A `GridSearchOracle` that was stopped does not go on (keras-tuner's issue 1055): its place in the grid is
  not saved. Hyperparameters of one name under different conditions lose their values.
- State and trials lie in several files, none written whole, so that a kill between two writes loses or
  repeats a trial.
- A trial without a finite result counts as a failure, and three in a row end the search. Infinity wins over
  finite values, and within a trial's history NaN does.
- A hyperparameter that is called as one of Hyperband's own, such as ``tuner/epochs``, is overwritten.
- Seed 0 is taken for no seed. Random values hang on the order in which earlier ones were drawn.
- `RandomSearchOracle` gives up after 21 repetitions, although a small space has points left.
- A grid does not count its trials.
- With several objectives nothing can be scored but the history of ``model.fit``.
- `HyperbandOracle` runs no trial where the trials themselves declare the space, and trains none to the end
  where the space has fewer points than its first bracket draws.
- With workers, a worker that dies takes its trial along, the last points are not waited for, and an exception
  leaves the oracle locked.
"""

import keras_tuner
import numpy as np
from keras_tuner.engine.trial import TrialStatus
from threadpoolctl import threadpool_limits

from chapter6.search.resumable import ResumableOracle
from chapter6.search.spaces import combinations, grid_points, size


class GridSearchOracle(ResumableOracle, keras_tuner.oracles.GridSearchOracle):
    """All points of a space, the last hyperparameter changing fastest, each with its default first."""

    @property
    def space_size(self):
        """Number of points of the grid, `math.inf` where the space is not known yet."""
        return size(self.hyperparameters, grid_points)

    def populate_space(self, trial_id):
        """Return the first point that no trial covers.

        A trial covers all points that agree with it in the hyperparameters that both know: whatever was
        declared elsewhere since, it did not ask for.
        """
        covered, known = {}, {one.name for one in self.hyperparameters.space}
        for trial in self.trials.values():
            values = {name: value for name, value in trial.hyperparameters.values.items() if name in known}
            covered.setdefault(frozenset(values), set()).add(frozenset(values.items()))
        for point in combinations(self.hyperparameters, grid_points):
            parts = (
                (frozenset((name, point[name]) for name in names), tried)
                for names, tried in covered.items()
                if names <= point.keys()
            )
            if not any(part in tried for part, tried in parts):
                return {"status": TrialStatus.RUNNING, "values": point}
        return {"status": TrialStatus.STOPPED}


class RandomSearchOracle(ResumableOracle, keras_tuner.oracles.RandomSearchOracle):
    """Independent draws, the i-th a function of the seed and i; no point twice."""


class HyperbandOracle(ResumableOracle, keras_tuner.oracles.HyperbandOracle):
    """Random draws, of which the better ones are trained longer.

    Where a space has fewer points than a bracket has draws, each bracket draws all of them.
    """

    reserved = ("tuner/trial_id", "tuner/epochs", "tuner/initial_epoch", "tuner/bracket", "tuner/round")

    @property
    def planned(self):
        """Number of trials of all brackets, unless the space is exhausted before."""
        brackets = range(self._get_num_brackets())
        each = (self._get_size(bracket, turn) for bracket in brackets for turn in range(bracket + 1))
        return max(self.hyperband_iterations * sum(each), len(self.trials))

    def _get_size(self, bracket_num, round_num):
        return min(super()._get_size(bracket_num, round_num), self.space_size)

    def _random_trial(self, trial_id, bracket):
        values = self._random_values()
        if values is None:
            of_bracket = {self._id_to_hash[info["id"]] for info in bracket["rounds"][0]}
            values = self._random_values(of_bracket)
        if values is None:
            return {"status": TrialStatus.STOPPED}
        number = bracket["bracket_num"]
        bracket["rounds"][0].append({"past_id": None, "id": trial_id})
        values |= {"tuner/epochs": self._get_epochs(number, 0), "tuner/initial_epoch": 0}
        values |= {"tuner/bracket": number, "tuner/round": 0}
        return {"status": TrialStatus.RUNNING, "values": values}


class BayesianOptimizationOracle(ResumableOracle, keras_tuner.oracles.BayesianOptimizationOracle):
    """Draws at first, then the points that a Gaussian process holds for promising."""

    def __init__(self, *args, identity=None, **kwargs):
        super().__init__(*args, identity=identity, **kwargs)
        self.gpr = self._make_gpr()

    def populate_space(self, trial_id):
        """Return the next point; the restarts of its optimization are a function of seed and trial."""
        self._random_state = np.random.RandomState(np.random.MT19937([self.seed % 2**64, len(self.trials)]))
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
