"""The GAN's theory on a grid, beside what is known in closed form."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import integrate, stats

from chapter6.gan.theory import (
    generator_criterion,
    js_divergence,
    kl_divergence,
    optimal_discriminator,
    value,
)

LOG_2 = np.log(2)
WIDTH = 0.01
GRID = np.arange(-20, 20, WIDTH) + WIDTH / 2
thorough = settings(deadline=None, derandomize=True, max_examples=50)
means, deviations = st.floats(-3, 3), st.floats(0.8, 2.0)


def gaussian(mean, deviation):
    return np.exp(-(((GRID - mean) / deviation) ** 2) / 2) / (deviation * np.sqrt(2 * np.pi))


def uniform(left, right):
    return ((left < GRID) & (right > GRID)) / (right - left)


@thorough
@given(means, deviations, means, deviations)
def test_two_gaussians(mean_1, deviation_1, mean_2, deviation_2):
    # KL = log(σ2/σ1) + (σ1² + (μ1 - μ2)²) / (2 σ2²) - 1/2
    closed = np.log(deviation_2 / deviation_1) - 0.5
    closed += (deviation_1**2 + (mean_1 - mean_2) ** 2) / (2 * deviation_2**2)
    p, q = gaussian(mean_1, deviation_1), gaussian(mean_2, deviation_2)
    assert kl_divergence(p, q, WIDTH) == pytest.approx(closed, abs=1e-10)


@pytest.mark.parametrize("shift, deviation", [(0.3, 1.0), (2.0, 1.0), (1.0, 1.7)])
def test_jensen_shannon_of_two_gaussians_by_adaptive_quadrature(shift, deviation):
    p, q = stats.norm(0, 1).pdf, stats.norm(shift, deviation).pdf

    def integrand(x):
        middle = (p(x) + q(x)) / 2
        return (p(x) * np.log(p(x) / middle) + q(x) * np.log(q(x) / middle)) / 2

    expected, _ = integrate.quad(integrand, -15, 17, epsabs=1e-12, limit=500)
    ours = js_divergence(gaussian(0, 1), gaussian(shift, deviation), WIDTH)
    assert ours == pytest.approx(expected, abs=1e-10)


@pytest.mark.parametrize("mean", [0.3, 4.0, 12.0])
def test_gaussians_whose_tails_are_rounded_to_zero(mean):
    # 50 deviations wide: the densities pass through the smallest numbers that float64 has.
    p, q = gaussian(0, 0.4), gaussian(mean, 0.4)
    assert (p == 0).any() and ((p > 0) & (p < 1e-320)).any()
    divergence = js_divergence(p, q, WIDTH)
    assert 0 < divergence <= LOG_2 + 1e-10
    assert generator_criterion(p, q, WIDTH) == pytest.approx(-np.log(4) + 2 * divergence, abs=1e-10)
    assert kl_divergence(p, gaussian(0, 0.8), WIDTH) == pytest.approx(LOG_2 + 0.125 - 0.5, abs=1e-10)


def test_disjoint_uniforms():
    p, q = uniform(0, 1), uniform(2, 5)
    assert kl_divergence(p, q, WIDTH) == np.inf
    assert js_divergence(p, q, WIDTH) == pytest.approx(LOG_2, abs=1e-10)
    assert generator_criterion(p, q, WIDTH) == pytest.approx(0, abs=1e-10)
    assert set(optimal_discriminator(p, q)) == {0.0, 0.5, 1.0}


@pytest.mark.parametrize("overlap", [0.25, 0.5, 1.0])
def test_overlapping_uniforms(overlap):
    # On the overlap D* = 1/2; elsewhere it is sure, and adds nothing: C = overlap * 2 log(1/2).
    p, q = uniform(0, 1), uniform(1 - overlap, 2 - overlap)
    assert kl_divergence(p, uniform(0, 4), WIDTH) == pytest.approx(np.log(4), abs=1e-10)
    assert js_divergence(p, q, WIDTH) == pytest.approx((1 - overlap) * LOG_2, abs=1e-10)
    assert generator_criterion(p, q, WIDTH) == pytest.approx(-2 * overlap * LOG_2, abs=1e-10)


@thorough
@given(means, deviations, means, deviations)
def test_criterion_is_that_of_the_jensen_shannon_divergence(mean_1, deviation_1, mean_2, deviation_2):
    p, q = gaussian(mean_1, deviation_1), gaussian(mean_2, deviation_2)
    expected = -np.log(4) + 2 * js_divergence(p, q, WIDTH)
    assert generator_criterion(p, q, WIDTH) == pytest.approx(expected, abs=1e-10)
    assert expected >= -np.log(4) - 1e-12
    assert js_divergence(q, p, WIDTH) == pytest.approx(js_divergence(p, q, WIDTH), abs=1e-14)


def test_minimum_where_the_generator_has_the_data():
    p = gaussian(0.5, 1.2)
    assert generator_criterion(p, p, WIDTH) == pytest.approx(-np.log(4), abs=1e-10)
    assert js_divergence(p, p, WIDTH) == 0 == kl_divergence(p, p, WIDTH)
    assert np.all(optimal_discriminator(p, p) == 0.5)


@thorough
@given(means, deviations, st.integers(0, 2**31), st.floats(0.001, 0.3))
def test_no_discriminator_is_better_than_the_optimal_one(mean, deviation, seed, size):
    p, q = gaussian(0, 1), gaussian(mean, deviation)
    best = optimal_discriminator(p, q)
    other = np.clip(best + np.random.default_rng(seed).uniform(-size, size, len(GRID)), 1e-9, 1 - 1e-9)
    assert value(other, p, q, WIDTH) < generator_criterion(p, q, WIDTH)


def test_criterion_is_the_value_of_the_optimal_discriminator():
    # Close to each other, so that D* is nowhere rounded to 0 or 1.
    p, q = gaussian(0, 1), gaussian(0.5, 1)
    best = value(optimal_discriminator(p, q), p, q, WIDTH)
    assert generator_criterion(p, q, WIDTH) == pytest.approx(best, abs=1e-10)


def test_optimal_discriminator_of_two_gaussians():
    # log(p/q) = (2 μ x - μ²) / (2 σ²) for N(μ, σ²) against N(0, σ²): D* is a sigmoid
    best = optimal_discriminator(gaussian(1, 1), gaussian(0, 1))
    inside = np.abs(GRID) < 8
    np.testing.assert_allclose(best[inside], 1 / (1 + np.exp(0.5 - GRID[inside])), rtol=1e-10)


def test_value_of_sure_discriminators():
    p, q = uniform(0, 1), uniform(2, 3)
    right = (GRID < 1.5).astype(float)
    assert value(right, p, q, WIDTH) == 0
    assert value(1 - right, p, q, WIDTH) == -np.inf
    assert value(np.full(len(GRID), 0.25), p, q, WIDTH) == pytest.approx(
        np.log(0.25) + np.log(0.75), abs=1e-10
    )


@pytest.mark.parametrize("function", [kl_divergence, js_divergence, generator_criterion])
def test_refusals(function):
    with pytest.raises(ValueError, match=r"on one grid, received shapes \[2\] and \[3\]"):
        function([0.5, 0.5], [0.5, 0.5, 0.0], 1.0)
    with pytest.raises(ValueError, match="nowhere be negative, received -0.5"):
        function([1.5, -0.5], [0.5, 0.5], 1.0)
    with pytest.raises(ValueError, match="nowhere be negative, received nan"):
        function([1.0, np.nan], [0.5, 0.5], 1.0)


def test_discriminator_out_of_range_is_refused():
    with pytest.raises(ValueError, match=r"D must be in \[0, 1\], received 1.5"):
        value([1.5, 0.5], [0.5, 0.5], [0.5, 0.5], 1.0)
