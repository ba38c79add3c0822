"""The published example of this transfer, at its very setting: 0 to 4, then 5 to 9 behind frozen layers.

Slide: 6-5, claim 6-5.a, the section's only sentence.

Keras' example `mnist_transfer_cnn` reports 99.8 % of the test digits 0 to 4 after 5 epochs and then, its
convolutional layers frozen and its dense layers trained on, 99.2 % of the digits 5 to 9 after 5 more. Here
are the same layers, the same optimizer (Adadelta with rate 1 and ρ 0.95, Keras' defaults of the time; that of
Keras 3 has the rate 0.001), batches of 128, all 60,000 training digits, and Keras' own `compile` and `fit`.
Adadelta's epsilon is the one thing in doubt: the example leaves it at its default, which was Zeiler's 1e-6 in
the first Keras and 1e-8 in Keras 1. Beside it, what the example leaves out: 5 to 9 from scratch.

The frozen layers' features are computed once. The example's first dropout stands in front of the dense layers
and not behind the convolutional ones, which is the same network. The orders of the images are functions of
the seed, as everything here. ± is the standard error of a share of so many test digits; another seed moves
the accuracies by about as much.
"""

import dataclasses
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from chapter6 import artifacts
from chapter6.experiment import Finding, Verdict, data_setting, setting
from chapter6.mnist import load_mnist
from chapter6.section_6_5.digits import SOURCE, TARGET, task
from chapter6.seeds import child_seed

CLAIM = "6-5.a"
SENTENCE = (
    "Features learnt on the digits 0-4 serve 5-9 (published: 99.8 %, then 99.2 % behind frozen layers)."
)

PUBLISHED = {"0-4": 99.8, "5-9, frozen": 99.2}


@dataclass(frozen=True)
class Settings:
    """The example's numbers."""

    seed: int = setting(0, "of weights, dropout and the order of images", minimum=0)
    epochs: int = setting(5, "passes over the images; the example's", minimum=1, quick=1)
    batch: int = setting(128, "images an update; the example's", minimum=1)
    filters: int = setting(32, "of each convolutional layer; the example's", minimum=1, quick=4)
    units: int = setting(128, "of the hidden dense layer; the example's", minimum=1, quick=32)
    epsilon: float = setting(1e-6, "Adadelta's; Zeiler's, and the default of the first Keras", above=0)
    images: int = setting(60_000, "training digits at most; all of them", minimum=100, quick=4000)
    scratch: bool = setting(True, "also train on 5-9 from scratch, which takes half of the time")
    data: Path | None = data_setting()


def run(settings, folders):
    """Train on 0-4, transfer the features, train on 5-9, and train on 5-9 anew."""
    from chapter6.section_6_5.networks import published_network
    from chapter6.section_6_5.training import check_changed_weights, fit
    from chapter6.transfer import frozen_features, transfer_features

    mnist = _whole_mnist(load_mnist(settings.data), settings.images)
    low, low_test = task(mnist.train, SOURCE), task(mnist.test, SOURCE)
    high, high_test = task(mnist.train, TARGET), task(mnist.test, TARGET)

    source = published_network(settings, child_seed(settings.seed, 0))
    courses = {"0-4": fit(source, low, low_test, settings, child_seed(settings.seed, 1))}

    # As in the example, the dense layers go on with the weights that 0-4 has given them.
    target = transfer_features(source, source.layers[1], frozen=True)
    features, dense = target.layers
    before = target.get_weights()
    behind = [(frozen_features(features, images), labels) for images, labels in (high, high_test)]
    courses["5-9, frozen"] = fit(dense, *behind, settings, child_seed(settings.seed, 2))
    check_changed_weights("5-9, frozen", target, before)

    if settings.scratch:
        network = published_network(settings, child_seed(settings.seed, 3))
        courses["5-9, from scratch"] = fit(network, high, high_test, settings, child_seed(settings.seed, 2))

    _save_table(folders, courses)
    picture = _draw(folders, courses)
    return _make_finding(courses, {"0-4": len(low[1]), "5-9": len(high[1])}, picture)


