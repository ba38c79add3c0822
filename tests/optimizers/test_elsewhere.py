"""Other backends of Keras, and two devices at once: each in a process of its own."""

import importlib.util
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


def run(module, **environment):
    process = subprocess.run(
        [sys.executable, "-m", f"tests.optimizers.{module}"],
        cwd=ROOT,
        env={**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3", **environment},
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert process.returncode == 0, process.stderr[-3000:]
    return process.stdout


@pytest.mark.parametrize("backend", ["jax", "torch"])
def test_backend(backend):
    if importlib.util.find_spec(backend) is None:
        pytest.skip(f"{backend} is not installed")
    assert run("on_backend", KERAS_BACKEND=backend) == f"as the boxes on {backend}\n"


def test_two_devices():
    assert run("on_two_devices", KERAS_BACKEND="tensorflow") == "two devices train as one\n"
