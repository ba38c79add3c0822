"""Adversarial training: what a network gains when it is trained on adversarial examples, and what it costs.

Slide: 6-4, claim a; the section's heading promises it.

Two networks start from the same weights and see the same batches, one as they are, the other as adversarial
examples that PGD makes for its current weights in every step. Both are then attacked, with more steps and
starts than in training. The slides go on to the GAN as if it were the way to do this; it is not: a GAN
trains a generator of data.
"""

import math
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from chapter6.experiment import Finding, Picture, Verdict, data_setting, setting
from chapter6.language import N_, _
from chapter6.mnist import load_mnist
from chapter6.progress import progress_bar

CLAIM = "6-4.a"
SENTENCE = _("Training on adversarial examples makes a network robust to them.")

PLAIN, ADVERSARIAL = N_("plain"), N_("adversarial")


@dataclass(frozen=True)
class Settings:
    """The training and the attack on what was trained."""

    seed: int = setting(0, _("seed of weights, batches and attacks"), minimum=0, maximum=2**31 - 1)
    epochs: int = setting(
        4, _("epochs of either training; 4 bring the plain network to 99%"), minimum=1, quick=1
    )
    epsilon: float = setting(
        0.2, _("size in training, L-infinity: the plain network errs on nearly all"), above=0
    )
    training_steps: int = setting(
        2, _("steps of PGD in training; 1 does not make robust to attacks of more steps"), minimum=1
    )
    images: int = setting(
        500, _("test digits to attack; the standard error is then at most 2.2 points"), minimum=20, quick=100
    )
    steps: int = setting(20, _("steps of PGD in the attack"), minimum=1, quick=10)
    restarts: int = setting(2, _("random starts of PGD in the attack"), minimum=1, quick=1)
    epsilons: tuple[float, ...] = setting(
        (0.1, 0.15, 0.25, 0.3), _("sizes of the attack, beside 0 and the size in training"), minimum=0
    )
    data: Path | None = data_setting()


def run(settings, folders):
    """Train both networks, attack both, draw."""
    from chapter6.adversarial import projected_gradient_descent
    from chapter6.classifier import BATCH_SIZE, lenet, train, trained_classifier
    from chapter6.networks.training import predict, scale_pixels
    from chapter6.section_6_4.adversarial_training_drawing import draw
    from chapter6.section_6_4.attacks import training_attack

    mnist = load_mnist(settings.data)
    folder = folders.checkpoints.with_name("classifier")
    plain = trained_classifier(mnist, folder, settings.seed, settings.epochs, progress_bar=progress_bar)[0]
    hardened = lenet(settings.seed)
    line = _("Training a classifier on adversarial examples, ε = {size:g}.").format(size=settings.epsilon)
    with progress_bar(str(line), settings.epochs * (len(mnist.train.images) // BATCH_SIZE)) as update:
        attack = training_attack(hardened, settings)
        train(hardened, mnist.train, settings.epochs, settings.seed, attack, update)
    networks = {PLAIN: plain, ADVERSARIAL: hardened}

    test = scale_pixels(mnist.test.images)
    wrong = {
        name: predict(each, test, BATCH_SIZE).argmax(axis=1) != mnist.test.labels
        for name, each in networks.items()
    }
    epsilons = sorted({0.0, settings.epsilon, *settings.epsilons})
    count = min(settings.images, len(test))
    images = np.tile(test[:count], (len(epsilons), 1, 1))
    labels = np.tile(mnist.test.labels[:count], len(epsilons))
    each = np.repeat(np.float32(epsilons), count)
    attack = {"steps": settings.steps, "restarts": settings.restarts, "seed": settings.seed}
    errors = {}
    for name, model in networks.items():
        examples = projected_gradient_descent(model, images, labels, each, **attack)
        fooled = predict(model, examples, BATCH_SIZE).argmax(axis=1) != labels
        errors[name] = fooled.reshape(len(epsilons), count).mean(axis=1)

    clean = {name: float(each.mean()) for name, each in wrong.items()}
    picture = draw(folders, epsilons, errors, clean, len(test), settings)
    # The same digits for both: their difference has the spread of those that one of them alone has right.
    difference = wrong[ADVERSARIAL].astype(float) - wrong[PLAIN]
    return _make_finding(epsilons, errors, clean, difference, count, picture, settings)


def _make_finding(epsilons, errors, clean, difference, attacked, picture, settings):
    place = epsilons.index(settings.epsilon)
    plain, adversarial = (float(errors[name][place]) for name in (PLAIN, ADVERSARIAL))
    # Size, digits, error rates, standard error of their difference.
    rows = [(0.0, len(difference), *clean.values(), difference.std() / math.sqrt(len(difference)))]
    for size in dict.fromkeys((settings.epsilon, epsilons[-1])):
        rates = [float(each[epsilons.index(size)]) for each in errors.values()]
        spread = math.sqrt(sum(rate * (1 - rate) for rate in rates) / attacked)
        rows.append((size, attacked, *rates, spread))
    verdict = verdict_of(plain, adversarial, spread=rows[1][-1])
    return Finding(
        verdict=verdict,
        short=_(
            "Attacked at the size of its training, the adversarially trained network errs on "
            "{adversarial:.1%} of digits, the plain one on {plain:.1%}."
        ).format(adversarial=adversarial, plain=plain),
        why=_(
            "Its training minimizes the loss on the worst perturbation that PGD finds for each digit, so "
            "that the loss hardly rises around the digits of the training set. Clean digits are fitted less "
            "well."
        ),
        limits=_limits(verdict).format(size=epsilons[-1], error=rows[-1][3], count=settings.training_steps),
        table=_table(rows),
        pictures=(
            Picture(
                picture,
                _(
                    "Left, how far the curve of adversarial training lies below that of plain training; "
                    "right, the price on unperturbed digits."
                ),
            ),
        ),
    )


def _limits(verdict):
    if verdict is Verdict.HOLDS:
        return _(
            "Robust to the norm of the training and about its size only: at ε = {size:g} the error is "
            "{error:.1%}. Each training step computes {count} more gradients. One network of each kind."
        )
    if verdict is Verdict.PARTLY:
        return _(
            "Holds: the error under attack falls. Does not hold: it falls by less than half; at ε = {size:g} "
            "it is {error:.1%}. Each training step computes {count} more gradients. One network of each "
            "kind."
        )
    return _(
        "The error under attack falls by no more than twice the standard error of the difference; at ε = "
        "{size:g} it is {error:.1%}. Each training step computes {count} more gradients. One network of each "
        "kind."
    )


def _table(rows):
    names = (
        N_("training"),
        N_("size ε"),
        N_("number of digits"),
        N_("error (%)"),
        N_("standard error"),
    )
    columns = {name: [] for name in names}
    for size, count, plain, adversarial, spread in rows:
        own = [math.sqrt(rate * (1 - rate) / count) for rate in (plain, adversarial)]
        for row in (
            (PLAIN, size, count, 100 * plain, 100 * own[0]),
            (ADVERSARIAL, size, count, 100 * adversarial, 100 * own[1]),
            (N_("difference"), size, count, 100 * (adversarial - plain), 100 * spread),
        ):
            for column, value in zip(columns.values(), row, strict=True):
                column.append(value)
    return columns


def verdict_of(plain, adversarial, spread):
    """Return the verdict for the error rates under attack and the standard error of their difference."""
    if plain - adversarial <= 2 * spread:
        return Verdict.FAILS
    return Verdict.HOLDS if adversarial < plain / 2 else Verdict.PARTLY
