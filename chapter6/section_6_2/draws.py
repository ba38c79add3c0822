"""Draws of a learning rate against equations 6-4 and 6-5.

Slide: 6-2, equations 6-4 and 6-5, claim e.

The learning rate is 10^e with a uniform exponent e between -4 and -1 (`ten_to_the(-1, -4)`), drawn jointly
with a switch, which is on with probability 1/2. By equation 6-5 the learning rate x then has the density
1/(3x ln 10): every decade gets a third of the draws. Drawn uniformly itself, nine in ten would lie in the
last decade.
"""

from dataclasses import dataclass

import numpy as np

from chapter6.errors import InputError
from chapter6.experiment import Finding, Picture, Verdict, setting
from chapter6.language import N_, _

CLAIM = "6-2.e"
SENTENCE = _("Random search draws the exponent uniformly, log_learning_rate ~ u(-1, -4): log-uniform rates.")

# Of a test that finds a deviation where there is none.
SIGNIFICANCE = 0.001


@dataclass(frozen=True)
class Settings:
    """The draws."""

    draws: int = setting(20_000, _("joint draws; histograms of fewer are rough"), minimum=100, quick=2000)
    first: float = setting(-1.0, _("one end of the exponents, as the slide has it"), minimum=-37, maximum=38)
    last: float = setting(-4.0, _("the other end"), minimum=-37, maximum=38)
    bins: int = setting(30, _("of the histograms"), minimum=3)
    seed: int = setting(0, _("of the draws"), minimum=0)


def run(settings, folders):
    """Draw, test against the equations, and draw the histograms."""
    from chapter6.section_6_2.draws_drawing import draw

    if settings.first == settings.last:
        message = _("the exponents' ends must differ, received {exponent} twice")
        raise InputError(message.format(exponent=settings.first))
    low, high = sorted((settings.first, settings.last))
    rates, switches = joint_draws(settings.first, settings.last, settings.draws, settings.seed)
    exponents = np.log10(rates)
    picture = draw(rates, exponents, low, high, settings, folders)
    return _make_finding(exponents, switches, low, high, picture)


def joint_draws(first, last, draws, seed):
    """Return learning rates by equations 6-4 and 6-5, and a switch with each, as random search draws them.

    Args:
        first: One end of the exponents.
        last: The other end.
        draws: int, how many.
        seed: int of at least 0.

    Returns:
        Two float64 arrays [draws], the rates and the switches, the latter of 0 and 1.
    """
    from chapter6 import search

    space = search.hyperparameters(
        {"learning_rate": search.ten_to_the(first, last), "dropout": search.switch()}
    )
    rng = np.random.default_rng(seed)
    # The inverse of a marginal's distribution function, of a uniform number
    drawn = [[one.prob_to_value(rng.random()) for one in space.space] for _draw in range(draws)]
    return np.array(drawn).T


def _make_finding(exponents, switches, low, high, path):
    # Equation 6-4: log_learning_rate ~ u(-1, -4)
    distance, p = kolmogorov_smirnov((exponents - low) / (high - low))
    count, on = len(exponents), switches.mean()
    correlation = np.corrcoef(exponents, switches)[0, 1]
    # Both have a standard error of about 1/√n, the share of a fair switch half of it.
    fair = abs(on - 0.5) < 4 * 0.5 / count**0.5 and abs(correlation) < 4 / count**0.5
    thirds = np.diff(np.searchsorted(np.sort(exponents), np.linspace(low, high, 4))) / count
    # Of rates that are uniform themselves
    highest = (10.0**high - 10.0 ** (high - (high - low) / 3)) / (10.0**high - 10.0**low)
    return Finding(
        verdict=Verdict.illustrates((p > SIGNIFICANCE, fair)),
        short=_short(p > SIGNIFICANCE, fair, 100 * thirds, high - low == 3),
        why=_(
            "The learning rate is ten to a uniform exponent, so equal steps of the exponent are equally "
            "likely. Drawn uniformly itself, {share:.0f}% of the rates would lie in the highest third."
        ).format(share=100 * highest),
        limits=_(
            "This checks the equations, not that log-uniform rates are the best choice for a search: compare "
            "the experiment with random and grid search."
        ),
        table=_table(thirds, on, correlation, distance, p, count),
        pictures=(
            Picture(
                path,
                _(
                    "Compare the draws (grey) with the equations (red): uniform in the exponent, falling as "
                    "1/x in the learning rate."
                ),
            ),
        ),
    )


def _short(is_uniform, is_fair, thirds, is_three_decades):
    if not is_uniform:
        return _("The exponents drawn are not uniform: their deviation is more than chance explains.")
    if not is_fair:
        return _("The switch drawn is not fair, or not independent of the learning rate.")
    if is_three_decades:
        text = _("Every decade of the learning rate gets a third of the draws: {least:.1f}% to {most:.1f}%.")
    else:
        text = _(
            "Every third of the exponents' interval gets a third of the draws: {least:.1f}% to {most:.1f}%."
        )
    return text.format(least=thirds.min(), most=thirds.max())


def _table(thirds, on, correlation, distance, p, count):
    root = count**0.5
    percent = 100 * (1 / 3 * 2 / 3) ** 0.5 / root
    # Mean and standard deviation of √n times the distance by Kolmogorov's distribution
    rows = (
        (N_("lowest third of the exponents (%)"), 100 * thirds[0], 100 / 3, percent),
        (N_("middle third of the exponents (%)"), 100 * thirds[1], 100 / 3, percent),
        (N_("highest third of the exponents (%)"), 100 * thirds[2], 100 / 3, percent),
        (N_("Kolmogorov-Smirnov distance"), distance, 0.8687 / root, 0.2603 / root),
        (N_("its p-value"), p, np.nan, np.nan),
        (N_("switch on (%)"), 100 * on, 50.0, 50 / root),
        (N_("correlation of exponent and switch"), correlation, 0.0, 1 / root),
    )
    names = (N_("quantity"), N_("measured"), N_("expected"), N_("standard error"))
    return dict(zip(names, zip(*rows, strict=True), strict=True))


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
