"""Precision and recall of a generator's images: are they like real ones, and do they cover them?

Slide: 6-4.b; the slides evaluate by eye.
"""

import numpy as np


def precision_and_recall(features, reference, neighbours=5):
    """Return how many images are like the reference images, and how much of these the images cover.

    Slide: 6-4.b, a measure that the slides do not have.

    A set's manifold is the union of the balls around its features that reach to their k-th nearest neighbour
    in the set. Precision is the share of ``features`` in the manifold of ``reference``, recall that of
    ``reference`` in the manifold of ``features``: unclear images lower the first, missing ones the second.

    Args:
        features: Array [n, d], n greater than ``neighbours``.
        reference: Array [m, d], m greater than ``neighbours``; compare only what was measured with as many.
        neighbours: int, k.

    Returns:
        Precision and recall, floats in [0, 1].

    Raises:
        ValueError: A set has no more features than ``neighbours``.

    Example:

    >>> reference = np.arange(10.0)[:, None]
    >>> precision_and_recall(reference[:5] + 0.25, reference, neighbours=1)
    (1.0, 0.6)

    References:
        Kynkäänniemi, Karras, Laine, Lehtinen & Aila 2019, "Improved precision and recall metric for assessing
        generative models".
    """
    sets = [np.asarray(each, np.float32) for each in (features, reference)]
    if min(map(len, sets)) <= neighbours:
        raise ValueError(f"there must be more than {neighbours} features, received {[*map(len, sets)]}")
    # The nearest of a set to its own features are they themselves.
    radii = [np.partition(_squared_distances(each, each), neighbours, axis=1)[:, neighbours] for each in sets]
    between = _squared_distances(*sets)
    precision = np.mean(np.any(radii[1] >= between, axis=1))
    recall = np.mean(np.any(radii[0] >= between.T, axis=1))
    return float(precision), float(recall)


def _squared_distances(one, other):
    # |x - y|² = |x|² - 2 x·y + |y|²
    return np.sum(one**2, axis=1)[:, None] - 2 * one @ other.T + np.sum(other**2, axis=1)
