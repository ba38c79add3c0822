"""What one experiment is: settings, a run, a finding.

An experiment is a module of a section with

- ``CLAIM`` and ``SENTENCE``, the slides' claim that it tests (a command that tests none has neither);
- ``Settings``, a frozen dataclass whose fields are made by `setting`;
- ``run(settings, folders)``, which does the experiment and returns a `Finding` (or None).
"""

import dataclasses
import difflib
import enum
import math
import os
import types
import typing
from dataclasses import dataclass
from pathlib import Path

from chapter6.errors import InputError
from chapter6.language import N_, Message, MessageList, _

if typing.TYPE_CHECKING:
    import pandas


class Verdict(enum.StrEnum):
    """Whether the slides' claim held in a run."""

    HOLDS = N_("holds")
    PARTLY = N_("holds in part")
    FAILS = N_("does not hold")
    BY_DEFINITION = N_("by definition")

    @classmethod
    def of(cls, conditions):
        """Return HOLDS where all conditions hold, PARTLY where some do, FAILS where none does.

        >>> Verdict.of([True, False])
        <Verdict.PARTLY: 'holds in part'>
        """
        conditions = [bool(condition) for condition in conditions]
        if all(conditions):
            return cls.HOLDS
        return cls.PARTLY if any(conditions) else cls.FAILS

    @classmethod
    def illustrates(cls, conditions):
        """Return BY_DEFINITION where the run shows what is true by construction, FAILS where it does not.

        >>> Verdict.illustrates([True, True])
        <Verdict.BY_DEFINITION: 'by definition'>
        """
        return cls.BY_DEFINITION if all(conditions) else cls.FAILS


@dataclass(frozen=True)
class Picture:
    """A figure of a finding.

    Args:
        path: Path of the PNG or GIF.
        caption: What it shows and where to look, one sentence.
    """

    path: Path
    caption: Message

    def __fspath__(self):
        return os.fspath(self.path)


@dataclass(frozen=True)
class Finding:
    """What an experiment found.

    Args:
        verdict: Whether the claim held in this run.
        short: What to remember: one sentence of at most 25 words and two numbers.
        why: One or two sentences of mechanism.
        limits: What this does not show and, where the claim holds in part, which part.
        table: What was measured, a mapping from column names to equally long columns or a `pandas.DataFrame`:
            units and spreads in columns of their own. Names, and cells that are text, are English texts
            marked for the catalogue.
        pictures: `Picture`s, the most telling first.
    """

    verdict: Verdict
    short: Message
    why: Message
    limits: Message
    table: "pandas.DataFrame"
    pictures: tuple[Picture, ...] = ()

    def __post_init__(self):
        import pandas

        object.__setattr__(self, "table", pandas.DataFrame(self.table))


def setting(default, help, *, quick=None, minimum=None, above=None, maximum=None, below=None, choices=None):
    """Declare a field of an experiment's ``Settings``; the command line makes a flag of it.

    Args:
        default: The value that the slides, or else the reason in `help`, give.
        help: What the setting is, with its unit, and the reason for its default.
        quick: The value under ``--quick``; None leaves the default.
        minimum: Smallest value allowed.
        above: Bound that the value must exceed.
        maximum: Largest value allowed.
        below: Bound that the value must not reach.
        choices: The values allowed, where they can be listed.

    Returns:
        A `dataclasses.field`.

    Example:

    >>> @dataclass(frozen=True)
    ... class Settings:
    ...     steps: int = setting(20_000, "iterations", minimum=1)
    >>> Settings().steps
    20000
    """
    rules = {"minimum": minimum, "above": above, "maximum": maximum, "below": below, "choices": choices}
    return dataclasses.field(default=default, metadata={"help": help, "quick": quick, "rules": rules})


def flags(settings):
    """Return the words of the command line that give settings, a list for each that is not None, by name.

    Args:
        settings: An experiment's ``Settings``.

    Example:

    >>> @dataclass(frozen=True)
    ... class Settings:
    ...     learning_rates: tuple[float, ...] = setting((0.1, 0.01), "learning rates")
    ...     extend: bool = setting(True, "whether to extend the grid")
    >>> flags(Settings(extend=False))
    {'learning_rates': ['--learning-rates', '0.1', '0.01'], 'extend': ['--no-extend']}
    """
    words = {}
    for field in dataclasses.fields(settings):
        name, value = field.name.replace("_", "-"), getattr(settings, field.name)
        if isinstance(value, bool):
            words[field.name] = [f"--{name}" if value else f"--no-{name}"]
        elif value is not None:
            words[field.name] = [f"--{name}", *map(str, value if isinstance(value, tuple) else (value,))]
    return words


