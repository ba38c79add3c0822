"""What the four optimizers share: dense gradients, and float32 for variables of half precision.

Slide: 6-3, figures 6-6 to 6-9.
"""

import keras
from keras import ops


class BoxOptimizer(keras.optimizers.Optimizer):
    """A Keras optimizer that keeps its arrays in float32 where a variable has half precision.

    float16 cannot hold the square of a gradient below 2e-4, nor a δ of 1e-8; bfloat16 cannot hold ρ2 = 0.999.
    Keras' own optimizers keep the variable's dtype.
    """

    _adding_slots = False

    def add_slots(self, variables, name, initializer="zeros"):
        """`add_optimizer_variables`, in float32 where a variable is float16 or bfloat16."""
        self._adding_slots = True
        try:
            return self.add_optimizer_variables(variables, name, initializer)
        finally:
            self._adding_slots = False

    def add_variable(self, shape, initializer="zeros", dtype=None, **kwargs):
        # Keras mixes its averages and accumulated gradients with the variables: they keep their dtype
        if self._adding_slots:
            dtype = keras.backend.result_type("float32", dtype)
        return super().add_variable(shape, initializer, dtype, **kwargs)


def dense_gradient(gradient, slot):
    """A gradient as an array of a slot's shape and dtype.

    A sparse one (tf.IndexedSlices, JAX's BCOO) can name a row twice: its parts are added before anything is
    squared.
    """
    g = ops.cast(gradient, slot.dtype)
    if hasattr(g, "dense_shape") or hasattr(g, "todense"):
        g = ops.add(g, ops.zeros(slot.shape, slot.dtype))
    return g
