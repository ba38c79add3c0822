"""Tensors of large arrays."""

import tensorflow as tf


def as_tensor(array):
    """Return a tensor of a large array.

    The tensor that `tf.constant` returns holds the array's values twice; its identity holds them once.

    >>> as_tensor([1, 2]).numpy().tolist()
    [1, 2]
    """
    return tf.identity(tf.constant(array))
