"""How the size of activations and gradients changes per layer, by the rule for the initial weights' variance.

Slide: 6-1, equation 6-3, claim d.

Random inputs run forward through networks at initialization, random gradients put in at the top run back.
The networks have layers of equal width, layers that narrow like a funnel, or layers that are wide and narrow
by turns. Equation 6-3, of variance 2/(m+n), is compared with 1/m, which keeps what runs forward through
linear layers, 1/n, which keeps what runs back, and the slides' `xavier_init`, 2/m. Measured is the factor by
which one layer more changes the root mean square, over the deeper half of a network, where the first layers'
transient has passed.
"""

from dataclasses import dataclass

import numpy as np

from chapter6.experiment import Finding, Picture, Verdict, setting
from chapter6.language import N_, MessageList, _

CLAIM = "6-1.d"
SENTENCE = _(
    "Equation 6-3 draws weights for m inputs and n outputs so that activations and gradients keep their size."
)


@dataclass(frozen=True)
class Settings:
    """The networks."""

    layers: int = setting(
        50, _("layers of equal width; of wide and narrow ones there are 20 at most"), minimum=6, quick=12
    )
    width: int = setting(128, _("units of layers of equal width"), minimum=16, quick=64)
    wide: int = setting(1024, _("units of the widest layer of the others"), minimum=64, quick=256)
    inputs: int = setting(32, _("input vectors"), minimum=2)
    networks: int = setting(4, _("networks for each initialization"), minimum=2, quick=3)
    seed: int = setting(0, _("seed of everything that is random"), minimum=0)


ACTIVATIONS = (N_("linear"), "tanh", "relu")
# A layer keeps the sizes when it changes both by at most 5 %. Chance, and what tanh's layers still take at
# depth 50, are below 3 %; networks that lose a size change one of the two by 15 % or more.
KEPT_WITHIN = 0.05
# From the widest layer to a 32nd of it, and to a 16th and back.
FUNNEL, TURNS = 5, 16
MOST_TURNS = 20


def run(settings, folders):
    """Send inputs forward and gradients back, and measure how their size changes per layer."""
    from chapter6.event_files import event_file, write_scalars
    from chapter6.section_6_1.normalized_drawing import draw
    from chapter6.section_6_1.propagation import rules_of, sizes_by_layer

    turns = min(settings.layers, MOST_TURNS) // 4 * 4
    widths = {
        N_("equal"): [settings.width] * (settings.layers + 1),
        N_("funnel"): [settings.wide // 2**layer for layer in range(FUNNEL + 1)],
        N_("by turns"): [settings.wide // (TURNS if layer % 2 else 1) for layer in range(turns + 1)],
    }
    rules = rules_of(settings.seed)
    # By the shape of the network: [forward and back, layers + 1, rules, networks, activations]
    sizes = {name: sizes_by_layer(rules, ACTIVATIONS, each, settings) for name, each in widths.items()}
    # [shapes, forward and back, rules, networks, activations]
    logs = np.array([_change_per_layer(each) for each in sizes.values()])
    changes = np.exp(logs.mean(axis=3))
    picture = draw(list(rules), list(widths), ACTIVATIONS, changes, KEPT_WITHIN, sizes, folders)
    for shape, of_shape in sizes.items():
        for row, name in enumerate(rules):
            with event_file(folders.snapshots, f"{shape}, {name}"):
                for tag, of_direction in zip(("activations", "gradients"), of_shape, strict=True):
                    write_scalars(f"size_of_{tag}", of_direction[:, row, :, 0].mean(axis=1))
    return _make_finding(list(rules), list(widths), logs, picture)


def _change_per_layer(sizes):
    """Return the mean log of a layer's factor over the deeper half, from sizes [2, layers + 1, ...]."""
    logs = np.log(sizes)
    half = logs.shape[1] // 2
    forward, back = logs[0, -1] - logs[0, half], logs[1, half] - logs[1, -1]
    return np.array([forward, back]) / (logs.shape[1] - 1 - half)


def _make_finding(rules, shapes, logs, picture):
    """Return the `Finding` from the logs of a layer's factor, [shapes, directions, rules, networks, phi]."""
    # [rules, shapes, activations, directions]
    changes = np.exp(logs.mean(axis=3)).transpose(2, 0, 3, 1)
    errors = (changes * logs.std(axis=3, ddof=1).transpose(2, 0, 3, 1)) / logs.shape[3] ** 0.5
    kept = (np.abs(changes - 1) <= KEPT_WITHIN).all(axis=-1)
    linear = np.abs(changes[0, :, ACTIVATIONS.index("linear")] - 1).max(axis=-1)
    rule, shape, activation = (
        each.ravel() for each in np.meshgrid(rules, shapes, ACTIVATIONS, indexing="ij")
    )
    return Finding(
        verdict=Verdict.of(kept[0].flat),
        short=_(
            "Per layer equation 6-3 changes linear signals by {equal:.1%} where widths are equal, by up to "
            "{unequal:.0%} where m and n differ."
        ).format(equal=linear[0], unequal=linear[1:].max()),
        why=_(
            "The variance 1/m keeps what runs forward, 1/n what runs back; 2/(m+n) lies between them and "
            "keeps both only where m = n. It allows for no activation: relu halves the power in every layer."
        ),
        limits=_limits(shapes, kept[0]),
        table={
            N_("initialization"): rule,
            N_("widths"): shape,
            N_("activation"): activation,
            N_("factor forward"): changes[..., 0].ravel(),
            N_("factor back"): changes[..., 1].ravel(),
            N_("std. error"): errors.max(axis=-1).ravel(),
            N_("kept"): np.where(kept.ravel(), N_("yes"), N_("no")),
        },
        pictures=(
            Picture(
                picture,
                _(
                    "Top row of the first panel: both marks lie in the grey band, so both sizes are kept; a "
                    "mark outside is a factor that every further layer multiplies."
                ),
            ),
        ),
    )


def _limits(shapes, kept):
    """Return what this does not show, given which sizes are kept, [shapes, activations]."""
    scope = _("Networks at initialization: not how well they then learn.")
    if kept.all() or not kept.any():
        return scope
    names = MessageList(
        _("{activation} ({widths})").format(activation=_(activation), widths=_(shape))
        for shape, of_shape in zip(shapes, kept, strict=True)
        for activation, one in zip(ACTIVATIONS, of_shape, strict=True)
        if one
    )
    part = _("Both sizes change by at most {within:.0%} per layer only in: {names}.")
    return _("{part} {scope}").format(part=part.format(within=KEPT_WITHIN, names=names), scope=scope)
