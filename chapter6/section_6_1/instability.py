"""Starts at which the training loss leaps up instead of falling, and starts at which it diverges.

Slide: 6-1, claim j.

Deep relu networks learn a few digits by gradient descent on all of them at once, from `xavier_init` times
different factors. Without the noise of batches the loss of a stable network falls, but for ripples; counted
are the steps at which it rises, and by how much. A network fails if it ends above nine tenths of ln 10, the
loss of guessing, and trains if it ends below half of that. Too small a start stays on a plateau.
"""

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from chapter6.experiment import Finding, Picture, Verdict, ascending, data_setting, setting
from chapter6.language import N_, _
from chapter6.mnist import load_mnist

CLAIM = "6-1.j"
SENTENCE = _("Some starting points make a model very unstable, so that training fails altogether.")


@dataclass(frozen=True)
class Settings:
    """The networks, the data and the descent."""

    data: Path | None = data_setting()
    images: int = setting(300, _("training images, all in every step"), minimum=20, quick=100)
    scales: tuple[float, ...] = setting(
        (0.5, 1.0, 1.5, 2.0, 3.0), _("factors of the initial weights; 1 keeps the size of signals"), above=0
    )
    hidden_layers: int = setting(5, _("hidden layers of relu units"), minimum=1)
    units: int = setting(64, _("units of each hidden layer"), minimum=1, quick=32)
    learning_rate: float = setting(0.02, _("learning rate; without leaps at factor 1"), above=0)
    steps: int = setting(150, _("steps of gradient descent"), minimum=10, quick=80)
    networks: int = setting(4, _("networks for each factor"), minimum=2, quick=2)
    seed: int = setting(0, _("seed of everything that is random"), minimum=0)


# A loss leaps when it rises by more than a tenth in one step. What ripples a stable descent has are below
# that; from unstable starts it more than doubles.
LEAP = 1.1
# A network has failed that has lost less than a tenth of the loss of guessing.
FAILED_ABOVE = 0.9 * np.log(10)


def run(settings, folders):
    """Train all networks at once and look for rises of the loss."""
    from chapter6.event_files import event_file, write_scalars
    from chapter6.section_6_1.instability_drawing import draw
    from chapter6.section_6_1.scaled_weights import EVERY, train_scaled

    settings = replace(settings, scales=ascending("scales", settings.scales))
    losses, errors = train_scaled(load_mnist(settings.data), settings)
    # Once it has overflowed, a loss stays so.
    losses = np.where(np.isfinite(losses), losses, np.inf)
    picture = draw(losses, settings, folders)
    for row, scale in enumerate(settings.scales):
        with event_file(folders.snapshots, f"scale {scale:g}"):
            write_scalars("training_loss", np.median(losses[:, row], axis=1))
            write_scalars("test_error", errors[:, row].mean(axis=1), range(0, len(losses), EVERY))
    return _make_finding(losses, picture, settings)


def _make_finding(losses, picture, settings):
    """Return the `Finding` from the training losses, [steps, scales, networks], infinite after overflow."""
    finite = np.isfinite(losses[:-1])
    rises = np.where(finite, losses[1:] / np.where(finite, losses[:-1], 1), np.inf)
    largest = rises.max(axis=0)
    failed = losses[-1] > FAILED_ABOVE
    # At this scale most networks leap and then fail.
    exploded = ((largest > LEAP) & failed).mean(axis=1) > 0.5
    # That the same networks train steadily from another start shows that it is the start that matters.
    steady = (largest <= LEAP).all(axis=1) & (losses[-1] < np.log(10) / 2).all(axis=1)
    return Finding(
        verdict=Verdict.of((exploded.any(), steady.any())),
        short=_short(exploded, steady, settings),
        why=_(
            "The larger the weights, the more the loss curves, as the factors of all layers multiply. A step "
            "too long for the curvature leads uphill, and the next one starts still higher."
        ),
        limits=_(
            "One architecture and one learning rate; a smaller one moves the border to larger weights. "
            "Of small weights it shows a plateau, no instability."
        ),
        table={
            N_("scale"): settings.scales,
            N_("initial loss"): np.median(losses[0], axis=1),
            N_("steps uphill"): np.median((rises > 1).sum(axis=0), axis=1),
            N_("largest rise"): np.median(largest, axis=1),
            N_("last loss"): np.median(losses[-1], axis=1),
            N_("failed (%)"): 100 * failed.mean(axis=1),
        },
        pictures=(
            Picture(
                picture,
                _(
                    "Compare the curves from the largest weights, which leap up and leave the picture, with "
                    "the steady fall at factor 1 and the plateau at the smallest."
                ),
            ),
        ),
    )


def _short(exploded, steady, settings):
    scales = np.array(settings.scales)
    if exploded.any() and steady.any():
        return _(
            "From initial weights {large:g} times the standard ones the loss explodes in most networks; from "
            "{steady:g} times it falls steadily in all."
        ).format(large=scales[exploded][0], steady=scales[steady][0])
    if exploded.any():
        return _("From initial weights {large:g} times the standard ones the loss explodes.").format(
            large=scales[exploded][0]
        )
    return _("From none of the initial weights does the loss explode in most networks.")
