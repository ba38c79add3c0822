"""Runs of an optimizer and of its box side by side."""

import keras
import numpy as np

from chapter6.optimizers import AdaGrad, Adam, RMSProp, RMSPropNesterov
from tests import reference

OPTIMIZERS = (AdaGrad, RMSProp, RMSPropNesterov, Adam)
BOXES = {
    "AdaGrad": reference.adagrad,
    "RMSProp": reference.rmsprop,
    "RMSPropNesterov": reference.rmsprop_nesterov,
    "Adam": reference.adam,
}
SYMBOLS = {"rho": "rho", "momentum": "alpha", "beta_1": "rho_1", "beta_2": "rho_2", "epsilon": "delta"}


def box_path(optimizer, theta, gradient, steps, **box_arguments):
    """Where an optimizer's box takes its gradients, then the θ it ends with; e as the optimizer rounds it."""
    box_arguments.setdefault("e", float(keras.ops.convert_to_numpy(optimizer.learning_rate)))
    points = []

    def observed(step, point):
        points.append(point)
        return gradient(step, point)

    thetas = BOXES[type(optimizer).__name__](theta, observed, steps, **box_arguments)
    return np.stack([*points, thetas[-1]])


def path(optimizer, theta, gradient, steps, run=None):
    """Where the variable is when `gradient(step, point)` is taken, then the θ that it ends with.

    `run` wraps an update, as `tf.function` does.
    """
    variable = keras.Variable(theta, dtype=theta.dtype.name)
    optimizer.build([variable])

    def update(gradient):
        optimizer.apply([gradient], [variable])

    update = run(update) if run else update
    points = []
    for step in range(steps):
        points.append(values(variable))
        update(keras.ops.convert_to_tensor(gradient(step, points[-1]), dtype=variable.dtype))
    optimizer.finalize_variable_values([variable])
    return np.stack([*points, values(variable)])


def values(variable):
    """A copy of a variable's values, on any backend."""
    return np.array(keras.ops.convert_to_numpy(variable))


def problem(seed, size=6, steps=25):
    """A start and a gradient: slopes from 1e-4 to 100, a jumping optimum, now and then a gradient of 0."""
    random = np.random.default_rng(seed)
    slopes = 10.0 ** random.uniform(-4, 2, size)
    centres = random.normal(size=(steps, size))
    present = random.random((steps, size)) < 0.8
    return random.normal(size=size), lambda step, theta: present[step] * slopes * (theta - centres[step])


def largest_error(found, expected):
    """The largest distance of two paths, in steps: each coordinate against its own largest step so far."""
    steps = np.maximum.accumulate(np.abs(np.diff(expected, axis=0)), axis=0)
    return np.max(np.abs(found - expected)[1:] / (steps + 1e-30))
