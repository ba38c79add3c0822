"""A multilayer perceptron whose hyperparameters are variables, but for its shape and what it is switched to.

Slide: 6-2. A program that is compiled once trains it with any of their values.
"""

import keras
import tensorflow as tf
from keras import ops

from chapter6.mnist import PIXELS

CLASSES = 10
DROPOUT_RATE = 0.5


class WeightDecay(keras.regularizers.Regularizer):
    """The penalty λ/2 ‖W‖².

    Args:
        factor: λ, a number or a variable.
    """

    def __init__(self, factor):
        self.factor = factor

    def __call__(self, kernel):
        return self.factor / 2 * ops.sum(ops.square(kernel))


class SeededDropout(keras.layers.Layer):
    """Inverted dropout; what is dropped is a function of (seed, step, stream).

    Training must be compiled by XLA. The layer's weights are ``seed``, int64, and ``step``, int64, the number
    of calls in training.

    Args:
        rate: Share of the inputs that each call in training sets to 0; the others are divided by 1 - rate.
        stream: int of its own for each layer of a network; they should differ by less than 64.
        **kwargs: What every Keras layer takes.
    """

    def __init__(self, rate, stream=0, **kwargs):
        super().__init__(**kwargs)
        self.rate = rate
        self.stream = stream

    def build(self, input_shape):
        self.seed, self.step = (
            self.add_weight((), initializer="zeros", dtype="int64", trainable=False, name=name)
            for name in ("seed", "step")
        )

    def call(self, inputs, training=False):
        if not training:
            return inputs
        seed = tf.stack([self.seed.value, self.step.value * 64 + self.stream])
        self.step.assign_add(1)
        # In XLA, whose own generator is slower on a CPU; outside of it there is none of this name.
        return tf.nn.experimental.stateless_dropout(inputs, self.rate, seed, rng_alg="threefry")


def build_perceptron(units, hidden_layers, dropout=False, weight_decay=None):
    """Return 784 -> units relu (hidden_layers times) -> 10 logits, its kernels and biases zeros.

    Args:
        units: int, units of each hidden layer.
        hidden_layers: int, how many.
        dropout: Whether `SeededDropout` follows each hidden layer.
        weight_decay: λ of `WeightDecay`, on the kernels alone; a number or a variable, None for no penalty.

    Returns:
        A `keras.Sequential`. Its weights are a kernel and a bias and, behind each hidden layer, those of
        `SeededDropout`.
    """
    penalty = None if weight_decay is None else WeightDecay(weight_decay)

    def dense(units, activation=None):
        return keras.layers.Dense(units, activation, kernel_initializer="zeros", kernel_regularizer=penalty)

    layers = [keras.Input((PIXELS,))]
    for layer in range(hidden_layers):
        layers.append(dense(units, "relu"))
        if dropout:
            layers.append(SeededDropout(DROPOUT_RATE, stream=2 * layer))
    return keras.Sequential([*layers, dense(CLASSES)])
