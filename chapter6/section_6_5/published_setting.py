"""The published example of this transfer, with its own settings: 0 to 4, then 5 to 9 behind frozen layers.

Slide: 6-5, claim 6-5.a, in a setting of its own that the slides do not have.

Keras' example `mnist_transfer_cnn` reports 99.8% accuracy on the digits 0 to 4 after 5 epochs and then, its
convolutional layers frozen, 99.2% on 5 to 9 after 5 more. Here are the same layers, batches and optimizer:
Adadelta with learning rate 1 and ρ = 0.95, Keras' defaults of the time. The example does not name Adadelta's
epsilon; 1e-6 is Zeiler's. Added is what the example leaves out: 5 to 9 from scratch.
"""

import dataclasses
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from chapter6.artifacts import save_csv
from chapter6.experiment import Finding, Picture, Verdict, data_setting, setting
from chapter6.language import N_, _
from chapter6.mnist import Split, load_mnist
from chapter6.section_6_5.digits import SOURCE, TARGET, task
from chapter6.seeds import child_seed

CLAIM = "6-5.a"
SENTENCE = _(
    "Features learnt on the digits 0-4 serve 5-9 (published: 99.8%, then 99.2% behind frozen layers)."
)

FROZEN, SCRATCH = N_("5-9, frozen"), N_("5-9, from scratch")
# Test accuracies (%)
PUBLISHED = {"0-4": 99.8, FROZEN: 99.2}


@dataclass(frozen=True)
class Settings:
    """The example's numbers."""

    seed: int = setting(0, _("seed of weights, dropout and the order of images"), minimum=0)
    epochs: int = setting(5, _("epochs of each training; the example's"), minimum=1, quick=1)
    batch: int = setting(128, _("batch size; the example's"), minimum=1)
    filters: int = setting(32, _("filters of each convolutional layer; the example's"), minimum=1, quick=4)
    units: int = setting(128, _("units of the hidden dense layer; the example's"), minimum=1, quick=32)
    epsilon: float = setting(
        1e-6, _("Adadelta's epsilon; Zeiler's, and the default of the first Keras"), above=0
    )
    images: int = setting(60_000, _("training digits at most; all of them"), minimum=100, quick=4000)
    scratch: bool = setting(True, _("also train on 5-9 from scratch, which takes half of the time"))
    data: Path | None = data_setting()


def run(settings, folders):
    """Train on 0-4, transfer the features, train on 5-9, and train on 5-9 from scratch."""
    from chapter6.progress import progress_bar
    from chapter6.section_6_5.feature_file import feature_file
    from chapter6.section_6_5.networks import published_network
    from chapter6.section_6_5.published_setting_drawing import draw
    from chapter6.section_6_5.training import check_changed_weights, fit
    from chapter6.transfer import transfer_features

    (low, low_test), (high, high_test) = _tasks(settings)
    epochs = (3 if settings.scratch else 2) * settings.epochs
    with progress_bar(_("Training on 0-4 and on 5-9"), epochs) as update:
        source = published_network(settings, child_seed(settings.seed, 0))
        courses = {"0-4": fit(source, low, low_test, settings, child_seed(settings.seed, 1), update)}

        # As in the example, the dense layers go on with the weights that 0-4 has given them.
        target = transfer_features(source, source.layers[1], frozen=True)
        features, dense = target.layers
        before = target.get_weights()
        seed = child_seed(settings.seed, 2)
        with (
            feature_file(features, high[0], folders.snapshots) as training,
            feature_file(features, high_test[0], folders.snapshots) as test,
        ):
            behind = (training, high[1]), (test, high_test[1])
            courses[FROZEN] = fit(dense, *behind, settings, seed, update, settings.epochs)
        check_changed_weights(FROZEN, target, before)

        if settings.scratch:
            network = published_network(settings, child_seed(settings.seed, 3))
            courses[SCRATCH] = fit(network, high, high_test, settings, seed, update, 2 * settings.epochs)

    _save_table(folders, courses)
    picture = draw(courses, PUBLISHED, folders)
    return make_finding(courses, (len(low[1]), len(high[1])), picture)


