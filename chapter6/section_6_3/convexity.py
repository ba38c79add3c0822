"""AdaGrad and RMSProp on a convex loss and on one that is not.

Slide: 6-3, the page with figure 6-6, claim 6-3.c (and the reason given for 6-3.d).

The convex loss is the bowl, the other Rosenbrock's valley, whose steep walls lead down to a nearly flat
bottom. Both optimizers run from the same random starting points, with every learning rate of one grid.
Drawn for each loss: the final loss against the learning rate; then, at the best rate of each optimizer, the
loss and the effective rate, which is the step per unit of gradient.
"""

from dataclasses import dataclass

import numpy as np

from chapter6.experiment import Finding, Picture, Verdict, setting
from chapter6.language import N_, _
from chapter6.section_6_3.conditions import limits_of
from chapter6.section_6_3.objectives import BOWL, ROSENBROCK, ROUNDING

CLAIM = "6-3.c"
SENTENCE = _(
    "AdaGrad is fast on convex losses; on others its rate is too small before a good point is reached."
)

NAMES = ("AdaGrad", "RMSProp")


@dataclass(frozen=True)
class Settings:
    """Starting points, learning rates and steps."""

    seed: int = setting(0, _("the starting points are a function of it"), minimum=0)
    starts: int = setting(
        32, _("random starting points, within the picture of each loss"), minimum=1, quick=4
    )
    rates: int = setting(
        37, _("learning rates tried, from 1e-5 to 10 on a log scale, six a decade"), minimum=2, quick=19
    )
    steps: int = setting(1000, _("steps; Rosenbrock's valley needs so many"), minimum=10, quick=100)


def run(settings, folders):
    """Compare the two on both losses."""
    from chapter6.section_6_3.convexity_drawing import draw
    from chapter6.section_6_3.optimizer_specs import optimizer_spec, rate_grid
    from chapter6.section_6_3.random_starts import compare_rates

    objectives = (BOWL, ROSENBROCK)
    rates = rate_grid(settings.rates)
    results = {name: compare_rates(optimizer_spec(name), objectives, rates, settings) for name in NAMES}
    picture = draw(objectives, rates, results, folders)
    return _make_finding(objectives, rates, results, picture)


def _make_finding(objectives, rates, results, picture):
    rows, ahead = [], []
    for k, objective in enumerate(objectives):
        ends = {name: result.ends(k)[:, result.best[k]] for name, result in results.items()}
        lower = [np.mean(ends["AdaGrad"] < ends["RMSProp"]), np.mean(ends["RMSProp"] < ends["AdaGrad"])]
        ahead.append(float(lower[0]))
        quartiles = [np.maximum(np.quantile(ends[name], (0.5, 0.25, 0.75)), ROUNDING) for name in NAMES]
        values = {
            N_("starts from which it ends lower (%)"): [100 * share for share in lower],
            N_("learning rate"): [rates[results[name].best[k]] for name in NAMES],
            N_("median final loss"): [middle for middle, _low, _high in quartiles],
            N_("lower quartile"): [low for _middle, low, _high in quartiles],
            N_("upper quartile"): [high for _middle, _low, high in quartiles],
        }
        rows += [(objective.name, quantity, *pair) for quantity, pair in values.items()]
    convex, other = ahead
    # From three starts of four at least, each way.
    conditions = {
        _("AdaGrad ahead on the convex loss"): convex >= 0.75,
        _("RMSProp ahead on the other"): other <= 0.25,
    }
    if all(conditions.values()):
        short = _(
            "AdaGrad ends lower than RMSProp from {convex:.0%} of the starting points on the convex loss, "
            "but from only {other:.0%} on the other."
        )
    else:
        short = _(
            "AdaGrad ends lower than RMSProp from {convex:.0%} of the starting points on the convex loss and "
            "from {other:.0%} on the other."
        )
    names = (N_("loss function"), N_("quantity"), *NAMES)
    return Finding(
        verdict=Verdict.of(conditions.values()),
        short=short.format(convex=convex, other=other),
        why=_(
            "AdaGrad sums all squared gradients, so steep walls lower its rate for ever. RMSProp forgets "
            "them and speeds up in the flat valley, but keeps jumping around a minimum."
        ),
        limits=limits_of(
            conditions,
            _(
                "Two losses of two parameters without noise, at the one learning rate that serves all starts "
                "best. Losses below 1e-10 are given as 1e-10."
            ),
        ),
        table=dict(zip(names, zip(*rows, strict=True), strict=True)),
        pictures=(
            Picture(
                picture,
                _(
                    "On the right the effective rates: in Rosenbrock's valley AdaGrad's only falls, "
                    "RMSProp's rises again."
                ),
            ),
        ),
    )
