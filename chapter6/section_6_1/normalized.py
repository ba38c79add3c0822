"""The size of activations and gradients through 2 to 50 layers, for six initializers and four activations.

Slide: 6-1, equation 6-3, claim d. The figures are those of Glorot and Bengio (2010), further down.

Standard normal inputs run forward through layers of equal width; standard normal gradients, put in at the
top, run back. Equation 6-3 was made so that neither grows nor shrinks. Measured, over several networks:
mean and standard deviation of the activations and the gradients of each layer, and the standard deviation
of the gradient that reaches the input of networks of each depth.
"""

from dataclasses import dataclass, replace

import numpy as np

from chapter6 import artifacts
from chapter6.experiment import Finding, Verdict, ascending, setting
from chapter6.section_6_1.output import styled

CLAIM = "6-1.d"
SENTENCE = "Equation 6-3 chooses the size of the weights from a layer's m inputs and n outputs."


@dataclass(frozen=True)
class Settings:
    """The networks."""

    depths: tuple[int, ...] = setting(
        (2, 5, 10, 20, 50),
        "depths of networks, in layers; the deepest is shown layer by layer",
        minimum=1,
        quick=(2, 5, 10),
    )
    width: int = setting(128, "units of every layer", minimum=2, quick=64)
    inputs: int = setting(64, "input vectors", minimum=2, quick=32)
    networks: int = setting(4, "networks for each initializer", minimum=2, quick=2)
    seed: int = setting(0, "all that is random is a function of it", minimum=0)


ACTIVATIONS = ("linear", "tanh", "relu", "sigmoid")
# Kept: neither ten times larger nor ten times smaller after the deepest network's layers.
KEPT_WITHIN = 10.0
# TensorBoard gets histograms of these layers of the tanh networks, Glorot and Bengio's figures.
LOGGED_LAYERS = (1, 2, 3, 4, 5, 10, 20, 50)


def run(settings, folders):
    """Send inputs forward and gradients back, and measure their size by layer."""
    from chapter6.event_files import event_file, write_histogram
    from chapter6.section_6_1.propagation import initializers_of, propagate_signals

    settings = replace(settings, depths=ascending("depths", settings.depths))
    starts = initializers_of(settings.seed)
    measures = propagate_signals(starts, ACTIVATIONS, settings)
    picture = _draw(starts, measures, settings, folders)
    for row, name in enumerate(starts):
        with event_file(folders.snapshots, name):
            for tag, tensors in zip(("activations", "gradients"), measures.tanh, strict=True):
                for layer in LOGGED_LAYERS:
                    if layer < len(tensors):
                        write_histogram(tag, tensors[layer][row], layer)

    # [starts, activations]: size at the far end, geometric mean of the networks
    forth, back = (_typical(sizes[-1], axis=1) for sizes in (measures.spread, measures.gradient))
    kept = (np.abs(np.log10([forth, back])) < np.log10(KEPT_WITHIN)).all(axis=0)
    row = list(starts).index("equation 6-3")
    verdict = Verdict.HOLDS if kept[row].all() else Verdict.PARTLY if kept[row].any() else Verdict.FAILS
    sizes = ", ".join(
        f"{name} {a:.2g} and {b:.2g}" for name, a, b in zip(ACTIVATIONS, forth[row], back[row], strict=True)
    )
    names = np.array(ACTIVATIONS)
    kept_by = "; ".join(
        f"{name}: {', '.join(names[of_start]) or 'none'}" for name, of_start in zip(starts, kept, strict=True)
    )
    measured = (
        f"Size after {settings.depths[-1]} layers in units of the size at the start, forward and back, with "
        f"equation 6-3: {sizes}. Within a factor of {KEPT_WITHIN:g} both ways: {kept_by}."
    )
    numbers = {}
    for i, name in enumerate(starts):
        for j, activation in enumerate(ACTIVATIONS):
            numbers[f"activations, {name}, {activation}"] = forth[i, j]
            numbers[f"gradients, {name}, {activation}"] = back[i, j]
    return Finding(verdict, measured, (picture,), numbers)


