"""Figure 6-4: training and generalization error against capacity.

Slide: 6-2, figure 6-4, claim a.

Multilayer perceptrons learn a small set of MNIST's digits, a fifth of whose labels are wrong, so that too
much capacity shows: what fits those labels too has learnt noise. Capacity is the number of hidden units, or
of hidden layers. Both errors are counted on labels of the same noise, as the slide's two curves are on one
distribution, so that no network can generalize with a smaller error than the noise itself. The units are
looked at twice, after a short training and after one that lets large networks learn every label by heart:
the second curve need not be the slide's U (Belkin et al. 2019, "double descent").
"""

from dataclasses import dataclass
from pathlib import Path

from chapter6 import artifacts
from chapter6.errors import InputError
from chapter6.experiment import Finding, Verdict, ascending, data_setting, setting
from chapter6.mnist import load_mnist
from chapter6.section_6_2.curves import draw_errors, label_ticks, mark_minimum, rows_of, shape_of

CLAIM = "6-2.a"
SENTENCE = (
    "Generalization error against capacity is U-shaped: underfitting on the left, overfitting on the right."
)


@dataclass(frozen=True)
class Settings:
    """The networks, their digits and their training."""

    units: tuple[int, ...] = setting(
        (1, 2, 4, 8, 16, 32, 64, 128, 256, 512),
        "hidden units of the one hidden layer",
        minimum=1,
        maximum=65536,
        quick=(1, 4, 16, 64),
    )
    layers: tuple[int, ...] = setting(
        (0, 1, 2, 3, 4, 5, 6, 7), "hidden layers; 0 is a linear classifier", minimum=0, quick=(0, 1, 3)
    )
    units_per_layer: int = setting(32, "hidden units of a layer where the layers vary", minimum=1, quick=16)
    digits: int = setting(1000, "training digits; few, so that networks can overfit", minimum=1, quick=200)
    noise: float = setting(0.2, "share of wrong labels", minimum=0, maximum=0.9)
    steps: int = setting(1000, "updates of the long training", minimum=1, quick=150)
    short_steps: int = setting(300, "updates of the short training", minimum=1, quick=50)
    batch: int = setting(64, "digits in a batch", minimum=1, quick=32)
    learning_rate: float = setting(0.001, "Adam's own default", above=0)
    repetitions: int = setting(5, "sets of digits, noise and initial weights", minimum=2, quick=2)
    seed: int = setting(0, "all that is random is a function of it", minimum=0)
    data: Path | None = data_setting()


def run(settings, folders):
    """Train all networks side by side and draw figure 6-4."""
    from chapter6.section_6_2.networks import Network, Training, errors

    units = ascending("units", settings.units, at_least=3)
    layers = ascending("layers", settings.layers, at_least=3)
    if settings.short_steps >= settings.steps:
        raise InputError(
            f"the short training must be shorter than the {settings.steps} steps of the long one, "
            f"received {settings.short_steps}"
        )
    by_units = [Network((n,), settings.digits, settings.noise) for n in units]
    by_layers = [Network((settings.units_per_layer,) * n, settings.digits, settings.noise) for n in layers]
    networks = list(dict.fromkeys(by_units + by_layers))
    training = Training(
        (settings.short_steps, settings.steps),
        settings.batch,
        settings.learning_rate,
        settings.repetitions,
        settings.seed,
    )
    measured = errors(networks, training, load_mnist(settings.data))

    def curve(chosen, when):
        rows = [networks.index(network) for network in chosen]
        return tuple(error[when][rows] for error in measured)

    curves = {
        f"hidden units, {settings.short_steps} updates": (units, *curve(by_units, 0)),
        f"hidden units, {settings.steps} updates": (units, *curve(by_units, 1)),
        f"hidden layers of {settings.units_per_layer} units, {settings.steps} updates": (
            layers,
            *curve(by_layers, 1),
        ),
    }
    shapes = {name: shape_of(generalization) for name, (_, _, generalization) in curves.items()}
    picture = _draw(curves, shapes, settings, folders)
    return _make_finding(curves, shapes, picture)


