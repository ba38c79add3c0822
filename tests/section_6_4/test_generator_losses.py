"""The generator's two losses: their gradients beside NumPy's, the steps that they drive, the verdict."""

import csv

import numpy as np
import pytest
import tensorflow as tf

from chapter6.artifacts import Folders
from chapter6.errors import InputError
from chapter6.experiment import Verdict
from chapter6.gan.batches import batches
from chapter6.gan.model import GAN
from chapter6.gan.recipes import SGD_LEARNING_RATE, ChosenLossGAN
from chapter6.mnist import load_mnist
from chapter6.section_6_4 import generator_losses
from chapter6.section_6_4.generator_losses import LOSSES, Settings

SMALL = {"repetitions": 2, "steps": 12, "early": 5, "batch_size": 16}


def folders(output):
    return Folders.of("section_6_4", "generator_losses", output)


def backward(gan, noise):
    """Return mean D(G(z)) and the gradients of both losses by theta_G, float64, each in Keras' order."""
    d_w1, d_b1, d_w2, d_b2 = (np.float64(each) for each in gan.discriminator.get_weights())
    g_w1, g_b1, g_w2, g_b2 = (np.float64(each) for each in gan.generator.get_weights())
    noise = np.float64(noise)
    g_hidden = np.maximum(noise @ g_w1 + g_b1, 0)
    fake = 1 / (1 + np.exp(-(g_hidden @ g_w2 + g_b2)))
    d_hidden = np.maximum(fake @ d_w1 + d_b1, 0)
    probability = 1 / (1 + np.exp(-(d_hidden @ d_w2 + d_b2)))
    gradients = []
    # d/dlogit log(1 - D) = -D and d/dlogit -log D = D - 1
    for slope in (-probability, probability - 1):
        by_hidden = slope / len(noise) @ d_w2.T * (d_hidden > 0)
        by_logit = by_hidden @ d_w1.T * fake * (1 - fake)
        by_g_hidden = by_logit @ g_w2.T * (g_hidden > 0)
        gradients.append(
            [noise.T @ by_g_hidden, by_g_hidden.sum(axis=0), g_hidden.T @ by_logit, by_logit.sum(axis=0)]
        )
    return probability.mean(), gradients


def reference(loss, seed, images, settings):
    """Train step by step with the gradients of `backward`; return what was measured, [steps, 3]."""
    gan = GAN(settings.batch_size, seed=seed)
    # Threefry's numbers come from XLA alone.
    noise = tf.function(gan.noise, jit_compile=True)
    rows = []
    for chosen in batches(0, settings.steps, settings.batch_size, len(images), seed):
        gan.discriminator_step(tf.constant(images[chosen] / np.float32(255)), noise(player=0))
        probability, gradients = backward(gan, noise(player=1))
        norms = [np.sqrt(sum(np.sum(each**2) for each in one)) for one in gradients]
        rows.append([*norms, probability])
        driving = [tf.constant(each, tf.float32) for each in gradients[LOSSES.index(loss)]]
        gan.generator_optimizer.apply(driving, gan.generator.trainable_variables)
        gan.iteration.assign_add(1)
    return np.array(rows)


@pytest.fixture(scope="module")
def experiment(tmp_path_factory, digits):
    output = tmp_path_factory.mktemp("losses")
    settings = Settings(**SMALL, data=digits)
    return output, settings, generator_losses.run(settings, folders(output))


def table(output):
    with (folders(output).snapshots / "gradients.csv").open() as file:
        rows = list(csv.DictReader(file))
    return {name: np.array([float(row[name]) for row in rows]) for name in rows[0]}


@pytest.mark.parametrize("seed", [0, 1])
@pytest.mark.parametrize("driver", LOSSES)
def test_measured_gradients_and_trainings_are_those_of_backpropagation_in_numpy(experiment, driver, seed):
    output, settings, _ = experiment
    images = load_mnist(settings.data).train.images.reshape(-1, 784)
    expected = reference(driver, seed, images, settings)
    measured = table(output)
    for column, loss in enumerate(LOSSES):
        received = measured[f"gradient of {loss}, trained with {driver}, GAN {seed}"]
        np.testing.assert_allclose(received, expected[:, column], rtol=2e-3)
    received = measured[f"D(G(z)), trained with {driver}, GAN {seed}"]
    np.testing.assert_allclose(received, expected[:, 2], rtol=2e-3)


