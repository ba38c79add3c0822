"""The norms of activations and gradients walk at random through the layers; a gain stops their drift.

Slide: 6-1, claim f.

Vectors run forward through square layers, h <- activation(gain * h W), and gradients run back, in many
networks at once. Every layer changes the log norm by a random step. Measured are the mean of the steps (the
drift) for gains in units of `gain_for`'s; their variance, 1/(2n) in linear layers; the exponent with which
the variance of the norm grows with the depth; and the share of networks that keep the gradient, which
neither vanishes nor explodes. For comparison: one matrix in all layers.
"""

from dataclasses import dataclass

import numpy as np

from chapter6.experiment import Finding, Picture, Verdict, setting
from chapter6.language import N_, _

CLAIM = "6-1.f"
SENTENCE = _(
    "Norms walk at random through the layers; tuned to keep them, nets mostly avoid vanishing and exploding."
)


@dataclass(frozen=True)
class Settings:
    """The networks."""

    depth: int = setting(50, _("layers"), minimum=4, quick=15)
    width: int = setting(64, _("units of every layer"), minimum=16, quick=32)
    networks: int = setting(40, _("networks for each kind of weights"), minimum=3, quick=12)
    seed: int = setting(0, _("seed of everything that is random"), minimum=0)


KERNELS = (N_("equation 6-3"), N_("orthogonal"), N_("one matrix"))
ACTIVATIONS = (N_("linear"), "tanh", "relu")
# Gains, in units of those of `gain_for`.
FACTORS = (0.6, 0.7, 0.8, 0.9, 1.0, 1.1, 1.2)
# The gain of `gain_for` itself.
NOMINAL = FACTORS.index(1.0)
# A gradient has vanished or exploded when it has changed by more than this factor.
KEPT_WITHIN = 10.0


@dataclass(frozen=True)
class Walks:
    """What was measured of the log norms, by kernel, activation and gain.

    Args:
        forward: Array [depth + 1, kernels, networks, activations, factors], log norms of the activations.
        variance: Array [depth + 1, kernels, activations, factors], their variance over the networks.
        drift: Array [kernels, activations, factors], mean change a layer of the gradients' log norms.
        drift_error: Array likewise, its standard error.
        kept: Array likewise, share of the networks whose gradient stays within a factor of `kept_within`.
        kernels, activations, factors: What the axes of these names stand for.
    """

    forward: np.ndarray
    variance: np.ndarray
    drift: np.ndarray
    drift_error: np.ndarray
    kept: np.ndarray
    kernels: tuple[str, ...] = KERNELS
    activations: tuple[str, ...] = ACTIVATIONS
    factors: tuple[float, ...] = FACTORS
    kept_within: float = KEPT_WITHIN


def run(settings, folders):
    """Walk through all networks and measure drift and spread."""
    from chapter6.event_files import event_file, write_histogram
    from chapter6.section_6_1.propagation import log_norms
    from chapter6.section_6_1.random_walk_drawing import draw

    # Logarithms of norms, that of the start subtracted: [depth + 1, kernels, networks, activations, factors]
    forward, backward = log_norms(ACTIVATIONS, FACTORS, settings)
    walks = Walks(
        forward=forward,
        variance=forward.var(axis=2, ddof=1),
        drift=backward[-1].mean(axis=1) / settings.depth,
        drift_error=backward[-1].std(axis=1, ddof=1) / settings.networks**0.5 / settings.depth,
        kept=(np.abs(backward[-1]) < np.log(KEPT_WITHIN)).mean(axis=1),
    )
    picture = draw(walks, settings, folders)
    for i, kind in enumerate(KERNELS):
        with event_file(folders.snapshots, f"linear, {kind}"):
            for layer in range(1, len(forward), 7):
                write_histogram("log_norm_of_activations", forward[layer, i, :, 0, NOMINAL], layer)
                write_histogram("log_norm_of_gradients", backward[layer, i, :, 0, NOMINAL], layer)
    return _make_finding(walks, picture, settings)


