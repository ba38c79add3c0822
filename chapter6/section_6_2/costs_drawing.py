"""The picture of the experiment `costs`: what each change does to time, memory, quality and inference."""

from chapter6.artifacts import save_csv
from chapter6.figures import figure, localized, save_figure
from chapter6.language import Message, _
from chapter6.section_6_2.curves import columns_of


@localized
def draw(rows, folders):
    """Save the bars and their table; return the picture's path.

    Args:
        rows: Mappings from the columns of the finding's table to their values; the first changes nothing.
        folders: `chapter6.artifacts.Folders` to write to.
    """
    drawing = figure(11, 6.5)
    drawing.suptitle(_("6-2.g: what each hyperparameter governs, one changed at a time"))
    panels = drawing.subplots(2, 2, sharey=True)
    changed, *columns = rows[0]
    names = [str(Message(row[changed])) for row in rows]
    for axes, column in zip(panels.flat, columns, strict=True):
        values = [row[column] for row in rows]
        bars = axes.barh(names, values, color=["0.6"] + ["#1b4f9c"] * (len(rows) - 1))
        axes.bar_label(bars, fmt="%.3g", padding=3)
        axes.axvline(values[0], color="black", linestyle=":", linewidth=1)
        axes.set(title=Message(column), xlim=(0, 1.2 * max(values)))
    # The first on top
    panels[0, 0].invert_yaxis()
    save_csv(folders.snapshots / "costs.csv", columns_of(rows))
    return save_figure(drawing, folders.snapshots / "costs.png")
