"""The generator's two losses: their gradients beside NumPy's, the trainings that they drive, the verdict."""

import csv

import numpy as np
import pytest
import tensorflow as tf

from chapter6.artifacts import Folders
from chapter6.errors import InputError
from chapter6.experiment import Verdict
from chapter6.gan.batches import batches
from chapter6.gan.model import GAN
from chapter6.mnist import load_mnist
from chapter6.section_6_4 import generator_losses
from chapter6.section_6_4.generator_losses import LOSSES, Settings
from chapter6.section_6_4.generator_losses_training import RATES, ChosenLossGAN

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


def trained(adam=(90.0, 95.0), sgd=(90.0, 400.0)):
    """Return a table whose cells have the distances of the non-saturating and of the saturating loss."""
    return {
        (optimizer, loss): {
            "frechet_distance": np.full(3, distance),
            "failed": np.array([distance > 300] * 3),
        }
        for optimizer, distances in (("Adam", adam), ("SGD", sgd))
        for loss, distance in zip(reversed(LOSSES), distances, strict=True)
    }


def finding(own, same, table=None, steps=40, early=20):
    """Judge early gradients `own` (saturating, not) and, in the latter's training, `same` (saturating)."""
    measured = {loss: np.full((2, steps, 3), 1e-9) for loss in LOSSES}
    measured["saturating"][:, :early] = [own[0], 1, 0.01]
    measured["non-saturating"][:, :early] = [same, own[1], 0.01]
    settings = Settings(repetitions=2, steps=steps, early=early)
    return generator_losses._finding(measured, trained() if table is None else table, (), settings)


@pytest.mark.parametrize(
    "own, same, adam, sgd, verdict",
    [
        ((0.1, 2.0), 0.5, (90, 95), (90, 400), Verdict.HOLDS),
        # A larger gradient does not learn better by Adam, or at all; it is not larger where it drives.
        ((0.1, 2.0), 0.5, (95, 90), (90, 400), Verdict.PARTLY),
        ((0.1, 2.0), 0.5, (95, 90), (95, 90), Verdict.PARTLY),
        ((2.5, 2.0), 0.5, (90, 95), (90, 400), Verdict.PARTLY),
        ((0.1, 2.0), 2.5, (95, 90), (95, 90), Verdict.FAILS),
    ],
)
def test_verdict(own, same, adam, sgd, verdict):
    found = finding(own, same, trained(adam, sgd))
    assert found.verdict == verdict
    ratio = row(found, "ratio of the gradients, same network", "non-saturating")
    assert ratio["mean"] == pytest.approx(own[1] / same)
    assert row(found, "Fréchet distance, trained by SGD", "saturating")["mean"] == sgd[1]
    assert row(found, "Fréchet distance, trained by Adam", "non-saturating")["mean"] == adam[0]
    assert row(found, "GANs that fail, by SGD (share)", "saturating")["mean"] == (sgd[1] > 300)


def test_without_trainings_the_gradients_alone_are_judged():
    for own, same, verdict in (((0.1, 2.0), 0.5, Verdict.HOLDS), ((0.1, 2.0), 2.5, Verdict.FAILS)):
        found = finding(own, same, {})
        assert found.verdict == verdict and not found.table["measure"].str.contains("Fréchet").any()
        assert "--trainings" in str(found.limits)


@pytest.mark.parametrize("optimizer", ["Adam", "SGD"])
@pytest.mark.parametrize("loss", LOSSES)
def test_a_chosen_loss_moves_g_along_its_gradient(optimizer, loss):
    gan = ChosenLossGAN(optimizer, loss, batch_size=8, seed=1)
    noise = np.random.default_rng(0).uniform(-1, 1, (8, 100)).astype(np.float32)
    before = gan.generator.get_weights()
    (gradient, *_rest) = backward(gan, noise)[1][LOSSES.index(loss)]
    gan.generator_step(tf.constant(noise))
    moved = gan.generator.get_weights()[0] - before[0]
    if optimizer == "SGD":
        np.testing.assert_allclose(moved, -RATES["SGD"] * gradient, rtol=1e-2, atol=1e-7)
    else:
        # Adam's first step is a learning rate long, wherever delta does not count.
        large = np.abs(gradient) > 1e-4
        assert large.any()
        np.testing.assert_allclose(moved[large], -RATES["Adam"] * np.sign(gradient[large]), rtol=1e-2)
    gan.reset(seed=2)
    for weight, start in zip(gan.generator.get_weights(), GAN(seed=2).generator.get_weights(), strict=True):
        np.testing.assert_array_equal(weight, start)


def test_trainings_are_evaluated_and_drawn(tmp_path, digits):
    settings = Settings(
        **SMALL | {"steps": 5, "repetitions": 2}, trainings=True, training_steps=3, data=digits
    )
    found = generator_losses.run(settings, folders(tmp_path))
    with (folders(tmp_path).snapshots / "trainings.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert [row["seed"] for row in rows] == ["0"] * 4 + ["1"] * 4
    for optimizer in ("Adam", "SGD"):
        for loss in LOSSES:
            distances = [
                float(each["frechet_distance"])
                for each in rows
                if (each["optimizer"], each["loss"]) == (optimizer, loss)
            ]
            found_row = row(found, f"Fréchet distance, trained by {optimizer}", loss)
            assert found_row["mean"] == pytest.approx(np.mean(distances)) and found_row["least"] > 10
    assert [picture.path.name for picture in found.pictures] == ["gradients.png", "trainings.png"]


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
