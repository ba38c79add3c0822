"""Initial weights: normalized, the slides' `xavier_init`, orthogonal and sparse (section 6-1).

They are Keras initializers, usable wherever Keras takes one (``Dense(9, kernel_initializer=Normalized())``)
and on Keras' TensorFlow, JAX and PyTorch backends. Biases start constant (claim 6-1.c), for which Keras'
own ``keras.initializers.Constant`` serves.

All of them take `seed`: an integer makes every call return the same values; a `keras.random.SeedGenerator`
makes them reproducible but new at each call; None draws anew at each call. Keras' own initializers pick a
seed once, when they are made, so that one unseeded instance given to two layers of one shape gives both the
same kernel and breaks claim 6-1.c without a word.
"""

import itertools
import math
from random import Random, randrange

import keras
from keras import ops

# Random keys that Sparse holds at one time; 4 bytes each.
_KEYS_AT_ONCE = 2**24


class _Seeded(keras.initializers.Initializer):
    """What the four share: the seed, its place in the config, and the checks of shape and dtype."""

    def __init__(self, seed):
        if isinstance(seed, dict):
            seed = keras.saving.deserialize_keras_object(seed)
        whole = isinstance(seed, int) and not isinstance(seed, bool) and 0 <= seed < 2**32
        if not (seed is None or whole or isinstance(seed, keras.random.SeedGenerator)):
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


def _fans(shape):
    """Return (m, n), counted as Keras counts: a convolution multiplies both by its receptive field."""
    if len(shape) < 2:
        return (shape[0], shape[0]) if shape else (1, 1)
    receptive_field = math.prod(shape[:-2])
    return receptive_field * shape[-2], receptive_field * shape[-1]


def _positive(name, value):
    number = isinstance(value, (int, float)) and not isinstance(value, bool)
    if not (number and math.isfinite(value) and value > 0):
        raise ValueError(f"{name} must be a positive number, received {value!r}")
    return value


@keras.saving.register_keras_serializable("chapter6")
class Normalized(_Seeded):
    """Normalized initialization: uniform weights whose spread depends on the layer's inputs and outputs.

    Slide: 6-1, equation 6-3 (claim 6-1.d).

    The rule, with m inputs and n outputs, independently for each weight::

        W_ij ~ U(-sqrt(6 / (m + n)), +sqrt(6 / (m + n)))

    so that the variance is 2 / (m + n). It lies between 1/m, which keeps the variance of the activations of
    a linear layer, and 1/n, which keeps that of the gradients. m and n come from the kernel's shape [...,
    m, n], both times the receptive field for a convolution; a vector counts as m = n = its length.

    Args:
        seed: Integer, `keras.random.SeedGenerator` or None; see the module.

    Raises:
        ValueError: `seed` is none of these, the shape has a dimension of 0, or the dtype is no
            floating-point one.

    Example:

    >>> kernel = Normalized(seed=0)((400, 100))
    >>> tuple(kernel.shape), bool(keras.ops.max(keras.ops.abs(kernel)) <= (6 / 500) ** 0.5)
    ((400, 100), True)

    References:
        Glorot and Bengio (2010), Understanding the difficulty of training deep feedforward neural networks,
        equation 16.

    Differs from Keras:
        `keras.initializers.GlorotUniform` draws the same numbers from the same seed (in float32 and float64).
        Unseeded, it draws once; this draws at each call.
    """

    def __init__(self, seed=None):
        super().__init__(seed)

    def __call__(self, shape, dtype=None):
        shape, dtype, draw_dtype = self._checked(shape, dtype)
        m, n = _fans(shape)
        # W_ij ~ U(-sqrt(6 / (m + n)), +sqrt(6 / (m + n)))
        limit = math.sqrt(6 / (m + n))
        return ops.cast(keras.random.uniform(shape, -limit, limit, draw_dtype, self._draw_seed()), dtype)


