"""Steps of gradient descent until weights that start with the wrong sign have the right one.

Slide: 6-1, claim h.

A unit with k = 15 inputs learns to be another one (the teacher) with known weights. Its own weights all
start with the same size s and a random sign, so that about half have the wrong one. Counted are the steps
until all signs are right, for sizes from far below to far above the teacher's, for a linear unit and for
tanh.
"""

from dataclasses import dataclass, replace

import numpy as np

from chapter6.experiment import Finding, Picture, Verdict, ascending, setting
from chapter6.language import N_, _

CLAIM = "6-1.h"
SENTENCE = _(
    "Large initial weights act as a strong prior: gradient descent takes long to correct wrong ones."
)


@dataclass(frozen=True)
class Settings:
    """The units and the descent."""

    sizes: tuple[float, ...] = setting(
        (0.01, 0.03, 0.1, 0.3, 1.0, 2.0, 4.0),
        _("s, sizes of the initial weights; sparse initialization has 1, N(0, 1/m) 0.03 for m = 1000"),
        above=0,
        quick=(0.03, 0.3, 1.0),
    )
    teacher_size: float = setting(
        0.3, _("size of the teacher's weights; tanh is then in its curved part"), above=0
    )
    inputs: int = setting(15, _("weights of the unit, Martens' k"), minimum=1)
    examples: int = setting(256, _("examples, all in every step"), minimum=1)
    learning_rate: float = setting(0.1, _("learning rate of gradient descent"), above=0)
    max_steps: int = setting(
        3000, _("steps after which a unit counts as not corrected"), minimum=1, quick=800
    )
    units: int = setting(20, _("units for each size"), minimum=2, quick=5)
    seed: int = setting(0, _("seed of everything that is random"), minimum=0)


ACTIVATIONS = (N_("linear"), "tanh")


def run(settings, folders):
    """Descend from all sizes at once and count the steps to the right signs."""
    from chapter6.event_files import event_file, write_scalars
    from chapter6.section_6_1.descent import steps_to_right_signs
    from chapter6.section_6_1.wrong_signs_drawing import draw

    settings = replace(settings, sizes=ascending("sizes", settings.sizes))
    # [activations, sizes, units]; infinite where a unit keeps a wrong sign
    steps = steps_to_right_signs(settings)
    picture = draw(dict(zip(ACTIVATIONS, steps, strict=True)), settings, folders)
    medians = np.median(steps, axis=2)
    for name, of_activation in zip(ACTIVATIONS, medians, strict=True):
        with event_file(folders.snapshots, name):
            # TensorBoard's steps are whole numbers: the number of the size stands for it.
            write_scalars("median_steps", np.minimum(of_activation, settings.max_steps))

    return _make_finding(steps, medians, picture, settings)


def _make_finding(steps, medians, picture, settings):
    """Return the `Finding` from steps [activations, sizes, units] and their medians."""
    # Infinite is not longer than infinite: two sizes that are never corrected show nothing.
    longer = medians[:, 1:] > medians[:, :-1]
    verdict = Verdict.of(longer.flat)
    limits = _(
        "Single units with a known teacher, full-batch gradient descent with one learning rate; a wrong sign "
        "stands for a wrong weight."
    )
    if verdict == Verdict.PARTLY:
        part = _("From one size to the next the steps grow in {count} of {total} cases only.")
        part = part.format(count=longer.sum(), total=longer.size)
        limits = _("{part} {scope}").format(part=part, scope=limits)
    return Finding(
        verdict=verdict,
        short=_short(medians[ACTIVATIONS.index("tanh")], settings),
        why=_(
            "Every step takes a fixed share off a linear unit's error, so that the steps grow only with the "
            "logarithm of the size; large weights saturate tanh, which leaves almost no gradient."
        ),
        limits=limits,
        table=_table(steps, medians, settings),
        pictures=(
            Picture(
                picture,
                _("Compare the two curves right of the teacher's size, where large weights saturate tanh."),
            ),
        ),
    )


def _short(medians, settings):
    """Return what to remember of a tanh unit's median steps, [sizes]."""
    least, most = medians[0], medians[-1]
    if np.isfinite(most):
        return _(
            "To correct wrong signs a tanh unit takes {most:g} steps from the largest initial weights, "
            "{least:g} from the smallest."
        ).format(most=most, least=least)
    if np.isfinite(least):
        return _(
            "To correct wrong signs a tanh unit takes more than {most} steps from the largest initial "
            "weights, {least:g} from the smallest."
        ).format(most=settings.max_steps, least=least)
    return _("A tanh unit does not correct its wrong signs in {steps} steps, whatever their size.").format(
        steps=settings.max_steps
    )


def _table(steps, medians, settings):
    # The quartiles themselves, not means of two, which may be infinite.
    low, high = np.quantile(steps, (0.25, 0.75), axis=2, method="inverted_cdf")
    # The largest sizes first, at each tanh.
    never = 100 * np.isinf(steps).mean(axis=2)
    medians, low, high, never = (values.T[::-1, ::-1].ravel() for values in (medians, low, high, never))
    return {
        N_("initial size"): np.repeat(settings.sizes[::-1], len(ACTIVATIONS)),
        N_("unit"): ACTIVATIONS[::-1] * len(settings.sizes),
        N_("median steps"): medians,
        N_("lower quartile"): low,
        N_("upper quartile"): high,
        N_("never (%)"): never,
    }
