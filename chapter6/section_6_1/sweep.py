"""Quantities that an experiment of this section sweeps: depths, numbers of inputs, sizes."""

from chapter6.errors import InputError


def ascending(name, values):
    """Return the different values of a setting in ascending order.

    Args:
        name: The setting's name, for the message.
        values: Numbers.

    Raises:
        InputError: There are fewer than two different ones, so that nothing could be compared.

    Example:

    >>> ascending("depths", (5, 2, 5))
    (2, 5)
    """
    different = tuple(sorted(set(values)))
    if len(different) < 2:
        raise InputError(f"{name} must be two different numbers or more, received {values}")
    return different
