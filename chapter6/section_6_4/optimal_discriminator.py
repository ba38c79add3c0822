"""A one-dimensional GAN beside its theory: trained D and D*, V and -log 4 + 2 JSD, p_g and p_data.

Slide: 6-4, claim c; figure 1 of Goodfellow et al. (2014).

The data are numbers, from a mixture of two normal distributions; the generator is a small network from
uniform noise to a number. Training is the paper's algorithm 1: some updates of D, one of G, with the loss of
the lecture's program. Now and then D is compared with D*, computed from the densities: as it is in the game,
and after G has stood still while D was trained on. p_g is known but for the width of a cell: a very fine
grid of noise is sent through G. Several GANs with other initial weights and samples are trained at once.
"""

from dataclasses import dataclass

import numpy as np

from chapter6 import artifacts
from chapter6.experiment import Finding, Verdict, setting
from chapter6.gan.theory import generator_criterion, js_divergence, optimal_discriminator, value

CLAIM = "6-4.c"
SENTENCE = "The best D is p_data / (p_data + p_g); then V = -log 4 + 2 JSD, least exactly where p_g = p_data."

LIMIT = 6.0
CELLS = 600
QUANTILES = 200_000


@dataclass(frozen=True)
class Settings:
    """The GANs and their training."""

    seed: int = setting(0, "of weights, data and noise", minimum=0, maximum=2**31 - 1)
    repetitions: int = setting(5, "GANs, for the spread", minimum=2, quick=2)
    hidden_units: int = setting(24, "in each of the two hidden layers of either network", minimum=1)
    spread: float = setting(
        3.0,
        "largest of the initial weights and biases of G's first layer; with 0.5 G stays almost a straight "
        "line for thousands of updates",
        above=0,
    )
    batch_size: int = setting(256, "numbers, and as many fakes, in an update", minimum=1, quick=64)
    rounds: int = setting(30, "times that D is compared with D*", minimum=2, quick=4)
    generator_steps: int = setting(100, "updates of G between two comparisons", minimum=1, quick=10)
    discriminator_steps: int = setting(4, "updates of D before each of G, so that D keeps up", minimum=1)
    settling_steps: int = setting(
        300, "updates of D while G stands still, before a comparison", minimum=1, quick=50
    )
    learning_rate: float = setting(2e-3, "of Adam for D; G has a quarter of it", above=0)


def run(settings, folders):
    """Train, compare, draw."""
    from chapter6.section_6_4.one_dimension import OneDimensionalGANs, data_density

    edges = np.linspace(-LIMIT, LIMIT, CELLS + 1)
    grid, width = (edges[1:] + edges[:-1]) / 2, edges[1] - edges[0]
    p_data = data_density(grid)
    snapshots = _train(OneDimensionalGANs(settings), edges, settings)

    def each(function, d="d"):
        """Evaluate at every snapshot and for every GAN: array [rounds, repetitions]."""
        return np.array([[function(*pair) for pair in zip(s["p_g"], s[d], strict=True)] for s in snapshots])

    def distance(p_g, d):
        # As either density sees it; where there is neither, D is not defined.
        return np.sum((p_data + p_g) / 2 * np.abs(d - optimal_discriminator(p_data, p_g))) * width

    measures = {
        "V(D, G)": each(lambda p_g, d: value(d, p_data, p_g, width)),
        "C(G)": each(lambda p_g, d: generator_criterion(p_data, p_g, width)),
        "JSD": each(lambda p_g, d: js_divergence(p_data, p_g, width)),
        "|D - D*|": each(distance),
        "|D - D*| in the game": each(distance, "d in the game"),
    }
    pictures = (
        _draw_densities(folders, grid, p_data, snapshots, settings),
        _draw_values(folders, measures, settings),
    )
    return _finding(measures, pictures)


