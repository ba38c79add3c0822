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
from chapter6.runner import claims, doctor
from chapter6.runner.backend import import_tensorflow
from chapter6.runner.command_line import Parser, add_language_flag, one_line, path
from chapter6.runner.report import save_report

DESCRIPTION = """\
Chapter 6: what there is, and all of it in slide order. Without a command: the list of the claims and their
commands."""


def main(arguments=None):
    """Run what the chapter's command line asks for: the list of claims, ``all`` or ``doctor``.

    Args:
        arguments: The words of the command line; None takes the process' own.

    Returns:
        None. The process ends with status 2 after one line on standard error where an experiment failed or
        the words cannot be understood, 130 after Ctrl-C.
    """
    words = sys.argv[1:] if arguments is None else arguments
    language.choose(words)
    parser = _parser()
    parsed = parser.parse_args(words)
    if parsed.command is None:
        print(index())
    elif parsed.command == "doctor":
        status = doctor.run(parsed.data, parsed.output)
        if status:
            parser.exit(status)
    else:
        _run_all(parser, parsed)


def _parser():
    parser = Parser(
        prog="python -m chapter6",
        description=DESCRIPTION,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    add_language_flag(parser)
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", parser_class=Parser)
    everything = commands.add_parser(
        "all", help="run every experiment in slide order and make one table and one page of what was found"
    )
    everything.add_argument("--quick", action="store_true", help="the small, fast versions")
    examination = commands.add_parser("doctor", help="check the environment and say what to do")
    for command in (everything, examination):
        command.add_argument(
            "--data", type=path, metavar="PATH", help="MNIST: a folder of IDX files, or an .npz"
        )
        command.add_argument(
            "--output",
            type=path,
            metavar="FOLDER",
            help="make snapshots/ and checkpoints/ under this folder (default: here)",
        )
        add_language_flag(command)
    return parser


def index():
    """Return the list of sections, claims and commands, lines of at most 80 columns where names allow it."""
    translate = language.translate
    lines = [translate("Chapter 6. Everything: python -m chapter6 all. A section, an experiment:")]
    found = claims.claims()
    for section in SECTIONS:
        package = claims.package_of(section)
        lines += ["", f"python -m chapter6.{section}  {translate(title(package))}"]
        for claim in found:
            if claim.section == section:
                lines.append(_entry(claim.module.CLAIM, claim.name, claim.module.SENTENCE))
        for name, module in claims.modules_of(package, getattr(package, "COMMANDS", ())).items():
            lines.append(_entry("", name, title(module) + "."))
    return "\n".join(lines)


def _entry(claim, name, sentence):
    first = f"  {claim:6} {name:22} "
    if language.current() == "zh":
        return first + f"\n{' ' * len(first)}".join(
            language.wrapped(language.translate(sentence), 80 - len(first))
        )
    return textwrap.fill(sentence, 80, initial_indent=first, subsequent_indent=" " * len(first))


def _run_all(parser, parsed):
    snapshots = Path(parsed.output or "") / "snapshots"
    rows = []
    try:
        import_tensorflow()
        for row in claims.run_claims(claims.claims(), parsed.quick, parsed.output, parsed.data):
            rows.append(row)
            # After every experiment, so that nothing is lost whatever ends the run. A table that another
            # program holds open is saved after the next one.
            with contextlib.suppress(OSError):
                _save(rows, snapshots)
        _save(rows, snapshots)
    except BrokenPipeError:
        # The reader of the output has gone; `chapter6.runner.start` ends the process.
        raise
    except (InputError, OSError) as error:
        parser.exit(2, f"{parser.prog}: error: {one_line(error)}\n")
    except KeyboardInterrupt:
        parser.exit(128 + signal.SIGINT, f"{parser.prog}: interrupted; {len(rows)} are in {snapshots}\n")
    claims.print_table(rows)
    page = f"The same as a page: {snapshots / 'index.html'}; as tables: claims.md, claims.csv."
    print(language.translate(page))
    failed = sum(row.verdict == "failed" for row in rows)
    if failed:
        parser.exit(2, f"{parser.prog}: error: every experiment must end, received {failed} that failed\n")


def _save(rows, snapshots):
    clear_unfinished(snapshots)
    claims.save_table(rows, snapshots)
    save_report(rows, snapshots)
