"""The chapter's claims in slide order, run one after another, and the table of what was found."""

import ctypes
import dataclasses
import importlib
import os
import platform
import sys
import time
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path

from chapter6 import SECTIONS
from chapter6.artifacts import Folders, atomic_write, save_csv
from chapter6.errors import InputError, RunError
from chapter6.experiment import quick
from chapter6.language import for_rich, translate
from chapter6.runner.command_line import modules_of, one_line, run


@dataclass(frozen=True)
class Claim:
    """A claim of the slides and the experiment that tests it.

    Args:
        section: ``"section_6_1"``.
        name: The experiment's name in its section.
        module: The experiment.
    """

    section: str
    name: str
    module: object

    @property
    def command(self):
        """The command line that runs the experiment alone."""
        return f"python -m chapter6.{self.section} {self.name}"


@dataclass(frozen=True)
class Row:
    """What became of a claim.

    Args:
        claim: Its id on the slides, ``"6-1.a"``.
        sentence: The slides' sentence in short.
        measured: The numbers, or why there are none.
        verdict: A `Verdict` as a string, or ``"failed"``.
        seconds: What the experiment took.
        picture: Path of its most telling figure below ``snapshots/``, or "".
        command: The command line that runs it alone.
        section: ``"section_6_1"``.
    """

    claim: str
    sentence: str
    measured: str
    verdict: str
    seconds: float
    picture: str
    command: str
    section: str


def package_of(section):
    """Return a section's package, ``"section_6_1"`` for one."""
    return importlib.import_module(f"chapter6.{section}")


def claims():
    """Return the `Claim` of every experiment, in slide order."""
    found = []
    for section in SECTIONS:
        package = package_of(section)
        modules = modules_of(package, package.EXPERIMENTS)
        found += [Claim(section, name, module) for name, module in modules.items()]
    return found


def run_claims(chosen, small=False, output=None, data=None):
    """Run experiments one after another; one that fails does not keep the others from running.

    Args:
        chosen: List of `Claim`.
        small: Whether to run the ``--quick`` versions.
        output: Folder to make ``snapshots/`` and ``checkpoints/`` in; None for the working directory.
        data: Path of MNIST for all of them, or None.

    Yields:
        A `Row` when its experiment has ended.
    """
    for number, claim in enumerate(chosen, 1):
        print(f"\n[{number}/{len(chosen)}] {claim.command}", flush=True)
        folders = Folders.of(claim.section, claim.name, output, small)
        settings = quick(claim.module.Settings) if small else claim.module.Settings()
        if data and any(field.name == "data" for field in dataclasses.fields(settings)):
            settings = dataclasses.replace(settings, data=data)
        started = time.perf_counter()
        try:
            finding, seconds = run(claim.module, settings, folders)
        except (InputError, RunError, OSError) as error:
            found = _failed(one_line(error))
            seconds = time.perf_counter() - started
        # Whatever it is, the other experiments do not hang on it.
        except Exception as error:
            found = _failed(f"{type(error).__name__}: {one_line(error)}")
            seconds = time.perf_counter() - started
        else:
            picture = finding.pictures[0] if finding.pictures else ""
            root = folders.snapshots.parents[1]
            found = {
                "measured": finding.measured,
                "verdict": str(finding.verdict),
                "picture": Path(picture).relative_to(root).as_posix() if picture else "",
            }
        _free_memory()
        yield Row(
            claim=claim.module.CLAIM,
            sentence=claim.module.SENTENCE,
            seconds=seconds,
            command=claim.command + " --quick" * small,
            section=claim.section,
            **found,
        )


def _failed(message):
    print(f"{translate('failed')}: {message}")
    return {"measured": message, "verdict": "failed", "picture": ""}


def _free_memory():
    """Give back what the experiment before has left: graphs, compiled programs, Keras' names."""
    import keras

    keras.utils.clear_session(free_memory=True)
    # glibc keeps what was freed in pieces.
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None) if sys.platform == "linux" else None
    if trim:
        trim(0)


def machine():
    """Say in one line what a run was made on."""
    versions = [f"{name} {metadata.version(name)}" for name in ("tensorflow", "keras", "numpy")]
    cores = f"{os.cpu_count()} {platform.machine()} cores"
    return ", ".join([cores, platform.system(), f"Python {platform.python_version()}", *versions])


def translated(row):
    """Return a `Row` with what it tells in the language chosen."""
    texts = {name: translate(getattr(row, name)) for name in ("sentence", "measured", "verdict")}
    return dataclasses.replace(row, **texts)


HEADINGS = ("claim", "the slide's sentence", "measured", "verdict", "seconds", "picture")


def save_table(rows, folder):
    """Save rows as ``claims.csv`` and ``claims.md`` in a folder, in the language chosen."""
    rows = [translated(row) for row in rows]
    names = [field.name for field in dataclasses.fields(Row)]
    save_csv(folder / "claims.csv", {name: [getattr(row, name) for row in rows] for name in names})
    lines = [
        "| " + " | ".join(map(translate, HEADINGS)) + " |",
        "|---|---|---|---|---|---|",
    ]
    for row in rows:
        picture = f"[{Path(row.picture).stem}]({row.picture})" if row.picture else ""
        cells = [row.claim, row.sentence, row.measured, row.verdict, f"{row.seconds:.1f}", picture]
        lines.append("| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |")
    with atomic_write(folder / "claims.md") as temporary:
        temporary.write_text("\n".join([*lines, "", translate(f"Run on {machine()}."), ""]), encoding="utf-8")


def print_table(rows):
    """Print rows as a table for a terminal."""
    from rich.console import Console, Group
    from rich.table import Table

    table = Table(title=translate("What the slides say, and what was measured"), show_lines=True)
    table.add_column(translate("claim"))
    table.add_column(translate("the slide's sentence; measured; picture"))
    table.add_column(translate("verdict"))
    table.add_column(translate("s"), justify="right")
    for row in map(translated, rows):
        cell = Group(for_rich(row.sentence, "bold"), for_rich(row.measured), for_rich(row.picture, "dim"))
        table.add_row(row.claim, cell, row.verdict, f"{row.seconds:.1f}")
    console = Console(highlight=False)
    console.print()
    console.print(table)
