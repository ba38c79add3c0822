"""What the four optimizers have in common."""

import keras
from keras import ops


class AdaptiveOptimizer(keras.optimizers.Optimizer):
    """Base of the optimizers: dense gradients, and arithmetic in float32 at least.

    Slide: 6-3, figures 6-6 to 6-9.

    Half precision cannot hold a squared gradient of 1e-8 or δ = 1e-8. So the `arrays` of a float16 or
    bfloat16 variable are float32, and so is its update until it is added to the variable.
    """

    # Names of the box's arrays, in the order of the box.
    arrays = ()

    def add_variable_from_reference(self, reference_variable, name=None, initializer="zeros"):
        variable = super().add_variable_from_reference
        if name not in self.arrays or _dtype(reference_variable) == reference_variable.dtype:
            return variable(reference_variable, name, initializer)
        return variable(_Promoted(reference_variable), name, initializer)

    def dense(self, gradient, variable):
        """Return a gradient as a dense tensor of the dtype in which the variable's update is computed."""
        # tf.IndexedSlices can name a row twice: its parts are added before anything is squared
        if hasattr(gradient, "dense_shape"):
            gradient = ops.add(gradient, ops.zeros(variable.shape, variable.dtype))
        return ops.cast(ops.convert_to_tensor(gradient, sparse=False), _dtype(variable))

    def rate(self, learning_rate, variable):
        """Return the learning rate, a scalar, in the dtype in which the variable's update is computed."""
        return ops.cast(learning_rate, _dtype(variable))


class _Promoted:
    """A variable as `add_variable_from_reference` reads it, of a dtype that is large enough."""

    def __init__(self, variable):
        self._variable = variable
        self.dtype = _dtype(variable)

    def __getattr__(self, name):
        return getattr(self._variable, name)


def _dtype(variable):
    return keras.backend.result_type("float32", variable.dtype)
