"""The chapter's claims in slide order, run one after another, and the table of what was found."""

import collections
import contextlib
import dataclasses
import importlib
import os
import platform
import time
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path

from rich.console import Console

from chapter6 import SECTIONS
from chapter6.artifacts import Folders, atomic_write
from chapter6.errors import InputError, RunError
from chapter6.experiment import Finding, Verdict, quick
from chapter6.language import LANGUAGES, N_, MessageList, _, language, translate
from chapter6.runner.command_line import modules_of, one_line, run
from chapter6.runner.isolation import run_isolated
from chapter6.runner.results import FAILED, Result, by_claim, claim_verdict, save_results, tally


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

    @property
    def is_random(self):
        """Whether what it finds depends on a seed."""
        return any(field.name == "seed" for field in dataclasses.fields(self.module.Settings))


@dataclass(frozen=True)
class Row:
    """One run of an experiment and what became of it.

    Args:
        claim: The `Claim`.
        result: The `Result`.
        finding: The `Finding`, or None where the run failed.
        folder: ``snapshots/`` of the whole run.
        command: The command line that runs it alone.
    """

    claim: Claim
    result: Result
    finding: Finding | None
    folder: Path
    command: str

    @property
    def pictures(self):
        """(path below ``snapshots/`` with forward slashes, caption) of each picture."""
        pictures = self.finding.pictures if self.finding else ()
        return [(Path(each.path).relative_to(self.folder).as_posix(), each.caption) for each in pictures]


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


def run_claims(chosen, small=False, output=None, data=None, seeds=1):
    """Run experiments one after another; one that fails does not keep the others from running.

    Args:
        chosen: List of `Claim`.
        small: Whether to run the ``--quick`` versions.
        output: Folder to make ``snapshots/`` and ``checkpoints/`` in; None for the working directory.
        data: Path of MNIST for all of them, or None.
        seeds: int, how many seeds each experiment is run for, from 0; one where nothing is random.

    Yields:
        A `Row` when a run has ended.
    """
    for number, claim in enumerate(chosen, 1):
        for seed in range(seeds if claim.is_random else 1):
            command = claim.command + " --quick" * small + f" --seed {seed}" * bool(seed)
            print(f"\n[{number}/{len(chosen)}] {command}", flush=True)
            folders = Folders.of(claim.section, claim.name, output, small, seed)
            result, finding = _run_once(claim, small, data, seed, folders)
            yield Row(claim, result, finding, folders.snapshots.parents[1], command)


def _run_once(claim, small, data, seed, folders):
    """Return the `Result` of one run and its `Finding`, None where it failed."""
    settings = quick(claim.module.Settings) if small else claim.module.Settings()
    names = {field.name for field in dataclasses.fields(settings)}
    given = {name: value for name, value in (("data", data), ("seed", seed)) if value and name in names}
    settings = dataclasses.replace(settings, **given)
    started = time.perf_counter()
    try:
        finding, seconds = run_isolated(_run, claim.section, claim.name, settings, folders, small)
        verdict, texts = str(finding.verdict), [_in(each, str, finding.short) for each in LANGUAGES]
    # Whatever it is, the other experiments do not hang on it.
    except Exception as error:
        print(_("failed: {reason}").format(reason=_reason(error)))
        finding, seconds, verdict = None, time.perf_counter() - started, FAILED
        texts = [_in(each, _reason, error) for each in LANGUAGES]
    return Result(claim.module.CLAIM, claim.section, claim.name, seed, verdict, seconds, *texts), finding


def _run(section, name, settings, folders, small):
    """Run an experiment in the process of `run_isolated`, which cannot be given a module."""
    from chapter6.figures import copies_in_other_languages

    module = importlib.import_module(f"chapter6.{section}.{name}")
    with contextlib.nullcontext() if small else copies_in_other_languages():
        return run(module, settings, folders, small)


def _in(chosen, function, argument):
    with language(chosen):
        return function(argument)


def _reason(error):
    """Return in one line why a run failed; a fault of the program names its class."""
    expected = isinstance(error, (InputError, RunError, OSError))
    return one_line(error) if expected else f"{type(error).__name__}: {one_line(error)}"


def machine():
    """Return a `Message` that says what a run was made on."""
    versions = [f"{name} {metadata.version(name)}" for name in ("tensorflow", "keras", "numpy")]
    cores = _("{count} {architecture} cores").format(count=os.cpu_count(), architecture=platform.machine())
    return MessageList([cores, platform.system(), f"Python {platform.python_version()}", *versions])


TOO_SMALL = N_("too small to judge")
# Of a line of the summary.
STYLES = {Verdict.PARTLY: "yellow", Verdict.FAILS: "red", FAILED: "red bold"}
HEADINGS = (
    _("claim"),
    _("the slide's sentence"),
    _("found"),
    _("verdict"),
    _("seconds"),
    _("picture"),
)


def save_table(rows, folder):
    """Save rows as ``claims.csv``, a row for each run, and ``claims.md``, a line for each experiment.

    Args:
        rows: List of `Row`.
        folder: Folder to save them in.
    """
    save_results([row.result for row in rows], folder / "claims.csv")
    lines = ["| " + " | ".join(map(str, HEADINGS)) + " |", "|---|---|---|---|---|---|"]
    for first, results in by_experiment(rows):
        pictures = [f"[{Path(path).stem}]({path})" for path, _caption in first.pictures[:1]]
        cells = [
            f"{first.result.claim} `{first.claim.name}`",
            str(first.claim.module.SENTENCE),
            first.result.sentence,
            str(tally(results)),
            f"{first.result.seconds:.1f}",
            *(pictures or [""]),
        ]
        lines.append("| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |")
    with atomic_write(folder / "claims.md") as temporary:
        end = str(_("Run on {machine}.").format(machine=machine()))
        temporary.write_text("\n".join([*lines, "", end, ""]), encoding="utf-8")


def by_experiment(rows):
    """Return, for each experiment in slide order, the `Row` of its first seed and the `Result`s of all."""
    experiments = {}
    for row in rows:
        experiments.setdefault((row.claim.section, row.claim.name), []).append(row)
    return [(found[0], [row.result for row in found]) for found in experiments.values()]


def print_summary(rows, small):
    """Print one line for each claim, and how many claims have which verdict; a quick run gives none."""
    console = Console(highlight=False)
    console.print()
    counts = collections.Counter()
    grouped = by_claim([row.result for row in rows])
    for claim, experiments in grouped.items():
        tallies = {name: tally(found) for name, found in experiments.items()}
        verdict = claim_verdict([str(each.verdict) for each in tallies.values()])
        if small and verdict != FAILED:
            verdict = TOO_SMALL
        counts[verdict] += 1
        line = f"{claim}  {translate(verdict)}"
        if not small:
            parts = MessageList(
                _("{name}: {text}").format(name=name, text=each) for name, each in tallies.items()
            )
            line += str(_("  ({parts})").format(parts=parts))
        console.print(line, style=STYLES.get(verdict), markup=False, soft_wrap=True)
    message = _("{count} {verdict}")
    summed = MessageList(message.format(count=count, verdict=_(verdict)) for verdict, count in counts.items())
    console.print(str(summed))
    if not small and any(len(experiments) > 1 for experiments in grouped.values()):
        console.print(str(_("The verdict of a claim with several experiments is derived from theirs.")))
