"""keras-tuner's chief, which hands out trials over gRPC, and its workers, on this machine or on several.

Slide: 6-2; a search's trials do not wait for one another.

keras-tuner tells the processes apart by three environment variables: KERASTUNER_TUNER_ID (``chief``, or a
name of its own for each worker), KERASTUNER_ORACLE_IP and KERASTUNER_ORACLE_PORT, the chief's address. It
talks without authentication or encryption: whoever reaches the port can read and write the search.

keras-tuner's own chief waits for ever for a worker that died, its workers for an hour for a chief that did.
Here a worker gives signs of life while it trains, and one that stays silent loses its trial to the others. A
chief that is started again goes on with the workers that it had.
"""

import contextlib
import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
from concurrent import futures

import grpc
from keras_tuner.src import protos
from keras_tuner.src.distribute.oracle_chief import OracleServicer
from keras_tuner.src.distribute.utils import has_chief_oracle, is_chief_oracle

from chapter6.errors import InputError, RunError

LOOPBACK = "127.0.0.1"
# Seconds that a worker waits for a chief that does not answer.
WITHOUT_ANSWER = 120
# Seconds between two signs of life of a worker that trains.
BEAT = 5
# Seconds without one after which its trial is another worker's.
SILENCE = 60
# Seconds that the chief gives its workers to end by themselves.
TO_END = 10
# Seconds between two looks at the workers.
PULSE = 0.1
# Says to a worker that it is to end when its standard input does.
TIED = "CHAPTER6_WORKER_TIED"


def is_chief():
    """Tell whether keras-tuner's environment variables make this process a chief."""
    try:
        return is_chief_oracle()
    except RuntimeError as error:
        # Some of the variables are set and some are not.
        raise InputError(str(error)) from None


def is_worker():
    """Tell whether keras-tuner's environment variables make this process a worker."""
    return not is_chief() and has_chief_oracle()


class _Patience:
    """A stub of gRPC whose calls wait for an answer less long than keras-tuner's hour, but are made again."""

    def __init__(self, address):
        # A channel tries again less and less often, up to two minutes apart, if it is not told otherwise.
        options = [("grpc.initial_reconnect_backoff_ms", 100), ("grpc.max_reconnect_backoff_ms", 1000)]
        self._stub = protos.get_service_grpc().OracleStub(grpc.insecure_channel(address, options))
        self._address = address

    def __getattr__(self, name):
        def call(request, **_):
            until = time.monotonic() + WITHOUT_ANSWER
            while True:
                try:
                    left = until - time.monotonic()
                    return getattr(self._stub, name)(request, wait_for_ready=True, timeout=left)
                except grpc.RpcError as error:
                    code = error.code()
                # The chief ended during the call; it may be started again.
                if code != grpc.StatusCode.UNAVAILABLE:
                    raise RunError(f"a chief must answer, received {code.name} from {self._address}")
                time.sleep(PULSE)

        return call


def patient(client):
    """Have a worker's `OracleClient` wait for a chief that is started again, but not for ever."""
    client.stub = _Patience(_address())
    return client


@contextlib.contextmanager
def attended(client, trial):
    """Give the chief signs of life while the block runs a trial."""
    over = threading.Event()

    def tell():
        # Without an answer the trial's report will fail too, and say why.
        with contextlib.suppress(RunError):
            while not over.wait(BEAT):
                client.get_trial(trial.trial_id)

    threading.Thread(target=tell, daemon=True).start()
    try:
        yield
    finally:
        over.set()


def _address():
    return f"{os.environ['KERASTUNER_ORACLE_IP']}:{os.environ['KERASTUNER_ORACLE_PORT']}"


@contextlib.contextmanager
def served(oracle, address):
    """Serve an oracle's trials at an address, ``ip:port``, while the block runs; give the port.

    Raises:
        InputError: The address cannot be had.
    """
    # Without this option two chiefs could share a port, and each would get some of the calls.
    options = [("grpc.so_reuseport", 0)]
    server = grpc.server(futures.ThreadPoolExecutor(max_workers=1), options=options)
    protos.get_service_grpc().add_OracleServicer_to_server(OracleServicer(oracle), server)
    try:
        port = server.add_insecure_port(address)
    except RuntimeError:
        raise InputError(f"a chief's address must be free and this machine's, received {address}") from None
    server.start()
    try:
        yield port
    finally:
        server.stop(grace=1).wait()


def serve_until_finished(oracle):
    """Be the chief at the address in the environment until all trials are done and the workers know it."""
    with served(oracle, _address()):
        while not oracle.finished:
            time.sleep(PULSE)
            oracle.forget_silent(PULSE, SILENCE)
        told = time.monotonic() + TO_END
        # Not the workers that died: they never ask again.
        while oracle.tuner_ids and time.monotonic() < told:
            time.sleep(PULSE)


def search_with_workers(oracle, count, command):
    """Be the chief of workers on this machine, until all trials are done.

    A worker that is killed leaves its trial to the others. The workers end with this process, however it
    ends.

    Args:
        oracle: A tuner's ``oracle``.
        count: Number of workers.
        command: Command line, a list of words, that starts one.

    Raises:
        RunError: A worker failed, or none is left. The finished trials are kept.
    """
    if oracle.finished:
        return
    with served(oracle, f"{LOOPBACK}:0") as port, tempfile.TemporaryFile() as said:
        workers = {
            f"worker{number}": _start(f"worker{number}", port, command, said) for number in range(count)
        }
        try:
            while not oracle.finished:
                for name in [name for name, worker in workers.items() if worker.poll() is not None]:
                    ended = workers.pop(name)
                    ended.stdin.close()
                    oracle.forget(name)
                    if ended.returncode > 0:
                        said.seek(0)
                        last = said.read().decode(errors="replace").strip().rpartition("\n")[2]
                        raise RunError(f"{name} failed: {last}")
                if not workers and not oracle.finished:
                    raise RunError("all workers were killed; the same command goes on with the trials left")
                time.sleep(PULSE)
        finally:
            _end(workers.values())


def _start(name, port, command, said):
    environment = os.environ | {
        "KERASTUNER_TUNER_ID": name,
        "KERASTUNER_ORACLE_IP": LOOPBACK,
        "KERASTUNER_ORACLE_PORT": str(port),
        TIED: "1",
    }
    # In a session of its own Ctrl-C reaches the chief alone, which then ends its workers.
    return subprocess.Popen(
        command,
        env=environment,
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=said,
        start_new_session=True,
    )


def _end(workers):
    """Let workers end by themselves, as they do when they are told that nothing is left, or make them."""
    for worker in workers:
        with contextlib.suppress(subprocess.TimeoutExpired):
            worker.wait(timeout=0 if sys.exc_info()[0] else TO_END)
    for worker in workers:
        worker.stdin.close()
        worker.terminate()
    for worker in workers:
        worker.wait()


def end_with_standard_input():
    """End this process when its standard input does: a worker, when its chief is gone, however it ended."""
    if os.environ.get(TIED):
        threading.Thread(target=_wait_for_end, daemon=True).start()


def _wait_for_end():
    while os.read(0, 1):
        pass
    os.kill(os.getpid(), signal.SIGKILL)
