"""Figure 6-7: RMSProp, its algorithm and its paths on four losses.

Slide: 6-3, figure 6-7 (the slide's heading calls it AMSProp), claim 6-3.d.

RMSProp replaces AdaGrad's sum of squared gradients by a moving average, which forgets. Both walk down a slope
of gradient 100 that becomes gentle, gradient 1, after a while; the effective rate, the step per unit of
gradient, should then grow a hundredfold. How both do on whole losses is the experiment `convexity`. The
optimizer is `chapter6.optimizers.RMSProp`.
"""

from dataclasses import dataclass

import numpy as np

from chapter6.experiment import Finding, Picture, Verdict, setting
from chapter6.language import N_, _
from chapter6.section_6_3.objectives import OBJECTIVES
from chapter6.section_6_3.settings import TuningSettings

CLAIM = "6-3.d"
SENTENCE = _("RMSProp forgets the far past, so its rate recovers where AdaGrad's stays small.")


@dataclass(frozen=True)
class Settings(TuningSettings):
    """Steps, the search for the learning rate, and the slope."""

    steep_steps: int = setting(50, _("steps on the steep part of the slope"), minimum=1)
    gentle_steps: int = setting(200, _("steps on the gentle part"), minimum=1)


def run(settings, folders):
    """Draw figure 6-7 and measure how the rate recovers."""
    import tensorflow as tf

    from chapter6.section_6_3.algorithms import tune_and_draw
    from chapter6.section_6_3.effective_rate import effective_rates
    from chapter6.section_6_3.optimizer_specs import final_losses, optimizer_spec
    from chapter6.section_6_3.rmsprop_drawing import draw_recovery

    runs, picture = tune_and_draw("RMSProp", "6-7", settings, folders)
    gradients = np.repeat([[100.0], [1.0]], [settings.steep_steps, settings.gentle_steps], axis=0)
    names = ("AdaGrad", "RMSProp")
    # The optimizer asks for the gradient once more after the last step.
    slope = tf.constant(np.concatenate([gradients, gradients[-1:]]))
    effective = {
        name: effective_rates(optimizer_spec(name), lambda x, step: slope[step] * x, gradients, 0.01)[:, 0]
        for name in names
    }
    recovery = draw_recovery(effective, settings, folders)
    pictures = (
        picture,
        Picture(recovery, _("Right of the line RMSProp's effective rate recovers, AdaGrad's does not.")),
    )
    return _make_finding(effective, final_losses(runs), settings.steep_steps, pictures)


def _make_finding(effective, losses, steep_steps, pictures):
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
    quantities = {
        N_("growth of the effective rate (factor)"): growth,
        N_("effective rate at gradient 100 (e)"): steep,
        N_("effective rate at gradient 1 (e)"): gentle,
        N_("steps to half of the rate at the end"): half,
    }
    rows = [
        (N_("changing slope"), quantity, name, value)
        for quantity, values in quantities.items()
        for name, value in values.items()
    ]
    for objective, loss in zip(OBJECTIVES, losses, strict=True):
        rows.append((objective.name, N_("final loss (at least 1e-10)"), "RMSProp", loss))
    names = (N_("loss function"), N_("quantity"), N_("optimizer"), N_("value"))
    return Finding(
        verdict=Verdict.illustrates([recovers]),
        short=short.format(growth=growth["RMSProp"], adagrad=growth["AdaGrad"]),
        why=_(
            "RMSProp's moving average forgets the large gradients; half of the growth takes {steps} steps. "
            "AdaGrad's sum never shrinks."
        ).format(steps=half["RMSProp"]),
        limits=_(
            "True by construction: the gradients are given, not those of a loss that is being minimized. The "
            "experiment convexity has those."
        ),
        table=dict(zip(names, zip(*rows, strict=True), strict=True)),
        pictures=pictures,
    )
