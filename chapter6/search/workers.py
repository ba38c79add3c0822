"""A worker's side of a parallel search: calls that are made again, signs of life, the end with its chief.

Slide: 6-2; a search's trials do not wait for one another.
"""

import contextlib
import os
import threading
import time

import grpc
from keras_tuner.engine.trial import TrialStatus
from keras_tuner.errors import FatalError

from chapter6.errors import RunError
from chapter6.language import _
from chapter6.search.network import CERTIFICATE, chief_address, content_of, secret_of_search
from chapter6.search.upstream import get_service_grpc

# Seconds that a worker waits for a chief that does not answer.
ANSWER_TIMEOUT = 120
# Seconds between two signs of life of a worker that trains.
HEARTBEAT_SECONDS = 5
# Seconds between two looks at the chief or the workers.
POLL_SECONDS = 0.1
# The environment variable that has a worker end when its standard input does.
EXIT_WITH_PARENT = "CHAPTER6_EXIT_WITH_PARENT"
# gRPC's metadata of a call; the first may hold any bytes.
SECRET_METADATA, SEARCH_METADATA = "chapter6-secret-bin", "chapter6-search"
# The codes of a chief's answer that says why it refuses a call.
REFUSALS = (
    grpc.StatusCode.UNAUTHENTICATED,
    grpc.StatusCode.FAILED_PRECONDITION,
    grpc.StatusCode.INVALID_ARGUMENT,
)


class ChiefError(RunError, FatalError):
    """The chief does not answer or refuses a worker, which ends. Slide: 6-2."""


class _RetryingStub:
    """A stub of gRPC whose calls wait for an answer less long than keras-tuner's hour, but are made again."""

    def __init__(self, address, metadata):
        # A channel tries again less and less often, up to two minutes apart, by default.
        options = [("grpc.initial_reconnect_backoff_ms", 100), ("grpc.max_reconnect_backoff_ms", 1000)]
        if os.environ.get(CERTIFICATE):
            credentials = grpc.ssl_channel_credentials(content_of(CERTIFICATE))
            channel = grpc.secure_channel(address, credentials, options)
        else:
            channel = grpc.insecure_channel(address, options)
        self._stub = get_service_grpc().OracleStub(channel)
        self._address, self._metadata = address, metadata

    def __getattr__(self, name):
        def call(request, **_options):
            deadline = time.monotonic() + ANSWER_TIMEOUT
            options = {"wait_for_ready": True, "metadata": self._metadata}
            while True:
                try:
                    left = deadline - time.monotonic()
                    answer = getattr(self._stub, name)(request, timeout=left, **options)
                except grpc.RpcError as error:
                    # The chief ended during the call; it may be started again.
                    if error.code() != grpc.StatusCode.UNAVAILABLE:
                        raise self._error(error.code(), error.details()) from None
                else:
                    if (
                        name != "CreateTrial"
                        or TrialStatus.from_proto(answer.trial.status) != TrialStatus.IDLE
                    ):
                        return answer
                    # keras-tuner's tuner would ask again at once.
                    deadline = time.monotonic() + ANSWER_TIMEOUT
                time.sleep(POLL_SECONDS)

        return call

    def _error(self, code, details):
        if code in REFUSALS:
            return ChiefError(details)
        message = _("a chief must answer, received {code} from {address}")
        return ChiefError(message.format(code=code.name, address=self._address))


def connect(client, search):
    """Have a worker's `OracleClient` wait for a chief that is started again, but not for ever.

    Args:
        client: keras-tuner's.
        search: The hash of the worker's search, see `ResumableOracle.identity_hash`.
    """
    metadata = [(SECRET_METADATA, (secret_of_search() or "").encode()), (SEARCH_METADATA, search)]
    client.stub = _RetryingStub(chief_address(), metadata)
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


def exit_with_parent():
    """End this process when its standard input does: a worker, when its chief is gone, however it ended."""
    if os.environ.get(EXIT_WITH_PARENT):
        threading.Thread(target=_exit_at_end_of_input, daemon=True).start()


def _exit_at_end_of_input():
    while os.read(0, 1):
        pass
    # At once, from any thread, on every system
    os._exit(1)
