"""What the page shows: the findings that runs have left, and the results that come with the chapter."""

from dataclasses import dataclass
from pathlib import Path

from chapter6.artifacts import Folders
from chapter6.runner.claims import Claim, claims
from chapter6.runner.findings import load_finding
from chapter6.runner.results import FAILED, Result, load_results, shipped_results_of, tally


@dataclass(frozen=True)
class Entry:
    """An experiment on the page.

    Args:
        claim: Its `chapter6.runner.claims.Claim`.
        results: List of `Result`, one for each seed; empty where nothing is known of it.
        finding: The record that `chapter6.runner.findings.save_finding` left, or None.
        folder: Where it lies, and the pictures that it names.
        shipped: Whether the results are those that come with the chapter.
    """

    claim: Claim
    results: list[Result]
    finding: dict | None
    folder: Path
    shipped: bool

    @property
    def tally(self):
        """The `Tally` of the results, None where there are none."""
        return tally(self.results) if self.results else None

    @property
    def short(self):
        """The sentence to remember, a mapping from languages to texts."""
        if self.finding and not self.shipped:
            return self.finding["short"]
        return {"en": self.results[0].short, "zh": self.results[0].short_zh} if self.results else {}


def collect(output, small=False, shipped=False):
    """Return an `Entry` for each claim in slide order.

    Args:
        output: The folder that runs wrote ``snapshots/`` to; None for the working directory.
        small: Whether to take the quick runs.
        shipped: Whether to take verdicts from the results that come with the chapter wherever there are any.
    """
    table = Path(output or "") / "snapshots" / "claims.csv"
    found = load_results(table) if table.is_file() else []
    return [
        _entry(claim, Folders.of(claim.section, claim.name, output, small).snapshots, found, shipped)
        for claim in claims()
    ]


def _entry(claim, folder, found, shipped):
    finding = load_finding(folder)
    own = [each for each in found if (each.section, each.experiment) == (claim.section, claim.name)]
    known = shipped_results_of(claim.section, claim.name)
    if finding:
        verdict, texts = finding["verdict"], (finding["short"]["en"], finding["short"]["zh"])
        if not own or (own[0].verdict, own[0].short) != (verdict, texts[0]):
            # It was run alone, after the table was written.
            id = claim.module.CLAIM
            own = [Result(id, claim.section, claim.name, 0, verdict, finding["seconds"], *texts)]
    else:
        own = [each for each in own if each.verdict == FAILED]
    use_shipped = bool(known) and (shipped or not own)
    return Entry(claim, known if use_shipped else own, finding, folder, use_shipped)
