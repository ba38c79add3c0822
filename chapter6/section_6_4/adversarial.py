"""Adversarial examples: the smallest perturbation that fools a network, for each digit.

Slide: 6-4, figure 6-10, claim a.

A small convolutional network is trained on MNIST. For each test digit the smallest size is searched for at
which projected gradient descent (PGD) fools it, in the norms L-infinity and L2. Beside it stand the fast
gradient sign method (FGSM), noise of the same size, and two other networks. Whether a person sees the
perturbation is not measured but computed: by how much the lightness of a pixel changes on a screen.
"""

import functools
import math
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from chapter6.experiment import Finding, Picture, Verdict, data_setting, setting
from chapter6.language import N_, _
from chapter6.mnist import Split, load_mnist
from chapter6.progress import progress_bar
from chapter6.section_6_4.adversarial_tables import percent, rows_of, sufficient_size, table_of

CLAIM = "6-4.a"
SENTENCE = _(
    "A network at human accuracy errs on nearly all images perturbed too little for a person to notice."
)

# Of the digits, for the claim's "nearly all".
NEARLY_ALL = 0.99
# Under noise as large as the attack: were its error above this, size alone would explain the attack's.
HARDLY = 0.1
NORMS = {math.inf: "L∞", 2: "L2"}
OTHER_WEIGHTS, NO_CONVOLUTIONS = "other weights", "no convolutions"
# Sizes of a curve
POINTS = 7


@dataclass(frozen=True)
class Settings:
    """The network, the attacks and their sizes."""

    seed: int = setting(0, _("seed of weights, batches, attacks and noise"), minimum=0, maximum=2**31 - 2)
    epochs: int = setting(4, _("epochs of training; 4 reach an accuracy of 99%"), minimum=1, quick=1)
    images: int = setting(
        300, _("test digits to attack; the standard error is then at most 2.9 points"), minimum=20, quick=50
    )
    steps: int = setting(20, _("steps of PGD; 40 hardly do better"), minimum=1, quick=5)
    restarts: int = setting(1, _("random starts of PGD"), minimum=1)
    largest: float = setting(0.4, _("largest size tried in L-infinity; white is 1"), above=0, maximum=1)
    largest_l2: float = setting(5.0, _("largest size tried in L2"), above=0)
    halvings: int = setting(
        6,
        _("bisections for each digit's smallest size; 6 find it to 0.006 in L-infinity"),
        minimum=1,
        quick=3,
    )
    data: Path | None = data_setting()


def run(settings, folders):
    """Search for each digit's smallest perturbation, measure error rates, draw."""
    from chapter6.adversarial import random_noise
    from chapter6.classifier import error_rate, perceptron, trained_classifier
    from chapter6.networks.training import scale_pixels
    from chapter6.section_6_4.adversarial_drawing import draw_errors, draw_examples
    from chapter6.section_6_4.attacks import DESCENT, NOISE, SIGN, attacked, smallest_perturbations
    from chapter6.section_6_4.visibility import JUST_NOTICEABLE, lightness_change

    mnist = load_mnist(settings.data)
    digits = Split(scale_pixels(mnist.test.images[: settings.images]), mnist.test.labels[: settings.images])
    folder = folders.checkpoints.with_name("classifier")
    classifier = functools.partial(trained_classifier, mnist, folder, progress_bar=progress_bar)
    model, accuracy = classifier(settings.seed, settings.epochs)
    others = {
        # An epoch suffices for an accuracy of 98%.
        OTHER_WEIGHTS: classifier(settings.seed + 1, 1)[0],
        NO_CONVOLUTIONS: classifier(settings.seed, settings.epochs, perceptron)[0],
    }
    found, curves, pictures = {}, {}, []
    for norm, largest in ((math.inf, settings.largest), (2, settings.largest_l2)):
        sizes, examples = smallest_perturbations(model, digits, largest, norm, settings)
        # One size for all of them, which fools nearly all; or else the largest.
        common = min(sufficient_size(sizes, NEARLY_ALL), largest)
        each = np.minimum(sizes, largest)
        (strong,) = attacked(DESCENT, model, digits, [common], norm, settings)
        noisy = random_noise(digits.images, each, norm, settings.seed)
        found[norm] = {
            "sizes": sizes,
            "unnoticed": np.isfinite(sizes) & (lightness_change(digits.images, examples) <= JUST_NOTICEABLE),
            "noise": error_rate(model, noisy, digits.labels),
            "common": common,
            **{name: error_rate(other, strong, digits.labels) for name, other in others.items()},
        }
        grid = np.linspace(0, largest, POINTS)
        curves[norm] = (
            grid,
            {
                attack: [
                    error_rate(model, images, digits.labels)
                    for images in attacked(attack, model, digits, grid, norm, settings)
                ]
                for attack in (SIGN, NOISE)
            },
        )
        pictures.append(draw_examples(folders, model, digits, examples, noisy, each, norm))
    errors = draw_errors(folders, {norm: each["sizes"] for norm, each in found.items()}, curves)
    return _make_finding(found, 1 - accuracy, (errors, *pictures))


