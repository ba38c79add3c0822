"""The command line that every section shares: ``python -m chapter6.section_6_x [NAME] [flags]``."""

import argparse
import dataclasses
import difflib
import importlib
import os
import re
import shlex
import signal
import sys
import time
import types
import typing
from pathlib import Path

from chapter6 import language
from chapter6.artifacts import Folders
from chapter6.docstrings import docstring, title
from chapter6.errors import InputError, RunError
from chapter6.experiment import broken_rule, quick
from chapter6.runner.backend import import_tensorflow

SECTION_FLAGS = ("--quick", "--output", "--data", "--language", "--help", "-h")


def main(section, arguments=None):
    """Run what a section's command line asks for.

    Args:
        section: The section's package, ``"chapter6.section_6_4"``. It names its ``EXPERIMENTS`` in slide
            order and, where it has any, further ``COMMANDS`` that running the whole section leaves out.
        arguments: The words of the command line; None takes the process' own.

    Returns:
        None. A fault ends the process: 2 after one line on standard error, 130 after Ctrl-C.
    """
    words = sys.argv[1:] if arguments is None else arguments
    # Before anything is parsed: help is in this language too.
    language.choose(words)
    package = importlib.import_module(section)
    modules = modules_of(package, package.EXPERIMENTS + getattr(package, "COMMANDS", ()))
    parser = _parser(section, package, modules)
    parsed = _parse(parser, modules, words)
    try:
        if parsed.name is None:
            parser.print_help()
        for name in [parsed.name] if parsed.name else package.EXPERIMENTS:
            settings = _settings(modules[name], parsed)
            folders = Folders.of(section.rpartition(".")[2], name, parsed.output, parsed.quick)
            run(modules[name], settings, folders)
    except BrokenPipeError:
        # The reader of the output has gone; `chapter6.runner.start` ends the process.
        raise
    except (InputError, RunError, OSError) as error:
        parser.exit(2, f"{parser.prog}: error: {one_line(error)}\n")
    except KeyboardInterrupt:
        parser.exit(128 + signal.SIGINT, f"{parser.prog}: interrupted\n")


def modules_of(package, names):
    """Return the modules of a section's package that have these names, a dict."""
    return {name: importlib.import_module(f"{package.__name__}.{name}") for name in names}


def _refuse_unwritable(folders):
    """Refuse, before any work is done, folders that nothing can be written to."""
    for folder in (folders.snapshots, folders.checkpoints):
        existing = next(parent for parent in (folder, *folder.parents) if parent.exists())
        if not existing.is_dir() or not os.access(existing, os.W_OK | os.X_OK):
            raise InputError(f"--output must be a folder that can be written to, received {existing}")


def run(module, settings, folders):
    """Run an experiment and print what it found.

    Args:
        module: The experiment.
        settings: Its ``Settings``.
        folders: `Folders` to write to.

    Returns:
        The `Finding`, or None, and the seconds that it took.

    Raises:
        InputError: The folders cannot be written to; further whatever the experiment raises.
    """
    _refuse_unwritable(folders)
    import_tensorflow()
    started = time.perf_counter()
    finding = module.run(settings, folders)
    seconds = time.perf_counter() - started
    if finding is not None:
        _print_finding(module, finding, seconds)
    if any(folders.snapshots.rglob("events.out.tfevents.*")):
        print(f"  {_label('events')}tensorboard --logdir {_quoted(folders.snapshots)}")
    return finding, seconds


def _quoted(path):
    """Return a path as the shell, or Windows' command line, takes it."""
    if os.name == "nt":
        return f'"{path}"' if " " in str(path) else str(path)
    return shlex.quote(str(path))


def _print_finding(module, finding, seconds):
    from rich.console import Console
    from rich.padding import Padding

    console = Console(highlight=False, emoji=False)
    console.print()
    console.print(language.for_rich(f"{module.CLAIM}  {language.translate(module.SENTENCE)}", "bold"))
    measured = language.for_rich(_label("measured") + language.translate(finding.measured))
    console.print(Padding(measured, (0, 0, 0, 2)))
    verdict = f"{language.translate(finding.verdict)} ({seconds:.1f} s)"
    console.print(f"  {_label('verdict')}{verdict}", markup=False)
    for picture in finding.pictures:
        console.print(f"  {_label('picture')}{picture}", markup=False, soft_wrap=True)


def _label(word):
    return f"{word:10}" if language.current() == "en" else f"{language.translate(word)}  "


class Parser(argparse.ArgumentParser):
    """An argument parser whose faults are one line."""

    def __init__(self, **options):
        super().__init__(**options)
        # argparse's own pattern takes -1e-3 and -inf for flags and then says that a value is missing.
        self._negative_number_matcher = re.compile(r"-(\.?\d|inf|nan)", re.IGNORECASE)

    def error(self, message):
        self.exit(2, f"{self.prog}: error: {message}\n")


