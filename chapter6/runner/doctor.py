"""What stands in the way of a run on this machine, and what to do about it: ``python -m chapter6 doctor``.

Nothing is downloaded, and nothing is left behind. What a bare Python lacks is imported late, so that this
runs where nothing is installed yet.
"""

import contextlib
import dataclasses
import enum
import importlib.metadata
import json
import os
import platform
import shutil
import signal
import subprocess
import sys
import tempfile
import textwrap
import tomllib
from dataclasses import dataclass
from pathlib import Path

from chapter6.artifacts import UNFINISHED
from chapter6.runner.command_line import Parser, path

CHECKOUT = Path(__file__).parents[2]
INSTALL = "python -m pip install -r requirements.txt"
# TensorFlow comes for these.
NEWEST_PYTHON = (3, 13)
MEGABYTE = 10**6
# All sections leave some hundred megabytes, most of them the GAN's 50 checkpoints.
FULL_BELOW = 200 * MEGABYTE
TIGHT_BELOW = 1000 * MEGABYTE
# What killed writers leave: our own temporary files, and those of tf.train.CheckpointManager.
LEFTOVERS = (f"{UNFINISHED}*", "model-*_temp", "checkpoint.tmp*")
SECONDS_TO_IMPORT = 600
STEPS = ("TensorFlow", "Keras", "TensorBoard")


class State(enum.StrEnum):
    """How bad what a check found is."""

    OK = "ok"
    WARNING = "warning"
    FAULT = "fault"


@dataclass(frozen=True)
class Check:
    """What one check found.

    Args:
        state: `State`; a run works in spite of a warning, not of a fault.
        subject: What was looked at, in a word or two.
        found: What is there.
        remedy: What to do about it, where it is not as it should be.
    """

    state: State
    subject: str
    found: str
    remedy: str = ""

    def __str__(self):
        first = f"{self.state:8} {self.subject:13} "
        lines = [_wrapped(self.found, first)]
        if self.remedy:
            lines.append(_wrapped(self.remedy, " " * (len(first) - 3) + "-> "))
        return "\n".join(lines)


def main(arguments=None):
    """Print a line for each check; what to do stands below it.

    Args:
        arguments: The words of the command line after ``doctor``; None takes the process' own.

    Returns:
        None. The process ends with status 1 where there is a fault, 130 after Ctrl-C.
    """
    parser = Parser(
        prog="python -m chapter6 doctor", description=__doc__.partition("\n")[0], allow_abbrev=False
    )
    parser.add_argument("--data", type=path, metavar="PATH", help="the MNIST that the runs are to be given")
    parser.add_argument("--output", type=path, metavar="FOLDER", help="the folder that they are to write to")
    parsed = parser.parse_args(sys.argv[1:] if arguments is None else arguments)
    found = []
    try:
        for check in checks(parsed.data, parsed.output):
            print(check, flush=True)
            found.append(check.state)
    except KeyboardInterrupt:
        parser.exit(128 + signal.SIGINT, f"{parser.prog}: interrupted\n")
    faults, warnings = found.count(State.FAULT), found.count(State.WARNING)
    print(f"{len(found)} checks, {faults} faults, {warnings} warnings.")
    if faults:
        parser.exit(1)


def checks(data=None, output=None):
    """Yield a `Check` after the other.

    Args:
        data: Path of MNIST as in `chapter6.datasets.load_mnist`.
        output: Folder in which snapshots/ and checkpoints/ are made, default the working directory.
    """
    folders = [Path(output or "") / name for name in ("snapshots", "checkpoints")]
    yield python()
    yield from requirements()
    yield from imports()
    yield mnist(data)
    for folder in folders:
        yield writable(folder)
    yield leftovers([*folders, _keras_home() / "datasets", Path(tempfile.gettempdir())])
    yield disk_space(folders[0])


def python():
    """Check the version of Python against the package's own range."""
    wanted = _metadata()["requires-python"]
    lowest = tuple(map(int, wanted.removeprefix(">=").split(".")))
    found = f"{platform.python_version()} ({wanted}), {platform.system()}, {os.cpu_count()} processors"
    if sys.version_info[: len(lowest)] < lowest:
        return Check(State.FAULT, "Python", found, f"run this with Python {wanted}")
    if sys.version_info[:2] > NEWEST_PYTHON:
        newest = ".".join(map(str, NEWEST_PYTHON))
        return Check(State.WARNING, "Python", found, f"TensorFlow may not come for it; take {newest}")
    return Check(State.OK, "Python", found)


