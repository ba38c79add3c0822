"""Small models and images to attack."""

import math

import keras
import numpy as np
import pytest
from hypothesis import settings

from chapter6.adversarial import StaticModel

NORMS = (math.inf, 2)
each_norm = pytest.mark.parametrize("norm", NORMS)
exhaustive = settings(deadline=None, derandomize=True, max_examples=25)


def small_model(dtype="float32"):
    """A network from images of 4 x 3 to 3 classes, smooth, with arbitrary weights."""
    initializers = [keras.initializers.RandomNormal(stddev=1.0, seed=seed) for seed in (1, 2)]
    return keras.Sequential(
        [
            keras.Input((4, 3), dtype=dtype),
            keras.layers.Flatten(dtype=dtype),
            keras.layers.Dense(8, "tanh", kernel_initializer=initializers[0], dtype=dtype),
            keras.layers.Dense(3, kernel_initializer=initializers[1], dtype=dtype),
        ]
    )


# Compiled once for all attacks on it.
MODEL = StaticModel(small_model())
LINEAR = keras.Sequential([keras.Input((2,)), keras.layers.Dense(2, kernel_initializer="identity")])


def drawn(seed, count=7):
    """Images of 4 x 3, a third of the pixels 0 or 1 as ink and background are, and labels."""
    rng = np.random.default_rng(seed)
    images = np.clip(rng.uniform(-0.25, 1.25, (count, 4, 3)), 0, 1).astype(np.float32)
    return images, rng.integers(0, 3, count)
