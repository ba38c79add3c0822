"""The figures of the algorithm boxes, 6-6 to 6-9: one optimizer on the four losses, each at its best rate.

Slide: 6-3, figures 6-6 to 6-9.
"""

import numpy as np

from chapter6.experiment import Finding, Picture, Verdict
from chapter6.language import N_, _
from chapter6.optimizers import algorithm_box
from chapter6.section_6_3.drawing import save_algorithm
from chapter6.section_6_3.objectives import OBJECTIVES
from chapter6.section_6_3.optimizer_specs import final_losses, optimizer_spec, tuned_runs


def tune_and_draw(name, figure_number, settings, folders):
    """Tune an optimizer on every loss and save its figure.

    Args:
        name: Of the `OptimizerSpec`.
        figure_number: The slide's, as ``6-6``.
        settings: A `TuningSettings`.
        folders: `Folders` to write to.

    Returns:
        The `tuned_runs`, and the `Picture`.
    """
    spec = optimizer_spec(name)
    runs = tuned_runs(name, settings.rates, settings.steps)
    path = folders.snapshots / f"figure_{figure_number.replace('-', '_')}.png"
    # `make` is the optimizer's class: the four that have a box are made from a learning rate alone.
    save_algorithm(path, figure_number, spec, algorithm_box(spec.make), OBJECTIVES, runs)
    caption = _("The algorithm of {optimizer}, its losses, its paths in the bowl and in the narrow valley.")
    return runs, Picture(path, caption.format(optimizer=_(name)))


def first_step_finding(name, runs, picture, why):
    """Return the finding that the first step on the bowl is the learning rate in every direction.

    Args:
        name: Of the `OptimizerSpec`.
        runs: What `tune_and_draw` returned.
        picture: Likewise.
        why: A `Message`, the reason.
    """
    first = np.array([abs(run.path[1] - run.path[0]) / run.rate for run in runs])
    equal = all(abs(first[0] - 1) < 1e-6)
    if equal:
        short = _(
            "{optimizer}'s first step is one learning rate long in every direction, "
            "whether the derivative is 1 or 8."
        ).format(optimizer=name)
    else:
        short = _(
            "{optimizer}'s first step is {flat:.3g} learning rates long in one direction, {steep:.3g} in "
            "the other."
        )
        short = short.format(optimizer=name, flat=first[0, 0], steep=first[0, 1])
    return Finding(
        verdict=Verdict.illustrates([equal]),
        short=short,
        why=why,
        limits=_(
            "True by construction, and of the first step only. How low the loss gets depends on the loss and "
            "on the learning rate, which is the best of a grid for each loss."
        ),
        table={
            N_("loss function"): [objective.name for objective in OBJECTIVES],
            N_("learning rate"): [run.rate for run in runs],
            N_("first step along x1 (learning rates)"): first[:, 0],
            N_("first step along x2 (learning rates)"): first[:, 1],
            N_("final loss (at least 1e-10)"): final_losses(runs),
        },
        pictures=(picture,),
    )
