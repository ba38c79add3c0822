"""Chief and workers as real processes on loopback."""

import json
import signal
import socket
import sys
import threading
import time

import grpc
import pytest

from chapter6 import search
from chapter6.errors import InputError, RunError
from chapter6.search import chief, network, workers
from tests.benchmarks import kills
from tests.search.sleeper import error_of, start, table_of, tuner_of

SECONDS = 120


def log_of(folder):
    return [json.loads(line) for line in (folder / "log").read_text().splitlines()]


def status_of(process):
    """Wait for the end of a process."""
    process.join(SECONDS)
    return process.exitcode


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
    assert (folder / "errors").read_text() == ""


def test_a_worker_killed_in_mid_trial_leaves_its_trial_to_the_others(tmp_path, expected):
    """Two workers; the one that begins the fifth trial kills itself there."""
    assert status_of(start(tmp_path, "random", "--workers", "2", "--kill", "4")) == 0
    assert_finished(tmp_path, expected)
    log = log_of(tmp_path)
    begun = [json.dumps(line["values"]) for line in log]
    # No trial twice but the one that was killed, and that one by another worker.
    assert len(begun) == len(expected) + 1 and len(set(begun)) == len(expected)
    first, second = (line for line in log if line["values"] == log[4]["values"])
    assert first["process"] != second["process"]
    assert not any(alive(line["process"]) for line in log)


def test_no_worker_outlives_its_chief(tmp_path):
    """Here a killed one: a worker's standard input ends with it. Of Ctrl-C see the tests of section 6-2."""
    process = start(tmp_path, "random", "--workers", "2", "--idle")
    wait_for(lambda: len(log_of(tmp_path)) == 2)
    assert all(alive(line["process"]) for line in log_of(tmp_path))
    process.kill()
    assert status_of(process) == -signal.SIGKILL
    wait_for(lambda: not any(alive(line["process"]) for line in log_of(tmp_path)))


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


@pytest.fixture
def address():
    """The environment of processes that are started by hand: the address of a free port on loopback."""
    with socket.socket() as free:
        free.bind((network.LOOPBACK, 0))
        port = free.getsockname()[1]
    return {"KERASTUNER_ORACLE_IP": network.LOOPBACK, "KERASTUNER_ORACLE_PORT": str(port)}


def test_a_chief_that_is_killed_and_started_again_goes_on_with_its_workers(tmp_path, address, expected):
    first = start(tmp_path, "random", KERASTUNER_TUNER_ID="chief", **address)
    workers = [
        start(tmp_path, "random", "--pause", "0.2", KERASTUNER_TUNER_ID=name, **address)
        for name in ("worker0", "worker1")
    ]
    wait_for(lambda: len(log_of(tmp_path)) >= 5)
    first.kill()
    # The folder and the port are free once it has ended.
    assert status_of(first) == -signal.SIGKILL
    second = start(tmp_path, "random", KERASTUNER_TUNER_ID="chief", **address)
    assert [status_of(process) for process in (second, *workers)] == [0, 0, 0]
    assert_finished(tmp_path, expected)
    log = log_of(tmp_path)
    # No trial twice, those that were run while no chief was there included.
    assert len(log) == len(expected) == len({json.dumps(line["values"]) for line in log})
    assert {line["id"] for line in log} == {"worker0", "worker1"}


def test_a_worker_that_falls_silent_leaves_its_trial_to_the_others(tmp_path, address, expected):
    """The one that begins the fifth trial kills itself there."""
    arguments = ["random", "--silence", "3", "--kill", "4"]
    first, *workers = [
        start(tmp_path, *arguments, KERASTUNER_TUNER_ID=name, **address)
        for name in ("chief", "worker0", "worker1")
    ]
    assert status_of(first) == 0
    assert sorted(map(status_of, workers)) == [-signal.SIGKILL, 0]
    assert_finished(tmp_path, expected)
    begun = [json.dumps(line["values"]) for line in log_of(tmp_path)]
    assert len(begun) == len(expected) + 1 and len(set(begun)) == len(expected)


