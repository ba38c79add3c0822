"""MNIST from what a path or the environment points at: a folder of IDX files, or an .npz."""

import numpy as np
import pytest

from chapter6 import mnist_files, mnist_sources
from chapter6.mnist import load_mnist
from tests.mnist.making import ARRAYS, assert_holds, npz, write_idx


@pytest.mark.parametrize("zipped", [(), ARRAYS, ("x_train", "y_test")], ids=["plain", "zipped", "mixed"])
def test_a_folder_of_idx_files(tmp_path, arrays, zipped):
    write_idx(tmp_path, arrays, zipped)
    mnist = load_mnist(tmp_path)
    assert_holds(mnist, arrays)
    assert mnist.source == str(tmp_path)


@pytest.mark.parametrize("nested", [False, True])
@pytest.mark.parametrize("suffix", ["", ".gz"])
def test_a_folder_as_7_zip_and_kaggle_leave_it(tmp_path, arrays, nested, suffix):
    write_idx(tmp_path, arrays, ARRAYS if suffix else ())
    for stem in mnist_files.IDX_FILES.values():
        file, name = tmp_path / (stem + suffix), stem.replace("-idx", ".idx")
        if nested and not suffix:
            (tmp_path / "moved").write_bytes(file.read_bytes())
            file.unlink()
            file.mkdir()
            (tmp_path / "moved").rename(file / stem)
        else:
            file.rename(tmp_path / (name + suffix))
    assert_holds(load_mnist(tmp_path), arrays)


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
    monkeypatch.setattr(mnist_sources, "keras_home", lambda: pytest.fail("the cache has been looked for"))
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
