"""The output of a bidirectional RNN sees past and future.

Slide: 6-3, the page on recurrent networks that follows Adam, claim 6-3.g, first half.

The layer is `chapter6.recurrent.BidirectionalRNN`: state h runs forward, state g backward, the output o(t)
sees both. Measured, for every pair of positions: how much o(t) changes with the input x(s), as the norm of
their Jacobian, through h alone, through g alone and through both. Several initial weights; untrained, since
it is the wiring that is claimed. Zero means exactly zero: no weights could make it otherwise.
"""

from dataclasses import dataclass

import numpy as np

from chapter6 import artifacts
from chapter6.experiment import Finding, Verdict, setting
from chapter6.section_6_3.influence import jacobian

CLAIM = "6-3.g"
SENTENCE = "In a bidirectional RNN h carries the past, g the future, and the output at t has both."


@dataclass(frozen=True)
class Settings:
    """The sequence and the layer."""

    seed: int = setting(0, "of weights and input", minimum=0)
    repetitions: int = setting(5, "initial weights the influence is averaged over", minimum=1, quick=2)
    length: int = setting(20, "positions of the sequence", minimum=2)
    units: int = setting(16, "size of each state", minimum=1)


def run(settings, folders):
    """Measure and draw the influence of every position on every other."""
    influence = np.mean([_influence(settings, seed) for seed in range(settings.repetitions)], axis=0)
    names = ("h alone: the past", "g alone: the future", "[h, g], which o sees")
    figure = artifacts.figure(14, 4.6)
    figure.suptitle("6-3.g: influence of the input at s on the state at t (white: exactly zero)")
    for axes, name, matrix in zip(figure.subplots(1, 3), names, influence, strict=True):
        with np.errstate(divide="ignore"):
            image = axes.imshow(np.log10(matrix), cmap="Greys", origin="lower", vmin=-3, vmax=0.5)
        axes.set(title=name, xlabel="position s of the input", ylabel="position t of the state")
        axes.xaxis.get_major_locator().set_params(integer=True)
        axes.yaxis.get_major_locator().set_params(integer=True)
    figure.colorbar(image, ax=figure.axes, label="log10 of the norm of the Jacobian")
    picture = artifacts.save_figure(figure, folders.snapshots / "influence.png")
    t, s = np.indices(influence[0].shape)
    table = {"t": t.ravel(), "s": s.ravel()} | {
        name: matrix.ravel() for name, matrix in zip(("h", "g", "both"), influence, strict=True)
    }
    artifacts.save_csv(folders.snapshots / "influence.csv", table)

    past, future, both = influence
    wired = (past[s > t] == 0).all() and (future[s < t] == 0).all() and (both > 0).all()
    reach = np.array([both.diagonal(d).mean() + both.diagonal(-d).mean() for d in range(settings.length)])
    halved = np.append(reach < reach[0] / 2, True).argmax()
    ends = float(both[0, -1] / both[0, 0])
    measured = (
        f"Of {past.size} pairs (t, s), h alone connects {np.count_nonzero(past)}, g alone "
        f"{np.count_nonzero(future)}, both {np.count_nonzero(both)}. Untrained, the influence is below half "
        f"at a distance of {halved}, and {ends:.1g} of it is left from one end to the other "
        f"({settings.length - 1})."
    )
    numbers = {"pairs_h": int(np.count_nonzero(past)), "pairs_g": int(np.count_nonzero(future))}
    numbers |= {"pairs_both": int(np.count_nonzero(both)), "end_to_end": ends}
    return Finding(Verdict.HOLDS if wired else Verdict.FAILS, measured, (picture,), numbers)


def _influence(settings, repetition):
    """Return the norms of d state(t) / d x(s), [h, g or both, t, s]."""
    import tensorflow as tf

    from chapter6.recurrent import BidirectionalRNN

    rng = np.random.default_rng((settings.seed, repetition))
    layer = BidirectionalRNN(settings.units, seed=int(rng.integers(2**31)), dtype="float64")
    sequence = rng.normal(size=(1, settings.length, 1))
    rows = jacobian(lambda x: tf.reshape(layer(x), (len(x), -1)), sequence)
    squares = rows.reshape(settings.length, 2, settings.units, settings.length) ** 2
    h, g = squares.sum(axis=2).swapaxes(0, 1)
    return np.sqrt([h, g, h + g])