def _make_finding(walks, picture, settings):
    # The tuned gain is the one whose gradients drift least.
    best = np.abs(walks.drift[0]).argmin(axis=1)
    growth, error = _variance_growth(walks.forward[:, 0, :, 0, NOMINAL])
    exponent = _exponent(walks.variance[:, 0, 0, NOMINAL])
    kept_best = walks.kept[0, range(len(ACTIVATIONS)), best]
    walk = growth > 2 * error and abs(exponent - 1) < 0.5
    avoids = (kept_best > 0.5).all() and (kept_best > walks.kept[0, :, [0, -1]]).all()
    return Finding(
        verdict=Verdict.of((walk, avoids)),
        short=_short(avoids, kept_best.min(), settings),
        why=_(
            "Each layer's own matrix multiplies the norm by a random factor; the gain sets its mean, and the "
            "deviations partly cancel. One matrix in all layers repeats its factor, so that they add up."
        ),
        limits=_limits(walk, avoids),
        table=_table(walks, best),
        pictures=(
            Picture(
                picture,
                _(
                    "Top left: compare how far the norms spread with one matrix in all layers and with a "
                    "different one in each; bottom right: which gains keep the gradients."
                ),
            ),
        ),
    )


def _short(avoids, share, settings):
    """Return what to remember; `share` is that of the gradients kept by the activation that keeps fewest."""
    if avoids and share == 1:
        return _(
            "With the gain tuned to the activation, gradients neither vanish nor explode through {depth} "
            "layers in any of the networks."
        ).format(depth=settings.depth)
    if avoids:
        return _(
            "With the gain tuned to the activation, gradients neither vanish nor explode through {depth} "
            "layers in at least {share:.0%} of the networks."
        ).format(depth=settings.depth, share=share)
    return _(
        "Even with the gain tuned to the activation, gradients vanish or explode through {depth} layers in "
        "up to {share:.0%} of the networks."
    ).format(depth=settings.depth, share=1 - share)


def _limits(walk, avoids):
    scope = _(
        "Square layers at initialization. Without drift the walk still goes on: the deeper or narrower the "
        "network, the more gradients leave the factor of {factor:g}."
    ).format(factor=KEPT_WITHIN)
    if walk == avoids:
        return scope
    if walk:
        part = _("The norms walk at random, but even the tuned gain loses too many gradients.")
    else:
        part = _(
            "The tuned gain keeps most gradients, but the variance does not grow in proportion to the depth."
        )
    return _("{part} {scope}").format(part=part, scope=scope)


def _table(walks, best):
    gains = [{0, tuned, NOMINAL, len(FACTORS) - 1} for tuned in best]
    compared = [(0, row, gain) for row, of_row in enumerate(gains) for gain in sorted(of_row)]
    # The kinds of weights beside each other, before the other activations.
    compared += [(kind, 0, NOMINAL) for kind in range(1, len(KERNELS))]
    compared.sort(key=lambda cell: (cell[1], cell[0]))
    growth = [_variance_growth(walks.forward[:, kind, :, row, gain]) for kind, row, gain in compared]
    exponents = [
        _exponent(walks.variance[:, kind, row, gain])
        # Of orthogonal linear layers there is no variance but rounding's.
        if (row, gain) == (0, NOMINAL) and KERNELS[kind] != "orthogonal"
        else np.nan
        for kind, row, gain in compared
    ]
    cells = tuple(np.transpose(compared))
    return {
        N_("weights"): np.array(KERNELS)[cells[0]],
        N_("unit"): np.array(ACTIVATIONS)[cells[1]],
        N_("gain"): np.array(FACTORS)[cells[2]],
        N_("kept (%)"): 100 * walks.kept[cells],
        N_("variance"): [variance for variance, _error in growth],
        N_("std. error"): [error for _variance, error in growth],
        N_("exponent"): exponents,
    }


def _variance_growth(walks):
    """Return the variance that a layer adds and its standard error, from walks [depth + 1, networks]."""
    steps = np.diff(walks, axis=0)
    by_network = steps.var(axis=0, ddof=1)
    return by_network.mean(), by_network.std(ddof=1) / len(by_network) ** 0.5


def _exponent(variance):
    """Return a in variance ~ depth^a, fitted over all layers but the first."""
    depth = np.arange(2, len(variance))
    return np.polyfit(np.log(depth), np.log(variance[2:]), 1)[0]