def _make_finding(curves, shapes, picture):
    whole = [shape.words == "U" for shape in shapes.values()]
    verdict = Verdict.of(whole)
    parts, numbers = [], {}
    for name, (x, training, generalization) in curves.items():
        shape = shapes[name]
        ends = dict.fromkeys((0, shape.minimum, shape.peak, len(x) - 1))
        points = ", ".join(_in_words(x[at], training[at], generalization[at]) for at in sorted(ends))
        parts.append(f"{name}: {shape.words} ({points})")
        numbers |= {f"minimum, {name}": x[shape.minimum], f"peak, {name}": x[shape.peak]}
        for value, t, g in zip(x, training, generalization, strict=True):
            numbers[f"training error, {name}: {value}"] = t.mean()
            numbers[f"generalization error, {name}: {value}"] = g.mean()
    measured = (
        f"Training / generalization error in %, mean ± deviation of {training.shape[1]} repetitions. "
        + "; ".join(parts)
        + "."
    )
    return Finding(verdict, measured, (picture,), numbers)


def _in_words(value, training, generalization):
    def percent(errors):
        return f"{100 * errors.mean():.1f} ± {100 * errors.std(ddof=1):.1f}"

    return f"at {value} {percent(training)} / {percent(generalization)}"


def _draw(curves, shapes, settings, folders):
    figure = artifacts.figure(14, 5.2)
    figure.suptitle(
        f"Figure 6-4: error against capacity, {settings.digits} digits, "
        f"{100 * settings.noise:g} % of their labels wrong"
    )
    panels = figure.subplots(1, len(curves), sharey=True)
    for axes, (name, (x, training, generalization)) in zip(panels, curves.items(), strict=True):
        kind, _, length = name.partition(", ")
        if kind == "hidden units":
            axes.set_xscale("log")
        draw_errors(axes, x, training, generalization)
        axes.axhline(100 * settings.noise, color="0.4", linewidth=0.8, linestyle=":")
        _shade(axes, x, shapes[name])
        shape = shapes[name]
        lowest = mark_minimum(axes, x, generalization, shape.minimum)
        label_ticks(axes, x)
        title = f"{length}: {shape.words}\n{lowest} at {x[shape.minimum]}, ringed"
        axes.set(xlabel=kind, title=title, ylim=(0, 105))
        # Where there is a rise to be seen, and room for it above the curves
        if kind == "hidden units" and shape.rises and generalization[len(x) // 2 :].max() < 0.45:
            _magnify(axes, x, generalization, shape.minimum)
    panels[0].annotate(
        "the noise: the least error",
        (0.02, 100 * settings.noise),
        xycoords=("axes fraction", "data"),
        xytext=(0, -10),
        textcoords="offset points",
        fontsize=9,
    )
    panels[0].set_ylabel("error in %, band: all repetitions")
    panels[-1].legend(loc="center right", bbox_to_anchor=(1, 0.7))
    artifacts.save_csv(folders.snapshots / "figure_6_4.csv", rows_of(curves))
    return artifacts.save_figure(figure, folders.snapshots / "figure_6_4.png")


def _magnify(axes, x, generalization, minimum):
    """Draw the generalization error around its minimum again, large, in the upper right."""
    percent = 100 * generalization
    near = [at for at, error in enumerate(percent.mean(axis=1)) if error < percent[minimum].mean() + 6]
    start, stop = near[0], near[-1] + 1
    inset = axes.inset_axes((0.44, 0.47, 0.54, 0.4))
    inset.semilogx(x[start:stop], percent.mean(axis=1)[start:stop], "o-", color="#d1495b", markersize=4)
    inset.fill_between(
        x[start:stop],
        percent.min(axis=1)[start:stop],
        percent.max(axis=1)[start:stop],
        color="#d1495b",
        alpha=0.2,
    )
    inset.axvline(x[minimum], color="black", linewidth=0.8)
    inset.set_title("generalization error, magnified", fontsize=9)
    inset.set_xticks(x[start:stop], [str(value) for value in x[start:stop]])
    inset.minorticks_off()
    inset.tick_params(labelsize=8)
    inset.grid(alpha=0.3)


def _shade(axes, x, shape):
    """Shade the regimes on either side of the minimum and name those that are wide enough for the word."""
    left, right = axes.get_xlim()
    minimum = x[shape.minimum]
    for start, stop, grey, regime in (
        (left, minimum, "0.95", "underfitting"),
        (minimum, right, "0.85", "overfitting"),
    ):
        axes.axvspan(start, stop, facecolor=grey, zorder=0)
        ends = axes.transAxes.inverted().transform(axes.transData.transform([(start, 0), (stop, 0)]))[:, 0]
        if ends[1] - ends[0] > 0.2:
            axes.annotate(regime, (ends.mean(), 0.95), xycoords="axes fraction", ha="center")
    axes.set_xlim(left, right)
