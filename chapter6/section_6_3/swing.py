"""How far an optimizer swings across the steep direction of the bowl, and how fast it comes down.

Slide: 6-3, figure 6-8.
"""

import numpy as np

from chapter6.section_6_3.descent import descend, steps_to
from chapter6.section_6_3.objectives import BOWL


def swing_and_speed(spec, rates, steps):
    """Run an optimizer on the bowl at several learning rates.

    Args:
        spec: An `OptimizerSpec`.
        rates: Array [rates] of learning rates.
        steps: Updates to make.

    Returns:
        Two arrays [rates]: the path length along x2 in excess of the distance covered, and the steps
        until the loss stays below a thousandth of its start, infinite where it does not.
    """
    paths = descend(
        spec.make,
        rates[:, None],
        lambda x, step: BOWL.loss(x[:, 0], x[:, 1]),
        np.tile(BOWL.start, (len(rates), 1)),
        steps,
    )
    steep = paths[:, :, 1]
    # Needed is the way to the minimum, or as far as the run came.
    beyond = np.abs(np.diff(steep, axis=0)).sum(axis=0) - (np.abs(steep[0]) - np.abs(steep).min(axis=0))
    losses = BOWL.loss(paths[:, :, 0], paths[:, :, 1])
    needed = steps_to(1e-3 * losses[0], losses)
    return beyond, np.where(np.isnan(needed), np.inf, needed)
