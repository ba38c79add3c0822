"""The chief's address, from keras-tuner's three environment variables."""

import ast
import socket
from pathlib import Path

import pytest

from chapter6 import search, section_6_2
from chapter6.errors import InputError
from chapter6.search import chief, network, workers
from tests.search.sleeper import start, table_of, tuner_of
from tests.search.test_command_line import refused


def set_address(monkeypatch, host, port, name="worker0"):
    monkeypatch.setenv("KERASTUNER_TUNER_ID", name)
    monkeypatch.setenv("KERASTUNER_ORACLE_IP", host)
    monkeypatch.setenv("KERASTUNER_ORACLE_PORT", port)


@pytest.mark.parametrize(
    ("host", "port", "address"),
    [
        ("127.0.0.1", "8000", "127.0.0.1:8000"),
        ("::1", "1", "[::1]:1"),
        ("[::1]", "65535", "[::1]:65535"),
        ("fe80::1%eth0", "8000", "[fe80::1%eth0]:8000"),
        ("2001:db8::7", "8000", "[2001:db8::7]:8000"),
        ("chief.example.org", "8000", "chief.example.org:8000"),
        ("7.example", "8000", "7.example:8000"),
    ],
)
def test_addresses_as_grpc_reads_them(host, port, address, monkeypatch):
    set_address(monkeypatch, host, port)
    assert network.chief_address() == address and network.is_worker()


@pytest.mark.parametrize("name", ["chief", "worker0"])
@pytest.mark.parametrize(
    ("host", "port", "message"),
    [
        ("::1", "0", "KERASTUNER_ORACLE_PORT must be a whole number from 1 to 65535, received '0'"),
        ("::1", "99999", "from 1 to 65535, received '99999'"),
        ("127.0.0.1", "65536", "from 1 to 65535, received '65536'"),
        ("127.0.0.1", "-1", "from 1 to 65535, received '-1'"),
        ("127.0.0.1", "", "from 1 to 65535, received ''"),
        ("127.0.0.1", "http", "from 1 to 65535, received 'http'"),
        ("127.0.0.1", "8e3", "from 1 to 65535, received '8e3'"),
        ("127.0.0.1", "8" * 5000, "from 1 to 65535, received '888"),
        ("", "8000", "must be an IP address or the name of a host, received ''"),
        ("::g", "8000", "must be an IP address or the name of a host, received '::g'"),
        ("127.0.0.1:8000", "8000", "must be an IP address or the name of a host, received '127.0.0.1:8000'"),
        ("127.0.0.256", "8000", "must be an IP address or the name of a host, received '127.0.0.256'"),
        ("http://chief", "8000", "must be an IP address or the name of a host, received 'http://chief'"),
        ("[::1", "8000", "must be an IP address or the name of a host, received '[::1'"),
        ("a b", "8000", "must be an IP address or the name of a host, received 'a b'"),
    ],
)
def test_what_is_no_address_is_refused_in_one_line(name, host, port, message, tmp_path, capsys, monkeypatch):
    set_address(monkeypatch, host, port, name)
    assert message in refused(["grid", "--output", str(tmp_path)], capsys)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("variables", "message"),
    [
        (
            {"KERASTUNER_ORACLE_PORT": "8000"},
            "must be set with KERASTUNER_ORACLE_PORT, received 8000",
        ),
        (
            {
                "KERASTUNER_ORACLE_IP": "::1",
                "KERASTUNER_ORACLE_PORT": "8000",
                "KERASTUNER_TUNER_ID": "",
            },
            "KERASTUNER_TUNER_ID must be chief or the name of a worker, received ''",
        ),
    ],
)
def test_variables_that_do_not_go_together(variables, message, tmp_path, capsys, monkeypatch):
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    assert message in refused(["grid", "--output", str(tmp_path)], capsys)


def test_a_chief_and_a_worker_over_ipv6(tmp_path, monkeypatch):
    try:
        with socket.socket(socket.AF_INET6) as free:
            free.bind(("::1", 0))
            port = str(free.getsockname()[1])
    except OSError:
        pytest.skip("no IPv6 here")
    alone = tuner_of("grid", tmp_path / "alone")
    alone.search()
    tuner = tuner_of("grid", tmp_path / "search")
    set_address(monkeypatch, "::1", port)
    with chief.served(tuner.oracle, network.chief_address()):
        tuner_of("grid", tmp_path / "search").search()
    assert table_of(tuner.oracle) == table_of(alone.oracle)


@pytest.mark.parametrize(
    ("address", "reason"),
    [
        # An address for documentation, which no machine has
        ("192.0.2.1:8000", "Cannot assign requested address"),
        ("[2001:db8::7]:8000", ""),
        ("chief.invalid:8000", ""),
    ],
)
def test_a_chief_that_cannot_listen_says_why(address, reason, tmp_path):
    tuner = tuner_of("grid", tmp_path / "search")
    with pytest.raises(InputError) as refused, chief.served(tuner.oracle, address, "0123456789abcdef"):
        pass
    message = str(refused.value)
    start = f"a chief must be able to listen at its address, received {address} ("
    assert message.startswith(start) and reason in message and "\n" not in message
    assert "refused by gRPC" not in message and "None" not in message


def test_a_worker_ends_with_its_standard_input(tmp_path):
    """That of a process of the fork server is empty."""
    process = start(tmp_path, "random", "--pause", "60", **{workers.EXIT_WITH_PARENT: "1"})
    process.join(60)
    assert process.exitcode == 1


def test_nothing_is_used_that_windows_lacks():
    """Neither as ``os.fork`` nor as ``from os import fork``."""
    names = {
        "SIGKILL",
        "SIGHUP",
        "SIGUSR1",
        "fork",
        "killpg",
        "getpgid",
        "setsid",
        "getuid",
        "sched_getaffinity",
    }
    folders = [Path(package.__file__).parent for package in (search, section_6_2)]
    for path in [path for folder in folders for path in folder.glob("*.py")]:
        tree = ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        used = {getattr(node, "attr", getattr(node, "name", None)) for node in tree}
        assert not used & names, path
