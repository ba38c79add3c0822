"""Folders whose names TensorFlow would take for patterns.

Slide: 6-4, the MNIST program, whose checkpoints may lie in a folder of any name.
"""

import atexit
import functools
import os
import shutil
import tempfile
from pathlib import Path

from chapter6.errors import InputError
from chapter6.language import _

PATTERN = set("*?[]") | (set() if os.name == "nt" else {"\\"})


@functools.cache
def literal(folder):
    """Return a path of a folder that TensorFlow takes as it is written.

    TensorFlow looks for checkpoints by patterns and takes only names in UTF-8. Where a folder's path is
    neither, the path returned leads there through a link in the folder for temporary files, until the process
    ends.

    Args:
        folder: Path of the folder, which need not exist.

    Raises:
        InputError: The link cannot be made, as on Windows without the right to.
    """
    folder = Path(os.path.abspath(folder))
    if not _misread(folder):
        return folder
    links = Path(tempfile.mkdtemp(prefix="chapter6-"))
    atexit.register(shutil.rmtree, links, ignore_errors=True)
    try:
        (links / "folder").symlink_to(folder, target_is_directory=True)
    except OSError:
        links = folder
    if _misread(links):
        message = _("a checkpoint's folder must have none of {characters} in its path, received {folder}")
        received = os.fsencode(folder).decode(errors="replace")
        raise InputError(message.format(characters=" ".join(sorted(PATTERN)), folder=received))
    return links / "folder"


def literal_prefix(path):
    """Return the path of a checkpoint in its `literal` folder, a str."""
    path = Path(path)
    return str(literal(path.parent) / path.name)


def _misread(path):
    try:
        return bool(PATTERN & set(str(path)[len(path.anchor) :])) or not str(path).encode()
    except UnicodeEncodeError:
        return True
