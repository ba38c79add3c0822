"""Called directly, in a `tf.function` and compiled by XLA, an optimizer takes the same path within bounds."""

import numpy as np
import pytest
import tensorflow as tf

from tests.optimizers.runs import OPTIMIZERS, largest_error, path, problem

STEPS = 30
# The largest distance between the paths, in steps. TensorFlow's graphs and XLA turn a quotient by a root into
# a product with `rsqrt`, and XLA fuses a product and a sum into one rounding.
BOUNDS = {"float64": 1e-12, "float32": 1e-3}
RUNS = {"function": tf.function, "jit": lambda update: tf.function(update, jit_compile=True)}


@pytest.mark.parametrize("dtype", BOUNDS)
@pytest.mark.parametrize("run", RUNS)
@pytest.mark.parametrize("optimizer_class", OPTIMIZERS)
def test_compiled_path_is_the_direct_one(optimizer_class, run, dtype):
    start, gradient = problem(0, size=18, steps=STEPS)
    start = start.astype(dtype)
    direct = path(optimizer_class(0.01), start, gradient, STEPS)
    compiled = path(optimizer_class(0.01), start, gradient, STEPS, RUNS[run])
    assert direct.dtype == compiled.dtype == np.dtype(dtype)
    assert largest_error(compiled.astype("float64"), direct.astype("float64")) < BOUNDS[dtype]