def _tasks(settings):
    """Return images and labels for training and for testing, of the digits 0 to 4 and of 5 to 9."""
    mnist = whole_mnist(load_mnist(settings.data), settings.images)
    return [(task(mnist.train, first), task(mnist.test, first)) for first in (SOURCE, TARGET)]


def whole_mnist(mnist, images):
    """Return MNIST with what is held out for validation put back, as the example has it, or a part of it."""
    both = (mnist.validation, mnist.train)
    train = Split(
        np.concatenate([split.images for split in both])[:images],
        np.concatenate([split.labels for split in both])[:images],
    )
    return dataclasses.replace(mnist, train=train)


def _save_table(folders, courses):
    epochs = range(1, 1 + len(courses["0-4"].accuracy))
    accuracy = {f"{name}: test accuracy in %": course.accuracy for name, course in courses.items()}
    seconds = {name: course.seconds for name, course in courses.items()}
    save_csv(folders.snapshots / "accuracy.csv", {"epoch": epochs} | accuracy)
    save_csv(folders.snapshots / "epoch_seconds.csv", {"epoch": epochs} | seconds)


def make_finding(courses, images, picture):
    """Return the `Finding` from the `Course`s and the numbers of training images, of 0-4 and of 5-9."""
    reached = {
        name: courses[name].accuracy[-1] >= share - 2 * courses[name].error()
        for name, share in PUBLISHED.items()
    }
    return Finding(
        verdict=Verdict.of(reached.values()),
        short=_short(courses[FROZEN].accuracy[-1], reached[FROZEN]),
        why=_(
            "The convolutional layers have learnt strokes and curves, which all digits share. The dense "
            "layers need to learn only how 5-9 are made of them."
        ),
        limits=_limits(courses, reached),
        table={
            N_("digits"): list(courses),
            N_("training images"): [images[name != "0-4"] for name in courses],
            N_("test accuracy (%)"): [course.accuracy[-1] for course in courses.values()],
            N_("standard error"): [course.error() for course in courses.values()],
            N_("published (%)"): [PUBLISHED.get(name, np.nan) for name in courses],
            N_("epoch (s)"): [np.median(course.seconds) for course in courses.values()],
        },
        pictures=(
            Picture(
                picture,
                _(
                    "Left: test accuracy after each epoch, beside the thin lines of the published values; "
                    "right: the time of an epoch."
                ),
            ),
        ),
    )


def _short(accuracy, reached):
    values = {"accuracy": accuracy, "published": PUBLISHED[FROZEN]}
    if reached:
        return _(
            "Behind frozen layers that learnt 0-4, a network reaches {accuracy:.2f}% accuracy on 5-9; "
            "published were {published}%."
        ).format(**values)
    return _(
        "Behind frozen layers that learnt 0-4, a network reaches only {accuracy:.2f}% accuracy on 5-9, less "
        "than the published {published}%."
    ).format(**values)


def _limits(courses, reached):
    parts = [_("One seed; another moves the accuracies by about a standard error.")]
    if reached["0-4"] != reached[FROZEN]:
        message = (
            _("The published accuracy is reached on 0-4, not on 5-9.")
            if reached["0-4"]
            else _("The published accuracy is reached on 5-9, not on 0-4.")
        )
        parts.insert(0, message)
    if SCRATCH in courses:
        parts.append(_compared(courses[FROZEN], courses[SCRATCH]))
    text = parts[0]
    for part in parts[1:]:
        text = _("{part} {scope}").format(part=text, scope=part)
    return text


def _compared(frozen, scratch):
    """Return a sentence on frozen features and on training from scratch."""
    gain = frozen.accuracy[-1] - scratch.accuracy[-1]
    if abs(gain) <= 2 * np.hypot(frozen.error(), scratch.error()):
        return _("With so many labels training from scratch is as accurate: transfer saves only time.")
    if gain > 0:
        return _("Training from scratch is less accurate after so few epochs.")
    return _("With so many labels training from scratch is more accurate: transfer saves only time.")
