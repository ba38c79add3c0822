"""The picture of the experiment `symmetry`: different units and loss against the step."""

from chapter6.artifacts import save_csv
from chapter6.figures import figure, localized, save_figure
from chapter6.language import _, translate
from chapter6.section_6_1.drawing import styled


@localized
def draw(starts, distinct, ranks, losses, settings, folders):
    """Save the picture of claim c and its table.

    Args:
        starts: Names of the starts.
        distinct: Array [rounds + 1, starts], the numbers of different columns of the hidden kernel.
        ranks: Array likewise, its ranks.
        losses: Array likewise, the training losses.
        settings: The experiment's ``Settings``.
        folders: `Folders` to write to.

    Returns:
        Path of the picture.
    """
    step = [round_ * settings.steps for round_ in range(settings.rounds + 1)]
    drawing = figure(11, 5)
    title = _("6-1.c: {units} hidden units of one network, {count} initializations")
    drawing.suptitle(title.format(units=2 * settings.units, count=len(starts)))
    panels = drawing.subplots(1, 2)
    titles = (_("different hidden units"), _("training loss (nats)"))
    for axes, values, title in zip(panels, (distinct, losses), titles, strict=True):
        styled(axes)
        for name, line in zip(starts, values.T, strict=True):
            axes.plot(step, line, label=translate(name))
        axes.set(xlabel=_("step of gradient descent"), ylabel=title, ylim=(0, None))
    drawing.legend(*panels[0].get_legend_handles_labels(), loc="outside lower center", ncols=3, fontsize=10)
    columns = {"step": step}
    for quantity, values in (("distinct", distinct), ("rank", ranks), ("loss", losses)):
        columns |= {f"{quantity}, {name}": column for name, column in zip(starts, values.T, strict=True)}
    save_csv(folders.snapshots / "symmetry.csv", columns)
    return save_figure(drawing, folders.snapshots / "symmetry.png")
