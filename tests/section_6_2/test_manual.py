"""Manual search: the notebook, what is said about a trial, and its TensorBoard run."""

import contextlib
import csv
import dataclasses
import io
import re
import shutil
from concurrent.futures import ThreadPoolExecutor
from types import SimpleNamespace

import numpy as np
import pytest
import rich.console
import tensorflow as tf
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
from tensorboard.plugins.hparams import plugin_data_pb2
from tensorboard.plugins.hparams.metadata import SESSION_START_INFO_TAG

import chapter6.search
from chapter6.artifacts import Folders
from chapter6.runner.command_line import main
from chapter6.section_6_2 import manual, trial_notebook
from tests.section_6_2.made import figures

SMALL = {"units": 10, "digits": 500, "epochs": 6}


def run(folder, **settings):
    """Run one trial and return what it printed."""
    output = io.StringIO()
    with contextlib.redirect_stdout(output):
        result = manual.run(manual.Settings(**{**SMALL, **settings}), Folders(folder, folder / "none"))
    assert result is None
    return output.getvalue()


def read(folder):
    with (folder / "notebook.csv").open() as file:
        return list(csv.DictReader(file))


def contents(folder):
    return {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.fixture(scope="module")
def session(tmp_path_factory, digits):
    """A person's three trials: learning far too slowly, with a usual rate, and with other digits."""
    folder = tmp_path_factory.mktemp("session")
    trials = ({"learning_rate": 1e-5}, {"learning_rate": 0.01}, {"learning_rate": 0.01, "digits": 400})
    return folder, [run(folder, data=digits, **trial) for trial in trials]


@pytest.fixture
def trainer(monkeypatch):
    """Have trials take their errors from the learning rate, and return the list of those that were run."""
    trained = []

    class MLPTrainer:
        def __init__(self, train, validation):
            self.digits = len(train.labels)

        def __call__(self, values, seed, epochs):
            trained.append(values | {"digits": self.digits, "seed": seed, "epochs": epochs})
            error = values["learning_rate"]
            return SimpleNamespace(
                training_error=error / 2,
                validation_error=error,
                validation_errors=tuple(np.linspace(0.9, error, epochs)),
            )

    monkeypatch.setattr(chapter6.search, "MLPTrainer", MLPTrainer)
    return trained


def test_each_trial_is_a_row_of_the_notebook(session, digits):
    folder, message = session
    rows = read(folder)
    assert [(row["learning_rate"], row["digits"]) for row in rows] == [
        ("1e-05", "500"),
        ("0.01", "500"),
        ("0.01", "400"),
    ]
    assert {row["units"] for row in rows} == {"10"} and {row["dropout"] for row in rows} == {"False"}
    # The rate a thousand times too small has learnt nothing to speak of, the usual one has.
    assert float(rows[0]["validation_error"]) > 0.6 > 0.4 > float(rows[1]["validation_error"])
    mnist = chapter6.mnist.load_mnist(digits)
    few = chapter6.mnist.Split(mnist.train.images[:500], mnist.train.labels[:500])
    values = {"learning_rate": 0.01, "hidden_units": 10}
    trained = chapter6.search.MLPTrainer(few, mnist.validation)(values, seed=0, epochs=6)
    assert float(rows[1]["validation_error"]) == trained.validation_error
    assert float(rows[1]["training_error"]) == trained.training_error
    for number, said in enumerate(message, start=1):
        assert f"The notebook is {folder / 'notebook.csv'}, its picture {folder / 'notebook.png'}." in said
        assert f"Trial {number}: rank 1 of" in said


def test_a_trial_stands_among_those_on_the_same_digits(session):
    _, message = session
    assert "rank 1 of 1 on these digits" in message[0]
    assert "Trial 2: rank 1 of 2 on these digits" in message[1]
    ranked = re.findall(r"^ *(\d+) +(\d+) +(\S+) ", message[1], flags=re.MULTILINE)
    assert ranked == [("1", "2", "0.01"), ("2", "1", "1e-05")]
    assert "Trial 3: rank 1 of 1 on these digits" in message[2]
    assert "Capacity looks too low" in message[0]


def test_each_trial_is_a_tensorboard_run_with_its_hyperparameters(session):
    folder, _ = session
    runs = sorted(path.name for path in (folder / "trials").iterdir())
    assert runs == ["0001", "0002", "0003", "hyperparameters"]
    for number, row in enumerate(read(folder), start=1):
        reader = EventAccumulator(str(folder / "trials" / f"{number:04d}")).Reload()
        metadata = reader.SummaryMetadata(SESSION_START_INFO_TAG)
        given = plugin_data_pb2.HParamsPluginData.FromString(metadata.plugin_data.content)
        values = given.session_start_info.hparams
        kept = {name: getattr(value, value.WhichOneof("kind")) for name, value in values.items()}
        names = {"units": "hidden_units", "layers": "hidden_layers"}
        assert kept == {
            names.get(name, name): kind(row[name]) for name, kind in trial_notebook.CHOSEN.items()
        }
        scalars = {
            tag: [(event.step, tf.make_ndarray(event.tensor_proto).item()) for event in reader.Tensors(tag)]
            for tag in ("validation_error", "validation_accuracy")
        }
        error = float(row["validation_error"])
        assert [step for step, _ in scalars["validation_error"]] == [1, 2, 3, 4, 5, 6]
        assert scalars["validation_error"][-1][1] == pytest.approx(error)
        assert scalars["validation_accuracy"] == [(6, pytest.approx(1 - error))]


def test_the_same_again_is_told_and_not_trained(session, tmp_path, trainer, digits):
    folder = tmp_path / "copy"
    shutil.copytree(session[0], folder)
    before = read(folder)
    message = run(folder, learning_rate=1e-5, data=digits)
    assert trainer == [] and read(folder) == before
    assert message.startswith("This is trial 1 of the notebook; the same again would give the same.\n")
    assert "Trial 1: rank 2 of 2 on these digits" in message


@pytest.mark.parametrize(
    "change",
    [
        {"learning_rate": 0.2},
        {"units": 11},
        {"layers": 2},
        {"dropout": True},
        {"weight_decay": 0.1},
        {"epochs": 3},
        {"digits": 501},
        {"seed": 1},
    ],
)
def test_another_value_of_any_setting_is_another_trial(change, tmp_path, trainer):
    run(tmp_path, learning_rate=0.1)
    run(tmp_path, **{"learning_rate": 0.1, **change})
    assert len(trainer) == len(read(tmp_path)) == 2
    ((name, value),) = change.items()
    assert trainer[1][{"units": "hidden_units", "layers": "hidden_layers"}.get(name, name)] == value


def test_the_table_has_the_ten_best_and_the_present_trial_in_80_columns(tmp_path, trainer, monkeypatch):
    monkeypatch.setenv("COLUMNS", "80")
    for at in range(12):
        message = run(
            tmp_path, learning_rate=0.1234 + at / 100, weight_decay=1.25e-7, units=50_000, dropout=True
        )
    table = message[: message.index("Capacity")]
    lines = [line.split() for line in table.splitlines() if re.match(r" *\d+ +\d+ ", line)]
    assert [line[0] for line in lines] == [*map(str, range(1, 11)), "12"]
    assert lines[0] == ["1", "1", "0.1234", "50000", "1", "on", "1.25e-07", "6", "6.17", "12.34"]
    # No word is cut off.
    assert max(map(len, table.splitlines())) <= 80 and "…" not in table
    words = "rank trial learning rate units layers dropout weight decay epochs training validation error (%)"
    assert set(words.split()) <= set(table.split())


@pytest.mark.parametrize("width", [80, 120])
def test_the_table_on_a_terminal(width, tmp_path, trainer, monkeypatch):
    shown = io.StringIO()
    terminal = rich.console.Console(file=shown, force_terminal=True, width=width, highlight=False)
    monkeypatch.setattr(trial_notebook, "Console", lambda **_: terminal)
    run(tmp_path, learning_rate=0.2)
    run(tmp_path, learning_rate=0.1)
    table = re.sub(r"\x1b\[[\d;]*m", "", shown.getvalue())
    assert max(map(len, table.splitlines())) <= width and "…" not in table
    # The present trial is set off.
    ranked = [line for line in shown.getvalue().splitlines() if re.search(r" [12]0\.00", line)]
    assert ["\x1b[1m" in line for line in ranked[-2:]] == [True, False]


@pytest.mark.parametrize(
    ("errors", "digits", "message"),
    [
        (
            (0.30, 0.31),
            (5000, 5000),
            "too low, unless the learning rate is wrong or the training short:\nof 31.0% validation",
        ),
        (
            (0.01, 0.07),
            (5000, 5000),
            "too high, or the digits too few:\nof 7.0% validation error 6.0 are the gap",
        ),
        ((0.03, 0.06), (5000, 5000), "neither too low nor too high:\nof 6.0% validation error 3.0 are made"),
        ((0.068, 0.1), (10**9, 10**9), "too low"),
        ((0.066, 0.1), (10**9, 10**9), "neither too low nor too high"),
        ((0.034, 0.1), (10**9, 10**9), "neither too low nor too high"),
        ((0.032, 0.1), (10**9, 10**9), "too high"),
        # So few digits may give such a gap by chance.
        ((0.01, 0.04), (50, 50), "neither too low nor too high"),
        ((0.01, 0.04), (5000, 5000), "too high"),
        ((0.02, 0.02), (5000, 5000), "too low"),
        ((0.0, 0.0), (5000, 5000), "No validation digit is wrong"),
        ((1.0, 1.0), (5000, 5000), "Every answer is wrong"),
    ],
)
def test_advice(errors, digits, message):
    assert message in str(manual.advice(*errors, *digits))


@hypothesis_settings(deadline=None, derandomize=True, max_examples=100)
@given(st.integers(0, 1000), st.integers(1, 999))
def test_advice_goes_by_thirds_of_the_validation_error(training, validation):
    said = str(manual.advice(training / 1000, validation / 1000, 10**9, 10**9))
    if 3 * training > 2 * validation:
        assert "looks too low, " in said
    elif 3 * training < validation:
        assert "looks too high, " in said
    else:
        assert "neither" in said or 3 * training in (validation, 2 * validation)


def test_the_picture_has_every_comparable_trial(tmp_path, trainer, monkeypatch):
    seen = figures(monkeypatch)
    for rate, digits in ((0.3, 500), (0.1, 400), (0.2, 500), (0.25, 500)):
        run(tmp_path, learning_rate=rate, digits=digits)
    assert (tmp_path / "notebook.png").stat().st_size > 10_000
    (axes,) = seen[-1].axes
    lines = {line.get_label(): line for line in axes.lines}
    for name, expected in {
        "validation error": [30, 20, 25],
        "training error": [15, 10, 12.5],
        "best so far": [30, 20, 20],
    }.items():
        np.testing.assert_allclose(lines[name].get_xdata(), [1, 3, 4])
        np.testing.assert_allclose(lines[name].get_ydata(), expected)
    named = [label.get_text() for label in axes.get_xticklabels()]
    assert named == ["0.3, 10 (1)", "0.2, 10 (3)", "0.25, 10 (4)"]
    assert "500 digits" in axes.get_title()


HEADER = ",".join(trial_notebook.COLUMNS)
ROW = "0.1,10,1,False,0.0,2,500,0,x,0.1,0.2"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (b"", "a notebook's columns must be learning_rate, units,"),
        (b"trial,error\n1,0.5\n", "a notebook must be whole"),
        (HEADER.replace("units,", "").encode() + b"\n", "a notebook's columns must be"),
        (f"{HEADER}\n{ROW}\n{ROW[:20]}".encode(), "a notebook must be whole"),
        (f"{HEADER}\n{ROW},7\n".encode(), "a notebook must be whole"),
        (f"{HEADER}\n{ROW.replace('10', 'ten')}\n".encode(), "a notebook must be whole"),
        (f"{HEADER}\n{ROW.replace('False', 'maybe')}\n".encode(), "a notebook must be whole"),
        (f"{HEADER}\n{ROW.replace('0.2', 'nan')}\n".encode(), "an error must be from 0 to 1, received nan"),
        (f"{HEADER}\n{ROW.replace('0.2', '20')}\n".encode(), "an error must be from 0 to 1, received 20"),
        (b"\x00\xff\xfe" * 100, "a notebook must be whole"),
    ],
)
def test_a_damaged_notebook_is_one_line_and_stays_as_it_is(text, message, tmp_path, trainer, capsys):
    folder = Folders.of("section_6_2", "manual", tmp_path).snapshots
    folder.mkdir(parents=True)
    (folder / "notebook.csv").write_bytes(text)
    before = contents(tmp_path)
    with pytest.raises(SystemExit) as ended:
        main("chapter6.section_6_2", ["manual", "--output", str(tmp_path), "--digits", "500"])
    said = capsys.readouterr().err
    assert ended.value.code == 2 and said.count("\n") == 1 and message in said and "notebook.csv" in said
    assert trainer == [] and contents(tmp_path) == before


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--digits", "4126"], "training digits must be at most all 4125, received 4126"),
        (["--learning-rate", "0"], "must be greater than 0, received 0"),
        (["--learning-rate", "nan"], "must be a finite number, received nan"),
        (["--units", "0"], "must be at least 1, received 0"),
        (["--units", "1.5"], "must be a whole number, received '1.5'"),
        (["--weight-decay", "-0.1"], "must be at least 0, received -0.1"),
        (["--unit", "5"], "unknown argument --unit; did you mean --units?"),
    ],
)
def test_bad_input_is_one_line_and_writes_nothing(words, message, tmp_path, capsys):
    with pytest.raises(SystemExit) as ended:
        main("chapter6.section_6_2", ["manual", "--output", str(tmp_path), *words])
    said = capsys.readouterr().err
    assert ended.value.code == 2 and said.count("\n") == 1 and message in said
    assert not list(tmp_path.iterdir())


