"""Hyperparameters that are called as columns of the table, as metrics or as keras-tuner's own."""

import csv

import keras_tuner
import pytest

from chapter6.search import GridSearch, Hyperband, MnistMLP, RandomSearch, finite, rows
from chapter6.search.records import save_table
from tests.search.sleeper import calling

COLUMNS = ("trial", "epochs", "seconds", "validation_error", "training_loss", "score", "status", "diverged")
INTERNAL = ("tuner/x", "tuner/epochs", "tuner/seconds", "tuner/trial", "metric/training_loss")


def measured(values):
    """The metrics that the chapter's own trials have, and two called as a column."""
    return {"validation_error": 0.25, "training_loss": 1.0, "diverged": 0.0, "trial": 7.0, "seconds": 8.0}


@pytest.mark.parametrize("name", [*COLUMNS, *INTERNAL])
@pytest.mark.parametrize(
    ("tuner", "options"),
    [(GridSearch, {}), (RandomSearch, {"max_trials": 2}), (Hyperband, {"max_epochs": 2})],
)
def test_a_hyperparameter_keeps_its_name_and_nothing_is_lost(name, tuner, options, tmp_path):
    if tuner is Hyperband and name == "tuner/epochs":
        return
    received = []

    def trial(values, epochs=None):
        received.append(values)
        return measured(values)

    space = {name: finite(10, 20, 30, 40), "y": finite(5.5)}
    searching = calling(tuner, trial, space, tmp_path / "search", **options)
    searching.search()
    table = rows(searching.oracle)
    assert [set(values) for values in received] == [{name, "y"}] * len(table)
    for row, values in zip(table, received, strict=True):
        assert {key: row[key] for key in values} == values
        # A row's other cells: its number, its time, its epochs with Hyperband, and five metrics.
        assert len(row) == 2 + 2 + (tuner is Hyperband) + 5
        assert sorted(str(value) for key, value in row.items() if key.endswith("training_loss")) in (
            ["1.0"],
            ["1.0", str(values[name])],
        )
    with save_table(searching.oracle, tmp_path / "trials.csv").open(newline="") as file:
        read = list(csv.DictReader(file))
    assert [list(line) for line in read] == [list(row) for row in table]
    assert [line[name] for line in read] == [str(values[name]) for values in received]


def test_columns_have_plain_names_where_nothing_is_called_so(tmp_path):
    def trial(values, epochs):
        return {"validation_error": 0.5, "training_loss": 1.0}

    tuner = calling(Hyperband, trial, {"x": finite(1, 2, 3)}, tmp_path / "search", max_epochs=2)
    tuner.search()
    assert list(rows(tuner.oracle)[0]) == [
        "trial",
        "x",
        "epochs",
        "validation_error",
        "training_loss",
        "seconds",
    ]


def test_names_that_are_taken_get_a_prefix(tmp_path):
    space = {"seconds": finite(1), "training_loss": finite(2)}
    tuner = calling(GridSearch, measured, space, tmp_path / "search")
    tuner.search()
    (row,) = rows(tuner.oracle)
    assert (row["seconds"], row["training_loss"]) == (1, 2)
    assert (row["metric/seconds"], row["metric/training_loss"], row["trial"]) == (8.0, 1.0, 7.0)
    assert row["tuner/trial"] == "0000" and 0 < row["tuner/seconds"] < 60


@pytest.mark.parametrize("name", ["tuner/epochs", "tuner/round"])
def test_only_a_name_that_the_search_itself_sets_is_refused(name, tmp_path):
    with pytest.raises(ValueError, match=f"^a hyperparameter must not have .*, received {name}$"):
        calling(Hyperband, measured, {name: finite(1, 2)}, tmp_path / "search", max_epochs=2)
    assert list(tmp_path.iterdir()) == []

    class Declaring(Hyperband):
        def run_trial(self, trial, **options):
            return trial.hyperparameters.Choice(name, [1, 2])

    with pytest.raises(ValueError, match=f"^a hyperparameter must not have .*, received {name}$"):
        Declaring(max_epochs=2, directory=tmp_path).search()


def test_the_model_for_keras_tuners_own_hyperband_is_built_without_what_that_adds():
    space = keras_tuner.HyperParameters()
    space.Fixed("hidden_units", 3)
    space.values |= {"tuner/epochs": 2, "tuner/bracket": 0}
    data = type("Data", (), {"train": None, "validation": None})
    mlp = MnistMLP.__new__(MnistMLP)
    keras_tuner.HyperModel.__init__(mlp)
    mlp.mnist, mlp.seed, mlp.space = data, 0, {}
    assert mlp.build(space).layers[0].units == 3
