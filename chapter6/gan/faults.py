"""TensorFlow's errors of files as Python's own.

Slide: 6-4, the MNIST program, whose checkpoints and event files these may be.
"""

import contextlib
import errno
import os
import re

import tensorflow as tf


@contextlib.contextmanager
def reraise_as_os_error(what):
    """Reraise TensorFlow's errors in the block as an OSError of one line that begins with `what`."""
    try:
        yield
    except tf.errors.OpError as error:
        # The message names the operation before the error and explains it on further lines.
        message = re.sub(r"^\{\{.*?\}\} ", "", error.message).partition("\n")[0]
        # "784000 requested and 20448 written" is what it says of a disk that is full.
        if isinstance(error, tf.errors.ResourceExhaustedError) or re.search(r"\d+ .*written", message):
            message = f"{os.strerror(errno.ENOSPC)} ({message})"
        raise OSError(f"{what}: {message}") from None
