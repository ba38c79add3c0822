"""The same attacks of the adversarial-robustness-toolbox."""

import math

import numpy as np
import pytest
import tensorflow as tf

from chapter6.adversarial import (
    fast_gradient_sign,
    projected_gradient_descent,
)
from chapter6.adversarial_steps import margin_gradient
from chapter6.classifier import error_rate


def test_gradients_have_the_same_signs(victim, theirs):
    model, images, labels = victim
    ours = margin_gradient(model, images, labels.astype(int)).numpy()
    differ = np.sign(ours) != np.sign(theirs.loss_gradient(images, np.eye(10)[labels]))
    # Where the network is sure, theirs has the rounding of TensorFlow's cross-entropy.
    probabilities = tf.nn.softmax(model(images)).numpy()[np.arange(len(labels)), labels]
    unsure = probabilities < 0.999
    assert unsure.sum() > 100
    assert differ[unsure].mean() < 1e-5
    assert differ.mean() < 1e-3


@pytest.mark.parametrize("targeted", [False, True])
@pytest.mark.parametrize("norm, epsilon", [(math.inf, 0.1), (math.inf, 0.3), (2, 1.0), (2, 3.0)])
def test_one_step_gives_the_same_images(victim, theirs, norm, epsilon, targeted):
    from art.attacks.evasion import FastGradientMethod

    model, images, labels = victim
    labels = (labels.astype(int) + 1) % 10 if targeted else labels
    attack = FastGradientMethod(theirs, norm=norm, eps=epsilon, targeted=targeted, batch_size=500)
    ours = fast_gradient_sign(model, images, labels, epsilon, norm, targeted)
    differ = np.abs(ours - attack.generate(images, labels)) > 1e-4
    # Where the network is sure, theirs has the rounding of TensorFlow's cross-entropy.
    probabilities = tf.nn.softmax(model(images)).numpy()[np.arange(len(labels)), labels]
    unsure = probabilities < 0.999
    assert unsure.sum() > 100
    assert differ[unsure].mean() < 1e-5
    assert differ.mean() < {math.inf: 1e-4, 2: 0.02}[norm]


@pytest.mark.parametrize("norm, epsilon", [(math.inf, 0.03), (math.inf, 0.06), (2, 0.5), (2, 1.0)])
def test_many_steps_give_the_same_error_rate(victim, theirs, norm, epsilon):
    from art.attacks.evasion import ProjectedGradientDescent

    model, images, labels = victim
    attack = ProjectedGradientDescent(
        theirs,
        norm=norm,
        eps=epsilon,
        eps_step=2.5 * epsilon / 20,
        max_iter=20,
        num_random_init=1,
        batch_size=500,
        verbose=False,
    )
    their_error = error_rate(model, attack.generate(images, labels), labels)
    attacked = projected_gradient_descent(model, images, labels, epsilon, norm, steps=20)
    assert 0.15 < their_error < 0.97
    sampling_error = math.sqrt(their_error * (1 - their_error) / len(labels))
    # Starts are random, theirs anew in every run; they decide a few of the 500 images.
    assert abs(error_rate(model, attacked, labels) - their_error) < sampling_error
