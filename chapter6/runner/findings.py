"""A finding as a JSON file beside its pictures, in both languages, for the page of all findings."""

import itertools
import json
import os
import shlex
from pathlib import Path

from chapter6.artifacts import atomic_write, localized_path
from chapter6.experiment import flags, quick
from chapter6.language import LANGUAGES, language, translate
from chapter6.runner.terminal import format_cell

NAME = "finding.json"


def save_finding(finding, settings, seconds, folder, small=False):
    """Save a `Finding` as ``finding.json`` in the folder that its pictures lie in.

    Args:
        finding: The `Finding`.
        settings: The ``Settings`` that it was found with.
        seconds: What the run took.
        folder: Path of the folder.
        small: Whether it was a quick run.
    """
    record = {
        "verdict": str(finding.verdict),
        "flags": _flags(settings, small),
        "seconds": round(seconds, 1),
        **{name: in_both(getattr(finding, name)) for name in ("short", "why", "limits")},
        "table": _in_each(lambda: _table(finding.table)),
        "pictures": [
            {"file": _files(Path(each), folder), "caption": in_both(each.caption)}
            for each in finding.pictures
        ],
    }
    with atomic_write(folder / NAME) as temporary:
        temporary.write_text(json.dumps(record, ensure_ascii=False, indent=1), encoding="utf-8")


def _files(path, folder):
    """Return the files of a picture by language, relative to a folder; one that has no copy has its own."""
    copies = {name: localized_path(path, name) for name in LANGUAGES}
    return {
        name: Path(os.path.relpath(copy if copy.is_file() else path, folder)).as_posix()
        for name, copy in copies.items()
    }


def load_finding(folder):
    """Return the record, a dict, that `save_finding` left in a folder; None without one of this form."""
    try:
        record = json.loads((folder / NAME).read_text(encoding="utf-8"))
    except (FileNotFoundError, ValueError):
        return None
    # Formerly a picture had one file for both languages.
    return record if all(isinstance(each["file"], dict) for each in record["pictures"]) else None


def remove_finding(folder):
    """Remove an earlier run's record from a folder, and its figures' copies in other languages.

    A run that fails is to leave no record, and one that draws in one language no older figures.
    """
    (folder / NAME).unlink(missing_ok=True)
    for name, kind in itertools.product(LANGUAGES, ("png", "gif")):
        for copy in folder.glob(f"*.{name}.{kind}"):
            copy.unlink()


def in_both(text):
    """Return a text, or what shows itself as one, in both languages: a mapping from ``"en"`` and ``"zh"``."""
    return _in_each(lambda: translate(text) if isinstance(text, str) else str(text))


def _in_each(function):
    texts = {}
    for name in LANGUAGES:
        with language(name):
            texts[name] = function()
    return texts


def _table(frame):
    """Return the rows of a `pandas.DataFrame` as texts in the language chosen, its headings first."""
    cells = [[format_cell(value) for value in row] for row in frame.itertuples(index=False)]
    return [[translate(str(name)) for name in frame], *cells]


def _flags(settings, small):
    """Return the flags of the command line that gives these settings, but for where the data lie."""
    usual = flags(quick(type(settings)) if small else type(settings)())
    changed = [
        words for name, words in flags(settings).items() if name != "data" and words != usual.get(name)
    ]
    return shlex.join(itertools.chain(["--quick"] * small, *changed))
