"""The picture of the experiment `more_data`: test and training error against the number of digits."""

import itertools

from chapter6.artifacts import save_csv
from chapter6.figures import figure, localized, save_figure
from chapter6.language import _
from chapter6.section_6_2.curves import rows_of
from chapter6.section_6_2.curves_drawing import draw_noise, label_ticks

STYLES = (
    {"color": "0.55", "linestyle": "-", "marker": "o"},
    {"color": "0.55", "linestyle": "--", "marker": "s"},
    {"color": "#1b4f9c", "linestyle": "-", "marker": "^"},
    {"color": "#d1495b", "linestyle": "--", "marker": "v"},
)


@localized
def draw(curves, correct, settings, folders):
    """Save the test and the training errors and their table.

    Args:
        curves: Mapping from a curve's name to the numbers of digits and its training and test errors, both
            [numbers, repetitions]: the small network without and with dropout, then the large one.
        correct: Mapping from shares of wrong labels to the large network's test errors on correct labels,
            likewise.
        settings: The experiment's ``Settings``.
        folders: `chapter6.artifacts.Folders` to write to.

    Returns:
        Path of the picture.
    """
    drawing = figure(10, 4.8)
    title = _(
        "6-2.c: more data, more regularization, more capacity; {noise:g}% wrong labels, {steps} updates"
    )
    drawing.suptitle(title.format(noise=100 * settings.noise, steps=settings.steps))
    test, training, quality = drawing.subplots(1, 3)
    labels = [
        text.format(units=units)
        for units in (settings.small, settings.large)
        for text in (_("{units} units, no dropout"), _("{units} units, dropout"))
    ]
    for label, style, (digits, *pair) in zip(labels, STYLES, curves.values(), strict=True):
        for axes, errors in zip((test, training), reversed(pair), strict=True):
            _draw_curve(axes, digits, errors, label, style)
    for style, (noise, errors) in zip(itertools.cycle(STYLES), correct.items()):
        _draw_curve(quality, digits, errors, _("{noise:g}% wrong labels").format(noise=100 * noise), style)
    draw_noise(test, settings.noise, _("the noise: no network does better"))
    draw_noise(training, settings.noise)
    for axes in (test, training, quality):
        label_ticks(axes, digits)
        axes.grid(alpha=0.3)
        axes.set(xlabel=_("training digits"), ylim=(0, None))
    training.set_ylim(test.get_ylim())
    test.set_ylabel(_("test error (%), band: all repetitions"))
    training.set_ylabel(_("training error (%), band: all repetitions"))
    title = _("the data's quality:\n{units} units, no dropout").format(units=settings.large)
    quality.set(title=title, ylabel=_("error on correct test labels (%)"))
    test.legend(loc="lower left", fontsize=9)
    quality.legend(fontsize=9)
    save_csv(folders.snapshots / "more_data.csv", rows_of(curves))
    return save_figure(drawing, folders.snapshots / "more_data.png")


def _draw_curve(axes, digits, errors, label, style):
    percent = 100 * errors
    axes.semilogx(digits, percent.mean(axis=1), label=label, markersize=5, **style)
    axes.fill_between(digits, percent.min(axis=1), percent.max(axis=1), color=style["color"], alpha=0.15)
