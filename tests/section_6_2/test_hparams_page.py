"""What TensorBoard's HParams page shows of several searches under one ``--logdir``, by its own program."""

import csv

import pytest
from tensorboard.backend.event_processing.data_provider import MultiplexerDataProvider
from tensorboard.backend.event_processing.plugin_event_multiplexer import EventMultiplexer
from tensorboard.context import RequestContext
from tensorboard.plugins.base_plugin import TBContext
from tensorboard.plugins.hparams import api_pb2
from tensorboard.plugins.hparams.backend_context import Context
from tensorboard.plugins.hparams.get_experiment import Handler as GetExperiment
from tensorboard.plugins.hparams.list_session_groups import Handler as ListSessionGroups

from chapter6.artifacts import Folders
from chapter6.search import DEFAULTS
from chapter6.section_6_2 import grid, manual, random

SMALL = {"images": 200, "epochs": 1}
SETTINGS = {
    grid: {"learning_rates": (1e-2, 1e-3), "hidden_units": (20, 30), "extend": False, **SMALL},
    random: {"trials": 3, "hidden_units": (20, 60), **SMALL},
    manual: {"digits": 200, "epochs": 1, "units": 10},
}


def page(logdir):
    """Return the groups of trials, by name, and the columns that the page has."""
    multiplexer = EventMultiplexer()
    multiplexer.AddRunsFromDirectory(str(logdir))
    multiplexer.Reload()
    provider = MultiplexerDataProvider(multiplexer, str(logdir))
    context = Context(TBContext(data_provider=provider, logdir=str(logdir)))
    columns = GetExperiment(RequestContext(), context, "", api_pb2.GetExperimentRequest()).run()
    request = api_pb2.ListSessionGroupsRequest(
        start_index=0, slice_size=1000, allowed_statuses=api_pb2.Status.values()
    )
    # As the page asks at first: of a list of values, all are ticked.
    for column in columns.hparam_infos:
        parameters = request.col_params.add(hparam=column.name)
        if column.HasField("domain_discrete"):
            parameters.filter_discrete.CopyFrom(column.domain_discrete)
        else:
            bounds = column.domain_interval
            parameters.filter_interval.min_value = bounds.min_value
            parameters.filter_interval.max_value = bounds.max_value
    groups = ListSessionGroups(RequestContext(), context, "", request).run().session_groups
    return {group.name: group for group in groups}, columns


def metric(group, name):
    (value,) = [value.value for value in group.metric_values if value.name.tag == name]
    return value


@pytest.fixture(scope="module")
def logdir(tmp_path_factory, digits):
    """Grid twice, the first moved aside, its quick run's folder, random and manual, in one place."""
    output = tmp_path_factory.mktemp("output")

    def run(module, quick=False, **changed):
        folders = Folders.of("section_6_2", module.__name__.rpartition(".")[2], output, quick)
        module.run(module.Settings(**SETTINGS[module], data=digits, **changed), folders)

    run(grid)
    run(grid, fresh=True)
    run(grid, quick=True)
    run(random)
    run(manual)
    run(manual, learning_rate=0.01, layers=2)
    return output / "snapshots"


def test_every_trial_of_every_search_has_a_row_of_its_own(logdir):
    groups, _ = page(logdir)
    trials = {"grid": 4, "grid.1": 4, "grid_quick": 4, "random": 3, "manual": 2}
    runs = {
        path.parent.relative_to(logdir).as_posix()
        for path in logdir.rglob("*tfevents*")
        if path.parent.name != "hyperparameters"
    }
    assert set(groups) == runs and len(runs) == sum(trials.values())
    for name, count in trials.items():
        assert sum(run.split("/")[1] == name for run in runs) == count
    assert all(len(group.sessions) == 1 for group in groups.values())


@pytest.mark.parametrize("name", ["grid", "random"])
def test_a_row_has_the_numbers_of_its_trial(name, logdir):
    groups, _ = page(logdir)
    with (logdir / "section_6_2" / name / "trials.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    for row in rows:
        group = groups[f"section_6_2/{name}/trials/{row['trial']}"]
        values = {key: getattr(value, value.WhichOneof("kind")) for key, value in group.hparams.items()}
        shown = {key: str(type(DEFAULTS[key])(value)) for key, value in values.items()}
        assert shown == {key: row.get(key, str(default)) for key, default in DEFAULTS.items()}
        assert metric(group, "validation_error") == pytest.approx(float(row["validation_error"]))
        assert metric(group, "validation_accuracy") == pytest.approx(1 - float(row["validation_error"]))


def test_the_columns_are_those_of_all_searches_and_are_described(logdir):
    _, columns = page(logdir)
    assert {column.name for column in columns.hparam_infos} == set(DEFAULTS)
    assert all(column.description for column in columns.hparam_infos)
    assert [info.name.tag for info in columns.metric_infos] == ["validation_accuracy", "validation_error"]
    assert all(info.description for info in columns.metric_infos)


def test_the_page_of_manual_search_alone_has_its_further_settings(logdir):
    groups, columns = page(logdir / "section_6_2" / "manual" / "trials")
    names = {column.name for column in columns.hparam_infos}
    assert names == {*DEFAULTS, "epochs", "digits", "seed"}
    assert all(column.description for column in columns.hparam_infos)
    assert sorted(groups) == ["0001", "0002"]


def test_every_scalar_is_described(logdir):
    multiplexer = EventMultiplexer()
    multiplexer.AddRunsFromDirectory(str(logdir))
    multiplexer.Reload()
    described = {
        tag: series.description
        for tags in MultiplexerDataProvider(multiplexer, str(logdir))
        .list_scalars(RequestContext(), experiment_id="", plugin_name="scalars")
        .values()
        for tag, series in tags.items()
    }
    assert set(described) == {
        "validation_error",
        "validation_accuracy",
        "training_loss",
        "diverged",
        "seconds",
    }
    assert all(described.values())
