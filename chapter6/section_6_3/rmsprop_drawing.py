"""The picture of the experiment `rmsprop`: effective rates where the gradient falls."""

from chapter6.artifacts import save_csv
from chapter6.figures import figure, localized, save_figure
from chapter6.language import _
from chapter6.section_6_3.optimizer_specs import optimizer_spec


@localized
def draw_recovery(effective, settings, folders):
    """Save the picture of claim d and its table.

    Args:
        effective: Mapping from an optimizer's name to its effective rates, [steps].
        settings: The experiment's ``Settings``.
        folders: `Folders` to write to.

    Returns:
        Path of the picture.
    """
    drawing = figure(7, 4.5)
    axes = drawing.subplots()
    for name, rates in effective.items():
        axes.semilogy(range(1, len(rates) + 1), rates, markevery=20, label=name, **optimizer_spec(name).line)
    axes.axvline(settings.steep_steps + 0.5, color="0.5", linewidth=1)
    axes.set(title=_("6-3.d: gradient 100, then (right of the line) 1"), xlabel=_("step"))
    axes.set_ylabel(_("effective rate / e  (step per unit of gradient)"))
    axes.legend()
    axes.grid(alpha=0.3)
    steps = range(1, 1 + settings.steep_steps + settings.gentle_steps)
    save_csv(folders.snapshots / "recovery.csv", {"step": steps} | effective)
    return save_figure(drawing, folders.snapshots / "recovery.png")
