"""What a search shows while it runs, on a terminal 80 columns wide and elsewhere."""

import io
import math
import re
from types import SimpleNamespace

import keras_tuner
import pytest
import rich.console
from keras_tuner.engine.trial import Trial

from chapter6.errors import InputError
from chapter6.search.results import SECONDS
from chapter6.section_6_2 import live, search_drawing

# The widest values that random search's space has
TRIAL = {"learning_rate": 0.000123456, "hidden_units": 500, "dropout": False, "weight_decay": 1.2345e-7}
MEASURED = {"training_error": 0.2, "training_loss": 0.3, "diverged": 0.0, SECONDS: 12.34}
HEADER = "trial learning rate hidden units dropout weight decay validation error time best so far"


def search(errors, planned):
    """Make an oracle whose trials have these validation errors: None for one that runs, 1 if it diverged."""
    trials = {}
    for number, error in enumerate(errors):
        space = keras_tuner.HyperParameters()
        for name, value in TRIAL.items():
            space.Fixed(name, value)
        trial = Trial(space, f"{number:04d}")
        if error is not None:
            trial.status, trial.score = "COMPLETED", error
            measured = MEASURED | {"validation_error": error, "diverged": float(error == 1)}
            for name, value in measured.items():
                trial.metrics.update(name, value)
        trials[trial.trial_id] = trial
    done = sum(error is not None for error in errors)
    return SimpleNamespace(
        planned=planned,
        done=done,
        remaining_trials=lambda: planned - done,
        trials=trials,
        objective=keras_tuner.Objective("validation_error", "min"),
    )


def console(monkeypatch, **options):
    """Return what a console of the table's prints to."""
    shown = io.StringIO()
    made = rich.console.Console
    monkeypatch.setattr(live, "Console", lambda highlight: made(file=shown, highlight=highlight, **options))
    return shown


def lines(text):
    """Return the lines of a terminal's last picture."""
    picture = re.split(r"\r|\x1b\[1A\x1b\[2K", text.rstrip("\r\n"))[-1]
    return [line.rstrip() for line in re.sub(r"\x1b\[[\d;?]*[A-Za-z]", "", picture).splitlines()]


@pytest.mark.parametrize("height", [24, 40])
def test_the_table_fits_a_terminal(height, monkeypatch):
    oracle = search([0.05, 0.03, 1.0] + [0.04] * 26 + [None], planned=40)
    shown = console(monkeypatch, force_terminal=True, width=80, height=height)
    with live.SearchTable(oracle, finished=lambda: None):
        pass
    message = lines(shown.getvalue())
    assert "40 trials planned, 29 done, 11 left" in message[0]
    assert max(map(len, message)) <= 80 and "…" not in shown.getvalue()
    first, second = (re.split(r" +", line.strip()) for line in message[1:3])
    assert sorted(first + second) == sorted(HEADER.split())
    trials = [line.split() for line in message if re.match(r" *\d{4} ", line)]
    assert len(trials) == min(height - live.LINES_OTHERWISE, 30)
    # The last trials, and the whole of it on the screen
    assert trials[-1] == ["0029", "0.000123", "500", "off", "1.23e-07", "runs", "3.00%"]
    assert trials[-2] == ["0028", "0.000123", "500", "off", "1.23e-07", "4.00%", "12.3", "s", "3.00%"]
    assert len(trials) + 4 < height
    if height == 40:
        assert trials[0][-1] == "5.00%" and trials[1][-1] == "3.00%"
        assert trials[2][5:] == ["diverged", "12.3", "s", "3.00%"]


def test_a_search_without_trials_has_a_table(monkeypatch):
    oracle = search([], planned=16)
    shown = console(monkeypatch, force_terminal=True, width=80, height=24)
    with live.SearchTable(oracle, finished=lambda: None):
        pass
    assert "16 trials planned, 0 done, 16 left" in shown.getvalue()


