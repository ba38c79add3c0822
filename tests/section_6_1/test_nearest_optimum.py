"""6-1.b: gradient descent ends in the optimum nearest to its start."""

import numpy as np
import pytest

from chapter6.experiment import Verdict, quick
from chapter6.section_6_1 import nearest_optimum
from chapter6.section_6_1.descent import descend

# Of Himmelblau's function
MINIMA = ((3.0, 2.0), (-2.8051181, 3.1313125), (-3.7793103, -3.2831860), (3.5844283, -1.8481265))


def test_b_most_points_end_in_the_nearest_optimum(section):
    line, plane = (overall(section, loss) for loss in ("curves", "Himmelblau"))
    assert plane["in the nearest optimum (%)"] > 95
    assert 75 < line["in the nearest optimum (%)"] < 99
    assert line["by chance (%)"] < 40
    assert 0 < line["std. dev."] < 15
    assert line["on the way (%)"] < 1
    assert section.findings["nearest_optimum"].verdict == Verdict.HOLDS


def test_descent_stays_on_the_side_of_the_hill_where_it_starts():
    # (x^2 - 1)^2 has minima at -1 and 1 and a hill at 0.
    starts = np.array([-1.5, -0.01, 0.01, 0.7])
    ends = descend(lambda x: (x**2 - 1) ** 2, starts, 0.05, 500)
    np.testing.assert_allclose(ends, [-1, -1, 1, 1], atol=1e-4)


def test_points_are_assigned_to_optima(section):
    """Against gradient descent in float64 on Himmelblau's function."""
    table = section.numbers("nearest_optimum/figure_6_3_himmelblau")
    settings, optima = quick(nearest_optimum.Settings), np.array(MINIMA)
    start = np.stack([table["x"], table["y"]])
    x, y = start
    for _ in range(settings.steps):
        # f(x, y) = u^2 + v^2, u = x^2 + y - 11, v = x + y^2 - 7
        u, v = x**2 + y - 11, x + y**2 - 7
        x, y = (
            x - settings.learning_rate_2d * (4 * x * u + 2 * v),
            y - settings.learning_rate_2d * (2 * u + 4 * y * v),
        )

    def distances(points):
        return np.linalg.norm(np.transpose(points)[:, None] - optima, axis=-1)

    least, next_ = np.sort(distances(start), axis=1)[:, :2].T
    # (-0.5, -0.5) is as far from the third minimum as from the fourth.
    tied = next_ - least < 1e-5
    assert tied.sum() < 3
    nearest, ends = distances(start).argmin(axis=1) + 1, distances((x, y))
    nearest = np.where(tied, table["nearest"], nearest)
    ends = np.where(ends.min(axis=1) < 0.05, ends.argmin(axis=1) + 1, 0)
    np.testing.assert_array_equal(table["nearest"], nearest)
    # On the ridge between two basins rounding decides.
    assert (table["ends in"] == ends).mean() > 0.995
    measured = overall(section, "Himmelblau")
    right = table["ends in"] == nearest
    assert measured["in the nearest optimum (%)"] == pytest.approx(100 * right.mean())
    chance = sum((table["ends in"] == k).mean() * (nearest == k).mean() for k in range(1, 5))
    assert measured["by chance (%)"] == pytest.approx(100 * chance)
    assert measured["on the way (%)"] == pytest.approx(100 * (table["ends in"] == 0).mean())
    shares = section.numbers("nearest_optimum/figure_6_3_shares")
    by_distance = rows(section, "Himmelblau").query("`relative distance` != 'all'")
    np.testing.assert_allclose(by_distance["in the nearest optimum (%)"], 100 * shares["Himmelblau"])
    for middle, share in zip(shares["relative distance"], shares["Himmelblau"], strict=True):
        in_bin = abs(least / next_ - middle) < 0.1
        assert share == pytest.approx(right[in_bin].mean(), abs=0.01)


def rows(section, loss):
    """Return the rows of the finding's table for one kind of loss."""
    return section.findings["nearest_optimum"].table.query("`loss function` == @loss")


def overall(section, loss):
    """Return the row for all starting points on one kind of loss."""
    (row,) = rows(section, loss).query("`relative distance` == 'all'").to_dict("records")
    return row