def _typical(sizes, axis):
    """Return the geometric mean; what has underflowed counts as float32's smallest number."""
    return np.exp(np.log(np.maximum(sizes, np.finfo(np.float32).tiny)).mean(axis=axis))


def _draw(starts, measures, settings, folders):
    figure = artifacts.figure(14, 9)
    figure.suptitle(
        "6-1.d: activations and back-propagated gradients by layer (Glorot and Bengio's figures 6, 7)"
    )
    panels = figure.subplots(3, len(ACTIVATIONS), sharey="row")
    layers, depths = np.arange(settings.depths[-1] + 1), np.array(settings.depths)
    # The ratio tells more than the mean, which grows with the spread; after underflow there is neither.
    spread = np.where(measures.spread > np.finfo(np.float32).tiny, measures.spread, np.nan)
    ratio = measures.mean / spread
    for column, activation in enumerate(ACTIVATIONS):
        for axes in panels[:, column]:
            styled(axes)
        for axes in panels[1:, column]:
            axes.axhline(1, color="0.6", linestyle="-", marker="", linewidth=0.8)
        for row, name in enumerate(starts):
            cell = (slice(None), row, slice(None), column)
            every = max(1, len(layers) // 8)
            panels[0, column].plot(layers, ratio[cell].mean(axis=1), label=name, markevery=every)
            _plot_range(panels[1, column], layers, measures.spread[cell], every)
            _plot_range(panels[2, column], depths, measures.gradient[cell], 1)
        panels[0, column].set(title=activation, xlabel="layer")
        panels[1, column].set(xlabel="layer")
        panels[2, column].set(xlabel="depth of the network, layers")
    panels[0, 0].set(ylabel="mean activation / its std. dev.", yscale="symlog", ylim=(-3, 100))
    panels[1, 0].set(ylabel="std. dev. of activations", yscale="log", ylim=(1e-9, 1e6))
    panels[2, 0].set(ylabel="std. dev. of the gradient at the input", yscale="log", ylim=(1e-9, 1e6))
    handles = panels[0, 0].get_legend_handles_labels()
    figure.legend(*handles, loc="outside lower center", ncols=len(starts), fontsize=9)
    _save_tables(starts, measures, settings, folders)
    return artifacts.save_figure(figure, folders.snapshots / "layers.png")


def _plot_range(axes, x, sizes, every):
    """Plot the networks' geometric mean over [x, networks] and shade their range."""
    (line,) = axes.plot(x, _typical(sizes, axis=1), markevery=every)
    axes.fill_between(x, sizes.min(axis=1), sizes.max(axis=1), color=line.get_color(), alpha=0.15)


def _save_tables(starts, measures, settings, folders):
    by_layer, by_depth = {"layer": range(settings.depths[-1] + 1)}, {"depth": settings.depths}
    for row, name in enumerate(starts):
        for column, activation in enumerate(ACTIVATIONS):
            of = f"{name}, {activation}"
            by_layer[f"mean, {of}"] = measures.mean[:, row, :, column].mean(axis=1)
            by_layer[f"spread, {of}"] = _typical(measures.spread[:, row, :, column], axis=1)
            by_layer[f"mean gradient, {of}"] = measures.gradient_mean[:, row, :, column].mean(axis=1)
            by_layer[f"spread of gradient, {of}"] = _typical(
                measures.gradient_by_layer[:, row, :, column], axis=1
            )
            by_depth[f"spread of gradient at the input, {of}"] = _typical(
                measures.gradient[:, row, :, column], axis=1
            )
    artifacts.save_csv(folders.snapshots / "layers.csv", by_layer)
    artifacts.save_csv(folders.snapshots / "depths.csv", by_depth)
