"""Which images make the real batch of an iteration: a function of the seed and the iteration.

Slide: 6-4, ``mnist.train.next_batch``.
"""

import functools

import numpy as np


def batches(first, count, batch_size, images, seed):
    """Return the indices of the real batches of iterations `first` to `first + count - 1`.

    Slide: 6-4, ``mnist.train.next_batch(128)``, which walks through the images in a random order, and
    through them in another order when it has seen all; a batch may lie across two such epochs.

    Args:
        first: int, iterations done before the first of these batches.
        count: int, number of batches.
        batch_size: int, images in a batch.
        images: int, number of images to choose from.
        seed: int; each epoch's order is a function of it and of the epoch.

    Returns:
        int32 array [count, batch_size].

    >>> batches(0, 2, 3, images=6, seed=0)
    array([[3, 2, 5],
           [4, 0, 1]], dtype=int32)
    """
    position, end = first * batch_size, (first + count) * batch_size
    parts = []
    while position < end:
        epoch, place = divmod(position, images)
        parts.append(_order(images, seed, epoch)[place : place + end - position])
        position += len(parts[-1])
    return np.concatenate(parts).reshape(count, batch_size)


@functools.lru_cache(maxsize=2)
def _order(images, seed, epoch):
    return np.random.default_rng([seed, epoch]).permutation(images).astype(np.int32)
