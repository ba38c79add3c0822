"""The output of a bidirectional RNN sees past and future.

Slide: 6-3, the page on recurrent networks that follows Adam, claim 6-3.g, first half.

State h runs forward, state g backward, and the output o(t) sees both. Measured for every pair of positions:
how much the states at t change with the input at s, as the norm of the Jacobian of h, of g and of both,
averaged over several initial weights. Zero means exactly zero: no weights could make it otherwise. The layer
is `chapter6.recurrent.BidirectionalRNN`.
"""

from dataclasses import dataclass

import numpy as np

from chapter6.experiment import Finding, Picture, Verdict, setting
from chapter6.language import N_, _

CLAIM = "6-3.g"
SENTENCE = _("In a bidirectional RNN h carries the past, g the future, and the output at t has both.")


@dataclass(frozen=True)
class Settings:
    """The sequence and the layer."""

    seed: int = setting(0, _("weights and input are a function of it"), minimum=0)
    repetitions: int = setting(
        5, _("initial weights that the influence is averaged over"), minimum=1, quick=2
    )
    length: int = setting(20, _("positions of the sequence"), minimum=2)
    units: int = setting(16, _("units of each state"), minimum=1)


def run(settings, folders):
    """Measure and draw the influence of every position on every other."""
    from chapter6.section_6_3.bidirectional_drawing import draw
    from chapter6.section_6_3.influence import state_influence

    repetitions = [state_influence(settings, repetition) for repetition in range(settings.repetitions)]
    influence = np.mean(repetitions, axis=0)
    picture = draw(influence, folders)
    return _make_finding(settings, influence, picture)


def _make_finding(settings, influence, picture):
    past, future, both = influence
    t, s = np.indices(past.shape)
    wired = [(past[s > t] == 0).all(), (future[s < t] == 0).all(), (both > 0).all()]
    if all(wired):
        short = _(
            "With h alone the output sees no later input, with g alone no earlier one; with both it sees all "
            "{length} positions."
        ).format(length=settings.length)
    else:
        short = _("The influence of the input is not what the wiring of the states says.")
    # From the last input to the first state of g, from the first input to the last state of h.
    ends = (past[-1, 0] / past[0, 0], future[0, -1] / future[0, 0], both[0, -1] / both[0, 0])
    return Finding(
        verdict=Verdict.illustrates(wired),
        short=short,
        why=_(
            "h is computed from left to right, g from right to left: whatever the weights, neither can carry "
            "information the other way."
        ),
        limits=_(
            "True by construction, and untrained: only {share:.1%} of the influence is left from one end to "
            "the other, so the output sees distant inputs faintly."
        ).format(share=float(ends[-1])),
        table={
            N_("state"): ("h", "g", N_("h and g")),
            N_("pairs (t, s) that it connects"): [np.count_nonzero(each) for each in influence],
            N_("of all pairs (%)"): [100 * np.count_nonzero(each) / each.size for each in influence],
            N_("distance at which the influence is halved"): [_halved(each) for each in influence],
            N_("influence from end to end (%)"): [100 * float(end) for end in ends],
        },
        pictures=(
            Picture(
                picture,
                _("White is no influence: h leaves the future white, g the past, both together nothing."),
            ),
        ),
    )


def _halved(influence):
    """Return the distance at which the mean influence is below half of that at distance 0, or NaN."""
    distances = range(len(influence))
    reach = np.array([influence.diagonal(d).mean() + influence.diagonal(-d).mean() for d in distances])
    below = np.flatnonzero(reach < reach[0] / 2)
    return float(below[0]) if below.size else float("nan")
