"""Size of the weights and diversity of the units as a layer's inputs grow from 10 to 10,000.

Slide: 6-1, claim g.

Two kernels for m inputs: sparse with k = 15, and N(0, 1/m), the 1/sqrt(m) of the slide. Measured against m:
the root mean square of the weights that are not zero; and two sides of the diversity of units. One is how
much units differ in strength, the standard deviation of their norms in units of the mean. The other is how
much they resemble each other in direction, the mean absolute cosine between two units' incoming weights.
"""

from dataclasses import dataclass, replace

import numpy as np

from chapter6 import artifacts
from chapter6.experiment import Finding, Verdict, ascending, setting
from chapter6.section_6_1.output import styled

CLAIM = "6-1.g"
SENTENCE = (
    "With exactly k non-zero weights a unit, weights do not shrink as 1/sqrt(m) and units stay diverse."
)


@dataclass(frozen=True)
class Settings:
    """The kernels."""

    inputs: tuple[int, ...] = setting(
        (10, 30, 100, 300, 1000, 3000, 10_000), "m, inputs of the layer", minimum=2, quick=(10, 100, 1000)
    )
    units: int = setting(200, "units of the layer", minimum=3, quick=50)
    nonzeros: int = setting(15, "k, as in Martens (2010)", minimum=1)
    kernels: int = setting(5, "kernels of each kind", minimum=2)
    seed: int = setting(0, "the kernels are a function of it", minimum=0)


MEASURES = ("size of weights", "spread of norms", "likeness of units")


def run(settings, folders):
    """Draw the kernels and measure them."""
    from keras.initializers import RandomNormal
    from keras.random import SeedGenerator

    from chapter6.event_files import event_file, write_scalars
    from chapter6.initializers import Sparse

    settings = replace(settings, inputs=ascending("inputs", settings.inputs))
    kinds = (f"sparse, k = {settings.nonzeros}", "N(0, 1/m)")
    # [inputs, kinds, kernels, measures]
    values = np.array(
        [
            [
                [_measures(initializer((m, settings.units)).numpy()) for _ in range(settings.kernels)]
                for initializer in (
                    Sparse(settings.nonzeros, seed=SeedGenerator(settings.seed)),
                    RandomNormal(stddev=m**-0.5, seed=SeedGenerator(settings.seed)),
                )
            ]
            for m in settings.inputs
        ]
    )
    slopes = {name: _slopes(settings.inputs, values[..., i]) for i, name in enumerate(MEASURES)}
    picture = _draw(kinds, values, slopes, settings, folders)
    for kind, of_kind in zip(kinds, values.mean(axis=2).swapaxes(0, 1), strict=True):
        with event_file(folders.snapshots, kind):
            for name, column in zip(MEASURES, of_kind.T, strict=True):
                write_scalars(name.replace(" ", "_"), column, settings.inputs)

    (sparse_slope, sparse_error), (dense_slope, dense_error) = slopes["size of weights"]
    last = values[-1].mean(axis=1)
    sizes_stay = abs(sparse_slope) < 0.05 and abs(dense_slope + 0.5) < 0.05
    diverse = last[0, 1] > last[1, 1] and last[0, 2] < last[1, 2]
    verdict = Verdict.of((sizes_stay, diverse))
    error = values[-1].std(axis=1, ddof=1)
    measured = (
        f"Size of weights: m^{sparse_slope:z.3f} (± {sparse_error:.3f}) if sparse, m^{dense_slope:z.3f} (± "
        f"{dense_error:.3f}) if N(0, 1/m). At m = {settings.inputs[-1]:,}, sparse against N(0, 1/m): weights "
        f"{last[0, 0]:.2f} and {last[1, 0]:.3f}; norms of units differ by {last[0, 1]:.1%} (± "
        f"{error[0, 1]:.1%}) and {last[1, 1]:.1%} (± {error[1, 1]:.1%}); mean |cosine| of two units "
        f"{last[0, 2]:.4f} and {last[1, 2]:.4f}."
    )
    numbers = {}
    for j, kind in enumerate(kinds):
        for i, name in enumerate(MEASURES):
            numbers[f"{name} at the largest m, {kind}"] = last[j, i]
            numbers[f"exponent of {name}, {kind}"] = slopes[name][j][0]
    return Finding(verdict, measured, (picture,), numbers)


def _measures(kernel):
    norms = np.linalg.norm(kernel, axis=0)
    cosines = np.abs((kernel / norms).T @ (kernel / norms))
    pairs = np.triu_indices(len(cosines), k=1)
    return np.sqrt((kernel[kernel != 0] ** 2).mean()), norms.std(ddof=1) / norms.mean(), cosines[pairs].mean()


def _slopes(inputs, values):
    """Return each kind's exponent of m and its standard error, fitted to values [inputs, kinds, kernels]."""
    result = []
    for kind in np.log(values).swapaxes(0, 1):
        exponents = np.polyfit(np.log(inputs), kind, 1)[0]
        result.append((exponents.mean(), exponents.std(ddof=1) / len(exponents) ** 0.5))
    return result


def _draw(kinds, values, slopes, settings, folders):
    figure = artifacts.figure(13, 4.4)
    figure.suptitle(f"6-1.g: {settings.units} units, sparse against dense weights, as the inputs grow")
    labels = (
        "root mean square of the weights not zero",
        "std. deviation of the units' norms / mean",
        "mean |cosine| between two units",
    )
    table = {"m": settings.inputs}
    for i, (axes, name, label) in enumerate(zip(figure.subplots(1, 3), MEASURES, labels, strict=True)):
        styled(axes)
        for j, kind in enumerate(kinds):
            of_kind = values[:, j, :, i]
            exponent, error = slopes[name][j]
            legend = f"{kind}: m^{exponent:z.2f} ± {error:.2f}"
            (line,) = axes.loglog(settings.inputs, of_kind.mean(axis=1), label=legend)
            axes.fill_between(
                settings.inputs, of_kind.min(axis=1), of_kind.max(axis=1), color=line.get_color(), alpha=0.2
            )
            table |= {
                f"{name}, {kind}": of_kind.mean(axis=1),
                f"its deviation, {name}, {kind}": of_kind.std(axis=1, ddof=1),
            }
        axes.set(xlabel="m, inputs of the layer", ylabel=label)
        axes.legend(fontsize=9)
    artifacts.save_csv(folders.snapshots / "sparse.csv", table)
    return artifacts.save_figure(figure, folders.snapshots / "sparse.png")