def test_a_worker_gives_signs_of_life_while_it_runs_a_trial(tmp_path, monkeypatch):
    """A worker in this process whose trial ends only when the chief has heard of it."""
    monkeypatch.setattr(workers, "HEARTBEAT_SECONDS", 0.01)
    heard = threading.Event()

    def trial(values):
        assert heard.wait(SECONDS)
        return error_of(values)

    tuner = tuner_of("grid", tmp_path / "search")
    get_trial = tuner.oracle.get_trial
    monkeypatch.setattr(tuner.oracle, "get_trial", lambda trial_id: (heard.set(), get_trial(trial_id))[1])
    with chief.served(tuner.oracle, f"{network.LOOPBACK}:0") as port:
        environment(monkeypatch, "worker0", port)
        tuner_of("grid", tmp_path / "search", trial).search()
    assert tuner.oracle.finished


def test_only_silence_without_a_sign_of_life_is_counted(tmp_path):
    oracle = tuner_of("grid", tmp_path / "search").oracle
    trial_id = oracle.create_trial("worker0").trial_id
    for _ in range(5):
        oracle.forget_silent(6, limit=10)
        assert list(oracle.ongoing_trials) == ["worker0"]
        oracle.get_trial(trial_id)
    oracle.forget_silent(11, limit=10)
    assert oracle.ongoing_trials == {} and oracle.create_trial("worker1").trial_id == trial_id
    # The next tuner's silence counts from its own beginning.
    oracle.forget_silent(6, limit=10)
    assert list(oracle.ongoing_trials) == ["worker1"]


def run(tuner, trial):
    """What ``search`` does with a trial."""
    trial.status = "COMPLETED"
    metrics = {"validation_error": error_of(trial.hyperparameters.values)}
    tuner.oracle.update_trial(trial.trial_id, metrics)
    tuner.oracle.end_trial(trial)


@pytest.mark.parametrize("taken", [False, True])
def test_a_silent_worker_that_is_alive_after_all_counts_once(taken, tmp_path):
    """It ends its trial before another has taken it, or while another runs it."""
    tuner = tuner_of("grid", tmp_path / "search")
    oracle = tuner.oracle
    trial = oracle.create_trial("worker0")
    oracle.forget("worker0")
    if taken:
        assert oracle.create_trial("worker1") is trial
    run(tuner, trial)
    first = [json.dumps(row) for row in search.rows(oracle)]
    run(tuner, trial)
    assert [json.dumps(row) for row in search.rows(oracle)] == first and oracle.end_order == ["0000"]
    assert oracle.create_trial("worker1").trial_id == "0001"


def test_what_a_worker_reported_before_it_died_does_not_count(tmp_path, expected):
    tuner = tuner_of("random", tmp_path / "search")
    trial = tuner.oracle.create_trial("worker0")
    tuner.oracle.update_trial(trial.trial_id, {"validation_error": 0.9}, step=0)
    tuner.oracle.forget("worker0")
    tuner.search()
    assert table_of(tuner.oracle) == expected


def test_a_report_that_is_made_again_counts_once(tmp_path, monkeypatch):
    """The chief was killed before it answered; NaN is a report too."""
    environment(monkeypatch, "chief", 9)
    oracle = tuner_of("grid", tmp_path / "search").oracle
    trial = oracle.create_trial("worker0")
    report = {"validation_error": float("nan"), "training_loss": 2.0}
    for values in (report, report, report | {"training_loss": 3.0}):
        oracle.update_trial(trial.trial_id, values)
    assert [len(history.get_history()[0].value) for history in trial.metrics.metrics.values()] == [2, 2]


def test_a_chief_started_again_knows_its_workers_and_their_trials(tmp_path, monkeypatch):
    environment(monkeypatch, "chief", 9)
    first = tuner_of("grid", tmp_path / "search", max_trials=1)
    trial = first.oracle.create_trial("worker0")
    second = tuner_of("grid", tmp_path / "search", max_trials=1)
    assert second.oracle.tuner_ids == {"worker0"}
    assert second.oracle.create_trial("worker1").status == "IDLE"
    run(second, trial)
    assert second.oracle.finished
    for worker in ("worker0", "worker1"):
        assert second.oracle.create_trial(worker).status == "STOPPED"
    assert tuner_of("grid", tmp_path / "search", max_trials=1).oracle.tuner_ids == set()


