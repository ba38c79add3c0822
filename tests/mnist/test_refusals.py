"""Every fault of a path, a folder or a file is refused in one line that names it."""

import contextlib
import gzip
import io
import os
import shutil
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chapter6 import mnist_files
from chapter6.errors import InputError
from chapter6.mnist import load_mnist
from tests.mnist.making import ARRAYS, assert_holds, idx, npz, write_idx


def refusal(path):
    """Return the one line with which a path is refused."""
    with pytest.raises(InputError) as caught:
        load_mnist(path)
    line = str(caught.value)
    assert "\n" not in line
    assert str(path) in line
    return line


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
    for stem in mnist_files.IDX_FILES.values():
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
    (tmp_path / mnist_files.IDX_FILES[name]).write_bytes(content)
    assert words in refusal(tmp_path)


@pytest.mark.parametrize("name", ARRAYS)
def test_idx_files_that_are_too_short_or_too_long(tmp_path, arrays, name):
    whole = idx(arrays[name])
    for content in (whole[:4], whole[:7], whole[:-1], whole + b"\0"):
        write_idx(tmp_path, arrays)
        (tmp_path / mnist_files.IDX_FILES[name]).write_bytes(content)
        assert f"received {len(content)}" in refusal(tmp_path)


def test_idx_sizes_whose_product_overflows(tmp_path, arrays):
    write_idx(tmp_path, arrays)
    sizes = np.array([2**31, 2**31, 4], ">u4").tobytes()
    (tmp_path / mnist_files.IDX_FILES["x_train"]).write_bytes(b"\0\0\x08\x03" + sizes)
    assert f"must have {16 + 2**64} bytes" in refusal(tmp_path)


def test_gz_files_that_are_damaged(tmp_path, arrays):
    stem = mnist_files.IDX_FILES["x_train"]
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
            target, path = folder / (mnist_files.IDX_FILES[name] + (".gz" if kind == "gz" else "")), folder
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


@pytest.mark.parametrize("name", ["x.npy", "train-images-idx3-ubyte", "mnist.csv", "images.gz"])
def test_a_file_that_is_no_npz(name, tmp_path, arrays):
    (tmp_path / name).write_bytes(b"\x93NUMPY" if name.endswith("npy") else idx(arrays["x_train"]))
    assert "must be a folder of IDX files or an .npz, received" in refusal(tmp_path / name)


@pytest.mark.parametrize("pixels", [0, 1])
def test_pixels_that_are_scaled_to_one_already(pixels, tmp_path, arrays):
    scaled = arrays | {"x_train": np.minimum(arrays["x_train"], np.uint8(pixels))}
    (tmp_path / "mnist.npz").write_bytes(npz(scaled))
    assert f"must have pixels from 0 to 255, received 0 to {pixels}" in refusal(tmp_path / "mnist.npz")


def test_a_file_that_cannot_be_opened_is_not_called_damaged(tmp_path, arrays, monkeypatch):
    (tmp_path / "mnist.npz").write_bytes(npz(arrays))
    opened = Path.open

    def refuse(path, *arguments, **options):
        if path.name == "mnist.npz":
            raise PermissionError(13, "Permission denied", str(path))
        return opened(path, *arguments, **options)

    monkeypatch.setattr(Path, "open", refuse)
    assert "must be readable" in (line := refusal(tmp_path / "mnist.npz")) and "Permission denied" in line
