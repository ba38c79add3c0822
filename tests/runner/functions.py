"""Functions for `chapter6.runner.isolation.run_isolated` to call in another process."""

import os
import signal
import sys

from chapter6.errors import InputError
from chapter6.language import _, current


def add(first, second):
    return first + second


def loaded_modules():
    return {name for name in ("tensorflow", "keras") if name in sys.modules}


def chosen_language():
    return current()


def process_id():
    return os.getpid()


def refuse():
    raise InputError(_("must be at least {limit}"), limit=3)


def kill_itself():
    os.kill(os.getpid(), signal.SIGKILL)


def print_greek():
    print("α ≤ β")


def interrupt():
    raise KeyboardInterrupt
