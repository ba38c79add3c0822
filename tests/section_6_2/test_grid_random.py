"""``grid`` and ``random`` as a reader runs them."""

import csv
import dataclasses
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
import tensorflow as tf
from PIL import Image
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
from tensorboard.plugins.hparams import plugin_data_pb2
from tensorboard.plugins.hparams.metadata import SESSION_START_INFO_TAG

from chapter6.artifacts import Folders
from chapter6.errors import InputError, RunError
from chapter6.experiment import Verdict, quick
from chapter6.runner.command_line import main
from chapter6.search import MnistMLP, network
from chapter6.section_6_2 import grid, random, searching
from chapter6.section_6_2.searching import command
from tests.section_6_2.made import select

SMALL = {"images": 400, "epochs": 1}
GRID = {"learning_rates": (1e-2, 1e30), "hidden_units": (20, 30), "extend": False, **SMALL}


def folders(output, name):
    return Folders.of("section_6_2", name, output)


def table(output, name):
    with (folders(output, name).snapshots / "trials.csv").open() as file:
        return [
            {name: value for name, value in row.items() if name != "seconds"} for row in csv.DictReader(file)
        ]


@pytest.fixture(scope="module")
def searched(tmp_path_factory, digits):
    output = tmp_path_factory.mktemp("searched")
    finding = grid.run(grid.Settings(**GRID, data=digits), folders(output, "grid"))
    return output, finding


def test_grid_has_every_point_the_diverged_ones_too(searched):
    output, finding = searched
    read = table(output, "grid")
    points = [(float(row["learning_rate"]), int(row["hidden_units"])) for row in read]
    assert points == [(0.01, 20), (0.01, 30), (1e30, 20), (1e30, 30)]
    errors = [float(row["validation_error"]) for row in read]
    assert errors[2:] == [1.0, 1.0] and max(errors[:2]) < 0.5
    # From the best to the worst; the best alone is tested.
    assert list(finding.table["validation error (%)"]) == sorted(100 * error for error in errors)
    assert finding.table["hidden units"][0] == (20, 30)[errors.index(min(errors))]
    test_errors = finding.table["test error (%)"]
    assert 0 < test_errors[0] < 50 and test_errors[1:].isna().all()


def test_grid_draws_a_heat_map(searched):
    (picture,) = searched[1].pictures
    with Image.open(picture) as image:
        pixels = np.asarray(image.convert("L"))
    assert pixels.shape[0] > 300 and np.ptp(pixels) == 255


def test_every_trial_of_a_grid_is_on_tensorboards_hparams_page(searched):
    output, _ = searched
    folder = folders(output, "grid").snapshots / "trials"
    read = table(output, "grid")
    assert sorted(path.name for path in folder.iterdir()) == [row["trial"] for row in read] + [
        "hyperparameters"
    ]
    for row in read:
        reader = EventAccumulator(str(folder / row["trial"])).Reload()
        content = reader.SummaryMetadata(SESSION_START_INFO_TAG).plugin_data.content
        given = plugin_data_pb2.HParamsPluginData.FromString(content).session_start_info.hparams
        assert {name: getattr(value, value.WhichOneof("kind")) for name, value in given.items()} == {
            "learning_rate": float(row["learning_rate"]),
            "hidden_units": float(row["hidden_units"]),
            # What the grid leaves as it is
            "dropout": False,
            "weight_decay": 0.0,
            "hidden_layers": 1,
        }
        (accuracy,) = reader.Tensors("validation_accuracy")
        assert tf.make_ndarray(accuracy.tensor_proto) == pytest.approx(1 - float(row["validation_error"]))


def test_a_finished_grid_is_told_again_without_training(searched, digits, capsys):
    output, finding = searched
    again = grid.run(grid.Settings(**GRID, data=digits), folders(output, "grid"))
    assert again.table.equals(finding.table)
    assert (again.verdict, str(again.short)) == (finding.verdict, str(finding.short))
    assert capsys.readouterr().out == "4 trials planned, 4 done, 0 left\n"


