"""The chapter's findings as one page that needs no network: to read, to project, to touch."""

import hashlib
import importlib.resources
import json
import re

import jinja2
from markupsafe import Markup, escape

from chapter6 import SECTIONS
from chapter6.artifacts import atomic_write
from chapter6.docstrings import title as title_of
from chapter6.experiment import Verdict
from chapter6.language import N_, _, current
from chapter6.runner.claims import TOO_SMALL, machine, package_of
from chapter6.runner.errata import ERRATA
from chapter6.runner.findings import in_both
from chapter6.runner.page.pictures import embedded
from chapter6.runner.page.playthings import PLACES, TITLES, plaything_data
from chapter6.runner.results import FAILED, shipped_results_of, tally

NAME = "chapter6.html"
# Bytes that a chat or a mail takes.
LIMIT = 5_000_000
# In the order in which they are read: what all use first, what starts the others last.
SCRIPTS = (
    "numbers.js",
    "ui.js",
    "chart.js",
    "gan.js",
    "optimizers.js",
    "race.js",
    "signal.js",
    "search.js",
    "attack.js",
    "page.js",
)
FILES = ("page.html.jinja", "page.css", *SCRIPTS, "playthings.npz")
CLASSES = {
    Verdict.HOLDS: "holds",
    Verdict.PARTLY: "partly",
    Verdict.FAILS: "fails",
    Verdict.BY_DEFINITION: "definition",
    FAILED: "failed",
}
UNKNOWN = N_("not run")
# Of a figure, an equation or a claim: no line ends at its hyphen.
NUMBER = re.compile(r"(?<!\d)6-\d+(?:\.[a-z]\b)?")
# A text of the scripts, which are searched for what is shown in two languages.
MARKED = re.compile(r"""\bN?_\(\s*"((?:[^"\\]|\\.)*)"\s*[,)]""")


def save_page(entries, path, small=False, ran_on=None):
    """Save the page and return its path.

    Args:
        entries: List of `chapter6.runner.page.entries.Entry`.
        path: Where to save it.
        small: Whether the findings are those of quick runs, which give no verdict.
        ran_on: A `Message`, the machine; None for this one.
    """
    with atomic_write(path) as temporary:
        temporary.write_text(page(entries, small, ran_on), encoding="utf-8", newline="\n")
    return path


