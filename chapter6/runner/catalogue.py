"""The Chinese catalogue, brought up to date and compiled: ``python -m chapter6.runner.catalogue``.

The messages are extracted from the program by Babel; those that are new are left for a translator, in
``chapter6/locale/zh_CN/LC_MESSAGES/chapter6.po``.
"""

import io
import sys
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po

from chapter6 import SECTIONS
from chapter6.artifacts import atomic_write
from chapter6.docstrings import body, title
from chapter6.language import CATALOGUES, DOMAIN, LOCALE
from chapter6.runner.claims import package_of
from chapter6.runner.command_line import modules_of
from chapter6.runner.parser import Parser

PACKAGE = Path(__file__).parents[1]
CATALOGUE = LOCALE / CATALOGUES["zh"] / "LC_MESSAGES" / f"{DOMAIN}.po"
KEYWORDS = {"_": None, "N_": None}
# The page's template and scripts have texts too.
METHODS = [("**.py", "python"), ("**.jinja", "jinja2"), ("**.js", "javascript")]
# What argparse can print here, from Python 3.11 to 3.13.
ARGPARSE = (
    "usage: ",
    "%(heading)s:",
    "options",
    "positional arguments",
    "show this help message and exit",
    "argument %(argument_name)s: %(message)s",
    "expected one argument",
    "expected at least one argument",
    "ignored explicit argument %r",
    "invalid choice: %(value)r (choose from %(choices)s)",
    "unrecognized arguments: %s",
)


def messages():
    """Return the messages of the program, a mapping from each to the files that it is in."""
    found = {text: ["runner/catalogue.py"] for text in ARGPARSE}
    options = {"method_map": METHODS, "keywords": KEYWORDS}
    for path, _line, text, _comments, _context in extract_from_dir(PACKAGE, **options):
        found.setdefault(text, []).append(Path(path).as_posix())
    for section in SECTIONS:
        package = package_of(section)
        modules = modules_of(package, (*package.EXPERIMENTS, *getattr(package, "COMMANDS", ())))
        for module in (package, *modules.values()):
            path = Path(module.__file__).relative_to(PACKAGE).as_posix()
            for text in filter(None, (title(module), body(module))):
                found.setdefault(text, []).append(path)
    return found


def updated(catalogue):
    """Return the text of a catalogue, ``.po``, with the messages of the program as they are now.

    Args:
        catalogue: Text of the ``.po``.
    """
    known = read_po(io.StringIO(catalogue), locale=CATALOGUES["zh"], domain=DOMAIN)
    new = Catalog(
        locale=CATALOGUES["zh"],
        domain=DOMAIN,
        project="chapter6",
        header_comment="# The Chinese of chapter 6.",
        creation_date=known.creation_date,
        revision_date=known.revision_date,
        fuzzy=False,
    )
    for text, paths in messages().items():
        chinese = known.get(text).string if text in known else ""
        new.add(text, chinese, [(path, None) for path in sorted(set(paths))])
    file = io.BytesIO()
    write_po(file, new, width=0, sort_by_file=True, include_lineno=False)
    return file.getvalue().decode()


def compiled(catalogue):
    """Return the bytes of the ``.mo`` of a catalogue given as the text of the ``.po``."""
    file = io.BytesIO()
    write_mo(file, read_po(io.StringIO(catalogue), locale=CATALOGUES["zh"], domain=DOMAIN))
    return file.getvalue()


def pairs(catalogue):
    """Return (English, Chinese) of each message of a catalogue, given as the text of the ``.po``."""
    read = read_po(io.StringIO(catalogue), locale=CATALOGUES["zh"], domain=DOMAIN)
    return [(message.id, message.string) for message in read if message.id]


def untranslated(catalogue):
    """Return the messages of a catalogue, given as the text of the ``.po``, that have no Chinese."""
    return [english for english, chinese in pairs(catalogue) if not chinese]


def main(arguments=None):
    """Update and compile the catalogue, and print what has no Chinese yet.

    Args:
        arguments: The words of the command line; None takes the process' own.
    """
    description = "Bring the Chinese catalogue up to date and compile it."
    Parser(prog="python -m chapter6.runner.catalogue", description=description).parse_args(
        sys.argv[1:] if arguments is None else arguments
    )
    text = updated(CATALOGUE.read_text(encoding="utf-8"))
    with atomic_write(CATALOGUE) as temporary:
        temporary.write_text(text, encoding="utf-8", newline="\n")
    with atomic_write(CATALOGUE.with_suffix(".mo")) as temporary:
        temporary.write_bytes(compiled(text))
    missing = untranslated(text)
    for message in missing:
        print(f"no Chinese: {message!r}")
    print(f"{len(missing)} without Chinese")


if __name__ == "__main__":
    main()
