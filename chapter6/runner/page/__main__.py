"""Make the page that ships, ``snapshots/gallery/chapter6.html``: ``python -m chapter6.runner.page``.

Verdicts and sentences are those of the shipped results; pictures, tables and the rest are of a whole run.
"""

import sys

from chapter6.runner.page import NAME, save_page
from chapter6.runner.page.entries import collect
from chapter6.runner.parser import Parser, path
from chapter6.runner.readmes import ROOT, shipped_machine


def main(arguments=None):
    """Make the page and print its path and size.

    Args:
        arguments: The words of the command line; None takes the process' own.
    """
    parser = Parser(
        prog="python -m chapter6.runner.page",
        description="Make the page that ships, of the shipped results and of what a whole run has left.",
    )
    parser.add_argument(
        "--output", type=path, metavar="FOLDER", help="the --output of `all`, or where it ran (default: here)"
    )
    parsed = parser.parse_args(sys.argv[1:] if arguments is None else arguments)
    entries = collect(parsed.output, shipped=True)
    made = save_page(entries, ROOT / "snapshots" / "gallery" / NAME, ran_on=shipped_machine())
    print(f"{made}: {made.stat().st_size:,} bytes")
    for entry in entries:
        if entry.finding is None:
            print(f"no finding: {entry.claim.command}")


if __name__ == "__main__":
    main()
