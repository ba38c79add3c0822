"""Layers that hold many networks side by side, so that one model trains them all at once.

The sum of the networks' losses has the gradient of each loss with respect to its own network, and an
optimizer that works element by element then updates each network as if it were alone.
"""

import keras
import numpy as np
import tensorflow as tf
from keras import ops


@keras.saving.register_keras_serializable(package="chapter6")
class ParallelDense(keras.layers.Layer):
    """The dense layers of several networks: ``activation(inputs @ kernel + bias)`` for each of them.

    Args:
        units: int, units of each network's layer.
        networks: int, how many networks.
        activation: As `keras.layers.Dense` takes it; None is linear.
        kernel_initializer: As `keras.layers.Dense` takes it, called once for each network with the shape
            (inputs, units); or a list with an initializer for each network.
        weight_decay: Sequence of λ, one for each network: λ/2 ‖kernel‖² is added to the model's losses.
        **kwargs: What every Keras layer takes.

    Input shape:
        [batch, inputs], shared by all networks, or [networks, batch, inputs].

    Output shape:
        [networks, batch, units].

    Example:

    >>> layer = ParallelDense(2, networks=3)
    >>> layer(np.ones((5, 4))).shape
    TensorShape([3, 5, 2])
    """

    def __init__(
        self,
        units,
        networks,
        activation=None,
        kernel_initializer="glorot_uniform",
        weight_decay=None,
        **kwargs,
    ):
        super().__init__(**kwargs)
        self.units = units
        self.networks = networks
        self.activation = keras.activations.get(activation)
        if isinstance(kernel_initializer, list | tuple):
            if len(kernel_initializer) != networks:
                raise ValueError(
                    f"kernel_initializer must be one initializer or {networks}, one for each network, "
                    f"received {len(kernel_initializer)}"
                )
            self.kernel_initializer = [keras.initializers.get(each) for each in kernel_initializer]
        else:
            self.kernel_initializer = keras.initializers.get(kernel_initializer)
        if weight_decay is not None and len(weight_decay) != networks:
            raise ValueError(
                f"weight_decay must be {networks} numbers, one for each network, received {len(weight_decay)}"
            )
        self.weight_decay = None if weight_decay is None else [float(each) for each in weight_decay]

    def build(self, input_shape):
        each = self.kernel_initializer
        initializers = each if isinstance(each, list) else [each] * self.networks

        def kernels(shape, dtype=None):
            return ops.stack([initializer(shape[1:], dtype) for initializer in initializers])

        self.kernel = self.add_weight(
            (self.networks, input_shape[-1], self.units), initializer=kernels, name="kernel"
        )
        self.bias = self.add_weight((self.networks, 1, self.units), initializer="zeros", name="bias")

    def call(self, inputs):
        if self.weight_decay and any(self.weight_decay):
            squares = ops.sum(ops.square(self.kernel), axis=(1, 2))
            # Σ λ/2 ‖W‖²
            self.add_loss(ops.sum(np.asarray(self.weight_decay, "float32") / 2 * squares))
        if len(inputs.shape) == 2:
            outputs = ops.einsum("bi,nio->nbo", inputs, self.kernel)
        else:
            outputs = ops.matmul(inputs, self.kernel)
        return self.activation(outputs + self.bias)

    def compute_output_shape(self, input_shape):
        return (self.networks, input_shape[-2], self.units)

    def get_config(self):
        serialize = keras.initializers.serialize
        each = self.kernel_initializer
        return {
            **super().get_config(),
            "units": self.units,
            "networks": self.networks,
            "activation": keras.activations.serialize(self.activation),
            "kernel_initializer": [serialize(one) for one in each]
            if isinstance(each, list)
            else serialize(each),
            "weight_decay": self.weight_decay,
        }


def glorot_uniform(*words):
    """Return an initializer of kernels [inputs, units]: equation 6-3, a function of some whole numbers.

    >>> bool((glorot_uniform(0, 1)((3, 2)) == glorot_uniform(0, 1)((3, 2))).all())
    True
    """

    def initializer(shape, dtype=None):
        fan_in, fan_out = shape
        bound = np.sqrt(6 / (fan_in + fan_out))
        return np.random.default_rng(words).uniform(-bound, bound, shape).astype(dtype or "float32")

    return initializer


@keras.saving.register_keras_serializable(package="chapter6")
class ParallelDropout(keras.layers.Layer):
    """Inverted dropout for several networks, each at its own rate; what is dropped depends on (seed, step).

    In training the mth call leaves out units at random and divides the others by 1 - rate; otherwise the
    inputs pass unchanged. The calls are counted in the weight ``step``.

    Args:
        rates: Sequence of one rate in [0, 1) for each network.
        seed: int of at least 0.
        **kwargs: What every Keras layer takes.

    Input and output shape:
        [networks, batch, units].
    """

    def __init__(self, rates, seed=0, **kwargs):
        super().__init__(**kwargs)
        if not all(0 <= rate < 1 for rate in rates):
            raise ValueError(f"rates must be at least 0 and less than 1, received {rates}")
        self.rates = [float(rate) for rate in rates]
        self.seed = seed

    def build(self, input_shape):
        self.step = self.add_weight((), initializer="zeros", dtype="int32", trainable=False, name="step")

    def call(self, inputs, training=False):
        if not training or not any(self.rates):
            return inputs
        rates = np.asarray(self.rates, "float32")[:, None, None]
        seed = tf.stack([self.step.value, self.seed])
        draws = tf.random.stateless_uniform(tf.shape(inputs), seed, alg="philox")
        self.step.assign_add(1)
        return tf.where(draws >= rates, inputs / (1 - rates), 0.0)

    def compute_output_shape(self, input_shape):
        return input_shape

    def get_config(self):
        return {**super().get_config(), "rates": self.rates, "seed": self.seed}
