"""Normalized initialization, equation 6-3 of section 6-1."""

import math

import keras
from keras import ops

from chapter6.initializers.base import FanInitializer


@keras.saving.register_keras_serializable("chapter6")
class Normalized(FanInitializer):
    """Normalized initialization: uniform weights whose spread depends on the layer's inputs and outputs.

    Slide: 6-1, equation 6-3 (claim 6-1.d).

    The rule, with m inputs and n outputs, independently for each weight::

        W_ij ~ U(-sqrt(6 / (m + n)), +sqrt(6 / (m + n)))

    so that the variance is 2 / (m + n). It lies between 1/m, which keeps the variance of the activations of
    a linear layer, and 1/n, which keeps that of the gradients. m and n come from the kernel's shape [...,
    m, n], both times the receptive field for a convolution; a vector counts as m = n = its length. Kernels
    of other layers need `input_axes` and `output_axes`; see the module.

    Args:
        seed: Integer, `keras.random.SeedGenerator` or None; see the module.
        input_axes: List of the kernel's axes whose dimensions are multiplied to m; None: see above.
        output_axes: Likewise to n. Both or none are given.

    Raises:
        ValueError: `seed` is none of these, only one of the axes is given, they are not axes of the kernel,
            the shape has a dimension of 0, or the dtype is no floating-point one.

    Example:

    >>> kernel = Normalized(seed=0)((400, 100))
    >>> tuple(kernel.shape), bool(keras.ops.max(keras.ops.abs(kernel)) <= (6 / 500) ** 0.5)
    ((400, 100), True)

    References:
        Glorot and Bengio (2010), Understanding the difficulty of training deep feedforward neural networks,
        equation 16.

    Differs from Keras:
        `keras.initializers.GlorotUniform` draws the same numbers from the same seed and the same axes (in
        float32 and float64). Unseeded, it draws once; this draws at each call.
    """

    def __init__(self, seed=None, input_axes=None, output_axes=None):
        super().__init__(1.0, "fan_avg", "uniform", seed, input_axes, output_axes)

    def __call__(self, shape, dtype=None):
        shape, dtype, draw_dtype = self._checked(shape, dtype)
        m, n = self._fans(shape)
        # W_ij ~ U(-sqrt(6 / (m + n)), +sqrt(6 / (m + n)))
        limit = math.sqrt(6 / (m + n))
        return ops.cast(keras.random.uniform(shape, -limit, limit, draw_dtype, self._draw_seed()), dtype)
