"""Test error against the number of training digits, with and without regularization, small and large nets.

Slide: 6-2, claim c.

A small and a large network learn more and more of MNIST's digits, a fifth of whose labels are wrong, by as
many updates in every case; each without regularization and with dropout, which needs no tuning as the data
grow. The slide's three ways to a smaller test error can then be read off: switch dropout on; go to the right;
take the larger network and go to the right. The test labels are as noisy as the others.
"""

from dataclasses import dataclass
from pathlib import Path

from chapter6 import artifacts
from chapter6.errors import InputError
from chapter6.experiment import Finding, Verdict, ascending, data_setting, setting
from chapter6.mnist import load_mnist
from chapter6.section_6_2.curves import clearly_higher, label_ticks, rows_of

CLAIM = "6-2.c"
SENTENCE = (
    "Regularization lowers the test error, more data too; the brute way is more capacity and more data."
)


@dataclass(frozen=True)
class Settings:
    """The networks, their digits and their training."""

    digits: tuple[int, ...] = setting(
        (500, 1000, 2000, 4000, 8000, 16000),
        "training digits; numbers above what the data hold are left out",
        minimum=1,
        quick=(100, 300, 900),
    )
    small: int = setting(16, "hidden units of the small network", minimum=1, quick=8)
    large: int = setting(128, "hidden units of the large network", minimum=1, quick=64)
    dropout: float = setting(0.5, "share of hidden units dropped", above=0, below=1)
    noise: float = setting(0.2, "share of wrong labels, so that networks can overfit", minimum=0, maximum=0.9)
    steps: int = setting(1500, "updates, whatever the number of digits", minimum=1, quick=150)
    batch: int = setting(64, "digits in a batch", minimum=1, quick=32)
    learning_rate: float = setting(0.001, "Adam's own default", above=0)
    repetitions: int = setting(4, "sets of digits, noise and initial weights", minimum=2, quick=2)
    seed: int = setting(0, "all that is random is a function of it", minimum=0)
    data: Path | None = data_setting()


def run(settings, folders):
    """Train all networks side by side, draw their errors and compare the slide's three ways."""
    from chapter6.section_6_2.networks import Network, Training, errors

    if settings.small >= settings.large:
        raise InputError(
            f"the small network must have fewer units than the large one's {settings.large}, "
            f"received {settings.small}"
        )
    mnist = load_mnist(settings.data)
    enough = [n for n in settings.digits if n <= len(mnist.train.labels)]
    digits = ascending("digits", enough, at_least=3)
    variants = {
        f"{units} units, {'dropout' if rate else 'no dropout'}": [
            Network((units,), n, settings.noise, rate) for n in digits
        ]
        for units in (settings.small, settings.large)
        for rate in (0.0, settings.dropout)
    }
    networks = [network for of_variant in variants.values() for network in of_variant]
    training = Training(
        (settings.steps,), settings.batch, settings.learning_rate, settings.repetitions, settings.seed
    )
    measured = errors(networks, training, mnist)
    # [variants, digits, repetitions]
    training_errors, test_errors = (
        error[0].reshape(len(variants), len(digits), settings.repetitions) for error in measured
    )
    curves = {
        name: (digits, *pair) for name, *pair in zip(variants, training_errors, test_errors, strict=True)
    }
    picture = _draw(curves, settings, folders)
    return _make_finding(test_errors, list(variants), digits, settings, picture)


def _make_finding(test_errors, names, digits, settings, picture):
    small, _, large, dropout = test_errors
    regularization = clearly_higher(large[0], dropout[0])
    more_data = all(clearly_higher(of_variant[0], of_variant[-1]) for of_variant in test_errors)
    # The large network with all digits, against the small one with as many and the regularized one with few.
    brute = clearly_higher(small[-1], large[-1]) and clearly_higher(dropout[0], large[-1])
    held = (regularization, more_data, brute)
    verdict = Verdict.of(held)
    means, spreads = test_errors.mean(axis=2), test_errors.std(axis=2, ddof=1)
    by_variant = "; ".join(
        f"{name} {100 * mean[0]:.1f} ± {100 * spread[0]:.1f}, {100 * mean[-1]:.1f} ± {100 * spread[-1]:.1f}"
        for name, mean, spread in zip(names, means, spreads, strict=True)
    )
    ways = dict(zip(("regularization", "more data", "more capacity and data"), held, strict=True))
    measured = (
        f"Test error in % with {digits[0]} and with {digits[-1]} digits, mean ± deviation of "
        f"{settings.repetitions} repetitions: {by_variant}. "
        + ", ".join(f"{way} {'helps' if helps else 'does not clearly help'}" for way, helps in ways.items())
        + "."
    )
    numbers = {
        f"test error, {name}, {n} digits": value
        for name, mean in zip(names, means, strict=True)
        for n, value in zip(digits, mean, strict=True)
    }
    return Finding(verdict, measured, (picture,), numbers)


def _draw(curves, settings, folders):
    styles = (
        {"color": "0.55", "linestyle": "-", "marker": "o"},
        {"color": "0.55", "linestyle": "--", "marker": "s"},
        {"color": "#1b4f9c", "linestyle": "-", "marker": "^"},
        {"color": "#d1495b", "linestyle": "--", "marker": "v"},
    )
    figure = artifacts.figure(11, 5)
    figure.suptitle(
        f"6-2.c: more data, more regularization, more capacity; {100 * settings.noise:g} % wrong labels, "
        f"{settings.steps} updates"
    )
    panels = figure.subplots(1, 2, sharey=True)
    for style, (name, (digits, *pair)) in zip(styles, curves.items(), strict=True):
        # Test error on the left
        for axes, errors in zip(panels, reversed(pair), strict=True):
            percent = 100 * errors
            axes.semilogx(digits, percent.mean(axis=1), label=name, markersize=5, **style)
            axes.fill_between(
                digits, percent.min(axis=1), percent.max(axis=1), color=style["color"], alpha=0.15
            )
    for axes, kind in zip(panels, ("test", "training"), strict=True):
        label_ticks(axes, digits)
        axes.axhline(100 * settings.noise, color="black", linewidth=0.8, linestyle=":")
        axes.grid(alpha=0.3)
        axes.set(xlabel="training digits", ylabel=f"{kind} error in %, band: all repetitions", ylim=(0, None))
    panels[0].annotate(
        "the noise: no network does better",
        (0.02, 100 * settings.noise),
        xycoords=("axes fraction", "data"),
        xytext=(0, -12),
        textcoords="offset points",
        fontsize=9,
    )
    panels[0].legend(loc="lower left")
    artifacts.save_csv(folders.snapshots / "more_data.csv", rows_of(curves))
    return artifacts.save_figure(figure, folders.snapshots / "more_data.png")
