"""Figure 6-11 from the networks' own shapes, and the meetings of the players of several moments."""

import csv

import keras
import numpy as np
import pytest
import tensorflow as tf
from PIL import Image

from chapter6.artifacts import Folders
from chapter6.errors import InputError
from chapter6.experiment import Verdict
from chapter6.gan.batches import batches
from chapter6.gan.fresh_discriminator import Discrimination, FreshDiscriminator
from chapter6.gan.model import GAN, sample_noise
from chapter6.mnist import load_mnist
from chapter6.section_6_4 import principle, principle_drawing
from chapter6.section_6_4.principle import Settings
from chapter6.section_6_4.principle_drawing import draw_principle

MOMENTS = (0, 30, 130)


def folders(output):
    return Folders.of("section_6_4", "principle", output)


def measured(finding, column):
    """Return a column of the finding's table, in percent, by the measure."""
    return dict(zip(finding.table["measure"], finding.table[f"{column} (%)"], strict=True))


def drawn_words(monkeypatch, tmp_path, gan):
    """Return all that figure 6-11 of a GAN says, and the pictures that it shows."""
    kept = []
    monkeypatch.setattr(principle_drawing, "save_figure", lambda figure, path: kept.append(figure) or path)
    noise = sample_noise(1, gan.latent_dim, 0)[0]
    draw_principle(folders(tmp_path), gan, noise, np.linspace(0, 1, 784), 1234)
    (axes,) = kept[0].axes
    return "\n".join([axes.get_title(), *(each.get_text() for each in axes.texts)]), axes.images


@pytest.mark.parametrize("hidden_units, latent_dim", [(128, 100), (7, 5)])
def test_figure_6_11_tells_the_shapes_of_the_networks_that_it_draws(
    monkeypatch, tmp_path, hidden_units, latent_dim
):
    gan = GAN(hidden_units=hidden_units, latent_dim=latent_dim)
    words, images = drawn_words(monkeypatch, tmp_path, gan)
    for line in (
        "Figure 6-11",
        "1,234 iterations",
        f"{latent_dim} numbers",
        f"G_1: W {latent_dim} x {hidden_units}, b {hidden_units}, relu",
        f"G_2: W {hidden_units} x 784, b 784, sigmoid",
        f"D_1: W 784 x {hidden_units}, b {hidden_units}, relu",
        f"D_2: W {hidden_units} x 1, b 1, linear",
        f"{sum(weight.size for weight in gan.generator.get_weights()):,} parameters",
        f"{sum(weight.size for weight in gan.discriminator.get_weights()):,} parameters",
    ):
        assert line in words
    noise, fake, real = (np.array(image.get_array()) for image in images)
    np.testing.assert_array_equal(noise[:, 0], sample_noise(1, latent_dim, 0)[0])
    np.testing.assert_allclose(fake.reshape(-1), gan.generator(noise.T)[0], rtol=1e-6)
    for name, image in (("D(x)", real), ("D(G(z))", fake)):
        probability = float(tf.sigmoid(gan.discriminator(image.reshape(1, 784)))[0, 0])
        assert f"{name} = {probability:.3f}" in words


def test_figure_6_11_of_another_network_has_its_layers(monkeypatch, tmp_path):
    gan = GAN(hidden_units=7, latent_dim=5)
    layers = [keras.Input((784,)), *(keras.layers.Dense(n, "tanh", name=f"D_{n}") for n in (6, 4))]
    gan.discriminator = keras.Sequential([*layers, keras.layers.Dense(1, name="D_1")])
    words, _ = drawn_words(monkeypatch, tmp_path, gan)
    assert "D_6: W 784 x 6, b 6, tanh\nD_4: W 6 x 4, b 4, tanh\nD_1: W 4 x 1, b 1, linear" in words


@pytest.fixture(scope="module")
def experiment(tmp_path_factory, digits):
    output = tmp_path_factory.mktemp("principle")
    settings = Settings(seed=3, repetitions=2, moments=(130, 0, 30, 30), images=150, data=digits)
    return output, settings, principle.run(settings, folders(output))


