"""A function in a process of its own: what it returns, raises and prints, and what its death leaves."""

import os
import subprocess
import sys

import pytest

from chapter6 import language
from chapter6.errors import InputError, RunError
from chapter6.runner import isolation
from chapter6.runner.isolation import run_isolated
from tests.runner import functions


@pytest.fixture(params=["forkserver", "spawn"])
def start_method(request, monkeypatch):
    if request.param == "forkserver" and sys.platform != "linux":
        pytest.skip("forks are not safe here")
    monkeypatch.setattr(isolation, "START", request.param)


def test_it_returns_what_the_function_returns(start_method):
    assert run_isolated(functions.add, "a", "b") == "ab"
    assert run_isolated(functions.process_id) != os.getpid()


def test_it_raises_what_the_function_raises(start_method):
    with pytest.raises(InputError, match="^must be at least 3$"):
        run_isolated(functions.refuse)


def test_the_language_is_the_one_chosen_here(start_method):
    with language.language("zh"):
        assert run_isolated(functions.chosen_language) == "zh"


@pytest.mark.skipif(os.name != "posix", reason="SIGKILL is POSIX's")
def test_a_process_that_is_killed_is_one_line(start_method):
    with pytest.raises(RunError, match="must end by itself, received exit status -9$"):
        run_isolated(functions.kill_itself)


def test_an_interruption_goes_on_here():
    with pytest.raises(KeyboardInterrupt):
        run_isolated(functions.interrupt)


@pytest.mark.skipif(isolation.START != "forkserver", reason="what is spawned imports anew")
def test_forked_processes_have_tensorflow_already():
    assert run_isolated(functions.loaded_modules) == {"tensorflow", "keras"}


def test_what_the_console_lacks_is_replaced():
    program = (
        "from chapter6.runner import isolation\n"
        "from tests.runner import functions\n"
        # TensorFlow, which a forkserver loads, is not needed.
        "isolation.START = 'spawn'\n"
        "isolation.run_isolated(functions.print_greek)\n"
    )
    environment = os.environ | {"PYTHONIOENCODING": "ascii", "PYTHONUTF8": "0"}
    printed = subprocess.run(
        [sys.executable, "-c", program], env=environment, check=True, capture_output=True
    )
    assert printed.stdout.split() == [b"alpha", b"<=", b"beta"]
