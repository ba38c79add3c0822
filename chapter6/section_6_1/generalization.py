"""A start that trains fast, and the test error of what it has then learned.

Slide: 6-1, claim i.

Deep relu networks learn a few digits by gradient descent on all of them at once. They differ in the size of
their initial weights alone: `xavier_init`, which keeps the size of signals, times 1 to 1.5. Counted are the
steps to the same low training loss; compared is the test error at that very step, so that all have been
optimized equally far.
"""

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from chapter6.experiment import Finding, Picture, Verdict, ascending, data_setting, setting
from chapter6.language import N_, _
from chapter6.mnist import load_mnist

CLAIM = "6-1.i"
SENTENCE = _("Some starting points are good for optimization but bad for generalization.")


@dataclass(frozen=True)
class Settings:
    """The networks, the data and the descent."""

    data: Path | None = data_setting()
    images: int = setting(
        300, _("training images; few, so that they can be fitted by heart"), minimum=20, quick=100
    )
    scales: tuple[float, ...] = setting(
        (1.0, 1.25, 1.5), _("factors of the initial weights; the least is the one compared with"), above=0
    )
    hidden_layers: int = setting(5, _("hidden layers of relu units"), minimum=1, quick=3)
    units: int = setting(64, _("units of each hidden layer"), minimum=1, quick=32)
    learning_rate: float = setting(0.03, _("learning rate; the loss falls from all of these starts"), above=0)
    steps: int = setting(300, _("steps of gradient descent, all images in each"), minimum=10, quick=150)
    target: float = setting(0.1, _("training loss to reach, in nats"), above=0)
    networks: int = setting(4, _("networks for each factor"), minimum=2, quick=2)
    seed: int = setting(0, _("seed of everything that is random"), minimum=0)


def run(settings, folders):
    """Train all networks at once; find when each reaches the target, and its test error then."""
    from chapter6.event_files import event_file, write_scalars
    from chapter6.section_6_1.generalization_drawing import draw
    from chapter6.section_6_1.scaled_weights import EVERY, train_scaled

    settings = replace(settings, scales=ascending("scales", settings.scales))
    losses, errors = train_scaled(load_mnist(settings.data), settings)
    reached = losses <= settings.target
    steps = np.where(reached.any(axis=0), reached.argmax(axis=0), np.inf)
    # Of the last measurement before the target is reached, and the last of all where it is not.
    last = np.minimum(steps, len(losses) - 1).astype(int) // EVERY
    at_target = np.take_along_axis(errors, last[None], axis=0)[0]
    picture = draw(losses, errors, settings, folders)
    for row, scale in enumerate(settings.scales):
        with event_file(folders.snapshots, f"scale {scale:g}"):
            write_scalars("training_loss", losses[::EVERY, row].mean(axis=1), range(0, len(losses), EVERY))
            write_scalars("test_error", errors[:, row].mean(axis=1), range(0, len(losses), EVERY))
    return _make_finding(steps, at_target, picture, settings)


def _make_finding(steps, errors, picture, settings):
    """Return the `Finding` from steps to the target and test errors then, both [scales, networks]."""
    medians = np.median(steps, axis=1)
    fastest = medians.argmin()
    # Every network from the fastest start is worse than every one from the least weights.
    conditions = (medians[fastest] < medians[0], errors[fastest].min() > errors[0].max())
    return Finding(
        verdict=Verdict.of(conditions),
        short=_short(fastest, errors.mean(axis=1), settings),
        why=_(
            "Larger weights make larger gradients: the digits are fitted soon, after a smaller relative "
            "change of the weights, and more of the random start is left in what the network computes."
        ),
        limits=_(
            "One architecture, a few hundred digits and one learning rate; at twice the rate all train "
            "faster, and the larger weights still generalize worse."
        ),
        table={
            N_("scale"): settings.scales,
            N_("median steps"): medians,
            N_("least"): steps.min(axis=1),
            N_("most"): steps.max(axis=1),
            N_("test error (%)"): 100 * errors.mean(axis=1),
            N_("std. dev."): 100 * errors.std(axis=1, ddof=1),
        },
        pictures=(
            Picture(
                picture,
                _(
                    "Left: larger weights reach the low training loss sooner; right: follow a vertical line, "
                    "where the training loss is the same, and the larger weights have the higher test error."
                ),
            ),
        ),
    )


def _short(fastest, errors, settings):
    if fastest == 0:
        return _("No larger initial weights train faster than those of factor {scale:g}.").format(
            scale=settings.scales[0]
        )
    return _(
        "At the same training loss the fastest start misclassifies {fastest:.0%} of the test digits, the "
        "start from smaller weights {least:.0%}."
    ).format(fastest=errors[fastest], least=errors[0])
