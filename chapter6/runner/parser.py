"""An argument parser whose faults are one line and whose help is wrapped in either language."""

import argparse
import re
import textwrap
from pathlib import Path

from chapter6 import language
from chapter6.language import _, current, wrapped


class HelpFormatter(argparse.HelpFormatter):
    """Wraps help as the language chosen wants it, and keeps the paragraphs and lists of a description."""

    def format_help(self):
        # Of the headings, to which Python adds an English colon before 3.13.
        return re.sub("(?<=[\u4e00-\u9fff]):$", "：", super().format_help(), flags=re.MULTILINE)

    def _split_lines(self, text, width):
        text = " ".join(text.split())
        return wrapped(text, width) if current() == "zh" else textwrap.wrap(text, width)

    def _fill_text(self, text, width, indent):
        items = re.split(r"\n\n|\n(?=- )", text)
        filled = [self._filled(item, width) for item in items]
        # What follows an item of a list is one too, or the next paragraph.
        separators = ["\n" if item.startswith("- ") else "\n\n" for item in items[1:]]
        return "".join(part for pair in zip(filled, [*separators, ""], strict=True) for part in pair)

    def _filled(self, text, width):
        rest = "  " if text.startswith("- ") else ""
        if current() == "zh":
            # Between Chinese characters a line break is no space.
            text = re.sub(r"(?<=[!-~])\n(?=[!-~])", " ", text).replace("\n", "")
            return f"\n{rest}".join(wrapped(text, width - len(rest)))
        return textwrap.fill(" ".join(text.split()), width, subsequent_indent=rest)


class Parser(argparse.ArgumentParser):
    """An argument parser whose faults are one line."""

    def __init__(self, **options):
        super().__init__(**{"formatter_class": HelpFormatter, **options})
        # argparse's own pattern takes -1e-3 and -inf for flags and then says that a value is missing.
        self._negative_number_matcher = re.compile(r"-(\.?\d|inf|nan)", re.IGNORECASE)

    def error(self, message):
        line = _("{program}: error: {message}").format(program=self.prog, message=message)
        self.exit(2, f"{line}\n")


def add_language_flag(parser):
    """Add ``--language``, which `chapter6.language.choose` has read already, to a parser."""
    parser.add_argument(
        "--language",
        choices=language.LANGUAGES,
        help=str(_("of what is printed and drawn (default: the locale's)")),
        default=argparse.SUPPRESS,
    )


def path(text):
    """Read a path from a command line; there is none in an empty word."""
    if not text:
        raise rule_broken(_("must not be empty"), "''")
    return Path(text)


def rule_broken(rule, received):
    """Return the error that names a rule of `chapter6.experiment.broken_rule` and the value received."""
    message = _("{rule}, received {received}").format(rule=rule, received=received)
    return argparse.ArgumentTypeError(str(message))
