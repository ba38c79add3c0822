"""Sparse initialization, section 6-1."""

import keras
from keras import ops

from chapter6.initializers.base import MatrixInitializer, positive

# Random keys that Sparse holds at one time; 4 bytes each.
_KEYS_AT_ONCE = 2**24


@keras.saving.register_keras_serializable("chapter6")
class Sparse(MatrixInitializer):
    """Sparse initialization: each unit has exactly k incoming weights that are not zero.

    Slide: 6-1, sparse initialization (claims 6-1.g and 6-1.h).

    The rule, for each unit j by itself::

        S_j = k of the unit's m inputs, drawn uniformly without replacement
        W_ij ~ N(0, stddev^2) for i in S_j,    W_ij = 0 otherwise

    k is `nonzeros`, whatever m is, so that the weights do not shrink as 1/sqrt(m). In Keras' kernels [...,
    m, n] a unit is a column: k non-zeros in each of the n columns, over all positions of a convolution's
    filter. Where k >= m, no weight is zero. Kernels whose outputs are not their last axis, or not that alone,
    need `output_axes`: [inputs, heads, size] with the axes (1, 2) has heads * size units.

    Args:
        nonzeros: k, weights per unit; 15 in Martens' experiments.
        stddev: Standard deviation of the weights that are not zero.
        seed: Integer, `keras.random.SeedGenerator` or None; see the module.
        output_axes: List of the kernel's axes that count units; the others count their inputs. None: the
            last.

    Raises:
        ValueError: `nonzeros` is not a positive integer, `stddev` not a positive number, `seed` none of
            these, `output_axes` are not axes of the kernel, the kernel has rank 0 or 1 or a dimension of 0,
            or the dtype is no floating-point one.

    Example:

    >>> kernel = Sparse(nonzeros=15, seed=0)((784, 128))
    >>> set(keras.ops.convert_to_numpy(keras.ops.count_nonzero(kernel, axis=0)).tolist())
    {15}

    References:
        Martens (2010), Deep learning via Hessian-free optimization, section 5.

    Differs from Keras:
        Keras has no such initializer. `torch.nn.init.sparse_` takes the share of zeros, and zeroes it in each
        column of PyTorch's [out, in] matrices: it fixes the number of a unit's outgoing weights.
    """

    def __init__(self, nonzeros=15, stddev=1.0, seed=None, output_axes=None):
        super().__init__(seed, output_axes)
        if not isinstance(nonzeros, int) or isinstance(nonzeros, bool) or nonzeros < 1:
            raise ValueError(f"nonzeros must be a positive integer, received {nonzeros!r}")
        self.nonzeros = nonzeros
        self.stddev = positive("stddev", stddev)

    def __call__(self, shape, dtype=None):
        shape, dtype, draw_dtype = self._checked(shape, dtype, minimum_rank=2)
        m, n = self._matrix_shape(shape)
        k = min(self.nonzeros, m)
        seeds = self._draw_seeds()
        # W_ij ~ N(0, stddev^2) for i in S_j; a draw may be 0 itself, about one in ten million.
        weights = keras.random.normal((n * k,), 0.0, self.stddev, draw_dtype, next(seeds))
        weights = ops.cast(ops.where(weights == 0, self.stddev, weights), dtype)
        if k == m:
            return self._to_kernel(weights, shape)
        rows = ops.reshape(_choices_without_replacement(n, m, k, seeds), (n * k,))
        columns = ops.repeat(ops.arange(n, dtype=rows.dtype), k)
        matrix = ops.scatter(ops.stack([rows, columns], axis=1), weights, (m, n))
        return self._to_kernel(matrix, shape)

    def get_config(self):
        return {"nonzeros": self.nonzeros, "stddev": self.stddev, **super().get_config()}


def _choices_without_replacement(rows, items, k, seeds):
    """Return [rows, k] integers: in each row, k different ones of `items`, every subset equally likely."""
    step = max(1, _KEYS_AT_ONCE // items)
    blocks = []
    for start in range(0, rows, step):
        # The places of the k largest of independent keys are a uniform choice.
        keys = keras.random.uniform((min(step, rows - start), items), seed=next(seeds), dtype="float32")
        blocks.append(ops.top_k(keys, k, sorted=False)[1])
    return ops.concatenate(blocks)
