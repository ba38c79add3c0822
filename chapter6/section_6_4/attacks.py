"""The attacks of the experiments ``adversarial`` and ``adversarial_training``, and noise of the same size."""

import math

import numpy as np
import tensorflow as tf

from chapter6.adversarial import StaticModel, fast_gradient_sign, projected_gradient_descent, random_noise
from chapter6.adversarial_steps import descend
from chapter6.classifier import BATCH_SIZE, error_rate
from chapter6.language import N_
from chapter6.mnist import Split
from chapter6.networks.training import predict

# Steps of the check for masked gradients, in those of the attack
MORE = 5
DESCENT, SIGN, NOISE = ATTACKS = (N_("projected gradient descent"), N_("fast gradient sign"), N_("noise"))


def attacked(attack, model, digits, epsilons, norm, settings):
    """Return the digits changed by one of the `ATTACKS` at each of the sizes, [sizes, n, 28, 28]."""
    images = np.tile(digits.images, (len(epsilons), 1, 1))
    labels = np.tile(digits.labels, len(epsilons))
    each = np.repeat(np.float32(epsilons), len(digits.labels))
    if attack == NOISE:
        changed = random_noise(images, each, norm, settings.seed)
    elif attack == SIGN:
        changed = fast_gradient_sign(model, images, labels, each, norm)
    else:
        options = {"steps": settings.steps, "restarts": settings.restarts, "seed": settings.seed}
        changed = projected_gradient_descent(model, images, labels, each, norm, **options)
    return changed.reshape(len(epsilons), *digits.images.shape)


def smallest_perturbations(model, digits, largest, norm, settings):
    """Search for the smallest size at which projected gradient descent fools a network, for each digit.

    The sizes between 0 and ``largest`` are bisected, ``settings.halvings`` times.

    Args:
        model: The network.
        digits: `chapter6.mnist.Split` of n images in [0, 1].
        largest: float, the largest size tried.
        norm: ``math.inf`` or 2.
        settings: `chapter6.section_6_4.adversarial.Settings`.

    Returns:
        Sizes [n], 0 for a digit that the network has wrong anyway, infinity where no size tried suffices; and
        the perturbed digits [n, 28, 28] of these sizes, or else of the largest.
    """
    options = {"steps": settings.steps, "restarts": settings.restarts, "seed": settings.seed}
    static = StaticModel(model)

    def attack(sizes):
        images = projected_gradient_descent(static, digits.images, digits.labels, sizes, norm, **options)
        return images, predict(model, images, BATCH_SIZE).argmax(axis=1) != digits.labels

    wrong = predict(model, digits.images, BATCH_SIZE).argmax(axis=1) != digits.labels
    too_small = np.zeros(len(digits.labels))
    enough = np.full(len(digits.labels), float(largest))
    examples, fooled = attack(enough)
    for _halving in range(settings.halvings):
        middle = (too_small + enough) / 2
        images, hit = attack(middle)
        enough, too_small = np.where(hit, middle, enough), np.where(hit, too_small, middle)
        examples[hit], fooled = images[hit], fooled | hit
    examples[wrong] = digits.images[wrong]
    return np.where(wrong, 0.0, np.where(fooled, enough, np.inf)), examples


def attacked_pair(networks, test, epsilons, settings):
    """Measure the error rates of a plain and an adversarially trained network, as they are and attacked.

    Args:
        networks: dict from ``"plain"`` and ``"adversarial"`` to the networks.
        test: `chapter6.mnist.Split` of images in [0, 1]; the first ``settings.images`` are attacked.
        epsilons: Sizes in L-infinity, ascending from 0, ``settings.epsilon`` among them.
        settings: `chapter6.section_6_4.adversarial_training.Settings`.

    Returns:
        dict from the networks' names to a dict of error rates: ``"clean"``, on all test digits; at
        ``settings.epsilon`` ``"attack"``, ``"more steps"``, ``"transferred"`` (examples made for the plain
        network) and ``"any"``; at the ``"largest"`` size; and the ``"curve"`` [sizes].
    """
    digits = Split(test.images[: settings.images], test.labels[: settings.images])

    def wrong(model, images):
        return predict(model, images, BATCH_SIZE).argmax(axis=1) != digits.labels

    def examples(static, sizes, steps):
        """Return the examples of each size, [sizes, n, 28, 28], made in one call."""
        images = np.tile(digits.images, (len(sizes), 1, 1))
        labels = np.tile(digits.labels, len(sizes))
        each = np.repeat(np.float32(sizes), len(digits.labels))
        made = projected_gradient_descent(static, images, labels, each, steps=steps, seed=settings.seed)
        return made.reshape(len(sizes), *digits.images.shape)

    found, made = {}, {}
    for name, model in networks.items():
        static = StaticModel(model)
        # At size 0, the first, nothing is changed.
        of_sizes = [digits.images, *examples(static, epsilons[1:], settings.steps)]
        made[name] = of_sizes[epsilons.index(settings.epsilon)]
        curve = [wrong(model, images) for images in of_sizes]
        attack = curve[epsilons.index(settings.epsilon)]
        (images,) = examples(static, [settings.epsilon], MORE * settings.steps)
        more = wrong(model, images)
        transferred = wrong(model, made["plain"])
        rates = {"attack": attack, "more steps": more, "transferred": transferred}
        rates |= {"any": attack | more | transferred, "largest": curve[-1]}
        found[name] = {measure: float(each.mean()) for measure, each in rates.items()}
        found[name]["clean"] = error_rate(model, test.images, test.labels)
        found[name]["curve"] = np.mean(curve, axis=1)
    return found


def training_attack(model, settings):
    """Return the ``transform`` of `chapter6.classifier.train` that attacks a network while it is trained.

    Args:
        model: The network.
        settings: `chapter6.section_6_4.adversarial_training.Settings`.

    Returns:
        A function of (images, labels, step) that makes adversarial examples for the network's present
        weights by projected gradient descent in L-infinity, from a start that is random in each step. Their
        size grows to ``settings.epsilon`` in the first ``settings.warmup`` steps.
    """

    def perturb(images, labels, step):
        # Larger in each step, up to ε
        epsilon = settings.epsilon * tf.minimum(1.0, (tf.cast(step, tf.float32) + 1) / settings.warmup)
        seed = [settings.seed, step]
        start = images + tf.random.stateless_uniform(tf.shape(images), seed, -epsilon, epsilon)
        # Together half as far again as the radius, so that most of the ball can be reached from every start.
        step_size = 1.5 * epsilon / settings.training_steps
        sizes = epsilon, step_size, settings.training_steps
        return descend(model, images, labels, start, *sizes, norm=math.inf)

    return perturb
