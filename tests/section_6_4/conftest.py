"""What the tests of 6-4 share."""

import pytest

from chapter6.gan import fresh_discriminator, recipes
from chapter6.gan.fresh_discriminator import Discrimination
from chapter6.gan.model import GAN


class Untrained:
    """A `FreshDiscriminator` that takes no training: right on the share of samples that are bright."""

    def __init__(self, digits, seed=0):
        self.digits = digits

    def evaluate(self, samples):
        return Discrimination(float(samples.mean() / samples.max()), 0.01, 0.25)


@pytest.fixture
def untrained_discriminator(monkeypatch):
    """Spare the tests of other things the training of fresh discriminators."""
    monkeypatch.setattr(fresh_discriminator, "FreshDiscriminator", Untrained)


GANS = {}


@pytest.fixture(scope="module")
def compiled_gans():
    """Have the runs with GANs of one shape take turns with one, since each would compile its own for seconds.

    That a GAN which is restored needs nothing else is tested where processes are killed.
    """
    build = recipes.build

    def take_turns(settings):
        shape = [settings[name] for name in ("recipe", "batch_size", "hidden_units", "latent_dim")]
        # A test may have replaced the noise.
        key = (*shape, GAN.noise)
        if key not in GANS:
            GANS[key] = build(settings)
        GANS[key].reset(settings["seed"])
        return GANS[key]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(recipes, "build", take_turns)
        yield
