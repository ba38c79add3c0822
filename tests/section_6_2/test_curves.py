"""The shapes of error curves."""

import numpy as np
import pytest
import scipy.stats
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from chapter6.section_6_2.curves import clearly_higher, lowest_position, rows_of, shape_of


def noisy(means, spread=0.002, repetitions=5):
    """Return errors [points, repetitions] whose repetitions differ far more than their differences do."""
    random = np.random.default_rng(0)
    level = random.normal(0, 0.1, repetitions)
    return np.array(means)[:, None] + level + random.normal(0, spread, (len(means), repetitions))


@pytest.mark.parametrize(
    ("means", "words", "minimum", "peak"),
    [
        ([0.8, 0.4, 0.3, 0.35, 0.4], "U", 2, 4),
        ([0.8, 0.4, 0.36, 0.40, 0.37, 0.3], "U, then a second descent", 2, 3),
        ([0.8, 0.4, 0.36, 0.40, 0.3995], "U", 2, 3),
        ([0.8, 0.5, 0.3, 0.29], "falls", 3, 3),
        ([0.3, 0.31, 0.5], "rises", 0, 2),
        ([0.3, 0.5, 0.4], "rises, then falls", 0, 1),
        ([0.3, 0.3, 0.3], "flat", None, None),
    ],
)
def test_shapes(means, words, minimum, peak):
    shape = shape_of(noisy(means))
    assert shape.words == words
    if minimum is not None:
        assert (shape.minimum, shape.peak) == (minimum, peak)


def test_what_chance_can_do_is_no_shape():
    assert shape_of(noisy([0.33, 0.30, 0.33], spread=0.05)).words == "flat"


@hypothesis_settings(deadline=None, derandomize=True, max_examples=50)
@given(st.lists(st.tuples(st.floats(0, 1), st.floats(0, 1)), min_size=3, max_size=8))
def test_clearly_higher_is_a_paired_t_test_at_three(pairs):
    one, other = np.array(pairs).T
    if np.std(one - other) < 1e-6:
        return
    assert clearly_higher(one, other) == (scipy.stats.ttest_rel(one, other).statistic > 3)
    assert not (clearly_higher(one, other) and clearly_higher(other, one))


@hypothesis_settings(deadline=None, derandomize=True)
@given(st.floats(0.51, 3.49), st.floats(0.01, 1), st.floats(0, 1))
def test_the_lowest_position_of_a_parabola_is_its_vertex(vertex, curvature, level):
    errors = level + curvature * (np.arange(5)[:, None] - vertex) ** 2 + [[-0.1, 0.1]]
    assert lowest_position(errors) == pytest.approx(vertex)


def test_the_lowest_position_of_a_curve_that_falls_or_rises_is_its_end():
    assert lowest_position([[0.3], [0.4], [0.6]]) == 0
    assert lowest_position([[0.6], [0.4], [0.3]]) == 2


@pytest.mark.parametrize("errors", [[0.1, 0.2], [[0.1], [0.2]]])
def test_a_shape_needs_repetitions(errors):
    with pytest.raises(ValueError, match="2 repetitions or more"):
        shape_of(errors)


def test_rows_of():
    curves = {"a": ((1, 2), np.array([[0.1, 0.2], [0.3, 0.4]]), np.array([[0.5, 0.6], [0.7, 0.8]]))}
    table = rows_of(curves)
    assert list(zip(*table.values(), strict=True))[2] == ("a", 2, 0, 0.3, 0.7)
    assert len(table["curve"]) == 4
