"""What a trial's function may return, and which of several trials is the best."""

import json
import math
import warnings

import keras
import keras_tuner
import numpy as np
import pytest
import tensorflow as tf

from chapter6.search import BayesianOptimization, GridSearch, Hyperband, RandomSearch, finite, rows, uniform
from chapter6.search.results import metrics_of, plain_results
from tests.search.sleeper import calling

MINIMUM = keras_tuner.Objective("validation_error", "min")
MAXIMUM = keras_tuner.Objective("accuracy", "max")
NOT_FINITE = (math.nan, math.inf, -math.inf)


def history(**metrics):
    made = keras.callbacks.History()
    made.history = metrics
    return made


@pytest.mark.parametrize(
    "result",
    [
        3.25,
        np.float32(3.25),
        np.float64(3.25),
        np.float16(3.25),
        np.array(3.25),
        tf.constant(3.25),
        {"validation_error": 3.25},
        {"validation_error": np.float32(3.25)},
        {"validation_error": np.array(3.25)},
        [{"validation_error": 4}, {"validation_error": tf.constant(2.5)}],
        history(validation_error=[4.0, np.float32(3.25)]),
        [3.0, 3.5],
        [history(validation_error=[3.0]), history(validation_error=[3.5])],
    ],
)
def test_results_of_every_type_are_taken(result, tmp_path):
    """All give the objective 3.25."""
    tuner = calling(GridSearch, lambda values: result, {"x": finite(1, 2)}, tmp_path / "search")
    tuner.search()
    assert [row["validation_error"] for row in rows(tuner.oracle)] == [3.25, 3.25]
    assert [trial.score for trial in tuner.oracle.trials.values()] == [3.25, 3.25]
    # as it was saved
    again = calling(GridSearch, lambda values: result, {"x": finite(1, 2)}, tmp_path / "search")
    assert [trial.score for trial in again.oracle.trials.values()] == [3.25, 3.25]


def measured(results, objective):
    return metrics_of(plain_results(results, objective), objective)


@pytest.mark.parametrize("result", [3, True, np.int64(3), np.uint8(3), np.bool_(True)])
def test_whole_numbers_are_numbers(result):
    assert measured(result, MINIMUM) == ({"validation_error": float(result)}, 0)


def test_a_history_counts_by_its_best_epoch_as_with_keras_tuner():
    made = history(loss=[3.0, 2.0, 1.0], validation_error=[0.3, 0.1, 0.2])
    assert measured(made, MINIMUM) == ({"loss": 2.0, "validation_error": 0.1}, 1)
    made = history(accuracy=[0.3, 0.1, 0.9], loss=[3.0, 2.0, 1.0])
    assert measured(made, MAXIMUM) == ({"accuracy": 0.9, "loss": 1.0}, 2)
    # of fewer values where not every epoch validates
    made = history(loss=[3.0, 2.0, 1.0, 0.5], validation_error=[0.3, 0.1])
    assert measured(made, MINIMUM) == ({"loss": 2.0, "validation_error": 0.1}, 1)


@pytest.mark.parametrize("bad", NOT_FINITE)
def test_an_epoch_without_a_finite_value_is_not_the_best(bad):
    made = history(validation_error=[bad, 0.2, 0.1, bad])
    assert measured(made, MINIMUM) == ({"validation_error": 0.1}, 2)
    made = history(accuracy=[bad, 0.2, 0.1, bad])
    assert measured(made, MAXIMUM) == ({"accuracy": 0.2}, 1)
    metrics, step = measured(history(validation_error=[bad, bad]), MINIMUM)
    assert step == 1 and not math.isfinite(metrics["validation_error"])


def test_executions_are_averaged_each_with_its_best_epoch():
    made = [
        history(validation_error=[0.5, 0.25]),
        history(validation_error=[0.75, 0.9, 0.8, 0.95], loss=[4.0] * 4),
    ]
    assert measured(made, MINIMUM) == ({"validation_error": 0.5, "loss": 4.0}, 0)
    assert measured([0.5, {"validation_error": 0.25}], MINIMUM) == ({"validation_error": 0.375}, 0)


@pytest.mark.parametrize(
    "result",
    [
        {"loss": 2, "accuracy": 0.5},
        [{"loss": 1, "accuracy": 0.5}, history(loss=[9, 3.0], accuracy=[0.0, 0.5])],
    ],
)
def test_several_objectives_are_what_is_minimized_less_what_is_maximized(result, tmp_path):
    tuner = calling(
        GridSearch,
        lambda values: result,
        {"x": finite(1)},
        tmp_path / "search",
        objective=["loss", keras_tuner.Objective("accuracy", "max")],
    )
    tuner.search()
    assert tuner.oracle.get_best_trials()[0].score == 1.5