def test_another_grid_in_the_same_folder_is_one_line_and_exit_2(searched, digits, capsys):
    output, _ = searched
    before = {path: path.read_bytes() for path in output.rglob("*") if path.is_file()}
    arguments = ["grid", "--output", str(output), "--data", str(digits), "--learning-rates", "0.1", "0.2"]
    with pytest.raises(SystemExit) as ended:
        main("chapter6.section_6_2", arguments)
    message = capsys.readouterr().err
    assert ended.value.code == 2 and message.count("\n") == 1
    assert "holds a search with another" in message
    assert {path: path.read_bytes() for path in output.rglob("*") if path.is_file()} == before


def test_fresh_moves_an_earlier_search_aside(tmp_path, digits, capsys):
    settings = {"learning_rates": (1e-2,), "hidden_units": (20,), **SMALL, "data": digits}
    grid.run(grid.Settings(**settings), folders(tmp_path, "grid"))
    grid.run(grid.Settings(**{**settings, "hidden_units": (21,)}, fresh=True), folders(tmp_path, "grid"))
    aside = folders(tmp_path, "grid").snapshots.with_name("grid.1")
    assert "hidden_units\n" not in capsys.readouterr().out and (aside / "trials.csv").exists()
    assert [row["hidden_units"] for row in table(tmp_path, "grid")] == ["21"]


def test_random_draws_from_its_distributions(tmp_path, digits):
    settings = random.Settings(trials=5, hidden_units=(20, 60), data=digits, **SMALL)
    finding = random.run(settings, folders(tmp_path, "random"))
    read = table(tmp_path, "random")
    assert len(read) == 5 and len({row["learning_rate"] for row in read}) == 5
    for row in read:
        assert 1e-4 <= float(row["learning_rate"]) <= 1e-1
        assert 20 <= int(row["hidden_units"]) <= 60
        assert 1e-7 <= float(row["weight_decay"]) <= 1e-3
        assert row["dropout"] in ("True", "False")
    best = min(float(row["validation_error"]) for row in read)
    assert len(finding.table) == 5 and finding.table["validation error (%)"][0] == 100 * best
    assert {str(rate) for rate in finding.table["learning rate"]} == {row["learning_rate"] for row in read}
    assert set(finding.table["dropout"]) <= {"on", "off"}
    assert finding.table["test error (%)"].notna().tolist() == [True] + [False] * 4
    (picture,) = finding.pictures
    assert picture.path.stat().st_size > 10_000


@pytest.mark.parametrize(
    ("module", "settings", "message"),
    [
        (grid, {"learning_rates": (0.1, 0.1)}, "different values, received (0.1, 0.1)"),
        (random, {"hidden_units": (500, 50)}, "ascend, received 500 to 50"),
        (random, {"weight_decays": (0.0, 1e-3)}, "above 0, received 0.0 to 0.001"),
        (random, {"weight_decays": (-1.0, 1e-3)}, "above 0, received -1.0 to 0.001"),
        (random, {"exponents": (-1.0,)}, "exponents must be two bounds, received -1.0"),
    ],
)
def test_spaces_that_cannot_be_searched_are_refused_before_anything_is_written(
    module, settings, message, tmp_path
):
    with pytest.raises(InputError) as refused:
        module.run(quick(module.Settings).__class__(**settings), folders(tmp_path, "x"))
    assert message in str(refused.value)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "arguments", [["--workers", "0"], ["--learning-rates"], ["--learning-rates", "-0.1"]]
)
def test_the_command_line_refuses_in_one_line(arguments, tmp_path, capsys):
    with pytest.raises(SystemExit) as ended:
        main("chapter6.section_6_2", ["grid", "--output", str(tmp_path), *arguments])
    assert ended.value.code == 2 and capsys.readouterr().err.count("\n") == 1
    assert list(tmp_path.iterdir()) == []


