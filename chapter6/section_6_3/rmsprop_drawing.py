"""The picture of the experiment `rmsprop`: effective rates where the gradient falls, and steps by δ."""

from chapter6.artifacts import save_csv
from chapter6.figures import figure, localized, save_figure
from chapter6.language import _

STYLES = (
    {"color": "tab:orange", "linestyle": "-.", "marker": "^"},
    {"color": "tab:green", "linestyle": (0, (1, 1)), "marker": "v"},
    {"color": "black", "linestyle": "-", "marker": "o"},
    {"color": "0.5", "linestyle": "--", "marker": "s"},
)


@localized
def draw_constants(effective, gradients, lengths, settings, folders):
    """Save the picture of claim d and its tables.

    Args:
        effective: Mapping from an optimizer's name to its effective rates, [steps].
        gradients: Array [gradients], the constant gradients, the first of them 0.
        lengths: Mapping from an optimizer's name to its steps in learning rates, [gradients].
        settings: The experiment's ``Settings``.
        folders: `Folders` to write to.

    Returns:
        Path of the picture.
    """
    drawing = figure(10, 4.5)
    recovery, safety = drawing.subplots(1, 2)
    for k, (name, rates) in enumerate(effective.items()):
        line = {**STYLES[k % len(STYLES)], "markersize": 5}
        recovery.semilogy(range(1, len(rates) + 1), rates, markevery=(20 * k, 150), label=name, **line)
    recovery.axvline(settings.steep_steps + 0.5, color="0.5", linewidth=1)
    recovery.set(title=_("6-3.d: gradient 100, then (right of the line) 1"), xlabel=_("step"))
    recovery.set_ylabel(_("effective rate / e  (step per unit of gradient)"))
    for k, (name, each) in enumerate(lengths.items(), start=1):
        line = {**STYLES[k % len(STYLES)], "markersize": 5}
        safety.loglog(gradients[1:], each[1:], markevery=4, label=name, **line)
    safety.set(
        title=_("δ: steps under a constant gradient"), xlabel=_("size of the gradient"), ylabel=_("step / e")
    )
    for axes in (recovery, safety):
        axes.legend()
        axes.grid(alpha=0.3)
    steps = range(1, 1 + settings.steep_steps + settings.gentle_steps)
    save_csv(folders.snapshots / "recovery.csv", {"step": steps} | effective)
    save_csv(folders.snapshots / "safety.csv", {"gradient": gradients} | lengths)
    return save_figure(drawing, folders.snapshots / "recovery.png")
