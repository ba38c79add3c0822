"""``oracle.json`` damaged in every way: one line, nothing run, nothing overwritten."""

import json

import pytest

from chapter6.errors import InputError
from tests.search.sleeper import TUNERS, table_of, tuner_of


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
        for other in (None, 3, "x", [], {}, [[]]):
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
    assert count > 1000


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


def without_checksum(text):
    state = json.loads(text)
    del state["checksum"]
    return state


def test_a_file_of_an_earlier_version_goes_on(stopped, tmp_path):
    name, text = stopped
    for folder, content in (("old", json.dumps(without_checksum(text))), ("new", text)):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "oracle.json").write_text(content)
    old, new = (tuner_of(name, tmp_path / folder) for folder in ("old", "new"))
    assert old.oracle.done == new.oracle.done == 5
    old.search()
    new.search()
    assert old.oracle.finished and table_of(old.oracle) == table_of(new.oracle)


@pytest.mark.parametrize(
    "damage",
    [
        lambda state: state["trials"].pop(2),
        lambda state: state["trials"].pop(),
        lambda state: state["trials"].reverse(),
        lambda state: state["trials"].append(state["trials"][0]),
        lambda state: state["start_order"].pop(),
        lambda state: state["end_order"].pop(),
        lambda state: state["ongoing_trials"].clear(),
        lambda state: state["ongoing_trials"].update(other="0099"),
        lambda state: state["retry_queue"].append("0000"),
        lambda state: state["trials"][1].update(status="RUNNING"),
        lambda state: state["trials"][-1].update(status="COMPLETED"),
        lambda state: state["trials"][0].pop("hyperparameters"),
        lambda state: state["trials"][0]["metrics"].pop("metrics"),
        lambda state: state.pop("tuner_ids"),
        lambda state: state.pop("hyperparameters"),
        lambda state: state.pop("seed"),
    ],
)
def test_a_file_of_an_earlier_version_whose_trials_do_not_agree_is_refused(damage, stopped, tmp_path):
    """Such a search would run for ever, or end in a traceback."""
    name, text = stopped
    state = without_checksum(text)
    damage(state)
    assert "damaged" in refused(name, tmp_path, json.dumps(state))


def test_layout_and_digits_of_the_file_do_not_matter(stopped, tmp_path):
    name, text = stopped
    (tmp_path / "oracle.json").write_text(json.dumps(json.loads(text), indent=2))
    assert tuner_of(name, tmp_path).oracle.done == 5


def test_every_tuner_is_among_those_that_are_damaged():
    assert set(TUNERS) - {"bayesian"} == {"grid", "random", "hyperband"}
