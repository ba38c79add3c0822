"""Figure 6-4: training and generalization error against capacity.

Slide: 6-2, figure 6-4, claim a.

Multilayer perceptrons learn few of MNIST's digits, a fifth of whose labels are wrong, so that overfitting
shows: what fits those labels too has learnt noise. Capacity is the number of hidden units or of hidden
layers. The test labels are as noisy, so no network can have a generalization error below the noise. The
curve over hidden units is drawn after a short and after a long training: the second need not be the slide's
U (Belkin et al. 2019, "double descent").
"""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from chapter6.errors import InputError
from chapter6.experiment import Finding, Picture, Verdict, ascending, data_setting, setting
from chapter6.language import N_, Message, MessageList, _
from chapter6.mnist import load_mnist
from chapter6.section_6_2.curves import Shape, columns_of, errors_in_percent, shape_of

CLAIM = "6-2.a"
SENTENCE = _(
    "Generalization error against capacity is U-shaped: underfitting on the left, overfitting on the right."
)


@dataclass(frozen=True)
class Settings:
    """The networks, their digits and their training."""

    units: tuple[int, ...] = setting(
        (1, 2, 4, 8, 16, 32, 64, 128, 256, 512),
        _("hidden units of the one hidden layer"),
        minimum=1,
        maximum=65536,
        quick=(1, 4, 16, 64),
    )
    layers: tuple[int, ...] = setting(
        (0, 1, 2, 3, 4, 5, 6, 7), _("hidden layers; 0 is a linear classifier"), minimum=0, quick=(0, 1, 3)
    )
    units_per_layer: int = setting(
        32, _("hidden units of a layer where the layers vary"), minimum=1, quick=16
    )
    digits: int = setting(1000, _("training digits; few, so that networks can overfit"), minimum=1, quick=200)
    noise: float = setting(0.2, _("share of wrong labels"), minimum=0, maximum=0.9)
    steps: int = setting(1000, _("updates of the long training"), minimum=1, quick=150)
    short_steps: int = setting(300, _("updates of the short training"), minimum=1, quick=50)
    batch: int = setting(64, _("digits in a batch"), minimum=1, quick=32)
    learning_rate: float = setting(0.001, _("Adam's own default"), above=0)
    repetitions: int = setting(5, _("sets of digits, noise and initial weights"), minimum=2, quick=2)
    seed: int = setting(0, _("all that is random is a function of it"), minimum=0)
    data: Path | None = data_setting()


@dataclass(frozen=True)
class Curve:
    """One curve of the figure.

    Args:
        name: Its name in the CSV.
        label: What varies, and after how many updates.
        steps: Updates.
        x: Hidden units, or hidden layers.
        networks: The `Network` of each point.
        training: Training errors, [points, repetitions].
        generalization: Generalization errors likewise.
        shape: The `Shape` of the generalization error.
    """

    name: str
    label: Message
    steps: int
    x: tuple[int, ...]
    networks: list
    training: np.ndarray
    generalization: np.ndarray
    shape: Shape


def run(settings, folders):
    """Train all networks side by side and draw figure 6-4."""
    from chapter6.section_6_2.capacity_drawing import draw
    from chapter6.section_6_2.networks import Network, Training, errors

    units = ascending("units", settings.units, at_least=3)
    layers = ascending("layers", settings.layers, at_least=3)
    if settings.short_steps >= settings.steps:
        message = _(
            "the short training must be shorter than the {steps} updates of the long one, received {received}"
        )
        raise InputError(message.format(steps=settings.steps, received=settings.short_steps))
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

    def curve(kind, label, x, chosen, when):
        rows = [networks.index(network) for network in chosen]
        training_errors, generalization = (error[when][rows] for error in measured)
        steps = training.steps[when]
        return Curve(
            f"{kind}, {steps} updates",
            label.format(steps=steps),
            steps,
            x,
            chosen,
            training_errors,
            generalization,
            shape_of(generalization),
        )

    over_units, over_layers = (
        _("hidden units after {steps} updates"),
        _("hidden layers after {steps} updates"),
    )
    curves = (
        curve("hidden units", over_units, units, by_units, 0),
        curve("hidden units", over_units, units, by_units, 1),
        curve(f"hidden layers of {settings.units_per_layer} units", over_layers, layers, by_layers, 1),
    )
    return _make_finding(curves, settings, draw(curves, settings, folders))


def _make_finding(curves, settings, path):
    if any(curve.shape.falls_again for curve in curves):
        why = _(
            "Networks that are too small cannot fit the digits (underfitting); larger ones fit the wrong "
            "labels too (overfitting), and very large ones fit them more smoothly."
        )
    else:
        why = _(
            "Networks that are too small cannot fit the digits (underfitting); larger ones fit the wrong "
            "labels too (overfitting)."
        )
    return Finding(
        verdict=Verdict.of(_is_u(curve) for curve in curves),
        short=_short(curves),
        why=why,
        limits=_limits(curves, settings),
        table=_table(curves),
        pictures=(
            Picture(
                path,
                _(
                    "Compare the two errors on either side of the ringed minimum: to the right the gap "
                    "between them grows."
                ),
            ),
        ),
    )


def _is_u(curve):
    return curve.shape.words == "U"


def _short(curves):
    first, second, _layers = curves
    us = [curve for curve in curves if _is_u(curve)]
    if len(us) == len(curves):
        text = _(
            "The generalization error is smallest with {units} hidden units: fewer underfit, more overfit."
        )
        return text.format(units=second.x[second.shape.minimum])
    if _is_u(first) and second.shape.falls_again:
        text = _(
            "After {steps} updates the generalization error is a U with its minimum at {units} hidden units; "
            "longer training adds a second descent."
        )
        return text.format(steps=first.steps, units=first.x[first.shape.minimum])
    if us:
        text = _("Not every curve is a U; this one is, with its minimum at {minimum}: {curve}.")
        return text.format(minimum=us[0].x[us[0].shape.minimum], curve=us[0].label)
    text = _("No curve is a U: after {steps} updates the one over hidden units is lowest at {units}.")
    return text.format(steps=second.steps, units=second.x[second.generalization.mean(axis=1).argmin()])


def _limits(curves, settings):
    others = [
        _("{curve} ({shape})").format(curve=curve.label, shape=_(curve.shape.words))
        for curve in curves
        if not _is_u(curve)
    ]
    if others:
        text = _(
            "Not a U: {curves}. Measured on {digits} digits; {noise:g}% of the labels are wrong, in the test "
            "set too, so that overfitting shows."
        )
    else:
        text = _(
            "Measured on {digits} digits; {noise:g}% of the labels are wrong, in the test set too, so that "
            "overfitting shows."
        )
    return text.format(curves=MessageList(others), digits=settings.digits, noise=100 * settings.noise)


def _table(curves):
    """Return the finding's table: the ends, the minimum and the peak of each curve, then all other points."""
    telling, others = [], []
    for curve in curves:
        percent = errors_in_percent(curve.training, curve.generalization)
        points = {curve.shape.peak: N_("peak"), curve.shape.minimum: N_("minimum")}
        for at, network in enumerate(curve.networks):
            row = {
                N_("hidden layers"): len(network.hidden),
                N_("hidden units"): max(network.hidden, default=0),
                N_("updates"): curve.steps,
                **{name: column[at] for name, column in percent.items()},
                N_("point"): points.get(at, ""),
            }
            if row not in telling + others:
                (telling if at in {0, len(curve.x) - 1, *points} else others).append(row)
    return columns_of(telling + others)
