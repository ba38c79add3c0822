"""What the output of an RNN can tell of the inputs before and after it: one direction, and both.

Slide: 6-3, the page on recurrent networks that follows Adam, claim 6-3.g, first half.

State h runs forward, state g backward, and the output o(t) sees both. The task: a sequence of random bits x;
the output at t must name x(t + k) for every offset k from -reach to reach. A network of h alone, one of g
alone, each with as many units as the bidirectional one has in all, and the bidirectional one learn it; the
accuracy for each k says what the output sees. The layer is `chapter6.recurrent.BidirectionalRNN`.
"""

import itertools
from dataclasses import dataclass

import numpy as np

from chapter6.experiment import Finding, Picture, Verdict, setting
from chapter6.language import N_, _
from chapter6.progress import progress_bar

CLAIM = "6-3.g"
SENTENCE = _("In a bidirectional RNN h carries the past, g the future, and the output at t has both.")

KINDS = (N_("h alone"), N_("g alone"), N_("h and g"))
# Accuracy (%) halfway between guessing a bit and knowing it: measured values are near the one or the other.
KNOWN = 75


@dataclass(frozen=True)
class Settings:
    """The sequences, the layers and the training."""

    seed: int = setting(0, _("weights and sequences are a function of it"), minimum=0)
    repetitions: int = setting(3, _("networks of each kind, each trained apart"), minimum=1, quick=1)
    reach: int = setting(
        5, _("largest offset k; short enough for a plain RNN to remember"), minimum=1, quick=2
    )
    length: int = setting(
        8, _("positions with an output, which have all their offsets in the sequence"), minimum=1
    )
    units: int = setting(16, _("units of h, and of g, where both are"), minimum=1, quick=8)
    steps: int = setting(100, _("steps of Adam"), minimum=1, quick=4)
    rate: float = setting(0.01, _("Adam's learning rate, the same for every kind"), above=0)
    batch: int = setting(32, _("sequences of a batch; every one is seen once"), minimum=1)
    test_sequences: int = setting(500, _("other sequences to measure the accuracy on"), minimum=1)


def run(settings, folders):
    """Train networks of each kind and test them at every offset."""
    from chapter6.section_6_3.bidirectional_drawing import draw
    from chapter6.section_6_3.bidirectional_networks import accuracy_of

    offsets = np.arange(-settings.reach, settings.reach + 1)
    done = itertools.count(1)
    with progress_bar(_("Training networks"), len(KINDS) * settings.repetitions) as show:
        accuracy = {kind: accuracy_of(kind, settings, on_end=lambda: show(next(done))) for kind in KINDS}
    picture = draw(offsets, accuracy, folders)
    return make_finding(offsets, accuracy, picture)


def make_finding(offsets, accuracy, picture):
    """Return the `Finding`.

    Args:
        offsets: Array [k], ascending.
        accuracy: Mapping from each of `KINDS` to an array [repetitions, k] of test accuracies (%).
        picture: Path of the picture.
    """
    expected = {"h alone": offsets <= 0, "g alone": offsets >= 0, "h and g": np.full(len(offsets), True)}
    conditions = [((accuracy[kind] > KNOWN) == expected[kind]).all() for kind in KINDS]
    last, both = accuracy["h alone"][:, -1].mean(), accuracy["h and g"][:, -1].mean()
    if all(conditions):
        short = _(
            "Of the input some steps ahead, a forward RNN knows nothing ({last:.0f}% of the bits right), a "
            "bidirectional one all ({both:.0f}%)."
        )
    else:
        short = _(
            "Of the bits some steps ahead, a forward RNN gets {last:.0f}% right, a bidirectional one "
            "{both:.0f}%."
        )
    sides = {N_("past"): offsets < 0, N_("present"): offsets == 0, N_("future"): offsets > 0}
    rows = [(kind, side, accuracy[kind][:, chosen]) for kind in KINDS for side, chosen in sides.items()]
    return Finding(
        verdict=Verdict.of(conditions),
        short=short.format(last=last, both=both),
        why=_(
            "h is computed from left to right, g from right to left: whatever the weights, neither can carry "
            "information the other way."
        ),
        limits=_(
            "Offsets of at most {reach}: plain RNNs forget over long distances, however many directions they "
            "have. The whole sequence must be there before g can start."
        ).format(reach=int(offsets[-1])),
        table={
            N_("state"): [kind for kind, _side, _values in rows],
            N_("inputs"): [side for _kind, side, _values in rows],
            N_("accuracy (%)"): [values.mean() for _kind, _side, values in rows],
            N_("least"): [values.min() for _kind, _side, values in rows],
            N_("most"): [values.max() for _kind, _side, values in rows],
        },
        pictures=(
            Picture(
                picture,
                _("h knows the inputs up to its own position, g those from it on, both together all."),
            ),
        ),
    )
