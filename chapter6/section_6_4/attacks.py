"""The attacks that the experiment ``adversarial`` compares, and noise beside them."""

import numpy as np

from chapter6.adversarial import fast_gradient_sign, projected_gradient_descent, random_noise

NEARLY_ALL = 0.99
DESCENT, SIGN, NOISE = ATTACKS = ("projected gradient descent", "fast gradient sign", "noise")


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
