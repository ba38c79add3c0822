"""keras-tuner's chief, which hands out trials over gRPC to workers, on this machine or on several.

Slide: 6-2; a search's trials do not wait for one another.

keras-tuner's own chief waits for ever for a worker that died, its workers for an hour for a chief that did.
Here a worker gives signs of life while it trains, and one that stays silent loses its trial to the others. A
chief that is started again goes on with the workers that it had.
"""

import contextlib
import hmac
import logging
import os
import secrets
import socket
import subprocess
import sys
import tempfile
import time
from concurrent import futures

import grpc

from chapter6.errors import InputError, RunError
from chapter6.language import _
from chapter6.search.network import (
    CERTIFICATE,
    KEY,
    LOOPBACK,
    SECRET,
    chief_address,
    content_of,
    is_loopback,
    secret_of_search,
)
from chapter6.search.upstream import OracleServicer, get_service_grpc
from chapter6.search.workers import EXIT_WITH_PARENT, POLL_SECONDS, SEARCH_METADATA, SECRET_METADATA

# Seconds without a sign of life after which a worker's trial is another's.
HEARTBEAT_TIMEOUT = 60
# Seconds that the chief gives its workers to end by themselves.
SHUTDOWN_SECONDS = 10


class _Gate(grpc.ServerInterceptor):
    """Lets only those calls through that have the secret, are of the same search and can be read."""

    def __init__(self, secret, search):
        self._secret, self._search = (secret or "").encode(), search

    def intercept_service(self, continuation, handler_call_details):
        """Return the handler of a method, behind the checks. The message is read only after the secret."""
        handler = continuation(handler_call_details)
        if handler is None:
            return None
        metadata = dict(handler_call_details.invocation_metadata)

        def call(message, context):
            given = metadata.get(SECRET_METADATA, b"")
            if not hmac.compare_digest(given, self._secret):
                reason = _("a worker must have its chief's secret, {variable}").format(variable=SECRET)
                _refuse(context, grpc.StatusCode.UNAUTHENTICATED, reason)
            if metadata.get(SEARCH_METADATA) != self._search:
                reason = _("a worker must be started with its chief's settings")
                _refuse(context, grpc.StatusCode.FAILED_PRECONDITION, reason)
            try:
                request = handler.request_deserializer(message)
                if "" in (getattr(request, "tuner_id", None), getattr(request, "trial_id", None)):
                    raise ValueError("no name")
            except Exception:
                reason = _("a worker's message must be whole")
                _refuse(context, grpc.StatusCode.INVALID_ARGUMENT, reason)
            try:
                return handler.unary_unary(request, context)
            except Exception as error:
                # Such as a trial that is not known, or too many that failed
                reason = f"{type(error).__name__}: {error}".partition("\n")[0]
            _refuse(context, grpc.StatusCode.FAILED_PRECONDITION, reason)

        return grpc.unary_unary_rpc_method_handler(call, response_serializer=handler.response_serializer)


def _refuse(context, code, reason):
    """Say on the chief's side that a call is refused, and end it."""
    message = _("refused a call from {peer}: {reason}")
    logging.getLogger(__name__).warning("%s", message.format(peer=context.peer(), reason=reason))
    context.abort(code, str(reason))


@contextlib.contextmanager
def served(oracle, address, secret=None, encrypted=False):
    """Serve an oracle's trials at an address, ``ip:port``, while the block runs; give the port.

    Args:
        oracle: A tuner's ``oracle``.
        address: Where to listen; off loopback only with a secret.
        secret: str that each call must bring along.
        encrypted: Whether to talk TLS, with the certificate and the key that the environment names.

    Raises:
        InputError: The address cannot be listened at, or must not.
    """
    if not secret and not is_loopback(address):
        message = _(
            "a chief off loopback must have a secret in {variable}, the same as its workers, received none "
            "for {address}"
        )
        raise InputError(message.format(variable=SECRET, address=address))
    # Without this option two chiefs could share a port, and each would get some of the calls.
    options = [("grpc.so_reuseport", 0)]
    gate = _Gate(secret, oracle.identity_hash)
    server = grpc.server(futures.ThreadPoolExecutor(max_workers=1), options=options, interceptors=[gate])
    get_service_grpc().add_OracleServicer_to_server(OracleServicer(oracle), server)
    try:
        if encrypted:
            credentials = grpc.ssl_server_credentials([(content_of(KEY), content_of(CERTIFICATE))])
            port = server.add_secure_port(address, credentials)
        else:
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
    encrypted = bool(os.environ.get(CERTIFICATE))
    with oracle.locked(), served(oracle, chief_address(), secret_of_search(), encrypted):
        while not oracle.finished and not oracle.failure:
            time.sleep(POLL_SECONDS)
            oracle.forget_silent(POLL_SECONDS, HEARTBEAT_TIMEOUT)
        deadline = time.monotonic() + SHUTDOWN_SECONDS
        # Not the workers that died: they never ask again.
        while oracle.tuner_ids and time.monotonic() < deadline:
            time.sleep(POLL_SECONDS)
        if oracle.failure:
            raise oracle.failure


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
        secret = secrets.token_hex()
        with served(oracle, f"{LOOPBACK}:0", secret) as port, tempfile.TemporaryFile() as errors:
            names = [f"worker{number}" for number in range(count)]
            workers = {name: _start(name, port, secret, command, errors) for name in names}
            try:
                while not oracle.finished:
                    if oracle.failure:
                        raise oracle.failure
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


def _start(name, port, secret, command, errors):
    environment = os.environ | {
        "KERASTUNER_TUNER_ID": name,
        "KERASTUNER_ORACLE_IP": LOOPBACK,
        "KERASTUNER_ORACLE_PORT": str(port),
        SECRET: secret,
        # Within a machine nothing is encrypted.
        CERTIFICATE: "",
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
    """Let workers end by themselves, as they do where no trial is left, or make them."""
    for worker in workers:
        with contextlib.suppress(subprocess.TimeoutExpired):
            worker.wait(timeout=0 if sys.exc_info()[0] else SHUTDOWN_SECONDS)
    for worker in workers:
        worker.stdin.close()
        worker.terminate()
    for worker in workers:
        worker.wait()
