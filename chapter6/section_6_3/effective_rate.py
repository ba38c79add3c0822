"""The effective learning rate of an optimizer on losses of given gradients.

Slide: 6-3, figures 6-6 and 6-7.
"""

import numpy as np

from chapter6.section_6_3.descent import descend


def step_lengths(make, loss, parameters, steps, learning_rate):
    """Return the steps of an optimizer per unit of learning rate, |Δθ| / e, array [steps, parameters].

    Args:
        make: Function from a learning rate to a Keras optimizer.
        loss: Function (points, step) to losses, linear in each parameter.
        parameters: Number of parameters.
        steps: Updates to make.
        learning_rate: e.
    """
    points = descend(make, np.full(parameters, learning_rate), loss, np.zeros(parameters), steps)
    return np.abs(np.diff(points, axis=0)) / learning_rate


def effective_rates(make, loss, gradients, learning_rate):
    """Return the steps of an optimizer per unit of gradient and of learning rate.

    Args:
        make, loss: As for `step_lengths`.
        gradients: Array [steps, parameters], the derivatives of `loss`, positive numbers.
        learning_rate: e.

    Returns:
        Array [steps, parameters], |step| / gradient / e.
    """
    steps, parameters = gradients.shape
    return step_lengths(make, loss, parameters, steps, learning_rate) / gradients
