"""The norms of activations and gradients as a random walk over the layers, and the gain that stops its drift.

Slide: 6-1, claim f.

Vectors run forward through square layers, h <- activation(gain * h W), and gradients run back, in many
networks at once. Each layer adds something random to the logarithm of the norm. Measured over the networks:
the drift, that is the mean change a layer, for gains around that of `gain_for`; the variance, which grows
with the depth, for linear layers with independent weights of variance 1/n by 1/(2n) a layer; and the share
of networks whose gradient neither vanishes nor explodes. Beside them networks with one matrix in all
layers, for which the slide says that gradients vanish or explode.
"""

from dataclasses import dataclass

import numpy as np

from chapter6 import artifacts
from chapter6.experiment import Finding, Verdict, setting
from chapter6.section_6_1.output import styled

CLAIM = "6-1.f"
SENTENCE = (
    "Norms walk at random through the layers; tuned to keep them, nets mostly avoid vanishing and exploding."
)


@dataclass(frozen=True)
class Settings:
    """The networks."""

    depth: int = setting(50, "layers", minimum=4, quick=15)
    width: int = setting(64, "units of every layer", minimum=16, quick=32)
    networks: int = setting(40, "networks for each kind of kernel", minimum=3, quick=12)
    seed: int = setting(0, "all that is random is a function of it", minimum=0)


KERNELS = ("equation 6-3", "orthogonal", "one matrix")
ACTIVATIONS = ("linear", "tanh", "relu")
# Gains, in units of those of `gain_for`.
FACTORS = (0.6, 0.7, 0.8, 0.9, 1.0, 1.1, 1.2)
# A gradient has vanished or exploded when it has changed by more than this factor.
KEPT_WITHIN = 10.0


def run(settings, folders):
    """Walk through all networks and measure drift and spread."""
    from chapter6.event_files import event_file, write_histogram
    from chapter6.section_6_1.propagation import log_norms

    # Logarithms of norms, that of the start subtracted: [depth + 1, kernels, networks, activations, factors]
    forward, backward = log_norms(ACTIVATIONS, FACTORS, settings)
    tuned = FACTORS.index(1.0)
    variance = forward.var(axis=2, ddof=1)
    growth = _variance_growth(forward[:, 0, :, 0, tuned])
    exponents = [
        _exponent(variance[:, KERNELS.index(kind), 0, tuned]) for kind in ("equation 6-3", "one matrix")
    ]
    drift = backward[-1].mean(axis=1) / settings.depth
    drift_error = backward[-1].std(axis=1, ddof=1) / settings.networks**0.5 / settings.depth
    kept = (np.abs(backward[-1]) < np.log(KEPT_WITHIN)).mean(axis=1)
    picture = _draw(forward, variance, drift, drift_error, kept, settings, folders)
    for i, kind in enumerate(KERNELS):
        with event_file(folders.snapshots, f"linear, {kind}"):
            for layer in range(1, len(forward), 7):
                write_histogram("log_norm_of_activations", forward[layer, i, :, 0, tuned], layer)
                write_histogram("log_norm_of_gradients", backward[layer, i, :, 0, tuned], layer)

    # The tuned gain is the one whose gradients drift least.
    best = np.abs(drift[0]).argmin(axis=1)
    kept_best = kept[0, range(len(ACTIVATIONS)), best]
    walks = growth[0] > 2 * growth[1] and abs(exponents[0] - 1) < 0.5
    avoids = (kept_best > 0.5).all() and (kept_best > kept[0, :, [0, -1]]).all()
    verdict = Verdict.of((walks, avoids))
    shares = ", ".join(
        f"{name} {FACTORS[i]:g} ({kept[0, row, i]:.0%}; at {FACTORS[0]:g} {kept[0, row, 0]:.0%}, "
        f"at {FACTORS[-1]:g} {kept[0, row, -1]:.0%})"
        for row, (name, i) in enumerate(zip(ACTIVATIONS, best, strict=True))
    )
    orthogonal = variance[-1, KERNELS.index("orthogonal"), 0, tuned] / settings.depth
    one_matrix = kept[KERNELS.index("one matrix"), 0, tuned]
    measured = (
        f"A linear layer adds {growth[0]:.5f} ± {growth[1]:.5f} to the variance of the log norm (1/(2n) = "
        f"{1 / (2 * settings.width):.5f}), an orthogonal one {orthogonal:.0e}; it grows as "
        f"depth^{exponents[0]:.2f}, with one matrix in all layers as depth^{exponents[1]:.2f}. Gain, in "
        f"units of gain_for's, at which gradients drift least (networks whose gradient stays within a factor "
        f"of {KEPT_WITHIN:g} over {settings.depth} layers): {shares}; linear with one matrix, at 1, "
        f"{one_matrix:.0%}."
    )
    numbers = {
        "variance per layer": growth[0],
        "standard error of variance per layer": growth[1],
        "exponent of the variance": exponents[0],
        "exponent of the variance, one matrix": exponents[1],
    }
    for row, name in enumerate(ACTIVATIONS):
        numbers[f"tuned gain over gain_for, {name}"] = FACTORS[best[row]]
        numbers[f"share kept, {name}"] = kept_best[row]
    return Finding(verdict, measured, (picture,), numbers)


