"""The picture of the experiment `one_hyperparameter`: errors over a discrete, a binary, a bounded value."""

from chapter6.artifacts import save_csv
from chapter6.figures import figure, localized, save_figure
from chapter6.language import Message, _
from chapter6.section_6_2.curves import rows_of
from chapter6.section_6_2.curves_drawing import draw_errors, label_ticks, mark_minimum, short

XLABELS = {
    "units": _("hidden units, whole numbers"),
    "dropout": _("dropout rate"),
    "weight decay, noisy labels": _("weight decay λ, not below 0"),
    "weight decay, correct labels": _("weight decay λ, not below 0"),
}


@localized
def draw(curves, shapes, settings, folders):
    """Save the four curves and their table.

    Args:
        curves: Mapping from a curve's name to its values and its training and generalization errors, both
            [values, repetitions].
        shapes: Mapping from a curve's name to the `Shape` of its generalization error.
        settings: The experiment's ``Settings``.
        folders: `chapter6.artifacts.Folders` to write to.

    Returns:
        Path of the picture.
    """
    drawing = figure(10, 7.5)
    title = _(
        "6-2.b: one hyperparameter at a time; {digits} digits, {steps} updates, {units} hidden units where "
        "they do not vary"
    )
    drawing.suptitle(
        title.format(digits=settings.digits, steps=settings.steps, units=settings.units_otherwise)
    )
    panels = drawing.subplots(2, 2).ravel()
    noise = 100 * settings.noise
    titles = (
        _("discrete, {noise:g}% wrong labels").format(noise=noise),
        _("binary"),
        _("bounded, {noise:g}% wrong labels").format(noise=noise),
        _("bounded, correct labels"),
    )
    for axes, title, (name, (x, training, generalization)) in zip(
        panels, titles, curves.items(), strict=True
    ):
        # Evenly spaced where there is a 0, which a logarithmic axis has not.
        positions = x if name == "units" else range(len(x))
        best = int(generalization.mean(axis=1).argmin())
        if name == "units":
            axes.set_xscale("log")
        draw_errors(axes, positions, training, generalization)
        lowest = mark_minimum(axes, positions, generalization, best)
        label_ticks(axes, positions, [short(value) for value in x])
        if name.startswith("weight decay") and not x[0]:
            axes.axvspan(-0.8, 0, facecolor="0.9", hatch="//", edgecolor="0.7")
            axes.set_xlim(-0.8, None)
        axes.set(xlabel=XLABELS[name], title=_title(title, shapes[name], lowest, len(x)), ylim=(0, None))
    panels[1].set_xlim(-0.5, 1.5)
    for axes in panels[::2]:
        axes.set_ylabel(_("error (%), band: all repetitions"))
    panels[0].legend(loc="upper right")
    save_csv(folders.snapshots / "one_hyperparameter.csv", rows_of(curves))
    return save_figure(drawing, folders.snapshots / "one_hyperparameter.png")


def _title(name, shape, minimum, points):
    if points < 3:
        return _("{name}:\n{minimum}").format(name=name, minimum=minimum)
    text = _("{name}:\n{shape}, {minimum}")
    return text.format(name=name, shape=Message(shape.words), minimum=minimum)
