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
import ipaddress
import os
import re
import socket
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
from chapter6.language import _

LOOPBACK = "127.0.0.1"
# Seconds that a worker waits for a chief that does not answer.
ANSWER_TIMEOUT = 120
# Seconds between two signs of life of a worker that trains.
HEARTBEAT_SECONDS = 5
# Seconds without one after which its trial is another worker's.
HEARTBEAT_TIMEOUT = 60
# Seconds that the chief gives its workers to end by themselves.
SHUTDOWN_SECONDS = 10
# Seconds between two looks at the workers.
POLL_SECONDS = 0.1
# The environment variable that has a worker end when its standard input does.
EXIT_WITH_PARENT = "CHAPTER6_EXIT_WITH_PARENT"


def is_chief():
    """Tell whether keras-tuner's environment variables make this process a chief.

    Raises:
        InputError: Some of the variables are missing, or have values that are no address.
    """
    try:
        chief = is_chief_oracle()
    except RuntimeError as error:
        # Some of the variables are set and some are not.
        raise InputError(str(error)) from None
    if has_chief_oracle():
        chief_address()
        if not os.environ["KERASTUNER_TUNER_ID"]:
            raise InputError(_("KERASTUNER_TUNER_ID must be chief or the name of a worker, received ''"))
    elif port := os.environ.get("KERASTUNER_ORACLE_PORT"):
        message = _("KERASTUNER_ORACLE_IP must be set with KERASTUNER_ORACLE_PORT, received {port} alone")
        raise InputError(message.format(port=port))
    return chief


def is_worker():
    """Tell whether keras-tuner's environment variables make this process a worker."""
    return not is_chief() and has_chief_oracle()


def chief_address():
    """Return the chief's address from the environment as gRPC reads it, ``host:port``.

    An IPv6 address gets the brackets that tell its colons from the port's.

    Raises:
        InputError: The host or the port cannot be one.
    """
    host, port = os.environ["KERASTUNER_ORACLE_IP"], os.environ["KERASTUNER_ORACLE_PORT"]
    bare = host[1:-1] if host.startswith("[") and host.endswith("]") else host
    is_name = re.fullmatch(r"[^\s:/\[\]]+", bare) and not re.fullmatch(r"[\d.]+", bare)
    try:
        if not is_name and ipaddress.ip_address(bare).version == 6:
            bare = f"[{bare}]"
    except ValueError:
        message = _("KERASTUNER_ORACLE_IP must be an IP address or the name of a host, received {host!r}")
        raise InputError(message.format(host=host)) from None
    if not re.fullmatch("[0-9]{1,5}", port) or not 1 <= int(port) <= 65535:
        message = _("KERASTUNER_ORACLE_PORT must be a whole number from 1 to 65535, received {port!r}")
        raise InputError(message.format(port=port))
    return f"{bare}:{port}"


class _RetryingStub:
    """A stub of gRPC whose calls wait for an answer less long than keras-tuner's hour, but are made again."""

    def __init__(self, address):
        # A channel tries again less and less often, up to two minutes apart, if it is not told otherwise.
        options = [("grpc.initial_reconnect_backoff_ms", 100), ("grpc.max_reconnect_backoff_ms", 1000)]
        self._stub = protos.get_service_grpc().OracleStub(grpc.insecure_channel(address, options))
        self._address = address

    def __getattr__(self, name):
        def call(request, **_options):
            deadline = time.monotonic() + ANSWER_TIMEOUT
            while True:
                try:
                    left = deadline - time.monotonic()
                    return getattr(self._stub, name)(request, wait_for_ready=True, timeout=left)
                except grpc.RpcError as error:
                    code = error.code()
                # The chief ended during the call; it may be started again.
                if code != grpc.StatusCode.UNAVAILABLE:
                    message = _("a chief must answer, received {code} from {address}")
                    raise RunError(message.format(code=code.name, address=self._address))
                time.sleep(POLL_SECONDS)

        return call


def with_retries(client):
    """Have a worker's `OracleClient` wait for a chief that is started again, but not for ever."""
    client.stub = _RetryingStub(chief_address())
    return client


@contextlib.contextmanager
def heartbeat(client, trial):
    """Give the chief signs of life while the block runs a trial."""
    stop = threading.Event()

    def beat():
        # Without an answer the trial's report will fail too, and say why.
        with contextlib.suppress(RunError):
            while not stop.wait(HEARTBEAT_SECONDS):
                client.get_trial(trial.trial_id)

    threading.Thread(target=beat, daemon=True).start()
    try:
        yield
    finally:
        stop.set()


