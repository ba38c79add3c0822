"""What a search leaves for TensorBoard, read with TensorBoard's own readers, and its table."""

import csv

import pytest
import tensorflow as tf
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
from tensorboard.plugins.hparams import plugin_data_pb2
from tensorboard.plugins.hparams.metadata import EXPERIMENT_TAG, SESSION_START_INFO_TAG

from chapter6.search import RandomSearch, finite, hyperparameters, log_uniform, rows, switch, uniform
from chapter6.search.records import record_trials, save_table
from tests.search.sleeper import OBJECTIVE

SPACE = {
    "learning_rate": log_uniform(1e-4, 1e-1),
    "hidden_units": uniform(50, 500, whole=True),
    "dropout": switch(),
    "optimizer": finite("adam", "sgd"),
}


class TwoEpochs(RandomSearch):
    """Two epochs, of which the first is the better one; the last is the result."""

    def run_trial(self, trial, **options):
        error = trial.hyperparameters["learning_rate"] + 0.2
        self.on_epoch_end(trial, None, 0, {"validation_error": 0.1, "training_loss": 2.0})
        self.on_epoch_end(trial, None, 1, {"validation_error": error, "training_loss": 1.0})
        return {"validation_error": error, "training_loss": 1.0, "training_error": 0.25}


@pytest.fixture(scope="module")
def oracle(tmp_path_factory):
    tuner = TwoEpochs(
        objective=OBJECTIVE,
        hyperparameters=hyperparameters(SPACE),
        max_trials=3,
        directory=tmp_path_factory.mktemp("search"),
    )
    tuner.search()
    return tuner.oracle


def scalars(reader, tag):
    events = reader.Tensors(tag)
    return [(event.step, float(tf.make_ndarray(event.tensor_proto))) for event in events]


def hparams(reader, tag):
    metadata = reader.SummaryMetadata(tag)
    assert metadata.plugin_data.plugin_name == "hparams"
    return plugin_data_pb2.HParamsPluginData.FromString(metadata.plugin_data.content)


def test_every_trial_is_a_run_with_its_hyperparameters_and_its_final_accuracy(oracle, tmp_path):
    record_trials(oracle, tmp_path)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["0000", "0001", "0002", "hyperparameters"]
    for row in rows(oracle):
        reader = EventAccumulator(str(tmp_path / row["trial"])).Reload()
        given = hparams(reader, SESSION_START_INFO_TAG).session_start_info
        read = {name: getattr(value, value.WhichOneof("kind")) for name, value in given.hparams.items()}
        assert read == {name: row[name] for name in SPACE}
        error = 0.2 + row["learning_rate"]
        assert scalars(reader, "validation_accuracy") == [(1, pytest.approx(1 - error))]
        assert scalars(reader, "validation_error") == [(0, pytest.approx(0.1)), (1, pytest.approx(error))]
        assert scalars(reader, "training_loss") == [(0, 2.0), (1, 1.0)]


def test_the_hparams_page_has_the_space_and_the_metric(oracle, tmp_path):
    record_trials(oracle, tmp_path)
    experiment = hparams(
        EventAccumulator(str(tmp_path / "hyperparameters")).Reload(), EXPERIMENT_TAG
    ).experiment
    assert [info.name.tag for info in experiment.metric_infos] == ["validation_accuracy", "validation_error"]
    infos = {info.name: info for info in experiment.hparam_infos}
    assert list(infos) == list(SPACE)
    # Wide enough for the trials of other searches too
    assert infos["learning_rate"].domain_interval == infos["hidden_units"].domain_interval
    interval = infos["learning_rate"].domain_interval
    assert interval.min_value < -1e30 and interval.max_value > 1e30
    assert [value.bool_value for value in infos["dropout"].domain_discrete.values] == [False, True]
    assert [value.string_value for value in infos["optimizer"].domain_discrete.values] == ["adam", "sgd"]


def test_runs_are_written_once_and_torn_ones_anew(oracle, tmp_path):
    (tmp_path / "0001").mkdir()
    (tmp_path / "0001" / ".unfinished-torn.v2").write_bytes(b"torn")
    record_trials(oracle, tmp_path)
    content = {path: path.read_bytes() for path in tmp_path.rglob("events*")}
    assert len(content) == 4 and not list(tmp_path.rglob(".unfinished*"))
    record_trials(oracle, tmp_path)
    assert {path: path.read_bytes() for path in tmp_path.rglob("events*")} == content


def test_the_table_is_saved_as_csv(oracle, tmp_path):
    with save_table(oracle, tmp_path / "trials.csv").open() as file:
        read = list(csv.DictReader(file))
    assert [line["trial"] for line in read] == ["0000", "0001", "0002"]
    for line, row in zip(read, rows(oracle), strict=True):
        assert float(line["learning_rate"]) == row["learning_rate"]
        assert float(line["validation_error"]) == row["validation_error"] == 0.2 + row["learning_rate"]
        assert line["dropout"] == str(row["dropout"]) and float(line["training_error"]) == 0.25
