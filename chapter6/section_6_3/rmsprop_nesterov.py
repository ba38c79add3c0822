"""Figure 6-8: RMSProp with Nesterov momentum, its algorithm and its paths on four losses.

Slide: 6-3, figure 6-8, claim 6-3.e.

Momentum should damp the directions that swing, and so converge faster. Swinging is the path length along the
bowl's steep direction beyond the distance covered. Momentum α makes the effective learning rate e/(1-α), so
RMSProp is compared at equal e/(1-α), and each at the rate at which it converges fastest. (At equal e the
steps with momentum are up to ten times as long: measured, but no part of the claim.) Speed is the steps until
the bowl's loss stays below a thousandth of its start, and the final loss on the four losses. The optimizer is
`chapter6.optimizers.RMSPropNesterov`; its paths show θ, not the interim point.
"""

from dataclasses import dataclass

import numpy as np

from chapter6.experiment import Finding, Picture, Verdict, setting
from chapter6.language import N_, _
from chapter6.section_6_3.conditions import limits_of
from chapter6.section_6_3.objectives import OBJECTIVES
from chapter6.section_6_3.settings import TuningSettings

CLAIM = "6-3.e"
SENTENCE = _("RMSProp with Nesterov momentum damps the directions that swing, and converges faster.")

NAMES = ("RMSProp", "RMSProp+Nesterov")


@dataclass(frozen=True)
class Settings(TuningSettings):
    """Steps, the search for the learning rate, and the swinging."""

    swing_rates: int = setting(
        41, _("learning rates from 0.01 to 1 at which swinging is measured"), minimum=2, quick=11
    )
    swing_steps: int = setting(300, _("steps over which swinging is measured"), minimum=10)


def run(settings, folders):
    """Draw figure 6-8 and measure the swinging."""
    from chapter6.optimizers import RMSPropNesterov
    from chapter6.section_6_3.algorithms import tune_and_draw
    from chapter6.section_6_3.optimizer_specs import final_losses, optimizer_spec, tuned_runs
    from chapter6.section_6_3.rmsprop_nesterov_drawing import draw
    from chapter6.section_6_3.swing import swing_and_speed

    rmsprop, nesterov = (optimizer_spec(name) for name in NAMES)
    runs, picture = tune_and_draw(nesterov.name, "6-8", settings, folders)
    without = tuned_runs(rmsprop.name, settings.rates, settings.steps)

    rates = np.geomspace(0.01, 1, settings.swing_rates)
    shorter = 1 - RMSPropNesterov().momentum
    swing, needed = swing_and_speed(rmsprop, rates, settings.swing_steps)
    both_rates = np.concatenate([rates * shorter, rates])
    both_swing, both_needed = swing_and_speed(nesterov, both_rates, settings.swing_steps)
    cases = ("RMSProp", N_("Nesterov, equal e/(1-α)"), N_("Nesterov, equal e"))
    swings = dict(zip(cases, (swing, *np.split(both_swing, 2)), strict=True))
    steps = dict(zip(cases, (needed, *np.split(both_needed, 2)), strict=True))
    swinging = Picture(
        draw(rates, swings, steps, folders),
        _("Where the dashed line runs below the dotted one, momentum damps the swinging at equal e/(1-α)."),
    )
    # The shares of learning rates at which momentum swings less: at equal e/(1-α), at equal e.
    shares = [float(np.mean(each < swing)) for each in list(swings.values())[1:]]
    fewest = float(needed.min()), float(both_needed.min())
    swing_at_fewest = float(swing[needed.argmin()]), float(both_swing[both_needed.argmin()])
    lower = sum(run.losses[-1] < other.losses[-1] for run, other in zip(runs, without, strict=True))
    ends = final_losses(without), final_losses(runs)
    return _make_finding(shares, fewest, swing_at_fewest, ends, lower, (picture, swinging))


def _make_finding(shares, fewest, swing_at_fewest, ends, lower, pictures):
    effective, equal = shares
    conditions = {
        # Where hardly a step swings, rounding decides: not at every single rate.
        _("less swinging at equal e/(1-α)"): effective >= 0.9,
        _("less swinging, each at its best rate"): swing_at_fewest[1] < swing_at_fewest[0],
        _("fewer steps on the bowl"): fewest[1] < fewest[0],
        _("a lower final loss on most of the four losses"): lower >= 3,
    }
    short = _(
        "At equal effective learning rates Nesterov momentum damps the swinging at {effective:.0%} of the "
        "rates, at equal learning rates at {equal:.0%}."
    )
    rows = [
        (N_("bowl"), N_("less swinging at equal e/(1-α) (% of rates)"), np.nan, 100 * effective),
        (N_("bowl"), N_("less swinging at equal e (% of rates)"), np.nan, 100 * equal),
        (N_("bowl"), N_("fewest steps until the loss stays below a thousandth"), *fewest),
        (N_("bowl"), N_("path length of the swinging at this rate"), *swing_at_fewest),
    ]
    for objective, *losses in zip(OBJECTIVES, *ends, strict=True):
        rows.append((objective.name, N_("final loss (at least 1e-10)"), *losses))
    names = (N_("loss function"), N_("quantity"), *NAMES)
    return Finding(
        verdict=Verdict.of(conditions.values()),
        short=short.format(effective=effective, equal=equal),
        why=_(
            "The velocity adds up successive steps: those that alternate in sign cancel, those that agree "
            "grow to 1/(1-α) of their length."
        ),
        limits=limits_of(
            conditions,
            _(
                "Four losses of two parameters without noise, and one momentum, α = 0.9. At equal e the "
                "steps are up to ten times as long, and swing less only where RMSProp swings much."
            ),
        ),
        table=dict(zip(names, zip(*rows, strict=True), strict=True)),
        pictures=pictures,
    )