def data_setting():
    """Declare the setting ``data``: where MNIST lies."""
    return setting(None, _("MNIST: a folder of IDX files, or an .npz (default: found or fetched)"))


def ascending(name, values, at_least=2):
    """Return the distinct values of a setting in ascending order.

    Args:
        name: The setting's name, for the message.
        values: Numbers.
        at_least: How many distinct ones are needed.

    Raises:
        InputError: There are fewer.

    Example:

    >>> ascending("depths", (5, 2, 5))
    (2, 5)
    """
    distinct = tuple(sorted(set(values)))
    if len(distinct) < at_least:
        message = _("{name} must be at least {count} different numbers, received {values}")
        raise InputError(message.format(name=name, count=at_least, values=values))
    return distinct


# What a value of another type than a setting's is told.
TYPE_RULES = {
    int: _("must be a whole number"),
    float: _("must be a number"),
    bool: _("must be True or False"),
    str: _("must be a text"),
    Path: _("must be a path"),
}


def value_type(annotation):
    """Return the type of one value of a setting, and whether the setting takes several of them.

    Args:
        annotation: The type of the field.

    >>> value_type(tuple[int, ...])
    (<class 'int'>, True)
    """
    if typing.get_origin(annotation) is tuple:
        return typing.get_args(annotation)[0], True
    if isinstance(annotation, types.UnionType):
        return next(kind for kind in typing.get_args(annotation) if kind is not types.NoneType), False
    return annotation, False


def nearest(word, known):
    """Return a `Message` with the known word nearest to a word, or with all of them where none is near."""
    close = difflib.get_close_matches(word, known, n=1, cutoff=0.7)
    if close:
        return _("did you mean {word}?").format(word=close[0])
    return _("there is {words}").format(words=MessageList(known))


def broken_rule(value, rules):
    """Return the first rule of `setting` that a value breaks, a `Message`, or None."""
    if isinstance(value, float) and not math.isfinite(value):
        return _("must be a finite number")
    if isinstance(value, int) and abs(value) >= 2**63:
        return _("must be less than 2**63 in size")
    if rules["choices"] is not None and value not in rules["choices"]:
        return _("must be one of {choices}").format(choices=", ".join(map(str, rules["choices"])))
    if rules["minimum"] is not None and value < rules["minimum"]:
        return _("must be at least {limit}").format(limit=rules["minimum"])
    if rules["above"] is not None and value <= rules["above"]:
        return _("must be greater than {limit}").format(limit=rules["above"])
    if rules["maximum"] is not None and value > rules["maximum"]:
        return _("must be at most {limit}").format(limit=rules["maximum"])
    if rules["below"] is not None and value >= rules["below"]:
        return _("must be less than {limit}").format(limit=rules["below"])
    return None


def change_settings(settings, **given):
    """Return settings with some changed, checked by the rules of `setting`.

    Args:
        settings: An experiment's ``Settings``.
        **given: Values by name. A list stands for a tuple, a whole number for a float.

    Raises:
        InputError: A name that the settings do not have, or a value that breaks a rule.

    Example:

    >>> @dataclass(frozen=True)
    ... class Settings:
    ...     steps: int = setting(20_000, "iterations", minimum=1)
    >>> change_settings(Settings(), steps=300)
    Settings(steps=300)
    """
    fields = {field.name: field for field in dataclasses.fields(settings)}
    for name, value in given.items():
        if name not in fields:
            message = _("nothing here is called {word!r}; {nearest}")
            raise InputError(message.format(word=name, nearest=nearest(name, list(fields))))
        given[name] = _checked(fields[name], value)
    return dataclasses.replace(settings, **given)


def _checked(field, value):
    """Return a value of the type of a field, or raise the `InputError` that names the rule it breaks."""
    kind, many = value_type(field.type)
    if many:
        values = value if isinstance(value, list | tuple) else (value,)
        return tuple(_checked_value(field, kind, each) for each in values)
    return value if value is None and field.default is None else _checked_value(field, kind, value)


def _checked_value(field, kind, value):
    if kind is float and isinstance(value, int) and not isinstance(value, bool):
        value = float(value)
    if kind is Path and isinstance(value, str):
        value = Path(value)
    if isinstance(value, kind) and isinstance(value, bool) == (kind is bool):
        rule = broken_rule(value, field.metadata["rules"])
    else:
        rule = TYPE_RULES[kind]
    if rule is not None:
        message = _("{name} {rule}, received {received}")
        raise InputError(message.format(name=field.name, rule=rule, received=repr(value)))
    return value


def quick(settings_class):
    """Return a ``Settings`` with the small values that ``--quick`` stands for."""
    small = {
        field.name: field.metadata["quick"]
        for field in dataclasses.fields(settings_class)
        if field.metadata["quick"] is not None
    }
    return settings_class(**small)
