"""The figure of the experiment ``generator_losses``, with its table."""

import numpy as np

from chapter6.artifacts import save_csv
from chapter6.figures import figure, localized, save_figure
from chapter6.language import _

NAMES = {"saturating": "log(1 - D(G(z)))", "non-saturating": "-log D(G(z))"}
STYLES = {"saturating": ("--", "#d1495b"), "non-saturating": ("-", "#1b4f9c")}


@localized
def draw(folders, measured, settings):
    """Draw and tabulate the gradients of both losses and D(G(z)) against the iteration.

    Args:
        folders: `chapter6.artifacts.Folders`.
        measured: dict from the loss that G is trained with to an array [repetitions, steps, 3]: norms of the
            gradients of the saturating and the non-saturating loss, and the mean of D(G(z)).
        settings: `chapter6.section_6_4.generator_losses.Settings`.

    Returns:
        Path of the PNG.
    """
    steps = np.arange(1, settings.steps + 1)
    drawing = figure(10, 4.2)
    title = _("6-4.c: two losses for the generator of the lecture's GAN; {count} GANs, thick: geometric mean")
    drawing.suptitle(title.format(count=settings.repetitions))
    trained_with = _("trained with {loss}")
    table = {"iteration": steps}
    *gradients, fooled = drawing.subplots(1, 3)
    gradients[1].sharey(gradients[0])
    for axes, driver in zip(gradients, ("non-saturating", "saturating"), strict=True):
        for column, loss in enumerate(NAMES):
            values = measured[driver][:, :, column]
            _draw_lines(axes, steps, values, *STYLES[loss], _("gradient of {loss}").format(loss=NAMES[loss]))
            for number, each in enumerate(values):
                table[f"gradient of {loss}, trained with {driver}, GAN {number}"] = each
        axes.set_title(trained_with.format(loss=NAMES[driver]))
        axes.set_ylabel(_("norm of the gradient by $\\theta_G$"))
    for driver in NAMES:
        values = measured[driver][:, :, 2]
        _draw_lines(fooled, steps, values, *STYLES[driver], trained_with.format(loss=NAMES[driver]))
        for number, each in enumerate(values):
            table[f"D(G(z)), trained with {driver}, GAN {number}"] = each
    fooled.set_title(_("D on the fakes"))
    fooled.set_ylabel(_("mean D(G(z))"))
    for axes in (*gradients, fooled):
        axes.axvspan(1, settings.early, color="0.93", zorder=0)
        axes.set_xlabel(_("iteration (grey: early)"))
        axes.grid(alpha=0.3)
        axes.legend(fontsize=9)
    save_csv(folders.snapshots / "gradients.csv", table)
    return save_figure(drawing, folders.snapshots / "gradients.png")


def _draw_lines(axes, steps, values, style, color, label):
    """Draw each repetition [repetitions, steps] thin, thick what is left of them without the noise."""
    # float32's smallest number: a gradient can be rounded to 0.
    values = np.maximum(values, 1e-38)
    axes.loglog(steps, values.T, color=color, linewidth=0.4, alpha=0.35)
    # Geometric means, over the repetitions and over neighbours that lie closer than the line is wide.
    starts = np.unique(np.geomspace(1, len(steps), 60).astype(int)) - 1
    counts = np.diff(starts, append=len(steps))
    places, means = (
        np.exp(np.add.reduceat(logs, starts) / counts)
        for logs in (np.log(steps), np.log(values).mean(axis=0))
    )
    axes.loglog(places, means, linestyle=style, color=color, linewidth=2.5, label=label)