def _whole_mnist(mnist, images):
    """Return MNIST with what is held out for validation put back, as the example has it, or a part of it."""
    both = (mnist.validation, mnist.train)
    train = dataclasses.replace(
        mnist.train,
        images=np.concatenate([split.images for split in both])[:images],
        labels=np.concatenate([split.labels for split in both])[:images],
    )
    return dataclasses.replace(mnist, train=train)


def _save_table(folders, courses):
    epochs = range(1, 1 + len(courses["0-4"].accuracy))
    accuracy = {f"{name}: test accuracy in %": course.accuracy for name, course in courses.items()}
    seconds = {name: course.seconds for name, course in courses.items()}
    artifacts.save_csv(folders.snapshots / "accuracy.csv", {"epoch": epochs} | accuracy)
    artifacts.save_csv(folders.snapshots / "epoch_seconds.csv", {"epoch": epochs} | seconds)


def _draw(folders, courses):
    looks = {
        "0-4": {"color": "#111111", "linestyle": "-", "marker": "o"},
        "5-9, frozen": {"color": "#1b4f9c", "linestyle": "--", "marker": "s"},
        "5-9, from scratch": {"color": "#d1495b", "linestyle": "-.", "marker": "^"},
    }
    figure = artifacts.figure(11, 4.6)
    figure.suptitle("6-5.a: the published setting of the transfer from 0-4 to 5-9")
    shares, times = figure.subplots(1, 2, width_ratios=[3, 2])
    epochs = np.arange(1, 1 + len(courses["0-4"].accuracy))
    for name, course in courses.items():
        shares.plot(epochs, course.accuracy, label=name, **looks[name])
    for name, share in PUBLISHED.items():
        line = {"color": looks[name]["color"], "linestyle": looks[name]["linestyle"], "linewidth": 0.8}
        shares.axhline(share, alpha=0.6, **line)
        shares.annotate(
            f"published, {name}",
            (0.01, share),
            (0, 3),
            fontsize=8,
            textcoords="offset points",
            xycoords=("axes fraction", "data"),
        )
    shares.set(xlabel="epoch", ylabel="test accuracy in %", xticks=epochs)
    shares.grid(alpha=0.3)
    shares.legend(loc="lower right", fontsize=9)
    for row, course in enumerate(courses.values()):
        middle = np.median(course.seconds)
        reach = [[middle - min(course.seconds)], [max(course.seconds) - middle]]
        times.barh(row, middle, xerr=reach, color="0.75", edgecolor="0.2", capsize=3)
        times.annotate(f"{middle:.1f}", (max(course.seconds), row), (5, -3), textcoords="offset points")
    times.set(xlabel="seconds an epoch: median, least and most", yticks=range(len(courses)))
    times.set_yticklabels(courses)
    times.margins(x=0.2)
    times.invert_yaxis()
    return artifacts.save_figure(figure, folders.snapshots / "published_setting.png")


def _make_finding(courses, images, picture):
    reached = {
        name: courses[name].accuracy[-1] >= share - 2 * courses[name].error()
        for name, share in PUBLISHED.items()
    }
    if all(reached.values()):
        verdict = Verdict.HOLDS
    else:
        verdict = Verdict.PARTLY if any(reached.values()) else Verdict.FAILS
    time_of = {name: float(np.median(course.seconds)) for name, course in courses.items()}
    measured = (
        f"Test accuracy in % after {len(courses['0-4'].accuracy)} epochs of {images['0-4']:,} digits 0-4 and "
        f"{images['5-9']:,} digits 5-9 (published): "
        + ", ".join(
            f"{name} {course}" + (f" ({PUBLISHED[name]})" if name in PUBLISHED else "")
            for name, course in courses.items()
        )
        + ". An epoch takes "
        + ", ".join(f"{seconds:.1f} s on {name}" for name, seconds in time_of.items())
        + "."
    )
    numbers = {f"accuracy_{name}": course.accuracy[-1] for name, course in courses.items()}
    numbers |= {f"epoch_seconds_{name}": seconds for name, seconds in time_of.items()}
    return Finding(verdict, measured, (picture,), numbers)
