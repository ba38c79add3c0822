"""The slides' `xavier_init` of section 6-4, beside equation 6-3 of section 6-1."""

import math

import keras
from keras import ops

from chapter6.initializers.base import FanInitializer


@keras.saving.register_keras_serializable("chapter6")
class XavierInit(FanInitializer):
    """The slides' `xavier_init`: normal weights of variance 2 / m.

    Slide: 6-4, the program's ``xavier_init(size)``: ``stddev = 1. / tf.sqrt(size[0] / 2.)``.

    The rule, with m inputs, independently for each weight::

        W_ij ~ N(0, 2 / m),    standard deviation 1 / sqrt(m / 2)

    m comes from the kernel's shape [..., m, n] (`size[0]` for a dense layer), times the receptive field for a
    convolution; a vector counts as m = its length. Kernels of other layers need `input_axes` and
    `output_axes`; see the module.

    Despite its name it is not the Xavier (Glorot) initialization of equation 6-3, which is uniform and has
    variance 2 / (m + n): use `Normalized` for that. A variance of 2 / m is He initialization, made for relu,
    which passes on half of the second moment; for a square kernel it is twice Glorot's.

    Args:
        seed: Integer, `keras.random.SeedGenerator` or None; see the module.
        input_axes: List of the kernel's axes whose dimensions are multiplied to m; None: see above.
        output_axes: List of the others, which go with them. Both or none are given.

    Raises:
        ValueError: `seed` is none of these, only one of the axes is given, they are not axes of the kernel,
            the shape has a dimension of 0, or the dtype is no floating-point one.

    Example:

    >>> kernel = XavierInit(seed=0)((784, 128))
    >>> abs(float(keras.ops.std(kernel)) - (2 / 784) ** 0.5) < 0.001
    True

    References:
        He, Zhang, Ren and Sun (2015), Delving deep into rectifiers, equation 10.

    Differs from Keras:
        `keras.initializers.HeNormal` has the same variance but cuts the normal off at two standard
        deviations; ``VarianceScaling(2, "fan_in", "untruncated_normal")`` draws the same numbers from the
        same seed and the same axes.
    """

    def __init__(self, seed=None, input_axes=None, output_axes=None):
        super().__init__(2.0, "fan_in", "untruncated_normal", seed, input_axes, output_axes)

    def __call__(self, shape, dtype=None):
        shape, dtype, draw_dtype = self._checked(shape, dtype)
        m, _ = self._fans(shape)
        # stddev = 1 / sqrt(m / 2)
        stddev = 1 / math.sqrt(m / 2)
        return ops.cast(keras.random.normal(shape, 0.0, stddev, draw_dtype, self._draw_seed()), dtype)
