"""The picture of the experiment `random_walk`: log norms by layer, and how the gain changes them."""

import numpy as np

from chapter6.artifacts import save_csv
from chapter6.figures import figure, localized, save_figure
from chapter6.language import MessageList, _, translate
from chapter6.section_6_1.drawing import styled


@localized
def draw(walks, settings, folders):
    """Save the picture of claim f and its tables.

    Args:
        walks: The experiment's ``Walks``.
        settings: The experiment's ``Settings``.
        folders: `Folders` to write to.

    Returns:
        Path of the picture.
    """
    drawing = figure(10, 8)
    title = _("6-1.f: norms through {depth} layers of {units} units")
    drawing.suptitle(title.format(depth=settings.depth, units=settings.width))
    (paths, spread), (drifts, shares) = drawing.subplots(2, 2)
    _draw_paths(paths, walks)
    _draw_variance(spread, walks, settings)
    _draw_drift(drifts, walks)
    _draw_shares(shares, walks)
    _save_tables(walks, settings, folders)
    return save_figure(drawing, folders.snapshots / "random_walk.png")


def _draw_paths(axes, walks):
    tuned = walks.factors.index(1.0)
    labels = {
        "one matrix": _("one matrix in all layers"),
        "equation 6-3": _("a different matrix in each layer"),
    }
    for kind, line in (("one matrix", "C3--"), ("equation 6-3", "0.3")):
        paths = walks.forward[:, walks.kernels.index(kind), :, 0, tuned] / np.log(10)
        drawn = axes.plot(np.arange(len(paths)), paths, line, linewidth=0.6)
        drawn[0].set_label(labels[kind])
    axes.set(
        title=_("linear layers, gain 1: each line a network"),
        xlabel=_("layer"),
        ylabel=_("log10(norm / norm of the input)"),
    )
    axes.legend()


def _draw_variance(axes, walks, settings):
    tuned, layers = walks.factors.index(1.0), np.arange(1, settings.depth + 1)
    styled(axes)
    for kind, column in (("equation 6-3", 0), ("equation 6-3", 2), ("one matrix", 0), ("one matrix", 2)):
        line = walks.variance[1:, walks.kernels.index(kind), column, tuned]
        label = MessageList((_(walks.activations[column]), _(kind)))
        axes.loglog(layers, line, label=label, markevery=4)
    axes.loglog(
        layers,
        layers / (2 * settings.width),
        "-",
        marker="",
        color="0.6",
        linewidth=3,
        zorder=0,
        label=_("depth / (2n)"),
    )
    axes.set(title=_("variance of the log norm"), xlabel=_("layer"), ylabel=_("variance over the networks"))
    axes.legend()


def _draw_drift(axes, walks):
    styled(axes)
    for row, name in enumerate(walks.activations):
        error = 2 * walks.drift_error[0, row]
        axes.errorbar(walks.factors, walks.drift[0, row], error, label=translate(name), capsize=3)
    axes.axhline(0, color="0.6", linewidth=0.8)
    axes.set(
        title=_("drift of the gradient, equation 6-3 (bars: 2 standard errors)"),
        xlabel=_("gain / gain_for(activation)"),
        ylabel=_("mean change of the log norm per layer"),
    )
    axes.legend()


def _draw_shares(axes, walks):
    styled(axes)
    for row, name in enumerate(walks.activations):
        axes.plot(walks.factors, walks.kept[0, row], label=translate(name))
    axes.plot(walks.factors, walks.kept[2, 0], label=_("linear, one matrix in all layers"))
    title = _("gradients that stay within a factor of {factor:g}")
    axes.set(
        title=title.format(factor=walks.kept_within),
        xlabel=_("gain / gain_for(activation)"),
        ylabel=_("share of networks"),
        ylim=(-0.03, 1.3),
    )
    axes.legend(ncols=2, loc="upper center")


def _save_tables(walks, settings, folders):
    variance = walks.variance[..., walks.factors.index(1.0)]
    table = {"layer": range(settings.depth + 1)}
    for i, kind in enumerate(walks.kernels):
        table |= {f"variance, {name}, {kind}": variance[:, i, j] for j, name in enumerate(walks.activations)}
    save_csv(folders.snapshots / "variance.csv", table)
    table = {"gain over gain_for": walks.factors}
    for i, kind in enumerate(walks.kernels):
        for measure, values in (("gradient drift", walks.drift), ("share kept", walks.kept)):
            table |= {f"{measure}, {name}, {kind}": values[i, j] for j, name in enumerate(walks.activations)}
    save_csv(folders.snapshots / "gain.csv", table)
