"""A small section of its own, for the command line to run, and its first experiment's defaults."""

SECTION = "section_of_tests"

MODULES = {
    "__init__": '''
"""6-0, a section of tests."""

EXPERIMENTS = ("first", "second")
COMMANDS = ("fail", "quiet", "heavy", "sleep")
''',
    "__main__": f'''
from chapter6.runner.command_line import main

main("{SECTION}")
''',
    "first": '''
"""Draw 100% of everything.

Slide: 6-0, claim a. {braces}, %(percent)d and [brackets] stay.
"""

import json
from dataclasses import asdict, dataclass
from pathlib import Path

from chapter6.experiment import Finding, Picture, Verdict, setting
from chapter6.language import Message

CLAIM = "6-0.a"
SENTENCE = "Every loss lies in [0, 1], and [bold]nothing[/bold] is :smile:."


@dataclass(frozen=True)
class Settings:
    """All kinds of settings."""

    steps: int = setting(400, "iterations, 100% of them", minimum=1, maximum=1000, quick=20)
    learning_rate: float = setting(0.1, "how fast", above=0, below=10)
    offset: float = setting(0.0, "any number", quick=0.5)
    shift: int = setting(0, "any whole number")
    kind: str = setting("70% plain", "which", choices=("70% plain", "other"))
    word: str = setting("", "any word")
    data: Path | None = setting(None, "where from")
    rates: tuple[float, ...] = setting((0.1, 0.2), "several", above=-1, quick=(0.3,))
    units: tuple[int, ...] = setting((), "several", minimum=1)
    names: tuple[str, ...] = setting(("a",), "several")
    fresh: bool = setting(False, "anew")
    mirrored: bool = setting(True, "as in a mirror", quick=False)


def run(settings, folders):
    folders.snapshots.mkdir(parents=True, exist_ok=True)
    path = folders.snapshots / "settings.json"
    path.write_text(json.dumps(asdict(settings), default=str))
    text = "Losses are in [0, 1], [red]red[/red] ones :smile: too; " + "and so it goes on, " * 8 + "to 0.123."
    return Finding(
        verdict=Verdict.HOLDS,
        short=Message(text),
        why=Message("A [bold]reason[/bold]."),
        limits=Message("A limit."),
        table={"[name]": ["a"] * 13, "loss": [0.123456] * 13},
        pictures=(Picture(folders.snapshots / ("a-long-name-" * 8 + ".png"), Message("A [caption].")),),
    )
''',
    "second": '''
"""Say nothing."""

from dataclasses import dataclass

from chapter6.experiment import setting


@dataclass(frozen=True)
class Settings:
    """One."""

    data: str = setting("none", "other data")


def run(settings, folders):
    print("second:", settings.data, folders.checkpoints)
''',
    "fail": '''
"""Fail in one of several ways."""

from dataclasses import dataclass

from chapter6.errors import InputError, RunError
from chapter6.experiment import setting

FAULTS = {
    "input": InputError("a batch must be small,\\n  received 9"),
    "run": RunError("losses must be finite, received nan"),
    "disk": OSError(28, "No space left on device", "events"),
    "os": OSError("something odd"),
    "ctrl-c": KeyboardInterrupt(),
    "exit": SystemExit(143),
    "bug": ValueError("a bug"),
}


@dataclass(frozen=True)
class Settings:
    """How."""

    how: str = setting("input", "how", choices=tuple(FAULTS))


def run(settings, folders):
    raise FAULTS[settings.how]
''',
    "quiet": '''
"""Write on both streams."""

import sys
from dataclasses import dataclass


@dataclass(frozen=True)
class Settings:
    """None."""


def run(settings, folders):
    print("out")
    print("error", file=sys.stderr)
''',
    "heavy": '''
"""Import TensorFlow."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Settings:
    """None."""


def run(settings, folders):
    import tensorflow

    print("out of", tensorflow.__name__)
''',
    "sleep": '''
"""Sleep."""

import time
from dataclasses import dataclass


@dataclass(frozen=True)
class Settings:
    """None."""


def run(settings, folders):
    print("asleep", flush=True)
    time.sleep(60)
''',
}

DEFAULTS = {
    "steps": 400,
    "learning_rate": 0.1,
    "offset": 0.0,
    "shift": 0,
    "kind": "70% plain",
    "word": "",
    "data": None,
    "rates": [0.1, 0.2],
    "units": [],
    "names": ["a"],
    "fresh": False,
    "mirrored": True,
}
