"""The principle of a GAN, drawn from the lecture's networks; and whether its two players improve each other.

Slide: 6-4, claim b, figure 6-11.

The lecture's GAN is trained for a while. Figure 6-11 is drawn from the networks themselves, their layers,
shapes and parameters, with a real digit, one of the generator's, and what D says of each. Then the players of
several moments meet: a later D should know the fakes of an earlier G better than the D of that moment does,
a later G should fool an earlier D better than the G of that moment does. Were p_g the distribution of the
data, the best D could do no better than chance on digits that it has not seen.
"""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from chapter6.errors import InputError
from chapter6.experiment import Finding, Verdict, data_setting, setting
from chapter6.mnist import PIXELS, load_mnist
from chapter6.section_6_4.principle_drawing import draw_meetings, draw_principle

CLAIM = "6-4.b"
SENTENCE = "G and D improve each other until p_g equals the data, and D can only guess which digits are real."


@dataclass(frozen=True)
class Settings:
    """The GANs and the moments at which their players are kept."""

    seed: int = setting(
        0, "of weights, batches and noise; each further GAN has the next", minimum=0, maximum=2**30
    )
    repetitions: int = setting(3, "GANs, for the spread", minimum=1, maximum=1000, quick=1)
    moments: tuple[int, ...] = setting(
        (0, 100, 1000, 5000),
        "iterations; after the last some of the digits can be read",
        minimum=0,
        quick=(0, 50, 200),
    )
    images: int = setting(
        2000, "test digits, and as many fakes, that D is asked about", minimum=100, quick=200
    )
    data: Path | None = data_setting()


def run(settings, folders):
    """Train, let the players meet, draw."""
    from chapter6.gan.model import GAN
    from chapter6.networks.training import scale_pixels

    moments = sorted(set(settings.moments))
    if len(moments) < 2:
        raise InputError(f"moments must be two different numbers or more, received {settings.moments}")
    mnist = load_mnist(settings.data)
    images = mnist.train.images.reshape(-1, PIXELS)
    real = scale_pixels(mnist.test.images[: settings.images].reshape(-1, PIXELS))
    gans = [GAN(seed=settings.seed + number) for number in range(settings.repetitions)]
    if gans[0].batch_size > len(images):
        raise InputError(f"training images must be {gans[0].batch_size} or more, received {len(images)}")

    meetings = [_cross_evaluate(gan, images, real, moments) for gan in gans]
    on_real, on_fake, accuracy = (np.stack(each) for each in zip(*meetings, strict=True))
    pictures = (
        draw_principle(folders, gans[0], _noise(gans[0], 1)[0], real[0], moments[-1]),
        draw_meetings(folders, moments, on_real.mean(axis=0), on_fake.mean(axis=0)),
    )
    return _finding(moments, on_real, on_fake, accuracy, len(real), pictures)


def _cross_evaluate(gan, images, real, moments):
    """Train a GAN and ask the D of each moment about real digits and about the fakes of each moment's G.

    Args:
        gan: `chapter6.gan.model.GAN`, untrained; it ends with the players of the last moment.
        images: uint8 array [N, 784] to train on.
        real: float array [n, 784] that D has not seen.
        moments: Iterations, ascending.

    Returns:
        The means of D(x) [moments] and of D(G(z)) [moments, moments], a row a D, a column a G; and the share
        of real digits and of as many fakes that the last D knows for what they are.
    """
    import tensorflow as tf

    from chapter6.gan.training import train

    images = tf.constant(images)
    noise = _noise(gan, len(real))
    discriminators, fakes = [], []
    for moment in moments:
        train(gan, images, moment)
        discriminators.append(gan.discriminator.get_weights())
        fakes.append(np.array(gan.generator(noise)))
    on_real, on_fake = np.empty(len(moments)), np.empty((len(moments), len(moments)))
    for row, weights in enumerate(discriminators):
        gan.discriminator.set_weights(weights)
        on_real[row] = _probability(gan, real).mean()
        on_fake[row] = [_probability(gan, each).mean() for each in fakes]
    known = np.concatenate([_probability(gan, real) > 0.5, _probability(gan, fakes[-1]) <= 0.5])
    return on_real, on_fake, np.mean(known)


def _noise(gan, count):
    # NumPy's, not the noise that the players are trained on.
    from chapter6.gan.model import sample_noise

    return sample_noise(count, gan.latent_dim, int(gan.seed))


def _probability(gan, images):
    """Return D(x) of images [n, 784]: float64 array [n]."""
    # D(x) = 1 / (1 + exp(-logit)), which could overflow
    return np.exp(-np.logaddexp(0, -np.array(gan.discriminator(images), np.float64)[:, 0]))


def _finding(moments, on_real, on_fake, accuracy, images, pictures):
    """Judge on_real [GANs, moments], on_fake [GANs, moments, moments] and accuracy [GANs]."""
    at, after = np.arange(len(moments) - 1), np.arange(1, len(moments))
    # The next moment's D on this moment's fakes, and this moment's D on the next moment's fakes.
    d_improves = on_fake[:, after, at] < on_fake[:, at, at]
    g_improves = on_fake[:, at, after] > on_fake[:, at, at]
    # Standard deviation of the share that a D which only guesses would know.
    guessing = float(np.sqrt(0.25 / (2 * images)))
    improving = np.mean(np.concatenate([d_improves, g_improves]))
    equal = bool(np.all(np.abs(accuracy - 0.5) < 3 * guessing))
    verdict = (
        Verdict.HOLDS if improving == 1 and equal else Verdict.PARTLY if improving > 0.5 else Verdict.FAILS
    )
    measured = (
        f"From one moment to the next ({', '.join(f'{moment:,}' for moment in moments)} iterations), in "
        f"{len(accuracy)} GANs, D knows the fakes of the moment before better in {d_improves.sum()} of "
        f"{d_improves.size} cases, and G fools the D of the moment before better in {g_improves.sum()} of "
        f"{g_improves.size}. The last D knows {accuracy.mean():.1%} ({accuracy.min():.1%} to "
        f"{accuracy.max():.1%}) of {images:,} unseen test digits and as many fakes of the last G; with "
        f"p_g = p_data no D could know more than 50 % (± {guessing:.1%})."
    )
    numbers = {
        "accuracy": float(accuracy.mean()),
        "lowest_accuracy": float(accuracy.min()),
        "d_improves": float(d_improves.mean()),
        "g_improves": float(g_improves.mean()),
        "last_d_real": float(on_real[:, -1].mean()),
        "last_d_last_g": float(on_fake[:, -1, -1].mean()),
        "last_d_earlier_g": float(on_fake[:, -1, -2].mean()),
        "earlier_d_last_g": float(on_fake[:, -2, -1].mean()),
    }
    return Finding(verdict, measured, pictures, numbers)
