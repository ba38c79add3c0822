"""Adversarial examples: error rate against the size of the perturbation, beside noise of that size.

Slide: 6-4, figure 6-10, claim a.

A small convolutional network is trained on MNIST. Test digits are then perturbed by the fast gradient sign
method (FGSM) and by projected gradient descent (PGD), in the norms L-infinity and L2, and by noise of the
same size. What fools this network is also shown to two other networks. What a person notices cannot be
measured here; in its place stands 8/255 in L-infinity, customary for photographs.
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

CLAIM = "6-4.a"
SENTENCE = _(
    "A network at human accuracy errs on nearly all images perturbed too little for a person to notice."
)

UNSEEN = 8 / 255
# Under noise as large as the attack: were its error above this, size alone would explain the attack's.
HARDLY = 0.1
# Of the table: networks, perturbations and norms.
ATTACKED, OTHER_WEIGHTS, NO_CONVOLUTIONS = N_("attacked"), N_("other weights"), N_("no convolutions")
NONE, PGD, NOISE = N_("none"), "PGD", N_("noise")
NORMS = {math.inf: "L∞", 2: "L2"}


@dataclass(frozen=True)
class Settings:
    """The network, the attacks and their sizes."""

    seed: int = setting(0, _("seed of weights, batches, attacks and noise"), minimum=0, maximum=2**31 - 2)
    epochs: int = setting(4, _("epochs of training; 4 reach an accuracy of 99%"), minimum=1, quick=1)
    images: int = setting(
        500, _("test digits to attack; the standard error is then at most 2.2 points"), minimum=20, quick=100
    )
    steps: int = setting(20, _("steps of PGD; 40 hardly do better"), minimum=1, quick=10)
    restarts: int = setting(1, _("random starts of PGD"), minimum=1)
    epsilons: tuple[float, ...] = setting(
        (0.05, 0.1, 0.15, 0.2, 0.25, 0.3), _("sizes in L-infinity, beside 0 and 8/255; white is 1"), minimum=0
    )
    epsilons_l2: tuple[float, ...] = setting(
        (0.5, 1.0, 1.5, 2.0, 2.5, 3.0, 4.0), _("sizes in L2, beside 0"), minimum=0
    )
    halvings: int = setting(
        4,
        _("bisections for the size at which the error reaches 99%; 4 find it to 0.003 in L-infinity"),
        minimum=0,
        quick=2,
    )
    data: Path | None = data_setting()


def run(settings, folders):
    """Attack the network, measure error rates, draw."""
    from chapter6.classifier import error_rate, perceptron, trained_classifier
    from chapter6.networks.training import scale_pixels
    from chapter6.section_6_4.adversarial_drawing import draw_errors, draw_examples, draw_transfer
    from chapter6.section_6_4.attacks import DESCENT, NEARLY_ALL, attacked, attacked_errors

    mnist = load_mnist(settings.data)
    digits = Split(scale_pixels(mnist.test.images[: settings.images]), mnist.test.labels[: settings.images])
    folder = folders.checkpoints.with_name("classifier")
    classifier = functools.partial(trained_classifier, mnist, folder, progress_bar=progress_bar)
    model, accuracy = classifier(settings.seed, settings.epochs)
    fewer = max(1, settings.epochs // 2)
    others = {
        OTHER_WEIGHTS: classifier(settings.seed + 1, fewer)[0],
        NO_CONVOLUTIONS: classifier(settings.seed, settings.epochs, perceptron)[0],
    }
    sizes = {math.inf: sorted({0.0, UNSEEN, *settings.epsilons}), 2: sorted({0.0, *settings.epsilons_l2})}
    errors, transferred = attacked_errors(model, others, digits, sizes, settings)
    needed = {}
    for norm, epsilons in sizes.items():

        def error_at(epsilon, norm=norm):
            (changed,) = attacked(DESCENT, model, digits, [epsilon], norm, settings)
            return error_rate(model, changed, digits.labels)

        needed[norm] = smallest(error_at, epsilons, errors[norm, DESCENT], NEARLY_ALL, settings.halvings)

    # At the size that suffices, or else the largest tried.
    shown = {norm: min(needed[norm], sizes[norm][-1]) for norm in sizes}
    examples, noisy = (
        {norm: attacked(attack, model, digits, [shown[norm]], norm, settings)[0] for norm in sizes}
        for attack in (DESCENT, NOISE)
    )
    pictures = (
        *(draw_examples(folders, model, digits, examples[n], noisy[n], shown[n], n) for n in sizes),
        draw_errors(folders, sizes, errors, needed),
        draw_transfer(folders, sizes, errors, transferred),
    )
    clean, unseen = (errors[math.inf, DESCENT][sizes[math.inf].index(size)] for size in (0.0, UNSEEN))
    count = len(digits.labels)
    # Network, perturbation, norm, size, digits, error.
    rows = [
        (ATTACKED, NONE, "", 0.0, len(mnist.test.labels), 1 - accuracy),
        (ATTACKED, NONE, "", 0.0, count, clean),
        (ATTACKED, PGD, NORMS[math.inf], UNSEEN, count, unseen),
    ]
    for name, network, perturbation, images, norm in (
        (ATTACKED, model, PGD, examples, math.inf),
        (ATTACKED, model, PGD, examples, 2),
        (ATTACKED, model, NOISE, noisy, math.inf),
        *((name, other, PGD, examples, math.inf) for name, other in others.items()),
    ):
        error = error_rate(network, images[norm], digits.labels)
        rows.append((name, perturbation, NORMS[norm], shown[norm], count, error))
    return _make_finding(rows, needed[math.inf], pictures)


def _make_finding(rows, needed, pictures):
    """Return the `Finding` of the table's rows, and of the L-infinity size that an error of 99 % needs."""
    networks, perturbations, norms, sizes, counts, errors = zip(*rows, strict=True)
    unseen, largest, noise = errors[2], errors[3], errors[5]
    errors = np.array(errors)
    names = {
        "error": unseen,
        "size": sizes[3],
        "largest": largest,
        "noise": noise,
        "images": counts[1],
        "sampling": 100 * math.sqrt(0.25 / counts[1]),
    }
    linf, l2, curves, transfer = pictures
    example = _(
        "In each column a digit, its perturbation in {norm}, the adversarial example and the digit with "
        "noise as large, with the predicted class below each."
    )
    return Finding(
        verdict=verdict_of(needed, noise),
        short=_short(needed).format(**names),
        why=_(
            "The attack moves every pixel a little in the direction that raises the loss, and hundreds of "
            "small changes add up in the logits. In noise of the same size they mostly cancel out."
        ),
        limits=_limits(needed, noise).format(**names),
        table={
            N_("network"): networks,
            N_("attack"): perturbations,
            N_("norm"): norms,
            N_("size ε"): sizes,
            N_("number of digits"): counts,
            N_("error (%)"): 100 * errors,
            N_("standard error"): 100 * np.sqrt(errors * (1 - errors) / counts),
        },
        pictures=(
            Picture(linf, example.format(norm=NORMS[math.inf])),
            Picture(l2, example.format(norm=NORMS[2])),
            Picture(
                curves,
                _(
                    "At the same size ε the attacks and the noise differ only in direction: compare their "
                    "curves."
                ),
            ),
            Picture(
                transfer,
                _("Examples made for one network (grey) fool networks that the attack has never seen."),
            ),
        ),
    )


