"""A search that is killed at any instant and started again."""

import json
import random
import signal
from pathlib import Path

import pytest

from chapter6 import search
from chapter6.errors import InputError
from chapter6.search import finite
from chapter6.search.saved import SavedOracle
from tests.search.sleeper import GRID, SPACE, TUNERS, error_of, start, table_of, tuner_of

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")


class Killed(BaseException):
    """Stands for SIGKILL: nothing in the program catches it."""


def uninterrupted(name, folder):
    tuner = tuner_of(name, folder)
    tuner.search()
    return table_of(tuner.oracle)


@pytest.mark.parametrize("name", TUNERS)
def test_killed_after_any_write_it_runs_what_is_missing(name, tmp_path, monkeypatch):
    """Every state that the folder passes through, in turn; a write itself is one instant."""
    expected = uninterrupted(name, tmp_path / "whole")
    write = SavedOracle.save
    # A Gaussian process takes its time: two instants after its first point.
    for kill in (19, 21) if name == "bayesian" else range(2 * len(expected)):
        folder, writes, ran = tmp_path / str(kill), [], []

        def save(oracle, kill=kill, writes=writes):
            if len(writes) == kill:
                raise Killed
            writes.append(oracle)
            write(oracle)

        monkeypatch.setattr(SavedOracle, "save", save)
        with pytest.raises(Killed):
            tuner_of(name, folder).search()
        monkeypatch.setattr(SavedOracle, "save", write)
        finished = json.loads((folder / "oracle.json").read_text())["end_order"] if kill else []
        # Begun, finished.
        assert len(finished) == kill // 2

        def trial(values, ran=ran, **arguments):
            ran.append(values)
            return error_of(values, **arguments)

        tuner = tuner_of(name, folder, trial)
        assert tuner.oracle.done == len(finished)
        tuner.search()
        assert table_of(tuner.oracle) == expected
        assert len(ran) == len(expected) - len(finished)


@pytest.mark.parametrize("name", ["grid", "random", "hyperband"])
def test_a_process_killed_at_any_instant_runs_what_is_missing(name, tmp_path):
    """A real SIGKILL after a random time, up to a few trials long, over and over until all is done."""
    instants, killed, finished, begun = random.Random(0), 0, [], 0
    while True:
        process = start(tmp_path, name, "--pause", "0.04")
        # Longer from time to time, that a slow machine comes to an end too.
        process.join(instants.uniform(0, 0.1 + 0.01 * killed))
        process.kill()
        process.join()
        log = [json.loads(line) for line in (tmp_path / "log").read_text().splitlines()]
        # No trial that was finished before was begun again.
        assert not [line for line in log[begun:] if (line["values"], line.get("epochs")) in finished]
        if process.exitcode == 0:
            break
        assert process.exitcode == -signal.SIGKILL
        killed, begun = killed + 1, len(log)
        if (tmp_path / "search" / "oracle.json").exists():
            ended = search.rows(tuner_of(name, tmp_path / "search").oracle)
            finished = [
                ({parameter: row[parameter] for parameter in SPACE}, row.get("epochs"))
                for row in ended
                if "validation_error" in row
            ]
    assert killed > 3 and finished
    assert (tmp_path / "errors").read_text() == ""
    tuner = tuner_of(name, tmp_path / "search")
    assert tuner.oracle.finished
    assert table_of(tuner.oracle) == uninterrupted(name, tmp_path / "whole")


def test_what_a_killed_writer_left_is_cleared_away(tmp_path):
    (tmp_path / "search").mkdir()
    (tmp_path / "search" / ".unfinished-abc.json").write_text("{")
    uninterrupted("grid", tmp_path / "search")
    assert [path.name for path in (tmp_path / "search").iterdir()] == ["oracle.json"]


def test_a_finished_search_runs_nothing_and_more_trials_go_on(tmp_path):
    expected = uninterrupted("random", tmp_path / "search")

    def no_trial(values):
        raise AssertionError("nothing was left to run")

    again = tuner_of("random", tmp_path / "search", no_trial)
    again.search()
    assert table_of(again.oracle) == expected
    more = tuner_of("random", tmp_path / "search", max_trials=15)
    assert (more.oracle.planned, more.oracle.done) == (15, 12)
    more.search()
    whole = tuner_of("random", tmp_path / "other", max_trials=15)
    whole.search()
    assert table_of(more.oracle) == table_of(whole.oracle)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"seed": 8}, "another seed: it has 7, received 8"),
        ({"space": {**GRID, "learning_rate": finite(0.1, 0.01)}}, "another space"),
        ({"identity": {"epochs": 3}}, "another epochs: it has null, received 3"),
    ],
)
def test_a_folder_of_another_search_is_refused_and_left_alone(change, message, tmp_path):
    uninterrupted("grid", tmp_path / "search")
    before = _content(tmp_path)
    with pytest.raises(InputError, match=message) as refused:
        tuner_of("grid", tmp_path / "search", **change)
    assert "\n" not in str(refused.value)
    with pytest.raises(InputError, match="another search"):
        tuner_of("random", tmp_path / "search", space=GRID)
    assert _content(tmp_path) == before


@pytest.mark.parametrize("content", ["", "{", "[]", '{"identity": 3}', "{}", '{"identity": {}, "trials": 1}'])
def test_a_folder_that_cannot_be_read_is_refused_and_left_alone(content, tmp_path):
    (tmp_path / "search").mkdir()
    state = tmp_path / "search" / "oracle.json"
    state.write_text(content)
    with pytest.raises(InputError, match="must be whole|holds a search with another"):
        tuner_of("grid", tmp_path / "search")
    assert state.read_text() == content


def _content(folder):
    return {path: path.read_bytes() for path in Path(folder).rglob("*") if path.is_file()}
