"""The figure of the experiment ``adversarial_training``, with its tables."""

from chapter6.artifacts import save_csv
from chapter6.figures import figure, localized, save_figure
from chapter6.language import N_, _, translate

LABELS = {"plain": N_("plain training"), "adversarial": N_("adversarial training")}
LINES = {"plain": ("o-", "#1b4f9c"), "adversarial": ("s--", "#d1495b")}


@localized
def draw(folders, epsilons, measured, settings):
    """Draw and tabulate the error rates of all networks, under attack and on the digits as they are.

    Args:
        folders: `chapter6.artifacts.Folders`.
        epsilons: Sizes of the attack, ascending.
        measured: List for each pair of a dict from ``"plain"`` and ``"adversarial"`` to a dict with the error
            rates ``"curve"`` [sizes] and ``"clean"``.
        settings: `chapter6.section_6_4.adversarial_training.Settings`.

    Returns:
        Path of the PNG.
    """
    drawing = figure(10, 4.8)
    drawing.suptitle(_("6-4.a: what adversarial training gains, and what it costs"), fontsize=15)
    curves, points = drawing.subplots(1, 2, width_ratios=[2, 1])
    under_attack, clean = {"epsilon": epsilons}, {"pair": range(len(measured))}
    for place, (name, (line, color)) in enumerate(LINES.items()):
        for number, pair in enumerate(measured):
            label = translate(LABELS[name]) if number == 0 else None
            curves.plot(epsilons, 100 * pair[name]["curve"], line, color=color, label=label)
            under_attack[f"{name}, pair {number}"] = pair[name]["curve"]
        clean[name] = [pair[name]["clean"] for pair in measured]
        shown = [100 * rate for rate in clean[name]]
        points.plot([place] * len(shown), shown, line[0], color=color, markersize=10, markerfacecolor="none")
    curves.axvline(settings.epsilon, color="0.5", linestyle=":", label=_("size in training"))
    curves.set_title(_("test digits under projected gradient descent"))
    label = _("size $\\epsilon$ of the perturbation, {norm}, white = 1")
    curves.set_xlabel(label.format(norm=r"$L_\infty$"))
    curves.set_ylabel(_("error rate (%)"))
    curves.set_ylim(-3, 103)
    curves.legend()
    points.set_title(_("all unperturbed test digits"))
    ticks = [translate(LABELS[name]).replace(" ", "\n") for name in LINES]
    points.set_xticks(range(len(ticks)), ticks)
    points.set_ylabel(_("error rate (%)"))
    points.update_datalim([(0, 0)])
    points.margins(x=0.4, y=0.1)
    points.set_ylim(bottom=0)
    for axes in (curves, points):
        axes.grid(alpha=0.3)
    save_csv(folders.snapshots / "error_under_attack.csv", under_attack)
    save_csv(folders.snapshots / "error_clean.csv", clean)
    return save_figure(drawing, folders.snapshots / "adversarial_training.png")
