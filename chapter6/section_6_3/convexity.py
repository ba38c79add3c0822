"""AdaGrad and RMSProp on losses that are convex or not, with large early gradients or without.

Slide: 6-3, the page with figure 6-6, claim 6-3.c (and the reason given for 6-3.d).

The slide gives two reasons at once: AdaGrad is made for convex problems, and its rate is shrunk by the whole
history of squared gradients. Two by two, so that each can be told from the other. With q = 0.1 u² + 2 y²:

- convex, the bowl: u = x1, y = x2; or not, a bent valley: u = x1, y = x2 - x1²/4;
- gentle: the loss is q; or with steep walls: q + 10 q², which leaves the minimum as it is and makes the
  gradients at the starts, 1 + 20 q times as large, about a hundred times as large.

The starts are the same (u, y) in all four, so that they differ in nothing else. Counted are the steps until
the loss stays below a target near the minimum, where walls no longer matter. Both optimizers have their
rates chosen by these steps, on other starts.
"""

from dataclasses import dataclass

import numpy as np

from chapter6.experiment import Finding, Picture, Verdict, setting
from chapter6.language import N_, _
from chapter6.section_6_3.conditions import limits_of

CLAIM = "6-3.c"
SENTENCE = _(
    "AdaGrad is fast on convex losses; on others its rate is too small before a good point is reached."
)

NAMES = ("AdaGrad", "RMSProp")
BEND = 0.25
WALLS = 10.0
# A thousandth of the median of q at the starts.
TARGET = 0.005
# (name, bend, walls): the convex ones first, and within each pair the one with gentle gradients.
CASES = (
    (N_("bowl"), 0.0, 0.0),
    (N_("bowl with steep walls"), 0.0, WALLS),
    (N_("bent valley"), BEND, 0.0),
    (N_("bent valley with steep walls"), BEND, WALLS),
)


@dataclass(frozen=True)
class Settings:
    """Starting points, learning rates and steps."""

    seed: int = setting(0, _("the starting points are a function of it"), minimum=0)
    starts: int = setting(320, _("random starting points on each loss"), minimum=2, quick=16)
    tuning_starts: int = setting(128, _("other starting points, which choose the rates"), minimum=1, quick=8)
    rates: int = setting(
        37, _("learning rates tried, from 1e-5 to 10 on a log scale, six a decade"), minimum=2, quick=19
    )
    steps: int = setting(1000, _("steps; the bent valley needs so many"), minimum=10, quick=100)


def valley(bend, walls):
    """Return the loss q + walls q² of (x1, x2), q = 0.1 x1² + 2 (x2 - bend x1²)²."""

    def loss(x1, x2):
        q = 0.1 * x1**2 + 2 * (x2 - bend * x1**2) ** 2
        return q + walls * q**2

    return loss


def run(settings, folders):
    """Compare the two on the four losses."""
    from chapter6.section_6_3.convexity_drawing import draw
    from chapter6.section_6_3.optimizer_specs import optimizer_spec, rate_grid
    from chapter6.section_6_3.random_starts import compare

    functions = [valley(bend, walls) for _name, bend, walls in CASES]
    starts, rates, targets = _starts(settings), rate_grid(settings.rates), [TARGET] * len(CASES)
    results = {
        name: compare(
            optimizer_spec(name), functions, rates, starts, settings.tuning_starts, settings.steps, targets
        )
        for name in NAMES
    }
    picture = draw(results, CASES, TARGET, folders)
    return _make_finding(results, picture)


def _starts(settings):
    """Return the starting points, [losses, tuning starts and starts, 2], the same (u, y) on each loss."""
    shape = (settings.tuning_starts + settings.starts, 2)
    u, y = np.random.default_rng(settings.seed).uniform((-5, -3), (5, 3), shape).T
    return np.stack([np.stack([u, y + bend * u**2], axis=1) for _name, bend, _walls in CASES])


def wilson_interval(count, total):
    """Return the 95 % Wilson interval of a share, two floats.

    Example:

    >>> [round(end, 3) for end in wilson_interval(5, 10)]
    [0.237, 0.763]
    """
    # The two-sided 95 % point of the normal distribution.
    z = 1.96
    share = count / total
    middle = (share + z**2 / (2 * total)) / (1 + z**2 / total)
    half = z / (1 + z**2 / total) * np.sqrt(share * (1 - share) / total + (z / (2 * total)) ** 2)
    return float(middle - half), float(middle + half)


def _make_finding(results, picture):
    rows, intervals = [], {}
    for k, (name, bend, _walls) in enumerate(CASES):
        needed = {optimizer: result.needed[k] for optimizer, result in results.items()}
        first = needed["AdaGrad"] < needed["RMSProp"]
        intervals[name] = wilson_interval(first.sum(), first.size)
        rows.append(
            (
                name,
                N_("no") if bend else N_("yes"),
                100 * first.mean(),
                *(100 * end for end in intervals[name]),
                *(np.median(needed[optimizer]) for optimizer in NAMES),
                100 * np.mean(np.isinf(needed["AdaGrad"])),
            )
        )
    # An interval that contains one half decides nothing.
    conditions = {
        _("AdaGrad first on the bowl"): intervals["bowl"][0] > 0.5,
        _("AdaGrad first on the bowl with steep walls"): intervals["bowl with steep walls"][0] > 0.5,
        _("RMSProp first in the bent valley"): intervals["bent valley"][1] < 0.5,
        _("RMSProp first in the bent valley with steep walls"): intervals["bent valley with steep walls"][1]
        < 0.5,
    }
    columns = (
        N_("loss function"),
        N_("convex"),
        N_("AdaGrad first (% of starts)"),
        N_("95% interval from"),
        N_("to"),
        N_("AdaGrad's median steps"),
        N_("RMSProp's median steps"),
        N_("AdaGrad never there (% of starts)"),
    )
    return Finding(
        verdict=Verdict.of(conditions.values()),
        short=_(
            "AdaGrad beats RMSProp from {bowl:.0%} of the starts on the bowl; in the bent valley with steep "
            "walls it does not arrive from {bent:.0%}."
        ).format(bowl=rows[0][2] / 100, bent=rows[-1][-1] / 100),
        why=_(
            "AdaGrad sums all squared gradients, so steep walls lower its rate for ever; a larger e makes up "
            "for that in a straight valley, not in one that bends. RMSProp forgets the walls."
        ),
        limits=limits_of(
            conditions,
            _(
                "Four losses of two parameters without noise, each optimizer at the one learning rate that "
                "serves all starts best; where the interval contains 50%, neither is ahead."
            ),
        ),
        table=dict(zip(columns, zip(*rows, strict=True), strict=True)),
        pictures=(
            Picture(
                picture,
                _("Only where the valley bends and its walls are steep does AdaGrad's loss stay high."),
            ),
        ),
    )