def _train(gans, edges, settings):
    """Return for each round, of all GANs, p_g and D on the cells [repetitions, cells] and some G(z)."""
    grid = (edges[1:] + edges[:-1]) / 2
    noise = (np.arange(QUANTILES) + 0.5) / QUANTILES * 2 - 1
    snapshots = []
    for number in range(settings.rounds):
        if number:
            gans.train(settings.generator_steps, settings.discriminator_steps)
        in_the_game = gans.discriminate(grid)
        gans.train_discriminators(settings.settling_steps)
        d, samples = gans.discriminate(grid), gans.generate(noise)
        p_g = np.stack([_density(each, edges) for each in samples])
        some = gans.generate(np.linspace(-1, 1, 25))
        snapshots.append({"p_g": p_g, "d": d, "d in the game": in_the_game, "G(z)": some})
    return snapshots


def _density(samples, edges):
    """Return the density of samples on the cells between edges; what lies beyond counts in the last cell."""
    counts, _ = np.histogram(np.clip(samples, edges[0], edges[-1]), edges)
    return counts / (len(samples) * (edges[1] - edges[0]))


def _finding(measures, pictures):
    log_4 = float(np.log(4))
    gap = measures["C(G)"] - measures["V(D, G)"]
    start, end = (measures["C(G)"][place] + log_4 for place in (0, -1))
    jsd, distance, in_the_game = (measures[name] for name in ("JSD", "|D - D*|", "|D - D*| in the game"))
    # What theory says of any D and G; that training finds D*; that it ends where p_g = p_data.
    exact = bool(np.all(gap > -1e-9) and np.allclose(measures["C(G)"], 2 * jsd - log_4, rtol=0, atol=1e-9))
    close = float(np.median(distance)) < 0.05
    reached = bool(np.all(jsd[-1] < 0.01))
    verdict = Verdict.HOLDS if exact and close and reached else Verdict.PARTLY if exact else Verdict.FAILS
    worst = distance.max(axis=0)
    measured = (
        f"Trained while G stands still, D differs from D* by {np.median(distance):.3f} in the mean over x "
        f"(median of {gap.shape[0]} comparisons and {gap.shape[1]} GANs; each one's worst {worst.min():.3f} "
        f"to {worst.max():.3f}; untrained {in_the_game[0].mean():.3f}, in the game "
        f"{np.median(in_the_game[1:]):.3f}), and V(D, G) is below -log 4 + 2 JSD by {np.median(gap):.4f} "
        f"(median; {gap.min():.4f} to {gap.max():.4f}). As G moves, JSD falls from {jsd[0].mean():.3f} ± "
        f"{jsd[0].std(ddof=1):.3f} to {jsd[-1].mean():.4f} ± {jsd[-1].std(ddof=1):.4f}, and C(G) + log 4 "
        f"from {start.mean():.3f} to {end.mean():.4f}; both are 0 where p_g = p_data."
    )
    numbers = {
        "distance_from_optimal": float(np.median(distance)),
        "largest_distance_from_optimal": float(worst.max()),
        "distance_untrained": float(in_the_game[0].mean()),
        "distance_in_the_game": float(np.median(in_the_game[1:])),
        "smallest_gap": float(gap.min()),
        "median_gap": float(np.median(gap)),
        "largest_gap": float(gap.max()),
        "jsd_at_start": float(jsd[0].mean()),
        "jsd_at_end": float(jsd[-1].mean()),
        "largest_jsd_at_end": float(jsd[-1].max()),
    }
    return Finding(verdict, measured, pictures, numbers)


