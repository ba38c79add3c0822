"""The chapter's findings as one static page, ``index.html``, that opens from the disk."""

import re
from html import escape

from chapter6 import SECTIONS, language
from chapter6.artifacts import atomic_write
from chapter6.docstrings import title as title_of
from chapter6.language import translate
from chapter6.runner.claims import machine, package_of, translated
from chapter6.runner.errata import ERRATA

STYLE = """
body { font: 1rem/1.5 system-ui, sans-serif; max-width: 60rem; margin: auto; padding: 1rem; color: #222;
  overflow-wrap: anywhere; }
h1 { line-height: 1.2; }
h2 { margin-top: 3rem; border-bottom: 2px solid #222; }
article { margin: 2rem 0; }
h3 { margin: 0; }
img { max-width: 100%; height: auto; display: block; margin: 0.5rem 0; }
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


def save_report(rows, folder):
    """Save a page of `chapter6.runner.claims`' rows in a folder, beside whose subfolders its pictures lie.

    Args:
        rows: List of `Row`.
        folder: ``snapshots/`` of the run.

    Returns:
        The path of ``index.html``.
    """
    with atomic_write(folder / "index.html") as temporary:
        temporary.write_text(page(rows), encoding="utf-8")
    return folder / "index.html"


def page(rows):
    """Return the page's HTML, in the language chosen."""
    headline = translate("Chapter 6: what the slides say, and what was measured")
    body = [f"<h1>{escape(headline)}</h1>", _contents(rows)]
    for section in SECTIONS:
        articles = [_article(row, number) for number, row in enumerate(rows) if row.section == section]
        if articles:
            title = translate(title_of(package_of(section)))
            body += ["<section>", f"<h2>{escape(title)}</h2>", *articles, "</section>"]
    body.append(_errata())
    body.append(f"<footer><p>{escape(translate(f'Run on {machine()}.'))}</p></footer>")
    return "\n".join(
        [
            "<!DOCTYPE html>",
            f'<html lang="{"zh-CN" if language.current() == "zh" else "en"}">',
            '<head><meta charset="utf-8">',
            '<meta name="viewport" content="width=device-width, initial-scale=1">',
            '<link rel="icon" href="data:,">',
            f"<title>{escape(translate('Chapter 6'))}</title><style>{STYLE}</style></head>",
            "<body>",
            *body,
            "</body>",
            "</html>",
            "",
        ]
    )


def _contents(rows):
    items = [
        f'<li><a href="#{_anchor(row, number)}">{escape(row.claim)} {escape(row.command.split()[3])}</a>: '
        f"{escape(translate(row.verdict))}</li>"
        for number, row in enumerate(rows)
    ]
    items.append(f'<li><a href="#errata">{escape(translate("Where the slides err"))}</a></li>')
    return "<nav><ul>" + "".join(items) + "</ul></nav>"


def _article(row, number):
    style, row = escape(row.verdict), translated(row)
    parts = [
        f'<article id="{_anchor(row, number)}">',
        f"<h3>{escape(row.claim)} &nbsp; {escape(row.sentence)}</h3>",
        f'<p><span class="verdict {style}">{escape(row.verdict)}</span> {escape(row.measured)}</p>',
    ]
    if row.picture:
        picture = escape(row.picture, quote=True)
        described = escape(row.sentence, quote=True)
        parts.append(f'<a href="{picture}"><img src="{picture}" alt="{described}"></a>')
    parts.append(f"<p><code>{escape(row.command)}</code> ({row.seconds:.1f} s)</p></article>")
    return "\n".join(parts)


def _errata():
    items = [
        f"<li><strong>{_text(each.slide)}</strong>: {_text(each.says)} &rarr; {_text(each.holds)}</li>"
        for each in ERRATA
    ]
    title = escape(translate("Where the slides err"))
    return "\n".join(['<section id="errata">', f"<h2>{title}</h2>", "<ul>", *items, "</ul>", "</section>"])


def _text(markdown):
    return re.sub("`([^`]+)`", r"<code>\1</code>", escape(translate(markdown)))


def _anchor(row, number):
    return f"claim-{number + 1}-{row.claim.replace('.', '-')}"
