"""The figures of the experiment ``optimal_discriminator``, with their tables."""

import numpy as np

from chapter6.artifacts import save_csv
from chapter6.figures import figure, localized, save_figure
from chapter6.gan.theory import optimal_discriminator
from chapter6.language import _

# Where below the densities the arrows from z to x = G(z) begin
NOISE = -0.6


@localized
def draw_densities(folders, grid, p_data, snapshots, settings):
    """Draw and tabulate the first GAN at some moments: densities, D and D*, and below where G takes z.

    Args:
        folders: `chapter6.artifacts.Folders`.
        grid: float array [cells], the numbers x.
        p_data: float array [cells], the density of the data.
        snapshots: List with a dict for each round, of all GANs: ``p_g`` and ``d`` [repetitions, cells] and
            ``G(z)`` [repetitions, 25] of as many z at equal distances.
        settings: `chapter6.section_6_4.optimal_discriminator.Settings`.

    Returns:
        Path of the PNG.
    """
    # Most happens at the start.
    moments = np.unique((np.linspace(0, 1, 4) ** 2 * (settings.rounds - 1)).round().astype(int))
    drawing = figure(10, 4.2)
    title = _("6-4.c: the first GAN during training (after figure 1 of Goodfellow et al., 2014)")
    drawing.suptitle(title)
    panels = drawing.subplots(1, len(moments), sharey=True, squeeze=False)[0]
    table = {"x": grid, "p_data": p_data}
    for axes, moment in zip(panels, moments, strict=True):
        p_g, d = snapshots[moment]["p_g"][0], snapshots[moment]["d"][0]
        best = optimal_discriminator(p_data, p_g)
        axes.plot(grid, p_data, color="black", linestyle=":", linewidth=2.5, label="$p_{data}$")
        axes.plot(grid, p_g, color="#2a9d5c", linewidth=1.5, label="$p_g$")
        axes.plot(
            grid,
            np.where(p_data + p_g > 1e-3, best, np.nan),
            color="0.7",
            linewidth=5,
            label="$D^*$",
            zorder=1,
        )
        axes.plot(grid, d, color="#1b4f9c", linestyle="--", linewidth=2, label=_("trained $D$"))
        done = moment * settings.generator_steps
        axes.set(xlim=(-4, 4), ylim=(NOISE - 0.05, 1.6))
        axes.set_title(_("after {updates:,} updates of G").format(updates=done))
        axes.grid(alpha=0.3)
        table |= {f"p_g after {done}": p_g, f"D after {done}": d, f"D* after {done}": best}
        for z, x in zip(np.linspace(-1, 1, 25), snapshots[moment]["G(z)"][0], strict=True):
            axes.annotate("", (x, -0.03), (2 * z, NOISE), arrowprops={"arrowstyle": "->", "color": "0.5"})
        axes.set_xlabel("x")
    panels[0].set_ylabel(_("density (per unit of x); probability D"))
    drawing.legend(*panels[0].get_legend_handles_labels(), loc="outside lower center", ncols=4)
    shares = np.linspace(0, 1.5, 4)
    labels = [str(_("z, uniform")), *(f"{share:g}" for share in shares)]
    panels[0].set_yticks([NOISE, *shares], labels)
    save_csv(folders.snapshots / "densities.csv", table)
    return save_figure(drawing, folders.snapshots / "densities.png")


@localized
def draw_values(folders, measures, settings):
    """Draw and tabulate V beside C(G), and |D - D*| and the JSD, against the updates of G.

    Args:
        folders: `chapter6.artifacts.Folders`.
        measures: dict from a measure's name to its values [rounds, repetitions].
        settings: `chapter6.section_6_4.optimal_discriminator.Settings`.

    Returns:
        Path of the PNG.
    """
    steps = settings.generator_steps * np.arange(settings.rounds)
    drawing = figure(10, 4.8)
    title = _("6-4.c: value of the game, {count} GANs (lines: mean; bars: standard deviation)")
    drawing.suptitle(title.format(count=settings.repetitions))
    left, right = drawing.subplots(1, 2)
    for name, line, label in (
        ("V(D, G)", "k--s", _("V(D, G) of the trained D")),
        ("C(G)", "k-o", r"C(G) = $-\log 4 + 2\,$JSD"),
    ):
        mean, deviation = measures[name].mean(axis=1), measures[name].std(axis=1, ddof=1)
        left.errorbar(steps, mean, deviation, fmt=line, label=label, markersize=4, capsize=2, linewidth=1)
    left.axhline(-np.log(4), color="0.4", linestyle=":", linewidth=2, label=r"$-\log 4$")
    left.set_ylabel(_("value (nats)"))
    for name, line, label in (
        ("JSD", "k-o", _("JSD($p_{data}$, $p_g$) (nats)")),
        ("|D - D*| in the game", "k:^", _("mean |D - D*|, G in training")),
        ("|D - D*|", "k--s", _("mean |D - D*|, G fixed")),
    ):
        right.semilogy(steps, measures[name].mean(axis=1), line, label=label, markersize=4)
    right.set_ylabel(_("mean over the GANs"))
    for axes in (left, right):
        axes.set_xlabel(_("updates of G"))
        axes.grid(alpha=0.3)
        axes.legend()
    table = {"updates of G": steps}
    for name, values in measures.items():
        table |= {f"{name} of GAN {number}": column for number, column in enumerate(values.T)}
    save_csv(folders.snapshots / "value.csv", table)
    return save_figure(drawing, folders.snapshots / "value.png")
