"""Recurrent networks that look both ways along a sequence, and four ways across an image (slide 6-3.g)."""

import keras
import numpy as np
from keras import layers, ops

from chapter6.seeds import child_seeds


class _CompositeLayer(layers.Layer):
    """A layer made of inner layers, each of which stays frozen or trainable when it is saved and loaded.

    Keras hands a change of `trainable` on to the inner layers that there are. The constructor's argument,
    from which a saved layer is made, comes before them, so that a subclass gives it to them itself.
    """

    def _inner_layers(self):
        """Return the inner layers by name, outer before inner."""
        raise NotImplementedError

    def get_config(self):
        config = super().get_config()
        trainable = {name: inner.trainable for name, inner in self._inner_layers().items()}
        if set(trainable.values()) != {self.trainable}:
            config["inner_trainable"] = trainable
        return config

    @classmethod
    def from_config(cls, config):
        config = dict(config)
        trainable = config.pop("inner_trainable", {})
        layer = super().from_config(config)
        for name, value in trainable.items():
            layer._inner_layers()[name].trainable = value
        return layer


@keras.saving.register_keras_serializable("chapter6")
class BidirectionalRNN(_CompositeLayer):
    """Two plain recurrent networks over one sequence: h runs forward, g backward, and o(t) sees both.

    Slide: 6-3, the page on recurrent networks that follows Adam.

    The rule, with x(t) the input at position t and f the activation::

        h(t) = f(b + W h(t-1) + U x(t)),       t = 1 ... T,  h(0) = 0
        g(t) = f(b' + W' g(t+1) + U' x(t)),    t = T ... 1,  g(T+1) = 0

    The layer's output at t is [h(t), g(t)], all that an output unit sees. Its own weights are one `Dense`
    further: o(t) = c + V h(t) + V' g(t). The weights are U, W, b, U', W', b', in this order.

    Args:
        units: Size of h(t), and of g(t).
        activation: f, any activation that Keras knows.
        seed: The initial weights are a function of it (None: of Keras' global seed). U is Glorot uniform, W
            random orthogonal, b zero, each direction drawn apart.
        **options: Keras' `name`, `dtype` and `trainable`.

    Shapes:
        Input [n, T, c], output [n, T, 2 units]. With a mask [n, T], masked positions are skipped in both
        directions and their output is zero, so padding does not reach g.

    Raises:
        ValueError: `units` is not a positive integer, `seed` is negative, or the input has not rank 3.

    Example:

    >>> sequences = np.random.default_rng(0).normal(size=(2, 5, 3))
    >>> states = BidirectionalRNN(4, seed=0)(sequences)
    >>> tuple(states.shape), tuple(keras.layers.Dense(1)(states).shape)
    ((2, 5, 8), (2, 5, 1))

    References:
        Schuster and Paliwal (1997), Bidirectional recurrent neural networks.
        Goodfellow, Bengio and Courville, Deep Learning, section 10.3, figure 10.11.

    Differs from Keras:
        `keras.layers.Bidirectional(SimpleRNN(units, return_sequences=True))` gives the same numbers with the
        same weights. It copies the initializers of the layer it is given, so that a seeded one gives both
        directions the same U and W; here they differ.
    """

    def __init__(self, units, activation="tanh", seed=None, **options):
        super().__init__(**options)
        self.units = _positive_integer("units", units)
        self.activation = keras.activations.get(activation)
        self.seed = seed
        self.supports_masking = True
        seeds = _child_seeds(seed, 4)
        self.h = self._plain_rnn("h", seeds[:2], go_backwards=False)
        self.g = self._plain_rnn("g", seeds[2:], go_backwards=True)

    def _plain_rnn(self, name, seeds, go_backwards):
        return layers.SimpleRNN(
            self.units,
            activation=self.activation,
            kernel_initializer=keras.initializers.GlorotUniform(seeds[0]),
            recurrent_initializer=keras.initializers.Orthogonal(seed=seeds[1]),
            return_sequences=True,
            go_backwards=go_backwards,
            zero_output_for_mask=True,
            trainable=self.trainable,
            dtype=self.dtype_policy,
            name=name,
        )

    def _inner_layers(self):
        return {"h": self.h, "g": self.g}

    def build(self, input_shape):
        _require_rank("sequences", "[n, T, c]", 3, input_shape)
        self.h.build(input_shape)
        self.g.build(input_shape)

    def call(self, sequences, mask=None):
        h = self.h(sequences, mask=mask)
        # Keras returns a backward sweep in the order in which it was made: t = T ... 1.
        g = ops.flip(self.g(sequences, mask=mask), axis=1)
        return ops.concatenate([h, g], axis=-1)

    def compute_output_shape(self, input_shape):
        return (*input_shape[:-1], 2 * self.units)

    def get_config(self):
        return {
            **super().get_config(),
            "units": self.units,
            "activation": keras.activations.serialize(self.activation),
            "seed": self.seed,
        }


