"""Size of the weights and diversity of the units as a layer's inputs grow from 10 to 10,000.

Slide: 6-1, claim g.

Weights of a layer of m inputs: sparse with k = 15 non-zero ones a unit, and N(0, 1/m), the 1/sqrt(m) of the
slide. Measured are the size of the non-zero weights (root mean square) and how much the units differ: the
spread of their norms (standard deviation / mean) and the mean absolute cosine between the weights of two
units; the lower, the more they differ.
"""

from dataclasses import dataclass, replace

import numpy as np

from chapter6.experiment import Finding, Picture, Verdict, ascending, setting
from chapter6.language import N_, _

CLAIM = "6-1.g"
SENTENCE = _(
    "With exactly k non-zero weights a unit, weights do not shrink as 1/sqrt(m) and units stay diverse."
)


@dataclass(frozen=True)
class Settings:
    """The kernels."""

    inputs: tuple[int, ...] = setting(
        (10, 30, 100, 300, 1000, 3000, 10_000), _("m, inputs of the layer"), minimum=2, quick=(10, 100, 1000)
    )
    units: int = setting(200, _("units of the layer"), minimum=3, quick=50)
    nonzeros: int = setting(15, _("k, as in Martens (2010)"), minimum=1)
    kernels: int = setting(5, _("kernels of each kind"), minimum=2)
    seed: int = setting(0, _("seed of the kernels"), minimum=0)


MEASURES = ("size of weights", "spread of norms", "likeness of units")


def run(settings, folders):
    """Draw the kernels and measure them."""
    from keras.initializers import RandomNormal
    from keras.random import SeedGenerator

    from chapter6.event_files import event_file, write_scalars
    from chapter6.initializers import Sparse
    from chapter6.section_6_1.sparse_drawing import draw

    settings = replace(settings, inputs=ascending("inputs", settings.inputs))
    kinds = (f"sparse, k = {settings.nonzeros}", "N(0, 1/m)")
    # [inputs, kinds, kernels, measures]
    values = np.array(
        [
            [
                [_measures(initializer((m, settings.units)).numpy()) for _kernel in range(settings.kernels)]
                for initializer in (
                    Sparse(settings.nonzeros, seed=SeedGenerator(settings.seed)),
                    RandomNormal(stddev=m**-0.5, seed=SeedGenerator(settings.seed)),
                )
            ]
            for m in settings.inputs
        ]
    )
    slopes = {name: _slopes(settings.inputs, values[..., i]) for i, name in enumerate(MEASURES)}
    picture = draw(kinds, values, slopes, settings, folders)
    for kind, of_kind in zip(kinds, values.mean(axis=2).swapaxes(0, 1), strict=True):
        with event_file(folders.snapshots, kind):
            for name, column in zip(MEASURES, of_kind.T, strict=True):
                write_scalars(name.replace(" ", "_"), column, settings.inputs)
    return _make_finding(values, slopes, picture, settings)


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


def _make_finding(values, slopes, picture, settings):
    # [inputs, kinds, measures]
    means = values.mean(axis=2)
    sparse_slope, dense_slope = (slope for slope, _error in slopes["size of weights"])
    last = means[-1]
    sizes_stay = abs(sparse_slope) < 0.05 and abs(dense_slope + 0.5) < 0.05
    diverse = last[0, 1] > last[1, 1] and last[0, 2] < last[1, 2]
    return Finding(
        verdict=Verdict.illustrates((sizes_stay, diverse)),
        short=_short(sizes_stay, means[..., 0], settings),
        why=_(
            "A sparse unit has {k} weights of variance 1 however large the layer, and two units have few "
            "inputs in common; N(0, 1/m) divides a variance of 1 among all m weights of a unit."
        ).format(k=settings.nonzeros),
        limits=_(
            "It follows from how the weights are drawn, and says nothing about training; for the price of "
            "large weights see the experiment `wrong_signs`."
        ),
        table=_table(values, slopes, settings),
        pictures=(
            Picture(
                picture,
                _(
                    "Left: sparse weights keep their size, the others shrink; middle and right: the norms of "
                    "sparse units differ more, and their directions are less alike at large m."
                ),
            ),
        ),
    )


def _short(sizes_stay, sizes, settings):
    """Return what to remember of the size of the weights, [inputs, kinds]."""
    values = {"inputs": settings.inputs[-1]}
    if sizes_stay:
        return _(
            "Up to {inputs:,} inputs sparse weights keep their size, while those of N(0, 1/m) become "
            "{ratio:.0f} times smaller."
        ).format(ratio=sizes[0, 1] / sizes[-1, 1], **values)
    return _("Up to {inputs:,} inputs the size of sparse weights changes by a factor of {ratio:.2f}.").format(
        ratio=sizes[-1, 0] / sizes[0, 0], **values
    )


def _table(values, slopes, settings):
    # [inputs, kinds, measures]
    means, deviations = values.mean(axis=2), values.std(axis=2, ddof=1)
    kinds, short_names = (N_("sparse"), "N(0, 1/m)"), (N_("size"), N_("spread"), N_("cosine"))
    rows = [
        (short_names[i], kind, means[-1, j, i], deviations[-1, j, i], *slopes[name][j])
        for i, name in enumerate(MEASURES)
        for j, kind in enumerate(kinds)
    ]
    headings = (
        N_("measure"),
        N_("weights"),
        N_("at largest m"),
        N_("std. dev."),
        N_("exponent"),
        N_("std. error"),
    )
    return dict(zip(headings, zip(*rows, strict=True), strict=True))