@keras.saving.register_keras_serializable("chapter6")
class XavierInit(_Seeded):
    """The slides' `xavier_init`: normal weights of variance 2 / m.

    Slide: 6-4, the program's ``xavier_init(size)``: ``stddev = 1. / tf.sqrt(size[0] / 2.)``.

    The rule, with m inputs, independently for each weight::

        W_ij ~ N(0, 2 / m),    standard deviation 1 / sqrt(m / 2)

    m comes from the kernel's shape [..., m, n] (`size[0]` for a dense layer), times the receptive field for a
    convolution; a vector counts as m = its length.

    Despite its name it is not the Xavier (Glorot) initialization of equation 6-3, which is uniform and has
    variance 2 / (m + n): use `Normalized` for that. A variance of 2 / m is He initialization, made for relu,
    which passes on half of the second moment; for a square kernel it is twice Glorot's.

    Args:
        seed: Integer, `keras.random.SeedGenerator` or None; see the module.

    Raises:
        ValueError: `seed` is none of these, the shape has a dimension of 0, or the dtype is no
            floating-point one.

    Example:

    >>> kernel = XavierInit(seed=0)((784, 128))
    >>> abs(float(keras.ops.std(kernel)) - (2 / 784) ** 0.5) < 0.001
    True

    References:
        He, Zhang, Ren and Sun (2015), Delving deep into rectifiers, equation 10.

    Differs from Keras:
        `keras.initializers.HeNormal` has the same variance but cuts the normal off at two standard
        deviations; ``VarianceScaling(2, "fan_in", "untruncated_normal")`` draws the same numbers from the
        same seed.
    """

    def __init__(self, seed=None):
        super().__init__(seed)

    def __call__(self, shape, dtype=None):
        shape, dtype, draw_dtype = self._checked(shape, dtype)
        m, _ = _fans(shape)
        # stddev = 1 / sqrt(m / 2)
        stddev = 1 / math.sqrt(m / 2)
        return ops.cast(keras.random.normal(shape, 0.0, stddev, draw_dtype, self._draw_seed()), dtype)


_GAINS = {
    "linear": 1.0,
    "sigmoid": 1.0,
    "tanh": 5 / 3,
    "relu": math.sqrt(2),
    "selu": 3 / 4,
}
_ACTIVATIONS = (*_GAINS, "leaky_relu")


def gain_for(activation, negative_slope=None):
    """Return the factor that goes with an activation: weights times it keep the size of the signal.

    Slide: 6-1, the gain factor of orthogonal initialization (claims 6-1.e and 6-1.f).

    The rule, where a layer is phi(W x) and z ~ N(0, 1) is one of its pre-activations::

        gain^2 * E[phi(z)^2] = 1

    A pre-activation of variance 1 then leads to one of variance 1 in the next layer. The values are those of
    PyTorch's `calculate_gain`, which keep the rule in part; phi is `activation`:

    ==========  ==================  ======================================================================
    linear      1                   by the rule: E[z^2] = 1
    relu        sqrt(2)             by the rule: half of z is cut off, E = 1/2 (He et al. 2015)
    leaky_relu  sqrt(2 / (1+a^2))   by the rule: E = (1 + a^2) / 2, a the slope below 0 (He et al. 2015)
    tanh        5/3                 by convention; the rule gives 1.593. Above 1 because tanh shrinks z;
                                    at 5/3 the pre-activations settle at variance 1.18
    sigmoid     1                   by convention: no gain keeps sigmoid's signal, for its mean of 1/2
                                    makes most of E[phi(z)^2]. The rule gives 1.846
    selu        3/4                 by experiment; the rule gives 1, which selu was made for (Klambauer et
                                    al. 2017). At 3/4 the signal settles at variance 0.023, where the
                                    gradients keep their size
    ==========  ==================  ======================================================================

    Args:
        activation: One of ``linear``, ``sigmoid``, ``tanh``, ``relu``, ``leaky_relu``, ``selu``.
        negative_slope: a, for ``leaky_relu`` only; None is 0.2, the slope of
            ``keras.activations.leaky_relu``.

    Returns:
        The gain, a float.

    Raises:
        ValueError: The activation is another, or a slope is given that is not finite or not for
            ``leaky_relu``.

    Example:

    >>> round(gain_for("tanh"), 3), round(gain_for("leaky_relu", negative_slope=1.0), 3)
    (1.667, 1.0)

    References:
        Saxe, McClelland and Ganguli (2013), Exact solutions to the nonlinear dynamics of learning in deep
        linear neural networks. He et al. (2015). Klambauer et al. (2017), Self-normalizing neural networks.
        PyTorch, `torch.nn.init.calculate_gain`.

    Differs from Keras:
        Keras has no such table. PyTorch's default slope is 0.01.
    """
    if activation not in _ACTIVATIONS:
        raise ValueError(f"activation must be one of {', '.join(_ACTIVATIONS)}, received {activation!r}")
    if activation != "leaky_relu":
        if negative_slope is not None:
            raise ValueError(
                f"negative_slope goes with leaky_relu only, received {negative_slope!r} for {activation}"
            )
        return _GAINS[activation]
    slope = 0.2 if negative_slope is None else negative_slope
    if not math.isfinite(slope):
        raise ValueError(f"negative_slope must be finite, received {slope!r}")
    # gain^2 * (1 + a^2) / 2 = 1
    return math.sqrt(2 / (1 + slope**2))


