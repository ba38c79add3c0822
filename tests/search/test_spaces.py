"""Search spaces against the slides' equations."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from chapter6.search.spaces import (
    finite,
    hyperparameters,
    log_uniform,
    points,
    size,
    switch,
    ten_to_the,
    uniform,
)

fast = settings(deadline=None, derandomize=True, max_examples=50)
QUANTILES = (np.arange(1000) + 0.5) / 1000


def declared(distribution):
    return hyperparameters({"x": distribution}).space[0]


@fast
@given(st.floats(-9, 9), st.floats(0.01, 9), st.floats(0, 1, exclude_max=True))
def test_ten_to_the_is_equations_6_4_and_6_5(low, width, probability):
    high = low + width
    expected = 10 ** (low + probability * (high - low))
    for ends in ((low, high), (high, low)):
        assert declared(ten_to_the(*ends)).prob_to_value(probability) == pytest.approx(expected, rel=1e-9)


def test_the_slides_learning_rates_are_uniform_in_their_logarithm():
    rates = [declared(ten_to_the(-1, -4)).prob_to_value(u) for u in QUANTILES]
    assert stats.kstest(np.log10(rates), stats.uniform(-4, 3).cdf).statistic < 1e-3


@fast
@given(st.floats(-1e3, 1e3), st.floats(0.01, 1e3))
def test_uniform_goes_evenly_from_bound_to_bound(low, width):
    values = [declared(uniform(low, low + width)).prob_to_value(u) for u in QUANTILES]
    np.testing.assert_allclose(values, low + width * QUANTILES, atol=1e-9 * (abs(low) + width))


@pytest.mark.parametrize("distribution", [uniform, log_uniform])
def test_whole_numbers_reach_both_bounds_and_nothing_beyond(distribution):
    one = declared(distribution(3, 9, whole=True))
    values = [one.prob_to_value(u) for u in (0.0, *QUANTILES, 1 - 1e-9)]
    assert set(values) == set(range(3, 10))
    assert all(isinstance(value, int) for value in values)


def test_a_switch_is_on_half_of_the_time():
    assert sum(declared(switch()).prob_to_value(u) for u in QUANTILES) == 500


def test_a_finite_set_has_equal_probabilities():
    values = [declared(finite(50, 100, 200, 500)).prob_to_value(u) for u in QUANTILES]
    assert [values.count(value) for value in (50, 100, 200, 500)] == [250] * 4


def test_points_are_counted_and_listed_in_order():
    space = hyperparameters({"a": finite(0.1, 0.01), "b": switch(), "c": uniform(1, 3, whole=True)})
    assert [list(points(one)) for one in space.space] == [[0.1, 0.01], [True, False], [1, 2, 3]]
    assert size(space) == 12
    assert size(hyperparameters({"a": finite(1, 2), "b": uniform(0.0, 1.0)})) == np.inf
    # without writing them down
    assert size(hyperparameters({"a": log_uniform(1, 2**62, whole=True)})) == 2**62


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: finite(), "at least one value, received none"),
        (lambda: finite(1, 2, 1), r"different values, received \(1, 2, 1\)"),
        (lambda: uniform(5, 5), "ascend, received 5 to 5"),
        (lambda: uniform(9, 3), "ascend, received 9 to 3"),
        (lambda: uniform(0.0, float("inf")), "ascend, received 0.0 to inf"),
        (lambda: uniform(float("nan"), 1.0), "ascend, received nan to 1.0"),
        (lambda: log_uniform(0.0, 1.0), "above 0, received 0.0 to 1.0"),
        (lambda: log_uniform(-1.0, 1.0), "above 0, received -1.0 to 1.0"),
        (lambda: log_uniform(1.0, 0.1), "ascend, received 1.0 to 0.1"),
        (lambda: ten_to_the(-2, -2), "ascend, received -2 to -2"),
        (lambda: ten_to_the(-1, 400), "exponents of a space must be from -37 to 38, received -1 to 400"),
        (lambda: ten_to_the(-1, -38), "exponents of a space must be from -37 to 38, received -1 to -38"),
        (lambda: hyperparameters({}), "at least one hyperparameter, received none"),
    ],
)
def test_spaces_that_cannot_be_are_refused_in_one_line(make, message):
    with pytest.raises(ValueError, match=message) as refused:
        make()
    assert "\n" not in str(refused.value)
