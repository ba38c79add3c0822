"""Adversarial examples: what they may never do, how far they go, what is refused."""

import functools
import gc
import itertools
import math
import weakref

import keras
import numpy as np
import pytest
import tensorflow as tf
from hypothesis import given, settings
from hypothesis import strategies as st

from chapter6.adversarial import (
    StaticModel,
    fast_gradient_sign,
    perturbation_size,
    projected_gradient_descent,
    random_noise,
)
from chapter6.adversarial_steps import margin_gradient
from chapter6.classifier import error_rate
from tests.adversarial.models import LINEAR, MODEL, NORMS, drawn, each_norm, exhaustive, small_model


def attacks(norm, targeted, seed, steps, restarts):
    """All three ways to change images, as functions of (images, labels, epsilon)."""
    return (
        lambda x, y, e: fast_gradient_sign(MODEL, x, y, e, norm, targeted),
        lambda x, y, e: projected_gradient_descent(
            MODEL, x, y, e, norm, targeted, steps, restarts=restarts, seed=seed
        ),
        lambda x, y, e: random_noise(x, e, norm, seed),
    )


@functools.cache
def linear_network(policy):
    """Return a layer of two weights [2, 2] and [2], and the network of it, compiled once."""
    layer = keras.layers.Dense(2, dtype=policy)
    return layer, StaticModel(keras.Sequential([keras.Input((2,)), layer]))


class TestInvariants:
    @settings(exhaustive, max_examples=10)
    @given(
        st.sampled_from(NORMS),
        st.booleans(),
        st.integers(0, 2**31),
        st.integers(1, 5),
        st.integers(1, 3),
        st.floats(0, 2),
    )
    def test_no_further_than_epsilon_and_within_the_pixels(
        self, norm, targeted, seed, steps, restarts, epsilon
    ):
        images, labels = drawn(seed, count=50)
        kept = images.copy()
        for attack in attacks(norm, targeted, seed, steps, restarts):
            attacked = attack(images, labels, epsilon)
            assert attacked.dtype == np.float32 and attacked.shape == images.shape
            assert attacked.min() >= 0 and attacked.max() <= 1
            assert np.all(perturbation_size(attacked - images, norm) <= epsilon + 1e-6)
        assert np.array_equal(images, kept)

    @each_norm
    @pytest.mark.parametrize("targeted", [False, True])
    def test_epsilon_zero_changes_nothing(self, norm, targeted):
        images, labels = drawn(0, count=50)
        for attack in attacks(norm, targeted, 0, 3, 2):
            assert np.array_equal(attack(images, labels, 0.0), images)

    @each_norm
    def test_one_epsilon_an_image(self, norm):
        images, labels = drawn(0, count=3)
        epsilon = np.linspace(0, 0.6, len(images))
        for attack in attacks(norm, False, 3, 4, 2):
            together = attack(images, labels, epsilon)
            for place, size in enumerate(epsilon):
                np.testing.assert_allclose(together[place], attack(images, labels, size)[place], atol=1e-6)

    @each_norm
    def test_an_image_does_not_mind_its_company(self, norm, monkeypatch):
        images, labels = drawn(0)
        whole = [attack(images, labels, 0.3) for attack in attacks(norm, False, 0, 4, 2)]
        monkeypatch.setattr("chapter6.adversarial.BATCH_SIZE", 3)
        for attack, all_at_once in zip(attacks(norm, False, 0, 4, 2), whole, strict=True):
            np.testing.assert_allclose(attack(images, labels, 0.3), all_at_once, atol=1e-6)
            np.testing.assert_allclose(attack(images[:4], labels[:4], 0.3), all_at_once[:4], atol=1e-6)

    @each_norm
    def test_random_numbers_are_functions_of_the_seed(self, norm):
        images, labels = drawn(0)
        _, descent, noise = attacks(norm, False, 5, 1, 1)
        _, other_descent, other_noise = attacks(norm, False, 6, 1, 1)
        for attack, other in ((descent, other_descent), (noise, other_noise)):
            assert np.array_equal(attack(images, labels, 0.3), attack(images, labels, 0.3))
            assert not np.array_equal(attack(images, labels, 0.3), other(images, labels, 0.3))


