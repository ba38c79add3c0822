"""The four two-dimensional losses on which the optimizers are watched.

Slide: 6-3, figures 6-5 to 6-9. The slides leave the loss open. The bowl is the running problem of Dive into
Deep Learning; Rosenbrock's valley and Beale's plains are the classical tests of non-convex minimization;
the saddle has its two minima near, so that its loss is bounded from below.
"""

import dataclasses
import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from chapter6.language import N_


@dataclass(frozen=True)
class ObjectiveFunction:
    """A loss of two parameters that is zero at its minimum.

    Args:
        name: English word for tables, marked for the catalogue.
        formula: The loss in mathtext.
        loss: The loss of points given as x1 and x2, tensors of one shape.
        start: Where every optimizer starts.
        minima: The points where the loss is zero.
        view: Left, right, lower and upper edge of its pictures.
        is_rotated: Whether it is another objective, turned by 45 degrees.
    """

    name: str
    formula: str
    loss: Callable
    start: tuple[float, float]
    minima: tuple[tuple[float, float], ...]
    view: tuple[float, float, float, float]
    is_rotated: bool = False

    def starts(self, draws):
        """Return points of the view, of that before it was turned, from draws of [0, 1), both [..., 2]."""
        left, right, lower, upper = self.view
        x1, x2 = left + (right - left) * draws[..., 0], lower + (upper - lower) * draws[..., 1]
        return np.stack(rotate(x1, x2) if self.is_rotated else (x1, x2), axis=-1)


def rotate(x1, x2, sign=1):
    """Return the point turned by 45 degrees, to the left, or with sign -1 to the right."""
    return (x1 - sign * x2) / math.sqrt(2), (sign * x1 + x2) / math.sqrt(2)


def rotated(objective, name):
    """Return an objective turned by 45 degrees, so that its curvatures are no longer along the axes."""
    return dataclasses.replace(
        objective,
        name=name,
        loss=lambda x1, x2: objective.loss(*rotate(x1, x2, -1)),
        start=rotate(*objective.start),
        minima=tuple(rotate(*minimum) for minimum in objective.minima),
        is_rotated=True,
    )


def bowl(x1, x2):
    """0.1 x1^2 + 2 x2^2: convex, twenty times steeper along x2 than along x1."""
    return 0.1 * x1**2 + 2 * x2**2


def rosenbrock(x1, x2):
    """(1 - x1)^2 + 100 (x2 - x1^2)^2: steep walls, and a bent valley that hardly falls."""
    return (1 - x1) ** 2 + 100 * (x2 - x1**2) ** 2


def beale(x1, x2):
    """(1.5 - x1 + x1 x2)^2 + (2.25 - x1 + x1 x2^2)^2 + (2.625 - x1 + x1 x2^3)^2: plains between cliffs."""
    return (1.5 - x1 + x1 * x2) ** 2 + (2.25 - x1 + x1 * x2**2) ** 2 + (2.625 - x1 + x1 * x2**3) ** 2


def saddle(x1, x2):
    """x1^2 + (x2^2 - 1)^2 / 2: at the origin the gradient is zero, along x2 the curvature negative."""
    return x1**2 + (x2**2 - 1) ** 2 / 2


BOWL = ObjectiveFunction(
    N_("bowl"), r"$0.1\,x_1^2 + 2\,x_2^2$", bowl, (-5.0, -2.0), ((0.0, 0.0),), (-6.0, 3.0, -3.0, 3.0)
)
ROSENBROCK = ObjectiveFunction(
    "Rosenbrock",
    r"$(1-x_1)^2 + 100\,(x_2-x_1^2)^2$",
    rosenbrock,
    (-1.5, 2.0),
    ((1.0, 1.0),),
    (-2.0, 2.0, -1.0, 3.0),
)
BEALE = ObjectiveFunction(
    "Beale",
    r"$\Sigma_{k=1}^{3}\,(c_k - x_1 + x_1 x_2^k)^2$",
    beale,
    (1.0, 1.5),
    ((3.0, 0.5),),
    (-1.0, 4.5, -2.0, 2.5),
)
SADDLE = ObjectiveFunction(
    N_("saddle"),
    r"$x_1^2 + \frac{1}{2}(x_2^2 - 1)^2$",
    saddle,
    (-1.5, 0.001),
    ((0.0, -1.0), (0.0, 1.0)),
    (-2.0, 2.0, -1.7, 1.7),
)
OBJECTIVES = (BOWL, ROSENBROCK, BEALE, SADDLE)
ROTATED_BOWL = rotated(BOWL, N_("rotated bowl"))
ROTATED_SADDLE = rotated(SADDLE, N_("rotated saddle"))

# A lower loss counts as this: what differs there is rounding.
ROUNDING = 1e-10