def test_workers_leave_no_process_on_ctrl_c_and_another_search_goes_on_with_their_trials(
    searched, tmp_path, digits
):
    """Interrupted as soon as a trial is finished, then run to the end in this process."""
    settings = grid.Settings(**GRID, data=digits, workers=2)
    words = command("grid", settings, folders(tmp_path, "grid"))
    process = subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert process.stdout.readline() == "4 trials planned, 0 done, 4 left\n"
    assert "1 done" in process.stdout.readline()
    workers = _children(process.pid)
    process.send_signal(signal.SIGINT)
    _, message = process.communicate(timeout=120)
    assert process.returncode == 130 and message == "python -m chapter6.section_6_2: interrupted\n"
    assert len(workers) == 2
    until = time.monotonic() + 20
    while any(os.path.exists(f"/proc/{worker}") for worker in workers):
        assert time.monotonic() < until
        time.sleep(0.05)

    grid.run(dataclasses.replace(settings, workers=1), folders(tmp_path, "grid"))
    assert table(tmp_path, "grid") == table(searched[0], "grid")


def _children(process_id):
    with open(f"/proc/{process_id}/task/{process_id}/children") as file:
        return file.read().split()


def test_a_command_line_is_that_of_the_settings(tmp_path):
    settings = grid.Settings(learning_rates=(0.5, 0.25), workers=3, fresh=False)
    words = command("grid", settings, folders(tmp_path, "grid"))
    assert words[:6] == [sys.executable, "-m", "chapter6.section_6_2", "grid", "--output", str(tmp_path)]
    assert "--learning-rates 0.5 0.25 --hidden-units 50 100 200 500" in " ".join(words)
    assert words[-2:] == ["--language", "en"]
    assert "--no-fresh" in words and "--workers 3" in " ".join(words) and "--data" not in words
    small = Folders.of("section_6_2", "grid", tmp_path, quick=True)
    assert command("grid", settings, small)[:7] == [*words[:6], "--quick"]


def test_a_search_without_a_finite_error_has_no_winner(tmp_path, digits, monkeypatch):
    """Its trials are kept, in the table too."""
    monkeypatch.setattr(MnistMLP, "fit", lambda self, hp, model, **options: float("nan"))
    with pytest.raises(RunError, match="^a trial must have a finite validation error, received none in 4 tr"):
        grid.run(grid.Settings(**GRID, data=digits), folders(tmp_path, "grid"))
    assert [row["validation_error"] for row in table(tmp_path, "grid")] == ["nan"] * 4


def test_an_earlier_search_that_cannot_be_moved_is_one_line(tmp_path, digits, monkeypatch):
    """On Windows, while TensorBoard has its event files open."""

    def denied(folders):
        raise PermissionError(13, "Permission denied", str(folders.snapshots))

    monkeypatch.setattr(searching, "archive_run", denied)
    with pytest.raises(InputError, match=r"must not be in use to be moved aside, received .*grid \(Perm"):
        grid.run(grid.Settings(**GRID, data=digits, fresh=True), folders(tmp_path, "grid"))


def searched_with(errors, test_error, noise=0.005, rates=(1e-1, 1e-2, 1e-3), units=(50,)):
    """Return a search over learning rates and hidden units from made errors; the least wins."""
    points = [(rate, count) for rate in rates for count in units]
    rows = [
        {"learning_rate": rate, "hidden_units": count, "dropout": False, "weight_decay": rate / 100}
        | {"validation_error": error, "seconds": 2.0}
        for (rate, count), error in zip(points, errors, strict=True)
    ]
    winner = min(rows, key=lambda row: row["validation_error"])
    return searching.Searched(rows, winner, test_error, noise, Path("trials.csv"))


@pytest.fixture
def made(monkeypatch):
    """Return a function that has `searching.search` give made searches, and returns its calls."""

    def made(*searches):
        calls, left = [], list(searches)

        def search(name, tuner, space, settings, folders, **options):
            calls.append((settings, folders))
            return left.pop(0)

        monkeypatch.setattr(searching, "search", search)
        return calls

    return made


