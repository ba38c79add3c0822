"""The capacity that generalizes best, for tasks of different complexity.

Slide: 6-2, claim i.

Telling two digits apart is an easier task than telling all ten apart. For each task networks with more and
more hidden units learn as many digits, as noisily labelled, by as many updates. If capacity must match the
task, then harder tasks need more hidden units, the capacity of the hardest task overfits the easiest, and
that of the easiest underfits the hardest.
"""

import itertools
from dataclasses import dataclass

import numpy as np

from chapter6.experiment import Finding, Picture, Verdict, ascending, setting
from chapter6.language import N_, MessageList, _
from chapter6.mnist import load_mnist
from chapter6.section_6_2.curves import (
    clearly_higher,
    columns_of,
    errors_in_percent,
    lowest_position,
    regimes_of,
)
from chapter6.section_6_2.settings import CurveSettings

CLAIM = "6-2.i"
SENTENCE = _("Capacity must match the complexity of the task.")
CONDITIONS = (
    _("harder tasks need more hidden units"),
    _("the capacity of the hardest task overfits the easiest"),
    _("the capacity of the easiest task underfits the hardest"),
)


@dataclass(frozen=True)
class Settings(CurveSettings):
    """The tasks, the networks and their training, otherwise as in figure 6-4."""

    classes: tuple[int, ...] = setting(
        (2, 5, 10),
        _("tasks: how many digits, from 0 on, are told apart"),
        minimum=2,
        maximum=10,
        quick=(2, 10),
    )
    units: tuple[int, ...] = setting(
        (1, 2, 4, 8, 16, 32, 64, 128),
        _("hidden units of the one hidden layer"),
        minimum=1,
        maximum=65536,
        quick=(1, 4, 16),
    )
    # More than figure 6-4's: half a point of overfitting counts where two digits are told apart.
    repetitions: int = setting(10, _("sets of digits, noise and initial weights"), minimum=2, quick=2)


def run(settings, folders):
    """Train all networks side by side and draw a curve for each task."""
    from chapter6.section_6_2.complexity_drawing import draw
    from chapter6.section_6_2.networks import Network, Training, errors

    tasks, units = ascending("classes", settings.classes), ascending("units", settings.units, at_least=3)
    networks = [
        Network((n,), settings.digits, settings.noise, classes=classes) for classes in tasks for n in units
    ]
    training = Training(
        (settings.steps,), settings.batch, settings.learning_rate, settings.repetitions, settings.seed
    )
    measured = errors(networks, training, load_mnist(settings.data))
    # [tasks, units, repetitions]
    training_errors, generalization = (
        error[0].reshape(len(tasks), len(units), settings.repetitions) for error in measured
    )
    curves = {
        classes: (units, *pair) for classes, *pair in zip(tasks, training_errors, generalization, strict=True)
    }
    return _make_finding(curves, settings, draw(curves, settings, folders))


def _make_finding(curves, settings, path):
    units = next(iter(curves.values()))[0]
    best = [int(np.mean(error, axis=1).argmin()) for _units, _training, error in curves.values()]
    (_x, _easy_training, easy), *_between, (_y, _hard_training, hard) = curves.values()
    # Two neighbouring numbers of units may do equally well: where each curve is lowest lies between them.
    lowest = [lowest_position(error) for _units, _training, error in curves.values()]
    held = (
        all(one < other for one, other in itertools.pairwise(lowest)),
        clearly_higher(easy[best[-1]], easy[best[0]]),
        clearly_higher(hard[best[0]], hard[best[-1]]),
    )
    return Finding(
        verdict=Verdict.of(held),
        short=_(
            "The generalization error is smallest with {few} hidden units for the easiest task and {many} "
            "for the hardest."
        ).format(few=units[best[0]], many=units[best[-1]]),
        why=_(
            "A hard task needs many units even for its rule. In an easy one the same units are left over, "
            "and fit wrong labels."
        ),
        limits=_limits(held, settings),
        table=_table(curves, best),
        pictures=(
            Picture(
                path,
                _("Compare where the rings are: the more digits are told apart, the further to the right."),
            ),
        ),
    )


def _limits(held, settings):
    text = _(
        "The tasks differ in the number of digits alone, and a number of hidden units is known to within the "
        "step from one to the next; {noise:g}% of the labels are wrong, so that overfitting shows."
    )
    missed = [condition for condition, holds in zip(CONDITIONS, held, strict=True) if not holds]
    if missed:
        text = _(
            "Not clear: {missed}. The tasks differ in the number of digits alone; {noise:g}% of the labels "
            "are wrong, so that overfitting shows."
        )
    return text.format(missed=MessageList(missed), noise=100 * settings.noise)


def _table(curves, best):
    """Return the finding's table: the ends and the minimum of each task, then all other points."""
    telling, others = [], []
    for (classes, (units, training, generalization)), minimum in zip(curves.items(), best, strict=True):
        percent = errors_in_percent(training, generalization)
        regimes = regimes_of(training, generalization, minimum)
        for at, count in enumerate(units):
            row = {
                N_("digits to tell apart"): classes,
                N_("hidden units"): count,
                **{name: column[at] for name, column in percent.items()},
                N_("regime"): regimes[at],
            }
            (telling if at in {0, minimum, len(units) - 1} else others).append(row)
    return columns_of(telling + others)
