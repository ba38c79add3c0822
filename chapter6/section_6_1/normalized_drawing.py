"""The picture of the experiment `normalized`: activations and gradients by layer and by depth."""

import numpy as np

from chapter6.artifacts import save_csv
from chapter6.figures import figure, localized, save_figure
from chapter6.language import _, translate
from chapter6.section_6_1.drawing import styled
from chapter6.section_6_1.propagation import geometric_mean


@localized
def draw(starts, activations, measures, settings, folders):
    """Save the picture of claim d and its tables.

    Args:
        starts: Names of the initializers.
        activations: Names of the activations.
        measures: The `Measures`.
        settings: The experiment's ``Settings``.
        folders: `Folders` to write to.

    Returns:
        Path of the picture.
    """
    drawing = figure(14, 9)
    drawing.suptitle(
        _("6-1.d: activations and back-propagated gradients by layer (Glorot and Bengio's figures 6, 7)")
    )
    panels = drawing.subplots(3, len(activations), sharey="row")
    layers, depths = np.arange(settings.depths[-1] + 1), np.array(settings.depths)
    # In units of the spread, as the mean grows with it; after underflow there is neither.
    spread = np.where(measures.spread > np.finfo(np.float32).tiny, measures.spread, np.nan)
    ratio = measures.mean / spread
    for column, activation in enumerate(activations):
        for axes in panels[:, column]:
            styled(axes)
        for axes in panels[1:, column]:
            axes.axhline(1, color="0.6", linestyle="-", marker="", linewidth=0.8)
        for row, name in enumerate(starts):
            cell = (slice(None), row, slice(None), column)
            every = max(1, len(layers) // 8)
            panels[0, column].plot(layers, ratio[cell].mean(axis=1), label=translate(name), markevery=every)
            _plot_range(panels[1, column], layers, measures.spread[cell], every)
            _plot_range(panels[2, column], depths, measures.gradient[cell], 1)
        panels[0, column].set(title=translate(activation), xlabel=_("layer"))
        panels[1, column].set(xlabel=_("layer"))
        panels[2, column].set(xlabel=_("depth of the network (layers)"))
    panels[0, 0].set(ylabel=_("mean activation / its std. dev."), yscale="symlog", ylim=(-3, 100))
    panels[1, 0].set(ylabel=_("std. dev. of activations"), yscale="log", ylim=(1e-9, 1e6))
    panels[2, 0].set(ylabel=_("std. dev. of the gradient at the input"), yscale="log", ylim=(1e-9, 1e6))
    handles = panels[0, 0].get_legend_handles_labels()
    drawing.legend(*handles, loc="outside lower center", ncols=len(starts), fontsize=9)
    _save_tables(starts, activations, measures, settings, folders)
    return save_figure(drawing, folders.snapshots / "layers.png")


def _plot_range(axes, x, sizes, every):
    """Plot the networks' geometric mean over [x, networks] and shade their range."""
    (line,) = axes.plot(x, geometric_mean(sizes, axis=1), markevery=every)
    axes.fill_between(x, sizes.min(axis=1), sizes.max(axis=1), color=line.get_color(), alpha=0.15)


def _save_tables(starts, activations, measures, settings, folders):
    by_layer, by_depth = {"layer": range(settings.depths[-1] + 1)}, {"depth": settings.depths}
    for row, name in enumerate(starts):
        for column, activation in enumerate(activations):
            of = f"{name}, {activation}"
            by_layer[f"mean, {of}"] = measures.mean[:, row, :, column].mean(axis=1)
            by_layer[f"spread, {of}"] = geometric_mean(measures.spread[:, row, :, column], axis=1)
            by_layer[f"mean gradient, {of}"] = measures.gradient_mean[:, row, :, column].mean(axis=1)
            by_layer[f"spread of gradient, {of}"] = geometric_mean(
                measures.gradient_by_layer[:, row, :, column], axis=1
            )
            by_depth[f"spread of gradient at the input, {of}"] = geometric_mean(
                measures.gradient[:, row, :, column], axis=1
            )
    save_csv(folders.snapshots / "layers.csv", by_layer)
    save_csv(folders.snapshots / "depths.csv", by_depth)
