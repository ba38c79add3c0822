"""The gradients of attacks, and their steps, by hand."""

import math

import numpy as np
import tensorflow as tf
from hypothesis import given
from hypothesis import strategies as st

from chapter6.adversarial_steps import descend, margin_gradient
from tests.adversarial.models import MODEL, drawn, each_norm, exhaustive, small_model


@exhaustive
@given(st.integers(0, 2**31))
def test_against_finite_differences(seed):
    model = small_model("float64")
    images, labels = drawn(seed, count=3)
    images = images.astype(np.float64)

    def loss(x):
        logits = model(x).numpy()
        return np.log(np.exp(logits).sum(axis=1)) - logits[np.arange(len(x)), np.resize(labels, len(x))]

    def losses(shift):
        # Of all images [pixel, image] with one pixel shifted.
        shifted = images + shift * np.eye(12).reshape(12, 1, 4, 3)
        return loss(shifted.reshape(36, 4, 3)).reshape(12, 3)

    expected = ((losses(1e-5) - losses(-1e-5)) / 2e-5).T.reshape(images.shape)
    probabilities = tf.nn.softmax(model(images)).numpy()
    of_others = 1 - probabilities[np.arange(3), labels]
    # ∇_x J = (1 - p_y) ∇_x m
    gradient = of_others[:, None, None] * margin_gradient(model, images, labels).numpy()
    np.testing.assert_allclose(gradient, expected, rtol=1e-6, atol=1e-9)


@each_norm
def test_steps_by_hand(norm):
    images, labels = drawn(2)
    rng = np.random.default_rng(0)
    start = np.clip(images + rng.uniform(-0.1, 0.1, images.shape), 0, 1).astype(np.float32)
    x = start.astype(np.float64)
    for _ in range(5):
        gradient = margin_gradient(MODEL, x.astype(np.float32), labels).numpy().astype(np.float64)
        size = np.linalg.norm(gradient, axis=(1, 2), keepdims=True)
        perturbation = x + 0.2 * (np.sign(gradient) if norm == math.inf else gradient / size) - images
        if norm == math.inf:
            perturbation = np.clip(perturbation, -0.3, 0.3)
        else:
            size = np.linalg.norm(perturbation, axis=(1, 2), keepdims=True)
            perturbation = perturbation * np.minimum(1, 0.3 / size)
        x = np.clip(images + perturbation, 0, 1)
    ours = descend(MODEL, tf.constant(images), labels, tf.constant(start), 0.3, 0.2, 5, norm)
    if norm == 2:
        # The start may lie outside this ball; by hand it was not brought in before the first step.
        start_inside = np.linalg.norm(start - images, axis=(1, 2)) <= 0.3
        assert start_inside.sum() >= 3
        np.testing.assert_allclose(ours.numpy()[start_inside], x[start_inside], atol=1e-5)
    else:
        np.testing.assert_allclose(ours, x, atol=1e-5)
