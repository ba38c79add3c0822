"""Four RNNs across an image against convolutions, on a task that joins two opposite corners.

Slide: 6-3, the page on recurrent networks that follows Adam, claim 6-3.g, second half.

A layer of four RNNs sweeps the image up, down, left and right. The task: an image has one of two marks in its
top left corner and one in its bottom right; are they the same? The answer is read from the features at the
bottom right pixel alone, so that the layers must bring the other corner there. Two layers of RNNs, two
convolutions of 3x3 and a stack of them deep enough to reach the corner have equally many parameters. Beside
the accuracy stands the time of a training step. The layer is `chapter6.recurrent.FourDirectionRNN`.
"""

from dataclasses import dataclass

import numpy as np

from chapter6.experiment import Finding, Picture, Verdict, setting
from chapter6.language import N_, _
from chapter6.progress import progress_bar
from chapter6.section_6_3.conditions import limits_of

CLAIM = "6-3.g"
SENTENCE = _(
    "RNNs across an image cost more than a convolution, but let features interact over long distances."
)

KINDS = (N_("RNNs"), N_("convolution"), N_("deep convolution"))
# Test accuracy (%) from which the task counts as learnt: guessing gives 50, and the task is free of noise.
LEARNT = 95


@dataclass(frozen=True)
class Settings:
    """The images, the layers and the training."""

    seed: int = setting(0, _("weights and images are a function of it"), minimum=0)
    side: int = setting(
        8, _("pixels of an image's side; the deep convolution has as many layers"), minimum=4, quick=5
    )
    units: int = setting(
        8, _("units of each RNN; the number of filters follows from equal parameters"), minimum=1
    )
    repetitions: int = setting(3, _("networks of each kind, each trained apart"), minimum=1, quick=1)
    steps: int = setting(300, _("steps of Adam; the RNNs need about half of them"), minimum=1, quick=4)
    rate: float = setting(0.003, _("Adam's learning rate, the same for every kind"), above=0)
    batch: int = setting(64, _("batch size; every image is seen once"), minimum=1, quick=16)
    test_images: int = setting(1000, _("other images to measure the accuracy on"), minimum=1, quick=200)


def run(settings, folders):
    """Train networks of each kind, test them, and measure what reaches the corner."""
    from chapter6.section_6_3.lateral_drawing import draw
    from chapter6.section_6_3.lateral_networks import marked_images, train_kind

    results, done = {}, 0
    total = len(KINDS) * settings.repetitions * settings.steps
    with progress_bar(_("Training networks"), total) as show:

        def on_steps(count):
            nonlocal done
            done += count
            show(done)

        for kind in KINDS:
            results[kind] = train_kind(kind, settings, on_steps)
    images, labels = marked_images(settings.test_images, settings.side, (settings.seed, 0))
    picture = draw(images[labels.argmax()], results, folders)
    return make_finding(settings, results, picture)


def make_finding(settings, results, picture):
    """Return the `Finding` from the `Result` of each of `KINDS`."""
    rnns, convolution, deep = (results[kind] for kind in KINDS)
    ratio = rnns.microseconds / convolution.microseconds
    learnt = {kind: result.accuracy >= LEARNT for kind, result in results.items()}
    interact = learnt["RNNs"].all() and not learnt["convolution"].any()
    conditions = {
        _("features interact over long distances"): interact,
        _("the RNNs take longer than a convolution"): ratio > 1,
    }
    return Finding(
        verdict=Verdict.of(conditions.values()),
        short=_short(interact, ratio > 1).format(
            accuracy=convolution.accuracy.mean(), rnns=rnns.accuracy.mean(), ratio=ratio
        ),
        why=_(
            "A sweep carries a pixel along its whole row or column, the second layer to every other one; but "
            "it visits the pixels one after the other, while a convolution computes all at once."
        ),
        limits=limits_of(
            conditions,
            _(
                "{depth} convolutions reach the corner too: {learnt} of {count} networks learn the task in "
                "{steps} steps, at {share:.0%} of the RNNs' time. Times depend on the machine and on the "
                "images' size."
            ).format(
                depth=deep.layers,
                learnt=np.count_nonzero(learnt["deep convolution"]),
                count=settings.repetitions,
                steps=settings.steps,
                share=deep.microseconds / rnns.microseconds,
            ),
        ),
        table={
            N_("network"): list(results),
            N_("layers"): [result.layers for result in results.values()],
            N_("parameters"): [result.parameters for result in results.values()],
            N_("test accuracy (%)"): [result.accuracy.mean() for result in results.values()],
            N_("least"): [result.accuracy.min() for result in results.values()],
            N_("most"): [result.accuracy.max() for result in results.values()],
            N_("time per image (µs)"): [result.microseconds for result in results.values()],
            N_("pixels seen"): [np.count_nonzero(result.influence) for result in results.values()],
        },
        pictures=(
            Picture(
                picture,
                _(
                    "Left: an image whose corners agree; beside it, the darker a pixel, the more it changes "
                    "the features at the bottom right, where the answer is read."
                ),
            ),
        ),
    )


def _short(interact, slower):
    """Return the sentence, by whether the features interact and whether the RNNs take longer."""
    if interact and slower:
        return _(
            "Two layers of RNNs learn whether opposite corners agree, two convolutions only guess "
            "({accuracy:.0f}%); the RNNs take {ratio:.1f} times as long."
        )
    if interact:
        return _(
            "Two layers of RNNs learn whether opposite corners agree, two convolutions only guess "
            "({accuracy:.0f}%); the RNNs take no longer."
        )
    return _(
        "On whether opposite corners agree, two layers of RNNs reach {rnns:.0f}% accuracy, two "
        "convolutions {accuracy:.0f}%."
    )