@pytest.mark.parametrize(
    ("errors", "test_error", "verdict", "sentence"),
    [
        ((0.1, 0.03, 0.05), 0.032, Verdict.HOLDS, "lies inside the grid and has 3.20% test error"),
        # The best learning rate is the grid's smallest.
        ((0.1, 0.05, 0.03), 0.032, Verdict.PARTLY, "3.20% test error, but lies at the grid's edge in: learn"),
        ((0.1, 0.03, 0.05), 0.042, Verdict.PARTLY, "by more than chance explains"),
        ((0.1, 0.05, 0.03), 0.042, Verdict.PARTLY, "by more than chance explains"),
        ((0.034, 0.03, 0.032), 0.032, Verdict.FAILS, "3.00% to 3.40%, are too close"),
    ],
)
def test_a_grid_is_judged_by_what_was_measured(errors, test_error, verdict, sentence, tmp_path, made):
    made(searched_with(errors, test_error))
    settings = grid.Settings(learning_rates=(1e-1, 1e-2, 1e-3), hidden_units=(50,), extend=False)
    finding = grid.run(settings, folders(tmp_path, "grid"))
    assert finding.verdict == verdict
    assert sentence in str(finding.short)
    assert "The 3 trials cost 6 s" in str(finding.why)


@pytest.mark.parametrize(
    ("added", "verdict", "sentence", "tested"),
    [
        ((0.2, 0.04, 0.2), Verdict.HOLDS, "with 500 hidden units and 3.20% test error", [0.032]),
        ((0.2, 0.024, 0.2), Verdict.PARTLY, "2.60% test error, but lies at the grid's edge", [0.026, 0.032]),
        # An inner point is as good but for chance, which leaves half a percentage point.
        ((0.2, 0.026, 0.2), Verdict.HOLDS, "but is not better than inner points by", [0.026, 0.032]),
    ],
)  # fmt: skip
def test_an_axis_is_extended_where_the_winner_lies_at_its_end(
    added, verdict, sentence, tested, tmp_path, made
):
    rates, units = (1e-1, 1e-2, 1e-3), (50, 100, 200, 500)
    slides = searched_with([0.2] * 4 + [0.06, 0.05, 0.04, 0.03] + [0.2] * 4, 0.032, units=units)
    calls = made(slides, searched_with(added, 0.026, units=(1000,)))
    settings = grid.Settings(learning_rates=rates, hidden_units=units, workers=2, fresh=True)
    finding = grid.run(settings, folders(tmp_path, "grid"))
    (_, (extension, place)) = calls
    assert (sorted(extension.learning_rates), extension.hidden_units) == (sorted(rates), (1000,))
    # In the chief alone, in a folder within the grid's, which was moved aside as a whole
    assert (extension.workers, extension.fresh) == (1, False)
    assert place.checkpoints == folders(tmp_path, "grid").checkpoints / "more_hidden_units"
    assert finding.verdict == verdict and sentence in str(finding.short)
    assert len(finding.table) == 15
    assert list(select(finding.table, {"grid": "extension"})["hidden units"]) == [1000] * 3
    shown = finding.table["test error (%)"].dropna()
    assert list(shown / 100) == pytest.approx(tested)


def test_no_axis_is_extended_by_a_chief_of_several_machines(tmp_path, made, monkeypatch):
    monkeypatch.setattr(network, "is_chief", lambda: True)
    calls = made(searched_with((0.1, 0.05, 0.03), 0.032))
    grid.run(grid.Settings(learning_rates=(1e-1, 1e-2, 1e-3), hidden_units=(50,)), folders(tmp_path, "grid"))
    assert len(calls) == 1


@pytest.mark.parametrize(
    ("values", "best", "beyond"),
    [
        ((50, 100, 200, 500), 500, 1000),
        ((50, 100, 200, 500), 50, 20),
        ((50, 100, 200, 500), 200, None),
        ((1e-4, 1e-3, 1e-2, 1e-1), 1e-1, 1.0),
        ((1e-4, 1e-3, 1e-2, 1e-1), 1e-4, 1e-5),
        ((1, 10), 1, None),
        ((50,), 50, None),
    ],
)
def test_the_value_beyond_an_end_is_one_step_away(values, best, beyond):
    assert grid.value_beyond(values, best) == beyond


