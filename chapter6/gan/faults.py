"""TensorFlow's errors of files as Python's own.

Slide: 6-4, the MNIST program, whose checkpoints and event files these may be.
"""

import contextlib
import re

import tensorflow as tf


@contextlib.contextmanager
def reraise_as_os_error(what):
    """Reraise TensorFlow's errors in the block as an OSError of one line that begins with `what`."""
    try:
        yield
    except tf.errors.OpError as error:
        # The message names the operation before the fault and explains it on further lines.
        fault = re.sub(r"^\{\{.*?\}\} ", "", error.message).partition("\n")[0]
        raise OSError(f"{what}: {fault}") from None
