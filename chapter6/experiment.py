"""What one experiment is: settings, a run, a finding.

An experiment is a module of a section with

- ``CLAIM`` and ``SENTENCE``, the slides' claim that it tests (a command that tests none has neither);
- ``Settings``, a frozen dataclass whose fields are made by `setting`;
- ``run(settings, folders)``, which does the experiment and returns a `Finding` (or None).
"""

import dataclasses
import enum
import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from chapter6.errors import InputError


class Verdict(enum.StrEnum):
    """Whether the slides' claim held in this run."""

    HOLDS = "holds"
    PARTLY = "holds in part"
    FAILS = "does not hold"

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


@dataclass(frozen=True)
class Finding:
    """What an experiment found.

    Args:
        verdict: Whether the claim held in this run.
        measured: One or two sentences with the measured numbers and their spread.
        pictures: Paths of the figures, the most telling first.
        numbers: The measured numbers by name, for a program that reads them.
    """

    verdict: Verdict
    measured: str
    pictures: tuple[Path, ...] = ()
    numbers: Mapping[str, float] = dataclasses.field(default_factory=dict)


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


def data_setting():
    """Declare the setting ``data``: where MNIST lies."""
    return setting(None, "MNIST: a folder of IDX files, or an .npz (default: found or fetched)")


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
        raise InputError(f"{name} must be at least {at_least} different numbers, received {values}")
    return distinct


def broken_rule(value, rules):
    """Return the first rule of `setting` that a value breaks, in words, or None."""
    if isinstance(value, float) and not math.isfinite(value):
        return "must be a finite number"
    if isinstance(value, int) and abs(value) >= 2**63:
        return "must be less than 2**63 in size"
    if rules["choices"] is not None and value not in rules["choices"]:
        return "must be one of " + ", ".join(map(str, rules["choices"]))
    if rules["minimum"] is not None and value < rules["minimum"]:
        return f"must be at least {rules['minimum']}"
    if rules["above"] is not None and value <= rules["above"]:
        return f"must be greater than {rules['above']}"
    if rules["maximum"] is not None and value > rules["maximum"]:
        return f"must be at most {rules['maximum']}"
    if rules["below"] is not None and value >= rules["below"]:
        return f"must be less than {rules['below']}"
    return None


def quick(settings_class):
    """Return a ``Settings`` with the small values that ``--quick`` stands for."""
    small = {
        field.name: field.metadata["quick"]
        for field in dataclasses.fields(settings_class)
        if field.metadata["quick"] is not None
    }
    return settings_class(**small)
