"""The command line that every section shares: ``python -m chapter6.section_6_x [NAME] [flags]``."""

import argparse
import contextlib
import dataclasses
import importlib
import os
import shlex
import signal
import sys
import time
from pathlib import Path

from chapter6 import language
from chapter6.artifacts import Folders, save_csv
from chapter6.docstrings import body, title
from chapter6.errors import InputError, RunError
from chapter6.experiment import TYPE_RULES, broken_rule, nearest, quick, value_type
from chapter6.language import _, translate
from chapter6.progress import elapsed_time
from chapter6.runner.backend import import_tensorflow
from chapter6.runner.findings import remove_finding, save_finding
from chapter6.runner.parser import Parser, add_language_flag, path, rule_broken
from chapter6.runner.terminal import print_finding

SECTION_FLAGS = ("--quick", "--output", "--data", "--language", "--help", "-h")

INTERRUPTED = _("interrupted")


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
            run(modules[name], settings, folders, parsed.quick)
    except BrokenPipeError:
        # The reader of the output has gone; `chapter6.runner.start` ends the process.
        raise
    except (InputError, RunError, OSError) as error:
        parser.error(one_line(error))
    except KeyboardInterrupt:
        parser.exit(128 + signal.SIGINT, f"{parser.prog}: {INTERRUPTED}\n")


def modules_of(package, names):
    """Return the modules of a section's package that have these names, a dict."""
    return {name: importlib.import_module(f"{package.__name__}.{name}") for name in names}


def _refuse_unwritable(folders):
    """Refuse, before any work is done, folders that nothing can be written to."""
    for folder in (folders.snapshots, folders.checkpoints):
        existing = next(parent for parent in (folder, *folder.parents) if parent.exists())
        if not existing.is_dir() or not os.access(existing, os.W_OK | os.X_OK):
            message = _("--output must be a folder that can be written to, received {folder}")
            raise InputError(message.format(folder=existing))


def run(module, settings, folders, small=False):
    """Run an experiment, save its finding, and print what it found.

    Args:
        module: The experiment.
        settings: Its ``Settings``.
        folders: `Folders` to write to.
        small: Whether this is a quick run, which is too small for a verdict.

    Returns:
        The `Finding`, or None, and the seconds that it took.

    Raises:
        InputError: The folders cannot be written to; further whatever the experiment raises.
    """
    _refuse_unwritable(folders)
    announce_tensorflow()
    import_tensorflow()
    remove_finding(folders.snapshots)
    started = time.perf_counter()
    # A command that finds nothing is short, or prints as it goes on.
    shown = elapsed_time(translate(title(module))) if hasattr(module, "CLAIM") else contextlib.nullcontext()
    with shown:
        finding = module.run(settings, folders)
    seconds = time.perf_counter() - started
    if finding is not None:
        save_csv(folders.snapshots / "finding.csv", finding.table.to_dict("list"))
        save_finding(finding, settings, seconds, folders.snapshots, small)
        print_finding(module, finding, seconds, folders, small)
    if any(folders.snapshots.rglob("events.out.tfevents.*")):
        command = f"tensorboard --logdir {_quoted(folders.snapshots)}"
        print("  " + str(_("In TensorBoard: {command}").format(command=command)))
    return finding, seconds


def announce_tensorflow():
    """Say on a terminal, at once, what is awaited: loading TensorFlow takes seconds."""
    if "tensorflow" not in sys.modules and sys.stdout.isatty():
        print(_("Loading TensorFlow"), flush=True)


def _quoted(path):
    """Return a path as the shell, or Windows' command line, takes it."""
    if os.name == "nt":
        return f'"{path}"' if " " in str(path) else str(path)
    return shlex.quote(str(path))


def _parser(section, package, modules):
    parser = Parser(
        prog=f"python -m {section}",
        description=_described(package),
        allow_abbrev=False,
    )
    _add_common_flags(parser)
    parser.add_argument(
        "--data",
        type=path,
        metavar="PATH",
        help=str(_("MNIST for all of them: a folder of IDX files, or an .npz")),
    )
    choices = parser.add_subparsers(dest="name", metavar="NAME", parser_class=Parser)
    for name, module in modules.items():
        heading = translate(title(module))
        claim = f"{module.CLAIM}  " if hasattr(module, "CLAIM") else ""
        choice = choices.add_parser(
            name,
            help=_literal(claim + heading),
            description=_described(module),
            allow_abbrev=False,
        )
        _add_common_flags(choice)
        for field in dataclasses.fields(module.Settings):
            _add_flag(choice, field)
    return parser


def _described(module):
    return "\n\n".join(translate(part) for part in (title(module), body(module)) if part)


def _add_common_flags(parser):
    left_out = {"default": argparse.SUPPRESS}
    parser.add_argument("--quick", action="store_true", help=str(_("a small, fast version")), **left_out)
    parser.add_argument(
        "--output",
        type=path,
        metavar="FOLDER",
        help=str(_("make snapshots/ and checkpoints/ under this folder (default: here)")),
        **left_out,
    )
    add_language_flag(parser)


def _add_flag(parser, field):
    flag = "--" + field.name.replace("_", "-")
    described = field.metadata["help"]
    if field.default not in (None, ()) and field.type is not bool:
        described = _("{help} (default: {value})").format(help=described, value=_format_value(field.default))
    if field.type is bool:
        parser.add_argument(
            flag, action=argparse.BooleanOptionalAction, default=argparse.SUPPRESS, help=_literal(described)
        )
        return
    kind, many = value_type(field.type)
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
    return str(text).replace("%", "%%")


def _format_value(value):
    return " ".join(map(str, value)) if isinstance(value, tuple) else str(value)


def _reader(kind, rules):
    if kind is Path:
        return path

    def read(text):
        try:
            value = kind(text)
        except ValueError:
            raise rule_broken(TYPE_RULES[kind], repr(text)) from None
        rule = broken_rule(value, rules)
        if rule:
            raise rule_broken(rule, text if kind in (int, float) else repr(text))
        return value

    return read


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
        parser.error(_("unknown argument {word}; {nearest}").format(word=word, nearest=nearest(word, known)))
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
                message = _("nothing here is called {word!r}; {nearest}")
                parser.error(message.format(word=word, nearest=nearest(word, list(modules))))
            return
        flag = word.partition("=")[0]
        if flag not in SECTION_FLAGS:
            message = _("unknown argument {flag} before a NAME; {nearest}")
            parser.error(message.format(flag=flag, nearest=nearest(flag, SECTION_FLAGS)))
        if word in ("--data", "--output", "--language"):
            next(words, None)


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
