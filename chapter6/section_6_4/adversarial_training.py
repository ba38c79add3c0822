"""Adversarial training: a network that is trained on adversarial examples, and what it pays for it.

Slide: 6-4, claim a; the section's heading promises it.

Two networks start from the same weights and see the same batches of digits: one sees them as they are, the
other sees adversarial examples, made anew for its present weights in every step by projected gradient descent
from a random start. Both are then attacked, with more steps and starts than the training had.

The slides go on from adversarial training to the GAN as if that were the way to do it. It is not: a GAN
trains a generator of data; adversarial training is training on adversarial examples, as it is done here.
"""

import math
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from chapter6 import artifacts
from chapter6.experiment import Finding, Verdict, data_setting, setting
from chapter6.mnist import load_mnist
from chapter6.progress import progress_bar

CLAIM = "6-4.a"
SENTENCE = "Training on adversarial examples makes a network robust to them."


@dataclass(frozen=True)
class Settings:
    """The training and the attack on what was trained."""

    seed: int = setting(0, "of the weights, the batches and everything random", minimum=0, maximum=2**31 - 1)
    epochs: int = setting(4, "of either training; these bring the plain one to 99 %", minimum=1, quick=1)
    epsilon: float = setting(
        0.2, "size in training, L-infinity: the plain network errs on nearly all", above=0
    )
    training_steps: int = setting(
        2, "of projected gradient descent in training; one does not teach robustness to more", minimum=1
    )
    images: int = setting(500, "test digits attacked; the error is known to 2 points", minimum=20, quick=100)
    steps: int = setting(20, "of the attack", minimum=1, quick=10)
    restarts: int = setting(2, "random starts of the attack", minimum=1, quick=1)
    epsilons: tuple[float, ...] = setting(
        (0.1, 0.15, 0.25, 0.3), "sizes of the attack beside 0 and that of the training", minimum=0
    )
    data: Path | None = data_setting()


