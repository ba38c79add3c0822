"""keras-tuner's faults, each shown on its own tuner and then on ours, which do not have it."""

import math
import warnings

import keras_tuner
import pytest

from chapter6.errors import RunError
from chapter6.search import BayesianOptimization, GridSearch, Hyperband, RandomSearch, finite, rows, switch
from chapter6.search.spaces import log_uniform, ten_to_the
from tests.search.sleeper import calling

# keras-tuner calls threading.currentThread, and takes minima of nothing.
pytestmark = pytest.mark.filterwarnings(
    "ignore:currentThread:DeprecationWarning", "ignore:getName:DeprecationWarning", "ignore:All-NaN"
)
VALUES = {"x": [1, 2, 3], "y": [10, 20, 30, 40]}
SPACE = {name: finite(*values) for name, values in VALUES.items()}
CONTINUOUS = {"rate": ten_to_the(-1, -4), "units": log_uniform(50, 500, whole=True), "dropout": switch()}


def quotient(values):
    return values["x"] / values["y"]


def made(tuner, trial, folder, space=SPACE, **options):
    """One of ours, or of keras-tuner's as it is."""
    return calling(tuner, trial, space, folder / tuner.__module__.partition(".")[0], **options)


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
        made(keras_tuner.GridSearch, stopping_at(6), tmp_path).search()
    with pytest.raises(KeyError):
        made(keras_tuner.GridSearch, quotient, tmp_path).search()

    with pytest.raises(KeyboardInterrupt):
        made(GridSearch, stopping_at(6), tmp_path).search()
    ours = made(GridSearch, quotient, tmp_path)
    assert (ours.oracle.planned, ours.oracle.done) == (12, 5)
    ours.search()
    expected = [x / y for x in (1, 2, 3) for y in (10, 20, 30, 40)]
    assert [row["validation_error"] for row in rows(ours.oracle)] == expected


def test_a_grid_that_was_stopped_between_two_trials_goes_on(tmp_path):
    made(keras_tuner.GridSearch, quotient, tmp_path, max_trials=5).search()
    theirs = made(keras_tuner.GridSearch, quotient, tmp_path)
    theirs.search()
    assert len(theirs.oracle.trials) == 5

    made(GridSearch, quotient, tmp_path, max_trials=5).search()
    ours = made(GridSearch, quotient, tmp_path)
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
        made(theirs, lambda values: math.nan, tmp_path, **options).search()

    tuner = made(ours, diverges, tmp_path, **options)
    tuner.search()
    table = rows(tuner.oracle)
    assert len(table) == 12 and tuner.oracle.done == 12
    for row in table:
        error = row["validation_error"]
        assert math.isnan(error) if row["x"] < 3 else error == row["x"] / row["y"]
    assert tuner.oracle.get_best_trials()[0].score == 3 / 40


def test_a_search_that_failures_ended_goes_on(tmp_path):
    """The failed trials stay as they are."""

    def fails(values):
        raise ZeroDivisionError("a fault of the program")

    with pytest.raises(RunError, match="of 3: ZeroDivisionError: a fault of the program") as ended:
        made(RandomSearch, fails, tmp_path, max_trials=8).search()
    assert "\n" not in str(ended.value) and "Traceback" in ended.value.__notes__[0]
    tuner = made(RandomSearch, quotient, tmp_path, max_trials=8)
    assert tuner.oracle.done == 3
    tuner.search()
    assert [trial.status for trial in _trials(tuner)] == ["FAILED"] * 3 + ["COMPLETED"] * 5
    assert tuner.oracle.get_best_trials()[0].status == "COMPLETED"


def test_what_is_tried_again_counts_by_its_last_try(tmp_path):
    """``max_retries_per_trial``: a trial that fails or has no finite result at first."""
    calls = []

    def trial(values):
        calls.append(values)
        if len(calls) % 3 == 1:
            raise ZeroDivisionError
        return math.nan if len(calls) % 3 == 2 else quotient(values)

    tuner = made(GridSearch, trial, tmp_path, max_retries_per_trial=2)
    tuner.search()
    assert len(calls) == 36 and calls[0] == calls[1] == calls[2] != calls[3]
    assert [row["validation_error"] for row in rows(tuner.oracle)] == [
        x / y for x in VALUES["x"] for y in VALUES["y"]
    ]


@pytest.mark.parametrize("direction", ["min", "max"])
def test_what_fails_or_is_not_finite_does_not_win(direction, tmp_path):
    """Where all that is finite is beyond 1."""
    results = iter([math.nan, None, 7.5, math.inf, 3.5, -math.inf])

    def trial(values):
        if (result := next(results)) is None:
            raise ZeroDivisionError
        return result

    objective = keras_tuner.Objective("score", direction)
    space = {"x": finite(*range(6))}
    tuner = made(GridSearch, trial, tmp_path, space, objective=objective)
    tuner.search()
    order = [each.hyperparameters.values["x"] for each in tuner.oracle.get_best_trials(6)]
    assert order[:2] == ([4, 2] if direction == "min" else [2, 4])
    assert set(order[2:5]) == {0, 3, 5} and order[5] == 1


