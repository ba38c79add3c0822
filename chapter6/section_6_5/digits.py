"""The two tasks of this section: the digits 0 to 4, and the digits 5 to 9."""

import numpy as np

from chapter6.errors import InputError
from chapter6.language import MessageList, _

CLASSES = 5
SOURCE, TARGET = 0, 5


def task(split, first):
    """Return the images of five digits and their labels, counted from 0.

    Args:
        split: `chapter6.mnist.Split`.
        first: The smallest of the digits, `SOURCE` or `TARGET`.

    Returns:
        Images uint8 [n, 28, 28] and labels int32 [n], 0 to 4.

    Raises:
        InputError: One of the five digits is not among the images.
    """
    labels = split.labels.astype(np.int32) - first
    chosen = (labels >= 0) & (labels < CLASSES)
    missing = sorted(set(range(first, first + CLASSES)) - set((labels[chosen] + first).tolist()))
    if missing:
        raise InputError(
            _(
                "training and test images must show each of the digits {first} to {last}, received none of "
                "{missing}"
            ),
            first=first,
            last=first + CLASSES - 1,
            missing=MessageList(missing),
        )
    return split.images[chosen], labels[chosen]


def stratified_order(labels, seed):
    """Return an order of the images that deals out the classes in turn, at random within each.

    The first n images are therefore a labelled set with as many of each class as of any other (give or take
    one, as long as none has run out), and a part of every larger set.

    >>> import numpy as np
    >>> labels = np.array([0, 0, 0, 1, 1, 1])
    >>> labels[stratified_order(labels, seed=0)].tolist()
    [0, 1, 0, 1, 0, 1]
    """
    order = np.random.default_rng(seed).permutation(len(labels))
    place = np.empty(len(labels), np.int64)
    for label in np.unique(labels):
        of_class = labels[order] == label
        place[of_class] = np.arange(of_class.sum())
    return order[np.lexsort((labels[order], place))]
