"""keras-tuner's faults, each shown on its own tuner and then on ours, which do not have it."""

import math
import warnings

import keras_tuner
import pytest

from chapter6.search import BayesianOptimization, GridSearch, Hyperband, RandomSearch, finite, rows, switch
from chapter6.search.spaces import hyperparameters, log_uniform, ten_to_the

# keras-tuner calls threading.currentThread, and takes minima of nothing.
pytestmark = pytest.mark.filterwarnings(
    "ignore:currentThread:DeprecationWarning", "ignore:getName:DeprecationWarning", "ignore:All-NaN"
)
VALUES = {"x": [1, 2, 3], "y": [10, 20, 30, 40]}
SPACE = {name: finite(*values) for name, values in VALUES.items()}
CONTINUOUS = {"rate": ten_to_the(-1, -4), "units": log_uniform(50, 500, whole=True), "dropout": switch()}


def quotient(values):
    return values["x"] / values["y"]


def plain(tuner, trial, folder, space=SPACE, **options):
    """One of keras-tuner's tuners as it is."""

    class Plain(tuner):
        def run_trial(self, running):
            return trial(running.hyperparameters.values)

    return Plain(
        objective=keras_tuner.Objective("validation_error", "min"),
        hyperparameters=hyperparameters(space),
        directory=str(folder),
        project_name="plain",
        **options,
    )


def stopping_at(number, trial=quotient):
    """A trial's function that is interrupted in the middle of its ``number``-th call."""
    calls = []

    def run(values):
        calls.append(values)
        if len(calls) == number:
            raise KeyboardInterrupt
        return trial(values)

    return run


def test_a_stopped_grid_goes_on(tmp_path):
    with pytest.raises(KeyboardInterrupt):
        plain(keras_tuner.GridSearch, stopping_at(6), tmp_path).search()
    with pytest.raises(KeyError):
        plain(keras_tuner.GridSearch, quotient, tmp_path).search()

    with pytest.raises(KeyboardInterrupt):
        GridSearch(stopping_at(6), SPACE, tmp_path / "ours").search()
    ours = GridSearch(quotient, SPACE, tmp_path / "ours")
    assert (ours.oracle.planned, ours.oracle.done) == (12, 5)
    ours.search()
    expected = [x / y for x in (1, 2, 3) for y in (10, 20, 30, 40)]
    assert [row["validation_error"] for row in rows(ours.oracle)] == expected


def test_a_grid_that_was_stopped_between_two_trials_goes_on(tmp_path):
    plain(keras_tuner.GridSearch, quotient, tmp_path, max_trials=5).search()
    theirs = plain(keras_tuner.GridSearch, quotient, tmp_path)
    theirs.search()
    assert len(theirs.oracle.trials) == 5

    GridSearch(quotient, SPACE, tmp_path / "ours", max_trials=5).search()
    ours = GridSearch(quotient, SPACE, tmp_path / "ours")
    ours.search()
    assert len(ours.oracle.trials) == ours.oracle.done == 12


@pytest.mark.parametrize(
    ("theirs", "ours", "options"),
    [
        (keras_tuner.GridSearch, GridSearch, {}),
        (keras_tuner.RandomSearch, RandomSearch, {"max_trials": 12}),
    ],
)
def test_trials_without_a_finite_result_are_the_worst_and_do_not_end_the_search(
    theirs, ours, options, tmp_path
):
    def diverges(values):
        return math.nan if values["x"] < 3 else quotient(values)

    with pytest.raises(RuntimeError, match="consecutive failures"):
        plain(theirs, lambda values: math.nan, tmp_path, **options).search()

    tuner = ours(diverges, SPACE, tmp_path / "ours", **options)
    tuner.search()
    table = rows(tuner.oracle)
    assert len(table) == 12 and tuner.oracle.done == 12
    for row in table:
        error = row["validation_error"]
        assert math.isnan(error) if row["x"] < 3 else error == row["x"] / row["y"]
    assert tuner.oracle.get_best_trials()[0].score == 3 / 40


def test_what_fails_in_a_trial_is_raised_not_recorded(tmp_path):
    def fails(values):
        raise ZeroDivisionError("a fault of the program")

    with pytest.raises(RuntimeError, match="consecutive failures"):
        plain(keras_tuner.GridSearch, fails, tmp_path).search()
    tuner = GridSearch(fails, SPACE, tmp_path / "ours")
    with pytest.raises(ZeroDivisionError):
        tuner.search()
    assert tuner.oracle.done == 0


