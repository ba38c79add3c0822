"""Search spaces as the slides write them, on keras-tuner's `HyperParameters`, and how many points they have.

Slide: 6-2, grid search and random search.

A space is a mapping from names to marginal distributions, each one function below; the hyperparameters are
drawn independently of one another. ``distribution(hp, name)`` declares one of them and returns its value.
"""

import itertools
import math

import keras_tuner
from keras_tuner.engine.hyperparameters import Float, Int

from chapter6.language import _


def finite(*values):
    """A small finite set of values, in the order in which a grid goes through them.

    Slide: 6-2, grid search: learning rate in {1e-1, 1e-2, 1e-3, 1e-4}, hidden units in {50, 100, 200, 500}.
    In random search it is a multinoulli distribution with equal probabilities.

    Args:
        values: Different numbers or words of one type.

    Raises:
        ValueError: No values, or one of them twice.

    Example:

    >>> hyperparameters({"hidden_units": finite(50, 100, 200, 500)}).space[0].values
    [50, 100, 200, 500]
    """
    if not values:
        raise ValueError(_("a space must have at least one value, received none"))
    if len(set(values)) < len(values):
        raise ValueError(_("a space must have different values, received {values}").format(values=values))
    return lambda space, name: space.Choice(name, list(values), ordered=False)


def switch():
    """A Bernoulli distribution, on or off with probability 1/2.

    Slide: 6-2, random search.

    >>> hyperparameters({"dropout": switch()}).space[0].values
    (True, False)
    """
    return lambda space, name: space.Boolean(name)


def uniform(low, high, whole=False):
    """The uniform distribution on [low, high).

    Slide: 6-2, random search.

    Args:
        low: Lower bound.
        high: Upper bound; it is among the values only if they are whole.
        whole: Whether the values are whole numbers.

    Raises:
        ValueError: Bounds that are not finite numbers with low below high.

    Example:

    >>> space = hyperparameters({"hidden_units": uniform(50, 500, whole=True)})
    >>> space.space[0].prob_to_value(0.5)
    275
    """
    _check_bounds(low, high)
    if whole:
        return lambda space, name: space.Int(name, low, high)
    return lambda space, name: space.Float(name, low, high)


def log_uniform(low, high, whole=False):
    """The distribution on [low, high) whose logarithm is uniform.

    Slide: 6-2, random search, for positive reals.

    Args:
        low: Lower bound, greater than 0.
        high: Upper bound; it is among the values only if they are whole.
        whole: Whether the values are whole numbers, as for numbers of units.

    Raises:
        ValueError: Bounds that are not finite numbers with 0 < low < high.

    Example:

    >>> space = hyperparameters({"weight_decay": log_uniform(1e-6, 1e-2)})
    >>> round(space.space[0].prob_to_value(0.5), 9)
    0.0001
    """
    _check_bounds(low, high)
    if low <= 0:
        message = _("a log-uniform space must lie above 0, received {low} to {high}")
        raise ValueError(message.format(low=low, high=high))
    if whole:
        return lambda space, name: space.Int(name, low, high, sampling="log")
    return lambda space, name: space.Float(name, low, high, sampling="log")


def ten_to_the(first, last):
    """A power of ten with a uniform exponent, u(first, last).

    Slide: 6-2, equations 6-4 and 6-5::

        log_learning_rate ~ u(-1, -4)
        learning_rate = 10^log_learning_rate

    This is `log_uniform` between 10^first and 10^last.

    Args:
        first: One end of the exponents; the slides begin with the greater one, either order will do.
        last: The other end.

    Raises:
        ValueError: Exponents that are equal, or out of float32's range.

    Example:

    >>> space = hyperparameters({"learning_rate": ten_to_the(-1, -4)})
    >>> round(space.space[0].prob_to_value(1 / 3), 9)
    0.001
    """
    low, high = sorted((first, last))
    _check_bounds(low, high)
    # What float32 can hold.
    if low < -37 or high > 38:
        message = _("the exponents of a space must be from -37 to 38, received {first} to {last}")
        raise ValueError(message.format(first=first, last=last))
    return log_uniform(10.0**low, 10.0**high)


