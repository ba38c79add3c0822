"""Starting points on losses with several optima, and the optima in which gradient descent from them ends."""

from dataclasses import dataclass

import numpy as np

from chapter6.section_6_1.descent import descend, random_waves

WAVES = 6
# Starting points lie from -5 to 5 in each coordinate.
HALF_WIDTH = 5.0
# Himmelblau's function is 0 at these four points and positive elsewhere.
HIMMELBLAU_OPTIMA = ((3.0, 2.0), (-2.805118, 3.131313), (-3.779310, -3.283186), (3.584428, -1.848127))
# A point has arrived when it is this near to an optimum.
ARRIVED = 0.05


@dataclass(frozen=True)
class Descents:
    """Gradient descents on one loss, from many points.

    Args:
        starts: Array [points, dimensions].
        optima: Array [optima, dimensions].
        ends: Array [points], the number of the optimum in which each descent ends, -1 if in none.
        nearest: Array [points], the number of the optimum nearest to each start.
        relative_distance: Array [points], distance to the nearest optimum over that to the second nearest.
        downhill: Array [points, dimensions], the negative gradient at each start.
    """

    starts: np.ndarray
    optima: np.ndarray
    ends: np.ndarray
    nearest: np.ndarray
    relative_distance: np.ndarray
    downhill: np.ndarray

    def share_nearest(self):
        """Return the share that ends in the nearest optimum."""
        return (self.ends == self.nearest).mean()

    def share_toward_nearest(self):
        """Return the share whose negative gradient leads toward the nearest optimum, at an acute angle."""
        return ((self.downhill * (self.optima[self.nearest] - self.starts)).sum(axis=1) > 0).mean()

    def share_by_chance(self):
        """Return the share that would end in the nearest optimum if start and end were independent."""
        return sum((self.ends == i).mean() * (self.nearest == i).mean() for i in range(len(self.optima)))


def descend_in_one_dimension(settings):
    """Return the `Descents` on each random loss, and the first loss as a pair of arrays, x and f(x)."""
    rng = np.random.default_rng(settings.seed)
    amplitude = rng.uniform(0, 1, (WAVES, settings.losses, 1)).astype(np.float32)
    frequency = rng.uniform(0.5, 3, (WAVES, settings.losses, 1)).astype(np.float32)
    phase = rng.uniform(0, 2 * np.pi, (WAVES, settings.losses, 1)).astype(np.float32)

    loss = random_waves(amplitude, frequency, phase)
    line = np.linspace(-HALF_WIDTH, HALF_WIDTH, settings.points, dtype=np.float32)
    starts = np.tile(line, (settings.losses, 1))
    ends = descend(loss, starts, settings.learning_rate, settings.steps)
    downhill = descend(loss, starts, 1.0, 1) - starts
    # Twice the width: a point may leave the interval in which it starts.
    fine = np.linspace(-2 * HALF_WIDTH, 2 * HALF_WIDTH, 4001, dtype=np.float32)
    heights = loss(np.tile(fine, (settings.losses, 1))).numpy()
    lowest = (heights[:, 1:-1] < heights[:, :-2]) & (heights[:, 1:-1] < heights[:, 2:])
    curves = [
        assign_to_optima(
            starts[row][:, None], ends[row][:, None], fine[1:-1][lowest[row]][:, None], downhill[row][:, None]
        )
        for row in range(settings.losses)
    ]
    return curves, (fine, heights[0])


def descend_on_himmelblau(settings):
    """Return the `Descents` on Himmelblau's function."""

    def loss(point):
        x, y = point[:, 0], point[:, 1]
        # f(x, y) = (x^2 + y - 11)^2 + (x + y^2 - 7)^2
        return (x**2 + y - 11) ** 2 + (x + y**2 - 7) ** 2

    side = np.linspace(-HALF_WIDTH, HALF_WIDTH, settings.side)
    starts = np.stack(np.meshgrid(side, side), axis=-1).reshape(-1, 2)
    ends = descend(loss, starts, settings.learning_rate_2d, settings.steps)
    downhill = descend(loss, starts, 1.0, 1) - starts
    return assign_to_optima(starts, ends, np.array(HIMMELBLAU_OPTIMA), downhill)


def assign_to_optima(starts, ends, optima, downhill):
    """Return the `Descents` of starts, ends and negative gradients [points, dimensions], given the optima."""

    def distances(points):
        return np.linalg.norm(points[:, None] - optima, axis=-1)

    from_end, from_start = distances(ends), distances(starts)
    arrived = np.where(from_end.min(axis=1) < ARRIVED, from_end.argmin(axis=1), -1)
    ordered = np.sort(from_start, axis=1)
    relative = ordered[:, 0] / ordered[:, 1] if len(optima) > 1 else np.zeros(len(starts))
    return Descents(starts, optima, arrived, from_start.argmin(axis=1), relative, downhill)
