"""AdaGrad's slide errs: the largest partial derivatives get the smallest learning rates.

Slide: 6-3, the page with figure 6-6.

The slide gives the parameter with the largest partial derivative a large learning rate. The rule divides by
the root of the summed squares, so the reverse holds. Measured on parameters whose gradients are constant,
from 0.001 to 1,000: the step per unit of gradient. The large gradient makes up for the small rate, and all
parameters move equally far, which is AdaGrad's point (Goodfellow et al., section 8.5.1).
"""

from dataclasses import dataclass

import numpy as np

from chapter6.experiment import Finding, Picture, Verdict, setting
from chapter6.language import N_, _

CLAIM = "6-3.b"
SENTENCE = _(
    "AdaGrad's slide: the parameters with the largest partial derivatives get larger learning rates."
)


@dataclass(frozen=True)
class Settings:
    """The gradients and the steps."""

    parameters: int = setting(
        25, _("parameters, their gradients from 0.001 to 1,000 on a log scale"), minimum=2
    )
    learning_rate: float = setting(0.1, _("e, the unit of the effective rates"), above=0)
    steps: int = setting(100, _("steps; drawn are the rates at steps 1, 10, 100, ..."), minimum=10)


def run(settings, folders):
    """Measure the effective rate, step over gradient, against the gradient's size."""
    from chapter6.section_6_3.adagrad_rates_drawing import draw
    from chapter6.section_6_3.effective_rate import effective_rates
    from chapter6.section_6_3.optimizer_specs import optimizer_spec

    gradients = np.geomspace(1e-3, 1e3, settings.parameters)
    names = ("SGD", "AdaGrad", "RMSProp", "Adam")
    at_each_step = np.tile(gradients, (settings.steps, 1))
    effective = {
        name: effective_rates(
            optimizer_spec(name).make, lambda x, step: gradients * x, at_each_step, settings.learning_rate
        )
        for name in names
    }
    slopes = {name: [_slope(gradients, rates) for rates in effective[name]] for name in names}
    picture = draw(gradients, effective, settings, folders)
    return _make_finding(effective, slopes, picture)


def _make_finding(effective, slopes, picture):
    ratio = effective["AdaGrad"][-1][0] / effective["AdaGrad"][-1][-1]
    if ratio > 1:
        short = _(
            "The slide has it the wrong way round: a derivative a million times larger gets an effective "
            "rate {ratio:,.0f} times smaller."
        ).format(ratio=ratio)
    else:
        short = _("A derivative a million times larger gets an effective rate {ratio:,.3g} times larger.")
        short = short.format(ratio=1 / ratio)
    names = ("AdaGrad", "RMSProp", "Adam", "SGD")
    return Finding(
        verdict=Verdict.HOLDS if min(slopes["AdaGrad"]) > 0 else Verdict.FAILS,
        short=short,
        why=_(
            "The gradient is divided by the root of its summed squares, so the effective rate is "
            "proportional to 1/|g|, and parameters with small derivatives move as far as the others."
        ),
        limits=_("Constant gradients show what the rule does, not how well it learns."),
        table={
            N_("optimizer"): names,
            N_("rate at |g| = 0.001 (e)"): [effective[name][-1][0] for name in names],
            N_("rate at |g| = 1000 (e)"): [effective[name][-1][-1] for name in names],
            N_("slope on log scales"): [slopes[name][-1] for name in names],
            N_("least slope of all steps"): [min(slopes[name]) for name in names],
            N_("greatest slope of all steps"): [max(slopes[name]) for name in names],
        },
        pictures=(
            Picture(
                picture,
                _(
                    "AdaGrad's effective rate falls as the derivative grows, and with every step; SGD's is "
                    "constant."
                ),
            ),
        ),
    )


def _slope(gradients, rates):
    # Beyond nine digits is rounding.
    return round(float(np.polyfit(np.log(gradients), np.log(rates), 1)[0]), 9) + 0.0
