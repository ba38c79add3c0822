"""Figure 6-4: the errors of the experiment `capacity` against the capacity."""

from chapter6.artifacts import save_csv
from chapter6.figures import figure, localized, save_figure
from chapter6.language import _, translate
from chapter6.section_6_2.curves import rows_of
from chapter6.section_6_2.curves_drawing import draw_errors, draw_noise, label_ticks, mark_minimum, short


@localized
def draw(curves, settings, folders):
    """Save figure 6-4 and its table.

    Args:
        curves: `Curve`s of the experiment.
        settings: The experiment's ``Settings``.
        folders: `chapter6.artifacts.Folders` to write to.

    Returns:
        Path of the figure.
    """
    drawing = figure(10, 4.8)
    title = _("Figure 6-4: error against capacity, {digits} digits, {noise:g}% of their labels wrong")
    drawing.suptitle(title.format(digits=settings.digits, noise=100 * settings.noise))
    panels = drawing.subplots(1, len(curves), sharey=True)
    for axes, curve in zip(panels, curves, strict=True):
        # One position a point: a logarithmic axis has no 0.
        positions = range(len(curve.x))
        draw_errors(axes, positions, curve.training, curve.generalization)
        _shade(axes, curve.shape.minimum)
        lowest = mark_minimum(axes, positions, curve.generalization, curve.shape.minimum)
        label_ticks(axes, positions, [short(value) for value in curve.x])
        title = _("{shape}, {minimum} at {value}").format(
            shape=translate(curve.shape.words), minimum=lowest, value=short(curve.x[curve.shape.minimum])
        )
        axes.set(title=title, xlabel=curve.label)
        draw_noise(axes, settings.noise, _("the noise: the least error") if axes is panels[0] else None)
    panels[0].set_ylabel(_("error (%), band: all repetitions"))
    panels[-1].legend(loc="upper right", bbox_to_anchor=(1, 0.9))
    table = {curve.name: (curve.x, curve.training, curve.generalization) for curve in curves}
    save_csv(folders.snapshots / "figure_6_4.csv", rows_of(table))
    return save_figure(drawing, folders.snapshots / "figure_6_4.png")


def _shade(axes, minimum):
    """Shade the regimes on either side of the minimum and name those that are wide enough for the word."""
    left, right = axes.get_xlim()
    for start, stop, grey, regime in (
        (left, minimum, "0.95", _("underfitting")),
        (minimum, right, "0.85", _("overfitting")),
    ):
        axes.axvspan(start, stop, facecolor=grey, zorder=0)
        if stop - start > 0.2 * (right - left):
            axes.annotate(
                str(regime), ((start + stop) / 2, 0.95), xycoords=("data", "axes fraction"), ha="center"
            )
    axes.set_xlim(left, right)