def _variance_growth(walks):
    """Return the variance that a layer adds and its standard error, from walks [depth + 1, networks]."""
    steps = np.diff(walks, axis=0)
    by_network = steps.var(axis=0, ddof=1)
    return by_network.mean(), by_network.std(ddof=1) / len(by_network) ** 0.5


def _exponent(variance):
    """Return a in variance ~ depth^a, fitted over all layers but the first."""
    depth = np.arange(2, len(variance))
    return np.polyfit(np.log(depth), np.log(variance[2:]), 1)[0]


def _draw(forward, variance, drift, drift_error, kept, settings, folders):
    tuned, layers = FACTORS.index(1.0), np.arange(settings.depth + 1)
    figure = artifacts.figure(12, 8.5)
    figure.suptitle(f"6-1.f: norms through {settings.depth} layers of {settings.width} units")
    (walks, spread), (drifts, shares) = figure.subplots(2, 2)

    for kind, line in (("one matrix", "C3--"), ("equation 6-3", "0.3")):
        paths = forward[:, KERNELS.index(kind), :, 0, tuned] / np.log(10)
        drawn = walks.plot(layers, paths, line, linewidth=0.6)
        drawn[0].set_label({"one matrix": "one matrix in all layers"}.get(kind, "a matrix for each layer"))
    walks.set(
        title="linear layers, gain 1: each line a network",
        xlabel="layer",
        ylabel="log10 of norm / norm of the input",
    )
    walks.legend()

    styled(spread)
    for kind, column in (("equation 6-3", 0), ("equation 6-3", 2), ("one matrix", 0), ("one matrix", 2)):
        line = variance[1:, KERNELS.index(kind), column, tuned]
        spread.loglog(layers[1:], line, label=f"{ACTIVATIONS[column]}, {kind}", markevery=4)
    spread.loglog(
        layers[1:],
        layers[1:] / (2 * settings.width),
        "-",
        marker="",
        color="0.6",
        linewidth=3,
        zorder=0,
        label="depth / (2n)",
    )
    spread.set(
        title="variance of the logarithm of the norm", xlabel="layer", ylabel="variance over the networks"
    )
    spread.legend()

    styled(drifts)
    styled(shares)
    for row, name in enumerate(ACTIVATIONS):
        drifts.errorbar(FACTORS, drift[0, row], 2 * drift_error[0, row], label=name, capsize=3)
        shares.plot(FACTORS, kept[0, row], label=name)
    shares.plot(FACTORS, kept[2, 0], label="linear, one matrix")
    drifts.axhline(0, color="0.6", linewidth=0.8)
    drifts.set(
        title="drift of the gradient, equation 6-3 (bars: 2 standard errors)",
        xlabel="gain / gain_for(activation)",
        ylabel="mean change of the log norm a layer",
    )
    shares.set(
        title=f"gradients that stay within a factor of {KEPT_WITHIN:g}",
        xlabel="gain / gain_for(activation)",
        ylabel="share of networks",
        ylim=(-0.03, 1.3),
    )
    drifts.legend()
    shares.legend(ncols=2, loc="upper center")

    _save_tables(variance[..., tuned], drift, kept, settings, folders)
    return artifacts.save_figure(figure, folders.snapshots / "random_walk.png")


def _save_tables(variance, drift, kept, settings, folders):
    table = {"layer": range(settings.depth + 1)}
    for i, kind in enumerate(KERNELS):
        table |= {f"variance, {name}, {kind}": variance[:, i, j] for j, name in enumerate(ACTIVATIONS)}
    artifacts.save_csv(folders.snapshots / "variance.csv", table)
    table = {"gain over gain_for": FACTORS}
    for i, kind in enumerate(KERNELS):
        table |= {f"gradient drift, {name}, {kind}": drift[i, j] for j, name in enumerate(ACTIVATIONS)}
        table |= {f"share kept, {name}, {kind}": kept[i, j] for j, name in enumerate(ACTIVATIONS)}
    artifacts.save_csv(folders.snapshots / "gain.csv", table)