def test_random_search_draws_by_its_seed_also_by_seed_0(tmp_path):
    def drawn(make, seed, folder):
        tuner = make(seed, tmp_path / folder)
        tuner.search()
        return [tuple(trial.hyperparameters.values[name] for name in ("x", "y")) for trial in _trials(tuner)]

    def theirs(seed, folder):
        return made(keras_tuner.RandomSearch, quotient, folder, max_trials=3, seed=seed)

    def ours(seed, folder):
        return made(RandomSearch, quotient, folder, seed=seed, max_trials=3)

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
    first = []
    for seed in range(48):
        tuner = made(RandomSearch, quotient, tmp_path / str(seed), seed=seed, max_trials=1)
        first.append(tuner.oracle.create_trial("tuner").hyperparameters.values)
    counts = [sum(values["x"] == x for values in first) for x in (1, 2, 3)]
    assert max(counts) < 28 and len({(values["x"], values["y"]) for values in first}) > 8


def test_a_small_space_is_exhausted(tmp_path):
    theirs = []
    for seed in range(1, 6):
        tuner = made(keras_tuner.RandomSearch, quotient, tmp_path / f"a{seed}", max_trials=50, seed=seed)
        tuner.search()
        theirs.append(len(tuner.oracle.trials))
    assert min(theirs) < 12

    for seed in range(1, 6):
        tuner = made(RandomSearch, quotient, tmp_path / f"b{seed}", seed=seed, max_trials=50)
        tuner.search()
        tried = {(row["x"], row["y"]) for row in rows(tuner.oracle)}
        assert len(tried) == len(rows(tuner.oracle)) == tuner.oracle.planned == tuner.oracle.done == 12


def test_hyperband_trains_to_the_end_where_a_space_is_small(tmp_path):
    """Each bracket draws all three points, those that the brackets before have tried too."""

    def trained(tuner):
        epochs = []
        options = {"max_epochs": 4, "factor": 2, "seed": 1}

        def trial(values, **arguments):
            epochs.append((values["x"], tuple(arguments.values())))
            return float(values["x"])

        searching = made(tuner, trial, tmp_path, {"x": finite(1, 2, 3)}, **options)
        searching.search()
        return epochs, searching.oracle

    assert len(trained(keras_tuner.Hyperband)[0]) == 3
    epochs, oracle = trained(Hyperband)
    assert {x for x, trained_for in epochs if trained_for == (4,)} == {1, 2, 3}
    assert oracle.finished and oracle.planned == oracle.done == len(epochs) == 3 + 2 + 1 + 3 + 2 + 3


def test_planned_done_and_left_are_counted(tmp_path):
    theirs = made(keras_tuner.GridSearch, quotient, tmp_path)
    assert theirs.remaining_trials is None
    counted = []

    def trial(values):
        counted.append((ours.oracle.planned, ours.oracle.done, ours.remaining_trials))
        return quotient(values)

    ours = made(GridSearch, trial, tmp_path)
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
        searching = made(tuner, trial, tmp_path / folder, CONTINUOUS, seed=seed, **options)
        with warnings.catch_warnings():
            # scikit-learn's, of lengths at their bounds.
            warnings.simplefilter("ignore")
            searching.search()
        assert searching.oracle.done == searching.oracle.planned
        return [{**row, "seconds": 0} for row in rows(searching.oracle)]

    one = table("one", 0)
    assert one == table("other", 0) != table("third", 1)
    assert min(row["validation_error"] for row in one) < 0.2


class Conditional(keras_tuner.HyperModel):
    """The units of a kind of network, under one name: a grid of 2 and of 3 points."""

    def build(self, hp):
        kind = hp.Choice("kind", ["small", "large"])
        units = None
        for name, values in (("small", [1, 2]), ("large", [10, 20, 30])):
            with hp.conditional_scope("kind", [name]):
                own = hp.Choice("units", values)
                units = own if kind == name else units
        return units


def test_a_grid_has_hyperparameters_of_one_name_under_different_conditions(tmp_path):
    class Built:
        def run_trial(self, trial, **options):
            return self.hypermodel.build(trial.hyperparameters)

    def tuner(base):
        return type("Tuner", (Built, base), {})(Conditional(), directory=tmp_path / base.__module__)

    with pytest.raises((ValueError, RuntimeError, KeyError, AssertionError)):
        theirs = tuner(keras_tuner.GridSearch)
        theirs.search()
        assert len(theirs.oracle.trials) == 5
    ours = tuner(GridSearch)
    assert (ours.oracle.planned, ours.remaining_trials) == (5, 5)
    ours.search()
    assert [row["units"] for row in rows(ours.oracle)] == [1, 2, 10, 20, 30]
    assert [trial.score for trial in _trials(ours)] == [1, 2, 10, 20, 30]


def _trials(tuner):
    return [tuner.oracle.trials[trial_id] for trial_id in tuner.oracle.start_order]
