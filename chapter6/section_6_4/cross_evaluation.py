"""Each iteration's discriminator evaluated on each iteration's generator."""

import numpy as np

from chapter6.gan.model import sample_noise
from chapter6.gan.training import train


def cross_evaluate(gan, images, real, moments, fresh):
    """Train a GAN; evaluate the D of several iterations on real digits and on the fakes of each one's G.

    Slide: 6-4, claim b, figure 6-11.

    Args:
        gan: `chapter6.gan.model.GAN`, untrained; it ends with the networks of the last iteration.
        images: uint8 tensor [N, 784] to train on.
        real: float array [n, 784] that D has not seen.
        moments: Iterations, ascending.
        fresh: `chapter6.gan.fresh_discriminator.FreshDiscriminator` of the ``real`` digits.

    Returns:
        The means of D(x) [moments] and of D(G(z)) [moments, moments], a row a D, a column a G; and the fresh
        discriminators' `Discrimination` of the first and of the last G's fakes, a list.
    """
    # Drawn by NumPy: not the noise that the networks are trained on.
    noise = sample_noise(len(real), gan.latent_dim, int(gan.seed))
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
    return on_real, on_fake, [fresh.evaluate(each) for each in (fakes[0], fakes[-1])]


def _probability(gan, images):
    """Return D(x) of images [n, 784]: float64 array [n]."""
    # D(x) = 1 / (1 + exp(-logit)), which could overflow
    return np.exp(-np.logaddexp(0, -np.array(gan.discriminator(images), np.float64)[:, 0]))
