"""The attacks of the experiments ``adversarial`` and ``adversarial_training``, and noise of the same size."""

import numpy as np
import tensorflow as tf

from chapter6.adversarial import fast_gradient_sign, projected_gradient_descent, random_noise
from chapter6.adversarial_steps import descend
from chapter6.classifier import error_rate
from chapter6.language import N_

NEARLY_ALL = 0.99
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


def attacked_errors(model, others, digits, sizes, settings):
    """Return the error rates of a network under the `ATTACKS`, and of others on the same images.

    Args:
        model: The network that the attacks are made for.
        others: dict from names to further networks.
        digits: `chapter6.mnist.Split` of images in [0, 1].
        sizes: dict from a norm, ``math.inf`` or 2, to the sizes.
        settings: `chapter6.section_6_4.adversarial.Settings`.

    Returns:
        dict from (norm, attack) to the error rates [sizes] of ``model``, and dict from (norm, attack, name)
        to those of ``others``.
    """
    errors, transferred = {}, {}
    for norm, epsilons in sizes.items():
        for attack in ATTACKS:
            changed = attacked(attack, model, digits, epsilons, norm, settings)
            errors[norm, attack] = np.array([error_rate(model, each, digits.labels) for each in changed])
            for name, other in others.items():
                rates = [error_rate(other, each, digits.labels) for each in changed]
                transferred[norm, attack, name] = np.array(rates)
    return errors, transferred


def training_attack(model, settings):
    """Return the ``transform`` of `chapter6.classifier.train` that attacks a network while it is trained.

    Args:
        model: The network.
        settings: `chapter6.section_6_4.adversarial_training.Settings`.

    Returns:
        A function of (images, labels, step) that makes adversarial examples for the network's present
        weights by projected gradient descent in L-infinity, from a start that is random in each step.
    """
    # Together half as far again as the radius, so that most of the ball can be reached from every start.
    step_size = 1.5 * settings.epsilon / settings.training_steps

    def perturb(images, labels, step):
        seed = [settings.seed, step]
        start = images + tf.random.stateless_uniform(
            tf.shape(images), seed, -settings.epsilon, settings.epsilon
        )
        return descend(model, images, labels, start, settings.epsilon, step_size, settings.training_steps)

    return perturb
