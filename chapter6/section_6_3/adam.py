"""Figure 6-9: Adam's box, its path on four losses, its loss against the step.

Slide: 6-3, figure 6-9 (the slide's caption calls it Adma), claim 6-3.f.

The optimizer is `chapter6.optimizers.Adam`; the box is typeset from its docstring. Both moments start at
zero and are corrected for it, so the first step is e in every direction; uncorrected it would be
(1-ρ1)/√(1-ρ2) = 3.16 times that. Whether Adam joins the strengths of the others is the experiment
`adam_strengths`.
"""

from dataclasses import dataclass

from chapter6.experiment import Finding, Verdict, setting
from chapter6.section_6_3.drawing import save_algorithm
from chapter6.section_6_3.objectives import OBJECTIVES
from chapter6.section_6_3.optimizer_specs import end_losses, format_ends, optimizer_spec, tuned_runs

CLAIM = "6-3.f"
SENTENCE = "Adam scales its steps by recent first and second moments, corrected for their start at zero."


@dataclass(frozen=True)
class Settings:
    """How long, and how many rates."""

    steps: int = setting(300, "steps; on three of the losses all is over then", minimum=10, quick=60)
    rates: int = setting(
        37, "learning rates tried, 1e-5 to 10 on a log scale: six a decade", minimum=2, quick=19
    )


def run(settings, folders):
    """Draw figure 6-9 and measure the first step."""
    from chapter6.optimizers import Adam, algorithm_box

    adam = optimizer_spec("Adam")
    runs = tuned_runs(adam.name, settings.rates, settings.steps)
    picture = save_algorithm(
        folders.snapshots / "figure_6_9.png", "6-9", adam, algorithm_box(Adam), OBJECTIVES, runs
    )
    bowl = runs[0]
    first = abs(bowl.path[1] - bowl.path[0]) / bowl.rate
    holds = all(abs(first - 1) < 1e-6)
    measured = (
        f"First step on the bowl, in learning rates: {first[0]:.6f} and {first[1]:.6f} (3.16 without the "
        f"correction), though the derivatives are 1 and 8. Loss after {settings.steps} steps at the best "
        f"rate: {format_ends(runs)}."
    )
    numbers = end_losses(runs)
    numbers |= {"first_step_x1": float(first[0]), "first_step_x2": float(first[1])}
    return Finding(Verdict.HOLDS if holds else Verdict.FAILS, measured, (picture,), numbers)