def requirements():
    """Check the version of each requirement against its range."""
    try:
        from packaging.requirements import Requirement
    except ImportError:
        yield Check(
            State.FAULT, "requirements", "packaging, which comes with them, is not installed", INSTALL
        )
        return
    for requirement in map(Requirement, _metadata()["dependencies"]):
        try:
            version = importlib.metadata.version(requirement.name)
        except importlib.metadata.PackageNotFoundError:
            yield Check(State.FAULT, requirement.name, f"not installed ({requirement.specifier})", INSTALL)
            continue
        within = requirement.specifier.contains(version, prereleases=True)
        yield Check(
            State.OK if within else State.FAULT,
            requirement.name,
            f"{version} ({requirement.specifier})",
            "" if within else INSTALL,
        )


def _metadata():
    """Return the requirements and Python's range, of the checkout or else of the installed package."""
    if (CHECKOUT / "pyproject.toml").is_file():
        project = tomllib.loads((CHECKOUT / "pyproject.toml").read_text())["project"]
        lines = (CHECKOUT / "requirements.txt").read_text().splitlines()
        wanted = [line.partition("#")[0].strip() for line in lines]
        return {"requires-python": project["requires-python"], "dependencies": list(filter(None, wanted))}
    installed = importlib.metadata.metadata("chapter6")
    wanted = importlib.metadata.requires("chapter6") or []
    return {
        "requires-python": installed["Requires-Python"],
        "dependencies": [line for line in wanted if "extra ==" not in line],
    }


def imports():
    """Check that TensorFlow computes, that Keras computes with it, and that TensorBoard can be started.

    A process of its own does so: some faults, as a flag in XLA_FLAGS that XLA does not know, end it.
    """
    environment = dict(os.environ)
    environment["PYTHONPATH"] = os.pathsep.join(filter(None, [str(CHECKOUT), os.environ.get("PYTHONPATH")]))
    command = [sys.executable, "-c", "from chapter6.runner.doctor import report_imports; report_imports()"]
    try:
        finished = subprocess.run(
            command, env=environment, capture_output=True, text=True, timeout=SECONDS_TO_IMPORT
        )
    except subprocess.TimeoutExpired:
        yield Check(
            State.FAULT, STEPS[0], f"no answer in {SECONDS_TO_IMPORT} s", "try again when the machine is idle"
        )
        return
    lines = [json.loads(line) for line in finished.stdout.splitlines() if line.startswith("{")]
    for line in lines:
        yield Check(**{**line, "state": State(line["state"])})
    if len(lines) < len(STEPS):
        told = finished.stderr.strip().splitlines() or [f"it ended with status {finished.returncode}"]
        flags = os.environ.get("XLA_FLAGS")
        remedy = f"unset XLA_FLAGS, now {flags!r}, and see whether that helps" if flags else INSTALL
        yield Check(State.FAULT, STEPS[len(lines)], told[-1], remedy)


def report_imports():
    """Write the checks of `imports` on standard output, each as a line of JSON."""
    for subject, step in zip(STEPS, (_tensorflow, _keras, _tensorboard), strict=True):
        try:
            check = step()
        # Whatever a broken installation raises.
        except Exception as error:
            words = " ".join(f"{type(error).__name__}: {error}".split())
            check = Check(State.FAULT, subject, words, INSTALL)
        print(json.dumps(dataclasses.asdict(check)), flush=True)


def _tensorflow():
    from chapter6.runner.command_line import import_tensorflow

    import_tensorflow()
    import tensorflow as tf

    tf.function(lambda x: x + 1, jit_compile=True)(1.0)
    devices = tf.config.list_physical_devices("GPU")
    names = [tf.config.experimental.get_device_details(device).get("device_name", "") for device in devices]
    found = f"{len(devices)} GPU: {', '.join(names)}" if devices else "no GPU, which nothing here needs"
    return Check(State.OK, "TensorFlow", f"works; {found}")


def _keras():
    # Told apart before the import, which fails in many words where the backend is not installed.
    backend, remedy = _keras_backend()
    if backend != "tensorflow":
        found = f"is to compute with {backend}, the experiments with tensorflow"
        return Check(State.FAULT, "Keras", found, remedy)
    importlib.import_module("keras")
    return Check(State.OK, "Keras", "works; computes with TensorFlow")


def _keras_backend():
    """Return the backend that Keras is set to, and how to set it otherwise."""
    if backend := os.environ.get("KERAS_BACKEND"):
        return backend, f"unset KERAS_BACKEND, now {backend!r}"
    settings = _keras_home() / "keras.json"
    try:
        backend = json.loads(settings.read_text()).get("backend", "tensorflow")
    except (OSError, ValueError):
        # Keras, too, goes on without a file that it cannot read.
        backend = "tensorflow"
    return backend, f"set the backend in {settings} to tensorflow"


