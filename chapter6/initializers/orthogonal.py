"""Orthogonal initialization, section 6-1."""

import keras
from keras import ops

from chapter6.initializers.base import MatrixInitializer, positive
from chapter6.initializers.gain import gain_for


@keras.saving.register_keras_serializable("chapter6")
class Orthogonal(MatrixInitializer):
    """Random orthogonal weights times a gain.

    Slide: 6-1, random orthogonal matrices with a gain for each non-linearity (claim 6-1.e).

    The rule, for a kernel seen as a matrix W of m rows (inputs) and n columns (outputs)::

        A_ij ~ N(0, 1);    Q R = A;    W = gain * Q * sign(diag(R))

    which gives W^T W = gain^2 I for m >= n (orthogonal columns), and W W^T = gain^2 I for m < n.
    Multiplying the columns of Q by the signs of R's diagonal makes the distribution uniform over all
    orthogonal matrices (Haar); without it, the signs of Q would be those of the algorithm for Q R = A.

    A convolution's kernel [..., c, n] is seen as [the product of all but the last, n]. Its columns, the
    filters seen as vectors, are then orthogonal; that the convolution keeps norms does not follow, patches
    overlap. Kernels whose outputs are not their last axis, or not that alone, need `output_axes`: [inputs,
    heads, size] with the axes (1, 2) is a matrix [inputs, heads * size].

    Args:
        gain: A positive number, or the name of an activation, which `gain_for` looks up.
        seed: Integer, `keras.random.SeedGenerator` or None; see the module.
        output_axes: List of the kernel's axes that make up n; the others make up m. None: the last.

    Raises:
        ValueError: `gain` or `seed` is none of these, `output_axes` are not axes of the kernel, the kernel
            has rank 0 or 1 or a dimension of 0, or the dtype is no floating-point one.

    Example:

    >>> kernel = Orthogonal("relu", seed=0)((64, 32))
    >>> squares = keras.ops.matmul(keras.ops.transpose(kernel), kernel)
    >>> bool(keras.ops.all(keras.ops.abs(squares - 2 * keras.ops.eye(32)) < 1e-5))
    True

    References:
        Saxe, McClelland and Ganguli (2013), Exact solutions to the nonlinear dynamics of learning in deep
        linear neural networks. Mezzadri (2007), How to generate random matrices from the classical compact
        groups.

    Differs from Keras:
        `keras.initializers.Orthogonal` draws the same numbers from the same seed; its outputs are always the
        last axis, in attention too, its gain is a number only, it has no 16-bit types on TensorFlow, and
        unseeded it draws once.
    """

    def __init__(self, gain=1.0, seed=None, output_axes=None):
        super().__init__(seed, output_axes)
        self.gain = gain
        self._factor = gain_for(gain) if isinstance(gain, str) else positive("gain", gain)

    def __call__(self, shape, dtype=None):
        shape, dtype, draw_dtype = self._checked(shape, dtype, minimum_rank=2)
        m, n = self._matrix_shape(shape)
        # A_ij ~ N(0, 1), standing, so that Q has orthogonal columns
        a = keras.random.normal((max(m, n), min(m, n)), dtype=draw_dtype, seed=self._draw_seed())
        # Q R = A
        q, r = ops.qr(a)
        # W = gain * Q * sign(diag(R))
        w = self._factor * q * ops.sign(ops.diagonal(r))
        return ops.cast(self._to_kernel(w if m >= n else ops.transpose(w), shape), dtype)

    def get_config(self):
        return {"gain": self.gain, **super().get_config()}