@keras.saving.register_keras_serializable("chapter6")
class FourDirectionRNN(_CompositeLayer):
    """Four plain recurrent networks over an image: one sweeps down, one up, one right, one left.

    Slide: 6-3, the page on recurrent networks that follows Adam.

    The rule for the sweep down, with x(i, j) the pixel in row i and column j and f the activation::

        h(i, j) = f(b + W h(i-1, j) + U x(i, j)),    i = 1 ... height,  h(0, j) = 0

    and likewise up (from i+1), right (from j-1) and left (from j+1), each with its U, W and b. Every column
    (or row) of every image is one sequence of one batch, so a sweep is one loop of `height` (or `width`)
    steps. The output at (i, j) is the four states, [down, up, right, left].

    What can interact: a state at (i, j) depends on row i and column j and on nothing else, however large the
    image. Two pixels that share neither row nor column meet only in a *second* layer, whose states have the
    whole image in view: (a, b) reaches (i, j) through (i, b) or (a, j). A 3x3 convolution spreads by one
    pixel a layer, in all directions.

    Args:
        units: Size of one sweep's state.
        activation: f, any activation that Keras knows.
        seed: The initial weights are a function of it (None: of Keras' global seed), each sweep drawn apart.
        **options: Keras' `name`, `dtype` and `trainable`.

    Shapes:
        Input [n, height, width, c], height and width known when the layer is built; output
        [n, height, width, 4 units]; 4 (c + units + 1) units parameters.

    Raises:
        ValueError: `units` is not a positive integer, `seed` is negative, or the input is not
            [n, height, width, c].

    Example:

    >>> images = np.random.default_rng(0).normal(size=(2, 28, 20, 1))
    >>> layer = FourDirectionRNN(8, seed=0)
    >>> tuple(layer(images).shape), layer.count_params()
    ((2, 28, 20, 32), 320)

    References:
        Goodfellow, Bengio and Courville, Deep Learning, section 10.3 (the slide's text).
        Visin et al. (2015), ReNet: A recurrent neural network based alternative to convolutional networks.
        Graves and Schmidhuber (2008), Offline handwriting recognition with multidimensional recurrent
        networks, whose state comes from two neighbours at once and so sees a quadrant in one layer.

    Differs from ReNet:
        Its sweeps along rows read what the sweeps along columns made, so that one of its layers sees the
        whole image; it reads patches of pixels and uses gated units. Here all four read the image, as the
        slide has it.
    """

    def __init__(self, units, activation="tanh", seed=None, **options):
        super().__init__(**options)
        self.units = _positive_integer("units", units)
        self.activation = keras.activations.get(activation)
        self.seed = seed
        seeds = _child_seeds(seed, 2)
        self.down_up = self._both_ways("down_up", seeds[0])
        self.right_left = self._both_ways("right_left", seeds[1])

    def _both_ways(self, name, seed):
        return BidirectionalRNN(
            self.units,
            self.activation,
            seed,
            trainable=self.trainable,
            dtype=self.dtype_policy,
            name=name,
        )

    def _inner_layers(self):
        inner = {}
        for name, layer in (("down_up", self.down_up), ("right_left", self.right_left)):
            inner[name] = layer
            inner |= {f"{name}/{direction}": rnn for direction, rnn in layer._inner_layers().items()}
        return inner

    def build(self, input_shape):
        _require_rank("images", "[n, height, width, c]", 4, input_shape)
        if None in input_shape[1:]:
            raise ValueError(
                f"height, width and channels must be known, received images of shape {input_shape}"
            )
        _, height, width, channels = input_shape
        self.down_up.build((None, height, channels))
        self.right_left.build((None, width, channels))

    def call(self, images):
        _, height, width, channels = images.shape
        rows = ops.reshape(images, (-1, width, channels))
        columns = ops.reshape(ops.transpose(images, (0, 2, 1, 3)), (-1, height, channels))
        right_left = ops.reshape(self.right_left(rows), (-1, height, width, 2 * self.units))
        down_up = ops.reshape(self.down_up(columns), (-1, width, height, 2 * self.units))
        return ops.concatenate([ops.transpose(down_up, (0, 2, 1, 3)), right_left], axis=-1)

    def compute_output_shape(self, input_shape):
        return (*input_shape[:-1], 4 * self.units)

    def get_config(self):
        return {
            **super().get_config(),
            "units": self.units,
            "activation": keras.activations.serialize(self.activation),
            "seed": self.seed,
        }


def _positive_integer(name, value):
    if isinstance(value, bool) or not isinstance(value, (int, np.integer)) or value < 1:
        raise ValueError(f"{name} must be a positive integer, received {value!r}")
    return int(value)


def _require_rank(name, form, rank, shape):
    if len(shape) != rank:
        raise ValueError(f"{name} must be {form}, received shape {shape}")


def _child_seeds(seed, count):
    if seed is None:
        return [None] * count
    if isinstance(seed, bool) or not isinstance(seed, (int, np.integer)) or seed < 0:
        raise ValueError(f"seed must be None or an integer of at least 0, received {seed!r}")
    return child_seeds(seed, count)
