"""What the tests of 6-4 share."""

import pytest

from chapter6.gan import fresh_discriminator
from chapter6.gan.fresh_discriminator import Discrimination


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