def test_a_stopped_extension_goes_on(tmp_path, digits, capsys):
    settings = grid.Settings(learning_rates=(1e-3, 1e-2), hidden_units=(20,), data=digits, **SMALL)
    first = grid.run(settings, folders(tmp_path, "grid"))
    # The two learning rates are the axis' two ends.
    assert len(first.table) == 3 and first.table["grid"].tolist().count("extension") == 1
    capsys.readouterr()
    again = grid.run(settings, folders(tmp_path, "grid"))
    assert again.table.equals(first.table)
    assert capsys.readouterr().out == "2 trials planned, 2 done, 0 left\n1 trials planned, 1 done, 0 left\n"


@pytest.mark.parametrize(
    ("rows", "test_error", "verdict", "sentence"),
    [
        ({}, 0.032, Verdict.BY_DEFINITION, "Each of 3 joint draws tries another learning rate; the best by"),
        # Chance and the test set do not decide what is true by construction.
        ({}, 0.3, Verdict.BY_DEFINITION, "30.00% test error"),
        ({"weight_decay": 1e-5}, 0.032, Verdict.FAILS, "Of 3 joint draws some repeat a value"),
        ({"hidden_units": 501}, 0.032, Verdict.FAILS, "3.20% test error"),
    ],
)
def test_random_search_is_judged_by_its_draws_alone(rows, test_error, verdict, sentence, tmp_path, made):
    searched = searched_with((0.1, 0.03, 0.05), test_error)
    for row in searched.rows:
        row |= rows
    made(searched)
    finding = random.run(random.Settings(trials=3), folders(tmp_path, "random"))
    assert finding.verdict == verdict and sentence in str(finding.short)
    too_far = "differ by more than the 0.50 percentage points" in str(finding.limits)
    assert too_far == (test_error == 0.3)


def test_fresh_leaves_event_files_that_windows_does_not_move(tmp_path, digits, monkeypatch):
    """As where TensorBoard has them open: no folder of them is moved, and none of them is replaced."""
    settings = {"learning_rates": (1e-2,), "hidden_units": (20,), "extend": False, **SMALL, "data": digits}
    anew = grid.Settings(**{**settings, "hidden_units": (21, 22)}, fresh=True)
    grid.run(grid.Settings(**settings), folders(tmp_path, "grid"))
    here = folders(tmp_path, "grid").snapshots
    before = {path: (path.read_bytes(), path.stat().st_ino) for path in here.rglob("*tfevents*")}
    move = Path.rename

    def rename(path, target):
        if any(path.rglob("*tfevents*")):
            raise PermissionError(13, "Permission denied", str(path))
        return move(path, target)

    monkeypatch.setattr(Path, "rename", rename)
    grid.run(anew, folders(tmp_path, "grid"))
    grid.run(dataclasses.replace(anew, fresh=False), folders(tmp_path, "grid"))
    assert before == {path: (path.read_bytes(), path.stat().st_ino) for path in before}
    runs = {path.parent.name for path in here.rglob("*tfevents*")}
    assert runs == {"hyperparameters", "0000", "0000.1", "0001"}
    for run, units in (("0000", 20), ("0000.1", 21), ("0001", 22)):
        reader = EventAccumulator(str(here / "trials" / run)).Reload()
        content = reader.SummaryMetadata(SESSION_START_INFO_TAG).plugin_data.content
        hparams = plugin_data_pb2.HParamsPluginData.FromString(content).session_start_info.hparams
        assert hparams["hidden_units"].number_value == units
    assert [row["hidden_units"] for row in table(tmp_path, "grid")] == ["21", "22"]
    with (here.with_name("grid.1") / "trials.csv").open() as file:
        assert [row["hidden_units"] for row in csv.DictReader(file)] == ["20"]
    assert (folders(tmp_path, "grid").checkpoints.with_name("grid.1") / "oracle.json").exists()
