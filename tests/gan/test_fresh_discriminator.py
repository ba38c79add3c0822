"""The fresh discriminator: it can only guess where nothing differs, finds what does, bounds the JSD."""

import numpy as np
import pytest

from chapter6.gan.fresh_discriminator import Discrimination, FreshDiscriminator
from chapter6.gan.theory import js_divergence

COUNT = 1500


def images(dark, seed):
    """Draw images whose first pixel is white with the probability 1 - `dark`; all other pixels are noise."""
    generator = np.random.default_rng(seed)
    drawn = generator.integers(0, 256, (COUNT, 784)).astype(np.uint8)
    drawn[:, 0] = np.where(generator.random(COUNT) < dark, 0, 255)
    # Easy to see, though only one pixel tells.
    drawn[:, 1:] //= 8
    return drawn


@pytest.fixture(scope="module")
def fresh():
    return FreshDiscriminator(images(0.2, seed=0))


def test_it_can_only_guess_where_both_are_drawn_alike(fresh):
    found = fresh.evaluate(images(0.2, seed=1))
    assert found.accuracy == pytest.approx(0.5, abs=4 * found.standard_error)
    assert found.divergence < 0.02


@pytest.mark.parametrize("dark", [0.8, 1.0])
def test_it_is_right_as_often_as_the_best_and_its_divergence_is_a_lower_bound(fresh, dark):
    found = fresh.evaluate(images(dark, seed=1))
    # The best discriminator looks at the one pixel.
    assert found.accuracy == pytest.approx((0.8 + dark) / 2, abs=4 * found.standard_error)
    true = js_divergence([0.2, 0.8], [dark, 1 - dark], width=1.0)
    # The bound holds for expectations; on 600 images it strays by a few hundredths.
    assert true - 0.12 < found.divergence < true + 0.05


def test_it_starts_anew_each_time(fresh):
    samples = images(0.8, seed=1)
    first = fresh.evaluate(samples)
    fresh.evaluate(images(0.0, seed=2))
    assert fresh.evaluate(samples) == first


def test_bytes_are_the_pixels_that_they_stand_for(fresh):
    samples = images(0.8, seed=1)
    assert fresh.evaluate((samples / np.float32(255)).reshape(-1, 28, 28)) == fresh.evaluate(samples)


@pytest.mark.parametrize(("accuracy", "exceeds"), [(0.53, False), (0.56, True), (0.4, False)])
def test_exceeding_is_more_than_two_standard_errors_of_the_difference(accuracy, exceeds):
    assert Discrimination(accuracy, 0.016, 0.0).exceeds(Discrimination(0.51, 0.012, 0.0)) is exceeds