def test_random_search_draws_by_its_seed_also_by_seed_0(tmp_path):
    def drawn(make, seed, folder):
        tuner = make(seed, tmp_path / folder)
        tuner.search()
        return [tuple(trial.hyperparameters.values[name] for name in ("x", "y")) for trial in _trials(tuner)]

    def theirs(seed, folder):
        return plain(keras_tuner.RandomSearch, quotient, folder, max_trials=3, seed=seed)

    def ours(seed, folder):
        return RandomSearch(quotient, SPACE, folder, seed=seed, max_trials=3)

    # 0 is no seed: another search each time.
    assert theirs(0, tmp_path / "a").oracle.seed != 0
    assert len({theirs(0, tmp_path / f"b{turn}").oracle.seed for turn in range(5)}) > 1
    # Seed 2's first number is seed 1's second: searches by different seeds share their draws.
    first, second = (theirs(seed, tmp_path / f"c{seed}").oracle._random_values() for seed in (1, 2))
    quarter = VALUES["y"].index(first["y"]) / 4
    assert second["x"] in (1 + int(3 * quarter), 1 + int(3 * (quarter + 0.2499)))

    assert drawn(ours, 0, "d") == drawn(ours, 0, "e") != drawn(ours, 1, "f")


def test_the_first_trial_is_a_draw_like_the_others(tmp_path):
    """The defaults, here the first values, come first no more often than chance has it."""

    class Declaring(keras_tuner.RandomSearch):
        """As in keras-tuner's guide: the trial declares the space, which the first draw does not know yet."""

        def run_trial(self, trial):
            return quotient({name: trial.hyperparameters.Choice(name, VALUES[name]) for name in VALUES})

    for seed in range(1, 6):
        theirs = Declaring(seed=seed, max_trials=1, directory=str(tmp_path), project_name=f"plain{seed}")
        theirs.search()
        assert _trials(theirs)[0].hyperparameters.values == {"x": 1, "y": 10}

    first = []
    for seed in range(48):
        tuner = RandomSearch(quotient, SPACE, tmp_path / str(seed), seed=seed, max_trials=1)
        first.append(tuner.oracle.create_trial("tuner").hyperparameters.values)
    counts = [sum(values["x"] == x for values in first) for x in (1, 2, 3)]
    assert max(counts) < 28 and len({(values["x"], values["y"]) for values in first}) > 8


def test_a_small_space_is_exhausted(tmp_path):
    theirs = []
    for seed in range(1, 6):
        tuner = plain(keras_tuner.RandomSearch, quotient, tmp_path / f"a{seed}", max_trials=50, seed=seed)
        tuner.search()
        theirs.append(len(tuner.oracle.trials))
    assert min(theirs) < 12

    for seed in range(1, 6):
        tuner = RandomSearch(quotient, SPACE, tmp_path / f"b{seed}", seed=seed, max_trials=50)
        tuner.search()
        tried = {(row["x"], row["y"]) for row in rows(tuner.oracle)}
        assert len(tried) == len(rows(tuner.oracle)) == tuner.oracle.planned == tuner.oracle.done == 12


def test_planned_done_and_left_are_counted(tmp_path):
    theirs = plain(keras_tuner.GridSearch, quotient, tmp_path)
    assert theirs.remaining_trials is None
    counted = []

    def trial(values):
        counted.append((ours.oracle.planned, ours.oracle.done, ours.remaining_trials))
        return quotient(values)

    ours = GridSearch(trial, SPACE, tmp_path / "ours")
    ours.search()
    assert counted == [(12, done, 12 - done) for done in range(12)]


@pytest.mark.parametrize(
    ("tuner", "options"),
    [
        (RandomSearch, {"max_trials": 8}),
        (BayesianOptimization, {"max_trials": 6, "num_initial_points": 5}),
        (Hyperband, {"max_epochs": 4, "factor": 2}),
    ],
)
def test_all_tuners_are_called_alike_and_are_functions_of_the_seed(tuner, options, tmp_path):
    def trial(values, epochs=1):
        return values["rate"] + 0.1 / epochs + values["units"] / 1e4

    def table(folder, seed):
        searching = tuner(trial, CONTINUOUS, tmp_path / folder, seed=seed, **options)
        with warnings.catch_warnings():
            # scikit-learn's, of lengths at their bounds.
            warnings.simplefilter("ignore")
            searching.search()
        assert searching.oracle.done == searching.oracle.planned
        return [{**row, "seconds": 0} for row in rows(searching.oracle)]

    one = table("one", 0)
    assert one == table("other", 0) != table("third", 1)
    assert min(row["validation_error"] for row in one) < 0.2


def test_an_interval_is_no_grid(tmp_path):
    with pytest.raises(ValueError, match="received an interval for rate"):
        GridSearch(quotient, CONTINUOUS, tmp_path / "search")
    assert list(tmp_path.iterdir()) == []


def _trials(tuner):
    return [tuner.oracle.trials[trial_id] for trial_id in tuner.oracle.start_order]
