"""The picture of the experiment `convexity`: losses and effective rates on two objectives."""

import warnings

import numpy as np

from chapter6.artifacts import save_csv
from chapter6.figures import figure, localized, save_figure
from chapter6.language import _, translate
from chapter6.section_6_3.optimizer_specs import optimizer_spec


@localized
def draw(objectives, rates, results, folders):
    """Save the picture of claim c and its table.

    Args:
        objectives: Sequence of `ObjectiveFunction`, the convex one first.
        rates: Array [rates] of learning rates.
        results: Mapping from an optimizer's name to its `Comparison`.
        folders: `Folders` to write to.

    Returns:
        Path of the picture.
    """
    drawing = figure(16, 9)
    drawing.suptitle(_("6-3.c: AdaGrad and RMSProp, median and quartiles over the starts"))
    table = {}
    for k, (objective, row) in enumerate(zip(objectives, drawing.subplots(2, 3), strict=True)):
        title = _("{loss_function} (convex)") if k == 0 else _("{loss_function} (not convex)")
        by_rate, by_step, effective_rate = row
        for name, result in results.items():
            line, best = optimizer_spec(name).line, result.best[k]
            with np.errstate(all="ignore"), warnings.catch_warnings():
                # At a minimum the gradient is zero and the effective rate is undefined.
                warnings.simplefilter("ignore", RuntimeWarning)
                end = np.nanquantile(np.maximum(result.ends(k), 1e-12), (0.25, 0.5, 0.75), axis=0)
                loss = np.quantile(np.maximum(result.losses[:, k, :, best], 1e-12), (0.25, 0.5, 0.75), axis=1)
                rate = np.nanquantile(result.effective_rates[:, k, :, best], (0.25, 0.5, 0.75), axis=1)
            label = _("{optimizer}, rate {rate:.2g}").format(optimizer=name, rate=rates[best])
            for axes, x, (low, middle, high) in (
                (by_rate, rates, end),
                (by_step, np.arange(len(loss[1])), loss),
                (effective_rate, np.arange(1, 1 + len(rate[1])), rate),
            ):
                axes.loglog(x, middle, label=label, markevery=0.1, **line)
                axes.fill_between(x, low, high, color=line["color"], alpha=0.15, linewidth=0)
            table |= {
                f"{objective.name} {name} loss": loss[1],
                f"{objective.name} {name} effective rate": rate[1],
            }
        by_rate.set(xlabel=_("learning rate e"), ylabel=_("final loss"))
        by_rate.set_title(title.format(loss_function=translate(objective.name)))
        by_rate.set_ylim(top=1e4)
        by_step.set(xlabel=_("step"), ylabel=_("loss"), title=_("each at its best rate"))
        effective_rate.set(xlabel=_("step"), ylabel=_("effective rate (step per unit of gradient)"))
        for axes in row:
            axes.grid(alpha=0.3)
        by_step.legend()
    steps = len(next(iter(table.values())))
    columns = {name: np.append(column, [np.nan] * (steps - len(column))) for name, column in table.items()}
    save_csv(folders.snapshots / "convexity.csv", {"step": range(steps)} | columns)
    return save_figure(drawing, folders.snapshots / "convexity.png")
