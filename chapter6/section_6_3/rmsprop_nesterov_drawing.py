"""The picture of the experiment `rmsprop_nesterov`: swing and speed against the learning rate."""

from chapter6.artifacts import save_csv
from chapter6.figures import figure, localized, save_figure
from chapter6.language import _, translate


@localized
def draw(rates, swings, steps, folders):
    """Save the picture of claim e and its table.

    Args:
        rates: Array [rates] of learning rates.
        swings: Mapping from a name to an array [rates], excess path length along x2.
        steps: Mapping likewise, steps until the loss stays below a thousandth.
        folders: `Folders` to write to.

    Returns:
        Path of the picture.
    """
    drawing = figure(10, 4.5)
    drawing.suptitle(_("6-3.e: on the bowl, RMSProp with and without Nesterov momentum"))
    ways, counts = drawing.subplots(1, 2)
    lines = (("tab:green", ":", "v"), ("tab:purple", "--", "D"), ("black", "-", "o"))
    for name, (colour, style, marker) in zip(swings, lines, strict=True):
        line = {"color": colour, "linestyle": style, "marker": marker, "markersize": 5, "markevery": 5}
        ways.loglog(rates, swings[name], label=translate(name), **line)
        counts.loglog(rates, steps[name], label=translate(name), **line)
    ways.set_ylim(bottom=1e-2)
    ways.set(ylabel=_("path length along $x_2$ beyond the distance covered"), title=_("swinging"))
    counts.set(
        ylabel=_("steps until the loss stays below a thousandth"), title=_("speed (no point: it never stays)")
    )
    for axes in (ways, counts):
        axes.set_xlabel(_("learning rate e of RMSProp"))
        axes.grid(alpha=0.3, which="both")
        axes.legend()
    table = {"rate": rates}
    for name in swings:
        table |= {f"{name}: swing": swings[name], f"{name}: steps": steps[name]}
    save_csv(folders.snapshots / "swing.csv", table)
    return save_figure(drawing, folders.snapshots / "swing.png")
