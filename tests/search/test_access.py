"""Who may call a chief: real calls over real sockets, those that do not belong among them."""

import logging
import random
import socket
import subprocess

import grpc
import pytest
from keras_tuner.engine.trial import Trial
from keras_tuner.src.protos import get_service

from chapter6.errors import InputError, RunError
from chapter6.search import chief, network, workers
from tests.search.sleeper import start, table_of, tuner_of

SECRET = "0123456789abcdef" * 2
NOISE = random.Random(0).randbytes(300)
METHODS = ("GetSpace", "UpdateSpace", "CreateTrial", "UpdateTrial", "EndTrial", "GetTrial", "GetBestTrials")


@pytest.fixture
def secret(monkeypatch):
    monkeypatch.setenv(network.SECRET, SECRET)


def be_worker(monkeypatch, port, host=network.LOOPBACK, name="worker0"):
    for variable, value in (("TUNER_ID", name), ("ORACLE_IP", host), ("ORACLE_PORT", port)):
        monkeypatch.setenv(f"KERASTUNER_{variable}", str(value))


@pytest.fixture
def running(tmp_path, caplog):
    """A chief with a secret and a trial that runs: its port, and a function that says what it knows."""
    caplog.set_level(logging.WARNING, logger="chapter6.search.chief")
    oracle = tuner_of("random", tmp_path / "search").oracle
    trial = oracle.create_trial("worker0")
    path = tmp_path / "search" / "oracle.json"
    with chief.served(oracle, f"{network.LOOPBACK}:0", SECRET) as port:
        yield port, oracle, trial, lambda: (path.read_bytes(), oracle.get_state())


def call(port, method, message, metadata):
    """Send bytes to a chief; return the code and the text of its refusal."""
    with grpc.insecure_channel(f"{network.LOOPBACK}:{port}") as channel:
        send = channel.unary_unary(f"/keras_tuner.Oracle/{method}")
        with pytest.raises(grpc.RpcError) as refused:
            send(message, metadata=metadata, timeout=20)
    return refused.value.code().name, refused.value.details()


def metadata(oracle, secret=SECRET):
    return [(workers.SECRET_METADATA, secret.encode()), (workers.SEARCH_METADATA, oracle.identity_hash)]


def messages(trial):
    """Whole messages, that of each method with what it would change."""
    names = {"tuner_id": "worker1", "trial_id": trial.trial_id, "metrics": {"validation_error": 0.0}}
    ended = Trial(trial.hyperparameters, trial.trial_id, "COMPLETED").to_proto()
    for name in METHODS:
        request = getattr(get_service(), f"{name}Request")
        fields = {field.name for field in request.DESCRIPTOR.fields}
        given = {field: value for field, value in names.items() if field in fields}
        given |= {"trial": ended} if "trial" in fields else {}
        given |= {"hyperparameters": trial.hyperparameters.to_proto()} if "hyperparameters" in fields else {}
        yield name, request(**given).SerializeToString()


@pytest.mark.parametrize("given", [None, "", "0123456789abcdef", SECRET + "0"])
def test_a_stranger_and_a_wrong_secret_change_nothing(given, running, caplog):
    port, oracle, trial, known = running
    before = known()
    for method, message in messages(trial):
        sent = [] if given is None else metadata(oracle, given)
        code, text = call(port, method, message, sent)
        assert (
            code == "UNAUTHENTICATED" and text == f"a worker must have its chief's secret, {network.SECRET}"
        )
    assert known() == before
    lines = [record.getMessage() for record in caplog.records]
    assert len(lines) == len(METHODS) and all("\n" not in line for line in lines)
    assert all(line.startswith("refused a call from ipv4:127.0.0.1:") for line in lines)


def test_a_secret_is_compared_in_constant_time(running, monkeypatch):
    """By ``hmac.compare_digest`` alone: where that refuses, the right secret is refused too."""
    port, oracle, trial, _known = running
    compared = []
    monkeypatch.setattr(chief.hmac, "compare_digest", lambda *pair: compared.append(pair))
    for method, message in messages(trial):
        assert call(port, method, message, metadata(oracle))[0] == "UNAUTHENTICATED"
    assert compared == [(SECRET.encode(), SECRET.encode())] * len(METHODS)


@pytest.mark.parametrize("message", [b"", b"\xff" * 9, b"\n\x05ab", NOISE, b"GET / HTTP/1.1\r\n\r\n"])
@pytest.mark.parametrize("method", ["CreateTrial", "UpdateTrial", "EndTrial", "GetTrial"])
def test_a_garbled_message_changes_nothing(method, message, running, caplog):
    port, oracle, _trial, known = running
    before = known()
    code, text = call(port, method, message, metadata(oracle))
    assert code in ("INVALID_ARGUMENT", "FAILED_PRECONDITION") and "\n" not in text
    assert known() == before and len(caplog.records) == 1


def test_a_trial_that_is_not_known_and_a_report_without_the_objective_are_refused(running):
    port, oracle, trial, known = running
    before = known()
    stub = get_service()
    unknown = stub.GetTrialRequest(trial_id="0099").SerializeToString()
    assert call(port, "GetTrial", unknown, metadata(oracle)) == ("FAILED_PRECONDITION", "KeyError: '0099'")
    report = stub.UpdateTrialRequest(trial_id=trial.trial_id, metrics={"loss": 0.5}).SerializeToString()
    code, text = call(port, "UpdateTrial", report, metadata(oracle))
    assert code == "FAILED_PRECONDITION" and "Objective value missing" in text
    assert known() == before