def test_meetings_are_those_of_players_trained_apart(experiment, digits):
    output, settings, finding = experiment
    mnist = load_mnist(digits)
    real = mnist.test.images[:150].reshape(-1, 784) / np.float32(255)
    expected, shown = np.zeros((3, 4)), []
    # Compiled once, it trains for all of them, each from the start.
    gan = GAN()
    for seed in (3, 4):
        images = tf.constant(mnist.train.images.reshape(-1, 784))
        chosen = tf.constant(batches(0, 130, 128, len(images), seed))
        players = []
        for moment in MOMENTS:
            player = GAN(seed=seed)
            gan.reset(seed)
            gan.train(images, chosen, tf.constant(moment))
            player.discriminator.set_weights(gan.discriminator.get_weights())
            player.generator.set_weights(gan.generator.get_weights())
            players.append(player)
        noise = sample_noise(150, 100, seed)
        for row, one in enumerate(players):
            digits_and_fakes = [real, *(other.generator(noise) for other in players)]
            probabilities = [tf.sigmoid(one.discriminator(each)).numpy() for each in digits_and_fakes]
            expected[row] += [probability.mean() / 2 for probability in probabilities]
        shown.append([np.array(player.generator(noise)) for player in (players[0], players[-1])])

    with (folders(output).snapshots / "meetings.csv").open() as file:
        header, *rows = csv.reader(file)
    assert header == ["D after", "real", *(f"fakes of G after {moment}" for moment in MOMENTS)]
    assert [int(row[0]) for row in rows] == list(MOMENTS)
    np.testing.assert_allclose(np.float64(rows)[:, 1:], expected, rtol=1e-3, atol=1e-5)
    means, least, most = (measured(finding, column) for column in ("mean", "least", "most"))
    fresh = FreshDiscriminator(real, seed=3)
    for place, name in enumerate(("first G", "last G")):
        accuracies = [100 * fresh.evaluate(of_gan[place]).accuracy for of_gan in shown]
        for column, share in (
            (means, np.mean(accuracies)),
            (least, min(accuracies)),
            (most, max(accuracies)),
        ):
            assert column[f"accuracy of a fresh D, {name}"] == pytest.approx(share, abs=100 / 60)
    assert means["D(x), last D"] == pytest.approx(100 * expected[2, 0], rel=1e-3)
    assert means["D(G(z)), last D, last G"] == pytest.approx(100 * expected[2, 3], rel=1e-3, abs=1e-3)
    assert means["D(G(z)), last D, previous G"] == pytest.approx(100 * expected[2, 2], rel=1e-3, abs=1e-3)
    assert means["D(G(z)), previous D, last G"] == pytest.approx(100 * expected[1, 3], rel=1e-3)
    for picture in finding.pictures:
        with Image.open(picture) as image:
            assert min(image.size) > 800


# D of the next moment knows these fakes, and G of the next moment fools this D: rows are D, columns G.
IMPROVING = np.array([[0.5, 0.9, 0.9], [0.1, 0.4, 0.8], [0.0, 0.2, 0.5]])


@pytest.mark.parametrize(
    "first, last, verdict",
    [
        (1.0, 0.54, Verdict.HOLDS),
        (1.0, 0.9, Verdict.PARTLY),
        (1.0, 0.99, Verdict.FAILS),
        (0.9, 1.0, Verdict.FAILS),
        (0.54, 0.54, Verdict.PARTLY),
    ],
)
def test_verdict(first, last, verdict):
    accuracies = [[(1.0, 0.9, 0.54), (first, 0.8, last)], [(first, 0.8, last), (1.0, 0.9, 0.54)]]
    for of_gans in accuracies:
        discriminations = [[Discrimination(each, 0.008, 0.0) for each in of_gan] for of_gan in of_gans]
        digits = Discrimination(0.53, 0.008, 0.0)
        arguments = np.ones((2, 3)), np.stack([IMPROVING, IMPROVING]), discriminations, digits, 2000, ()
        assert principle._finding((0, 1, 2), *arguments).verdict == verdict


@pytest.mark.parametrize(
    "on_fake, d_improves, g_improves",
    [
        (IMPROVING, 1, 1),
        # Where the players are exchanged, or where the D of each moment knows less than the one before.
        (1 - IMPROVING, 0, 0),
        (IMPROVING.T, 0, 0),
        (IMPROVING + [[0, 0, 0], [0.7, 0, 0], [0, 0, 0]], 0.5, 1),
    ],
)
def test_later_networks_are_compared_with_those_before(on_fake, d_improves, g_improves):
    one = [[Discrimination(1.0, 0.008, 0.0)] * 3] * 2
    finding = principle._finding(
        (0, 1, 2), np.ones((2, 3)), np.stack([on_fake, on_fake]), one, one[0][0], 2000, ()
    )
    means = measured(finding, "mean")
    assert (means["later D better"], means["later G better"]) == (100 * d_improves, 100 * g_improves)
    assert f"in {50 * (d_improves + g_improves):.0f}% of comparisons" in str(finding.limits)


@pytest.mark.parametrize("moments", [(5,), (5, 5)])
def test_a_single_moment_is_refused_and_nothing_is_written(tmp_path, moments):
    with pytest.raises(InputError, match=r"moments must be two different numbers or more, received \(5,"):
        principle.run(Settings(moments=moments), folders(tmp_path))
    assert list(tmp_path.iterdir()) == []


def test_fewer_images_than_a_batch_are_refused_and_nothing_is_written(tmp_path, digits):
    with np.load(digits) as file:
        np.savez(tmp_path / "few.npz", **{name: file[name][:120] for name in file})
    with pytest.raises(InputError, match="must be 128 or more, received 110"):
        principle.run(Settings(data=tmp_path / "few.npz"), folders(tmp_path / "out"))
    assert not (tmp_path / "out").exists()
