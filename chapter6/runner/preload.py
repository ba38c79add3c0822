"""Imports TensorFlow in the process that those of `chapter6.runner.isolation` are forked from."""

import contextlib

from chapter6.errors import InputError
from chapter6.runner.backend import import_tensorflow

# Each process says what is wrong when it imports TensorFlow itself.
with contextlib.suppress(InputError):
    import_tensorflow()
