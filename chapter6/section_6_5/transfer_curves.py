"""Features learnt on the digits 0 to 4 meet the digits 5 to 9: frozen, fine-tuned, and not used at all.

Slide: 6-5, claim 6-5.a, the section's only sentence.

A convolutional network learns to tell the digits 0 to 4. Its two convolutional layers are transferred to a
network for the digits 5 to 9, of which n images are labelled, n from 10 to all that there are. They stay as
they are (frozen) or train on (fine-tuned); a third network starts from random weights (from scratch). The
three start with the same classification layers, see the same batches, and make the same number of updates
with Adam at its defaults. A control, convolutional layers that are frozen but have learnt nothing, tells how
much of it is due to what was learnt.

Accuracy is that of the test digits 5 to 9 after the last update: nothing is chosen by it. Each repetition has
its own source network, labelled images (every set a part of the next, the digits balanced), weights and
batches. A way counts as better only where it is so in every repetition.

Which weights moved is looked up after every training; a run in which they are not the ones meant ends there.
"""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from chapter6 import artifacts
from chapter6.errors import InputError
from chapter6.experiment import Finding, Verdict, data_setting, setting
from chapter6.mnist import load_mnist
from chapter6.progress import progress_bar
from chapter6.section_6_5.digits import SOURCE, TARGET, stratified_order, task
from chapter6.seeds import child_seed

CLAIM = "6-5.a"
SENTENCE = "What was learnt in one setting is used to improve generalization in another."

CARRIED = ("frozen", "fine-tuned")
SCRATCH = "from scratch"
CONTROL = "frozen, untrained"
WAYS = (*CARRIED, SCRATCH, CONTROL)
RECOMPUTED = "frozen, features recomputed"


@dataclass(frozen=True)
class Settings:
    """The numbers of labelled images and the training."""

    seed: int = setting(0, "of all that is random", minimum=0)
    repetitions: int = setting(5, "source and target networks, from seed on", minimum=2, quick=2)
    labels: tuple[int, ...] = setting(
        (10, 30, 100, 300, 1000, 3000, 10_000),
        "labelled target images; a last round has all that there are",
        quick=(10, 100),
        minimum=5,
    )
    epochs: int = setting(3, "passes over the source's and the target's images", minimum=1, quick=1)
    updates: int = setting(
        300, "but at least so many updates; 3 epochs of 10 images are 3", minimum=1, quick=40
    )
    batch: int = setting(64, "images an update, or all where there are fewer", minimum=1)
    data: Path | None = data_setting()