def test_a_pipe_gets_one_line_for_each_finished_trial(monkeypatch):
    oracle = search([0.05, 1.0, None], planned=3)
    shown, finished = console(monkeypatch, force_terminal=False, width=80), []
    with live.SearchTable(oracle, finished=lambda: finished.append(True)):
        for trial_id in ("0000", "0002", "0001"):
            oracle.watch(oracle.trials[trial_id])
    values = "learning rate 0.000123, hidden units 500, dropout off, weight decay 1.23e-07, validation error"
    counted = "(3 trials planned, 2 done, 1 left)"
    assert shown.getvalue().splitlines() == [
        "3 trials planned, 2 done, 1 left",
        f"trial 0000: {values} 5.00%, 12.3 s {counted}",
        f"trial 0001: {values} 100.00% (diverged), 12.3 s {counted}",
    ]
    assert finished == [True, True]


def test_the_table_follows_the_search(monkeypatch):
    oracle = search([0.05], planned=2)
    shown, finished = console(monkeypatch, force_terminal=True, width=80, height=24), []
    with live.SearchTable(oracle, finished=lambda: finished.append(True)):
        oracle.trials, oracle.done = search([0.05, 0.02], planned=2).trials, 2
        before = len(shown.getvalue())
        oracle.watch(oracle.trials["0001"])
        assert "2.00%" in shown.getvalue()[before:] and finished == [True]
    # Nothing is shown of a search that is no longer watched.
    length = len(shown.getvalue())
    oracle.watch(oracle.trials["0001"])
    assert len(shown.getvalue()) == length and finished == [True]


def test_any_search_has_a_table_its_conditional_and_failed_trials_too(monkeypatch):
    """An accuracy that is to be large, of trials that differ in their hyperparameters."""
    oracle = search([0.5, 0.75, 0.625], planned=3)
    oracle.objective = keras_tuner.Objective("val_accuracy", "max")
    first, _second, third = oracle.trials.values()
    first.hyperparameters.Choice("kind", ["small"])
    third.status, third.score = "FAILED", None
    shown = console(monkeypatch, force_terminal=True, width=120, height=24)
    with live.SearchTable(oracle, finished=lambda: None):
        pass
    message = lines(shown.getvalue())
    trials = [line.split() for line in message if re.match(r" *\d{4} ", line)]
    assert trials[0][-5:] == ["small", "0.5", "12.3", "s", "0.5"]
    assert trials[1][-4:] == ["0.75", "12.3", "s", "0.75"] and "small" not in trials[1]
    assert trials[2][-2:] == ["failed", "0.75"]
    assert "val accuracy" in " ".join(" ".join(message[1:3]).split()) or "accuracy" in message[2]


@pytest.mark.parametrize(("direction", "best"), [("min", (0, 1)), ("max", (1, 0))])
def test_any_search_has_a_heat_map(direction, best, monkeypatch, tmp_path):
    """Of several trials in a cell the best counts; a trial without a finite objective is no cell."""
    oracle = search([0.5, 0.25, 0.75, math.inf, 0.625], planned=5)
    oracle.objective = keras_tuner.Objective("val_accuracy", direction)
    places = [("adam", 8), ("adam", 32), ("sgd", 8), ("sgd", 32), ("adam", 8)]
    for (optimizer, batch), trial in zip(places, oracle.trials.values(), strict=True):
        trial.hyperparameters.Choice("optimizer", [optimizer])
        trial.hyperparameters.Int("batch", batch, batch)
    drawn = []
    monkeypatch.setattr(search_drawing, "save_figure", lambda drawing, path: drawn.append(drawing) or path)
    path = search_drawing.draw_objective(oracle, ("optimizer", "batch"), tmp_path / "map.png")
    axes, (frame,) = drawn[0].axes[0], drawn[0].axes[0].patches
    assert path == tmp_path / "map.png" and (axes.get_ylabel(), axes.get_xlabel()) == ("optimizer", "batch")
    cells = {text.get_position()[::-1]: text.get_text() for text in axes.texts}
    assert cells == {(0, 0): {"min": "0.5", "max": "0.625"}[direction], (0, 1): "0.25", (1, 0): "0.75"}
    assert (round(frame.get_y()), round(frame.get_x())) == best
    assert [label.get_text() for label in axes.get_yticklabels()] == ["adam", "sgd"]
    # The best cell is the darkest.
    image = axes.images[0]
    assert image.to_rgba(image.get_array())[best][0] == 0
    with pytest.raises(InputError, match="with a finite objective and with optimizer, rate, received none"):
        search_drawing.draw_objective(oracle, ("optimizer", "rate"), tmp_path / "map.png")