@keras.saving.register_keras_serializable("chapter6")
class Orthogonal(_Seeded):
    """Random orthogonal weights times a gain.

    Slide: 6-1, random orthogonal matrices with a gain for each non-linearity (claim 6-1.e).

    The rule, for a kernel seen as a matrix W of m rows (inputs) and n columns (outputs)::

        A_ij ~ N(0, 1);    Q R = A;    W = gain * Q * sign(diag(R))

    which gives W^T W = gain^2 I for m >= n (orthogonal columns), and W W^T = gain^2 I for m < n.
    Multiplying the columns of Q by the signs of R's diagonal makes the distribution uniform over all
    orthogonal matrices (Haar); without it, the signs of Q would be those of the algorithm for Q R = A.

    A convolution's kernel [..., c, n] is seen as [the product of all but the last, n]. Its columns, the
    filters seen as vectors, are then orthogonal; that the convolution keeps norms does not follow, patches
    overlap.

    Args:
        gain: A positive number, or the name of an activation, which `gain_for` looks up.
        seed: Integer, `keras.random.SeedGenerator` or None; see the module.

    Raises:
        ValueError: `gain` or `seed` is none of these, the kernel has rank 0 or 1 or a dimension of 0, or the
            dtype is no floating-point one.

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
        `keras.initializers.Orthogonal` draws the same numbers from the same seed; its gain is a number
        only, it has no 16-bit types on TensorFlow, and unseeded it draws once.
    """

    def __init__(self, gain=1.0, seed=None):
        super().__init__(seed)
        self.gain = gain
        self._factor = gain_for(gain) if isinstance(gain, str) else _positive("gain", gain)

    def __call__(self, shape, dtype=None):
        shape, dtype, draw_dtype = self._checked(shape, dtype, minimum_rank=2)
        m, n = math.prod(shape[:-1]), shape[-1]
        # A_ij ~ N(0, 1), standing, so that Q has orthogonal columns
        a = keras.random.normal((max(m, n), min(m, n)), dtype=draw_dtype, seed=self._draw_seed())
        # Q R = A
        q, r = ops.qr(a)
        # W = gain * Q * sign(diag(R))
        w = self._factor * q * ops.sign(ops.diagonal(r))
        return ops.cast(ops.reshape(w if m >= n else ops.transpose(w), shape), dtype)

    def get_config(self):
        return {"gain": self.gain, **super().get_config()}


@keras.saving.register_keras_serializable("chapter6")
class Sparse(_Seeded):
    """Sparse initialization: each unit has exactly k incoming weights that are not zero.

    Slide: 6-1, sparse initialization (claims 6-1.g and 6-1.h).

    The rule, for each unit j by itself::

        S_j = k of the unit's m inputs, drawn uniformly without replacement
        W_ij ~ N(0, stddev^2) for i in S_j,    W_ij = 0 otherwise

    k is `nonzeros`, whatever m is, so that the weights do not shrink as 1/sqrt(m). In Keras' kernels [...,
    m, n] a unit is a column: k non-zeros in each of the n columns, over all positions of a convolution's
    filter. Where k >= m, no weight is zero.

    Args:
        nonzeros: k, weights per unit; 15 in Martens' experiments.
        stddev: Standard deviation of the weights that are not zero.
        seed: Integer, `keras.random.SeedGenerator` or None; see the module.

    Raises:
        ValueError: `nonzeros` is not a positive integer, `stddev` not a positive number, `seed` none of
            these, the kernel has rank 0 or 1 or a dimension of 0, or the dtype is no floating-point one.

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

    def __init__(self, nonzeros=15, stddev=1.0, seed=None):
        super().__init__(seed)
        if not isinstance(nonzeros, int) or isinstance(nonzeros, bool) or nonzeros < 1:
            raise ValueError(f"nonzeros must be a positive integer, received {nonzeros!r}")
        self.nonzeros = nonzeros
        self.stddev = _positive("stddev", stddev)

    def __call__(self, shape, dtype=None):
        shape, dtype, draw_dtype = self._checked(shape, dtype, minimum_rank=2)
        m, n = math.prod(shape[:-1]), shape[-1]
        k = min(self.nonzeros, m)
        seeds = self._draw_seeds()
        # W_ij ~ N(0, stddev^2) for i in S_j; a draw may be 0 itself, about one in ten million.
        weights = keras.random.normal((n * k,), 0.0, self.stddev, draw_dtype, next(seeds))
        weights = ops.cast(ops.where(weights == 0, self.stddev, weights), dtype)
        if k == m:
            return ops.reshape(weights, shape)
        rows = ops.reshape(_choices_without_replacement(n, m, k, seeds), (n * k,))
        columns = ops.repeat(ops.arange(n, dtype=rows.dtype), k)
        return ops.reshape(ops.scatter(ops.stack([rows, columns], axis=1), weights, (m, n)), shape)

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