def _tensorboard():
    importlib.import_module("tensorboard.main")
    return Check(State.OK, "TensorBoard", "works; tensorboard --logdir snapshots")


def mnist(data=None):
    """Check which MNIST the runs would use, without downloading it."""
    try:
        from chapter6 import datasets
    except ImportError as error:
        return Check(State.FAULT, "MNIST", f"cannot be looked for: {error}", INSTALL)
    given = data or os.environ.get("CHAPTER6_DATA")
    try:
        digits = datasets.mnist_on_this_machine(data)
    except (ValueError, OSError) as error:
        if given:
            remedy = "give --data, or CHAPTER6_DATA, a whole copy, or leave it out to have one fetched"
            return Check(State.FAULT, "MNIST", str(error), remedy)
        remedy = f"the next run fetches it again; or remove {datasets.keras_cache()}"
        return Check(State.WARNING, "MNIST", str(error), remedy)
    if digits:
        counts = (len(part.images) for part in (digits.train, digits.validation, digits.test))
        counted = " + ".join(f"{count:,}" for count in counts)
        return Check(State.OK, "MNIST", f"{counted} digits in {digits.source}")
    if datasets.keras_host_answers():
        return Check(State.OK, "MNIST", "not here yet; the first run downloads it (11.5 MB)")
    found = "not here yet, and the host that Keras downloads it from cannot be reached"
    remedy = (
        "the first run asks the package index, and without a network goes on with 5,000 digits; for all of "
        "them give --data, or CHAPTER6_DATA, the four IDX files or an mnist.npz"
    )
    return Check(State.WARNING, "MNIST", found, remedy)


def writable(folder):
    """Check that a folder, or the nearest above it that exists, can be written to, by writing there."""
    subject = f"{folder.name}/"
    existing = _existing(folder).absolute()
    remedy = f"change the permissions of {existing}, or write elsewhere with --output FOLDER"
    try:
        with tempfile.TemporaryFile(dir=existing) as file:
            file.write(b"0")
            file.flush()
    except OSError as error:
        if not existing.is_dir():
            remedy = f"move {existing}, which is no folder, away, or write elsewhere with --output FOLDER"
        return Check(State.FAULT, subject, f"cannot be written: {error.strerror}: {existing}", remedy)
    return Check(State.OK, subject, f"can be written, in {existing}")


def leftovers(folders):
    """Check for temporary files of writers that were killed."""
    found = []
    for folder in filter(os.path.isdir, folders):
        # Only downloads write to the machine's folder for temporary files.
        if folder == Path(tempfile.gettempdir()):
            found += folder.glob("chapter6-mnist-*")
        else:
            found += (file for pattern in LEFTOVERS for file in folder.rglob(pattern))
    if not found:
        return Check(State.OK, "leftovers", "no temporary files of runs that were killed")
    size = sum(_size(file) for file in found)
    shown = ", ".join(map(str, found[:3])) + (f" and {len(found) - 3} more" if len(found) > 3 else "")
    return Check(
        State.WARNING,
        "leftovers",
        f"{len(found)} temporary files of {size / MEGABYTE:.1f} MB: {shown}",
        "remove them when no run is going on; the next run of the same experiment does so with its own",
    )


def disk_space(folder):
    """Check the space that is left where a folder is, or is to be."""
    existing = _existing(folder).absolute()
    if not existing.is_dir():
        existing = existing.parent
    free = shutil.disk_usage(existing).free
    found = f"{free / MEGABYTE:,.0f} MB free in {existing}"
    remedy = f"free {TIGHT_BELOW / MEGABYTE:,.0f} MB, or write elsewhere with --output FOLDER"
    if free < FULL_BELOW:
        return Check(State.FAULT, "disk space", found, remedy)
    if free < TIGHT_BELOW:
        return Check(State.WARNING, "disk space", found, remedy)
    return Check(State.OK, "disk space", found)


def _existing(folder):
    # A link that leads nowhere is there, though it does not exist.
    return next(path for path in (folder, *folder.parents) if os.path.lexists(path))


def _keras_home():
    return Path(os.path.expanduser(os.environ.get("KERAS_HOME") or "~/.keras"))


def _size(path):
    size = 0
    for file in path.rglob("*") if path.is_dir() else [path]:
        # A run that is going on may have moved it into place meanwhile.
        with contextlib.suppress(FileNotFoundError):
            size += file.stat().st_size
    return size


def _wrapped(text, first):
    options = {"break_long_words": False, "break_on_hyphens": False}
    return textwrap.fill(text, 80, initial_indent=first, subsequent_indent=" " * len(first), **options)