class TestGradient:
    @pytest.mark.parametrize("targeted", [False, True])
    def test_one_step_is_the_gradients_sign_or_direction(self, targeted):
        images, labels = drawn(1)
        images = 0.4 + 0.2 * images
        gradient = margin_gradient(MODEL, images, labels).numpy()
        direction = -gradient if targeted else gradient
        unit = direction / np.linalg.norm(direction, axis=(1, 2), keepdims=True)
        signs = fast_gradient_sign(MODEL, images, labels, 0.125, math.inf, targeted)
        np.testing.assert_allclose(signs, images + 0.125 * np.sign(direction), atol=1e-6)
        steps = fast_gradient_sign(MODEL, images, labels, 0.125, 2, targeted)
        np.testing.assert_allclose(steps, images + 0.125 * unit, atol=1e-6)

    @pytest.mark.parametrize("policy", ["float32", "mixed_float16"])
    @pytest.mark.parametrize("margin", [10, 17.6, 80, 96, 1000, 30_000])
    def test_a_network_that_is_sure_is_attacked_too(self, policy, margin):
        # Its cross-entropy's gradient, e^-margin, is 0 in float32 or half precision.
        images = np.float32([[0.9, 0.1]])
        layer, sure = linear_network(policy)
        layer.set_weights([margin / 0.8 * np.eye(2, dtype=np.float32), np.zeros(2, np.float32)])
        np.testing.assert_allclose(fast_gradient_sign(sure, images, [0], 0.5), [[0.4, 0.6]], atol=1e-6)
        attacked = projected_gradient_descent(sure, images, [0], 0.5)
        np.testing.assert_allclose(attacked, [[0.4, 0.6]], atol=1e-6)
        expected = images + np.float32([[-1, 1]]) / np.sqrt(2) * 0.1
        np.testing.assert_allclose(fast_gradient_sign(sure, images, [0], 0.1, 2), expected, atol=1e-6)

    @each_norm
    def test_an_infinite_slope_leads_its_own_pixel(self, norm):
        def root(x):
            # The slope of the root is infinite at 0.
            return tf.stack([tf.sqrt(x[:, 0]) + x[:, 1], tf.zeros_like(x[:, 0])], axis=1)

        images = np.float32([[0.0, 0.5], [0.25, 0.5]])
        attacked = fast_gradient_sign(root, images, [1, 1], 0.1, norm)
        assert np.isfinite(attacked).all() and attacked[0, 0] == np.float32(0.1)
        assert (attacked[1] > images[1]).all()

    def test_what_is_attacked_is_the_model_as_it_is_now(self):
        images, labels = drawn(3)
        model = small_model()
        before = projected_gradient_descent(model, images, labels, 0.3, steps=3)
        model.layers[1].activation = keras.activations.relu
        changed = projected_gradient_descent(model, images, labels, 0.3, steps=3)
        expected = small_model()
        expected.layers[1].activation = keras.activations.relu
        np.testing.assert_array_equal(
            changed, projected_gradient_descent(expected, images, labels, 0.3, steps=3)
        )
        assert np.any(changed != before)

    def test_a_static_model_is_compiled_once_and_attacked_with_its_present_weights(self):
        images, labels = drawn(3)
        model, traced = small_model(), []

        def network(x):
            traced.append(x)
            return model(x)

        static = StaticModel(network)
        options = {"epsilon": 0.3, "steps": 3, "restarts": 2}
        first = projected_gradient_descent(static, images, labels, **options)
        np.testing.assert_array_equal(first, projected_gradient_descent(model, images, labels, **options))
        programs = sum(not hasattr(x, "numpy") for x in traced)
        model.set_weights([2 * weight + 0.1 for weight in model.get_weights()])
        second = projected_gradient_descent(static, images, labels, **options)
        np.testing.assert_array_equal(second, projected_gradient_descent(model, images, labels, **options))
        assert np.any(first != second)
        assert sum(not hasattr(x, "numpy") for x in traced) == programs > 0

    def test_no_model_is_kept_alive(self):
        model = small_model()
        fast_gradient_sign(model, *drawn(0), 0.1)
        reference = weakref.ref(model)
        del model
        gc.collect()
        assert reference() is None


