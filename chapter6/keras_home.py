"""The folder in which Keras keeps its settings and downloads."""

import os
from pathlib import Path


def keras_home():
    """Return Keras' folder: the environment's ``KERAS_HOME``, or else ``~/.keras``."""
    return Path(os.path.expanduser(os.environ.get("KERAS_HOME") or "~/.keras"))
