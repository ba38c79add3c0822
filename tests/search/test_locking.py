"""Two searches in one folder at once: the second is refused, and no trial is run twice."""

import json
import os
import subprocess
import sys

import pytest

from chapter6.artifacts import Folders, locked_folder
from chapter6.errors import InputError
from chapter6.runner.command_line import main
from chapter6.search import chief
from chapter6.search.spaces import declared_values
from tests.search.sleeper import error_of, start, table_of, tuner_of
from tests.search.test_processes import log_of, status_of, wait_for

IN_USE = "a folder must be used by one run at a time, received .*search"


def test_a_second_search_is_refused_until_the_first_process_ends(tmp_path):
    """A real process, killed in the middle of its search."""
    process = start(tmp_path, "random", "--pause", "0.3")
    wait_for(lambda: log_of(tmp_path))
    second = tuner_of("random", tmp_path / "search")
    for search in (second.search, lambda: chief.search_with_workers(second.oracle, 2, ["false"])):
        with pytest.raises(InputError, match=IN_USE) as refused:
            search()
        assert "\n" not in str(refused.value)
    process.kill()
    assert status_of(process) != 0
    begun = log_of(tmp_path)
    finished = len(json.loads((tmp_path / "search" / "oracle.json").read_text())["end_order"])
    ran = []

    def trial(values):
        ran.append(values)
        return error_of(values)

    # It was made before the first search went on, and takes over what that did.
    second.run_trial = lambda running, **options: trial(declared_values(running.hyperparameters))
    second.search()
    assert len(ran) == 12 - finished and second.oracle.finished
    assert [line["values"] for line in begun] + ran[1:] == [
        {name: row[name] for name in ran[0]} for row in table_of(second.oracle)
    ]


def test_a_search_that_another_finished_meanwhile_is_finished(tmp_path):
    first, second = tuner_of("random", tmp_path / "search"), tuner_of("random", tmp_path / "search")
    first.search()

    def no_trial(values):
        raise AssertionError("nothing was left to run")

    second.run_trial = lambda running, **options: no_trial(running)
    second.search()
    assert table_of(second.oracle) == table_of(first.oracle)


def test_a_search_with_other_settings_that_came_first_meanwhile_is_kept(tmp_path):
    late = tuner_of("grid", tmp_path / "search", seed=8)
    tuner_of("grid", tmp_path / "search").search()
    before = (tmp_path / "search" / "oracle.json").read_bytes()
    with pytest.raises(InputError, match="another seed: it has 7, received 8"):
        late.search()
    assert (tmp_path / "search" / "oracle.json").read_bytes() == before


def test_a_search_that_is_interrupted_frees_its_folder(tmp_path):
    def interrupted(values):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        tuner_of("grid", tmp_path / "search", interrupted).search()
    with locked_folder(tmp_path / "search"):
        pass


def test_looking_at_a_search_that_runs_leaves_its_files_alone(tmp_path):
    """Among them the one that it may be writing."""

    def trial(values):
        (tmp_path / "search" / ".unfinished-now.json").write_text("{")
        tuner_of("grid", tmp_path / "search")
        assert (tmp_path / "search" / ".unfinished-now.json").exists()
        return error_of(values)

    tuner_of("grid", tmp_path / "search", trial).search()


@pytest.mark.parametrize("more", [[], ["--workers", "2"], ["--fresh"]])
def test_the_command_says_so_in_one_line_and_moves_nothing(more, tmp_path, capsys):
    folders = Folders.of("section_6_2", "grid", tmp_path, quick=True)
    program = (
        "import sys; from chapter6.artifacts import locked_folder\n"
        "with locked_folder(sys.argv[1]): print('locked', flush=True); sys.stdin.read()"
    )
    command = [sys.executable, "-c", program, str(folders.checkpoints)]
    environment = os.environ | {"PYTHONPATH": os.getcwd()}
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environment
    ) as other:
        assert other.stdout.readline() == "locked\n"
        folders.checkpoints.mkdir()
        with pytest.raises(SystemExit) as ended:
            main("chapter6.section_6_2", ["grid", "--quick", "--output", str(tmp_path), *more])
        other.stdin.close()
    printed = capsys.readouterr()
    assert ended.value.code == 2 and printed.out == "" and printed.err.count("\n") == 1
    assert "one run at a time" in printed.err
    assert [path.name for path in tmp_path.rglob("*") if path.is_file()] == [".grid_quick.lock"]
