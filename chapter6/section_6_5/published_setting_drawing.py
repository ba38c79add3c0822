"""The picture of the experiment `published_setting`: accuracy beside the published one, and time."""

import numpy as np

from chapter6.figures import figure, localized, save_figure
from chapter6.language import _, translate

LINES = {
    "0-4": {"color": "#111111", "linestyle": "-", "marker": "o"},
    "5-9, frozen": {"color": "#1b4f9c", "linestyle": "--", "marker": "s"},
    "5-9, from scratch": {"color": "#d1495b", "linestyle": "-.", "marker": "^"},
}


@localized
def draw(courses, published, folders):
    """Save the picture of the published setting.

    Args:
        courses: dict from the training's name to its `chapter6.section_6_5.training.Course`.
        published: dict from the training's name to the published accuracy (%).
        folders: `Folders` to write to.

    Returns:
        Path of the picture.
    """
    drawing = figure(10, 4.6)
    drawing.suptitle(_("6-5.a: the published setting of the transfer from 0-4 to 5-9"))
    accuracy, times = drawing.subplots(1, 2, width_ratios=[3, 2])
    _draw_accuracy(accuracy, courses, published)
    _draw_times(times, courses)
    return save_figure(drawing, folders.snapshots / "published_setting.png")


def _draw_accuracy(axes, courses, published):
    epochs = np.arange(1, 1 + len(courses["0-4"].accuracy))
    for name, course in courses.items():
        axes.plot(epochs, course.accuracy, label=translate(name), **LINES[name])
    for name, share in published.items():
        look = LINES[name]
        label = _("published, {name}").format(name=_(name))
        axes.axhline(share, alpha=0.6, color=look["color"], linestyle=look["linestyle"], label=label)
    axes.set(xlabel=_("epoch"), ylabel=_("test accuracy (%)"), xticks=epochs)
    axes.grid(alpha=0.3)
    axes.legend(loc="lower right", fontsize=9)


def _draw_times(axes, courses):
    for row, course in enumerate(courses.values()):
        middle = np.median(course.seconds)
        reach = [[middle - min(course.seconds)], [max(course.seconds) - middle]]
        axes.barh(row, middle, xerr=reach, color="0.75", edgecolor="0.2", capsize=3)
        axes.annotate(f"{middle:.1f}", (max(course.seconds), row), (5, -3), textcoords="offset points")
    axes.set(xlabel=_("epoch (s): median, least, most"), yticks=range(len(courses)))
    axes.set_yticklabels(list(map(translate, courses)))
    axes.margins(x=0.2)
    axes.invert_yaxis()
