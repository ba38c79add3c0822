"""TensorFlow and Keras as the programs run them, whatever the reader's own settings are."""

import contextlib
import importlib
import os
import re
from importlib import metadata
from pathlib import Path

from chapter6.errors import InputError
from chapter6.keras_home import keras_home
from chapter6.language import _

BACKEND = "tensorflow"
VECTOR_WIDTH = "--xla_cpu_prefer_vector_width"
# The versions that are known to know that flag; XLA ends the process on a flag that it does not know.
KNOWN = ((2, 20), (2, 21))
# What Keras reads from the environment and would shorten `fit` by.
SHORTENING = ("KERAS_MAX_EPOCHS", "KERAS_MAX_STEPS_PER_EPOCH")


def import_tensorflow():
    """Import TensorFlow and Keras as the programs run them.

    Keras computes with TensorFlow in float32 and puts the channels last, whatever ``keras.json`` says.
    TensorFlow's lines on standard error meanwhile are dropped, and XLA is told to use all of a vector
    register, of which it leaves one half empty by default where the processor has AVX-512. This changes the
    order in which sums are taken and so their last bits; a width of the user's own in XLA_FLAGS stays.

    Raises:
        InputError: KERAS_BACKEND, or a Keras that was imported before, is set to another backend;
            ``keras.json`` holds what Keras does not take; or XLA_FLAGS names a file that cannot be read.
    """
    named = os.environ.setdefault("KERAS_BACKEND", BACKEND)
    if named != BACKEND:
        raise InputError(
            _("KERAS_BACKEND must be {backend} or unset, received {named}"), backend=BACKEND, named=named
        )
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    for name in SHORTENING:
        os.environ.pop(name, None)
    os.environ["XLA_FLAGS"] = _xla_flags(os.environ.get("XLA_FLAGS", "").strip())
    with _standard_error_dropped():
        keras = _import_keras()
    received = keras.backend.backend()
    if received != BACKEND:
        raise InputError(
            _("Keras' backend must be {backend}, received {received}; begin a new Python process"),
            backend=BACKEND,
            received=received,
        )
    keras.config.set_floatx("float32")
    keras.config.set_epsilon(1e-7)
    keras.config.set_image_data_format("channels_last")
    keras.config.set_dtype_policy("float32")


def keras_settings():
    """Return the path of ``keras.json``, Keras' own settings."""
    return keras_home() / "keras.json"


def _import_keras():
    try:
        # TensorFlow imports Keras itself.
        importlib.import_module("tensorflow")
        return importlib.import_module("keras")
    except (AssertionError, AttributeError, TypeError, ValueError):
        path = keras_settings()
        if not path.is_file():
            raise
        content = " ".join(path.read_text(errors="replace").split())
        raise InputError(
            _("{path} must hold settings that Keras takes, received {content}"), path=path, content=content
        ) from None


def _xla_flags(flags):
    """Return XLA's flags with the vector width."""
    if flags and not flags.startswith("-"):
        # XLA takes the name of a file for the flags in it.
        try:
            flags = " ".join(Path(flags).read_text().split())
        except (OSError, UnicodeDecodeError) as error:
            reason = getattr(error, "strerror", _("not text"))
            raise InputError(
                _("XLA_FLAGS must be flags or a file of flags, received {flags} ({reason})"),
                flags=flags,
                reason=reason,
            ) from None
    if VECTOR_WIDTH in flags or _tensorflow_version() not in KNOWN:
        return flags
    return f"{flags} {VECTOR_WIDTH}=512".strip()


def _tensorflow_version():
    for name in ("tensorflow", "tensorflow-cpu", "tensorflow-intel"):
        with contextlib.suppress(metadata.PackageNotFoundError):
            return tuple(map(int, re.findall(r"\d+", metadata.version(name))[:2]))
    return None


@contextlib.contextmanager
def _standard_error_dropped():
    # TensorFlow's first lines come from C++, so the file descriptor itself is turned away.
    try:
        standard_error = os.dup(2)
    except OSError:
        # It is closed.
        yield
        return
    with open(os.devnull, "wb") as nowhere:
        os.dup2(nowhere.fileno(), 2)
    try:
        yield
    finally:
        os.dup2(standard_error, 2)
        os.close(standard_error)
