"""Chief and workers as real processes on loopback."""

import json
import os
import signal
import subprocess
import sys
import time

import pytest

from chapter6.experiment import InputError, RunError
from chapter6.search import chief
from tests.search.sleeper import error_of, table_of, tuner_of

SECONDS = 120


def sleeper(folder, name, *arguments, **environment):
    folder.mkdir(exist_ok=True)
    (folder / "log").touch()
    return subprocess.Popen(
        [sys.executable, "-m", "tests.search.sleeper", str(folder), name, *arguments],
        env=os.environ | environment,
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )


def log_of(folder):
    return [json.loads(line) for line in (folder / "log").read_text().splitlines()]


def wait_for(condition):
    until = time.monotonic() + SECONDS
    while not condition():
        assert time.monotonic() < until
        time.sleep(0.01)


def alive(process_id):
    """Whether a process runs; one that is dead and not yet collected does not."""
    try:
        with open(f"/proc/{process_id}/stat") as file:
            return file.read().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


@pytest.fixture(scope="module")
def expected(tmp_path_factory):
    tuner = tuner_of("random", tmp_path_factory.mktemp("alone") / "search")
    tuner.search()
    return table_of(tuner.oracle)


def assert_finished(folder, expected):
    def no_trial(values):
        raise AssertionError("nothing was left to run")

    tuner = tuner_of("random", folder / "search", no_trial)
    assert tuner.oracle.finished
    assert table_of(tuner.oracle) == expected


def test_a_worker_killed_in_mid_trial_leaves_its_trial_to_the_others(tmp_path, expected):
    """Two workers; the one that begins the fifth trial kills itself there."""
    process = sleeper(tmp_path, "random", "--workers", "2", "--kill", "4")
    _, told = process.communicate(timeout=SECONDS)
    assert (process.returncode, told) == (0, "")
    assert_finished(tmp_path, expected)
    log = log_of(tmp_path)
    begun = [json.dumps(line["values"]) for line in log]
    # No trial twice but the one that was killed, and that one by another worker.
    assert len(begun) == len(expected) + 1 and len(set(begun)) == len(expected)
    first, second = (line for line in log if line["values"] == log[4]["values"])
    assert first["process"] != second["process"]
    assert not any(alive(line["process"]) for line in log)


@pytest.mark.parametrize(("sent", "status"), [(signal.SIGINT, 130), (signal.SIGKILL, -signal.SIGKILL)])
def test_no_worker_outlives_its_chief(sent, status, tmp_path, expected):
    process = sleeper(tmp_path, "random", "--workers", "2", "--pause", "0.5")
    wait_for(lambda: len({line["process"] for line in log_of(tmp_path)}) == 2)
    process.send_signal(sent)
    process.communicate(timeout=SECONDS)
    assert process.returncode == status
    wait_for(lambda: not any(alive(line["process"]) for line in log_of(tmp_path)))
    resumed = tuner_of("random", tmp_path / "search")
    assert not resumed.oracle.finished
    resumed.search()
    assert table_of(resumed.oracle) == expected


def test_a_worker_that_fails_ends_the_search_with_its_last_line(tmp_path):
    tuner = tuner_of("random", tmp_path / "search")
    failing = [sys.executable, "-c", "import sys; sys.exit('first\\nthe reason')"]
    with pytest.raises(RunError, match="^worker0 failed: the reason$"):
        chief.search_with_workers(tuner.oracle, 1, failing)


def test_no_worker_left_ends_the_search(tmp_path):
    tuner = tuner_of("random", tmp_path / "search")
    killed = [sys.executable, "-c", "import os; os.kill(os.getpid(), 9)"]
    with pytest.raises(RunError, match="all workers were killed; the same command goes on"):
        chief.search_with_workers(tuner.oracle, 2, killed)


def environment(monkeypatch, name, port):
    monkeypatch.setenv("KERASTUNER_TUNER_ID", name)
    monkeypatch.setenv("KERASTUNER_ORACLE_IP", chief.LOOPBACK)
    monkeypatch.setenv("KERASTUNER_ORACLE_PORT", str(port))


def test_a_chief_whose_port_is_taken_says_so(tmp_path, monkeypatch):
    tuner = tuner_of("random", tmp_path / "search")
    with (
        chief.served(tuner.oracle, f"{chief.LOOPBACK}:0") as port,
        pytest.raises(InputError, match=f"received {chief.LOOPBACK}:{port}$"),
        chief.served(tuner.oracle, f"{chief.LOOPBACK}:{port}"),
    ):
        pass


def test_a_worker_with_other_settings_than_its_chief_is_refused(tmp_path, monkeypatch):
    tuner = tuner_of("random", tmp_path / "search")
    with chief.served(tuner.oracle, f"{chief.LOOPBACK}:0") as port:
        environment(monkeypatch, "worker0", port)
        worker = tuner_of("random", tmp_path / "search", identity={"epochs": 5})
        with pytest.raises(RunError, match="started with its chief's settings"):
            worker.search()
    assert tuner.oracle.done == 0


def test_a_worker_without_a_chief_gives_up_soon(tmp_path, monkeypatch):
    monkeypatch.setattr(chief, "WITHOUT_ANSWER", 0.5)
    environment(monkeypatch, "worker0", 9)
    with pytest.raises(
        RunError, match=f"a chief must answer, received DEADLINE_EXCEEDED from {chief.LOOPBACK}:9"
    ):
        tuner_of("random", tmp_path / "search").search()


def test_values_keep_all_their_digits_on_the_way_to_a_worker(tmp_path, monkeypatch):
    """A worker in this process; what it is told to try is what the chief drew."""
    told = []

    def trial(values):
        told.append(values)
        return error_of(values)

    tuner = tuner_of("grid", tmp_path / "search")
    with chief.served(tuner.oracle, f"{chief.LOOPBACK}:0") as port:
        environment(monkeypatch, "worker0", port)
        tuner_of("grid", tmp_path / "search", trial).search()
    names = list(told[0])
    assert told == [{name: row[name] for name in names} for row in table_of(tuner.oracle)]
    assert tuner.oracle.finished and len(told) == 12