def _parser(section, package, modules):
    parser = Parser(
        prog=f"python -m {section}",
        description=_described(package),
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    _add_common_flags(parser)
    parser.add_argument(
        "--data", type=path, metavar="PATH", help="MNIST for them all: a folder of IDX files, or an .npz"
    )
    choices = parser.add_subparsers(dest="name", metavar="NAME", parser_class=Parser)
    for name, module in modules.items():
        heading = language.translate(title(module))
        claim = f"{module.CLAIM}  " if hasattr(module, "CLAIM") else ""
        choice = choices.add_parser(
            name,
            help=_literal(claim + heading),
            description=_described(module),
            formatter_class=argparse.RawDescriptionHelpFormatter,
            allow_abbrev=False,
        )
        _add_common_flags(choice)
        for field in dataclasses.fields(module.Settings):
            _add_flag(choice, field)
    return parser


def _described(module):
    first, line, rest = docstring(module).partition("\n")
    return language.translate(first) + line + rest


def _add_common_flags(parser):
    left_out = {"default": argparse.SUPPRESS}
    parser.add_argument("--quick", action="store_true", help="a small, fast version", **left_out)
    parser.add_argument(
        "--output",
        type=path,
        metavar="FOLDER",
        help="make snapshots/ and checkpoints/ under this folder (default: here)",
        **left_out,
    )
    add_language_flag(parser)


def add_language_flag(parser):
    """Add ``--language``, which `language.choose` has read already, to a parser."""
    parser.add_argument(
        "--language",
        choices=language.LANGUAGES,
        help="of titles, findings and figures (default: the locale's)",
        default=argparse.SUPPRESS,
    )


def _add_flag(parser, field):
    flag = "--" + field.name.replace("_", "-")
    described = field.metadata["help"]
    if field.default not in (None, ()) and field.type is not bool:
        described += f" (default: {_format_value(field.default)})"
    if field.type is bool:
        parser.add_argument(
            flag, action=argparse.BooleanOptionalAction, default=argparse.SUPPRESS, help=_literal(described)
        )
        return
    kind, many = _kind(field.type)
    parser.add_argument(
        flag,
        type=_reader(kind, field.metadata["rules"]),
        nargs="+" if many else None,
        metavar=kind.__name__.upper(),
        default=argparse.SUPPRESS,
        help=_literal(described),
    )


def _literal(text):
    # argparse formats its help with the % operator.
    return text.replace("%", "%%")


def _format_value(value):
    return " ".join(map(str, value)) if isinstance(value, tuple) else str(value)


def _kind(annotation):
    """Return the type of one value and whether the field takes several of them."""
    if typing.get_origin(annotation) is tuple:
        return typing.get_args(annotation)[0], True
    if isinstance(annotation, types.UnionType):
        return next(kind for kind in typing.get_args(annotation) if kind is not types.NoneType), False
    return annotation, False


def _reader(kind, rules):
    if kind is Path:
        return path

    def read(text):
        try:
            value = kind(text)
        except ValueError:
            expected = {int: "a whole number", float: "a number"}[kind]
            raise argparse.ArgumentTypeError(f"must be {expected}, received {text!r}") from None
        rule = broken_rule(value, rules)
        if rule:
            received = text if kind in (int, float) else repr(text)
            raise argparse.ArgumentTypeError(f"{rule}, received {received}")
        return value

    return read


def path(text):
    """Read a path from a command line; there is none in an empty word."""
    if not text:
        raise argparse.ArgumentTypeError("must not be empty, received ''")
    return Path(text)


def _parse(parser, modules, arguments):
    _refuse_unknown_name(parser, modules, arguments)
    parsed, unknown = parser.parse_known_args(arguments)
    if unknown:
        fields = dataclasses.fields(modules[parsed.name].Settings)
        known = [
            *("--" + field.name.replace("_", "-") for field in fields),
            "--quick",
            "--output",
            "--language",
            "--help",
        ]
        word = unknown[0].partition("=")[0]
        parser.error(f"unknown argument {word}{nearest(word, known)}")
    for flag, default in {"quick": False, "output": None}.items():
        if not hasattr(parsed, flag):
            setattr(parsed, flag, default)
    return parsed


def _refuse_unknown_name(parser, modules, arguments):
    # argparse would take the value of an unknown flag before the NAME for the NAME.
    words = iter(arguments)
    for word in words:
        if not word.startswith("-"):
            if word not in modules:
                parser.error(f"nothing here is called {word!r}{nearest(word, list(modules))}")
            return
        flag = word.partition("=")[0]
        if flag not in SECTION_FLAGS:
            parser.error(f"unknown argument {flag} before a NAME{nearest(flag, SECTION_FLAGS)}")
        if word in ("--data", "--output", "--language"):
            next(words, None)


def nearest(word, known):
    nearest = difflib.get_close_matches(word, known, n=1, cutoff=0.7)
    return f"; did you mean {nearest[0]}?" if nearest else "; there is " + ", ".join(known)


def _settings(module, parsed):
    base = quick(module.Settings) if parsed.quick else module.Settings()
    given = {
        field.name: tuple(value) if isinstance(value := getattr(parsed, field.name), list) else value
        for field in dataclasses.fields(module.Settings)
        if getattr(parsed, field.name, None) is not None
    }
    return dataclasses.replace(base, **given)


def one_line(error):
    """Return what an error says, in one line."""
    if isinstance(error, OSError) and error.strerror:
        return f"{error.strerror}: {error.filename}" if error.filename else error.strerror
    return " ".join(str(error).split())