def _make_finding(found, clean, pictures):
    """Return the `Finding` of what was found in each norm, and of the error on all unperturbed digits."""
    linf = found[math.inf]
    sizes, unnoticed = linf["sizes"], float(linf["unnoticed"].mean())
    fooled = float(np.isfinite(sizes).mean())
    verdict = verdict_of(unnoticed, fooled, linf["noise"])
    quantiles = {N_("smallest size ε, 10% of digits"): 0.1, N_("smallest size ε, median"): 0.5}
    quantiles |= {N_("smallest size ε, 90% of digits"): 0.9, N_("smallest size ε, 99% of digits"): NEARLY_ALL}
    rows = {
        N_("error on all unperturbed digits (%)"): [100 * clean] * len(found),
        **rows_of(found, quantiles),
        N_("other weights, examples of one size (%)"): percent(found, OTHER_WEIGHTS),
        N_("no convolutions, examples of one size (%)"): percent(found, NO_CONVOLUTIONS),
    }
    example = _(
        "In each column a digit, its smallest perturbation in {norm}, the adversarial example and the digit "
        "with noise as large, with the predicted class below each."
    )
    errors, *examples = pictures
    return Finding(
        verdict=verdict,
        short=_short(verdict).format(unnoticed=unnoticed, median=sufficient_size(sizes, 0.5)),
        why=_(
            "The attack moves every pixel a little in the direction that raises the loss, and hundreds of "
            "small changes add up in the logits. In noise of the same size they mostly cancel out."
        ),
        limits=_limits(verdict).format(
            fooled=fooled,
            noise=linf["noise"],
            unnoticed=unnoticed,
            images=len(sizes),
            sampling=100 * math.sqrt(0.25 / len(sizes)),
        ),
        table=table_of(rows, NORMS.values()),
        pictures=(
            Picture(
                errors,
                _(
                    "Compare the attack's curve with that of noise; from the dotted line on a change of "
                    "black can be seen."
                ),
            ),
            *(
                Picture(path, example.format(norm=NORMS[norm]))
                for path, norm in zip(examples, found, strict=True)
            ),
        ),
    )


def _short(verdict):
    """Return the sentence to remember, whose values are the share unnoticed and the median of the sizes."""
    if verdict is Verdict.HOLDS:
        return _(
            "{unnoticed:.0%} of the digits are misclassified after changes too small to see; the median size "
            "is ε = {median:.3f}."
        )
    return _(
        "Half of the digits are misclassified at ε = {median:.2f} or less, but only {unnoticed:.1%} after "
        "changes too small to see."
    )


def _limits(verdict):
    """Return the limits, whose values are shares of the digits, their number and a standard error."""
    if verdict is Verdict.PARTLY:
        return _(
            "Holds: {fooled:.0%} of the digits can be misclassified, while noise as large causes an error of "
            "{noise:.1%}. Does not hold: on MNIST's even black such changes can be seen (for textures: the "
            "experiment photographs). One network, {images} digits (standard error at most {sampling:.1f} "
            "points), visibility computed."
        )
    return _(
        "{fooled:.0%} of the digits can be misclassified; noise as large causes an error of {noise:.1%}. One "
        "network, {images} digits (standard error at most {sampling:.1f} points), visibility computed, not "
        "asked of persons."
    )


def verdict_of(unnoticed, fooled, noise):
    """Return the verdict for the shares of digits fooled unnoticed, and at all, and the error under noise."""
    if unnoticed >= NEARLY_ALL:
        return Verdict.HOLDS
    if fooled >= NEARLY_ALL and noise < HARDLY:
        return Verdict.PARTLY
    return Verdict.FAILS
