"""Figure 6-7: RMSProp's box, its path on four losses, its loss against the step.

Slide: 6-3, figure 6-7 (the slide's heading calls it AMSProp), claim 6-3.d.

The optimizer is `chapter6.optimizers.RMSProp`; the box is typeset from its docstring. What forgetting mends
is measured where it can be seen alone: both rules walk a slope of gradient 100 that becomes gentle,
gradient 1, after a while. The effective rate, step over gradient, should be a hundred times larger on the
gentle part than on the steep one. How both do on whole losses is the experiment `convexity`.
"""

from dataclasses import dataclass

import numpy as np

from chapter6 import artifacts
from chapter6.experiment import Finding, Verdict, setting
from chapter6.section_6_3.descent import descend
from chapter6.section_6_3.drawing import save_algorithm
from chapter6.section_6_3.objectives import OBJECTIVES
from chapter6.section_6_3.optimizer_specs import end_losses, format_ends, optimizer_spec, tuned_runs

CLAIM = "6-3.d"
SENTENCE = "RMSProp forgets the far past, so its rate recovers where AdaGrad's stays small."


@dataclass(frozen=True)
class Settings:
    """How long, how many rates, and the slope."""

    steps: int = setting(300, "steps; on three of the losses all is over then", minimum=10, quick=60)
    rates: int = setting(
        37, "learning rates tried, 1e-5 to 10 on a log scale: six a decade", minimum=2, quick=19
    )
    steep_steps: int = setting(50, "steps on the steep part of the slope", minimum=1)
    gentle_steps: int = setting(200, "steps on the gentle part", minimum=1)


def run(settings, folders):
    """Draw figure 6-7 and measure how the rate recovers."""
    from chapter6.optimizers import RMSProp, algorithm_box

    rmsprop = optimizer_spec("RMSProp")
    runs = tuned_runs(rmsprop.name, settings.rates, settings.steps)
    picture = save_algorithm(
        folders.snapshots / "figure_6_7.png", "6-7", rmsprop, algorithm_box(RMSProp), OBJECTIVES, runs
    )

    names = ("AdaGrad", "RMSProp")
    effective = {name: _effective_rates(optimizer_spec(name), settings) for name in names}
    figure = artifacts.figure(7, 4.5)
    axes = figure.subplots()
    for name, rates in effective.items():
        axes.semilogy(range(1, len(rates) + 1), rates, markevery=20, label=name, **optimizer_spec(name).line)
    axes.axvline(settings.steep_steps + 0.5, color="0.5", linewidth=1)
    axes.set(title="6-3.d: gradient 100, then (right of the line) 1", xlabel="step")
    axes.set_ylabel("effective rate / e  (step per unit of gradient)")
    axes.legend()
    axes.grid(alpha=0.3)
    recovery = artifacts.save_figure(figure, folders.snapshots / "recovery.png")
    steps = range(1, 1 + settings.steep_steps + settings.gentle_steps)
    artifacts.save_csv(folders.snapshots / "recovery.csv", {"step": steps} | effective)

    gain = {name: float(rates[-1] / rates[settings.steep_steps - 1]) for name, rates in effective.items()}
    after = effective["RMSProp"][settings.steep_steps :] >= 0.5 * effective["RMSProp"][-1]
    verdict = Verdict.HOLDS if gain["RMSProp"] > 50 and gain["AdaGrad"] <= 1 else Verdict.FAILS
    measured = (
        f"When the gradient falls from 100 to 1, RMSProp's effective rate grows {gain['RMSProp']:.0f}-fold, "
        f"half of it within {after.argmax() + 1} steps; AdaGrad's changes by a factor {gain['AdaGrad']:.2f}. "
        f"RMSProp's loss after {settings.steps} steps at the best rate: {format_ends(runs)}."
    )
    numbers = end_losses(runs)
    numbers |= {f"gain_{name}": value for name, value in gain.items()}
    return Finding(verdict, measured, (picture, recovery), numbers)


def _effective_rates(spec, settings):
    """Return step / gradient / e on the slope, [steps]."""
    import tensorflow as tf

    gradients = np.repeat([100.0, 1.0], [settings.steep_steps, settings.gentle_steps])
    slope = tf.constant(np.append(gradients, 1.0))
    points = descend(
        spec.make, np.array([0.01]), lambda x, step: slope[step] * x, np.zeros(1), len(gradients)
    )
    return -np.diff(points[:, 0]) / gradients / 0.01
