"""Hidden units that start equal stay equal; units that start different stay different.

Slide: 6-1, claim c.

Networks of one hidden layer learn MNIST by gradient descent, and their hidden units are compared all along:
all weights equal; equal weights and random biases; equal incoming but random outgoing weights; random
weights; and two branches whose logits are added, both drawn by one initializer. All biases are zero but in
the second. A seeded initializer of Keras gives both branches the same weights, so that they stay copies of
each other; those of this chapter draw anew at each call. In the table: units that are different, and
whether an unseeded initializer repeats itself.
"""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from chapter6.experiment import Finding, Picture, Verdict, data_setting, setting
from chapter6.language import N_, _
from chapter6.mnist import load_mnist

CLAIM = "6-1.c"
SENTENCE = _(
    "Units with the same input and activation must start different, or updates treat them the same for ever."
)


@dataclass(frozen=True)
class Settings:
    """The networks and the descent."""

    data: Path | None = data_setting()
    images: int = setting(500, _("training images, all in every step"), minimum=10, quick=200)
    units: int = setting(
        16, _("hidden units of a branch; networks without branches have twice as many"), minimum=1, quick=8
    )
    learning_rate: float = setting(0.5, _("learning rate of gradient descent"), above=0)
    rounds: int = setting(20, _("times that the units are compared"), minimum=1, quick=5)
    steps: int = setting(20, _("steps between two comparisons"), minimum=1, quick=10)
    seed: int = setting(0, _("seed of the random weights"), minimum=0)


# Rounding may part equal columns: those closer than this share of the largest weight count as one.
SAME = 1e-4


def run(settings, folders):
    """Train all networks at once and count their different units."""
    from chapter6.event_files import event_file, write_histogram, write_scalars
    from chapter6.section_6_1.symmetry_drawing import draw
    from chapter6.section_6_1.training import initial_weights, repeat_themselves, train_full_batch

    train = load_mnist(settings.data).train
    starts = initial_weights(settings)
    kernels, losses = train_full_batch(starts, train, settings)
    distinct = np.array([[_distinct_columns(kernel) for kernel in row] for row in kernels])
    ranks = np.array([[_rank(kernel) for kernel in row] for row in kernels])
    picture = draw(starts, distinct, ranks, losses, settings, folders)
    steps = range(0, settings.rounds * settings.steps + 1, settings.steps)
    for column, name in enumerate(starts):
        with event_file(folders.snapshots, name):
            write_scalars("distinct_units", distinct[:, column], steps)
            write_scalars("rank", ranks[:, column], steps)
            write_scalars("training_loss", losses[:, column], steps)
            write_histogram("hidden_kernel", kernels[0, column], steps[0])
            write_histogram("hidden_kernel", kernels[-1, column], steps[-1])

    measures = (distinct, ranks, losses)
    return _make_finding(list(starts), measures, repeat_themselves(), picture, settings)


def _make_finding(starts, measures, repeated, picture, settings):
    distinct, ranks, losses = measures
    # [equal weights, the same with random biases, equal incoming, random, Keras' instance, this chapter's]
    least, last = distinct.min(axis=0), distinct[-1]
    units, half = 2 * settings.units, settings.units
    stay_equal = (distinct[:, 0] == 1).all() and (distinct[:, 4] <= half).all()
    become_different = last[2] == units and least[3] == units and least[5] == units
    # Random weights with constant biases, and the other way round.
    weights_suffice = losses[-1, 3] < losses[-1, 1]
    conditions = (stay_equal, become_different, weights_suffice)
    return Finding(
        verdict=Verdict.of(conditions),
        short=_short(conditions, last, units),
        why=_(
            "Units with equal weights and biases get equal gradients, so every update moves them alike. "
            "Random biases alone do separate units, but slowly; beside random weights constant ones suffice."
        ),
        limits=_limits(*conditions),
        table={
            N_("initialization"): starts,
            N_("different"): last,
            N_("matrix rank"): ranks[-1],
            N_("loss (nats)"): losses[-1],
            N_("repeats"): [""] * 4 + repeated,
        },
        pictures=(
            Picture(
                picture,
                _(
                    "Copies stay copies: equal weights keep one unit and a loss that hardly falls; with only "
                    "the biases or the outgoing weights random, it falls late."
                ),
            ),
        ),
    )


def _short(conditions, last, units):
    if all(conditions):
        return _(
            "From equal weights all {units} hidden units stay copies of one; from random weights all stay "
            "different."
        ).format(units=units)
    return _(
        "After training {equal} different hidden units are left from equal weights, {random} from random "
        "ones."
    ).format(equal=last[0], random=last[3])


def _limits(stay_equal, become_different, weights_suffice):
    scope = _(
        "One hidden layer, gradient descent on all images at once. Weights closer than one part in 10,000 "
        "count as equal, since rounding may separate them."
    )
    if stay_equal == become_different == weights_suffice:
        return scope
    if not stay_equal:
        part = _("Equal units separate.")
    elif not become_different:
        part = _("Equal units stay equal, but not all others differ.")
    else:
        part = _("Random biases and equal weights train better than random weights and equal biases.")
    return _("{part} {scope}").format(part=part, scope=scope)


def _distinct_columns(kernel):
    distance = np.abs(kernel[:, :, None] - kernel[:, None, :]).max(axis=0)
    same = distance < SAME * np.abs(kernel).max()
    # A column counts when no earlier one equals it.
    return int((~np.tril(same, k=-1).any(axis=1)).sum())


def _rank(kernel):
    kernel = kernel.astype(float)
    # The squares of the singular values, ascending
    squares = np.linalg.eigvalsh(kernel.T @ kernel)
    return int(np.sum(squares > SAME**2 * squares[-1]))
