"""Features learnt on the digits 0 to 4 are transferred to the digits 5 to 9: frozen or fine-tuned.

Slide: 6-5, claim 6-5.a. The slides go on to one's own experience of learning, where their text breaks off.

A convolutional network learns the digits 0 to 4. Its convolutional layers start a network for the digits 5 to
9, of which only some are labelled. They stay as they are (frozen) or are trained further (fine-tuned); beside
them are a network that starts from random weights (from scratch) and one whose convolutional layers are
random and stay so (frozen, untrained). All make the same number of updates, by Adam at its defaults. The
verdict is about few labels, where there is something to gain; with more labels the gain ends.
"""

import itertools
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from chapter6.artifacts import save_csv
from chapter6.errors import InputError
from chapter6.experiment import Finding, Picture, Verdict, data_setting, setting
from chapter6.language import N_, _
from chapter6.mnist import load_mnist
from chapter6.section_6_5.digits import SOURCE, TARGET, stratified_order, task
from chapter6.seeds import child_seeds

CLAIM = "6-5.a"
SENTENCE = _("What was learnt in one setting is used to improve generalization in another.")

CARRIED = (N_("frozen"), N_("fine-tuned"))
SCRATCH = N_("from scratch")
CONTROL = N_("frozen, untrained")
WAYS = (*CARRIED, SCRATCH, CONTROL)
# Labels are few up to this share of all that the task has.
FEW = 1 / 100
# Gain (points of accuracy) below which it counts as ended: less than the repetitions differ.
NEGLIGIBLE = 1


@dataclass(frozen=True)
class Settings:
    """The numbers of labelled images and the training."""

    seed: int = setting(0, _("seed of everything that is random"), minimum=0)
    repetitions: int = setting(
        5, _("pairs of a source and a target network, each with a seed of its own"), minimum=2, quick=2
    )
    labels: tuple[int, ...] = setting(
        (10, 25, 100, 250, 1000, 5000),
        _("labelled digits 5 to 9, as many of each digit"),
        quick=(10, 100),
        minimum=5,
    )
    source_epochs: int = setting(1, _("epochs on the digits 0 to 4"), minimum=1)
    epochs: int = setting(4, _("epochs on the labelled digits 5 to 9"), minimum=1, quick=1)
    updates: int = setting(300, _("updates at least: 4 epochs of 10 digits are only 4"), minimum=1, quick=40)
    batch: int = setting(32, _("batch size; all digits where there are fewer"), minimum=1)
    data: Path | None = data_setting()


def run(settings, folders):
    """Train them all, compare, draw."""
    from chapter6.networks.tensors import as_tensor
    from chapter6.networks.training import accuracies
    from chapter6.progress import progress_bar
    from chapter6.section_6_5.networks import networks_of, small_network
    from chapter6.section_6_5.training import (
        NetworkTrainer,
        batches_of,
        check_changed_weights,
        feature_tensor,
    )
    from chapter6.section_6_5.transfer_curves_drawing import draw
    from chapter6.transfer import frozen_features

    (source_images, source_labels), (images, labels), (test_images, test_labels) = _tasks(settings)
    source_images = as_tensor(source_images)
    counts = _counts(settings.labels, len(labels))
    template = small_network(0)
    train_all = NetworkTrainer(template)
    train_behind = NetworkTrainer(template.layers[1])

    shares = np.empty((len(WAYS), len(counts), settings.repetitions))
    trainings = itertools.count(1)
    total = settings.repetitions * (1 + len(WAYS) * len(counts))
    with progress_bar(_("Training source and target networks"), total) as update:
        for repetition in range(settings.repetitions):
            seeds = child_seeds((settings.seed, repetition), 5)
            source = small_network(seeds[0])
            batches = batches_of(len(source_labels), settings.source_epochs, settings, seeds[1])
            train_all(source, source_images, source_labels, batches)
            update(next(trainings))
            # The first n of them are labelled.
            order = stratified_order(labels, seeds[2])[: counts[-1]]
            labelled_images, labels_of_order = as_tensor(images[order]), labels[order]
            for row, (way, network) in enumerate(networks_of(source, seeds[3]).items()):
                trained, inputs, test_inputs = network, labelled_images, test_images
                if not network.layers[0].trainable:
                    # Frozen layers make the same features of an image at each step: they are computed once.
                    trained = network.layers[1]
                    inputs = feature_tensor(network.layers[0], labelled_images)
                    test_inputs = frozen_features(network.layers[0], test_images)
                train = train_all if trained is network else train_behind
                start = network.get_weights()
                for column, n in enumerate(counts):
                    network.set_weights(start)
                    batches = batches_of(n, settings.epochs, settings, seeds[4])
                    train(trained, inputs, labels_of_order, batches)
                    check_changed_weights(way, network, start)
                    share = accuracies(trained, test_inputs, test_labels, batch_size=250)
                    shares[row, column, repetition] = 100 * share
                    update(next(trainings))

    _save_table(folders, counts, shares)
    picture = draw(counts, dict(zip(WAYS, shares, strict=True)), gains(shares), folders)
    return make_finding(counts, len(labels), shares, picture)