def run(settings, folders):
    """Train them all, compare, draw."""
    import tensorflow as tf

    from chapter6.networks.training import accuracies
    from chapter6.section_6_5.networks import networks_of, small_network
    from chapter6.section_6_5.training import NetworkTrainer, batches_of, check_changed_weights
    from chapter6.transfer import frozen_features, transfer_features

    mnist = load_mnist(settings.data)
    source_images, source_labels = map(tf.constant, task(mnist.train, SOURCE))
    images, labels = task(mnist.train, TARGET)
    test_images, test_labels = task(mnist.test, TARGET)
    counts = _counts(settings.labels, len(labels))
    template = small_network(0)
    train_all = NetworkTrainer(template)
    train_behind = NetworkTrainer(template.layers[1])

    shares = np.empty((len(WAYS), len(counts), settings.repetitions))
    seconds = {way: [] for way in (*WAYS, RECOMPUTED)}
    with progress_bar("Training source and target networks", settings.repetitions * len(WAYS)) as update:
        for repetition in range(settings.repetitions):
            seeds = [child_seed(settings.seed + repetition, use) for use in range(5)]
            source = small_network(seeds[0])
            batches = batches_of(len(source_labels), settings, seeds[1])
            train_all(source, source_images, source_labels, batches)

            order = stratified_order(labels, seeds[2])
            pixels, target_labels = tf.constant(images[order]), tf.constant(labels[order])
            for row, (way, network) in enumerate(networks_of(source, seeds[3]).items()):
                trained, inputs, test_inputs = network, pixels, test_images
                if not network.layers[0].trainable:
                    # Frozen layers make the same features of an image at each step: they are computed once.
                    trained = network.layers[1]
                    inputs = tf.constant(frozen_features(network.layers[0], pixels))
                    test_inputs = frozen_features(network.layers[0], test_images)
                train = train_all if trained is network else train_behind
                start = network.get_weights()
                for column, n in enumerate(counts):
                    network.set_weights(start)
                    batches = batches_of(n, settings, seeds[4])
                    taken = train(trained, inputs, target_labels, batches)
                    check_changed_weights(way, network, start)
                    shares[row, column, repetition] = 100 * accuracies(trained, test_inputs, test_labels)
                # The last n is all that there are.
                epoch = -(-n // min(n, settings.batch))
                seconds[way].append(taken / len(batches) * epoch)
                update(repetition * len(WAYS) + row + 1)

            if repetition == 0:
                network = transfer_features(source, small_network(seeds[3]).layers[1], frozen=True)
                start = network.get_weights()
                taken = NetworkTrainer(network)(network, pixels, target_labels, batches[:epoch])
                check_changed_weights(RECOMPUTED, network, start)
                seconds[RECOMPUTED].append(taken)

    _save_tables(folders, counts, shares, seconds)
    picture = _draw(folders, counts, shares, seconds)
    return _make_finding(counts, shares, seconds, picture)


def _counts(labels, available):
    """Return the numbers of labelled images, ascending, the last of them all that there are."""
    counts = sorted({n for n in labels if n < available})
    if not counts:
        raise InputError(f"one of labels must be less than all {available} target images, received {labels}")
    return (*counts, available)


def _save_tables(folders, counts, shares, seconds):
    repetitions = shares.shape[2]
    table = {
        "labelled_images": np.repeat(counts, repetitions),
        "repetition": np.tile(np.arange(repetitions), len(counts)),
    }
    table |= {f"{way}: test accuracy in %": row.ravel() for way, row in zip(WAYS, shares, strict=True)}
    artifacts.save_csv(folders.snapshots / "accuracy.csv", table)
    artifacts.save_csv(
        folders.snapshots / "epoch_seconds.csv",
        {
            "way": list(seconds),
            "median": [np.median(each) for each in seconds.values()],
            "least": [min(each) for each in seconds.values()],
            "most": [max(each) for each in seconds.values()],
        },
    )


def _gains(shares):
    """Return what each carried way is ahead of training from scratch in each repetition, in points."""
    return {way: shares[WAYS.index(way)] - shares[WAYS.index(SCRATCH)] for way in CARRIED}


def _draw(folders, counts, shares, seconds):
    lines = {
        "frozen": {"color": "#1b4f9c", "linestyle": "--", "marker": "s"},
        "fine-tuned": {"color": "#d1495b", "linestyle": "-", "marker": "o"},
        SCRATCH: {"color": "#111111", "linestyle": "-.", "marker": "^"},
        CONTROL: {"color": "#8a8a8a", "linestyle": ":", "marker": "x"},
    }
    repetitions = shares.shape[2]
    figure = artifacts.figure(15, 5)
    figure.suptitle(f"6-5.a: from the digits 0-4 to the digits 5-9, {repetitions} repetitions")
    errors, gains, times = figure.subplots(1, 3, width_ratios=[5, 5, 3])
    # Beside each other, so that the bars of one number of labels can be told apart.
    shift = dict(zip(WAYS, (0.94, 0.98, 1.02, 1.06), strict=True))
    for way, of_way in zip(WAYS, 100 - shares, strict=True):
        _with_range(errors, np.array(counts) * shift[way], of_way, label=way, **lines[way])
    # Accuracies near 100 % can be told apart by the logarithm of the error.
    errors.set(xscale="log", yscale="log", ylabel="test accuracy on 5-9 in %: mean, least, most")
    best, worst = (100 - shares).min() / 1.3, (100 - shares).max() * 1.3
    ticks = [each for each in (0.2, 0.5, 1, 2, 5, 10, 20, 40, 80) if best < each < worst]
    errors.set_yticks(ticks, [f"{100 - each:g}" for each in ticks])
    errors.set_ylim(best, worst)
    errors.invert_yaxis()
    ahead = _gains(shares)
    low = min(-0.2, 1.3 * min(map(np.min, ahead.values())))
    high = max(0.2, 1.3 * max(map(np.max, ahead.values())))
    for way, gain in ahead.items():
        _with_range(gains, np.array(counts) * shift[way], gain, label=way, **lines[way])
    gains.axhline(0, color="0.4", linewidth=0.8)
    gains.set(xscale="log", ylabel=f"points ahead of {SCRATCH}: mean, least, most")
    gains.set_yscale("symlog", linthresh=1, linscale=1)
    sizes = (0.5, 1, 2, 5, 10, 20, 40)
    gains.set_yticks([t for t in (0, *sizes, *(-size for size in sizes)) if low < t < high])
    gains.set_ylim(low, high)
    gains.yaxis.set_major_formatter("{x:g}")
    for axes in (errors, gains):
        axes.set(xlabel="labelled digits 5-9", xticks=counts)
        axes.set_xticklabels([f"{n:,}" for n in counts], rotation=45, ha="right")
        axes.minorticks_off()
        axes.grid(alpha=0.3)
        axes.legend(fontsize=9)

    rows = {RECOMPUTED: seconds[RECOMPUTED]} | {way: seconds[way] for way in WAYS[:3]}
    for row, each in enumerate(rows.values()):
        middle = np.median(each)
        reach = [[middle - min(each)], [max(each) - middle]]
        times.barh(row, middle, xerr=reach, color="0.75", edgecolor="0.2", capsize=3)
        times.annotate(f"{middle:.2f}", (max(each), row), (5, -3), textcoords="offset points")
    times.set(
        xlabel=f"seconds an epoch, {counts[-1]:,} images",
        yticks=range(len(rows)),
        yticklabels=[way.replace(", ", ",\n") for way in rows],
    )
    times.margins(x=0.2)
    return artifacts.save_figure(figure, folders.snapshots / "transfer_curves.png")


def _with_range(axes, x, values, **line):
    """Draw the mean over the last axis and a bar from the least to the most."""
    mean = values.mean(axis=1)
    reach = [mean - values.min(axis=1), values.max(axis=1) - mean]
    axes.errorbar(x, mean, reach, capsize=3, markersize=5, linewidth=1.3, elinewidth=0.8, **line)


def _make_finding(counts, shares, seconds, picture):
    gains = _gains(shares)
    better = {way: (gain > 0).all(axis=1) for way, gain in gains.items()}
    worse = {way: (gain < 0).all(axis=1) for way, gain in gains.items()}
    if better["fine-tuned"].all():
        verdict = Verdict.HOLDS
    else:
        verdict = Verdict.PARTLY if any(each.any() for each in better.values()) else Verdict.FAILS

    def formatted(way, column):
        each = shares[WAYS.index(way), column]
        return f"{way} {each.mean():.1f} [{each.min():.1f}, {each.max():.1f}]"

    def numbers_of(chosen):
        return ", ".join(f"{n:,}" for n, each in zip(counts, chosen, strict=True) if each) or "none"

    columns = sorted({0, len(counts) // 2, len(counts) - 1})
    time = {way: float(np.median(each)) for way, each in seconds.items()}
    measured = (
        "Test accuracy on 5-9 in %, mean [least, most]: "
        + "; ".join(
            f"{counts[column]:,} labels, {', '.join(formatted(way, column) for way in WAYS)}"
            for column in columns
        )
        + ". In every repetition, "
        + "; ".join(
            f"{way} is ahead of {SCRATCH} at {numbers_of(better[way])} labels, "
            f"behind at {numbers_of(worse[way])}"
            for way in CARRIED
        )
        + ". An epoch of all takes "
        + ", ".join(f"{time[way]:.2f} s {way}" for way in (*WAYS[:3], RECOMPUTED))
        + "."
    )
    numbers = {
        f"accuracy_{way}_{n}": float(shares[row, column].mean())
        for row, way in enumerate(WAYS)
        for column, n in enumerate(counts)
    }
    numbers |= {
        f"ahead_{way}_{n}": float(gains[way][k].mean()) for way in CARRIED for k, n in enumerate(counts)
    }
    numbers |= {f"epoch_seconds_{way}": each for way, each in time.items()}
    return Finding(verdict, measured, (picture,), numbers)