def test_what_is_no_call_at_all_changes_nothing(running):
    port, _oracle, _trial, known = running
    before = known()
    for noise in (b"", b"GET / HTTP/1.1\r\nHost: chief\r\n\r\n", NOISE):
        with socket.create_connection((network.LOOPBACK, port), timeout=20) as connection:
            connection.sendall(noise)
    assert call(port, "Unknown", b"", [])[0] == "UNIMPLEMENTED"
    assert known() == before


@pytest.mark.parametrize(
    ("given", "message"),
    [(None, "must have its chief's secret"), ("another secret 0123", "must have its chief's secret")],
)
def test_a_worker_with_another_secret_ends_in_one_line(given, message, running, tmp_path, monkeypatch):
    port, _oracle, _trial, known = running
    before = known()
    be_worker(monkeypatch, port)
    monkeypatch.delenv(network.SECRET, raising=False)
    if given:
        monkeypatch.setenv(network.SECRET, given)
    with pytest.raises(RunError, match=message) as refused:
        tuner_of("random", tmp_path / "search").search()
    assert "\n" not in str(refused.value) and known() == before


def test_a_worker_with_the_secret_is_let_in(running, secret, tmp_path, monkeypatch):
    port, oracle, _trial, _known = running
    be_worker(monkeypatch, port)
    tuner_of("random", tmp_path / "search").search()
    monkeypatch.undo()
    alone = tuner_of("random", tmp_path / "alone")
    alone.search()
    assert oracle.finished and table_of(oracle) == table_of(alone.oracle)


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.0.2.1", "chief.example.org"])
def test_off_loopback_a_chief_needs_a_secret(host, tmp_path, monkeypatch):
    be_worker(monkeypatch, 8000, host, "chief")
    tuner = tuner_of("random", tmp_path / "search")
    message = f"a chief off loopback must have a secret in {network.SECRET}, .* received none for .*8000"
    for value in (None, ""):
        if value is not None:
            monkeypatch.setenv(network.SECRET, value)
        with pytest.raises(InputError, match=message) as refused:
            tuner.search()
        assert "\n" not in str(refused.value)
    monkeypatch.setenv(network.SECRET, "short")
    with pytest.raises(InputError, match=f"{network.SECRET} must have at least 16 characters, received 5"):
        tuner.search()


@pytest.mark.parametrize("address", ["127.0.0.1:1", "127.9.9.9:1", "[::1]:1", "localhost:1"])
def test_loopback(address):
    assert network.is_loopback(address)


@pytest.mark.parametrize("address", ["0.0.0.0:1", "[::]:1", "10.0.0.1:1", "localhost.example.org:1", ":1"])
def test_off_loopback(address):
    assert not network.is_loopback(address)


def test_all_interfaces_with_a_secret(secret, tmp_path):
    """A chief that can be called from elsewhere, and a worker, as processes."""
    with socket.socket() as free:
        free.bind((network.LOOPBACK, 0))
        port = str(free.getsockname()[1])
    address = {"KERASTUNER_ORACLE_PORT": port, network.SECRET: SECRET}
    first = start(tmp_path, "random", KERASTUNER_TUNER_ID="chief", KERASTUNER_ORACLE_IP="0.0.0.0", **address)
    worker = start(
        tmp_path, "random", KERASTUNER_TUNER_ID="worker0", KERASTUNER_ORACLE_IP=network.LOOPBACK, **address
    )
    for process in (worker, first):
        process.join(120)
        assert process.exitcode == 0
    assert tuner_of("random", tmp_path / "search").oracle.finished


@pytest.fixture(scope="module")
def certificate(tmp_path_factory):
    """A certificate of 127.0.0.1 and its key, as openssl makes them."""
    folder = tmp_path_factory.mktemp("certificate")
    command = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=chief"]
    command += ["-addext", "subjectAltName=IP:127.0.0.1", "-keyout", "key.pem", "-out", "certificate.pem"]
    try:
        subprocess.run(command, cwd=folder, check=True, capture_output=True)
    except (FileNotFoundError, subprocess.CalledProcessError):
        pytest.skip("no openssl here")
    return folder / "certificate.pem", folder / "key.pem"


def test_calls_are_encrypted_where_a_certificate_is_named(certificate, secret, tmp_path, monkeypatch):
    monkeypatch.setenv(network.CERTIFICATE, str(certificate[0]))
    monkeypatch.setenv(network.KEY, str(certificate[1]))
    tuner = tuner_of("grid", tmp_path / "search")
    with chief.served(tuner.oracle, f"{network.LOOPBACK}:0", SECRET, encrypted=True) as port:
        be_worker(monkeypatch, port)
        with monkeypatch.context() as plain:
            plain.delenv(network.CERTIFICATE)
            plain.setattr(workers, "ANSWER_TIMEOUT", 1)
            with pytest.raises(RunError, match="a chief must answer, received DEADLINE_EXCEEDED"):
                tuner_of("grid", tmp_path / "search").search()
        assert tuner.oracle.trials == {}
        tuner_of("grid", tmp_path / "search").search()
    assert tuner.oracle.finished


@pytest.mark.parametrize("variable", [network.CERTIFICATE, network.KEY])
def test_a_certificate_that_is_not_there_is_one_line(variable, certificate, secret, tmp_path, monkeypatch):
    monkeypatch.setenv(network.CERTIFICATE, str(certificate[0]))
    monkeypatch.setenv(network.KEY, str(certificate[1]))
    monkeypatch.setenv(variable, str(tmp_path / "none.pem"))
    be_worker(monkeypatch, 8000, name="chief")
    with pytest.raises(InputError, match=f"{variable} must name a PEM file, received .*none.pem"):
        tuner_of("grid", tmp_path / "search").search()
