"""The picture of the experiment `mnist_curves`: training loss and validation accuracy against the step."""

import numpy as np

from chapter6.artifacts import save_csv
from chapter6.figures import figure, localized, save_figure
from chapter6.language import _
from chapter6.section_6_3.optimizer_specs import optimizer_specs


@localized
def draw(curves, chosen, settings, folders):
    """Save the picture and its table.

    Args:
        curves: Mapping from an optimizer's name to what `SideBySide.train` returns.
        chosen: Mapping likewise to the learning rate.
        settings: The experiment's ``Settings``.
        folders: `Folders` to write to.

    Returns:
        Path of the picture.
    """
    drawing = figure(10, 5)
    title = _("6-3.f: MNIST, 784-{units}-10, mean of {repetitions} repetitions at the best rate")
    drawing.suptitle(title.format(units=settings.units, repetitions=settings.rates))
    losses, accuracies = drawing.subplots(1, 2)
    table = {}
    for spec in optimizer_specs():
        each = curves[spec.name]
        width = max(1, len(each["train_loss"]) // 40)
        running = np.convolve(each["train_loss"].mean(axis=1), np.ones(width) / width, "valid")
        label = _("{optimizer}, {rate:.2g}").format(optimizer=_(spec.name), rate=chosen[spec.name])
        losses.semilogy(np.arange(len(running)) + width, running, label=label, markevery=0.1, **spec.line)
        shares = 100 * each["validation_accuracy"]
        spread = shares.std(axis=1, ddof=1)
        accuracies.errorbar(
            each["validation_steps"], shares.mean(axis=1), spread, label=label, capsize=2, **spec.line
        )
        table[spec.name] = each["train_loss"].mean(axis=1)
    losses.set(xlabel=_("step"), ylabel=_("training loss (nats), running mean"))
    accuracies.set(xlabel=_("step"), ylabel=_("validation accuracy (%), bars: standard deviation"))
    for axes in (losses, accuracies):
        axes.grid(alpha=0.3, which="both")
    accuracies.legend(title=_("learning rate"), fontsize=9)
    save_csv(folders.snapshots / "train_loss.csv", {"step": range(1, 1 + len(table["Adam"]))} | table)
    return save_figure(drawing, folders.snapshots / "curves.png")
