"""Where AdaGrad's slide errs: the largest partial derivatives get the smallest learning rates.

Slide: 6-3, the page with figure 6-6.

The slide says that the parameter with the largest partial derivative gets a large learning rate, and one
with a small derivative a small one. The rule divides by the root of the summed squares, so the reverse
holds. Measured: parameters with constant gradients from 0.001 to 1,000, and how far each moves for one unit
of gradient. What the rate loses the gradient makes up for: all of them move equally far, which is AdaGrad's
point (Goodfellow et al., section 8.5.1: more progress in the gently sloped directions).
"""

from dataclasses import dataclass

import numpy as np

from chapter6 import artifacts
from chapter6.experiment import Finding, Verdict, setting
from chapter6.section_6_3.descent import descend
from chapter6.section_6_3.optimizer_specs import optimizer_spec

CLAIM = "6-3.b"
SENTENCE = "AdaGrad's slide: the parameters with the largest partial derivatives get larger learning rates."


@dataclass(frozen=True)
class Settings:
    """The gradients and the steps."""

    parameters: int = setting(25, "gradients from 0.001 to 1,000, evenly on a log scale", minimum=2)
    learning_rate: float = setting(0.1, "e; the effective rates are in units of it", above=0)
    steps: int = setting(100, "steps; the rates are read at 1, 10, 100, ...", minimum=10)


def run(settings, folders):
    """Measure the effective rate, step over gradient, against the gradient's size."""
    gradients = np.geomspace(1e-3, 1e3, settings.parameters)
    names = ("SGD", "AdaGrad", "RMSProp", "Adam")
    effective = {name: _effective_rates(optimizer_spec(name), gradients, settings) for name in names}
    slopes = {name: [_slope(gradients, rates) for rates in effective[name]] for name in names}

    figure = artifacts.figure(12, 5)
    figure.suptitle("6-3.b: the slide's sentence about AdaGrad, measured")
    by_step, by_rule = figure.subplots(1, 2)
    adagrad = optimizer_spec("AdaGrad").line
    for step, style in zip(_decades(settings.steps), ("-", "--", "-.", ":"), strict=False):
        line = {**adagrad, "linestyle": style}
        by_step.loglog(
            gradients, effective["AdaGrad"][step - 1], markevery=6, label=f"AdaGrad, step {step}", **line
        )
    for name in names:
        by_rule.loglog(gradients, effective[name][-1], markevery=6, label=name, **optimizer_spec(name).line)
    by_rule.set_title(f"step {settings.steps}")
    for axes in (by_step, by_rule):
        axes.set(
            xlabel="size of the partial derivative |g|",
            ylabel="effective rate / e  (step per unit of gradient)",
        )
        axes.grid(alpha=0.3)
        axes.legend()
    picture = artifacts.save_figure(figure, folders.snapshots / "effective_rate.png")
    table = {"gradient": gradients} | {name: rates[-1] for name, rates in effective.items()}
    artifacts.save_csv(folders.snapshots / "effective_rate.csv", table)

    ratio = effective["AdaGrad"][-1][0] / effective["AdaGrad"][-1][-1]
    verdict = Verdict.HOLDS if min(slopes["AdaGrad"]) > 0 else Verdict.FAILS
    measured = (
        f"A derivative a million times larger gets an effective rate {ratio:,.0f} times smaller (slope on "
        f"logarithmic scales between {min(slopes['AdaGrad']):+.4f} and {max(slopes['AdaGrad']):+.4f} in all "
        f"{settings.steps} steps; SGD {slopes['SGD'][-1]:+.4f}): the slide has "
        f"the direction the wrong way round."
    )
    numbers = {f"slope_{name}": slope[-1] for name, slope in slopes.items()}
    return Finding(verdict, measured, (picture,), numbers)


def _effective_rates(spec, gradients, settings):
    """Return |step| / |gradient| / e, [steps, parameters], on the loss sum of gradient * parameter."""
    rates = np.full(len(gradients), settings.learning_rate)
    points = descend(
        spec.make, rates, lambda x, step: gradients * x, np.zeros(len(gradients)), settings.steps
    )
    return np.abs(np.diff(points, axis=0)) / gradients / settings.learning_rate


def _slope(gradients, rates):
    return float(np.polyfit(np.log(gradients), np.log(rates), 1)[0])


def _decades(steps):
    return [10**k for k in range(len(str(steps)))]
