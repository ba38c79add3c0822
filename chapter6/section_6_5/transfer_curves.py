"""Features learnt on the digits 0 to 4 are transferred to the digits 5 to 9: frozen or fine-tuned.

Slide: 6-5, claim 6-5.a, the section's only sentence.

A convolutional network learns the digits 0 to 4. Its convolutional layers start a network for the digits 5 to
9, of which only a few are labelled. They stay as they are (frozen) or are trained further (fine-tuned);
beside them are a network that starts from random weights (from scratch) and one whose convolutional layers
are random and stay so (frozen, untrained). All make the same number of updates, by Adam at its defaults. One
counts as better than another only where it is so in every repetition.
"""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from chapter6.artifacts import save_csv
from chapter6.errors import InputError
from chapter6.experiment import Finding, Picture, Verdict, data_setting, setting
from chapter6.language import N_, MessageList, _
from chapter6.mnist import load_mnist
from chapter6.section_6_5.digits import SOURCE, TARGET, stratified_order, task
from chapter6.seeds import child_seed

CLAIM = "6-5.a"
SENTENCE = _("What was learnt in one setting is used to improve generalization in another.")

CARRIED = (N_("frozen"), N_("fine-tuned"))
SCRATCH = N_("from scratch")
CONTROL = N_("frozen, untrained")
WAYS = (*CARRIED, SCRATCH, CONTROL)
RECOMPUTED = N_("frozen, features recomputed")


