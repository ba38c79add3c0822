"""Figure 6-8: RMSProp with Nesterov momentum, its box, its path on four losses, its loss against the step.

Slide: 6-3, figure 6-8, claim 6-3.e.

The optimizer is `chapter6.optimizers.RMSPropNesterov`; the box is typeset from its docstring; the paths
show θ, not the interim point. The claim is that momentum damps the directions that swing and so converges
faster. Swinging is measured on the bowl as the way made along the steep x2 beyond the way that was needed,
against the learning rate. With a momentum α the effective learning rate is e/(1-α), so that one e means
small steps without it and large ones with it: both comparisons are made, at equal e and at equal e/(1-α).
For the speed there are two measures, the steps to a thousandth of the bowl's loss, and the losses at the end
of figure 6-8 beside RMSProp's.
"""

from dataclasses import dataclass

import numpy as np

from chapter6 import artifacts
from chapter6.experiment import Finding, Verdict, setting
from chapter6.section_6_3.descent import descend
from chapter6.section_6_3.drawing import save_algorithm
from chapter6.section_6_3.objectives import BOWL, OBJECTIVES
from chapter6.section_6_3.optimizer_specs import end_losses, format_ends, optimizer_spec, tuned_runs

CLAIM = "6-3.e"
SENTENCE = "RMSProp with Nesterov momentum damps the directions that swing, and converges faster."

NAMES = ("RMSProp", "RMSProp, Nesterov")


@dataclass(frozen=True)
class Settings:
    """How long, and how many rates."""

    steps: int = setting(300, "steps; on three of the losses all is over then", minimum=10, quick=60)
    rates: int = setting(
        37, "learning rates tried, 1e-5 to 10 on a log scale: six a decade", minimum=2, quick=19
    )
    swing_rates: int = setting(41, "rates from 0.01 to 1 at which swinging is measured", minimum=2, quick=11)
    swing_steps: int = setting(300, "steps over which it is measured", minimum=10)


def run(settings, folders):
    """Draw figure 6-8 and measure the swinging."""
    from chapter6.optimizers import RMSPropNesterov, algorithm_box

    rmsprop, nesterov = (optimizer_spec(name) for name in NAMES)
    runs = tuned_runs(nesterov.name, settings.rates, settings.steps)
    without = tuned_runs(rmsprop.name, settings.rates, settings.steps)
    picture = save_algorithm(
        folders.snapshots / "figure_6_8.png",
        "6-8",
        nesterov,
        algorithm_box(RMSPropNesterov),
        OBJECTIVES,
        runs,
    )

    rates = np.geomspace(0.01, 1, settings.swing_rates)
    shorter = 1 - RMSPropNesterov().momentum
    swing, needed = _swing(rmsprop, rates, settings.swing_steps)
    both_swing, both_needed = _swing(nesterov, np.concatenate([rates * shorter, rates]), settings.swing_steps)
    swings = {
        "RMSProp": swing,
        "Nesterov, equal e/(1-α)": both_swing[: len(rates)],
        "Nesterov, equal e": both_swing[len(rates) :],
    }
    steps = {
        "RMSProp": needed,
        "Nesterov, equal e/(1-α)": both_needed[: len(rates)],
        "Nesterov, equal e": both_needed[len(rates) :],
    }
    swinging = _draw(folders, rates, swings, steps)

    effective, equal = (float(np.mean(swings[name] < swing)) for name in list(swings)[1:])
    fewest = {"RMSProp": float(needed.min()), "Nesterov": float(both_needed.min())}
    lower = [
        float(run.losses[-1]) < float(other.losses[-1]) for run, other in zip(runs, without, strict=True)
    ]
    faster = fewest["Nesterov"] < fewest["RMSProp"] and sum(lower) >= 3
    damped = effective >= 0.9 and equal >= 0.9
    some = effective >= 0.9 or equal >= 0.9 or sum(lower) >= 3
    verdict = Verdict.HOLDS if damped and faster else Verdict.PARTLY if some else Verdict.FAILS
    measured = (
        f"On the bowl it swings less than RMSProp at {effective:.0%} of {settings.swing_rates} rates if "
        f"e/(1-α) is equal, at {equal:.0%} if e is. To a thousandth of the loss: {fewest['Nesterov']:.0f} "
        f"steps at the best rate, RMSProp {fewest['RMSProp']:.0f}. Loss after {settings.steps} steps: "
        f"{format_ends(runs)}; RMSProp's: {format_ends(without)}."
    )
    numbers = end_losses(runs)
    numbers |= {
        "share_swinging_less_equal_effective_rate": effective,
        "share_swinging_less_equal_rate": equal,
    }
    numbers |= {f"steps_{name}": count for name, count in fewest.items()}
    return Finding(verdict, measured, (picture, swinging), numbers)


def _swing(spec, rates, steps):
    """Return the way along x2 beyond the needed, and the steps to a thousandth of the loss, a rate each."""
    paths = descend(
        spec.make,
        rates[:, None],
        lambda x, step: BOWL.loss(x[:, 0], x[:, 1]),
        np.tile(BOWL.start, (len(rates), 1)),
        steps,
    )
    steep = paths[:, :, 1]
    # Needed is the way to the minimum, or as far as the run came.
    beyond = np.abs(np.diff(steep, axis=0)).sum(axis=0) - (np.abs(steep[0]) - np.abs(steep).min(axis=0))
    losses = BOWL.loss(paths[:, :, 0], paths[:, :, 1])
    arrived = losses <= 1e-3 * losses[0]
    return beyond, np.where(arrived.any(axis=0), arrived.argmax(axis=0), np.inf)


def _draw(folders, rates, swings, steps):
    figure = artifacts.figure(12, 4.5)
    figure.suptitle("6-3.e: on the bowl, RMSProp with and without Nesterov momentum")
    ways, counts = figure.subplots(1, 2)
    lines = (("tab:green", ":", "v"), ("tab:purple", "--", "D"), ("black", "-", "o"))
    for name, (colour, style, marker) in zip(swings, lines, strict=True):
        line = {"color": colour, "linestyle": style, "marker": marker, "markersize": 5, "markevery": 5}
        ways.loglog(rates, swings[name], label=name, **line)
        counts.loglog(rates, steps[name], label=name, **line)
    ways.set_ylim(bottom=1e-2)
    ways.set(ylabel="way along $x_2$ beyond the needed", title="swing")
    counts.set(ylabel="steps to a thousandth of the loss", title="speed (no point: never reached)")
    for axes in (ways, counts):
        axes.set_xlabel("learning rate e of RMSProp")
        axes.grid(alpha=0.3, which="both")
        axes.legend()
    table = {"rate": rates}
    for name in swings:
        table |= {f"{name}: swing": swings[name], f"{name}: steps": steps[name]}
    artifacts.save_csv(folders.snapshots / "swing.csv", table)
    return artifacts.save_figure(figure, folders.snapshots / "swing.png")