def test_a_call_that_a_chief_s_end_cut_off_is_made_again(tmp_path, monkeypatch, expected):
    """The chief received it, and its answer was lost: no trial is given out or recorded twice."""

    class Lost(grpc.RpcError):
        def code(self):
            return grpc.StatusCode.UNAVAILABLE

    class Unreliable:
        """A stub that loses every other answer."""

        def __init__(self, stub):
            self._stub, self._calls = stub, 0

        def __getattr__(self, name):
            def call(request, **options):
                answer = getattr(self._stub, name)(request, **options)
                self._calls += 1
                if self._calls % 2:
                    raise Lost
                return answer

            return call

    monkeypatch.setattr(workers, "POLL_SECONDS", 0.001)
    ran = []

    def trial(values):
        ran.append(values)
        return error_of(values)

    tuner = tuner_of("random", tmp_path / "search")
    with chief.served(tuner.oracle, f"{network.LOOPBACK}:0") as port:
        environment(monkeypatch, "worker0", port)
        worker = tuner_of("random", tmp_path / "search", trial)
        worker.oracle.stub._stub = Unreliable(worker.oracle.stub._stub)
        worker.search()
    assert table_of(tuner.oracle) == expected and len(ran) == len(expected)


def environment(monkeypatch, name, port):
    monkeypatch.setenv("KERASTUNER_TUNER_ID", name)
    monkeypatch.setenv("KERASTUNER_ORACLE_IP", network.LOOPBACK)
    monkeypatch.setenv("KERASTUNER_ORACLE_PORT", str(port))


def test_a_chief_whose_port_is_taken_says_so(tmp_path, monkeypatch):
    tuner = tuner_of("random", tmp_path / "search")
    with (
        chief.served(tuner.oracle, f"{network.LOOPBACK}:0") as port,
        pytest.raises(InputError, match=rf"received {network.LOOPBACK}:{port} \(Address already in use\)$"),
        chief.served(tuner.oracle, f"{network.LOOPBACK}:{port}"),
    ):
        pass


def test_a_worker_with_other_settings_than_its_chief_is_refused(tmp_path, monkeypatch):
    tuner = tuner_of("random", tmp_path / "search")
    with chief.served(tuner.oracle, f"{network.LOOPBACK}:0") as port:
        environment(monkeypatch, "worker0", port)
        worker = tuner_of("random", tmp_path / "search", identity={"epochs": 5})
        with pytest.raises(RunError, match="started with its chief's settings"):
            worker.search()
    assert tuner.oracle.done == 0


def test_a_worker_without_a_chief_gives_up_soon(tmp_path, monkeypatch):
    monkeypatch.setattr(workers, "ANSWER_TIMEOUT", 0.5)
    environment(monkeypatch, "worker0", 9)
    with pytest.raises(
        RunError, match=f"a chief must answer, received DEADLINE_EXCEEDED from {network.LOOPBACK}:9"
    ):
        tuner_of("random", tmp_path / "search").search()


def test_values_keep_all_their_digits_on_the_way_to_a_worker(tmp_path, monkeypatch):
    """A worker in this process; what it tries is what the chief drew."""
    received = []

    def trial(values):
        received.append(values)
        return error_of(values)

    tuner = tuner_of("grid", tmp_path / "search")
    with chief.served(tuner.oracle, f"{network.LOOPBACK}:0") as port:
        environment(monkeypatch, "worker0", port)
        tuner_of("grid", tmp_path / "search", trial).search()
    names = list(received[0])
    assert received == [{name: row[name] for name in names} for row in table_of(tuner.oracle)]
    assert tuner.oracle.finished and len(received) == 12


def test_no_trial_is_lost_or_doubled_by_kills(tmp_path):
    """Some of those of ``python -m tests.benchmarks.kills``."""
    status, killed = kills.soak(tmp_path, kills=6, workers=2, trials=40, seed=1)
    kills.check(tmp_path, status, trials=40)
    assert killed.total() == 6 and killed["chief"] > 0 < killed["worker"]
