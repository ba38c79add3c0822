"""Seven ways to start the same deep network on MNIST.

Slide: 6-1, claim a.

A network of tanh layers is trained on the same images in the same order, only its initial weights differ:
too small, too large, all equal, equation 6-3, the slides' `xavier_init`, orthogonal, sparse. All starts and
seeds are one batch of networks. A start has failed where none of its networks is ever right about 20 % of the
validation images, twice what guessing gives; for the others, the epochs to 90 % are counted.
"""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from chapter6 import artifacts
from chapter6.experiment import Finding, Verdict, data_setting, setting
from chapter6.mnist import load_mnist
from chapter6.section_6_1.output import styled

CLAIM = "6-1.a"
SENTENCE = (
    "Initial points largely decide whether training converges and how fast; some make it fail altogether."
)


@dataclass(frozen=True)
class Settings:
    """The network, the data and how long it trains."""

    data: Path | None = data_setting()
    images: int = setting(5000, "training images; enough for 90 %", minimum=50, quick=500)
    epochs: int = setting(12, "passes over them; equation 6-3 needs three", minimum=1, quick=2)
    hidden_layers: int = setting(5, "hidden layers; as deep as Glorot and Bengio's", minimum=1, quick=3)
    units: int = setting(64, "units of each hidden layer", minimum=1, quick=32)
    learning_rate: float = setting(0.1, "of stochastic gradient descent", above=0)
    batch_size: int = setting(50, "images to a step", minimum=1)
    target: float = setting(0.9, "validation accuracy to reach", above=0, below=1)
    seeds: int = setting(5, "networks for each start", minimum=1, quick=2)
    seed: int = setting(0, "all that is random is a function of it", minimum=0)


# Validation accuracy that a network must reach to count as trained at all: twice what guessing gives.
FAILED_BELOW = 0.2


def run(settings, folders):
    """Train all networks at once and count epochs."""
    from chapter6.event_files import event_file, write_scalars
    from chapter6.section_6_1.training import initializers_of, train_side_by_side

    mnist = load_mnist(settings.data)
    starts = initializers_of(settings.seed)
    accuracy, loss = train_side_by_side(starts, mnist, settings)
    # The first epoch at which a network is good enough; infinite where there is none.
    reached = accuracy >= settings.target
    epochs = np.where(reached.any(axis=0), reached.argmax(axis=0), np.inf)
    failed = (accuracy.max(axis=0) < FAILED_BELOW).all(axis=1)
    picture = _draw(starts, accuracy, epochs, settings, folders)
    for name, of_start, of_loss in zip(starts, accuracy.swapaxes(0, 1), loss.swapaxes(0, 1), strict=True):
        with event_file(folders.snapshots, name):
            write_scalars("validation_accuracy", of_start.mean(axis=1))
            write_scalars("training_loss", of_loss.mean(axis=1))

    medians = np.median(epochs, axis=1)
    arrived = np.isfinite(epochs).all(axis=1)
    # Starts must differ by more than the seeds of one start do.
    between = np.ptp(medians[arrived]) if arrived.any() else 0.0
    within = max((np.ptp(row) for row in epochs[arrived]), default=0.0)
    holds = (failed.any(), between > within)
    verdict = Verdict.of(holds)
    names = np.array(list(starts))
    counted = "; ".join(
        f"{name} {_in_words(row)}" for name, row in zip(names[~failed], epochs[~failed], strict=True)
    )
    measured = (
        f"Not trained at all (never {FAILED_BELOW:.0%} right in {settings.epochs} epochs, any of "
        f"{settings.seeds} seeds): {', '.join(names[failed]) or 'none'}. Epochs to {settings.target:.0%} "
        f"validation accuracy, median (least-most): {counted or 'none'}."
    )
    numbers = {f"median epochs, {name}": median for name, median in zip(names, medians, strict=True)}
    best = np.median(accuracy.max(axis=0), axis=1)
    numbers |= {f"best accuracy, {name}": value for name, value in zip(names, best, strict=True)}
    return Finding(verdict, measured, (picture,), numbers)


def _in_words(epochs):
    if np.isinf(epochs).all():
        return "never"
    late = f", {np.isinf(epochs).sum()} of {len(epochs)} never" if np.isinf(epochs).any() else ""
    arrived = epochs[np.isfinite(epochs)]
    return f"{np.median(arrived):g} ({arrived.min():g}-{arrived.max():g}{late})"


def _draw(starts, accuracy, epochs, settings, folders):
    figure = artifacts.figure(11, 4.6)
    figure.suptitle(f"6-1.a: one network of {settings.hidden_layers} hidden layers, {len(starts)} starts")
    curves, counts = figure.subplots(1, 2, width_ratios=[3, 2])
    styled(curves)
    for name, of_start in zip(starts, accuracy.swapaxes(0, 1), strict=True):
        (line,) = curves.plot(np.median(of_start, axis=1), label=name)
        curves.fill_between(
            range(len(of_start)),
            of_start.min(axis=1),
            of_start.max(axis=1),
            color=line.get_color(),
            alpha=0.15,
        )
    curves.axhline(settings.target, color="0.6", linewidth=0.8)
    curves.set(xlabel="epoch", ylabel=f"validation accuracy (median and range of {settings.seeds} seeds)")
    curves.legend(fontsize=8, ncols=2, loc="center", bbox_to_anchor=(0.6, 0.66))

    late = settings.epochs + 1
    for row, of_start in enumerate(epochs):
        counts.plot(np.minimum(of_start, late), np.full(len(of_start), row), "o", color="0.2", alpha=0.5)
    counts.axvline(settings.epochs + 0.5, color="0.6", linewidth=0.8)
    counts.set(
        xlabel=f"epochs to {settings.target:.0%} (right of the line: not reached)",
        xlim=(0, late + 0.5),
        yticks=range(len(starts)),
        yticklabels=starts,
    )
    counts.invert_yaxis()
    columns = {"epoch": range(settings.epochs + 1)}
    for row, name in enumerate(starts):
        columns |= {f"{name}, seed {seed}": accuracy[:, row, seed] for seed in range(settings.seeds)}
    artifacts.save_csv(folders.snapshots / "accuracy.csv", columns)
    return artifacts.save_figure(figure, folders.snapshots / "accuracy.png")
