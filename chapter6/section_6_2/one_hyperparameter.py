"""Error curves of a discrete, a binary and a bounded hyperparameter.

Slide: 6-2, claim b.

The network and the digits of figure 6-4, but one other hyperparameter at a time: hidden units, which are
whole numbers; dropout, a switch with two positions; and weight decay, which cannot go below 0. Capacity falls
from left to right where weight decay grows, so that its curve is figure 6-4's turned round, and cut off at
the bound. Two curves are drawn of it, for labels of which a fifth is wrong and for correct ones: with little
to overfit to, the best value is the bound itself, and half of the U is missing.
"""

from dataclasses import dataclass
from pathlib import Path

from chapter6 import artifacts
from chapter6.experiment import Finding, Verdict, ascending, data_setting, setting
from chapter6.mnist import load_mnist
from chapter6.section_6_2.curves import draw_errors, label_ticks, mark_minimum, rows_of, shape_of

CLAIM = "6-2.b"
SENTENCE = "Not every hyperparameter draws a whole U: some are discrete, some binary, some bounded."

XLABELS = {
    "units": "hidden units, whole numbers",
    "dropout": "dropout rate",
    "weight decay, noisy labels": "weight decay λ, not below 0",
    "weight decay, correct labels": "weight decay λ, not below 0",
}


@dataclass(frozen=True)
class Settings:
    """The values of the three hyperparameters, the digits and the training."""

    units: tuple[int, ...] = setting(
        (1, 2, 3, 4, 6, 8, 12, 16, 32, 64, 128),
        "hidden units",
        minimum=1,
        maximum=65536,
        quick=(1, 4, 16, 64),
    )
    weight_decays: tuple[float, ...] = setting(
        (0.0, 0.0001, 0.0003, 0.001, 0.003, 0.01, 0.03, 0.1, 0.3),
        "λ of the penalty λ/2 |W|^2; its bound, 0, and further values on a logarithmic scale",
        minimum=0,
        quick=(0.0, 0.01, 0.1),
    )
    units_otherwise: int = setting(
        128, "hidden units where they do not vary; enough to overfit", minimum=1, quick=64
    )
    dropout: float = setting(0.5, "share of hidden units dropped where it is on", above=0, below=1)
    digits: int = setting(1000, "training digits; few, so that networks can overfit", minimum=1, quick=200)
    noise: float = setting(0.2, "share of wrong labels, where there are any", above=0, maximum=0.9)
    steps: int = setting(1000, "updates", minimum=1, quick=150)
    batch: int = setting(64, "digits in a batch", minimum=1, quick=32)
    learning_rate: float = setting(0.001, "Adam's own default", above=0)
    repetitions: int = setting(5, "sets of digits, noise and initial weights", minimum=2, quick=2)
    seed: int = setting(0, "all that is random is a function of it", minimum=0)
    data: Path | None = data_setting()


def run(settings, folders):
    """Train all networks side by side and draw one curve for each kind of hyperparameter."""
    from chapter6.section_6_2.networks import Network, Training, errors

    units, decays = (
        ascending(name, getattr(settings, name), at_least=3) for name in ("units", "weight_decays")
    )
    hidden, digits, noise = (settings.units_otherwise,), settings.digits, settings.noise
    variants = {
        "units": {value: Network((value,), digits, noise) for value in units},
        "dropout": {rate: Network(hidden, digits, noise, rate) for rate in (0.0, settings.dropout)},
        "weight decay, noisy labels": {
            value: Network(hidden, digits, noise, weight_decay=value) for value in decays
        },
        "weight decay, correct labels": {
            value: Network(hidden, digits, weight_decay=value) for value in decays
        },
    }
    networks = list(dict.fromkeys(network for panel in variants.values() for network in panel.values()))
    training = Training(
        (settings.steps,), settings.batch, settings.learning_rate, settings.repetitions, settings.seed
    )
    measured = errors(networks, training, load_mnist(settings.data))
    curves = {}
    for name, panel in variants.items():
        rows = [networks.index(network) for network in panel.values()]
        curves[name] = (tuple(panel), *(error[0][rows] for error in measured))
    shapes = {name: shape_of(generalization) for name, (_, _, generalization) in curves.items()}
    picture = _draw(curves, shapes, settings, folders)
    return _make_finding(curves, shapes, settings, picture)


def _make_finding(curves, shapes, settings, picture):
    bounded = [shape.words != "U" for name, shape in shapes.items() if name.startswith("weight decay")]
    verdict = Verdict.HOLDS if any(bounded) else Verdict.PARTLY
    parts, numbers = [], {}
    for name, (x, training, generalization) in curves.items():
        means, spread = generalization.mean(axis=1), generalization.std(axis=1, ddof=1)
        best, at_ends = int(means.argmin()), (0, len(x) - 1)
        points = ", ".join(
            f"{100 * means[at]:.1f} ± {100 * spread[at]:.1f} at {x[at]:g}" for at in sorted({best, *at_ends})
        )
        parts.append(f"{name} {points} ({shapes[name].words if len(x) > 2 else 'two points'})")
        numbers[f"best {name}"] = x[best]
        for value, t, g in zip(x, training, generalization, strict=True):
            numbers[f"training error, {name} {value:g}"] = t.mean()
            numbers[f"generalization error, {name} {value:g}"] = g.mean()
    measured = (
        f"Generalization error in %, mean ± deviation of {settings.repetitions} repetitions, at the ends and "
        f"at the best value: {'; '.join(parts)}."
    )
    return Finding(verdict, measured, (picture,), numbers)


def _draw(curves, shapes, settings, folders):
    figure = artifacts.figure(15, 5)
    figure.suptitle(
        f"6-2.b: one hyperparameter at a time; {settings.digits} digits, {settings.steps} updates, "
        f"{settings.units_otherwise} hidden units where they do not vary"
    )
    panels = figure.subplots(1, 4, width_ratios=(4, 2, 4, 4))
    noisy = f"{100 * settings.noise:g} % wrong labels"
    titles = (f"discrete, {noisy}", "binary", f"bounded, {noisy}", "bounded, correct labels")
    for axes, title, (name, (x, training, generalization)) in zip(
        panels, titles, curves.items(), strict=True
    ):
        # Evenly spaced where there is a 0, which a logarithmic axis has not.
        positions = x if name == "units" else range(len(x))
        best = int(generalization.mean(axis=1).argmin())
        if name == "units":
            axes.set_xscale("log")
        draw_errors(axes, positions, training, generalization)
        lowest = mark_minimum(axes, positions, generalization, best)
        label_ticks(axes, positions, [_short(value) for value in x])
        if name.startswith("weight decay") and not x[0]:
            axes.axvspan(-0.8, 0, facecolor="0.9", hatch="//", edgecolor="0.7")
            axes.set_xlim(-0.8, None)
        words = f"{shapes[name].words}, {lowest}" if len(x) > 2 else lowest
        axes.set(xlabel=XLABELS[name], title=f"{title}:\n{words}", ylim=(0, None))
    panels[1].set_xlim(-0.5, 1.5)
    panels[0].set_ylabel("error in %, band: all repetitions")
    panels[0].legend(loc="upper right")
    artifacts.save_csv(folders.snapshots / "one_hyperparameter.csv", rows_of(curves))
    return artifacts.save_figure(figure, folders.snapshots / "one_hyperparameter.png")


def _short(value):
    """Return a value in the four characters that a crowded axis has for it."""
    return f"{value:.0e}".replace("e-0", "e-") if 0 < value < 0.01 else f"{value:g}"
