"""The picture of the experiment `convexity`: the losses of two optimizers, two by two."""

import numpy as np

from chapter6.artifacts import save_csv
from chapter6.figures import figure, localized, save_figure
from chapter6.language import _, translate
from chapter6.section_6_3.optimizer_specs import optimizer_spec

# What is lower is rounding, and would stretch the scale.
FLOOR = 1e-6


@localized
def draw(results, cases, target, folders):
    """Save the picture of claim c and its table.

    Args:
        results: Mapping from an optimizer's name to its `Comparison`.
        cases: (name, bend, walls) of each loss.
        target: The loss to reach.
        folders: `Folders` to write to.

    Returns:
        Path of the picture.
    """
    drawing = figure(10, 7)
    drawing.suptitle(_("6-3.c: AdaGrad and RMSProp, median and quartiles over the starts"))
    table = {}
    panels = drawing.subplots(2, 2, sharex=True, sharey=True)
    for k, ((name, bend, _walls), axes) in enumerate(zip(cases, panels.flat, strict=True)):
        for optimizer, result in results.items():
            line = optimizer_spec(optimizer).line
            losses = np.maximum(result.losses[:, k], FLOOR)
            low, middle, high = np.quantile(losses, (0.25, 0.5, 0.75), axis=1)
            steps = np.arange(1, 1 + len(middle))
            marks = np.unique(np.geomspace(1, len(steps), 12).astype(int) - 1).tolist()
            label = _("{optimizer}, rate {rate:.2g}").format(optimizer=optimizer, rate=result.rates[k])
            axes.loglog(steps, middle, label=label, markevery=marks, **line)
            axes.fill_between(steps, low, high, color=line["color"], alpha=0.2, linewidth=0)
            table |= {f"{name} {optimizer}": result.needed[k]}
        axes.axhline(target, color="0.4", linewidth=1)
        kind = _("{loss_function} (not convex)") if bend else _("{loss_function} (convex)")
        axes.set_title(kind.format(loss_function=translate(name)), fontsize=11)
        axes.grid(alpha=0.3)
        axes.legend(fontsize=9, loc="upper right")
    for axes in panels[-1]:
        axes.set_xlabel(_("step; the grey line is the target"))
    for axes in panels[:, 0]:
        axes.set_ylabel(_("loss"))
    save_csv(folders.snapshots / "steps.csv", table)
    return save_figure(drawing, folders.snapshots / "convexity.png")
