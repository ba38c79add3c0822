"""The results of runs over several seeds, those that come with the chapter among them."""

import collections
import csv
import dataclasses
import functools
from dataclasses import dataclass
from pathlib import Path

from chapter6.artifacts import save_csv
from chapter6.experiment import Verdict
from chapter6.language import N_, _, current

SHIPPED = Path(__file__).parents[1] / "results"
FAILED = N_("failed")
# From the strongest to the weakest: of two verdicts that are found equally often the weaker counts.
STRENGTH = (Verdict.BY_DEFINITION, Verdict.HOLDS, Verdict.PARTLY, Verdict.FAILS, FAILED)


@dataclass(frozen=True)
class Result:
    """What one experiment found with one seed.

    Args:
        claim: Its id on the slides, ``"6-1.a"``.
        section: ``"section_6_1"``.
        experiment: Its name in the section.
        seed: int, 0 where nothing is random.
        verdict: A `Verdict` as a string, or ``"failed"``.
        seconds: What the run took.
        short: The sentence to remember, in English; where the run failed, why.
        short_zh: The same in Chinese.
    """

    claim: str
    section: str
    experiment: str
    seed: int
    verdict: str
    seconds: float
    short: str
    short_zh: str

    @property
    def sentence(self):
        """`short` in the language chosen."""
        return self.short_zh if current() == "zh" else self.short


def save_results(results, path):
    """Save `Result`s as CSV, a row each, and return the path."""
    columns = {
        field.name: [getattr(result, field.name) for result in results]
        for field in dataclasses.fields(Result)
    }
    columns["seconds"] = [f"{seconds:.1f}" for seconds in columns["seconds"]]
    return save_csv(path, columns)


def load_results(path):
    """Return the `Result`s of a CSV that `save_results` wrote."""
    with Path(path).open(encoding="utf-8", newline="") as file:
        return [
            Result(**{**row, "seed": int(row["seed"]), "seconds": float(row["seconds"])})
            for row in csv.DictReader(file)
        ]


@functools.cache
def shipped_results():
    """Return the `Result`s of the whole run that comes with the chapter, a tuple."""
    return tuple(load_results(SHIPPED / "results.csv"))


def shipped_results_of(section, experiment):
    """Return the shipped `Result`s of one experiment, in the order of their seeds."""
    return [
        result for result in shipped_results() if (result.section, result.experiment) == (section, experiment)
    ]


@dataclass(frozen=True)
class Tally:
    """The verdict that most seeds give.

    Args:
        verdict: The verdict, or ``"failed"``.
        count: The number of seeds that give it.
        seeds: The number of seeds.
    """

    verdict: str
    count: int
    seeds: int

    def __str__(self):
        verdict = _(str(self.verdict))
        if self.seeds == 1:
            return str(verdict)
        message = _("{verdict} ({count} of {seeds} seeds)")
        return str(message.format(verdict=verdict, count=self.count, seeds=self.seeds))


def tally(results):
    """Return the `Tally` of an experiment's results.

    Example:

    >>> results = [Result("6-1.a", "section_6_1", "a", seed, "holds", 1.0, "", "") for seed in range(5)]
    >>> str(tally(results))
    'holds (5 of 5 seeds)'
    """
    counts = collections.Counter(str(result.verdict) for result in results)
    verdict = max(counts, key=lambda verdict: (counts[verdict], STRENGTH.index(verdict)))
    return Tally(verdict, counts[verdict], len(results))


def claim_verdict(verdicts):
    """Return the verdict of a claim from those of its experiments.

    What holds by definition counts only where nothing else was tested; of the others all must hold for the
    claim to hold, and none for it to fail. Where an experiment has failed nothing can be said of the claim.

    Args:
        verdicts: Non-empty list of `Verdict`s as strings, or ``"failed"``.

    Example:

    >>> str(claim_verdict(["holds", "does not hold", "by definition"]))
    'holds in part'
    """
    if FAILED in verdicts:
        return FAILED
    tested = [verdict for verdict in verdicts if verdict != Verdict.BY_DEFINITION]
    if not tested:
        return str(Verdict.BY_DEFINITION)
    return tested[0] if len(set(tested)) == 1 else str(Verdict.PARTLY)


def by_claim(results):
    """Return a mapping from each claim to a mapping from its experiments to their results, in slide order."""
    claims = {}
    for result in results:
        claims.setdefault(result.claim, {}).setdefault(result.experiment, []).append(result)
    return claims