class TestDescent:
    def test_a_linear_model_is_attacked_to_the_corner(self):
        images = np.float32([[0.5, 0.25], [0.95, 0.02]])
        attacked = projected_gradient_descent(LINEAR, images, [0, 1], epsilon=0.125)
        np.testing.assert_allclose(attacked, [[0.375, 0.375], [1.0, 0.0]], atol=1e-6)
        to_class_0 = projected_gradient_descent(LINEAR, images, [0, 0], epsilon=0.125, targeted=True)
        np.testing.assert_allclose(to_class_0, [[0.625, 0.125], [1.0, 0.0]], atol=1e-6)

    @each_norm
    def test_starts_fill_the_ball(self, norm):
        # Steps of no length: what comes back is the random start.
        images = np.full((4000, 3), 0.5, np.float32)
        model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(2, kernel_initializer="zeros")])
        labels = np.zeros(4000, int)
        started = projected_gradient_descent(model, images, labels, 0.5, norm, steps=1, step_size=0.0)
        sizes = perturbation_size(started - images, norm)
        # Even in a ball of three dimensions: the share within a radius is its cube.
        for radius in (0.25, 0.4):
            share = (radius / 0.5) ** 3
            assert abs(np.mean(sizes < radius) - share) < 4 * math.sqrt(share * (1 - share) / 4000)
        assert np.all(np.abs(started.mean(axis=0) - 0.5) < 0.02)

    @each_norm
    @pytest.mark.parametrize("targeted", [False, True])
    def test_of_several_restarts_the_best_is_kept(self, norm, targeted):
        images, labels = drawn(4, count=60)

        def reached(restarts):
            # Steps of no length: what comes back is a start.
            attacked = projected_gradient_descent(
                MODEL, images, labels, 0.5, norm, targeted, steps=1, step_size=0.0, restarts=restarts
            )
            logits = MODEL(attacked).numpy()
            loss = np.log(np.exp(logits).sum(axis=1)) - logits[np.arange(60), labels]
            return (logits.argmax(axis=1) == labels) == targeted, -loss if targeted else loss

        for (fooled, loss), (more, further) in itertools.pairwise(reached(n) for n in (1, 2, 4)):
            assert np.all(fooled <= more)
            same = fooled == more
            assert np.all(further[same] >= loss[same] - 1e-5) and np.any(further[same] > loss[same] + 1e-3)

    def test_more_restarts_fool_more_often(self, victim):
        model, images, labels = victim[0], victim[1][:200], victim[2][:200]

        def error(restarts):
            options = {"steps": 2, "step_size": 0.02, "restarts": restarts}
            attacked = projected_gradient_descent(model, images, labels, 0.05, **options)
            return error_rate(model, attacked, labels)

        assert error(1) < error(4)

    def test_examples_fool_a_trained_network_and_noise_does_not(self, victim):
        model, images, labels = victim
        clean = error_rate(model, images, labels)
        sign = error_rate(model, fast_gradient_sign(model, images, labels, 0.1), labels)
        descent = error_rate(model, projected_gradient_descent(model, images, labels, 0.1, steps=20), labels)
        noise = error_rate(model, random_noise(images, 0.1), labels)
        assert clean < 0.12 and noise < clean + 0.05
        assert clean + 0.4 < sign <= descent and descent > 0.8

    @each_norm
    def test_targeted_examples_are_taken_for_their_target(self, victim, norm):
        model, images, labels = victim
        targets = (labels[:200].astype(int) + 1) % 10
        epsilon = {math.inf: 0.25, 2: 4.0}[norm]
        attacked = projected_gradient_descent(model, images[:200], targets, epsilon, norm, True, steps=20)
        assert 1 - error_rate(model, attacked, targets) > 0.9


