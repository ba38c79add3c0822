"""Adversarial examples: the error they cause by their size, beside noise of that size.

Slide: 6-4, figure 6-10, claim a.

A small convolutional network is trained on MNIST and then attacked on test digits, by the fast gradient sign
method and by projected gradient descent, in the norms L-infinity and L2; noise of the same size stands beside
them. Figure 6-10 shows what such examples look like. Examples made for this network are then shown to others:
one from other initial weights, and one without convolutions.

"That a person does not notice" cannot be measured here. In place of it stands 8/255 for L-infinity, the size
that is customary for perturbations of photographs that nobody sees; a larger one leaves a digit easy to read,
but shows as haze on its black background.
"""

import functools
import math
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from chapter6.experiment import Finding, Verdict, data_setting, setting
from chapter6.mnist import Split, load_mnist
from chapter6.progress import progress_bar

CLAIM = "6-4.a"
SENTENCE = (
    "A network at human accuracy errs on nearly all images perturbed too little for a person to notice."
)

UNSEEN = 8 / 255
# Under noise as large as the attack: were its error above this, size alone would explain the attack's.
HARDLY = 0.1


@dataclass(frozen=True)
class Settings:
    """The network, the attacks and their sizes."""

    seed: int = setting(0, "of the weights, the batches and everything random", minimum=0, maximum=2**31 - 2)
    epochs: int = setting(4, "of the network's training; these bring it to 99 %", minimum=1, quick=1)
    images: int = setting(500, "test digits attacked; the error is known to 2 points", minimum=20, quick=100)
    steps: int = setting(20, "of projected gradient descent; 40 hardly do better", minimum=1, quick=10)
    restarts: int = setting(1, "random starts of it", minimum=1)
    epsilons: tuple[float, ...] = setting(
        (0.05, 0.1, 0.15, 0.2, 0.25, 0.3), "sizes in L-infinity, beside 0 and 8/255; white is 1", minimum=0
    )
    epsilons_l2: tuple[float, ...] = setting(
        (0.5, 1.0, 1.5, 2.0, 2.5, 3.0, 4.0), "sizes in L2, beside 0", minimum=0
    )
    halvings: int = setting(
        4, "of the interval in which the error reaches 99 %, to 0.003 in L-infinity", minimum=0, quick=2
    )
    data: Path | None = data_setting()


def run(settings, folders):
    """Attack, count, draw."""
    from chapter6.classifier import error_rate, perceptron, trained_classifier
    from chapter6.networks.training import scale_pixels
    from chapter6.section_6_4.adversarial_drawing import draw_errors, draw_examples, draw_transfer
    from chapter6.section_6_4.attacks import ATTACKS, DESCENT, NEARLY_ALL, NOISE, attacked

    mnist = load_mnist(settings.data)
    digits = Split(scale_pixels(mnist.test.images[: settings.images]), mnist.test.labels[: settings.images])
    folder = folders.checkpoints.with_name("classifier")
    classifier = functools.partial(trained_classifier, mnist, folder, progress_bar=progress_bar)
    model, accuracy = classifier(settings.seed, settings.epochs)
    fewer = max(1, settings.epochs // 2)
    others = {
        "other weights": classifier(settings.seed + 1, fewer)[0],
        "no convolutions": classifier(settings.seed, settings.epochs, perceptron)[0],
    }

    sizes = {math.inf: sorted({0.0, UNSEEN, *settings.epsilons}), 2: sorted({0.0, *settings.epsilons_l2})}
    errors, transferred, needed = {}, {}, {}
    for norm, epsilons in sizes.items():
        for attack in ATTACKS:
            changed = attacked(attack, model, digits, epsilons, norm, settings)
            errors[norm, attack] = np.array([error_rate(model, each, digits.labels) for each in changed])
            for name, other in others.items():
                rates = [error_rate(other, each, digits.labels) for each in changed]
                transferred[norm, attack, name] = np.array(rates)

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
    noise = error_rate(model, noisy[math.inf], digits.labels)
    to_others = {name: error_rate(each, examples[math.inf], digits.labels) for name, each in others.items()}
    pictures = (
        *(draw_examples(folders, model, digits, examples[n], noisy[n], shown[n], n) for n in sizes),
        draw_errors(folders, sizes, errors, needed),
        draw_transfer(folders, sizes, errors, transferred),
    )

    clean = float(errors[math.inf, DESCENT][0])
    unseen = float(errors[math.inf, DESCENT][sizes[math.inf].index(UNSEEN)])
    numbers = {"accuracy": accuracy, "clean_error": clean, "error_at_8_255": unseen, "noise_error": noise}
    numbers |= {"epsilon_99_linf": needed[math.inf], "epsilon_99_l2": needed[2]}
    numbers |= {f"transfer_{name}".replace(" ", "_"): error for name, error in to_others.items()}
    return _make_finding(numbers, len(digits.labels), shown[math.inf], pictures)


def _make_finding(numbers, images, size, pictures):
    """Return the `Finding` on so many images; noise and transfer are of one size, L-infinity."""
    sampling = 100 * math.sqrt(0.25 / images)
    measured = (
        f"The network is right on {numbers['accuracy']:.2%} of all test digits. Of {images} it errs on "
        f"{numbers['clean_error']:.1%}; under projected gradient descent on {numbers['error_at_8_255']:.1%} "
        f"at ε = 8/255 in L-infinity, and on 99 % {_format_epsilon(numbers['epsilon_99_linf'], '.3f')} "
        f"({_format_epsilon(numbers['epsilon_99_l2'], '.2f')} in L2). Noise of the size {size:.3f} makes it "
        f"err on {numbers['noise_error']:.1%}. The attack's examples of that size fool a network of other "
        f"weights on {numbers['transfer_other_weights']:.1%}, one without convolutions on "
        f"{numbers['transfer_no_convolutions']:.1%} (one standard error of a rate is {sampling:.1f} points "
        "at most)."
    )
    verdict = verdict_of(numbers["epsilon_99_linf"], numbers["noise_error"])
    return Finding(verdict, measured, pictures, numbers)


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
    for _ in range(halvings if place else 0):
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


def _format_epsilon(size, form):
    return f"at ε = {size:{form}}" if size < float("inf") else "at no ε tried"
