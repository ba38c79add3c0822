"""A finding on a terminal of 80 columns: what to remember, verdict, table, why, limits, pictures."""

import math
import numbers
import re

from rich.box import SIMPLE_HEAD
from rich.cells import cell_len
from rich.console import Console
from rich.measure import Measurement
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from chapter6.language import BRACKETS, LATIN, _, current, translate, wrapped
from chapter6.runner.results import shipped_results_of, tally

ROWS = 12
# Columns between two of a table
GAP = 2
# Columns that a Chinese text of a table has at least, unless it is shorter
CHINESE_WIDTH = 8
# From here on a number is written with an exponent, so that a loss that has diverged does not fill the line.
LARGE = 1e9
INDENT = (0, 0, 0, 2)


def print_finding(module, finding, seconds, folders, quick=False):
    """Print what an experiment found.

    Args:
        module: The experiment.
        finding: Its `Finding`.
        seconds: What the run took.
        folders: The `Folders` that it wrote to.
        quick: Whether the run was a quick one, which is too small for a verdict.
    """
    console = Console(highlight=False, emoji=False)
    console.print()
    console.print(for_rich(f"{module.CLAIM}  {module.SENTENCE}", "bold"))
    _print(console, finding.short)
    for message in verdict_lines(module, finding.verdict, quick):
        _print(console, message, "bold")
    console.print(Padding(rich_table(finding.table, console.width - INDENT[3]), (1, 0, 1, INDENT[3])))
    if len(finding.table) > ROWS:
        path = folders.snapshots / "finding.csv"
        _print(console, _("All {count} rows: {path}").format(count=len(finding.table), path=path))
    _print(console, _("Why: {text}").format(text=finding.why))
    _print(console, _("Limits: {text}").format(text=finding.limits))
    _print(console, _("Time: {seconds} s").format(seconds=f"{seconds:.1f}"))
    for picture in finding.pictures:
        _print(console, picture.caption)
        console.print(f"    {picture.path}", markup=False, soft_wrap=True)


def _print(console, message, style=""):
    console.print(Padding(for_rich(message, style), INDENT))


def verdict_lines(module, verdict, quick):
    """Return the lines, `Message`s, that say what a run's verdict is worth.

    Args:
        module: The experiment.
        verdict: The `Verdict` of the run.
        quick: Whether the run was a quick one.
    """
    shipped = shipped_results_of(*module.__name__.split(".")[-2:])
    lines = []
    if quick:
        lines.append(_("This quick run is too small for a verdict."))
    else:
        lines.append(_("Verdict: {verdict}").format(verdict=_(str(verdict))))
    if shipped and quick:
        message = _("The whole run found: {verdict}. {short}")
        lines.append(message.format(verdict=tally(shipped), short=shipped[0].sentence))
    elif len(shipped) > 1:
        lines.append(_("Over several seeds: {verdict}").format(verdict=tally(shipped)))
    return lines


def rich_table(table, columns=80 - INDENT[3], rows=ROWS):
    """Return the first rows of a `pandas.DataFrame` as a table for rich, its texts in the language chosen.

    Args:
        table: The `pandas.DataFrame`.
        columns: Columns of the terminal that it may take.
        rows: Rows at most.
    """
    headings = [translate(str(name)) for name in table]
    cells = [[format_cell(value) for value in column.head(rows)] for _name, column in table.items()]
    texts = [[heading, *column] for heading, column in zip(headings, cells, strict=True)]
    widths = _column_widths(texts, columns - GAP * len(texts))
    shown = Table(box=SIMPLE_HEAD, show_edge=False, pad_edge=False, padding=(0, GAP - 1, 0, 0))
    for heading, width, (_name, column) in zip(headings, widths, table.items(), strict=True):
        numeric = all(isinstance(value, numbers.Number) for value in column)
        shown.add_column(
            for_rich(heading), justify="right" if numeric else "left", width=width, overflow="fold"
        )
    for row in zip(*cells, strict=True):
        shown.add_row(*map(for_rich, row))
    return shown


def _column_widths(texts, available):
    """Return the widths of columns of texts, a heading above cells, that fit into so many in all.

    Headings are wrapped before cells are, the widest first, and no word is broken.
    """
    widths = [max(map(cell_len, column)) for column in texts]
    cells = [max(map(cell_len, column[1:]), default=0) for column in texts]
    # What stands in brackets, the units, is broken last.
    for pattern in (f"{BRACKETS.pattern}|{LATIN}", LATIN):
        least = [max(_least_width(text, pattern) for text in column) for column in texts]
        while sum(widths) > available and widths != least:
            spare = [
                (width > low, width > cell, width)
                for width, low, cell in zip(widths, least, cells, strict=True)
            ]
            widths[spare.index(max(spare))] -= 1
    return widths


def _least_width(text, pattern):
    if text.isascii() or current() == "en":
        return max(map(cell_len, text.split()), default=0)
    # Chinese may be broken anywhere but in a pattern.
    kept = [cell_len(match[0]) for match in re.finditer(pattern, text)]
    return max([min(CHINESE_WIDTH, cell_len(text)), *kept])


def format_cell(value):
    """Return a cell of a table as text: three significant digits of a number, texts in the language chosen.

    >>> [format_cell(value) for value in (12345.6, 999.9, 0.012345, 7, float("inf"))]
    ['12,346', '1,000', '0.0123', '7', '∞']
    """
    if isinstance(value, bool) or not isinstance(value, numbers.Number):
        return translate(str(value)) if value is not None else ""
    if isinstance(value, numbers.Integral):
        return f"{value:,}"
    if math.isnan(value):
        return "–"
    if math.isinf(value):
        return "∞" if value > 0 else "-∞"
    # Once rounded: 999.9 has four digits before the point.
    rounded = float(f"{value:.3g}")
    return f"{value:,.0f}" if 1000 <= abs(rounded) < LARGE else f"{value:z.3g}"


class Wrapped:
    """A Chinese text that rich wraps by `wrapped`, to the columns that it has for it."""

    def __init__(self, text, style=""):
        self._text, self._style = text, style

    def __rich_console__(self, console, options):
        yield Text("\n".join(wrapped(self._text, options.max_width)), self._style)

    def __rich_measure__(self, console, options):
        return Measurement(min(20, options.max_width), min(cell_len(self._text), options.max_width))


def for_rich(text, style=""):
    """Return a text for rich to print, translated, and wrapped as the language chosen wants it."""
    return Text(translate(text), style) if current() == "en" else Wrapped(translate(text), style)
