"""The size of activations and gradients through 2 to 50 layers: six initializations, four activations.

Slide: 6-1, equation 6-3, claim d.

Random inputs run forward through layers of equal width, random gradients put in at the top run back, at
initialization, without training. Equation 6-3 was made so that neither grows nor shrinks. The table has the
sizes at the far end relative to those put in; the picture follows Glorot and Bengio (2010), figures 6, 7.
"""

from dataclasses import dataclass, replace

import numpy as np

from chapter6.experiment import Finding, Picture, Verdict, ascending, setting
from chapter6.language import N_, MessageList, _

CLAIM = "6-1.d"
SENTENCE = _("Equation 6-3 chooses the size of the weights from a layer's m inputs and n outputs.")


@dataclass(frozen=True)
class Settings:
    """The networks."""

    depths: tuple[int, ...] = setting(
        (2, 5, 10, 20, 50),
        _("depths of networks, in layers; the deepest is shown layer by layer"),
        minimum=1,
        quick=(2, 5, 10),
    )
    width: int = setting(128, _("units of every layer"), minimum=2, quick=64)
    inputs: int = setting(64, _("input vectors"), minimum=2, quick=32)
    networks: int = setting(4, _("networks for each initialization"), minimum=2, quick=2)
    seed: int = setting(0, _("seed of everything that is random"), minimum=0)


ACTIVATIONS = (N_("linear"), "tanh", "relu", "sigmoid")
# Kept: neither ten times larger nor ten times smaller after the deepest network's layers.
KEPT_WITHIN = 10.0
# TensorBoard gets histograms of these layers of the tanh networks, Glorot and Bengio's figures.
LOGGED_LAYERS = (1, 2, 3, 4, 5, 10, 20, 50)


def run(settings, folders):
    """Send inputs forward and gradients back, and measure their size by layer."""
    from chapter6.event_files import event_file, write_histogram
    from chapter6.section_6_1.normalized_drawing import draw
    from chapter6.section_6_1.propagation import geometric_mean, initializers_of, propagate_signals

    settings = replace(settings, depths=ascending("depths", settings.depths))
    starts = initializers_of(settings.seed)
    measures = propagate_signals(starts, ACTIVATIONS, settings)
    picture = draw(starts, ACTIVATIONS, measures, settings, folders)
    for row, name in enumerate(starts):
        with event_file(folders.snapshots, name):
            for tag, tensors in zip(("activations", "gradients"), measures.tanh, strict=True):
                for layer in LOGGED_LAYERS:
                    if layer < len(tensors):
                        write_histogram(tag, tensors[layer][row], layer)

    # [starts, activations]: size at the far end, geometric mean of the networks
    sizes = [geometric_mean(sizes[-1], axis=1) for sizes in (measures.spread, measures.gradient)]
    return _make_finding(list(starts), sizes, picture, settings)


def _make_finding(starts, sizes, picture, settings):
    kept = (np.abs(np.log10(sizes)) < np.log10(KEPT_WITHIN)).all(axis=0)
    conditions = kept[starts.index("equation 6-3")]
    return Finding(
        verdict=Verdict.of(conditions),
        short=_short(conditions, settings),
        why=_(
            "The variance 2/(m+n) keeps linear signals the same size both ways. Relu halves their power in "
            "every layer, and where the slopes of tanh and sigmoid are below 1, gradients shrink."
        ),
        limits=_limits(conditions),
        table=_table(starts, sizes, kept),
        pictures=(
            Picture(
                picture,
                _(
                    "Second and third row: lines that stay near 1 keep the size of activations and of "
                    "gradients; others fall or rise by powers of ten."
                ),
            ),
        ),
    )


def _short(kept, settings):
    values = {"depth": settings.depths[-1], "factor": KEPT_WITHIN}
    if kept.all():
        return _(
            "Through {depth} layers equation 6-3 keeps activations and gradients within a factor of "
            "{factor:g} with every activation function."
        ).format(**values)
    if not kept.any():
        return _(
            "Through {depth} layers equation 6-3 keeps activations and gradients within a factor of "
            "{factor:g} with no activation function."
        ).format(**values)
    names = _names(kept)
    return _(
        "Through {depth} layers equation 6-3 keeps activations and gradients within a factor of {factor:g} "
        "only with: {names}."
    ).format(names=names, **values)


def _limits(kept):
    scope = _("Layers of equal width at initialization: not how well the networks then learn.")
    if kept.all() or not kept.any():
        return scope
    part = _("The size is kept with {kept}, not with {lost}.").format(kept=_names(kept), lost=_names(~kept))
    return _("{part} {scope}").format(part=part, scope=scope)


def _names(chosen):
    return MessageList([_(name) for name, one in zip(ACTIVATIONS, chosen, strict=True) if one])


def _table(starts, sizes, kept):
    # First equation 6-3, then the initializations that keep the size with most activations.
    order = sorted(range(len(starts)), key=lambda row: (starts[row] != "equation 6-3", -kept[row].sum()))
    forth, back = np.array(sizes)[:, order].reshape(2, -1)
    return {
        N_("initialization"): np.repeat(np.array(starts)[order], len(ACTIVATIONS)),
        N_("activation"): ACTIVATIONS * len(starts),
        N_("size forward"): forth,
        N_("size backward"): back,
        N_("kept"): np.where(kept[order].ravel(), N_("yes"), N_("no")),
    }