def test_a_row_that_another_call_added_meanwhile_is_kept(tmp_path, trainer, monkeypatch):
    class Slow(chapter6.search.MLPTrainer):
        def __call__(self, *arguments):
            monkeypatch.setattr(chapter6.search, "MLPTrainer", Slow.__base__)
            run(tmp_path, learning_rate=0.3)
            return super().__call__(*arguments)

    monkeypatch.setattr(chapter6.search, "MLPTrainer", Slow)
    message = run(tmp_path, learning_rate=0.2)
    assert [row["learning_rate"] for row in read(tmp_path)] == ["0.3", "0.2"]
    assert "Trial 2: rank 1 of 2" in message


def test_rows_that_are_added_at_the_same_time_are_all_kept(tmp_path, trainer):
    """Sixteen threads, whose locks hold against one another as those of processes do."""
    path, row = (
        tmp_path / "manual" / "notebook.csv",
        dict.fromkeys(trial_notebook.COLUMNS, 0) | {"dropout": False},
    )
    with ThreadPoolExecutor(16) as pool:
        lengths = list(
            pool.map(lambda units: len(trial_notebook.add_row(path, row | {"units": units})), range(16))
        )
    assert sorted(lengths) == list(range(1, 17))
    assert sorted(row["units"] for row in trial_notebook.read_notebook(path)) == list(range(16))


def test_the_runs_of_a_notebook_that_was_deleted_stay_beside_those_of_the_next(tmp_path, trainer):
    """TensorBoard may hold them open."""
    run(tmp_path, learning_rate=0.3)
    before = contents(tmp_path / "trials")
    (tmp_path / "notebook.csv").unlink()
    run(tmp_path, learning_rate=0.2)
    after = contents(tmp_path / "trials")
    assert before.items() < after.items() and len(after) == len(before) + 1
    assert (tmp_path / "trials" / "0001.1").is_dir()


def test_other_data_are_another_trial_that_stands_alone(tmp_path, trainer, monkeypatch):
    run(tmp_path)
    other = dataclasses.replace(chapter6.mnist.load_mnist(), fingerprint="other")
    monkeypatch.setattr(manual, "load_mnist", lambda path: other)
    assert "Trial 2: rank 1 of 1" in run(tmp_path)
    assert len(trainer) == 2 and read(tmp_path)[1]["data"] == "other"