def _check_bounds(low, high):
    if not (math.isfinite(low) and math.isfinite(high) and low < high):
        message = _("the bounds of a space must be numbers that ascend, received {low} to {high}")
        raise ValueError(message.format(low=low, high=high))


def hyperparameters(space):
    """Declare a space on a new `keras_tuner.HyperParameters`.

    Args:
        space: Mapping from names to what the functions of this module return.

    Returns:
        A `keras_tuner.HyperParameters`.

    Raises:
        ValueError: A space without hyperparameters.

    Example:

    >>> space = hyperparameters({"learning_rate": ten_to_the(-1, -4), "dropout": switch()})
    >>> [hyperparameter.name for hyperparameter in space.space]
    ['learning_rate', 'dropout']
    """
    if not space:
        raise ValueError(_("a space must have at least one hyperparameter, received none"))
    declared = keras_tuner.HyperParameters()
    for name, distribution in space.items():
        distribution(declared, name)
    return declared


def declared_values(space):
    """Return the active values of the hyperparameters that a space declares, without what a tuner adds.

    Args:
        space: A trial's `keras_tuner.HyperParameters`.

    Example:

    >>> space = hyperparameters({"dropout": switch()})
    >>> space.values["tuner/epochs"] = 3
    >>> declared_values(space)
    {'dropout': False}
    """
    return {one.name: space.values[one.name] for one in space.space if one.name in space.values}


def points(hyperparameter):
    """Return all values that a declared hyperparameter can be drawn with, None where they are not finite."""
    if isinstance(hyperparameter, Int) and hyperparameter.step in (None, 1):
        return range(hyperparameter.min_value, hyperparameter.max_value + 1)
    if isinstance(hyperparameter, Float) and hyperparameter.step is None:
        return None
    return list(hyperparameter.values)


def grid_points(hyperparameter):
    """Return the values that a grid has of one hyperparameter, in no order.

    Of real numbers, and of whole ones on a logarithmic scale, keras-tuner's grid has ten and the default,
    where they have no step.
    """
    default = hyperparameter.default
    if isinstance(hyperparameter, Int | Float) and hyperparameter.step is None:
        return sorted({default, *hyperparameter.values})
    values = points(hyperparameter)
    return values if default in values else [default, *values]


def size(space, values=points):
    """Return the number of points of a declared space, `math.inf` where it is not finite or not known.

    Args:
        space: `keras_tuner.HyperParameters`; conditional ones count where they are active.
        values: Function of a hyperparameter, `points` or `grid_points`.

    Example:

    >>> size(hyperparameters({"learning_rate": finite(0.1, 0.01), "dropout": switch()}))
    4
    """
    parents = {condition.name for one in space.space for condition in one.conditions}

    def count(left, chosen):
        if not left:
            return 1
        one, *left = left
        if not _is_active(one, chosen):
            return count(left, chosen)
        own = values(one)
        if own is None:
            return math.inf
        if one.name in parents:
            return sum(count(left, chosen | {one.name: value}) for value in own)
        return len(own) * count(left, chosen)

    return count(space.space, {}) if space.space else math.inf


def combinations(space, values=points):
    """Yield all points of a declared space, mappings of active values, the last one changing fastest.

    Of each hyperparameter the default comes first, as in keras-tuner's grid.
    """

    def combine(left, chosen):
        if not left:
            yield chosen
            return
        one, *left = left
        if not _is_active(one, chosen):
            yield from combine(left, chosen)
            return
        others = (value for value in values(one) if value != one.default)
        for value in itertools.chain([one.default], others):
            yield from combine(left, chosen | {one.name: value})

    yield from combine(space.space, {})


def _is_active(hyperparameter, values):
    return all(condition.is_active(values) for condition in hyperparameter.conditions)
