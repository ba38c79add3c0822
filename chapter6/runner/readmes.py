"""The READMEs' tables of findings, made from the shipped results: ``python -m chapter6.runner.readmes``."""

import functools
import itertools
import re
import statistics
import sys
from pathlib import Path

import pandas as pd

from chapter6 import SECTIONS
from chapter6.artifacts import atomic_write
from chapter6.language import MessageList, _, language, translate
from chapter6.runner.claims import claims
from chapter6.runner.parser import Parser
from chapter6.runner.results import SHIPPED, shipped_results_of, tally
from chapter6.section_6_4.recipes import DESCRIPTIONS
from chapter6.section_6_4.recipes import TABLE as RECIPES
from chapter6.section_6_4.recipes_table import TRAINING_DIGITS, format_spread, means, read_rows

ROOT = Path(__file__).parents[2]
NAMES = {"README.md": "en", "README.zh-CN.md": "zh"}
HEADINGS = (_("claim"), _("the slide's sentence"), _("found"), _("verdict"), _("seconds"))
TABLE = re.compile(r"^\| (?:claim|论断) \|.*\n(?:\|.*\n)+\n.*\n", re.MULTILINE)
# Of recipes.csv: the recipes, the iterations, where it is varied the noise, and where not all are shown the
# measures of a table, then the table
RECIPES_TABLE = re.compile(
    r"(<!-- recipes ([\w ]+) at ([\d ]+?)(?: with noise ([\d. ]+?))?(?: showing ([\w ]+))? -->\n)(?:\|.*\n)*"
)
# Headings and formats of its columns
MEASURES = {
    "frechet_distance": (_("Fréchet distance"), ".1f"),
    "precision": (_("precision"), ".2f"),
    "recall": (_("recall"), ".2f"),
    "unsure": (_("share of no digit"), ".2f"),
    "within_digit_spread": (_("spread within a digit"), ".2f"),
    "missing_digits": (_("digits below 1%"), ".1f"),
    "fresh_accuracy": (_("accuracy of a fresh discriminator"), ".2f"),
    "divergence": (_("JSD at least (nats)"), ".2f"),
}


def paths():
    """Return the paths of the READMEs with findings, in both languages."""
    folders = [ROOT, *(ROOT / "chapter6" / section for section in SECTIONS)]
    return [folder / name for folder in folders for name in NAMES]


def updated(path):
    """Return the text of a README with the findings of the shipped results.

    In a section's README this is the table of its experiments and the line about the machine below it, and
    the tables of recipes.csv; in the chapter's, the last cell of each experiment's row.

    Args:
        path: One of `paths`.
    """
    text = path.read_text(encoding="utf-8")
    with language(NAMES[path.name]):
        if path.parent == ROOT:
            return functools.reduce(_with_verdict, claims(), text)
        table = _table(path.parent.name)
        return RECIPES_TABLE.sub(_recipes, TABLE.sub(lambda match: table, text))


def _with_verdict(text, claim):
    results = shipped_results_of(claim.section, claim.name)
    if not results:
        return text
    verdict = str(tally(results))
    row = rf"^(\|.*\| `{re.escape(claim.command)}` \|.*\|)[^|]*\|$"
    return re.sub(row, lambda match: f"{match[1]} {verdict} |", text, flags=re.MULTILINE)


def _table(section):
    lines = ["| " + " | ".join(map(str, HEADINGS)) + " |", "|---|---|---|---|---|"]
    for claim in claims():
        if claim.section == section:
            results = shipped_results_of(section, claim.name)
            found = ["–"] * 3
            if results:
                seconds = statistics.median(result.seconds for result in results)
                found = [results[0].sentence, str(tally(results)), f"{seconds:.1f}"]
            cells = [f"{claim.module.CLAIM}, `{claim.name}`", str(claim.module.SENTENCE), *found]
            lines.append("| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |")
    return "\n".join([*lines, "", str(_("Run on {machine}.").format(machine=shipped_machine())), ""])


def _recipes(match):
    """Return a marker and the table that it asks for, means over the seeds and standard deviations."""
    marker, recipes, iterations, noise, shown = match.groups()
    measures = {name: MEASURES[name] for name in (shown.split() if shown else MEASURES)}
    rows = pd.DataFrame(read_rows(RECIPES))
    counts, found = rows.groupby(["recipe", "iteration", "noise"]).size(), means(rows)
    headings = [heading for heading, _form in measures.values()]
    table = [[_("recipe"), _("iterations"), _("noise"), _("GANs"), *headings]]
    scales = [float(scale) for scale in (noise or "1").split()]
    keys = itertools.product(recipes.split(), map(int, iterations.split()), scales)
    for key in [*keys, (TRAINING_DIGITS, 0, 1.0)]:
        recipe, done, scale = key
        cells = [translate(TRAINING_DIGITS), "", "", ""]
        if done:
            name = _("{recipe}: {description}").format(
                recipe=f"`{recipe}`", description=translate(DESCRIPTIONS[recipe])
            )
            cells = [name, f"{done:,}", f"{scale:g}", counts[key]]
        row = found.loc[key]
        cells += [
            format_spread(row[name, "mean"], row[name, "std"], form) for name, (_h, form) in measures.items()
        ]
        table.append(cells)
    if not noise:
        table = [[*cells[:2], *cells[3:]] for cells in table]
    first, *others = ("| " + " | ".join(map(str, cells)) + " |" for cells in table)
    return marker + "\n".join([first, "|---" * len(table[0]) + "|", *others]) + "\n"


def shipped_machine():
    """Return what the shipped results were made on, a `Message`."""
    cores, *others = (SHIPPED / "machine.txt").read_text(encoding="utf-8").strip().split(", ")
    count, architecture, _cores = cores.split()
    message = _("{count} {architecture} cores").format(count=count, architecture=architecture)
    return MessageList([message, *others])


def main(arguments=None):
    """Update the READMEs and print the paths of those that changed.

    Args:
        arguments: The words of the command line; None takes the process' own.
    """
    description = "Bring the tables of findings in the READMEs up to date with the shipped results."
    Parser(prog="python -m chapter6.runner.readmes", description=description).parse_args(
        sys.argv[1:] if arguments is None else arguments
    )
    for path in paths():
        text = updated(path)
        if text != path.read_text(encoding="utf-8"):
            with atomic_write(path) as temporary:
                temporary.write_text(text, encoding="utf-8", newline="\n")
            print(path)


if __name__ == "__main__":
    main()