@dataclass(frozen=True)
class Settings:
    """The numbers of labelled images and the training."""

    seed: int = setting(0, _("seed of everything that is random"), minimum=0)
    repetitions: int = setting(
        5, _("pairs of a source and a target network, each with a seed of its own"), minimum=2, quick=2
    )
    labels: tuple[int, ...] = setting(
        (10, 30, 100, 300, 1000, 3000, 10_000),
        _("labelled digits 5 to 9; the last training has all of them"),
        quick=(10, 100),
        minimum=5,
    )
    epochs: int = setting(3, _("epochs, on either task"), minimum=1, quick=1)
    updates: int = setting(300, _("updates at least: 3 epochs of 10 digits are only 3"), minimum=1, quick=40)
    batch: int = setting(64, _("batch size; all digits where there are fewer"), minimum=1)
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
    from chapter6.transfer import frozen_features, transfer_features

    (source_images, source_labels), (images, labels), (test_images, test_labels) = _tasks(settings)
    source_images, images = as_tensor(source_images), as_tensor(images)
    counts = _counts(settings.labels, len(labels))
    template = small_network(0)
    train_all = NetworkTrainer(template)
    train_behind = NetworkTrainer(template.layers[1])

    shares = np.empty((len(WAYS), len(counts), settings.repetitions))
    seconds = {way: [] for way in (*WAYS, RECOMPUTED)}
    with progress_bar(_("Training source and target networks"), settings.repetitions * len(WAYS)) as update:
        for repetition in range(settings.repetitions):
            seeds = [child_seed(settings.seed + repetition, use) for use in range(5)]
            source = small_network(seeds[0])
            batches = batches_of(len(source_labels), settings, seeds[1])
            train_all(source, source_images, source_labels, batches)
            order = stratified_order(labels, seeds[2]).astype(np.int32)
            for row, (way, network) in enumerate(networks_of(source, seeds[3]).items()):
                trained, inputs, test_inputs = network, images, test_images
                if not network.layers[0].trainable:
                    # Frozen layers make the same features of an image at each step: they are computed once.
                    trained = network.layers[1]
                    inputs = feature_tensor(network.layers[0], images)
                    test_inputs = frozen_features(network.layers[0], test_images)
                train = train_all if trained is network else train_behind
                start = network.get_weights()
                for column, n in enumerate(counts):
                    network.set_weights(start)
                    batches = order[batches_of(n, settings, seeds[4])]
                    taken = train(trained, inputs, labels, batches)
                    check_changed_weights(way, network, start)
                    share = accuracies(trained, test_inputs, test_labels, batch_size=250)
                    shares[row, column, repetition] = 100 * share
                # The last n is all that there are.
                epoch = -(-n // min(n, settings.batch))
                seconds[way].append(taken / len(batches) * epoch)
                update(repetition * len(WAYS) + row + 1)

            if repetition == 0:
                network = transfer_features(source, small_network(seeds[3]).layers[1], frozen=True)
                start = network.get_weights()
                taken = NetworkTrainer(network)(network, images, labels, batches[:epoch])
                check_changed_weights(RECOMPUTED, network, start)
                seconds[RECOMPUTED].append(taken)

    _save_tables(folders, counts, shares, seconds)
    picture = draw(counts, dict(zip(WAYS, shares, strict=True)), gains(shares), seconds, folders)
    return make_finding(counts, shares, seconds, picture)


def _tasks(settings):
    """Return images and labels: the source's and the target's for training, the target's for testing."""
    mnist = load_mnist(settings.data)
    return task(mnist.train, SOURCE), task(mnist.train, TARGET), task(mnist.test, TARGET)


def _counts(labels, available):
    """Return the numbers of labelled images, ascending, the last of them all that there are."""
    counts = sorted({n for n in labels if n < available})
    if not counts:
        message = _("one of labels must be less than all {available} target images, received {labels}")
        raise InputError(message, available=available, labels=labels)
    return (*counts, available)


def _save_tables(folders, counts, shares, seconds):
    repetitions = shares.shape[2]
    table = {
        "labelled_images": np.repeat(counts, repetitions),
        "repetition": np.tile(np.arange(repetitions), len(counts)),
    }
    table |= {f"{way}: test accuracy in %": row.ravel() for way, row in zip(WAYS, shares, strict=True)}
    save_csv(folders.snapshots / "accuracy.csv", table)
    save_csv(
        folders.snapshots / "epoch_seconds.csv",
        {
            "way": list(seconds),
            "median": [np.median(each) for each in seconds.values()],
            "least": [min(each) for each in seconds.values()],
            "most": [max(each) for each in seconds.values()],
        },
    )


def gains(shares):
    """Return how far each transfer is ahead of training from scratch, in points of accuracy.

    Args:
        shares: Array [`WAYS`, numbers of labels, repetitions] of test accuracies (%).

    Returns:
        dict from the name of a transfer to an array [numbers of labels, repetitions].
    """
    return {way: shares[WAYS.index(way)] - shares[WAYS.index(SCRATCH)] for way in CARRIED}


def make_finding(counts, shares, seconds, picture):
    """Return the `Finding`.

    Args:
        counts: Numbers of labelled images, ascending.
        shares: As in `gains`.
        seconds: dict from each of `WAYS` and `RECOMPUTED` to the seconds that epochs on all images took.
        picture: Path of the picture.
    """
    better = {way: (gain > 0).all(axis=1) for way, gain in gains(shares).items()}
    if better["fine-tuned"].all():
        verdict = Verdict.HOLDS
    else:
        verdict = Verdict.PARTLY if any(each.any() for each in better.values()) else Verdict.FAILS
    return Finding(
        verdict=verdict,
        short=_short(counts, gains(shares)["fine-tuned"].mean(axis=1), better),
        why=_(
            "All digits are made of similar strokes: layers that know them from 0-4 leave less to be learnt "
            "from few labels. Many labels teach them to a network that starts from scratch, too."
        ),
        limits=_limits(counts, better),
        table=_table(counts, shares, seconds),
        pictures=(
            Picture(
                picture,
                _(
                    "Left: accuracy for each number of labels; middle: the lead over training from scratch, "
                    "uncertain where a bar crosses 0; right: the time of an epoch."
                ),
            ),
        ),
    )


def _short(counts, gain, better):
    fine_tuned = better["fine-tuned"]
    values = {"labels": counts[0], "gain": gain[0]}
    if fine_tuned.all():
        return _(
            "With {labels} labelled digits, fine-tuning transferred features gains {gain:.1f} points of "
            "accuracy over training from scratch, and it leads with more labels too."
        ).format(**values)
    if fine_tuned[0] and not fine_tuned[-1]:
        return _(
            "With {labels} labelled digits, fine-tuning transferred features gains {gain:.1f} points of "
            "accuracy over training from scratch; with all labelled, no reliable gain is left."
        ).format(**values)
    values = {"total": len(counts)}
    if fine_tuned.any():
        return _(
            "At {count} of {total} numbers of labels, fine-tuning transferred features beats training from "
            "scratch in every repetition."
        ).format(count=fine_tuned.sum(), **values)
    if better["frozen"].any():
        return _(
            "At {count} of {total} numbers of labels, frozen features beat training from scratch in every "
            "repetition; fine-tuned ones never do."
        ).format(count=better["frozen"].sum(), **values)
    return _("At no number of labels do transferred features beat training from scratch in every repetition.")


def _limits(counts, better):
    scope = _("One small network and two closely related tasks; gains are over training from scratch.")
    if better["fine-tuned"].all() or not any(each.any() for each in better.values()):
        return scope
    parts = {
        way: MessageList(f"{n:,}" for n, each in zip(counts, chosen, strict=True) if each)
        if chosen.any()
        else _("none")
        for way, chosen in better.items()
    }
    return _(
        "Numbers of labels with a gain in every repetition: fine-tuned {fine_tuned}; frozen {frozen}. {scope}"
    ).format(fine_tuned=parts["fine-tuned"], frozen=parts["frozen"], scope=scope)


def _table(counts, shares, seconds):
    """Return a row for each training, those with few, with some and with all labels first."""
    telling = sorted({0, len(counts) // 2, len(counts) - 1})
    rows = []
    for column in (*telling, *(column for column in range(len(counts)) if column not in telling)):
        is_last = column == len(counts) - 1
        for row, way in enumerate(WAYS):
            of_way = shares[row, column]
            gain = of_way - shares[WAYS.index(SCRATCH), column]
            # Compared with itself it has neither a gain nor a loss.
            compared = (gain.mean(), 100 * (gain > 0).mean()) if way != SCRATCH else (np.nan, np.nan)
            epoch = np.median(seconds[way]) if is_last else np.nan
            rows.append((counts[column], way, of_way.mean(), of_way.min(), of_way.max(), *compared, epoch))
    rows.append((counts[-1], RECOMPUTED, *[np.nan] * 5, np.median(seconds[RECOMPUTED])))
    names = (
        N_("labels"),
        N_("features"),
        N_("accuracy (%)"),
        N_("least"),
        N_("most"),
        N_("gain (points)"),
        N_("runs ahead (%)"),
        N_("epoch (s)"),
    )
    return dict(zip(names, zip(*rows, strict=True), strict=True))
