"""Initial weights: normalized, the slides' `xavier_init`, orthogonal and sparse (section 6-1).

They are Keras initializers, usable wherever Keras takes one (``Dense(9, kernel_initializer=Normalized())``)
and on Keras' TensorFlow, JAX and PyTorch backends. Biases start constant (claim 6-1.c), for which Keras'
own ``keras.initializers.Constant`` serves.

All of them take `seed`: an integer makes every call return the same values; a `keras.random.SeedGenerator`
makes them reproducible but new at each call; None draws anew at each call. Keras' own initializers pick a
seed once, when they are made, so that one unseeded instance given to two layers of one shape gives both the
same kernel and breaks claim 6-1.c without a word.

An initializer sees the shape of a kernel, not what its axes mean. It takes it for that of a dense layer, [m,
n], or of a convolution, [..., m, n]. For any other kernel, name its axes of inputs and of outputs, as for
``EinsumDense("abc,cde->abde", ...)``, whose kernel is [inputs, heads, size of a head]:

>>> import keras
>>> kernel = Normalized(seed=0, input_axes=(0,), output_axes=(1, 2))((32, 8, 16))
>>> bool(keras.ops.max(keras.ops.abs(kernel)) > 0.99 * (6 / (32 + 8 * 16)) ** 0.5)
True

From version 3.15 on, Keras' `EinsumDense`, and with it `MultiHeadAttention`, names them itself, for
`Normalized` and `XavierInit` as for its own `GlorotUniform`. `MultiHeadAttention` copies its initializer for
each kernel, and the copies share the seed: seeded, its queries and keys start as the same map of the input.
"""

from chapter6.initializers.gain import gain_for
from chapter6.initializers.normalized import Normalized
from chapter6.initializers.orthogonal import Orthogonal
from chapter6.initializers.sparse import Sparse
from chapter6.initializers.xavier_init import XavierInit

__all__ = ["Normalized", "Orthogonal", "Sparse", "XavierInit", "gain_for"]
