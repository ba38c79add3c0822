"""The lecture's own program, run under ``tf.compat.v1``, and this one do the same iterations."""

import numpy as np
import pytest
import tensorflow as tf

from chapter6.gan.batches import batches
from chapter6.gan.model import GAN
from chapter6.runner.isolation import run_isolated
from tests.lecture_tf1 import replay

ITERATIONS = 50
# From some beginnings rounding grows a hundredfold within these iterations, from this one it does not.
SEED = 2


def on_the_slides(gan):
    """Name a GAN's variables as the slides do."""
    names = ("D_W1", "D_b1", "D_W2", "D_b2", "G_W1", "G_b1", "G_W2", "G_b2")
    variables = gan.discriminator.trainable_variables + gan.generator.trainable_variables
    return {name: variable.value.numpy() for name, variable in zip(names, variables, strict=True)}


@pytest.fixture(scope="module")
def both(tmp_path_factory, digits):
    """Losses [50, 4] and final parameters, the lecture's and ours, and what both programs were given."""
    with np.load(digits) as file:
        images = file["x_train"].reshape(-1, 784)
    real = images[batches(0, ITERATIONS, 128, len(images), SEED)] / np.float32(255)
    noise = np.random.default_rng(SEED).uniform(-1, 1, (2, ITERATIONS, 128, 100)).astype(np.float32)

    gan = GAN(seed=SEED)
    folder = tmp_path_factory.mktemp("lecture")
    given = {"batches": real, "noise_D": noise[0], "noise_G": noise[1]} | on_the_slides(gan)
    np.savez(folder / "given.npz", **given)
    # In a process of its own, since TensorFlow then does as its first version did.
    run_isolated(replay, folder / "given.npz", folder / "result.npz")
    with np.load(folder / "result.npz") as file:
        lecture = dict(file)

    d_step = tf.function(gan.discriminator_step, jit_compile=True)
    g_step = tf.function(gan.generator_step, jit_compile=True)
    losses = [[*d_step(real[i], noise[0, i]), g_step(noise[1, i])] for i in range(ITERATIONS)]
    return lecture, {"losses": np.array(losses)} | on_the_slides(gan), given


def test_losses_of_50_iterations_agree(both):
    lecture, ours, _ = both
    assert lecture["losses"].shape == (ITERATIONS, 4)
    np.testing.assert_allclose(ours["losses"], lecture["losses"], rtol=1e-4)


@pytest.mark.parametrize("name", ["D_W1", "D_b1", "D_W2", "D_b2", "G_W1", "G_b1", "G_W2", "G_b2"])
def test_parameters_after_50_iterations_agree(both, name):
    lecture, ours, given = both
    assert np.abs(lecture[name] - given[name]).max() > 0.01
    distance = np.linalg.norm(ours[name] - lecture[name]) / np.linalg.norm(lecture[name])
    assert distance < 1e-4