@contextlib.contextmanager
def served(oracle, address):
    """Serve an oracle's trials at an address, ``ip:port``, while the block runs; give the port.

    Raises:
        InputError: The address cannot be listened at.
    """
    # Without this option two chiefs could share a port, and each would get some of the calls.
    options = [("grpc.so_reuseport", 0)]
    server = grpc.server(futures.ThreadPoolExecutor(max_workers=1), options=options)
    protos.get_service_grpc().add_OracleServicer_to_server(OracleServicer(oracle), server)
    try:
        port = server.add_insecure_port(address)
    except RuntimeError:
        message = _("a chief must be able to listen at its address, received {address} ({reason})")
        raise InputError(message.format(address=address, reason=_why_not(address))) from None
    server.start()
    try:
        yield port
    finally:
        server.stop(grace=1).wait()


def _why_not(address):
    """Return the system's reason why an address cannot be listened at; gRPC does not give it."""
    host, _colon, port = address.rpartition(":")
    try:
        family, kind, protocol, _name, place = socket.getaddrinfo(
            host.strip("[]"), int(port), type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        with socket.socket(family, kind, protocol) as probe:
            probe.bind(place)
    except OSError as error:
        return error.strerror
    return _("refused by gRPC")


def serve_until_finished(oracle):
    """Be the chief at the address in the environment until all trials are done and the workers know it."""
    with oracle.locked(), served(oracle, chief_address()):
        while not oracle.finished:
            time.sleep(POLL_SECONDS)
            oracle.forget_silent(POLL_SECONDS, HEARTBEAT_TIMEOUT)
        deadline = time.monotonic() + SHUTDOWN_SECONDS
        # Not the workers that died: they never ask again.
        while oracle.tuner_ids and time.monotonic() < deadline:
            time.sleep(POLL_SECONDS)


def search_with_workers(oracle, count, command):
    """Be the chief of workers on this machine, until all trials are done.

    A worker that is killed leaves its trial to the others. The workers end with this process, however it
    ends.

    Args:
        oracle: A tuner's ``oracle``.
        count: Number of workers.
        command: Command line, a list of words, that starts one.

    Raises:
        InputError: Another search is using the folder.
        RunError: A worker failed, or none is left. The finished trials are kept.
    """
    with oracle.locked():
        if oracle.finished:
            return
        with served(oracle, f"{LOOPBACK}:0") as port, tempfile.TemporaryFile() as errors:
            names = [f"worker{number}" for number in range(count)]
            workers = {name: _start(name, port, command, errors) for name in names}
            try:
                while not oracle.finished:
                    _forget_ended(oracle, workers, errors)
                    time.sleep(POLL_SECONDS)
            finally:
                _end(workers.values())


def _forget_ended(oracle, workers, errors):
    """Give the trials of workers that ended to the others, and take them from the mapping."""
    for name in [name for name, worker in workers.items() if worker.poll() is not None]:
        ended = workers.pop(name)
        ended.stdin.close()
        oracle.forget(name)
        if ended.returncode > 0:
            errors.seek(0)
            last_line = errors.read().decode(errors="replace").strip().rpartition("\n")[2]
            raise RunError(_("{worker} failed: {reason}").format(worker=name, reason=last_line))
    if not workers and not oracle.finished:
        raise RunError(_("all workers were killed; the same command goes on with the trials left"))


def _start(name, port, command, errors):
    environment = os.environ | {
        "KERASTUNER_TUNER_ID": name,
        "KERASTUNER_ORACLE_IP": LOOPBACK,
        "KERASTUNER_ORACLE_PORT": str(port),
        EXIT_WITH_PARENT: "1",
    }
    return subprocess.Popen(
        command,
        env=environment,
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=errors,
        # Ctrl-C reaches the chief alone, which then ends its workers; the second is for Windows.
        start_new_session=True,
        creationflags=getattr(subprocess, "CREATE_NEW_PROCESS_GROUP", 0),
    )


def _end(workers):
    """Let workers end by themselves, as they do when they are told that nothing is left, or make them."""
    for worker in workers:
        with contextlib.suppress(subprocess.TimeoutExpired):
            worker.wait(timeout=0 if sys.exc_info()[0] else SHUTDOWN_SECONDS)
    for worker in workers:
        worker.stdin.close()
        worker.terminate()
    for worker in workers:
        worker.wait()


def exit_with_parent():
    """End this process when its standard input does: a worker, when its chief is gone, however it ended."""
    if os.environ.get(EXIT_WITH_PARENT):
        threading.Thread(target=_exit_at_end_of_input, daemon=True).start()


def _exit_at_end_of_input():
    while os.read(0, 1):
        pass
    # At once, from any thread, on every system
    os._exit(1)