def page(entries, small=False, ran_on=None):
    """Return the page's HTML; the arguments are those of `save_page`."""
    environment = jinja2.Environment(
        autoescape=True, undefined=jinja2.StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    environment.globals |= {
        "_": both,
        "N_": N_,
        "attribute": attribute,
        "marked": _marked_code,
        "spans": _spans,
        "plaything_titles": TITLES,
    }
    template = environment.from_string(_read("page.html.jinja"))
    context = {
        "language": current(),
        "style": Markup(_read("page.css")),
        "scripts": [Markup(_read(name)) for name in SCRIPTS],
        "texts": _json(script_texts()),
        "data": _json(plaything_data()),
        "findings": _json(findings_of(entries)),
        "sources": sources_digest(),
        "counts": _counts(entries, small),
        "errata": ERRATA,
        "machine_line": _("Run on {machine}.").format(machine=ran_on or machine()),
    }
    bare = template.render(context | {"sections": _sections(entries, small, {})})
    pictures = embedded(_paths(entries), LIMIT - len(bare.encode()) - 2000)
    return template.render(context | {"sections": _sections(entries, small, pictures)})


def sources_digest():
    """Return a digest of what the page is made of besides the findings."""
    digest = hashlib.sha256()
    for name in FILES:
        digest.update((importlib.resources.files(__package__) / name).read_bytes())
    return digest.hexdigest()[:16]


def findings_of(entries):
    """Return the verdicts and sentences on the page, a list of dicts, one for each result."""
    names = ("section", "experiment", "seed", "verdict", "short", "short_zh")
    return [{name: getattr(each, name) for name in names} for entry in entries for each in entry.results]


def script_texts():
    """Return the texts of the scripts, a mapping from English to Chinese."""
    found = {json.loads(f'"{text}"'): None for name in SCRIPTS for text in MARKED.findall(_read(name))}
    return {text: in_both(text)["zh"] for text in found}


def both(text):
    """Return a text, a str or a `Message`, as HTML in both languages, of which the page shows one."""
    return _spans(in_both(text))


def attribute(name, text):
    """Return an attribute of an element as HTML; the page gives it the text of its language."""
    texts = text if isinstance(text, dict) else in_both(text)
    return Markup('{}="{}" data-attribute="{}" data-en="{}" data-zh="{}"').format(
        name, texts["en"], name, texts["en"], texts["zh"]
    )


def _spans(texts):
    english, chinese = (_with_whole_numbers(texts[name]) for name in ("en", "zh"))
    if english == chinese:
        return english
    return Markup('<span lang="en">{}</span><span lang="zh-CN">{}</span>').format(english, chinese)


def _with_whole_numbers(text):
    return Markup(NUMBER.sub(r'<span class="number">\g<0></span>', str(escape(text))))


def _marked_code(text):
    """Return a text with code between backticks as HTML in both languages."""
    code = {
        name: Markup(re.sub("`([^`]+)`", r"<code>\1</code>", str(escape(each))))
        for name, each in in_both(text).items()
    }
    return _spans(code)


def _json(value):
    # Nothing in a script may look like its end.
    return Markup(json.dumps(value, ensure_ascii=False).replace("<", r"\u003c"))


def _read(name):
    return (importlib.resources.files(__package__) / name).read_text(encoding="utf-8")


def _paths(entries):
    found = [
        _path(entry, picture) for entry in entries if entry.finding for picture in entry.finding["pictures"]
    ]
    return [path for path in found if path.is_file()]


def _path(entry, picture):
    """Return the path of a picture: the page has room for one language's, that of the command."""
    return entry.folder / picture["file"][current()]


def _verdict(entry, small):
    """Return the English verdict of an entry, and its tally or what stands for it."""
    tally = entry.tally
    if tally is None:
        return UNKNOWN, UNKNOWN
    if small and not entry.shipped and tally.verdict != FAILED:
        return TOO_SMALL, TOO_SMALL
    return tally.verdict, tally


def _counts(entries, small):
    """Return [(class, verdict, how many)] of the verdicts on the page."""
    verdicts = [_verdict(entry, small)[0] for entry in entries]
    order = [*CLASSES, TOO_SMALL, UNKNOWN]
    return [(CLASSES.get(each, "none"), each, verdicts.count(each)) for each in order if each in verdicts]


def _sections(entries, small, pictures):
    numbered = list(enumerate(entries, start=1))
    sections = []
    for section in SECTIONS:
        own = [
            _article(entry, number, small, pictures)
            for number, entry in numbered
            if entry.claim.section == section
        ]
        if not own:
            continue
        for name, (of_section, claim) in PLACES.items():
            if of_section == section:
                places = [i + 1 for i, each in enumerate(own) if each.get("claim") == claim]
                own.insert(places[-1] if places else 0, {"plaything": name})
        sections.append({"name": section, "title": title_of(package_of(section)), "items": own})
    return sections


def _article(entry, number, small, pictures):
    verdict, label = _verdict(entry, small)
    finding = entry.finding
    flags = f" {finding['flags']}" if finding and finding["flags"] else ""
    return {
        "id": f"claim-{number}",
        "claim": entry.claim.module.CLAIM,
        "name": entry.claim.name,
        "sentence": entry.claim.module.SENTENCE,
        "style": CLASSES.get(verdict, "none"),
        "verdict": both(label),
        "short": _spans(entry.short) if entry.short else "",
        "note": _note(entry, small),
        "why": finding and _spans(finding["why"]),
        "limits": finding and _spans(finding["limits"]),
        "table": finding and finding["table"],
        "pictures": [
            (pictures.get(_path(entry, each), ("", 16, 9)), each["caption"])
            for each in (finding["pictures"] if finding else ())
            if not pictures or _path(entry, each) in pictures
        ],
        "command": entry.claim.command + flags,
        "seconds": entry.results[0].seconds if entry.results else None,
    }


def _note(entry, small):
    """Return what is to be said of the verdict, a `Message` or None."""
    known = shipped_results_of(entry.claim.section, entry.claim.name)
    if entry.shipped and not entry.finding:
        return _("Not run here: verdict and sentence are those that come with the chapter.")
    if entry.shipped or not known:
        return None
    if small:
        message = _("The whole run found: {verdict}. {short}")
        return message.format(verdict=tally(known), short=_Sentence(known[0]))
    return _("Over several seeds: {verdict}").format(verdict=tally(known)) if len(known) > 1 else None


class _Sentence:
    """A result's sentence, in the language chosen when it is shown."""

    def __init__(self, result):
        self.result = result

    def __format__(self, spec):
        return self.result.sentence
