"""Other backends of Keras, and two devices at once: each in a process of its own."""

import importlib.util
import os
import subprocess
import sys
from pathlib import Path

import pytest

from chapter6.runner.isolation import run_isolated
from tests.optimizers import on_two_devices

ROOT = Path(__file__).parents[2]


BACKENDS = ("jax", "torch")


def start(backend):
    return subprocess.Popen(
        [sys.executable, "-m", "tests.optimizers.on_backend"],
        cwd=ROOT,
        env={**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3", "KERAS_BACKEND": backend},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


@pytest.fixture(scope="module")
def processes():
    """Those of both backends at once."""
    started = {backend: start(backend) for backend in BACKENDS if importlib.util.find_spec(backend)}
    yield started
    for process in started.values():
        process.kill()
        process.communicate()


def output(process):
    printed, errors = process.communicate(timeout=300)
    assert process.returncode == 0, errors[-3000:]
    return printed


@pytest.mark.parametrize("backend", BACKENDS)
def test_backend(processes, backend):
    if backend not in processes:
        pytest.skip(f"{backend} is not installed")
    assert output(processes[backend]) == f"as the boxes on {backend}\n"


@pytest.mark.slow
def test_two_devices():
    # A process sets up its devices once.
    run_isolated(on_two_devices.main)
