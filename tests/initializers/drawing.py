"""What the tests of initializers share."""

import math

import keras
from scipy import stats


def numpy(tensor):
    """Return a tensor as a NumPy array."""
    return keras.ops.convert_to_numpy(tensor)


# A sound sampler falls below it in one run of a million; the seeds are fixed, so here in none.
SIGNIFICANT = 1e-6


def kolmogorov_smirnov(values, distribution):
    return stats.kstest(values.ravel(), distribution.cdf).pvalue


def from_uniform(m, n):
    limit = math.sqrt(6 / (m + n))
    return stats.uniform(-limit, 2 * limit)
