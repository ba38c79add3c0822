"""Chapter 6: what there is, and all of it in slide order."""

import argparse
import signal
import sys
import textwrap
from pathlib import Path

from chapter6 import SECTIONS, language
from chapter6.artifacts import clear_unfinished
from chapter6.runner import claims
from chapter6.runner.command_line import Parser, add_language_flag, one_line, path
from chapter6.runner.report import save_report


def main(arguments=None):
    """Run what the chapter's command line asks for: the list of claims, ``all`` or ``doctor``.

    Args:
        arguments: The words of the command line; None takes the process' own.

    Returns:
        None. The process ends with status 2 after one line on standard error where an experiment failed or
        the words cannot be understood, 130 after Ctrl-C.
    """
    words = sys.argv[1:] if arguments is None else arguments
    if words[:1] == ["doctor"]:
        _doctor(words[1:])
        return
    language.choose(words)
    parser = _parser()
    parsed = parser.parse_args(words)
    if parsed.command is None:
        print(index())
    elif parsed.command == "doctor":
        _doctor([])
    else:
        _run_all(parser, parsed)


def _doctor(words):
    from chapter6.runner.doctor import main

    main(words)


def _parser():
    parser = Parser(
        prog="python -m chapter6",
        description=__doc__ + " Without a command: the list of the claims and their commands.",
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    add_language_flag(parser)
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", parser_class=Parser)
    commands.add_parser("doctor", help="look for what stands in the way of a run, and say what to do")
    everything = commands.add_parser(
        "all", help="run every experiment in slide order and make one table and one page of what was found"
    )
    everything.add_argument("--quick", action="store_true", help="the small, fast versions")
    everything.add_argument(
        "--data", type=path, metavar="PATH", help="MNIST: a folder of IDX files, or an .npz"
    )
    everything.add_argument(
        "--output",
        type=path,
        metavar="FOLDER",
        help="make snapshots/ and checkpoints/ under this folder (default: here)",
    )
    add_language_flag(everything)
    return parser


def index():
    """Return the list of sections, claims and commands, lines of at most 80 columns where names allow it."""
    translate = language.translate
    lines = [translate("Chapter 6. Everything: python -m chapter6 all. A section, an experiment:")]
    found = claims.claims()
    for section in SECTIONS:
        package = claims.package_of(section)
        title = translate(package.__doc__.partition("\n")[0].rstrip("."))
        lines += ["", f"python -m chapter6.{section}  {title}"]
        for claim in found:
            if claim.section == section:
                lines.append(_entry(claim.module.CLAIM, claim.name, claim.module.SENTENCE))
        for name, module in claims.modules_of(package, getattr(package, "COMMANDS", ())).items():
            lines.append(_entry("", name, module.__doc__.partition("\n")[0]))
    return "\n".join(lines)


def _entry(claim, name, told):
    first = f"  {claim:6} {name:22} "
    if language.current() == "zh":
        return first + f"\n{' ' * len(first)}".join(
            language.wrapped(language.translate(told), 80 - len(first))
        )
    return textwrap.fill(told, 80, initial_indent=first, subsequent_indent=" " * len(first))


def _run_all(parser, parsed):
    snapshots = Path(parsed.output or "") / "snapshots"
    rows = []
    try:
        for row in claims.run_claims(claims.claims(), parsed.quick, parsed.output, parsed.data):
            rows.append(row)
            # After every one of them, so that what was found outlasts whatever ends the run.
            clear_unfinished(snapshots)
            claims.save_table(rows, snapshots)
            save_report(rows, snapshots)
    except (OSError, ValueError) as error:
        parser.exit(2, f"{parser.prog}: error: {one_line(error)}\n")
    except KeyboardInterrupt:
        parser.exit(128 + signal.SIGINT, f"{parser.prog}: interrupted; {len(rows)} are in {snapshots}\n")
    claims.print_table(rows)
    page = f"The same as a page: {snapshots / 'index.html'}; as tables: claims.md, claims.csv."
    print(language.translate(page))
    failed = sum(row.verdict == "failed" for row in rows)
    if failed:
        parser.exit(2, f"{parser.prog}: error: every experiment must end, received {failed} that failed\n")


if __name__ == "__main__":
    main()
