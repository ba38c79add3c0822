"""Adversarial training: what a network gains when it is trained on adversarial examples, and what it costs.

Slide: 6-4, claim a; the section's heading promises it.

Two networks start from the same weights and see the same batches, one as they are, the other as adversarial
examples that PGD makes for its current weights in every step; so for several seeds. Both are then attacked.
Adversarial training can make PGD fail without making the network robust: its gradients are then masked
(Athalye et al. 2018). So the attack is repeated with five times the steps, and with examples made for the
plain network; a digit counts as misclassified if any of these attacks succeeds. The slides go on to the GAN
as if it were the way to do this; it is not: a GAN trains a generator of data.
"""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from chapter6.experiment import Finding, Picture, Verdict, data_setting, setting
from chapter6.language import N_, _
from chapter6.mnist import Split, load_mnist
from chapter6.progress import progress_bar

CLAIM = "6-4.a"
SENTENCE = _("Training on adversarial examples makes a network robust to them.")

PLAIN, ADVERSARIAL = N_("plain"), N_("adversarial")


@dataclass(frozen=True)
class Settings:
    """The training and the attack on what was trained."""

    seed: int = setting(
        0,
        _("seed of weights, batches and attacks; each further pair of networks takes the next"),
        minimum=0,
        maximum=2**30,
    )
    repetitions: int = setting(3, _("pairs of networks, for the spread"), minimum=1, maximum=1000, quick=1)
    digits: int = setting(
        12_800, _("training digits, the first ones; all 55,000 take four times as long"), minimum=128
    )
    epochs: int = setting(4, _("epochs of either training"), minimum=1, quick=1)
    epsilon: float = setting(
        0.2, _("size in training, L-infinity: the plain network errs on nearly all"), above=0
    )
    training_steps: int = setting(
        2, _("steps of PGD in training; 1 does not make robust to attacks of more steps"), minimum=1
    )
    warmup: int = setting(
        100,
        _("updates until the size in training is reached; at once, a network may learn nothing"),
        minimum=1,
        quick=20,
    )
    images: int = setting(
        300, _("test digits to attack; the standard error is then at most 2.9 points"), minimum=20, quick=50
    )
    steps: int = setting(
        10, _("steps of PGD in the attack; five times as many are tried, too"), minimum=1, quick=5
    )
    epsilons: tuple[float, ...] = setting(
        (0.1, 0.3), _("sizes of the attack, beside 0 and the size in training"), minimum=0
    )
    data: Path | None = data_setting()


def run(settings, folders):
    """Train pairs of networks, attack both of each, draw."""
    from chapter6.classifier import strided_lenet, train
    from chapter6.networks.training import scale_pixels
    from chapter6.section_6_4.adversarial_training_drawing import draw
    from chapter6.section_6_4.attacks import attacked_pair, training_attack

    mnist = load_mnist(settings.data)
    training = Split(mnist.train.images[: settings.digits], mnist.train.labels[: settings.digits])
    test = Split(scale_pixels(mnist.test.images), mnist.test.labels)
    epsilons = sorted({0.0, settings.epsilon, *settings.epsilons})
    measured = []
    line = _("Training a classifier on adversarial examples, ε = {size:g}.").format(size=settings.epsilon)
    with progress_bar(str(line), settings.repetitions) as update:
        for number in range(settings.repetitions):
            seed = settings.seed + number
            plain, hardened = strided_lenet(seed), strided_lenet(seed)
            train(plain, training, settings.epochs, seed)
            train(hardened, training, settings.epochs, seed, training_attack(hardened, settings))
            measured.append(attacked_pair({PLAIN: plain, ADVERSARIAL: hardened}, test, epsilons, settings))
            update(number + 1)
    picture = draw(folders, epsilons, measured, settings)
    return _make_finding(measured, picture, settings)


def _make_finding(measured, picture, settings):
    """Return the `Finding`.

    Args:
        measured: List of what `chapter6.section_6_4.attacks.attacked_pair` returned for each pair.
        picture: Path of the figure.
        settings: `Settings`.
    """
    names = {
        "clean": N_("unperturbed, all test digits"),
        "attack": N_("PGD"),
        "more steps": N_("PGD, five times the steps"),
        "transferred": N_("examples made for the plain network"),
        "any": N_("any of these attacks"),
        "largest": N_("PGD at the largest size"),
    }
    rates = {
        (measure, training): np.array([pair[training][measure] for pair in measured])
        for measure in names
        for training in (PLAIN, ADVERSARIAL)
    }
    plain, adversarial = rates["any", PLAIN], rates["any", ADVERSARIAL]
    verdict = verdict_of(plain, adversarial, settings.images)
    return Finding(
        verdict=verdict,
        short=_(
            "Under several attacks of its training's size the adversarially trained network errs on "
            "{adversarial:.0%} of digits, the plain one on {plain:.0%}."
        ).format(adversarial=adversarial.mean(), plain=plain.mean()),
        why=_(
            "Its training minimizes the loss on the worst perturbation that PGD finds for each digit, so "
            "that the loss hardly rises around the digits of the training set. Clean digits are fitted less "
            "well."
        ),
        limits=_limits(verdict).format(
            pairs=len(measured),
            cost=100 * (rates["clean", ADVERSARIAL] - rates["clean", PLAIN]).mean(),
            more=100 * (rates["more steps", ADVERSARIAL] - rates["attack", ADVERSARIAL]).mean(),
            largest=rates["largest", ADVERSARIAL].mean(),
        ),
        table={
            N_("attack"): [names[measure] for measure, _training in rates],
            N_("training"): [training for _measure, training in rates],
            N_("mean error (%)"): [100 * each.mean() for each in rates.values()],
            N_("least (%)"): [100 * each.min() for each in rates.values()],
            N_("most (%)"): [100 * each.max() for each in rates.values()],
        },
        pictures=(
            Picture(
                picture,
                _(
                    "Left, how far the curves of adversarial training lie below those of plain training; "
                    "right, the price on unperturbed digits."
                ),
            ),
        ),
    )


def _limits(verdict):
    """Return the limits, whose values are the pairs, points of error, and the error at the largest size."""
    if verdict is Verdict.HOLDS:
        return _(
            "{pairs} pairs of networks on fewer digits than MNIST has. Robust about the size of the training "
            "only: at the largest size the error is {largest:.0%}. Clean error rises by {cost:.1f} points; "
            "five times the steps find {more:.1f} points more, so that gradients are not masked."
        )
    if verdict is Verdict.PARTLY:
        return _(
            "Holds: the error under attack falls in each of {pairs} pairs. Does not hold: not by half in "
            "each. At the largest size it is {largest:.0%}; clean error rises by {cost:.1f} points, five "
            "times the steps find {more:.1f} points more."
        )
    return _(
        "In at least one of {pairs} pairs the error under attack does not fall clearly. At the largest size "
        "it is {largest:.0%}; clean error rises by {cost:.1f} points, five times the steps find {more:.1f} "
        "points more."
    )


def verdict_of(plain, adversarial, images):
    """Return the verdict for the error rates [pairs] under attack of so many images."""
    spread = np.sqrt((plain * (1 - plain) + adversarial * (1 - adversarial)) / images)
    if np.any(plain - adversarial <= 2 * spread):
        return Verdict.FAILS
    return Verdict.HOLDS if np.all(adversarial < plain / 2) else Verdict.PARTLY
