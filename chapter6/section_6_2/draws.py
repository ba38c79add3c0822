"""Draws of a learning rate against equations 6-4 and 6-5.

Slide: 6-2, equations 6-4 and 6-5, claim e.

The marginal distributions of random search: for the learning rate 10^e with a uniform exponent e between -4
and -1 (`ten_to_the(-1, -4)`, which is log-uniform), for a switch a Bernoulli one, drawn jointly and
independently. By equation 6-5 the learning rate x has the density 1 / (3 ln(10) x): every decade gets a third
of the draws. Drawn uniformly from the same interval instead, nine in ten would lie in the last decade.
"""

from dataclasses import dataclass

import numpy as np

from chapter6 import artifacts
from chapter6.errors import InputError
from chapter6.experiment import Finding, Verdict, setting

CLAIM = "6-2.e"
SENTENCE = "Random search draws the exponent uniformly, log_learning_rate ~ u(-1, -4): log-uniform rates."

# Of a test that finds a deviation where there is none.
SIGNIFICANCE = 0.001


@dataclass(frozen=True)
class Settings:
    """The draws."""

    draws: int = setting(20_000, "joint draws; histograms of fewer are rough", minimum=100, quick=2000)
    first: float = setting(-1.0, "one end of the exponents, as the slide has it", minimum=-37, maximum=38)
    last: float = setting(-4.0, "the other end", minimum=-37, maximum=38)
    bins: int = setting(30, "of the histograms", minimum=3)
    seed: int = setting(0, "of the draws", minimum=0)


def run(settings, folders):
    """Draw, test against the equations, and draw the histograms."""
    from chapter6.search import hyperparameters, switch, ten_to_the

    if settings.first == settings.last:
        raise InputError(f"the exponents' ends must differ, received {settings.first} twice")
    low, high = sorted((settings.first, settings.last))
    space = hyperparameters({"learning_rate": ten_to_the(settings.first, settings.last), "dropout": switch()})
    rng = np.random.default_rng(settings.seed)
    # The inverse of a marginal's distribution function, of a uniform number; as random search draws.
    rates, switches = np.array(
        [[one.prob_to_value(rng.random()) for one in space.space] for _ in range(settings.draws)]
    ).T
    exponents = np.log10(rates)
    # Equation 6-4: log_learning_rate ~ u(-1, -4)
    distance, p = kolmogorov_smirnov((exponents - low) / (high - low))
    picture = _draw(rates, exponents, low, high, settings, folders)

    on, count = switches.mean(), settings.draws
    correlation = np.corrcoef(exponents, switches)[0, 1]
    # Both have a standard error of about 1/√n, the share of a fair switch half of it.
    fair = abs(on - 0.5) < 4 * 0.5 / count**0.5 and abs(correlation) < 4 / count**0.5
    verdict = Verdict.HOLDS if p > SIGNIFICANCE and fair else Verdict.FAILS
    decades = np.diff(np.searchsorted(np.sort(exponents), np.linspace(low, high, 4))) / count
    shares = ", ".join(f"{share:.1%}" for share in decades)
    measured = (
        f"{count} draws: the largest distance between the distribution of log10(learning rate) and "
        f"u({settings.first:g}, {settings.last:g}) is {distance:.4f} (Kolmogorov-Smirnov, p = {p:.2f}); its "
        f"thirds hold {shares} of them; the switch is on in {on:.1%}; their correlation is {correlation:.3f} "
        f"(by chance up to about {2 / count**0.5:.3f})."
    )
    numbers = {
        "Kolmogorov-Smirnov distance": float(distance),
        "p": float(p),
        "share of switches on": float(on),
        "correlation": float(correlation),
    }
    return Finding(verdict, measured, (picture,), numbers)


def kolmogorov_smirnov(draws):
    """Return the largest distance of the draws' distribution from u(0, 1), and its asymptotic p-value.

    >>> import numpy as np
    >>> kolmogorov_smirnov((np.arange(100) + 0.5) / 100)[0]
    0.005
    """
    ordered, n = np.sort(draws), len(draws)
    steps = np.arange(n + 1) / n
    distance = max((steps[1:] - ordered).max(), (ordered - steps[:-1]).max())
    # Kolmogorov: P(√n D > t) -> 2 Σ (-1)^(k-1) exp(-2 k² t²); the series converges for t that are not tiny.
    k = np.arange(1, 101)
    p = 2 * np.sum((-1.0) ** (k - 1) * np.exp(-2 * k**2 * max(n * distance**2, 0.04)))
    return float(round(distance, 12)), float(min(1, p))


def density(rates, low, high):
    """Return the density of 10^e, e ~ u(low, high): by equation 6-5, 1 / ((high - low) ln(10) x).

    >>> round(float(density(0.1, -4, -1)), 4)
    1.4476
    """
    return 1 / ((high - low) * np.log(10) * np.asarray(rates))


def _draw(rates, exponents, low, high, settings, folders):
    figure = artifacts.figure(13, 4.6)
    figure.suptitle(
        f"Equations 6-4 and 6-5: log_learning_rate ~ u({settings.first:g}, {settings.last:g}), "
        f"learning_rate = 10^log_learning_rate; {settings.draws} draws"
    )
    uniform, linear, logarithmic = figure.subplots(1, 3)
    grey, line = {"color": "0.75", "edgecolor": "0.5"}, {"color": "#d1495b", "linewidth": 2}

    edges = np.linspace(low, high, settings.bins + 1)
    heights, _ = np.histogram(exponents, edges, density=True)
    uniform.stairs(heights, edges, fill=True, label="draws", **grey)
    uniform.plot([low, high], [1 / (high - low)] * 2, label="equation 6-4", **line)
    fine = np.linspace(low, high, 300)
    # Had the rate itself been uniform: the density of its logarithm
    if_uniform = 10.0**fine * np.log(10) / (10.0**high - 10.0**low)
    uniform.plot(fine, if_uniform, "--", color="black", label="if the rate itself were uniform")
    uniform.set(xlabel="log10(learning rate)", ylabel="density", ylim=(0, 4 / (high - low)))

    for axes, bins in (
        (linear, np.linspace(10.0**low, 10.0**high, settings.bins + 1)),
        (logarithmic, 10.0**edges),
    ):
        of_rates, _ = np.histogram(rates, bins, density=True)
        axes.stairs(of_rates, bins, fill=True, label="draws", **grey)
        x = 10.0**fine
        axes.plot(
            x, density(x, low, high), label="equation 6-5: $1/(%g\\,\\ln 10\\;x)$" % (high - low), **line
        )
        axes.set(xlabel="learning rate", ylabel="density", yscale="log")
    linear.set_title("linear axis")
    logarithmic.set(xscale="log", title="logarithmic axis")
    for axes in (uniform, linear, logarithmic):
        axes.legend()
    artifacts.save_csv(
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
    return artifacts.save_figure(figure, folders.snapshots / "draws.png")
