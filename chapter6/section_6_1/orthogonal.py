"""Steps to train deep linear networks of depth 2 to 100, by initialization.

Slide: 6-1, claim e.

A linear network learns a random linear map by full-batch gradient descent. Counted are the steps until the
loss has fallen to 1 % of that of the output zero, at the best of several learning rates (as in Saxe et al.
2013), all proportional to 1/depth. Orthogonal weights are compared with equation 6-3, which here has the same
variance, and with the same orthogonal weights in a network of tanh units, to which the slides extend the
claim. Independent of depth means: no depth takes twice as many steps as another. The slope in the table, in
steps per layer, is fitted to the depths up to that of its row.
"""

from dataclasses import dataclass, replace

import numpy as np

from chapter6.experiment import Finding, Picture, Verdict, ascending, setting
from chapter6.language import N_, _

CLAIM = "6-1.e"
SENTENCE = _(
    "With orthogonal initial weights, a deep linear network's training steps do not depend on its depth."
)


@dataclass(frozen=True)
class Settings:
    """The networks and the descent."""

    depths: tuple[int, ...] = setting(
        (2, 5, 10, 20, 50, 100),
        _("numbers of square weight matrices before the last layer"),
        minimum=1,
        quick=(2, 5, 10),
    )
    width: int = setting(32, _("inputs and hidden units"), minimum=2, quick=16)
    outputs: int = setting(10, _("outputs, as for ten digits"), minimum=1, quick=5)
    rates: tuple[float, ...] = setting(
        (0.2, 0.4, 0.8, 1.6), _("learning rates times the number of layers; the best counts"), above=0
    )
    target: float = setting(0.01, _("loss to reach, as a share of the loss at output zero"), above=0, below=1)
    max_steps: int = setting(150, _("steps after which a network counts as not trained"), minimum=1)
    networks: int = setting(4, _("networks for each initialization and depth"), minimum=2, quick=3)
    seed: int = setting(0, _("seed of everything that is random"), minimum=0)


def run(settings, folders):
    """Train all networks of a depth at once and count steps."""
    from chapter6.event_files import event_file, write_scalars
    from chapter6.section_6_1.linear_networks import initializers_of, steps_to_target
    from chapter6.section_6_1.orthogonal_drawing import draw

    settings = replace(settings, depths=ascending("depths", settings.depths))
    starts = initializers_of(settings.seed)
    # [depths, starts, networks]; infinite where no rate reached the target
    steps = np.array([steps_to_target(starts, depth, settings) for depth in settings.depths])
    slopes = {name: _slope(settings.depths, steps[:, row]) for row, name in enumerate(starts)}
    picture = draw({name: _label(name, slope) for name, slope in slopes.items()}, steps, settings, folders)
    medians = np.median(steps, axis=2)
    for name, of_start in zip(starts, medians.T, strict=True):
        with event_file(folders.snapshots, name):
            write_scalars("steps_to_target", np.minimum(of_start, settings.max_steps), settings.depths)
    return _make_finding(slopes, steps, picture, settings)


def _slope(depths, steps):
    """Return slope, its standard error, and the deepest depth used, from steps [depths, networks].

    A line is fitted for each network over the depths at which all networks arrived.
    """
    arrived = np.isfinite(steps).all(axis=1)
    count = len(depths) if arrived.all() else int(arrived.argmin())
    if count < 2:
        return np.nan, np.nan, depths[0]
    slopes = np.polyfit(depths[:count], steps[:count], 1)[0]
    return slopes.mean(), slopes.std(ddof=1) / len(slopes) ** 0.5, depths[count - 1]


def _label(name, slope):
    steps, error, deepest = slope
    if np.isnan(steps):
        return _("{name}: in time at one depth at most").format(name=_(name))
    label = _("{name}: {slope:.2f} ± {error:.2f} steps per layer (to depth {depth})")
    return label.format(name=_(name), slope=steps, error=error, depth=deepest)


def _make_finding(slopes, steps, picture, settings):
    medians = np.median(steps, axis=2)
    independent = medians[:, 0].max() < 2 * medians[:, 0].min()
    other_depends = medians[:, 1].max() > 2 * medians[:, 1].min()
    limits = _limits(medians[:, 2], settings)
    if independent and not other_depends:
        part = _("The steps do not depend on the depth, but nor do they with another initialization.")
        limits = _("{part} {scope}").format(part=part, scope=limits)
    return Finding(
        verdict=Verdict.of((independent, other_depends)) if independent else Verdict.FAILS,
        short=_short(medians[-1], settings),
        why=_(
            "A product of orthogonal matrices keeps the length of every vector; a product of other random "
            "matrices stretches a few directions and almost erases the rest, the more so the deeper."
        ),
        limits=limits,
        table=_table(slopes, steps, settings),
        pictures=(
            Picture(
                picture,
                _(
                    "Compare how steeply the steps grow with depth: only orthogonal weights and linear units "
                    "draw a level line."
                ),
            ),
        ),
    )


def _limits(of_tanh, settings):
    """Return what this does not show, given the median steps of tanh units, [depths]."""
    values = {"shallow": settings.depths[0], "deep": settings.depths[-1], "first": of_tanh[0]}
    if np.isinf(of_tanh[-1]):
        return _(
            "Linear networks only, though the slides extend the claim to all: with tanh units the steps are "
            "{first:g} at depth {shallow}, more than {most} at depth {deep}."
        ).format(most=settings.max_steps, **values)
    return _(
        "Linear networks only, though the slides extend the claim to all: with tanh units the steps are "
        "{first:g} at depth {shallow}, {last:g} at depth {deep}."
    ).format(last=of_tanh[-1], **values)


def _short(medians, settings):
    """Return what to remember of the median steps of the deepest networks, those of each initialization."""
    depth = settings.depths[-1]
    orthogonal, normalized = medians[:2]
    if np.isinf(orthogonal):
        return _(
            "At depth {depth} networks with orthogonal weights do not reach the target in {steps} steps."
        ).format(depth=depth, steps=settings.max_steps)
    if np.isinf(normalized):
        return _(
            "Orthogonal weights train a linear network of depth {depth} in {steps:g} steps; those of "
            "equation 6-3 do not train it in time."
        ).format(depth=depth, steps=orthogonal)
    return _(
        "At depth {depth} a linear network needs {ratio:.1f} times as many steps from equation 6-3 as from "
        "orthogonal weights."
    ).format(depth=depth, ratio=normalized / max(orthogonal, 1))


def _table(slopes, steps, settings):
    rows = []
    for name, of_start in zip(slopes, steps.swapaxes(0, 1), strict=True):
        slope, error, deepest = slopes[name]
        for depth, of_depth in zip(settings.depths, of_start, strict=True):
            fitted = (slope, error) if depth == deepest else (np.nan, np.nan)
            rows.append((name, depth, np.median(of_depth), of_depth.min(), of_depth.max(), *fitted))
    headings = (
        N_("weights"),
        N_("depth"),
        N_("median steps"),
        N_("least"),
        N_("most"),
        N_("slope"),
        N_("std. error"),
    )
    return dict(zip(headings, zip(*rows, strict=True), strict=True))