@pytest.mark.parametrize(
    ("result", "error", "message"),
    [
        (None, TypeError, "The return value of Tuner.run_trial.. is None"),
        ("0.5", TypeError, "to be one of float, dict"),
        (np.zeros(1), TypeError, "to be one of float, dict"),
        (1j, TypeError, "to be one of float, dict"),
        ({"validation_error": [0.5]}, TypeError, "must be one number, received list"),
        ({"validation_error": 0.5, "loss": None}, TypeError, "a trial's loss must be one number"),
        ([], ValueError, "at least one result, received none"),
        ({}, ValueError, "the specified objective, validation_error"),
        ({"loss": 0.5, "accuracy": 1.0}, ValueError, "the specified objective, validation_error"),
        (history(loss=[0.5]), ValueError, "must return validation_error, received a History of loss"),
        (history(), ValueError, "must return validation_error, received a History of nothing"),
    ],
)
def test_other_results_end_the_search_and_nothing_is_recorded(result, error, message, tmp_path):
    tuner = calling(GridSearch, lambda values: result, {"x": finite(1, 2)}, tmp_path / "search")
    with pytest.raises(error, match=message) as refused:
        tuner.search()
    assert isinstance(refused.value, keras_tuner.errors.FatalError) and "\n" not in str(refused.value)
    assert tuner.oracle.done == 0 and "validation_error" not in rows(tuner.oracle)[0]


@pytest.mark.parametrize("bad", NOT_FINITE)
def test_a_result_that_is_not_finite_does_not_win(bad, tmp_path):
    """Nor is it recorded as a finite one, which may be the best."""
    errors = dict(enumerate([3.2, bad, 2.7]))
    tuner = calling(
        GridSearch, lambda values: errors[values["x"]], {"x": finite(0, 1, 2)}, tmp_path / "search"
    )
    tuner.search()
    again = calling(GridSearch, None, {"x": finite(0, 1, 2)}, tmp_path / "search")
    for oracle in (tuner.oracle, again.oracle):
        recorded = [row["validation_error"] for row in rows(oracle)]
        np.testing.assert_equal(recorded, [3.2, bad, 2.7])
        order = [trial.hyperparameters.values["x"] for trial in oracle.get_best_trials(3)]
        assert order == [2, 0, 1]
        assert oracle.get_best_trials(3)[-1].score == math.inf


def test_a_loss_that_is_not_finite_is_recorded_as_it_is(tmp_path):
    def trial(values):
        return {"validation_error": 0.9, "training_loss": math.nan}

    tuner = calling(GridSearch, trial, {"x": finite(1)}, tmp_path / "search")
    tuner.search()
    assert math.isnan(rows(tuner.oracle)[0]["training_loss"])


@pytest.mark.parametrize(
    ("tuner", "options"),
    [
        (RandomSearch, {"max_trials": 8}),
        (Hyperband, {"max_epochs": 4, "factor": 2}),
        (BayesianOptimization, {"max_trials": 6, "num_initial_points": 4}),
    ],
)
@pytest.mark.parametrize("bad", [math.nan, math.inf])
def test_no_tuner_follows_results_that_are_not_finite(tuner, options, bad, tmp_path):
    """Half of the space has errors above 100, the other half none."""

    def trial(values, epochs=1):
        return 100 + values["x"] if values["x"] > 0.5 else bad

    searching = calling(tuner, trial, {"x": uniform(0.0, 1.0)}, tmp_path / "search", seed=0, **options)
    with warnings.catch_warnings():
        # scikit-learn's, of lengths at their bounds.
        warnings.simplefilter("ignore")
        searching.search()
    assert searching.oracle.finished
    assert searching.oracle.get_best_trials()[0].hyperparameters.values["x"] > 0.5
    if tuner is Hyperband:
        table = rows(searching.oracle)
        first = [row for row in table if row["epochs"] == min(row["epochs"] for row in table)]
        promoted = [row for row in table if row["epochs"] == 4]
        assert any(row["x"] > 0.5 for row in first) and promoted


def test_the_gaussian_process_takes_the_worst_finite_result_instead(tmp_path):
    errors = iter([103.0, math.nan, 101.0])
    tuner = calling(
        BayesianOptimization,
        lambda values: next(errors),
        {"x": uniform(0.0, 1.0)},
        tmp_path / "search",
        max_trials=3,
    )
    tuner.search()
    _, y = tuner.oracle._vectorize_trials()
    assert y.tolist() == [103.0, 103.0, 101.0]


def test_the_file_keeps_what_is_not_finite(tmp_path):
    tuner = calling(GridSearch, lambda values: math.nan, {"x": finite(1)}, tmp_path / "search")
    tuner.search()
    (trial,) = json.loads((tmp_path / "search" / "oracle.json").read_text())["trials"]
    assert trial["score"] == math.inf
