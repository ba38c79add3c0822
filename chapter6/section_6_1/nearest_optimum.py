"""Where gradient descent ends, from many starting points on losses with several optima.

Slide: 6-1, figure 6-3, claim b.

Losses: random curves, a shallow bowl plus sine waves, of which the first is drawn; and Himmelblau's
function of two variables, which has four optima. Gradient descent runs from a grid of starting points, with
steps too small to jump over a hill. Counted are the points that end in the optimum nearest to them, how many
would if start and end had nothing to do with each other ("by chance"), and at how many the negative gradient
at the start, which figure 6-3's caption speaks of, leads toward the nearest optimum.
"""

import itertools
from dataclasses import dataclass

import numpy as np

from chapter6.experiment import Finding, Picture, Verdict, setting
from chapter6.language import N_, _

CLAIM = "6-1.b"
SENTENCE = _("An initial point near a local optimum tends to converge to that nearest one (figure 6-3).")


@dataclass(frozen=True)
class Settings:
    """The losses, the starting points and the steps."""

    losses: int = setting(100, _("random losses in one dimension"), minimum=10, quick=20)
    points: int = setting(401, _("starting points on each of them"), minimum=50, quick=101)
    side: int = setting(161, _("starting points along each side, in two dimensions"), minimum=20, quick=61)
    steps: int = setting(1500, _("steps; enough for all but a few points"), minimum=1)
    learning_rate: float = setting(
        0.02, _("learning rate in one dimension, where the curvature is about 10"), above=0
    )
    learning_rate_2d: float = setting(
        0.002, _("learning rate on Himmelblau's function, where it reaches 300"), above=0
    )
    seed: int = setting(0, _("seed of the random losses"), minimum=0)


# Distance to the nearest optimum over distance to the second nearest.
BINS = (0.0, 0.2, 0.4, 0.6, 0.8, 1.0)


def run(settings, folders):
    """Descend from all points and see where they end."""
    from chapter6.event_files import event_file, write_scalars
    from chapter6.section_6_1.basins import descend_in_one_dimension, descend_on_himmelblau
    from chapter6.section_6_1.nearest_optimum_drawing import draw

    curves, heights = descend_in_one_dimension(settings)
    plane = descend_on_himmelblau(settings)
    by_distance = {
        N_("one dimension"): _by_distance(curves),
        N_("Himmelblau"): _by_distance([plane]),
    }
    middles = [(low + high) / 2 for low, high in itertools.pairwise(BINS)]
    picture = draw(curves[0], heights, plane, middles, by_distance, folders)
    for name, values in by_distance.items():
        with event_file(folders.snapshots, name):
            write_scalars("share_in_nearest_optimum", values)
    return _make_finding((curves, [plane]), by_distance, picture)


def _by_distance(descents):
    """Return the share that ends in the nearest optimum, for each of `BINS`."""
    several = [each for each in descents if len(each.optima) > 1]
    relative = np.concatenate([each.relative_distance for each in several])
    right = np.concatenate([each.ends == each.nearest for each in several])
    number = np.digitize(relative, BINS[1:-1])
    return [right[number == i].mean() for i in range(len(BINS) - 1)]


def _make_finding(descents, by_distance, picture):
    """Return the `Finding` from the `Descents` on the losses of each kind."""
    shares = [np.array([loss.share_nearest() for loss in of_kind]) for of_kind in descents]
    chances = [np.mean([loss.share_by_chance() for loss in of_kind]) for of_kind in descents]
    conditions = (
        all(share.mean() > chance for share, chance in zip(shares, chances, strict=True)),
        all(near > far for (near, *_between, far) in by_distance.values()),
    )
    return Finding(
        verdict=Verdict.of(conditions),
        short=_(
            "Gradient descent ends in the optimum nearest to its start from {curves:.0%} of the points on "
            "random curves, {plane:.0%} on Himmelblau's function."
        ).format(curves=shares[0].mean(), plane=shares[1].mean()),
        why=_(
            "The negative gradient at the start leads into the basin in which the start lies, and small "
            "downhill steps cannot leave it; but its border need not be midway to the next optimum."
        ),
        limits=_limits(*conditions),
        table=_table(descents, shares, chances, by_distance),
        pictures=(
            Picture(
                picture,
                _(
                    "Arrows are the negative gradient at the start; rings, and shades that cross the black "
                    "lines, mark starts that do not end in the nearest optimum."
                ),
            ),
        ),
    )


def _limits(more_than_chance, nearer_is_surer):
    scope = _("Smooth losses of one and two variables, and small steps without noise.")
    if more_than_chance == nearer_is_surer:
        return scope
    if more_than_chance:
        part = _("More points than by chance end in the nearest optimum, but not more the nearer they are.")
    else:
        part = _("Nearer points end in it more often than distant ones, but in all no more than by chance.")
    return _("{part} {scope}").format(part=part, scope=scope)


def _table(descents, shares, chances, by_distance):
    rows, names = [], (N_("curves"), N_("Himmelblau"))
    for name, of_kind, share, chance, of_bins in zip(
        names, descents, shares, chances, by_distance.values(), strict=True
    ):
        lost = np.mean([loss.ends < 0 for loss in of_kind])
        # One loss has no spread.
        deviation = share.std(ddof=1) if len(share) > 1 else np.nan
        toward = np.mean([loss.share_toward_nearest() for loss in of_kind])
        rows.append((name, N_("all"), share.mean(), deviation, chance, toward, lost))
        for (low, high), of_bin in zip(itertools.pairwise(BINS), of_bins, strict=True):
            rows.append((name, f"{low:g}–{high:g}", of_bin, *[np.nan] * 4))
    names, distances, *columns = zip(*rows, strict=True)
    headings = (
        N_("in the nearest optimum (%)"),
        N_("std. dev."),
        N_("by chance (%)"),
        N_("gradient toward it (%)"),
        N_("on the way (%)"),
    )
    return {
        N_("loss function"): names,
        N_("relative distance"): distances,
        **{heading: 100 * np.array(column) for heading, column in zip(headings, columns, strict=True)},
    }
