"""The picture of the experiment `adam_strengths`: loss against the step, and the losses compared."""

import numpy as np

from chapter6.artifacts import save_csv
from chapter6.figures import figure, localized, save_figure
from chapter6.language import _, translate
from chapter6.section_6_3.optimizer_specs import optimizer_specs


@localized
def draw(losses, ends, chosen, folders):
    """Save the picture of claim f and its table.

    Args:
        losses: Mapping from (problem, optimizer) to the excess loss, array [steps + 1, seeds].
        ends: Mapping likewise to the loss that is compared, array [seeds].
        chosen: Mapping likewise to the learning rate.
        folders: `Folders` to write to.

    Returns:
        Path of the picture.
    """
    drawing = figure(10, 7)
    drawing.suptitle(_("6-3.f: sparse gradients and gradients of changing scale, each at its best rate"))
    table, steps = {}, len(next(iter(losses.values())))
    for row, problem in zip(
        drawing.subplots(2, 2, width_ratios=[2, 1]), ("rare features", "changing scale"), strict=True
    ):
        curves, bars = row
        names = []
        for k, spec in enumerate(optimizer_specs()):
            each = losses[problem, spec.name]
            # A running mean over 2 % of the steps: the losses of a single step are noise.
            width = max(1, steps // 50)
            mean = np.convolve(np.maximum(each.mean(axis=1), 1e-12), np.ones(width) / width, "valid")
            label = translate(spec.name)
            curves.semilogy(np.arange(len(mean)) + width, mean, label=label, markevery=0.1, **spec.line)
            end = ends[problem, spec.name]
            bars.barh(k, end.mean(), xerr=end.std(ddof=1), color=spec.line["color"], height=0.6, capsize=3)
            names.append(f"{label}\n{chosen[problem, spec.name]:.2g}")
            table[f"{problem} {spec.name}"] = each.mean(axis=1)
        curves.set(title=translate(problem), xlabel=_("step"), ylabel=_("excess loss, mean over seeds"))
        curves.grid(alpha=0.3)
        bars.set(
            yticks=range(len(names)),
            yticklabels=names,
            ylabel=_("learning rate"),
            xlabel=_("excess loss ± standard deviation"),
        )
        bars.invert_yaxis()
        bars.set_title(
            _("mean over the last tenth") if problem == "rare features" else _("mean over all steps")
        )
        bars.locator_params(axis="x", nbins=4)
    drawing.legend(*curves.get_legend_handles_labels(), loc="outside lower center", ncols=6)
    save_csv(folders.snapshots / "strengths.csv", {"step": range(steps)} | table)
    return save_figure(drawing, folders.snapshots / "strengths.png")