def _draw_densities(folders, grid, p_data, snapshots, settings):
    """Draw the first GAN at some moments: densities, D and D*; below, where G carries z."""
    # Most happens at the start.
    moments = np.unique((np.linspace(0, 1, 4) ** 2 * (settings.rounds - 1)).round().astype(int))
    figure = artifacts.figure(4 * len(moments), 6)
    figure.suptitle(
        "6-4.c: the first GAN while G moves (after figure 1 of Goodfellow et al., 2014)", fontsize=15
    )
    panels = figure.subplots(2, len(moments), sharex=True, sharey="row", squeeze=False, height_ratios=(3, 1))
    table = {"x": grid, "p_data": p_data}
    for (above, below), moment in zip(panels.T, moments, strict=True):
        p_g, d = snapshots[moment]["p_g"][0], snapshots[moment]["d"][0]
        best = optimal_discriminator(p_data, p_g)
        above.plot(grid, p_data, color="black", linestyle=":", linewidth=2.5, label="$p_{data}$")
        above.plot(grid, p_g, color="#2a9d5c", linewidth=1.5, label="$p_g$")
        above.plot(
            grid,
            np.where(p_data + p_g > 1e-3, best, np.nan),
            color="0.7",
            linewidth=6,
            label="$D^*$",
            zorder=1,
        )
        above.plot(grid, d, color="#1b4f9c", linestyle="--", linewidth=2, label="trained $D$")
        done = moment * settings.generator_steps
        above.set(xlim=(-4, 4), ylim=(-0.03, 1.6))
        above.set_title(f"after {done:,} updates of G", fontsize=13)
        above.grid(alpha=0.3)
        table |= {f"p_g after {done}": p_g, f"D after {done}": d, f"D* after {done}": best}
        for z, x in zip(np.linspace(-1, 1, 25), snapshots[moment]["G(z)"][0], strict=True):
            below.annotate("", (x, 1), (2 * z, 0), arrowprops={"arrowstyle": "->", "color": "0.3"})
        below.set(ylim=(0, 1), yticks=(0, 1))
        below.set_xlabel("x", fontsize=13)
    panels[0, 0].set_ylabel("density (per unit of x); probability D", fontsize=12)
    panels[0, 0].legend(fontsize=12, loc="upper right")
    panels[1, 0].set_yticks((0, 1), ("z, uniform", "x = G(z)"), fontsize=12)
    artifacts.save_csv(folders.snapshots / "densities.csv", table)
    return artifacts.save_figure(figure, folders.snapshots / "densities.png")


def _draw_values(folders, measures, settings):
    """Draw V beside C(G), and how far D is from D* and p_g from p_data, against the updates of G."""
    steps = settings.generator_steps * np.arange(settings.rounds)
    figure = artifacts.figure(13, 5.2)
    figure.suptitle(
        f"6-4.c: value of the game, {settings.repetitions} GANs (lines: mean; bars: standard deviation)",
        fontsize=15,
    )
    left, right = figure.subplots(1, 2)
    for name, line, label in (
        ("V(D, G)", "k--s", "V(D, G) of the trained D"),
        ("C(G)", "k-o", r"C(G) = $-\log 4 + 2\,$JSD"),
    ):
        mean, deviation = measures[name].mean(axis=1), measures[name].std(axis=1, ddof=1)
        left.errorbar(steps, mean, deviation, fmt=line, label=label, markersize=4, capsize=2, linewidth=1)
    left.axhline(-np.log(4), color="0.4", linestyle=":", linewidth=2, label=r"$-\log 4$")
    left.set_ylabel("value (nats)", fontsize=13)
    for name, line, label in (
        ("JSD", "k-o", r"JSD($p_{data}$, $p_g$) (nats)"),
        ("|D - D*| in the game", "k:^", "mean |D - D*| in the game"),
        ("|D - D*|", "k--s", "mean |D - D*|, G standing still"),
    ):
        right.semilogy(steps, measures[name].mean(axis=1), line, label=label, markersize=4)
    right.set_ylabel("mean over the GANs", fontsize=13)
    for axes in (left, right):
        axes.set_xlabel("updates of G", fontsize=13)
        axes.grid(alpha=0.3)
        axes.legend(fontsize=12)
    table = {"updates of G": steps}
    for name, values in measures.items():
        table |= {f"{name} of GAN {number}": column for number, column in enumerate(values.T)}
    artifacts.save_csv(folders.snapshots / "value.csv", table)
    return artifacts.save_figure(figure, folders.snapshots / "value.png")
