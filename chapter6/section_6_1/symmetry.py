"""Hidden units that start alike stay alike; units that start different do not.

Slide: 6-1, claim c.

Networks of one hidden layer learn MNIST by full-batch gradient descent, and the columns of the hidden
kernel, one for each unit, are compared all along. Five starts: all weights equal; equal incoming but random
outgoing weights, which suffices to break the symmetry; random weights; and a network of two branches, whose
logits are added, with one initializer given to both branches. Keras' own return the same kernel to both, so
that the branches stay copies of each other; this chapter's return another at each call.
"""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from chapter6 import artifacts
from chapter6.experiment import Finding, Verdict, data_setting, setting
from chapter6.mnist import load_mnist
from chapter6.section_6_1.output import styled

CLAIM = "6-1.c"
SENTENCE = (
    "Units with the same input and activation must start different, or updates treat them the same for ever."
)


@dataclass(frozen=True)
class Settings:
    """The networks and the descent."""

    data: Path | None = data_setting()
    images: int = setting(500, "training images, all in every step", minimum=10, quick=200)
    units: int = setting(
        16, "hidden units of a branch; networks without branches have twice as many", minimum=1, quick=8
    )
    learning_rate: float = setting(0.5, "of gradient descent", above=0)
    rounds: int = setting(20, "times that the units are compared", minimum=1, quick=5)
    steps: int = setting(20, "steps between two comparisons", minimum=1, quick=10)
    seed: int = setting(0, "the random weights are a function of it", minimum=0)


# Rounding may part equal columns: those closer than this share of the largest weight count as one.
SAME = 1e-4


def run(settings, folders):
    """Train all networks at once and count their different units."""
    from chapter6.event_files import event_file, write_histogram, write_scalars
    from chapter6.section_6_1.training import initial_kernels, repeat_themselves, train_full_batch

    train = load_mnist(settings.data).train
    starts = initial_kernels(settings)
    kernels, losses = train_full_batch(starts, train, settings)
    distinct = np.array([[_distinct_columns(kernel) for kernel in row] for row in kernels])
    ranks = np.array([[_rank(kernel) for kernel in row] for row in kernels])
    picture = _draw(starts, distinct, ranks, losses, settings, folders)
    steps = range(0, settings.rounds * settings.steps + 1, settings.steps)
    for column, name in enumerate(starts):
        with event_file(folders.snapshots, name):
            write_scalars("distinct_units", distinct[:, column], steps)
            write_scalars("rank", ranks[:, column], steps)
            write_scalars("training_loss", losses[:, column], steps)
            write_histogram("hidden_kernel", kernels[0, column], steps[0])
            write_histogram("hidden_kernel", kernels[-1, column], steps[-1])

    # [equal weights, equal incoming, random, one Keras instance, one instance of this chapter]
    least, last = distinct.min(axis=0), distinct[-1]
    all_, half = 2 * settings.units, settings.units
    stay_equal = (distinct[:, 0] == 1).all() and (distinct[:, 3] <= half).all()
    part = last[1] == all_ and least[2] == all_ and least[4] == all_
    verdict = Verdict.of((stay_equal, part))
    ours, theirs = repeat_themselves()
    measured = (
        f"Different units of {all_}, and rank of the kernel, after {settings.rounds * settings.steps} steps: "
        + "; ".join(f"{name} {d} (rank {r})" for name, d, r in zip(starts, last, ranks[-1], strict=True))
        + f". Loss {losses[-1, 0]:.2f} with equal weights, {losses[-1, 2]:.2f} with random ones. An unseeded "
        f"instance gives two layers the same kernel: Keras' {theirs}, this chapter's {ours}."
    )
    numbers = {f"distinct units, {name}": count for name, count in zip(starts, last, strict=True)}
    numbers |= {f"rank, {name}": rank for name, rank in zip(starts, ranks[-1], strict=True)}
    return Finding(verdict, measured, (picture,), numbers)


def _distinct_columns(kernel):
    distance = np.abs(kernel[:, :, None] - kernel[:, None, :]).max(axis=0)
    same = distance < SAME * np.abs(kernel).max()
    # A column counts when no earlier one equals it.
    return int((~np.tril(same, k=-1).any(axis=1)).sum())


def _rank(kernel):
    return int(np.linalg.matrix_rank(kernel, tol=SAME * np.linalg.norm(kernel, 2)))


def _draw(starts, distinct, ranks, losses, settings, folders):
    step = [round_ * settings.steps for round_ in range(settings.rounds + 1)]
    figure = artifacts.figure(13, 4.4)
    figure.suptitle(f"6-1.c: {2 * settings.units} hidden units of one network, from five starts")
    panels = figure.subplots(1, 3)
    titles = ("different columns of the hidden kernel", "rank of the hidden kernel", "training loss")
    for axes, values, title in zip(panels, (distinct, ranks, losses), titles, strict=True):
        styled(axes)
        for name, line in zip(starts, values.T, strict=True):
            axes.plot(step, line, label=name)
        axes.set(xlabel="step of gradient descent", ylabel=title, ylim=(0, None))
    figure.legend(
        *panels[0].get_legend_handles_labels(), loc="outside lower center", ncols=len(starts), fontsize=9
    )
    columns = {"step": step}
    for quantity, values in (("distinct", distinct), ("rank", ranks), ("loss", losses)):
        columns |= {f"{quantity}, {name}": column for name, column in zip(starts, values.T, strict=True)}
    artifacts.save_csv(folders.snapshots / "symmetry.csv", columns)
    return artifacts.save_figure(figure, folders.snapshots / "symmetry.png")
