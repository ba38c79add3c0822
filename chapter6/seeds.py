"""Child seeds: independent seeds that are a function of one."""

import numpy as np


def child_seeds(seed, count):
    """Return independent seeds for the parts of a computation, such as the layers of a network.

    Layers of one shape and one seed would start with the same weights.

    Args:
        seed: int of at least 0, or a sequence of them, such as ``(seed, repetition)``.
        count: int, how many.

    Returns:
        list of `count` int in [0, 2**32).

    Example:

    >>> child_seeds(0, 2)
    [2968811710, 3677149159]
    >>> child_seeds((0, 7), 1) == child_seeds((0, 8), 1)
    False
    """
    return [int(word) for word in np.random.SeedSequence(seed).generate_state(count)]


def child_seed(*words):
    """Return one seed, an int in [0, 2**32), that is a function of some int of at least 0.

    >>> child_seed(0, 1) == child_seed(0, 1) != child_seed(1, 0)
    True
    """
    return child_seeds(words, 1)[0]
