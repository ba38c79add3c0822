"""The picture of the experiment `draws`: histograms of the draws and the densities of the equations."""

import numpy as np

from chapter6.artifacts import save_csv
from chapter6.figures import figure, localized, save_figure
from chapter6.language import _

GREY = {"color": "0.75", "edgecolor": "0.5"}
LINE = {"color": "#d1495b", "linewidth": 2}


@localized
def draw(rates, exponents, low, high, settings, folders):
    """Save the histograms of the draws with the equations' densities, and their table.

    Args:
        rates: Learning rates, [draws].
        exponents: Their logarithms to base 10.
        low: Lower end of the exponents.
        high: Upper end.
        settings: The experiment's ``Settings``.
        folders: `chapter6.artifacts.Folders` to write to.

    Returns:
        Path of the picture.
    """
    drawing = figure(10, 4.2)
    title = _(
        "Equations 6-4 and 6-5: log_learning_rate ~ u({first:g}, {last:g}), "
        "learning_rate = 10^log_learning_rate; {draws} draws"
    )
    drawing.suptitle(title.format(first=settings.first, last=settings.last, draws=settings.draws))
    panels = drawing.subplots(1, 3)
    edges = np.linspace(low, high, settings.bins + 1)
    heights, _edges = np.histogram(exponents, edges, density=True)
    _draw_exponents(panels[0], heights, edges, low, high)
    _draw_rates(panels[1], rates, np.linspace(10.0**low, 10.0**high, settings.bins + 1), low, high)
    _draw_rates(panels[2], rates, 10.0**edges, low, high)
    panels[1].set_title(_("linear axis"))
    panels[2].set(xscale="log", title=_("logarithmic axis"))
    for axes in panels:
        axes.legend()
    save_csv(
        folders.snapshots / "draws.csv",
        {
            "log10_from": edges[:-1],
            "log10_to": edges[1:],
            "density_of_log10": heights,
            "equation_6_4": [1 / (high - low)] * settings.bins,
            "density": np.histogram(rates, 10.0**edges, density=True)[0],
            # The mean of the density over the bin
            "equation_6_5": 1 / (settings.bins * np.diff(10.0**edges)),
        },
    )
    return save_figure(drawing, folders.snapshots / "draws.png")


def _draw_exponents(axes, heights, edges, low, high):
    axes.stairs(heights, edges, fill=True, label=_("draws"), **GREY)
    axes.plot([low, high], [1 / (high - low)] * 2, label=_("equation 6-4"), **LINE)
    fine = np.linspace(low, high, 300)
    # Had the rate itself been uniform: the density of its logarithm
    if_uniform = 10.0**fine * np.log(10) / (10.0**high - 10.0**low)
    axes.plot(fine, if_uniform, "--", color="black", label=_("if the rate itself were uniform"))
    axes.set(xlabel=_("log10(learning rate)"), ylabel=_("density"), ylim=(0, 1.4 * if_uniform.max()))


def _draw_rates(axes, rates, bins, low, high):
    heights, _edges = np.histogram(rates, bins, density=True)
    axes.stairs(heights, bins, fill=True, label=_("draws"), **GREY)
    x = 10.0 ** np.linspace(low, high, 300)
    label = _("equation 6-5: {formula}").format(formula=f"$1/({high - low:g}\\,\\ln 10\\;x)$")
    axes.plot(x, density(x, low, high), label=label, **LINE)
    axes.set(xlabel=_("learning rate"), ylabel=_("density"), yscale="log")
    # Room for the legend
    axes.set_ylim(top=20 * density(10.0**low, low, high))


def density(rates, low, high):
    """Return the density of 10^e, e ~ u(low, high): by equation 6-5, 1 / ((high - low) ln(10) x).

    >>> round(float(density(0.1, -4, -1)), 4)
    1.4476
    """
    return 1 / ((high - low) * np.log(10) * np.asarray(rates))