def _tasks(settings):
    """Return images and labels: the source's and the target's for training, the target's for testing."""
    mnist = load_mnist(settings.data)
    return task(mnist.train, SOURCE), task(mnist.train, TARGET), task(mnist.test, TARGET)


def _counts(labels, available):
    """Return the numbers of labelled images that there are, ascending."""
    counts = tuple(sorted({n for n in labels if n <= available}))
    if not counts:
        message = _("one of labels must be at most all {available} target images, received {labels}")
        raise InputError(message, available=available, labels=labels)
    return counts


def _save_table(folders, counts, shares):
    repetitions = shares.shape[2]
    table = {
        "labelled_images": np.repeat(counts, repetitions),
        "repetition": np.tile(np.arange(repetitions), len(counts)),
    }
    table |= {f"{way}: test accuracy in %": row.ravel() for way, row in zip(WAYS, shares, strict=True)}
    save_csv(folders.snapshots / "accuracy.csv", table)


def gains(shares):
    """Return how far each transfer is ahead of training from scratch, in points of accuracy.

    Args:
        shares: Array [`WAYS`, numbers of labels, repetitions] of test accuracies (%).

    Returns:
        dict from the name of a transfer to an array [numbers of labels, repetitions].
    """
    return {way: shares[WAYS.index(way)] - shares[WAYS.index(SCRATCH)] for way in CARRIED}


def make_finding(counts, available, shares, picture):
    """Return the `Finding`.

    Args:
        counts: Numbers of labelled images, ascending.
        available: int, how many there are in all.
        shares: As in `gains`.
        picture: Path of the picture.
    """
    # At least the fewest, also where there are only some thousand digits.
    few = [n <= max(FEW * available, counts[0]) for n in counts]
    with_few = {way: gain[few].mean(axis=0) for way, gain in gains(shares).items()}
    better = {way: gain.mean() > 2 * _standard_error(gain) for way, gain in with_few.items()}
    return Finding(
        verdict=Verdict.of(better.values()),
        short=_short(counts, with_few, gains(shares)["fine-tuned"].mean(axis=1), all(better.values())),
        why=_(
            "All digits are made of similar strokes: layers that know them from 0-4 leave less to be learnt "
            "from few labels. Many labels teach them to a network that starts from scratch, too."
        ),
        limits=_(
            "Few are at most {few} labels; a gain must exceed two standard errors over {count} repetitions. "
            "One small network and two closely related tasks; short trainings favour a good start."
        ).format(few=max(itertools.compress(counts, few)), count=shares.shape[2]),
        table=_table(counts, shares),
        pictures=(
            Picture(
                picture,
                _(
                    "Left: accuracy for each number of labels; right: the lead over training from scratch, "
                    "uncertain where a bar crosses 0."
                ),
            ),
        ),
    )


def _standard_error(values):
    return values.std(ddof=1) / len(values) ** 0.5


def _short(counts, with_few, gain, reliable):
    """Return the sentence; `gain` is the fine-tuned networks' mean for each of `counts`."""
    gained = {way: each.mean() for way, each in with_few.items()}
    if not reliable:
        return _(
            "With few labels, transferred features gain {frozen:.1f} points of accuracy over training from "
            "scratch when frozen, {fine_tuned:.1f} when fine-tuned: not both reliably."
        ).format(frozen=gained["frozen"], fine_tuned=gained["fine-tuned"])
    # The first number from which on it is small everywhere.
    large = np.flatnonzero(gain >= NEGLIGIBLE)
    end = large[-1] + 1 if large.size else 0
    if end < len(counts):
        return _(
            "With few labels, fine-tuning transferred features gains {gain:.1f} points of accuracy over "
            "training from scratch; from {end:,} labels on, less than one."
        ).format(gain=gained["fine-tuned"], end=counts[end])
    return _(
        "With few labels, fine-tuning transferred features gains {gain:.1f} points of accuracy over training "
        "from scratch, with the most labels still {last:.1f}."
    ).format(gain=gained["fine-tuned"], last=gain[-1])


def _table(counts, shares):
    """Return a row for each training, those with the fewest, with some and with the most labels first."""
    telling = sorted({0, len(counts) // 2, len(counts) - 1})
    rows = []
    for column in (*telling, *(column for column in range(len(counts)) if column not in telling)):
        for row, way in enumerate(WAYS):
            of_way = shares[row, column]
            gain = of_way - shares[WAYS.index(SCRATCH), column]
            # Compared with itself it has neither a gain nor a loss.
            compared = (gain.mean(), 100 * (gain > 0).mean()) if way != SCRATCH else (np.nan, np.nan)
            rows.append((counts[column], way, of_way.mean(), of_way.min(), of_way.max(), *compared))
    names = (
        N_("labels"),
        N_("features"),
        N_("accuracy (%)"),
        N_("least"),
        N_("most"),
        N_("gain (points)"),
        N_("runs ahead (%)"),
    )
    return dict(zip(names, zip(*rows, strict=True), strict=True))
