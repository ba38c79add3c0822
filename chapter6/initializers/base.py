"""What the initializers of section 6-1 share: the seed, the axes of inputs and outputs, the checks.

Slide: 6-1, of all its initializers.
"""

import itertools
import math
from random import Random, randrange

import keras
import numpy as np
from keras import ops


class SeededInitializer(keras.initializers.Initializer):
    """An initializer with a seed, which its configuration keeps, and with checks of shape and dtype."""

    def __init__(self, seed):
        if isinstance(seed, dict):
            seed = keras.saving.deserialize_keras_object(seed)
        is_integer = isinstance(seed, int) and not isinstance(seed, bool) and 0 <= seed < 2**32
        if not (seed is None or is_integer or isinstance(seed, keras.random.SeedGenerator)):
            raise ValueError(
                f"seed must be None, a SeedGenerator or an integer from 0 to 2**32 - 1, received {seed!r}"
            )
        self.seed = seed

    def get_config(self):
        return {"seed": keras.saving.serialize_keras_object(self.seed)}

    def _draw_seed(self):
        return randrange(2**31) if self.seed is None else self.seed

    def _draw_seeds(self):
        """Return an endless iterator with a seed for each draw of a call that needs several."""
        if isinstance(self.seed, keras.random.SeedGenerator):
            return itertools.repeat(self.seed)
        stream = Random(self._draw_seed())
        return iter(lambda: stream.getrandbits(31), None)

    def _checked(self, shape, dtype, minimum_rank=0):
        """Return the shape as a tuple, the dtype's name, and the dtype to draw in."""
        name, shape = type(self).__name__, tuple(shape)
        if len(shape) < minimum_rank:
            raise ValueError(f"{name} needs a kernel of rank {minimum_rank} or more, received shape {shape}")
        if any(size < 1 for size in shape):
            raise ValueError(f"{name} needs dimensions of at least 1, received shape {shape}")
        dtype = keras.backend.standardize_dtype(dtype)
        if not keras.backend.is_float_dtype(dtype):
            raise ValueError(f"{name} needs a floating-point dtype, received {dtype}")
        # A 16-bit generator has few values: one normal draw in a thousand would be exactly zero.
        return shape, dtype, "float64" if dtype == "float64" else "float32"


class FanInitializer(SeededInitializer, keras.initializers.VarianceScaling):
    """An initializer whose variance follows from the numbers of inputs and outputs, m and n.

    It is a `keras.initializers.VarianceScaling`, because Keras' `EinsumDense` names the axes of its kernel to
    such initializers only.
    """

    def __init__(self, scale, mode, distribution, seed, input_axes, output_axes):
        keras.initializers.VarianceScaling.__init__(self, scale, mode, distribution, seed=0)
        SeededInitializer.__init__(self, seed)
        if (input_axes is None) != (output_axes is None):
            raise ValueError(
                "input_axes and output_axes must be given together, "
                f"received input_axes={input_axes!r}, output_axes={output_axes!r}"
            )
        self.input_axes = _axes("input_axes", input_axes)
        self.output_axes = _axes("output_axes", output_axes)

    def get_config(self):
        axes = {"input_axes": self.input_axes, "output_axes": self.output_axes}
        return {**SeededInitializer.get_config(self), **axes}

    def _fans(self, shape):
        """Return (m, n), counted as Keras counts: a convolution multiplies both by its receptive field."""
        if self.input_axes is not None:
            inputs = _positions("input_axes", self.input_axes, shape)
            outputs = _positions("output_axes", self.output_axes, shape)
            return math.prod(shape[axis] for axis in inputs), math.prod(shape[axis] for axis in outputs)
        if len(shape) < 2:
            return (shape[0], shape[0]) if shape else (1, 1)
        receptive_field = math.prod(shape[:-2])
        return receptive_field * shape[-2], receptive_field * shape[-1]


class MatrixInitializer(SeededInitializer):
    """An initializer that sees a kernel as a matrix: a column for each output, a row for each input."""

    def __init__(self, seed, output_axes):
        super().__init__(seed)
        self.output_axes = _axes("output_axes", output_axes)

    def get_config(self):
        return {**super().get_config(), "output_axes": self.output_axes}

    def _axes_of_rows_and_columns(self, shape):
        outputs = [-1] if self.output_axes is None else self.output_axes
        columns = _positions("output_axes", outputs, shape)
        return [axis for axis in range(len(shape)) if axis not in columns], columns

    def _matrix_shape(self, shape):
        """Return (m, n)."""
        rows, columns = self._axes_of_rows_and_columns(shape)
        return math.prod(shape[axis] for axis in rows), math.prod(shape[axis] for axis in columns)

    def _to_kernel(self, matrix, shape):
        """Return a matrix [m, n] as a kernel of a shape."""
        rows, columns = self._axes_of_rows_and_columns(shape)
        axes = rows + columns
        kernel = ops.reshape(matrix, [shape[axis] for axis in axes])
        return kernel if axes == sorted(axes) else ops.transpose(kernel, np.argsort(axes).tolist())


def positive(name, value):
    """Return a value that is a positive number, or raise a ValueError that gives it its name."""
    is_number = isinstance(value, (int, float)) and not isinstance(value, bool)
    if not (is_number and math.isfinite(value) and value > 0):
        raise ValueError(f"{name} must be a positive number, received {value!r}")
    return value


def _axes(name, axes):
    if axes is None:
        return None
    if not isinstance(axes, (list, tuple)) or any(
        isinstance(axis, bool) or not isinstance(axis, (int, np.integer)) for axis in axes
    ):
        raise ValueError(f"{name} must be None or a list of integers, received {axes!r}")
    return [int(axis) for axis in axes]


def _positions(name, axes, shape):
    """Return axes counted from 0."""
    rank = len(shape)
    positions = [axis % rank for axis in axes if -rank <= axis < rank]
    if len(set(positions)) < len(axes):
        raise ValueError(f"{name} must be different axes of the kernel, received {axes} for shape {shape}")
    return positions
