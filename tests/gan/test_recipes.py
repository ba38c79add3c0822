"""The improved recipe and its parts against float64 NumPy: what they change, and what they leave as it is."""

import numpy as np
import pytest
import tensorflow as tf

from chapter6.gan.model import GAN
from chapter6.gan.recipes import RECIPES, UNCHANGED, VARIANTS, ImprovedGAN

SMALL = {"batch_size": 16, "hidden_units": 12, "latent_dim": 5}


def values(variables):
    return [tf.convert_to_tensor(variable).numpy().astype(float) for variable in variables]


@pytest.fixture
def batch():
    generator = np.random.default_rng(0)
    real = generator.random((16, 784)) * (generator.random((16, 784)) < 0.2)
    noise = generator.uniform(-1, 1, (16, 5))
    return tf.constant(real, tf.float32), tf.constant(noise, tf.float32)


def sigmoid(logits):
    return 1 / (1 + np.exp(-logits))


def penalized_gradient(theta_d, real, fake):
    """Return the gradient of D_loss + 1/2 E|∇_x D(x)|² with regard to W1, b1, W2, b2."""
    w1, b1, w2, _ = theta_d
    gradients = [np.zeros_like(parameter) for parameter in theta_d]
    for images, label in ((real, 1), (fake, 0)):
        hidden = images @ w1 + b1
        logits = np.maximum(hidden, 0) @ w2 + theta_d[3]
        delta = (sigmoid(logits) - label) / len(images)
        back = delta @ w2.T * (hidden > 0)
        parts = (images.T @ back, back.sum(0), np.maximum(hidden, 0).T @ delta, delta.sum(0))
        gradients = [gradient + part for gradient, part in zip(gradients, parts, strict=True)]
    for image in real:
        # ∇_x D(x) = W1 a with a = w2 where the unit is on, so |∇_x D(x)|² = aᵀ W1ᵀ W1 a
        on = (image @ w1 + b1 > 0)[:, None]
        active = on * w2
        gradients[0] += (w1 @ active) @ active.T / len(real)
        gradients[2] += on * (w1.T @ w1 @ active) / len(real)
    return gradients


def test_discriminators_update_is_adams_on_the_penalized_loss(batch):
    gan = ImprovedGAN(**SMALL)
    theta_d = values(gan.discriminator.trainable_variables)
    fake = values([gan.generator(batch[1])])[0]
    losses = gan.discriminator_step(*batch)
    expected = penalized_gradient(theta_d, values(batch)[0], fake)

    slots = values(gan.discriminator_optimizer.variables)[2:]
    # First step: s = (1 - ρ1) g, r = (1 - ρ2) g², θ <- θ - e g / (|g| + δ')
    for gradient, s, r in zip(expected, slots[0::2], slots[1::2], strict=True):
        np.testing.assert_allclose(s, 0.5 * gradient, rtol=2e-4, atol=1e-7)
        np.testing.assert_allclose(r, 0.001 * gradient**2, rtol=4e-4, atol=1e-10)
    for gradient, before, after in zip(
        expected, theta_d, values(gan.discriminator.trainable_variables), strict=True
    ):
        far = np.abs(gradient) > 1e-3
        np.testing.assert_allclose((before - after)[far], 2e-3 * np.sign(gradient)[far], rtol=1e-3)
    np.testing.assert_allclose(losses, GAN(**SMALL).discriminator_step(*batch), rtol=1e-6)


def test_generators_update_is_the_slides_but_for_adams_momentum(batch):
    improved, lecture = ImprovedGAN(**SMALL), GAN(**SMALL)
    assert improved.generator_step(batch[1]) == lecture.generator_step(batch[1])
    of_improved, of_lecture = (values(gan.generator_optimizer.variables)[2:] for gan in (improved, lecture))
    for ours, theirs in zip(of_improved[0::2], of_lecture[0::2], strict=True):
        np.testing.assert_allclose(ours / 0.5, theirs / (1 - 0.9), rtol=1e-4, atol=1e-9)
    for ours, theirs in zip(of_improved[1::2], of_lecture[1::2], strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=1e-3, atol=1e-15)


def test_sampler_is_the_moving_average_of_the_generator(batch):
    gan = ImprovedGAN(**SMALL)
    average = values(gan.generator.weights)
    for _ in range(5):
        gan.discriminator_step(*batch)
        gan.generator_step(batch[1])
        average = [0.999 * a + 0.001 * w for a, w in zip(average, values(gan.generator.weights), strict=True)]
    for received, expected, last in zip(
        values(gan.sampler.weights), average, values(gan.generator.weights), strict=True
    ):
        np.testing.assert_allclose(received, expected, rtol=1e-5, atol=1e-8)
        assert np.abs(last - expected).max() > 1e-3


def test_both_recipes_have_the_same_networks_and_start_alike():
    lecture, improved = (RECIPES[name](**SMALL, seed=3) for name in ("lecture", "improved"))
    assert type(lecture) is GAN and lecture.sampler is lecture.generator
    for network in ("discriminator", "generator"):
        for one, other in zip(
            getattr(lecture, network).weights, getattr(improved, network).weights, strict=True
        ):
            assert np.array_equal(one, other)
    noise = np.ones((1, 5))
    assert np.array_equal(improved.sampler(noise), lecture.generator(noise))


def test_without_its_changes_it_is_the_slides_program(batch):
    unchanged, lecture = ImprovedGAN(**SMALL, **UNCHANGED), GAN(**SMALL)
    for gan in (unchanged, lecture):
        for _ in range(3):
            gan.discriminator_step(*batch)
            gan.generator_step(batch[1])
    for network in ("discriminator", "generator", "sampler"):
        pair = zip(getattr(unchanged, network).weights, getattr(lecture, network).weights, strict=True)
        for ours, theirs in pair:
            # The slides' ρ1 and ρ2 are float32's.
            np.testing.assert_allclose(ours, theirs, rtol=1e-4, atol=1e-7)


@pytest.mark.parametrize("change", ["r1", "momentum", "rate", "average"])
def test_each_change_is_made_alone_and_left_out_alone(change):
    def changes(gan):
        """The changes that are made; the program's own optimizers are those of `GAN`."""
        made = {
            "r1": gan.gamma != 0,
            "momentum": gan.generator_optimizer.beta_1 != UNCHANGED["beta_1"],
            "rate": not np.isclose(float(gan.generator_optimizer.learning_rate), UNCHANGED["learning_rate"]),
            "average": gan.decay != 0,
        }
        return {name for name, is_made in made.items() if is_made}

    assert changes(VARIANTS[f"only_{change}"](**SMALL)) == {change}
    assert changes(VARIANTS[f"no_{change}"](**SMALL)) == {"r1", "momentum", "rate", "average"} - {change}


def test_compiled_loop_does_the_improved_updates(batch):
    compiled, eager = ImprovedGAN(**SMALL), ImprovedGAN(**SMALL)
    images = tf.cast(255 * batch[0], tf.uint8)
    chosen = tf.constant(np.tile(np.arange(16, dtype=np.int32), (4, 1)))
    compiled.train(images, chosen, tf.constant(4))
    # Its noise is XLA's.
    noise = tf.function(eager.noise, jit_compile=True)
    for _ in range(4):
        eager.discriminator_step(tf.cast(images, tf.float32) / 255, noise(0))
        eager.generator_step(noise(1))
        eager.iteration.assign_add(1)
    for network in ("discriminator", "generator", "sampler"):
        for one, other in zip(
            values(getattr(compiled, network).weights), values(getattr(eager, network).weights), strict=True
        ):
            np.testing.assert_allclose(one, other, atol=2e-5)
