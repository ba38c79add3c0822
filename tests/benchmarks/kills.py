"""A parallel search whose chief and workers are killed at random, as real processes on loopback.

    python -m tests.benchmarks.kills [--kills 100] [--workers 3] [--trials 600] [--seed 0]

Again and again one of them gets SIGKILL and is started again, a worker half of the time under another name,
so that its trial is another's when it stays silent. In the end each trial must have one result, and the table
must be that of a search in one process which nobody killed: no trial lost, none doubled.
"""

import argparse
import json
import random
import secrets
import socket
import tempfile
import time
from collections import Counter
from pathlib import Path

from chapter6.search.network import LOOPBACK, SECRET
from tests.search.sleeper import start, table_of, tuner_of

# Seconds without a sign of life after which a trial is another worker's.
SILENCE = 2.0
LIMIT = 900


def soak(folder, kills, workers, trials, seed=0):
    """Search under kills; return what `check` needs and how often each kind of process was killed."""
    instants, killed, names = random.Random(seed), Counter(), iter(range(10**6))
    with socket.socket() as free:
        free.bind((LOOPBACK, 0))
        address = {"KERASTUNER_ORACLE_IP": LOOPBACK, "KERASTUNER_ORACLE_PORT": str(free.getsockname()[1])}
    address[SECRET] = secrets.token_hex()
    options = ["random", "--trials", str(trials), "--silence", str(SILENCE), "--pause", "0.1"]

    def begin(name):
        return start(folder, *options, KERASTUNER_TUNER_ID=name, **address)

    processes = {"chief": begin("chief")}
    for _worker in range(workers):
        name = f"worker{next(names)}"
        processes[name] = begin(name)
    deadline = time.monotonic() + LIMIT
    while killed.total() < kills and processes["chief"].is_alive():
        time.sleep(instants.uniform(0.05, 0.6))
        name = instants.choice(list(processes))
        process = processes.pop(name)
        process.kill()
        process.join()
        killed["chief" if name == "chief" else "worker"] += 1
        if name != "chief" and instants.random() < 0.5:
            name = f"worker{next(names)}"
        processes[name] = begin(name)
        assert time.monotonic() < deadline
    processes["chief"].join(max(1, deadline - time.monotonic()))
    status = processes["chief"].exitcode
    for process in processes.values():
        # One may have been started when the chief was about to end.
        process.kill()
        process.join()
    return status, killed


def check(folder, status, trials):
    """Compare the search with one in one process that nobody killed; return how often trials were begun."""
    assert status == 0, (folder / "errors").read_text()
    tuner = tuner_of("random", folder / "search", None, max_trials=trials)
    assert tuner.oracle.finished and len(set(tuner.oracle.end_order)) == tuner.oracle.done == trials
    observed = [trial.metrics.get_history("validation_error") for trial in tuner.oracle.trials.values()]
    assert all(len(history) == len(history[0].value) == 1 for history in observed)
    alone = tuner_of("random", folder / "alone", max_trials=trials)
    alone.search(verbose=0)
    assert table_of(tuner.oracle) == table_of(alone.oracle)
    begun = Counter(
        json.dumps(json.loads(line)["values"]) for line in (folder / "log").read_text().splitlines()
    )
    assert len(begun) == trials
    return begun.total()


def main():
    parser = argparse.ArgumentParser(description="A parallel search whose processes are killed at random.")
    parser.add_argument("--kills", type=int, default=100)
    parser.add_argument("--workers", type=int, default=3)
    parser.add_argument("--trials", type=int, default=600)
    parser.add_argument("--seed", type=int, default=0)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder, begin = Path(name), time.perf_counter()
        status, killed = soak(folder, given.kills, given.workers, given.trials, given.seed)
        begun = check(folder, status, given.trials)
    print(
        f"{killed.total()} kills, {killed['chief']} of the chief, in {time.perf_counter() - begin:.0f} s: "
        f"{given.trials} trials, begun {begun} times, none lost and none doubled"
    )


if __name__ == "__main__":
    main()
