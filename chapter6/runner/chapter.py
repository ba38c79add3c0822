"""Chapter 6: what there is, and all of it in slide order."""

import argparse
import contextlib
import signal
import sys
import textwrap
from pathlib import Path

from chapter6 import SECTIONS, language
from chapter6.artifacts import clear_unfinished
from chapter6.docstrings import title
from chapter6.errors import InputError
from chapter6.language import _, translate
from chapter6.runner import claims, command_line, doctor
from chapter6.runner.backend import import_tensorflow
from chapter6.runner.command_line import one_line
from chapter6.runner.isolation import run_isolated
from chapter6.runner.parser import Parser, add_language_flag, path

DESCRIPTION = _(
    "Chapter 6: what there is, and all of it in slide order. Without a command: the list of the claims and "
    "their commands. The name of an experiment runs it."
)


def main(arguments=None):
    """Run what the chapter's command line asks for: the list of claims, ``all``, ``page`` or ``doctor``.

    Args:
        arguments: The words of the command line; None takes the process' own.

    Returns:
        None. The process ends with status 2 after one line on standard error where an experiment failed or
        the words cannot be understood, 130 after Ctrl-C.
    """
    words = sys.argv[1:] if arguments is None else arguments
    language.choose(words)
    section = _section_of(next((word for word in words if not word.startswith("-")), ""))
    if section:
        command_line.main(f"chapter6.{section}", words)
        return
    parser = _parser()
    parsed = parser.parse_args(words)
    if parsed.command is None:
        print(index())
    elif parsed.command == "doctor":
        status = doctor.run(parsed.data, parsed.output)
        if status:
            parser.exit(status)
    elif parsed.command == "page":
        try:
            print(_save_page(parsed))
        except OSError as error:
            parser.error(one_line(error))
    else:
        _run_all(parser, parsed)


def _section_of(name):
    """Return the section that has an experiment or a command of this name, or None."""
    for section in SECTIONS:
        package = claims.package_of(section)
        if name in (*package.EXPERIMENTS, *getattr(package, "COMMANDS", ())):
            return section
    return None


def _parser():
    parser = Parser(
        prog="python -m chapter6",
        description=str(DESCRIPTION),
        allow_abbrev=False,
    )
    add_language_flag(parser)
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", parser_class=Parser)
    everything = commands.add_parser(
        "all",
        help=str(_("run every experiment in slide order and make one table and one page of what was found")),
    )
    everything.add_argument("--quick", action="store_true", help=str(_("the small, fast versions")))
    everything.add_argument(
        "--seeds",
        type=_seeds,
        default=1,
        metavar="INT",
        help=str(_("run each experiment that draws random numbers for so many seeds (default: 1)")),
    )
    showing = commands.add_parser(
        "page", help=str(_("make the page of all findings that earlier runs have left, one file to pass on"))
    )
    showing.add_argument("--quick", action="store_true", help=str(_("of the small, fast versions")))
    examination = commands.add_parser("doctor", help=str(_("check the environment and say what to do")))
    for command in (everything, showing, examination):
        if command is not showing:
            command.add_argument(
                "--data",
                type=path,
                metavar="PATH",
                help=str(_("MNIST: a folder of IDX files, or an .npz")),
            )
        command.add_argument(
            "--output",
            type=path,
            metavar="FOLDER",
            help=str(_("make snapshots/ and checkpoints/ under this folder (default: here)")),
        )
        add_language_flag(command)
    return parser


def _seeds(text):
    """Read a number of seeds from a command line."""
    if not text.isdecimal() or not 1 <= int(text) <= 1000:
        message = _("must be a whole number from 1 to 1000, received {text!r}").format(text=text)
        raise argparse.ArgumentTypeError(str(message))
    return int(text)


def index():
    """Return the list of sections, claims and commands, lines of at most 80 columns where names allow it."""
    lines = [str(_("Chapter 6. Everything: python -m chapter6 all. A section, an experiment:"))]
    found = claims.claims()
    for section in SECTIONS:
        package = claims.package_of(section)
        lines += ["", f"python -m chapter6.{section}  {translate(title(package))}"]
        for claim in found:
            if claim.section == section:
                lines.append(_entry(claim.module.CLAIM, claim.name, claim.module.SENTENCE))
        for name, module in claims.modules_of(package, getattr(package, "COMMANDS", ())).items():
            lines.append(_entry("", name, title(module)))
    return "\n".join(lines)


def _entry(claim, name, sentence):
    first = f"  {claim:6} {name:22} "
    sentence = translate(sentence)
    if language.current() == "zh":
        return first + f"\n{' ' * len(first)}".join(language.wrapped(sentence, 80 - len(first)))
    return textwrap.fill(sentence, 80, initial_indent=first, subsequent_indent=" " * len(first))


def _run_all(parser, parsed):
    snapshots = Path(parsed.output or "") / "snapshots"
    rows = []
    chosen = claims.claims()
    try:
        command_line.announce_tensorflow()
        # What keeps it from being loaded keeps every experiment from running.
        run_isolated(import_tensorflow)
        for row in claims.run_claims(chosen, parsed.quick, parsed.output, parsed.data, parsed.seeds):
            rows.append(row)
            # After every run, so that nothing is lost whatever ends this one. A table that another program
            # holds open is saved after the next one.
            with contextlib.suppress(OSError):
                _save_table(rows, snapshots)
        _save_table(rows, snapshots)
        page = _save_page(parsed)
    except BrokenPipeError:
        # The reader of the output has gone; `chapter6.runner.start` ends the process.
        raise
    except (InputError, OSError) as error:
        parser.error(one_line(error))
    except KeyboardInterrupt:
        message = _("interrupted; {count} results are in {folder}").format(count=len(rows), folder=snapshots)
        parser.exit(128 + signal.SIGINT, f"{parser.prog}: {message}\n")
    claims.print_summary(rows, parsed.quick)
    message = _("The same as a page: {page}; as tables: claims.md, claims.csv.")
    print(message.format(page=page))
    failed = sum(row.finding is None for row in rows)
    if failed:
        parser.error(_("every experiment must end, received {count} that failed").format(count=failed))


def _save_table(rows, snapshots):
    clear_unfinished(snapshots)
    claims.save_table(rows, snapshots)


def _save_page(parsed):
    """Save the page of what runs have left under ``--output`` and return its path."""
    # Here, since the list of the claims needs neither the page's template nor its pictures.
    from chapter6.runner.page import NAME, save_page
    from chapter6.runner.page.entries import collect

    path = Path(parsed.output or "") / "snapshots" / NAME
    return save_page(collect(parsed.output, parsed.quick), path, parsed.quick)
