"""The chapter's findings as one static page, ``index.html``, that opens from the disk."""

import re
from html import escape

from chapter6 import SECTIONS, language
from chapter6.artifacts import atomic_write
from chapter6.docstrings import title as title_of
from chapter6.language import _, translate
from chapter6.runner.claims import TOO_SMALL, by_experiment, machine, package_of
from chapter6.runner.errata import ERRATA
from chapter6.runner.results import FAILED, tally
from chapter6.runner.terminal import format_cell

STYLE = """
body { font: 1rem/1.5 system-ui, sans-serif; max-width: 60rem; margin: auto; padding: 1rem; color: #222;
  overflow-wrap: anywhere; }
h1 { line-height: 1.2; }
h2 { margin-top: 3rem; border-bottom: 2px solid #222; }
article { margin: 2rem 0; }
h3 { margin: 0; }
img { max-width: 100%; height: auto; display: block; margin: 0.5rem 0; }
figure { margin: 0.5rem 0; }
figcaption { color: #555; }
table { border-collapse: collapse; }
th, td { padding: 0.1rem 0.6rem; border-bottom: 1px solid #ccc; text-align: left; overflow-wrap: normal; }
code { background: #eee; padding: 0.1rem 0.3rem; }
.verdict { font-weight: bold; border: 2px solid; border-radius: 0.4rem; padding: 0 0.4rem; }
.holds { color: #1a6b2f; }
.holds.in.part { color: #8a5a00; }
.does.not.hold, .failed { color: #a11; }
nav ul { columns: 20rem; padding-left: 1.2rem; }
@media print {
  body { max-width: none; font-size: 10pt; }
  article { break-inside: avoid; }
  h2 { break-before: page; }
  nav { display: none; }
}
"""

ERRATA_TITLE = _("Where the slides err")
TABLE = _("Table")


def save_report(rows, folder, small=False):
    """Save a page of `chapter6.runner.claims`' rows in a folder, beside whose subfolders its pictures lie.

    Args:
        rows: List of `Row`.
        folder: ``snapshots/`` of the run.
        small: Whether the runs were quick ones, which give no verdict.

    Returns:
        The path of ``index.html``.
    """
    with atomic_write(folder / "index.html") as temporary:
        temporary.write_text(page(rows, small), encoding="utf-8")
    return folder / "index.html"


def page(rows, small=False):
    """Return the page's HTML, in the language chosen."""
    headline = str(_("Chapter 6: what the slides say, and what was measured"))
    experiments = by_experiment(rows)
    body = [f"<h1>{escape(headline)}</h1>", _contents(experiments, small)]
    for section in SECTIONS:
        articles = [
            _article(row, results, number, small)
            for number, (row, results) in enumerate(experiments)
            if row.claim.section == section
        ]
        if articles:
            title = translate(title_of(package_of(section)))
            body += ["<section>", f"<h2>{escape(title)}</h2>", *articles, "</section>"]
    body.append(_errata())
    body.append(f"<footer><p>{escape(str(_('Run on {machine}.').format(machine=machine())))}</p></footer>")
    return "\n".join(
        [
            "<!DOCTYPE html>",
            f'<html lang="{"zh-CN" if language.current() == "zh" else "en"}">',
            '<head><meta charset="utf-8">',
            '<meta name="viewport" content="width=device-width, initial-scale=1">',
            '<link rel="icon" href="data:,">',
            f"<title>{escape(headline)}</title><style>{STYLE}</style></head>",
            "<body>",
            *body,
            "</body>",
            "</html>",
            "",
        ]
    )


def _contents(experiments, small):
    items = [
        f'<li><a href="#{_anchor(row, number)}">{escape(row.result.claim)} {escape(row.claim.name)}</a>: '
        f"{escape(_verdict(results, small))}</li>"
        for number, (row, results) in enumerate(experiments)
    ]
    items.append(f'<li><a href="#errata">{escape(str(ERRATA_TITLE))}</a></li>')
    return "<nav><ul>" + "".join(items) + "</ul></nav>"


def _verdict(results, small):
    counted = tally(results)
    return translate(TOO_SMALL) if small and counted.verdict != FAILED else str(counted)


def _article(row, results, number, small):
    style = "" if small else escape(str(tally(results).verdict))
    parts = [
        f'<article id="{_anchor(row, number)}">',
        f"<h3>{escape(row.result.claim)} &nbsp; {escape(str(row.claim.module.SENTENCE))}</h3>",
        f'<p><span class="verdict {style}">{escape(_verdict(results, small))}</span> '
        f"{escape(row.result.sentence)}</p>",
    ]
    for path, caption in row.pictures:
        source, described = escape(path, quote=True), escape(str(caption), quote=True)
        parts.append(
            f'<figure><a href="{source}"><img src="{source}" alt="{described}"></a>'
            f"<figcaption>{described}</figcaption></figure>"
        )
    if row.finding:
        parts += [
            f"<p>{escape(str(_('Why: {text}').format(text=row.finding.why)))}</p>",
            f"<p>{escape(str(_('Limits: {text}').format(text=row.finding.limits)))}</p>",
            f"<details><summary>{escape(str(TABLE))}</summary>{_table(row.finding.table)}</details>",
        ]
    parts.append(f"<p><code>{escape(row.command)}</code> ({row.result.seconds:.1f} s)</p></article>")
    return "\n".join(parts)


def _table(frame):
    """Return a `pandas.DataFrame` as HTML, its texts in the language chosen."""
    head = "".join(f"<th>{escape(translate(str(name)))}</th>" for name in frame)
    rows = (
        "".join(f"<td>{escape(format_cell(value))}</td>" for value in row)
        for row in frame.itertuples(index=False)
    )
    return f"<table><tr>{head}</tr>" + "".join(f"<tr>{row}</tr>" for row in rows) + "</table>"


def _errata():
    items = [
        f"<li><strong>{_text(each.slide)}</strong>: {_text(each.says)} &rarr; {_text(each.holds)}</li>"
        for each in ERRATA
    ]
    title = escape(str(ERRATA_TITLE))
    return "\n".join(['<section id="errata">', f"<h2>{title}</h2>", "<ul>", *items, "</ul>", "</section>"])


def _text(markdown):
    return re.sub("`([^`]+)`", r"<code>\1</code>", escape(translate(markdown)))


def _anchor(row, number):
    return f"claim-{number + 1}-{row.result.claim.replace('.', '-')}"
