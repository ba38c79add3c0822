"""Figure 6-5: one loss, learning rates from too small to too large.

Slide: 6-3, figure 6-5, claim 6-3.a.

Gradient descent on f = 0.1 x1^2 + 2 x2^2. Its largest curvature is 4, so plain gradient descent converges
for rates below 2/4 = 0.5 and for no others; from 1/4 on every step jumps over the minimum of the steep
direction. Three pictures: the steep direction alone, as the slide draws it; the paths in the plane; and the
number of steps to a millionth of the loss against the learning rate, without momentum and with, for every
rate at once.
"""

import itertools
from dataclasses import dataclass

import numpy as np

from chapter6 import artifacts
from chapter6.experiment import Finding, Verdict, setting
from chapter6.section_6_3.descent import descend
from chapter6.section_6_3.drawing import draw_objective
from chapter6.section_6_3.objectives import BOWL

CLAIM = "6-3.a"
SENTENCE = "Too small a learning rate is slow, too large a one jumps over the optimum; momentum helps."

STYLES = (
    {"color": "0.5", "marker": "o"},
    {"color": "black", "marker": "s"},
    {"color": "tab:blue", "marker": "^"},
)
STYLES += ({"color": "tab:red", "marker": "v"},)
REGIMES = ("too small", "good", "nearly too large", "too large")
SMALLER = 1e-6


@dataclass(frozen=True)
class Settings:
    """Which rates are drawn and tried."""

    drawn: tuple[float, ...] = setting((0.01, 0.4, 0.49, 0.51), "four rates drawn; the bound is 0.5", above=0)
    drawn_steps: int = setting(25, "steps drawn; more would hide each other", minimum=1)
    momenta: tuple[float, ...] = setting((0.0, 0.5, 0.9), "momenta compared; 0 is none", minimum=0, below=1)
    rates: int = setting(81, "rates tried from 0.001 to 2, evenly on a log scale", minimum=2, quick=33)
    steps: int = setting(4000, "steps allowed, enough for the smallest rate", minimum=1, quick=400)


def run(settings, folders):
    """Draw figure 6-5 and count the steps to the minimum at every rate."""
    import keras

    def loss(points, step):
        return BOWL.loss(points[:, 0], points[:, 1])

    def losses_only(points, gradients, step):
        return loss(points, step)

    drawn = np.array(settings.drawn)
    starts = np.tile(BOWL.start, (len(drawn), 1))
    paths = descend(keras.optimizers.SGD, drawn[:, None], loss, starts, settings.drawn_steps)
    rates = np.geomspace(1e-3, 2, settings.rates)
    starts = np.tile(BOWL.start, (len(rates), 1))
    needed = {}
    for momentum in settings.momenta:
        make = _with_momentum(momentum)
        needed[momentum] = _steps_needed(
            descend(make, rates[:, None], loss, starts, settings.steps, losses_only)
        )
    picture = _draw(settings, folders, paths, rates, needed)
    return _make_finding(settings, rates, needed, picture)


def _with_momentum(momentum):
    import keras

    return lambda rate: keras.optimizers.SGD(rate, momentum=momentum)


def _steps_needed(losses):
    """Return the step from which each run's loss stays below a millionth of the first, or NaN."""
    with np.errstate(invalid="ignore"):
        above = ~(losses <= SMALLER * losses[0])
    after_last_above = len(losses) - above[::-1].argmax(axis=0)
    return np.where(above[-1], np.nan, np.where(above.any(axis=0), after_last_above, 0))


