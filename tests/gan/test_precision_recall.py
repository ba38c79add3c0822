"""Precision and recall: against all distances in float64, and on sets whose overlap is known."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chapter6.gan.precision_recall import precision_and_recall


def covered(points, by, neighbours):
    """Return the share of points within the distance of one of `by` to its k-th nearest other."""
    radii = [np.sort(np.linalg.norm(by - each, axis=1))[neighbours] for each in by]
    near = [np.any(np.linalg.norm(by - point, axis=1) <= radii) for point in points]
    return np.mean(near)


@given(st.integers(1, 6), st.integers(1, 3), st.integers(0, 10**6))
@settings(max_examples=20, deadline=None, derandomize=True)
def test_they_are_those_of_their_definition(dimensions, neighbours, seed):
    generator = np.random.default_rng(seed)
    features, reference = (
        generator.normal(size=(30, dimensions)),
        generator.normal(0.7, 1.3, size=(40, dimensions)),
    )
    expected = covered(features, reference, neighbours), covered(reference, features, neighbours)
    assert precision_and_recall(features, reference, neighbours) == pytest.approx(expected, abs=0.03)


def test_unclear_images_lower_precision_and_missing_ones_recall():
    generator = np.random.default_rng(0)
    left, right = generator.normal(-9, 1, (300, 3)), generator.normal(9, 1, (300, 3))
    real = np.concatenate([left, right])
    precision, recall = precision_and_recall(generator.normal(-9, 1, (600, 3)), real)
    assert precision > 0.9 and recall == pytest.approx(0.5, abs=0.05)
    half_noise = np.concatenate([real[::2] + 0.01, generator.normal(0, 0.5, (300, 3))])
    precision, recall = precision_and_recall(half_noise, real)
    assert precision == pytest.approx(0.5, abs=0.05) and recall > 0.9


def test_too_few_features_are_refused():
    with pytest.raises(ValueError, match=r"more than 5 features, received \[5, 9\]"):
        precision_and_recall(np.ones((5, 2)), np.ones((9, 2)))