class TestNoise:
    def test_is_of_the_attacks_size(self):
        images = np.full((50, 4, 3), 0.5, np.float32)
        changed = random_noise(images, 0.25) - images
        assert np.all(np.abs(changed) == 0.25) and abs(changed.mean()) < 0.05
        sizes = perturbation_size(random_noise(images, 0.25, norm=2) - images, 2)
        np.testing.assert_allclose(sizes, 0.25, rtol=1e-5)


class TestRefusals:
    @pytest.mark.parametrize(
        "change, message",
        [
            ({"epsilon": -0.1}, "epsilon must be finite and at least 0, received -0.1"),
            ({"epsilon": math.nan}, "epsilon must be finite and at least 0, received nan"),
            ({"images": 255 * np.ones((2, 4, 3))}, r"pixels must be in \[0, 1\], received 255.0 to 255.0"),
            ({"images": np.full((2, 4, 3), np.nan)}, r"pixels must be in \[0, 1\], received nan"),
            ({"epsilon": np.array([0.1, -0.2])}, "epsilon must be finite and at least 0, received -0.2"),
            ({"images": np.zeros((0, 4, 3))}, r"one image at least, received an array of shape \(0, 4, 3\)"),
            ({"images": np.zeros((2, 4, 3), int)}, "pixels must be floating-point numbers, received int64"),
            ({"norm": 1}, "norm must be 2 or math.inf, received 1"),
            ({"epsilon": np.full((2, 1), 0.1)}, r"one number or one for each of 2 images, received \(2, 1\)"),
        ],
    )
    def test_by_every_way(self, change, message):
        options = {"images": np.zeros((2, 4, 3)), "labels": [0, 0], "epsilon": 0.1} | change
        for attack in (fast_gradient_sign, projected_gradient_descent):
            with pytest.raises(ValueError, match=message):
                attack(MODEL, **options)
        del options["labels"]
        with pytest.raises(ValueError, match=message):
            random_noise(**options)

    @pytest.mark.parametrize(
        "labels, message",
        [
            ([0], r"one for each of 2 images, received \(1,\)"),
            ([[0, 0]], r"one for each of 2 images, received \(1, 2\)"),
            ([0, 3], "labels must be from 0 to 2, received 0 to 3"),
            ([-1, 0], "labels must be from 0 to 2, received -1 to 0"),
            ([0.0, 1.0], "labels must be whole numbers, received float64"),
        ],
    )
    def test_labels_by_both_attacks(self, labels, message):
        for attack in (fast_gradient_sign, projected_gradient_descent):
            with pytest.raises(ValueError, match=message):
                attack(MODEL, np.zeros((2, 4, 3), np.float32), labels, 0.1)

    @pytest.mark.parametrize(
        "change, message",
        [
            ({"steps": 0}, "steps must be a whole number of at least 1, received 0"),
            ({"steps": 2.5}, "steps must be a whole number of at least 1, received 2.5"),
            ({"restarts": 0}, "restarts must be a whole number of at least 1, received 0"),
            ({"step_size": -0.1}, "step_size must be finite and at least 0, received -0.1"),
        ],
    )
    def test_no_steps_no_starts_or_steps_backwards(self, change, message):
        with pytest.raises(ValueError, match=message):
            projected_gradient_descent(MODEL, np.zeros((2, 4, 3), np.float32), [0, 0], 0.1, **change)

    @pytest.mark.parametrize(
        "model, message",
        [
            (lambda x: tf.reduce_sum(x, axis=1) / 0.0, "logits must be finite, received others for 2 of 2"),
            (lambda x: x[:, :, :, None], r"logits \[n, classes\], received \(2, 4, 3, 1\)"),
        ],
    )
    def test_models_without_finite_logits(self, model, message):
        for attack in (fast_gradient_sign, projected_gradient_descent):
            with pytest.raises(ValueError, match=message):
                attack(model, np.zeros((2, 4, 3), np.float32), [0, 0], 0.1)
