"""Figure 6-4: training and generalization error against capacity.

Slide: 6-2, figure 6-4, claim a.

Multilayer perceptrons learn few of MNIST's digits, many of whose labels are wrong, so that overfitting shows:
what fits those labels too has learnt noise. Capacity is the number of hidden units, the number of narrow
hidden layers, or weight decay turned round, as it takes capacity away. The test labels are as noisy, so no
network can have a generalization error below the noise. A network underfits whose training error is clearly
above that of the best one, and overfits whose generalization error and whose gap between the two errors are.
"""

from dataclasses import dataclass

import numpy as np

from chapter6.experiment import Finding, Picture, Verdict, ascending, setting
from chapter6.language import N_, Message, MessageList, _
from chapter6.mnist import load_mnist
from chapter6.section_6_2.curves import Shape, columns_of, errors_in_percent, regimes_of, shape_of
from chapter6.section_6_2.settings import CurveSettings

CLAIM = "6-2.a"
SENTENCE = _(
    "Generalization error against capacity is U-shaped: underfitting on the left, overfitting on the right."
)


@dataclass(frozen=True)
class Settings(CurveSettings):
    """The networks, their digits and their training."""

    noise: float = setting(
        0.2,
        _("share of wrong labels; enough that fitting them shows, and too few to hide what a network misses"),
        minimum=0,
        maximum=0.9,
    )
    units: tuple[int, ...] = setting(
        (2, 4, 8, 16, 32, 64, 128, 256),
        _("hidden units of the one hidden layer"),
        minimum=1,
        maximum=65536,
        quick=(1, 4, 64),
    )
    layers: tuple[int, ...] = setting(
        (0, 1, 2, 3, 4), _("hidden layers; 0 is a linear classifier"), minimum=0, quick=(0, 1, 2)
    )
    units_per_layer: int = setting(
        32,
        _("hidden units of a layer where the layers vary; narrow, so that depth makes the capacity"),
        minimum=1,
        quick=16,
    )
    weight_decays: tuple[float, ...] = setting(
        (0.03, 0.01, 0.003, 0.001, 0.0003, 0.0),
        _("λ of the penalty λ/2 |W|^2; its bound, 0, and further values on a logarithmic scale"),
        minimum=0,
        quick=(0.1, 0.01, 0.0),
    )
    units_of_decay: int = setting(
        128, _("hidden units where weight decay varies; enough to overfit"), minimum=1, quick=64
    )


@dataclass(frozen=True)
class Curve:
    """One curve of the figure, its points in the order of capacity.

    Args:
        name: Its name in the CSV.
        label: What varies.
        x: Hidden units, hidden layers, or weight decays from the largest to the smallest.
        networks: The `Network` of each point.
        training: Training errors, [points, repetitions].
        generalization: Generalization errors likewise.
        shape: The `Shape` of the generalization error.
        regimes: What each point does, see `regimes_of`.
    """

    name: str
    label: Message
    x: tuple
    networks: list
    training: np.ndarray
    generalization: np.ndarray
    shape: Shape
    regimes: list

    @property
    def is_u(self):
        """Whether it falls out of underfitting and rises into overfitting."""
        ends = self.regimes[0], self.regimes[self.shape.peak]
        return self.shape.words == "U" and ends == ("underfits", "overfits")


def run(settings, folders):
    """Train all networks side by side and draw figure 6-4."""
    from chapter6.section_6_2.capacity_drawing import draw
    from chapter6.section_6_2.networks import Network, Training, errors

    digits, noise = settings.digits, settings.noise
    units, layers, decays = (
        ascending(name, getattr(settings, name), at_least=3) for name in ("units", "layers", "weight_decays")
    )
    decays = decays[::-1]
    variants = (
        ("hidden units", _("hidden units"), units, [Network((n,), digits, noise) for n in units]),
        (
            "hidden layers",
            _("hidden layers of {units} units").format(units=settings.units_per_layer),
            layers,
            [Network((settings.units_per_layer,) * n, digits, noise) for n in layers],
        ),
        (
            "weight decay",
            _("weight decay λ, {units} hidden units").format(units=settings.units_of_decay),
            decays,
            [Network((settings.units_of_decay,), digits, noise, weight_decay=decay) for decay in decays],
        ),
    )
    networks = list(dict.fromkeys(network for *_rest, chosen in variants for network in chosen))
    training = Training(
        (settings.steps,), settings.batch, settings.learning_rate, settings.repetitions, settings.seed
    )
    measured = errors(networks, training, load_mnist(settings.data))
    curves = []
    for name, label, x, chosen in variants:
        rows = [networks.index(network) for network in chosen]
        training_errors, generalization = (error[0][rows] for error in measured)
        shape = shape_of(generalization)
        regimes = regimes_of(training_errors, generalization, shape.minimum)
        curves.append(Curve(name, label, x, chosen, training_errors, generalization, shape, regimes))
    return _make_finding(curves, settings, draw(curves, settings, folders))


def _make_finding(curves, settings, path):
    return Finding(
        verdict=Verdict.of(curve.is_u for curve in curves),
        short=_short(curves),
        why=_(
            "Networks with too little capacity cannot fit even the training digits (underfitting); with too "
            "much they fit the wrong labels too, and the gap between the errors grows (overfitting)."
        ),
        limits=_limits(curves, settings),
        table=_table(curves),
        pictures=(
            Picture(
                path,
                _(
                    "Compare the two errors on either side of the ringed minimum: to the left both are high, "
                    "to the right the gap between them grows."
                ),
            ),
        ),
    )


def _short(curves):
    us = [curve for curve in curves if curve.is_u]
    if not us:
        return _("No curve of the generalization error is a U from underfitting to overfitting.")
    if len(us) == len(curves):
        text = _(
            "Too little capacity underfits, too much overfits: of {all} hidden units and fewer, {best} "
            "generalize best."
        )
        units = curves[0]
        return text.format(all=units.x[-1], best=units.x[units.shape.minimum])
    text = _("{count} of {all} curves of the generalization error are Us from underfitting to overfitting.")
    return text.format(count=len(us), all=len(curves))


def _limits(curves, settings):
    others = [
        _("{curve} ({shape})").format(curve=curve.label, shape=_(curve.shape.words))
        for curve in curves
        if not curve.is_u
    ]
    if others:
        text = _(
            "Not such a U: {curves}. Measured on {digits} digits of 7 x 7 pixels, {noise:g}% of whose labels "
            "are wrong, so that overfitting shows; much larger networks may generalize better again."
        )
    else:
        text = _(
            "Measured on {digits} digits of 7 x 7 pixels, {noise:g}% of whose labels are wrong, so that "
            "overfitting shows; much larger networks may generalize better again."
        )
    return text.format(curves=MessageList(others), digits=settings.digits, noise=100 * settings.noise)


def _table(curves):
    """Return the finding's table: the ends, the minimum and the peak of each curve, then all other points."""
    telling, others = [], []
    for curve in curves:
        percent = errors_in_percent(curve.training, curve.generalization)
        for at, network in enumerate(curve.networks):
            row = {
                N_("hidden layers"): len(network.hidden),
                N_("hidden units"): max(network.hidden, default=0),
                N_("weight decay"): network.weight_decay,
                **{name: column[at] for name, column in percent.items()},
                N_("regime"): curve.regimes[at],
            }
            if network not in [other for _row, other in telling + others]:
                shown = at in {0, len(curve.x) - 1, curve.shape.minimum, curve.shape.peak}
                (telling if shown else others).append((row, network))
    return columns_of([row for row, _network in telling + others])