def row(finding, measure, loss):
    """Return the row of the finding's table for a measure and the loss that G is trained with, a dict."""
    table = finding.table
    (found,) = table[(table["measure"] == measure) & (table["trained with"] == loss)].to_dict("records")
    return found


def test_finding_counts_the_early_iterations_of_each_training(experiment):
    output, settings, finding = experiment
    measured = table(output)
    for loss in LOSSES:
        early = [
            np.median(measured[f"gradient of {loss}, trained with {loss}, GAN {number}"][: settings.early])
            for number in range(2)
        ]
        found = row(finding, "gradient, early", loss)
        assert [found["mean"], found["least"], found["most"]] == pytest.approx(
            [np.mean(early), min(early), max(early)], rel=1e-6
        )
        last = [measured[f"D(G(z)), trained with {loss}, GAN {number}"][-1] for number in range(2)]
        assert row(finding, "mean D(G(z)) at the end", loss)["mean"] == pytest.approx(np.mean(last), rel=1e-6)
    assert list(measured["iteration"]) == list(range(1, 13))
    assert all(picture.path.is_file() for picture in finding.pictures)


def finding(own, same, steps=40, early=20):
    """Judge early gradients `own` (saturating, not) and, in the latter's training, `same` (saturating)."""
    measured = {loss: np.full((2, steps, 3), 1e-9) for loss in LOSSES}
    measured["saturating"][:, :early] = [own[0], 1, 0.01]
    measured["non-saturating"][:, :early] = [same, own[1], 0.01]
    settings = Settings(repetitions=2, steps=steps, early=early)
    return generator_losses._finding(measured, None, settings)


@pytest.mark.parametrize(
    "own, same, verdict",
    [
        ((0.1, 2.0), 0.5, Verdict.HOLDS),
        # Not larger where it drives, or in the same network
        ((2.5, 2.0), 0.5, Verdict.FAILS),
        ((0.1, 2.0), 2.5, Verdict.FAILS),
    ],
)
def test_verdict(own, same, verdict):
    found = finding(own, same)
    assert found.verdict == verdict
    assert ("not clearly" in str(found.short)) == (verdict is Verdict.FAILS)
    ratio = row(found, "ratio of the gradients, same network", "non-saturating")
    assert ratio["mean"] == pytest.approx(own[1] / same)


@pytest.mark.parametrize("sgd", [False, True], ids=["Adam", "SGD"])
@pytest.mark.parametrize("loss", LOSSES)
def test_a_chosen_loss_moves_g_along_its_gradient(sgd, loss):
    gan = ChosenLossGAN(batch_size=8, seed=1, saturating=loss == "saturating", sgd=sgd)
    noise = np.random.default_rng(0).uniform(-1, 1, (8, 100)).astype(np.float32)
    before = gan.generator.get_weights()
    (gradient, *_rest) = backward(gan, noise)[1][LOSSES.index(loss)]
    gan.generator_step(tf.constant(noise))
    moved = gan.generator.get_weights()[0] - before[0]
    if sgd:
        np.testing.assert_allclose(moved, -SGD_LEARNING_RATE * gradient, rtol=1e-2, atol=1e-7)
    else:
        # Adam's first step is a learning rate long, wherever delta does not count.
        large = np.abs(gradient) > 1e-4
        assert large.any()
        np.testing.assert_allclose(moved[large], -1e-3 * np.sign(gradient[large]), rtol=1e-2)
    gan.reset(seed=2)
    for weight, start in zip(gan.generator.get_weights(), GAN(seed=2).generator.get_weights(), strict=True):
        np.testing.assert_array_equal(weight, start)


@pytest.mark.parametrize(
    "changed, message",
    [
        ({"early": 13}, "early must be at most the 12 steps, received 13"),
        ({"batch_size": 4126}, "at most all 4125 images, received 4126"),
    ],
)
def test_refusals_write_nothing(tmp_path, changed, message):
    with pytest.raises(InputError, match=message):
        generator_losses.run(Settings(**SMALL | changed), folders(tmp_path))
    assert list(tmp_path.iterdir()) == []
