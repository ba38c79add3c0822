"""The figure of the experiment ``adversarial_training``, with its tables."""

import math

from chapter6.artifacts import save_csv
from chapter6.figures import figure, localized, save_figure
from chapter6.language import N_, _, translate

LABELS = {"plain": N_("plain training"), "adversarial": N_("adversarial training")}
LINES = {"plain": ("o-", "#1b4f9c"), "adversarial": ("s--", "#d1495b")}


@localized
def draw(folders, epsilons, errors, clean, count, settings):
    """Draw and tabulate the error rates of both networks, under attack and on the digits as they are.

    Args:
        folders: `chapter6.artifacts.Folders`.
        epsilons: Sizes of the attack, ascending.
        errors: dict from ``"plain"`` and ``"adversarial"`` to the error rates [sizes] under attack.
        clean: dict likewise to the error rate on unperturbed digits.
        count: Number of unperturbed digits.
        settings: `chapter6.section_6_4.adversarial_training.Settings`.

    Returns:
        Path of the PNG.
    """
    drawing = figure(13, 5.2)
    drawing.suptitle(_("6-4.a: what adversarial training gains, and what it costs"), fontsize=15)
    curves, bars = drawing.subplots(1, 2, width_ratios=[3, 1])
    for name, (line, color) in LINES.items():
        curves.plot(epsilons, 100 * errors[name], line, color=color, label=translate(LABELS[name]))
    curves.axvline(settings.epsilon, color="0.5", linestyle=":", label=_("size in training"))
    curves.set_title(_("test digits under projected gradient descent"))
    label = _("size $\\epsilon$ of the perturbation, {norm}, white = 1")
    curves.set_xlabel(label.format(norm=r"$L_\infty$"), fontsize=12)
    curves.set_ylabel(_("error rate (%)"), fontsize=12)
    curves.set_ylim(-3, 103)
    curves.grid(alpha=0.3)
    curves.legend(fontsize=12)
    _draw_clean(bars, clean, count)
    save_csv(folders.snapshots / "error_under_attack.csv", {"epsilon": epsilons} | errors)
    table = {"training": list(clean), "error as they are": list(clean.values())}
    save_csv(folders.snapshots / "error_clean.csv", table)
    return save_figure(drawing, folders.snapshots / "adversarial_training.png")


def _draw_clean(axes, clean, count):
    for place, rate in enumerate(clean.values()):
        spread = math.sqrt(rate * (1 - rate) / count)
        axes.bar(place, 100 * rate, yerr=100 * spread, color=("0.75", "0.45")[place], capsize=6)
        axes.annotate(
            f"{rate:.2%}",
            (place, 100 * (rate + spread)),
            (0, 4),
            textcoords="offset points",
            ha="center",
        )
    axes.set_title(_("all {count:,} unperturbed digits").format(count=count))
    ticks = [translate(LABELS[name]) for name in clean]
    axes.set_xticks(range(len(clean)), [tick.replace(" ", "\n") for tick in ticks], fontsize=12)
    axes.set_ylabel(_("error rate (%), ± standard error"), fontsize=12)
    axes.margins(x=0.15, y=0.15)
