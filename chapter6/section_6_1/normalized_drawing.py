"""The picture of the experiment `normalized`: the factor by which a layer changes each size."""

import itertools

import numpy as np

from chapter6.artifacts import save_csv
from chapter6.figures import figure, localized, save_figure
from chapter6.language import _, translate

VARIANCES = {"equation 6-3": "2/(m+n)", "xavier_init": "2/m"}


@localized
def draw(rules, shapes, activations, changes, within, sizes, folders):
    """Save the picture of claim d and its tables.

    Args:
        rules: Names of the initializations.
        shapes: Names of the networks' shapes.
        activations: Names of the activations.
        changes: Array [shapes, forward and back, rules, activations], a layer's factor.
        within: How far from 1 a factor is kept.
        sizes: Mapping from a shape to its array [forward and back, layers + 1, rules, networks, activations].
        folders: `Folders` to write to.

    Returns:
        Path of the picture.
    """
    drawing = figure(10, 5)
    drawing.suptitle(_("6-1.d: what one layer more does to the size of activations and of gradients"))
    rows = list(itertools.product(range(len(shapes)), range(len(activations))))
    height = [row + 0.6 * shape for row, (shape, _activation) in enumerate(rows)]
    panels = drawing.subplots(1, len(rules), sharex=True, sharey=True)
    for column, (axes, rule) in enumerate(zip(panels, rules, strict=True)):
        axes.axvspan(1 - within, 1 + within, color="0.85")
        axes.axvline(1, color="0.6", linewidth=0.8)
        for direction, marker, color, fill, label in (
            (0, ">", "#1b4f9c", "full", _("activations, forward")),
            (1, "<", "#d1495b", "none", _("gradients, back")),
        ):
            factors = [changes[shape, direction, column, phi] for shape, phi in rows]
            style = {"color": color, "fillstyle": fill, "markersize": 10, "markeredgewidth": 2}
            axes.plot(factors, height, marker, label=label, **style)
        title = translate(rule)
        if rule in VARIANCES:
            title = _("{name}: {variance}").format(name=title, variance=VARIANCES[rule])
        axes.set(title=title, xscale="log", xlabel=_("factor per layer"))
        axes.set_xticks([0.5, 0.7, 1, 1.4], ["0.5", "0.7", "1", "1.4"])
        axes.minorticks_off()
    names = [
        _("{activation} ({widths})").format(activation=_(activations[phi]), widths=_(shapes[shape]))
        for shape, phi in rows
    ]
    panels[0].set_yticks(height, names)
    panels[0].invert_yaxis()
    drawing.legend(*panels[0].get_legend_handles_labels(), loc="outside lower center", ncols=2)
    _save_tables(rules, activations, sizes, folders)
    return save_figure(drawing, folders.snapshots / "factors.png")


def _save_tables(rules, activations, sizes, folders):
    """Save the geometric means of the networks, a table for each shape."""
    for shape, of_shape in sizes.items():
        means = np.exp(np.log(of_shape).mean(axis=3))
        table = {"layer": range(means.shape[1])}
        for row, rule in enumerate(rules):
            for column, name in enumerate(activations):
                table[f"activations, {rule}, {name}"] = means[0, :, row, column]
                table[f"gradients, {rule}, {name}"] = means[1, :, row, column]
        save_csv(folders.snapshots / f"{shape.replace(' ', '_')}.csv", table)
