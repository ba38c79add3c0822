"""What the tests of initializers share."""

import keras


def numpy(tensor):
    """Return a tensor as a NumPy array."""
    return keras.ops.convert_to_numpy(tensor)
