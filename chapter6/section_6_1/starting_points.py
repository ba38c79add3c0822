"""Seven initializations of the same deep network on MNIST.

Slide: 6-1, claim a.

A network of tanh layers learns from the same images in the same order; only its initial weights differ.
Counted are the epochs to 85 % validation accuracy; the table has the share of networks that reach it, and
the best accuracy of each (median). An initialization fails if no network ever reaches 20 %, twice what
guessing gives. The speed depends on the initialization if all networks of the fastest are at the target
before any of the slowest whose median network arrives.
"""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from chapter6.experiment import Finding, Picture, Verdict, data_setting, setting
from chapter6.language import N_, _
from chapter6.mnist import load_mnist

CLAIM = "6-1.a"
SENTENCE = _(
    "Initial points largely decide whether training converges and how fast; some make it fail altogether."
)


@dataclass(frozen=True)
class Settings:
    """The network, the data and how long it trains."""

    data: Path | None = data_setting()
    images: int = setting(5000, _("training images; enough for 93 %"), minimum=50, quick=500)
    epochs: int = setting(8, _("epochs; sparse initialization needs five"), minimum=1, quick=2)
    hidden_layers: int = setting(5, _("hidden layers; as deep as Glorot and Bengio's"), minimum=1, quick=3)
    units: int = setting(64, _("units of each hidden layer"), minimum=1, quick=32)
    learning_rate: float = setting(0.1, _("learning rate of SGD"), above=0)
    batch_size: int = setting(50, _("batch size"), minimum=1)
    target: float = setting(
        0.85, _("validation accuracy to reach; all that learn well get clearly above it"), above=0, below=1
    )
    seeds: int = setting(5, _("networks for each initialization"), minimum=1, quick=2)
    seed: int = setting(0, _("seed of everything that is random"), minimum=0)


# Validation accuracy that a network must reach to count as trained at all: twice what guessing gives.
FAILED_BELOW = 0.2


def run(settings, folders):
    """Train all networks at once and count epochs."""
    from chapter6.event_files import event_file, write_scalars
    from chapter6.section_6_1.starting_points_drawing import draw
    from chapter6.section_6_1.training import initializers_of, train_side_by_side

    mnist = load_mnist(settings.data)
    starts = initializers_of(settings.seed)
    accuracy, loss = train_side_by_side(starts, mnist, settings)
    # The first epoch at which a network is good enough; infinite where there is none.
    reached = accuracy >= settings.target
    epochs = np.where(reached.any(axis=0), reached.argmax(axis=0), np.inf)
    picture = draw(starts, accuracy, epochs, settings, folders)
    for name, of_start, of_loss in zip(starts, accuracy.swapaxes(0, 1), loss.swapaxes(0, 1), strict=True):
        with event_file(folders.snapshots, name):
            write_scalars("validation_accuracy", of_start.mean(axis=1))
            write_scalars("training_loss", of_loss.mean(axis=1))
    return _make_finding(list(starts), accuracy.max(axis=0), epochs, picture, settings)


def _make_finding(starts, best, epochs, picture, settings):
    """Return the `Finding` from best accuracies and epochs to the target, both [starts, seeds]."""
    medians = np.median(epochs, axis=1)
    failed = (best < FAILED_BELOW).all(axis=1)
    arrived = np.flatnonzero(np.isfinite(medians))
    # The fastest and the slowest must not overlap, so that the networks' seeds cannot explain the difference.
    by_speed = epochs[arrived[medians[arrived].argsort()]]
    conditions = (failed.any(), len(by_speed) > 1 and by_speed[0].max() < by_speed[-1].min())
    return Finding(
        verdict=Verdict.of(conditions),
        short=_short(failed, best, medians, settings),
        why=_(
            "Weights too small shrink the signal until no gradient is left, those too large saturate tanh, "
            "equal ones keep units alike. Sparse weights are large, and slow to correct (6-1.h)."
        ),
        limits=_limits(*conditions, comparable=len(arrived) > 1),
        table={
            N_("initialization"): starts,
            N_("median epochs"): medians,
            N_("least"): epochs.min(axis=1),
            N_("most"): epochs.max(axis=1),
            N_("reached (%)"): 100 * np.isfinite(epochs).mean(axis=1),
            N_("accuracy (%)"): 100 * np.median(best, axis=1),
        },
        pictures=(
            Picture(
                picture,
                _("Left: only the initial weights differ; flat curves learn nothing, steep ones learn fast."),
            ),
        ),
    )


def _short(failed, best, medians, settings):
    fewest = medians.min()
    if failed.any() and np.isfinite(fewest):
        return _(
            "From the best initialization the network reaches the target accuracy by epoch {fewest:g}, from "
            "the worst it learns nothing in {epochs}."
        ).format(fewest=fewest, epochs=settings.epochs)
    if np.isfinite(fewest):
        return _(
            "The network learns something from every initialization; from the best it reaches the target "
            "accuracy by epoch {fewest:g}."
        ).format(fewest=fewest)
    highest = np.median(best, axis=1).max()
    if failed.any():
        return _(
            "After {epochs} epochs the network has {accuracy:.0%} accuracy from the best initialization; "
            "from the worst it has learned nothing."
        ).format(accuracy=highest, epochs=settings.epochs)
    return _(
        "No initialization reaches the target accuracy in {epochs} epochs; the best reaches {accuracy:.0%}."
    ).format(accuracy=highest, epochs=settings.epochs)


def _limits(some_fail, speeds_differ, comparable):
    scope = _(
        "One deep tanh network, one learning rate and plain SGD; with normalization layers or another "
        "optimizer initialization may matter less."
    )
    if some_fail == speeds_differ:
        return scope
    if some_fail and not comparable:
        part = _("Some initializations fail; too few reach the target to compare their speed.")
    elif some_fail:
        part = _(
            "Some initializations fail; but the fastest and the slowest of those that reach the target "
            "overlap."
        )
    else:
        part = _("The speed depends on the initialization, but no initialization fails.")
    return _("{part} {scope}").format(part=part, scope=scope)