def _short(needed):
    if needed <= UNSEEN:
        return _(
            "A perturbation too small to notice, ε = {size:.3f}, fools the network on nearly all digits."
        )
    if needed < math.inf:
        return _(
            "A perturbation too small to notice causes an error of {error:.1%}; fooling the network on "
            "nearly all digits takes a larger one, ε = {size:.2f}."
        )
    return _(
        "No perturbation tried fools the network on nearly all digits; the largest, ε = {size:.2f}, causes "
        "an error of {largest:.1%}."
    )


def _limits(needed, noise):
    if needed < math.inf and noise >= HARDLY:
        return _(
            "Noise of the size ε = {size:.3f} alone causes an error of {noise:.1%}, so that the size "
            "explains much of the error under attack. One network; an error rate of {images} digits has a "
            "standard error of at most {sampling:.1f} points."
        )
    if needed <= UNSEEN:
        return _(
            "That nobody notices 8/255 is a convention for photographs, not a measurement. One network; an "
            "error rate of {images} digits has a standard error of at most {sampling:.1f} points."
        )
    if needed < math.inf:
        return _(
            "Holds: at ε = {size:.2f} nearly all digits are misclassified, though noise as large causes an "
            "error of only {noise:.1%}. Does not hold: so large a perturbation can be noticed, as haze on "
            "the black background. One network; an error rate of {images} digits has a standard error of at "
            "most {sampling:.1f} points."
        )
    return _(
        "Larger perturbations than ε = {size:.2f} were not tried. One network; an error rate of {images} "
        "digits has a standard error of at most {sampling:.1f} points."
    )


def smallest(error_at, sizes, errors, share, halvings):
    """Return a size at which the error reaches a share, found by halving; infinity where none tried does.

    >>> smallest(lambda size: size**2, [0.0, 0.5, 1.0], [0.0, 0.25, 1.0], 0.5, halvings=3)
    0.75
    >>> smallest(None, [0.0, 0.1], [0.0, 0.5], 0.99, halvings=3)
    inf
    """
    place = next((place for place, error in enumerate(errors) if error >= share), None)
    if place is None:
        return float("inf")
    too_small, enough = sizes[max(0, place - 1)], sizes[place]
    for _halving in range(halvings if place else 0):
        middle = (too_small + enough) / 2
        if error_at(middle) >= share:
            enough = middle
        else:
            too_small = middle
    return float(enough)


def verdict_of(needed, noise):
    """Return the verdict for the L-infinity size that brings 99 %, and the error under noise of that size."""
    if needed <= UNSEEN:
        return Verdict.HOLDS
    if needed < float("inf") and noise < HARDLY:
        return Verdict.PARTLY
    return Verdict.FAILS