def run(settings, folders):
    """Train both, attack both, draw."""
    from chapter6.adversarial import projected_gradient_descent
    from chapter6.classifier import BATCH_SIZE, lenet, train, trained_classifier
    from chapter6.networks.training import predict, scale_pixels

    mnist = load_mnist(settings.data)
    folder = folders.checkpoints.with_name("classifier")
    plain, _ = trained_classifier(mnist, folder, settings.seed, settings.epochs, progress_bar=progress_bar)
    hardened = lenet(settings.seed)
    line = f"Training a classifier on adversarial examples, ε = {settings.epsilon:g}."
    with progress_bar(line, settings.epochs * (len(mnist.train.images) // BATCH_SIZE)) as update:
        perturb = _perturbation(hardened, settings)
        train(hardened, mnist.train, settings.epochs, settings.seed, perturb, update)
    networks = {"plain": plain, "adversarial": hardened}

    test = scale_pixels(mnist.test.images)
    wrong = {name: predict(each, test).argmax(axis=1) != mnist.test.labels for name, each in networks.items()}
    epsilons = sorted({0.0, settings.epsilon, *settings.epsilons})
    count = min(settings.images, len(test))
    images = np.tile(test[:count], (len(epsilons), 1, 1))
    labels = np.tile(mnist.test.labels[:count], len(epsilons))
    each = np.repeat(np.float32(epsilons), count)
    attack = {"steps": settings.steps, "restarts": settings.restarts, "seed": settings.seed}
    errors = {}
    for name, model in networks.items():
        examples = projected_gradient_descent(model, images, labels, each, **attack)
        fooled = predict(model, examples).argmax(axis=1) != labels
        errors[name] = fooled.reshape(len(epsilons), count).mean(axis=1)

    clean = {name: float(each.mean()) for name, each in wrong.items()}
    picture = _draw(folders, epsilons, errors, clean, len(test), settings)
    # The same digits for both: their difference has the spread of those that one of them alone has right.
    difference = wrong["adversarial"].astype(float) - wrong["plain"]
    cost, cost_error = float(difference.mean()), float(difference.std() / math.sqrt(len(difference)))
    robust = {name: float(each[epsilons.index(settings.epsilon)]) for name, each in errors.items()}
    largest = {name: float(each[-1]) for name, each in errors.items()}
    spread = math.sqrt(sum(each * (1 - each) for each in robust.values()) / count)
    measured = (
        f"Attacked at the size of the training, ε = {settings.epsilon:g}, the plain network errs on "
        f"{robust['plain']:.1%}, the adversarially trained one on {robust['adversarial']:.1%} of {count} "
        f"digits (their difference ± {100 * spread:.1f} points); at ε = {epsilons[-1]:g} on "
        f"{largest['plain']:.1%} and {largest['adversarial']:.1%}. On all {len(test):,} test digits as they "
        f"are, the errors are {clean['plain']:.2%} and {clean['adversarial']:.2%}: robustness costs "
        f"{100 * cost:.2f} ± {100 * cost_error:.2f} points of accuracy, and {settings.training_steps} more "
        "gradients a step."
    )
    numbers = {f"clean_error_{name}": error for name, error in clean.items()}
    numbers |= {f"robust_error_{name}": error for name, error in robust.items()}
    numbers |= {f"error_at_largest_{name}": error for name, error in largest.items()}
    numbers |= {"cost": cost, "cost_error": cost_error}
    return Finding(verdict_of(**robust, spread=spread), measured, (picture,), numbers)


def verdict_of(plain, adversarial, spread):
    """Return the verdict for the error rates under attack and the standard error of their difference."""
    if plain - adversarial <= 2 * spread:
        return Verdict.FAILS
    return Verdict.HOLDS if adversarial < plain / 2 else Verdict.PARTLY


def _perturbation(model, settings):
    """Return the function that makes a batch of adversarial examples for the present weights of a network."""
    import tensorflow as tf

    from chapter6.adversarial_steps import descend

    # Together half as far again as the radius, so that most of the ball can be reached from every start.
    step_size = 1.5 * settings.epsilon / settings.training_steps

    def perturbed(images, labels, step):
        seed = [settings.seed, step]
        start = images + tf.random.stateless_uniform(
            tf.shape(images), seed, -settings.epsilon, settings.epsilon
        )
        return descend(model, images, labels, start, settings.epsilon, step_size, settings.training_steps)

    return perturbed


def _draw(folders, epsilons, errors, clean, count, settings):
    figure = artifacts.figure(13, 5.2)
    figure.suptitle("6-4.a: what adversarial training gains, and what it costs", fontsize=15)
    curves, bars = figure.subplots(1, 2, width_ratios=[3, 1])
    lines = {"plain": ("o-", "#1b4f9c"), "adversarial": ("s--", "#d1495b")}
    for name, (line, color) in lines.items():
        curves.plot(epsilons, 100 * errors[name], line, color=color, label=f"{name} training")
    curves.axvline(settings.epsilon, color="0.5", linestyle=":", label="size in training")
    curves.set_title("test digits under projected gradient descent")
    curves.set_xlabel(r"size $\epsilon$ of the perturbation, $L_\infty$, white = 1", fontsize=12)
    curves.set_ylabel("error rate (%)", fontsize=12)
    curves.set_ylim(-3, 103)
    curves.grid(alpha=0.3)
    curves.legend(fontsize=12)
    for place, rate in enumerate(clean.values()):
        spread = math.sqrt(rate * (1 - rate) / count)
        bars.bar(place, 100 * rate, yerr=100 * spread, color=("0.75", "0.45")[place], capsize=6)
        bars.annotate(
            f"{100 * rate:.2f} %",
            (place, 100 * (rate + spread)),
            (0, 4),
            textcoords="offset points",
            ha="center",
        )
    bars.set_title(f"all {count:,} as they are")
    bars.set_xticks(range(len(clean)), [f"{name}\ntraining" for name in clean], fontsize=12)
    bars.set_ylabel("error rate (%), ± standard error", fontsize=12)
    bars.margins(x=0.15, y=0.15)
    artifacts.save_csv(folders.snapshots / "error_under_attack.csv", {"epsilon": epsilons} | errors)
    table = {"training": list(clean), "error as they are": list(clean.values())}
    artifacts.save_csv(folders.snapshots / "error_clean.csv", table)
    return artifacts.save_figure(figure, folders.snapshots / "adversarial_training.png")
