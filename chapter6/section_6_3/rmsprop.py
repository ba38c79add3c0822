"""Figure 6-7: RMSProp, its algorithm and its paths on four losses; what ρ and δ are for.

Slide: 6-3, figure 6-7 (the slide's heading calls it AMSProp), claim 6-3.d.

RMSProp replaces AdaGrad's sum of squared gradients by a moving average, which forgets. Both walk down a slope
of gradient 100 that becomes gentle, gradient 1, after a while; the effective rate, the step per unit of
gradient, should then grow a hundredfold. ρ, the hyperparameter that RMSProp adds, sets how fast. δ keeps the
denominator from being zero: measured on constant gradients, among them 0, with three values of it. How both
do on whole losses is the experiment `convexity`. The optimizer is `chapter6.optimizers.RMSProp`.
"""

import functools
from dataclasses import dataclass

import numpy as np

from chapter6.experiment import Finding, Picture, Verdict, setting
from chapter6.language import N_, _
from chapter6.section_6_3.objectives import OBJECTIVES
from chapter6.section_6_3.settings import TuningSettings

CLAIM = "6-3.d"
SENTENCE = _("RMSProp forgets the far past, so its rate recovers where AdaGrad's stays small.")

# The learning rate at which steps are measured, in units of which they are given.
RATE = 0.01


@dataclass(frozen=True)
class Settings(TuningSettings):
    """Steps, the search for the learning rate, and the slope."""

    steep_steps: int = setting(50, _("steps on the steep part of the slope"), minimum=1)
    gentle_steps: int = setting(1000, _("steps on the gentle part, enough for ρ = 0.99"), minimum=1)
    rhos: tuple[float, ...] = setting((0.5, 0.99), _("ρ compared with the default, 0.9"), minimum=0, below=1)
    deltas: tuple[float, ...] = setting((0.0, 1e-6, 1e-2), _("δ compared; the slide has 1e-6"), minimum=0)


def run(settings, folders):
    """Draw figure 6-7 and measure how the rate recovers, and the steps at small gradients."""
    import tensorflow as tf

    from chapter6.optimizers import AdaGrad, RMSProp
    from chapter6.section_6_3.algorithms import tune_and_draw
    from chapter6.section_6_3.effective_rate import effective_rates, step_lengths
    from chapter6.section_6_3.optimizer_specs import final_losses
    from chapter6.section_6_3.rmsprop_drawing import draw_constants

    runs, picture = tune_and_draw("RMSProp", "6-7", settings, folders)
    gradients = np.repeat([[100.0], [1.0]], [settings.steep_steps, settings.gentle_steps], axis=0)
    # The optimizer asks for the gradient once more after the last step.
    slope = tf.constant(np.concatenate([gradients, gradients[-1:]]))
    makers = {"AdaGrad": AdaGrad, "RMSProp": RMSProp}
    makers |= {f"RMSProp (ρ = {rho:g})": functools.partial(RMSProp, rho=rho) for rho in settings.rhos}
    effective = {
        name: effective_rates(make, lambda x, step: slope[step] * x, gradients, RATE)[:, 0]
        for name, make in makers.items()
    }
    small = np.concatenate([[0], np.geomspace(1e-6, 1, 25)])
    # After a hundred steps r has forgotten that it started at 0.
    lengths = {
        f"RMSProp (δ = {delta:g})": step_lengths(
            functools.partial(RMSProp, epsilon=delta), lambda x, step: small * x, len(small), 100, RATE
        )[-1]
        for delta in settings.deltas
    }
    constants = Picture(
        draw_constants(effective, small, lengths, settings, folders),
        _("ρ sets how soon the rate recovers, which AdaGrad's never does; δ which gradients count."),
    )
    return _make_finding(effective, lengths, final_losses(runs), settings.steep_steps, (picture, constants))


def _make_finding(effective, lengths, losses, steep_steps, pictures):
    steep, gentle, growth, half = ({} for _quantity in range(4))
    for name, rates in effective.items():
        steep[name], gentle[name] = float(rates[steep_steps - 1]), float(rates[-1])
        growth[name] = gentle[name] / steep[name]
        half[name] = int((rates[steep_steps:] >= 0.5 * rates[-1]).argmax()) + 1
    recovers = growth["RMSProp"] > 50 and growth["AdaGrad"] <= 1
    if recovers:
        short = _(
            "When the gradient falls to a hundredth, RMSProp's effective rate grows {growth:.0f}-fold; "
            "AdaGrad's does not grow."
        )
    else:
        short = _(
            "When the gradient falls to a hundredth, RMSProp's effective rate grows {growth:.3g}-fold, "
            "AdaGrad's {adagrad:.3g}-fold."
        )
    rows = [
        (N_("changing slope"), quantity, name, value)
        for quantity, values in {
            N_("growth of the effective rate (factor)"): growth,
            N_("steps to half of the rate at the end"): half,
        }.items()
        for name, value in values.items()
    ]
    for name, each in lengths.items():
        rows.append((N_("constant slope"), N_("step at gradient 0 (e)"), name, each[0]))
    for objective, loss in zip(OBJECTIVES, losses, strict=True):
        rows.append((objective.name, N_("final loss (at least 1e-10)"), "RMSProp", loss))
    names = (N_("loss function"), N_("quantity"), N_("optimizer"), N_("value"))
    return Finding(
        verdict=Verdict.illustrates([recovers]),
        short=short.format(growth=growth["RMSProp"], adagrad=growth["AdaGrad"]),
        why=_(
            "RMSProp's moving average forgets the large gradients; with ρ = 0.9 half of the growth takes "
            "{steps} steps. AdaGrad's sum never shrinks. Without δ a gradient of 0 makes the step 0/0."
        ).format(steps=half["RMSProp"]),
        limits=_(
            "True by construction: the gradients are given, not those of a loss that is being minimized. The "
            "experiment convexity has those."
        ),
        table=dict(zip(names, zip(*rows, strict=True), strict=True)),
        pictures=pictures,
    )
