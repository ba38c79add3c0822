"""The effective learning rate of an optimizer on losses of given gradients.

Slide: 6-3, figures 6-6 and 6-7.
"""

import numpy as np

from chapter6.section_6_3.descent import descend


def effective_rates(spec, loss, gradients, learning_rate):
    """Return the steps of an optimizer per unit of gradient and of learning rate.

    Args:
        spec: An `OptimizerSpec`.
        loss: Function (points, step) to losses, linear in each parameter.
        gradients: Array [steps, parameters], the derivatives of `loss`, positive numbers.
        learning_rate: e.

    Returns:
        Array [steps, parameters], |step| / gradient / e.
    """
    steps, parameters = gradients.shape
    points = descend(spec.make, np.full(parameters, learning_rate), loss, np.zeros(parameters), steps)
    return np.abs(np.diff(points, axis=0)) / gradients / learning_rate