def _make_finding(settings, rates, needed, picture):
    least = min(needed)
    plain = needed[least]
    arrived = np.flatnonzero(np.isfinite(plain))
    if not arrived.size:
        words = f"no rate reached a millionth of the loss in {settings.steps} steps"
        return Finding(Verdict.FAILS, words, (picture,))
    best = arrived[np.nanargmin(plain[arrived])]
    slow = np.abs(np.log(rates / 0.01)).argmin()
    largest = rates[arrived[-1]]
    fewest = {
        momentum: float(np.nanmin(counts)) for momentum, counts in needed.items() if np.isfinite(counts).any()
    }
    # Gradient descent with momentum α converges for rates below 2 (1 + α) / largest curvature.
    bound = (1 + least) / 2
    holds = largest < bound and not plain[slow] <= 3 * plain[best]
    helps = min(fewest.values()) < fewest[least]
    verdict = Verdict.of((holds, helps))
    slow_words = f"{plain[slow]:.0f}" if np.isfinite(plain[slow]) else f"more than {settings.steps}"
    others = ", ".join(f"{fewest[m]:.0f} with momentum {m:g}" for m in fewest if m != least)
    measured = (
        f"To a millionth of the loss: {slow_words} steps at a rate of {rates[slow]:.2g}, {plain[best]:.0f} "
        f"at {rates[best]:.2g}, the best; never at rates above {largest:.2g} (the bound is {bound:g}). At "
        f"the best rate of each: {others}."
    )
    numbers = {"best_rate": float(rates[best]), "largest_converging_rate": float(largest)}
    numbers |= {f"best_steps_momentum_{momentum:g}": count for momentum, count in fewest.items()}
    return Finding(verdict, measured, (picture,), numbers)


def _draw(settings, folders, paths, rates, needed):
    figure = artifacts.figure(16, 5)
    figure.suptitle("Figure 6-5: the learning rate, on $f = 0.1\\,x_1^2 + 2\\,x_2^2$")
    steep, plane, counts = figure.subplots(1, 3)
    x2 = np.linspace(-3, 3, 101)
    steep.plot(x2, 2 * x2**2, color="0.7", linewidth=3)
    draw_objective(plane, BOWL)
    for k, rate in enumerate(settings.drawn):
        path = paths[:, k]
        style = {**STYLES[k % len(STYLES)], "markersize": 4, "linewidth": 1}
        label = f"{rate:g}" + (f" ({REGIMES[k]})" if len(settings.drawn) == len(REGIMES) else "")
        # Lifted a little one above the other: all of them lie on the one curve.
        steep.plot(path[:, 1], 2 * path[:, 1] ** 2 + 0.7 * k, label=label, **style)
        plane.plot(*path.T, label=label, **style)
    steep.set(
        xlim=(-3.2, 3.2),
        ylim=(-0.5, 20),
        xlabel="$x_2$, the steep direction",
        ylabel="loss (curves lifted apart)",
    )
    steep.legend(title="learning rate", fontsize=8, loc="upper center", framealpha=1)
    plane.plot(*BOWL.start, "o", color="black", markerfacecolor="white", markersize=8, zorder=5)
    plane.set_title(f"{settings.drawn_steps} steps from the ring")
    for momentum, style in zip(needed, itertools.cycle(("-", "--", ":", "-.")), strict=False):
        counts.loglog(rates, needed[momentum], linestyle=style, color="black", label=f"momentum {momentum:g}")
    bound = (1 + min(needed)) / 2
    counts.axvline(bound, color="tab:red", linewidth=1)
    counts.annotate(
        f"bound, momentum {min(needed):g}",
        (bound, 0.98),
        xycoords=("data", "axes fraction"),
        xytext=(3, 0),
        textcoords="offset points",
        rotation=90,
        va="top",
        color="tab:red",
    )
    counts.set(
        xlabel="learning rate", ylabel="steps to a millionth of the loss", title="no point: never reached"
    )
    counts.legend()
    counts.grid(alpha=0.3, which="both")
    table = {"rate": rates} | {f"steps_momentum_{momentum:g}": count for momentum, count in needed.items()}
    artifacts.save_csv(folders.snapshots / "steps_needed.csv", table)
    artifacts.save_csv(
        folders.snapshots / "figure_6_5.csv",
        {"step": range(len(paths))}
        | {
            f"rate_{rate:g}_x{i + 1}": paths[:, k, i] for k, rate in enumerate(settings.drawn) for i in (0, 1)
        },
    )
    return artifacts.save_figure(figure, folders.snapshots / "figure_6_5.png")
