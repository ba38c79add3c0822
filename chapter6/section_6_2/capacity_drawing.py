"""Figure 6-4: the errors of the experiment `capacity` against the capacity."""

from chapter6.artifacts import save_csv
from chapter6.figures import figure, localized, save_figure
from chapter6.language import _, translate
from chapter6.section_6_2.curves import rows_of
from chapter6.section_6_2.curves_drawing import draw_errors, draw_noise, label_ticks, mark_minimum


@localized
def draw(curves, settings, folders):
    """Save figure 6-4 and its table.

    Args:
        curves: `Curve`s of the experiment, the first two over hidden units, the third over hidden layers.
        settings: The experiment's ``Settings``.
        folders: `chapter6.artifacts.Folders` to write to.

    Returns:
        Path of the figure.
    """
    drawing = figure(14, 5.2)
    title = _("Figure 6-4: error against capacity, {digits} digits, {noise:g}% of their labels wrong")
    drawing.suptitle(title.format(digits=settings.digits, noise=100 * settings.noise))
    panels = drawing.subplots(1, len(curves), sharey=True)
    layers = _("hidden layers of {units} units").format(units=settings.units_per_layer)
    for axes, curve, xlabel in zip(
        panels, curves, (_("hidden units"), _("hidden units"), layers), strict=True
    ):
        if curve is not curves[-1]:
            axes.set_xscale("log")
        _draw_curve(axes, curve)
        draw_noise(axes, settings.noise, _("the noise: the least error") if axes is panels[0] else None)
        axes.set_xlabel(xlabel)
        # Where there is a rise to be seen, and room for it above the curves
        right_half = curve.generalization[len(curve.x) // 2 :]
        if curve is not curves[-1] and curve.shape.rises and right_half.max() < 0.45:
            _magnify(axes, curve.x, curve.generalization, curve.shape.minimum)
    panels[0].set_ylabel(_("error (%), band: all repetitions"))
    panels[-1].legend(loc="center right", bbox_to_anchor=(1, 0.7))
    table = {curve.name: (curve.x, curve.training, curve.generalization) for curve in curves}
    save_csv(folders.snapshots / "figure_6_4.csv", rows_of(table))
    return save_figure(drawing, folders.snapshots / "figure_6_4.png")


def _draw_curve(axes, curve):
    draw_errors(axes, curve.x, curve.training, curve.generalization)
    _shade(axes, curve.x, curve.shape)
    lowest = mark_minimum(axes, curve.x, curve.generalization, curve.shape.minimum)
    label_ticks(axes, curve.x)
    title = _("{steps} updates: {shape}\n{minimum} at {value}, ringed").format(
        steps=curve.steps,
        shape=translate(curve.shape.words),
        minimum=lowest,
        value=curve.x[curve.shape.minimum],
    )
    axes.set(title=title, ylim=(0, 105))


def _magnify(axes, x, generalization, minimum):
    """Draw the generalization error around its minimum again, large, in the upper right."""
    percent = 100 * generalization
    near = [at for at, error in enumerate(percent.mean(axis=1)) if error < percent[minimum].mean() + 6]
    start, stop = near[0], near[-1] + 1
    inset = axes.inset_axes((0.44, 0.47, 0.54, 0.4))
    inset.semilogx(x[start:stop], percent.mean(axis=1)[start:stop], "o-", color="#d1495b", markersize=4)
    inset.fill_between(
        x[start:stop],
        percent.min(axis=1)[start:stop],
        percent.max(axis=1)[start:stop],
        color="#d1495b",
        alpha=0.2,
    )
    inset.axvline(x[minimum], color="black", linewidth=0.8)
    inset.set_title(_("generalization error, magnified"), fontsize=9)
    inset.set_xticks(x[start:stop], [str(value) for value in x[start:stop]])
    inset.minorticks_off()
    inset.tick_params(labelsize=8)
    inset.grid(alpha=0.3)


def _shade(axes, x, shape):
    """Shade the regimes on either side of the minimum and name those that are wide enough for the word."""
    left, right = axes.get_xlim()
    minimum = x[shape.minimum]
    for start, stop, grey, regime in (
        (left, minimum, "0.95", _("underfitting")),
        (minimum, right, "0.85", _("overfitting")),
    ):
        axes.axvspan(start, stop, facecolor=grey, zorder=0)
        ends = axes.transAxes.inverted().transform(axes.transData.transform([(start, 0), (stop, 0)]))[:, 0]
        if ends[1] - ends[0] > 0.2:
            axes.annotate(str(regime), (ends.mean(), 0.95), xycoords="axes fraction", ha="center")
    axes.set_xlim(left, right)
