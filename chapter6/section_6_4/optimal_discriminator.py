"""A one-dimensional GAN beside its theory: trained D and D*, V and -log 4 + 2 JSD, p_g and p_data.

Slide: 6-4, claim c; figure 1 of Goodfellow et al. (2014).

The data are numbers from a mixture of two normal distributions; the generator G is a small network from
uniform noise to a number. Training is algorithm 1 of the paper, some updates of D before each of G, with the
losses of the lecture's program. Now and then D is compared with D*, which is computed from the densities: as
it is, and after further training while G is fixed. Several GANs are trained at once. The verdict is on the
training. The theorem, that no V(D, G) is above C(G) = -log 4 + 2 JSD, is true by definition: the table has it
on the grid, and a run that contradicts it is in error.
"""

from dataclasses import dataclass

import numpy as np

from chapter6.experiment import Finding, Picture, Verdict, setting
from chapter6.gan.theory import generator_criterion, js_divergence, optimal_discriminator, value
from chapter6.language import N_, _

CLAIM = "6-4.c"
SENTENCE = _(
    "Trained, D becomes p_data / (p_data + p_g), the best D, and p_g becomes p_data, where V is least, -log "
    "4."
)

LIMIT = 6.0
CELLS = 600
QUANTILES = 200_000
# D is wrong by 5 points of probability in the median; and at this JSD, in nats, even D* is right on at most
# 57 %, since the total variation is at most sqrt(2 JSD) (Pinsker).
CLOSE, NEAR = 0.05, 0.01


@dataclass(frozen=True)
class Settings:
    """The GANs and their training."""

    seed: int = setting(0, _("seed of weights, data and noise"), minimum=0, maximum=2**31 - 1)
    repetitions: int = setting(5, _("GANs, for the spread"), minimum=2, quick=2)
    hidden_units: int = setting(24, _("in each of the two hidden layers of either network"), minimum=1)
    spread: float = setting(
        3.0,
        _(
            "bound of the initial weights and biases of G's first layer; with 0.5 G stays almost a straight "
            "line for thousands of updates"
        ),
        above=0,
    )
    batch_size: int = setting(256, _("batch size, of the data and of the fakes"), minimum=1, quick=64)
    rounds: int = setting(30, _("times that D is compared with D*"), minimum=2, quick=4)
    generator_steps: int = setting(100, _("updates of G between two comparisons"), minimum=1, quick=10)
    discriminator_steps: int = setting(4, _("updates of D before each of G, so that D keeps up"), minimum=1)
    settling_steps: int = setting(
        300, _("updates of D while G is fixed, before a comparison"), minimum=1, quick=50
    )
    learning_rate: float = setting(2e-3, _("learning rate of Adam for D; a quarter of it for G"), above=0)


def run(settings, folders):
    """Train, compare, draw."""
    from chapter6.section_6_4.one_dimension import OneDimensionalGANs, data_density
    from chapter6.section_6_4.optimal_discriminator_drawing import draw_densities, draw_values

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
        Picture(
            draw_densities(folders, grid, p_data, snapshots, settings),
            _("Compare the trained D (dashed) with D* (grey), and see p_g move towards p_data."),
        ),
        Picture(
            draw_values(folders, measures, settings),
            _(
                "Left, how far V stays below C(G) and C(G) above -log 4; right, how far D is from D* and p_g "
                "from p_data."
            ),
        ),
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
    jsd, distance, in_the_game = (measures[name] for name in ("JSD", "|D - D*|", "|D - D*| in the game"))
    identity = np.abs(measures["C(G)"] - (2 * jsd - log_4))
    # The theorem, of any D and G.
    exact = bool(np.all(gap > -1e-9) and np.all(identity < 1e-9))
    close, reached = float(np.median(distance)) < CLOSE, bool(np.all(jsd[-1] < NEAR))
    rows = {
        N_("theorem: C(G) - V(D, G), at least 0 (nats)"): gap,
        N_("theorem: C(G) against -log 4 + 2 JSD (nats)"): identity,
        N_("|D - D*|, G fixed"): distance,
        N_("|D - D*|, G fixed, worst of a GAN"): distance.max(axis=0),
        N_("|D - D*|, G in training"): in_the_game[1:],
        N_("|D - D*|, D untrained"): in_the_game[0],
        N_("JSD at first (nats)"): jsd[0],
        N_("JSD at the end (nats)"): jsd[-1],
    }
    return Finding(
        verdict=Verdict.of([close, reached]) if exact else Verdict.FAILS,
        short=_short(exact, reached, jsd).format(distance=np.median(distance), jsd=jsd[-1].mean()),
        why=_(
            "At each x the best D weighs the two densities against each other. Every other D has a smaller "
            "V, so V stays below C(G) = -log 4 + 2 JSD, which is least where p_g = p_data."
        ),
        limits=_limits(exact, close, reached).format(count=jsd.shape[1]),
        table={
            N_("measure"): list(rows),
            N_("median"): [np.median(values) for values in rows.values()],
            N_("mean"): [np.mean(values) for values in rows.values()],
            N_("std. dev."): [np.std(values, ddof=1) for values in rows.values()],
            N_("least"): [np.min(values) for values in rows.values()],
            N_("most"): [np.max(values) for values in rows.values()],
        },
        pictures=pictures,
    )


def _short(exact, reached, jsd):
    """Return the sentence to remember, whose values are the distance of D from D* and the last JSD."""
    if not exact:
        return _("The values measured contradict the theory of the optimal discriminator.")
    if reached:
        return _(
            "The trained D differs from D* by {distance:.3f} on average, and training brings the JSD near "
            "its minimum of zero, to {jsd:.4f}."
        )
    if jsd[-1].mean() < jsd[0].mean():
        return _(
            "The trained D differs from D* by {distance:.3f} on average; training brings the JSD down to "
            "{jsd:.3f}, but not to zero."
        )
    return _(
        "The trained D differs from D* by {distance:.3f} on average; training does not bring the JSD down: "
        "it ends at {jsd:.3f}."
    )


def _limits(exact, close, reached):
    """Return the limits, whose value is the number of GANs."""
    if not exact:
        return _(
            "V(D, G) is above C(G) somewhere, or C(G) is not -log 4 + 2 JSD: more likely an error of the "
            "computation than of the theory. {count} GANs in one dimension."
        )
    if close and reached:
        return _(
            "{count} GANs in one dimension, where the densities are known; training need not end as near."
        )
    if close:
        return _(
            "Holds: trained while G is fixed, D comes near D*. Does not hold: training does not reach p_g = "
            "p_data. {count} GANs in one dimension, where the densities are known; no V is above its bound."
        )
    if reached:
        return _(
            "Holds: training ends near p_g = p_data. Does not hold: D does not come near D*. {count} GANs in "
            "one dimension, where the densities are known; no V is above its bound."
        )
    return _(
        "D does not come near D*, nor p_g near p_data. {count} GANs in one dimension, where the densities "
        "are known; no V is above its bound."
    )
