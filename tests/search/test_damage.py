"""``oracle.json`` damaged in every way: one line, nothing run, nothing overwritten."""

import json
import shutil

import keras_tuner
import pytest

from chapter6.errors import InputError
from tests.search.sleeper import GRID, calling, table_of, tuner_of

# keras-tuner calls threading.currentThread.
pytestmark = pytest.mark.filterwarnings(
    "ignore:currentThread:DeprecationWarning", "ignore:getName:DeprecationWarning"
)


class Killed(BaseException):
    """Stands for SIGKILL."""


@pytest.fixture(scope="module", params=["grid", "random", "hyperband"])
def stopped(request, tmp_path_factory):
    """The name of a tuner and the file of a search of its that was killed in its sixth trial."""
    folder, calls = tmp_path_factory.mktemp("stopped") / "search", []

    def trial(values, **arguments):
        calls.append(values)
        if len(calls) == 6:
            raise Killed
        return 1 / len(calls)

    with pytest.raises(Killed):
        tuner_of(request.param, folder, trial).search()
    return request.param, (folder / "oracle.json").read_text()


def refused(name, folder, text):
    """Begin a search in a folder with this file, which must be refused; return the reason."""
    (folder / "search").mkdir(parents=True)
    path = folder / "search" / "oracle.json"
    path.write_text(text)
    with pytest.raises(InputError) as error:
        tuner_of(name, folder / "search")
    assert path.read_text() == text and "\n" not in str(error.value)
    return str(error.value)


def damaged_in_every_place(node):
    """Yield a JSON value with each of its parts in turn left out or replaced by another type."""
    if not isinstance(node, dict | list) or not node:
        return
    places = list(node) if isinstance(node, dict) else [0, len(node) - 1]
    for place in places:
        for other in (None, "x", [[]]):
            if other != node[place]:
                copy = node.copy()
                copy[place] = other
                yield copy
        copy = node.copy()
        del copy[place]
        yield copy
        for part in damaged_in_every_place(node[place]):
            copy = node.copy()
            copy[place] = part
            yield copy


def test_a_part_that_is_lost_or_another_is_refused(stopped, tmp_path):
    name, text = stopped
    folder = tmp_path / "search"
    folder.mkdir()
    count = 0
    for state in damaged_in_every_place(json.loads(text)):
        if "checksum" not in state:
            continue
        (folder / "oracle.json").write_text(json.dumps(state))
        with pytest.raises(InputError, match="a search's file must be whole, received a damaged one"):
            tuner_of(name, folder)
        count += 1
    assert count > 500


@pytest.mark.parametrize("share", [0, 0.1, 0.5, 0.99, 0.9999])
def test_a_torn_file_is_refused(share, stopped, tmp_path):
    name, text = stopped
    assert "damaged" in refused(name, tmp_path, text[: int(share * len(text))])


@pytest.mark.parametrize("text", ["null", "3", '"x"', "[[[]]]", "\0" * 4096, "[" * 100_000, "{}" * 2])
def test_other_content_is_refused(text, tmp_path):
    assert "damaged" in refused("grid", tmp_path, text)


def test_bytes_that_are_no_text_are_refused(tmp_path):
    (tmp_path / "oracle.json").write_bytes(b"\xff\xfe\x00" * 100)
    with pytest.raises(InputError, match="damaged"):
        tuner_of("grid", tmp_path)


def test_what_cannot_be_opened_is_refused(tmp_path):
    (tmp_path / "oracle.json").mkdir()
    with pytest.raises(InputError, match=r"must be readable, received .*oracle.json \(Is a directory\)$"):
        tuner_of("grid", tmp_path)


@pytest.fixture(scope="module")
def of_keras_tuner(tmp_path_factory):
    """The folder of a grid of keras-tuner's own, stopped in its sixth trial, and its trials' values."""
    folder, calls = tmp_path_factory.mktemp("plain") / "search", []

    def trial(values):
        calls.append(values)
        if len(calls) == 6:
            raise KeyboardInterrupt
        return 1 / len(calls)

    with pytest.raises(KeyboardInterrupt):
        calling(keras_tuner.GridSearch, trial, GRID, folder).search()
    return folder, calls


def test_a_grid_that_keras_tuner_itself_has_saved_goes_on(of_keras_tuner, tmp_path):
    folder, calls = of_keras_tuner
    shutil.copytree(folder, tmp_path / "search")
    tuner = tuner_of("grid", tmp_path / "search", lambda values: calls.append(values) or 2.0)
    assert tuner.oracle.done == 5
    tuner.search()
    # The sixth was begun twice.
    assert len(tuner.oracle.trials) == 12 and calls.pop(5) == calls[5]
    assert [row["learning_rate"] for row in table_of(tuner.oracle)] == [
        each["learning_rate"] for each in calls
    ]
    assert tuner_of("grid", tmp_path / "search").oracle.finished


@pytest.mark.parametrize(
    "damage",
    [
        lambda state: state["start_order"].pop(),
        lambda state: state["start_order"].append("0099"),
        lambda state: state["end_order"].pop(),
        lambda state: state["ongoing_trials"].clear(),
        lambda state: state["ongoing_trials"].update(other="0099"),
        lambda state: state["retry_queue"].append("0000"),
        lambda state: state.pop("hyperparameters"),
        lambda state: state.pop("seed"),
    ],
)
def test_what_keras_tuner_has_saved_but_does_not_agree_is_refused(damage, of_keras_tuner, tmp_path):
    shutil.copytree(of_keras_tuner[0], tmp_path / "search")
    path = tmp_path / "search" / "oracle.json"
    state = json.loads(path.read_text())
    damage(state)
    path.write_text(json.dumps(state))
    with pytest.raises(InputError, match="a search's file must be whole, received a damaged one"):
        tuner_of("grid", tmp_path / "search")


def test_layout_and_digits_of_the_file_do_not_matter(stopped, tmp_path):
    name, text = stopped
    (tmp_path / "oracle.json").write_text(json.dumps(json.loads(text), indent=2))
    assert tuner_of(name, tmp_path).oracle.done == 5
