"""Figure 6-6: AdaGrad's box, its path on four losses, its loss against the step.

Slide: 6-3, figure 6-6, claim 6-3.b.

The optimizer is `chapter6.optimizers.AdaGrad`; the box is typeset from its docstring. The learning rate is
the best of a grid, for every loss apart. Since r starts at zero, the first step is e in every direction,
whatever the gradient: that is what is measured, on the bowl, where the two partial derivatives at the start
are 1 and 8.
"""

from dataclasses import dataclass

from chapter6.experiment import Finding, Verdict, setting
from chapter6.section_6_3.drawing import save_algorithm
from chapter6.section_6_3.objectives import OBJECTIVES
from chapter6.section_6_3.optimizer_specs import end_losses, format_ends, optimizer_spec, tuned_runs

CLAIM = "6-3.b"
SENTENCE = "AdaGrad gives every parameter a rate of its own, from its own squared gradients."


@dataclass(frozen=True)
class Settings:
    """How long, and how many rates."""

    steps: int = setting(300, "steps; on three of the losses all is over then", minimum=10, quick=60)
    rates: int = setting(
        37, "learning rates tried, 1e-5 to 10 on a log scale: six a decade", minimum=2, quick=19
    )


def run(settings, folders):
    """Draw figure 6-6 and measure the first step."""
    from chapter6.optimizers import AdaGrad, algorithm_box

    adagrad = optimizer_spec("AdaGrad")
    runs = tuned_runs(adagrad.name, settings.rates, settings.steps)
    picture = save_algorithm(
        folders.snapshots / "figure_6_6.png", "6-6", adagrad, algorithm_box(AdaGrad), OBJECTIVES, runs
    )
    bowl = runs[0]
    first = abs(bowl.path[1] - bowl.path[0]) / bowl.rate
    holds = all(abs(first - 1) < 1e-6)
    measured = (
        f"First step on the bowl, in learning rates: {first[0]:.6f} and {first[1]:.6f}, though the "
        f"derivatives are 1 and 8. Loss after {settings.steps} steps at the best rate: {format_ends(runs)}."
    )
    numbers = end_losses(runs)
    numbers |= {"first_step_x1": float(first[0]), "first_step_x2": float(first[1])}
    return Finding(Verdict.HOLDS if holds else Verdict.FAILS, measured, (picture,), numbers)
