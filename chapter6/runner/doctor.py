"""Check the environment and say what to do: ``python -m chapter6 doctor``.

Nothing is downloaded, and nothing is left behind. What a bare Python lacks is imported late, so that this
runs where nothing is installed yet.
"""

import os
import platform
import subprocess
import sys
import tempfile
import textwrap
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path

from chapter6.runner.python_versions import NEWEST_PYTHON

CHECKOUT = Path(__file__).parents[2]
INSTALL = "python -m pip install -r requirements.txt"
SECONDS_TO_IMPORT = 600
OK, WARNING, FAULT = "ok", "warning", "fault"
# What the sections import; TensorFlow computes once.
IMPORTS = """
from chapter6.runner.backend import import_tensorflow
import_tensorflow()
import keras, keras_tuner, matplotlib.figure, mlxtend, tensorboard.main, tensorflow as tf
tf.function(lambda x: x + 1, jit_compile=True)(1.0)
devices = [device.name for device in tf.config.list_physical_devices("GPU")]
print(f"TensorFlow {tf.__version__}, Keras {keras.__version__}, GPU: {', '.join(devices) or 'none'}")
"""


@dataclass(frozen=True)
class Check:
    """What one check found.

    Args:
        state: `OK`; `WARNING`, which a run works in spite of; or `FAULT`.
        subject: What was looked at, in a word or two.
        found: What is there.
        remedy: What to do about it, where it is not as it should be.
    """

    state: str
    subject: str
    found: str
    remedy: str = ""

    def __str__(self):
        first = f"{self.state:8} {self.subject:13} "
        lines = [_wrapped(self.found, first)]
        if self.remedy:
            lines.append(_wrapped(self.remedy, " " * (len(first) - 3) + "-> "))
        return "\n".join(lines)


def run(data=None, output=None):
    """Print a line for each check, with what to do below it, and return the exit status.

    Args:
        data: Path of MNIST as in `chapter6.mnist.load_mnist`.
        output: Folder in which snapshots/ and checkpoints/ are made, default the working directory.

    Returns:
        int, 1 where there is a fault, else 0.
    """
    states = []
    for check in checks(data, output):
        print(check, flush=True)
        states.append(check.state)
    print(f"{len(states)} checks, {states.count(FAULT)} faults, {states.count(WARNING)} warnings.")
    return 1 if FAULT in states else 0


def checks(data=None, output=None):
    """Yield a `Check` after the other, as `run` prints them."""
    yield python()
    missing = False
    for check in requirements():
        missing = missing or check.state == FAULT
        yield check
    if not missing:
        yield imports()
        yield mnist(data)
    for name in ("snapshots", "checkpoints"):
        yield writable(Path(output or "") / name)


def python():
    """Check the version of Python; `chapter6.runner.start` has refused one that is too old."""
    found = f"{platform.python_version()}, {platform.system()}, {os.cpu_count()} processors"
    if sys.version_info[:2] > NEWEST_PYTHON:
        newest = ".".join(map(str, NEWEST_PYTHON))
        return Check(WARNING, "Python", found, f"TensorFlow may not be published for it; take {newest}")
    return Check(OK, "Python", found)


def requirements():
    """Check the version of each requirement against its range."""
    try:
        from packaging.requirements import Requirement
    except ImportError:
        yield Check(FAULT, "requirements", "not installed", INSTALL)
        return
    for requirement in map(Requirement, _requirements()):
        try:
            version = metadata.version(requirement.name)
        except metadata.PackageNotFoundError:
            yield Check(FAULT, requirement.name, f"not installed ({requirement.specifier})", INSTALL)
            continue
        within = requirement.specifier.contains(version, prereleases=True)
        found = f"{version} ({requirement.specifier})"
        yield Check(OK if within else FAULT, requirement.name, found, "" if within else INSTALL)


def _requirements():
    """Return the requirements of the checkout, or else of the installed package."""
    if (CHECKOUT / "requirements.txt").is_file():
        lines = (CHECKOUT / "requirements.txt").read_text(encoding="utf-8").splitlines()
        return [line.partition("#")[0].strip() for line in lines if line.partition("#")[0].strip()]
    return [line for line in metadata.requires("chapter6") or [] if "extra ==" not in line]


def imports():
    """Check in a process of its own, which some faults end, that everything can be imported and computes."""
    paths = filter(None, [str(CHECKOUT), os.environ.get("PYTHONPATH")])
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(paths)}
    command = [sys.executable, "-c", IMPORTS]
    try:
        finished = subprocess.run(
            command, env=environment, capture_output=True, text=True, timeout=SECONDS_TO_IMPORT
        )
    except subprocess.TimeoutExpired:
        found = f"no answer in {SECONDS_TO_IMPORT} s"
        return Check(FAULT, "imports", found, "try again when the machine is idle")
    if finished.returncode == 0:
        return Check(OK, "imports", finished.stdout.strip().splitlines()[-1])
    lines = finished.stderr.strip().splitlines() or [f"it ended with status {finished.returncode}"]
    found = lines[-1].removeprefix("chapter6.errors.InputError: ")
    flags = os.environ.get("XLA_FLAGS")
    if flags:
        return Check(FAULT, "imports", found, f"unset XLA_FLAGS, now {flags}, and see whether that helps")
    named = "KERAS_BACKEND" in found or "keras.json" in found
    return Check(FAULT, "imports", found, "change that setting" if named else INSTALL)


def mnist(data=None):
    """Check which MNIST the runs would use, without downloading it."""
    from chapter6.mnist import mnist_on_this_machine
    from chapter6.mnist_sources import keras_host_answers

    given = data or os.environ.get("CHAPTER6_DATA")
    try:
        digits = mnist_on_this_machine(data)
    except (ValueError, OSError) as error:
        if given:
            remedy = "give --data, or CHAPTER6_DATA, a whole copy, or leave it out to have one downloaded"
            return Check(FAULT, "MNIST", str(error), remedy)
        return Check(WARNING, "MNIST", str(error), "the next run downloads it again")
    if digits:
        counts = (len(part.images) for part in (digits.train, digits.validation, digits.test))
        counted = " + ".join(f"{count:,}" for count in counts)
        return Check(OK, "MNIST", f"{counted} digits in {digits.source}")
    if keras_host_answers():
        return Check(OK, "MNIST", "not here yet; the first run downloads it (11.5 MB)")
    found = "not here yet, and the host that Keras downloads it from cannot be reached"
    remedy = "the first run asks the package index, and without a network uses 5,000 digits; or give --data"
    return Check(WARNING, "MNIST", found, remedy)


def writable(folder):
    """Check that a folder, or the nearest above it that exists, can be written to, by writing there."""
    # A link that leads nowhere is there, though it does not exist.
    existing = next(path for path in (folder, *folder.parents) if os.path.lexists(path)).absolute()
    remedy = f"change the permissions of {existing}, or write elsewhere with --output FOLDER"
    try:
        with tempfile.TemporaryFile(dir=existing) as file:
            file.write(b"0")
    except OSError as error:
        if not existing.is_dir():
            remedy = f"move {existing}, which is no folder, away, or write elsewhere with --output FOLDER"
        return Check(FAULT, f"{folder.name}/", f"cannot be written: {error.strerror}: {existing}", remedy)
    return Check(OK, f"{folder.name}/", f"can be written, in {existing}")


def _wrapped(text, first):
    options = {"break_long_words": False, "break_on_hyphens": False}
    return textwrap.fill(text, 80, initial_indent=first, subsequent_indent=" " * len(first), **options)
