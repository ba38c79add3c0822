"""Four RNNs across an image against convolutions: reach, cost and accuracy.

Slide: 6-3, the page on recurrent networks that follows Adam, claim 6-3.g, second half.

A layer of four RNNs sweeps the image up, down, left and right. Reach: how much the features in the bottom
right corner change with every pixel, through one layer and two, untrained and trained, beside 3x3
convolutions. Cost and accuracy: networks of two layers with equally many parameters, trained on MNIST; behind
the layers is the mean over the image, so that they alone must bring distant features together, or a dense
layer, which sees all. The layer is `chapter6.recurrent.FourDirectionRNN`, on patches of 2x2 pixels.
"""

import itertools
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from chapter6.experiment import Finding, Picture, Verdict, data_setting, setting
from chapter6.language import N_, _
from chapter6.mnist import SIDE, load_mnist
from chapter6.progress import progress_bar
from chapter6.section_6_3.conditions import limits_of

CLAIM = "6-3.g"
SENTENCE = _(
    "RNNs across an image cost more than a convolution, but let features interact over long distances."
)

HEADS = (N_("mean"), N_("dense"))
KINDS = (N_("sweeps"), N_("convolution"))


TRAINED = {
    "sweeps": N_("sweeps, two layers, trained"),
    "convolution": N_("convolution, two layers, trained"),
}
NETWORKS = {
    ("sweeps", "mean"): N_("sweeps, then the mean"),
    ("sweeps", "dense"): N_("sweeps, then a dense layer"),
    ("convolution", "mean"): N_("convolution, then the mean"),
    ("convolution", "dense"): N_("convolution, then a dense layer"),
}


@dataclass(frozen=True)
class Settings:
    """The layers and the training."""

    seed: int = setting(0, _("weights and batches are a function of it"), minimum=0)
    units: int = setting(
        8, _("units of each RNN; the number of filters follows from equal parameters"), minimum=1
    )
    repetitions: int = setting(
        3, _("networks trained of each kind, with seeds from the seed on"), minimum=1, quick=1
    )
    steps: int = setting(100, _("steps of Adam"), minimum=1, quick=4)
    batch: int = setting(128, _("batch size"), minimum=1, quick=32)
    rates: tuple[float, ...] = setting(
        (0.01, 0.03),
        _("learning rates tried, the best is taken for each kind of network"),
        quick=(0.01,),
        above=0,
    )
    test_images: int = setting(2000, _("images at most to measure an accuracy on"), minimum=1, quick=200)
    heads: tuple[str, ...] = setting(
        HEADS,
        _("what is behind the layers: the mean over the image, or a dense layer"),
        quick=HEADS[:1],
        choices=HEADS,
    )
    data: Path | None = data_setting()


def run(settings, folders):
    """Measure reach, accuracy and time."""
    from chapter6.section_6_3.influence import corner_influence
    from chapter6.section_6_3.lateral_drawing import draw
    from chapter6.section_6_3.lateral_networks import equal_filters, network, trainer, untrained_influence

    mnist = load_mnist(settings.data)
    maps = untrained_influence(settings)
    accuracy, seconds, parameters = {}, {}, {}
    # Each learning rate is tried once, and the best again with each further seed.
    count = len(settings.heads) * len(KINDS) * (len(settings.rates) + settings.repetitions - 1)
    with progress_bar(str(_("Training networks")), count) as show:
        done = itertools.count(1)
        for head, kind in itertools.product(settings.heads, KINDS):
            size = settings.units if kind == "sweeps" else equal_filters(head, settings.units)
            train = trainer(kind, size, head, mnist, settings, on_end=lambda: show(next(done)))
            # The learning rate is chosen by validation accuracy, for each kind and head apart.
            tried = {rate: train(rate, settings.seed) for rate in settings.rates}
            rate = max(tried, key=lambda rate: tried[rate].validation)
            results = [tried[rate]] + [train(rate, settings.seed + k) for k in range(1, settings.repetitions)]
            accuracy[kind, head] = np.array([100 * result.test for result in results])
            seconds[kind, head] = float(np.median([result.seconds for result in results]))
            trained = network(kind, size, head, settings.seed)
            parameters[kind, head] = trained.count_params()
            if head == settings.heads[0]:
                trained.set_weights(results[0].weights)
                maps[TRAINED[kind]] = corner_influence(trained.layers[:6], mnist.test.images[:8])
    picture = draw(maps, accuracy, settings, folders)
    return _make_finding(settings, maps, accuracy, seconds, parameters, picture)


def _make_finding(settings, maps, accuracy, seconds, parameters, picture):
    microseconds = {kind: 1e6 * seconds[kind, settings.heads[0]] for kind in KINDS}
    one, two = maps["sweeps, one layer, untrained"], maps["sweeps, two layers, untrained"]
    convolved = maps["convolution, two layers, untrained"]
    ratio = microseconds["sweeps"] / microseconds["convolution"]
    far = np.count_nonzero(one) == 2 * SIDE - 1 and two[0, 0] > 0 and convolved[0, 0] == 0
    conditions = {
        _("features interact over long distances"): far,
        _("the RNNs take longer than a convolution"): ratio > 1,
    }
    if not far:
        short = _("Two layers of RNNs see {two} pixels, two convolutions {convolved}.")
    elif ratio > 1:
        short = _(
            "Two layers of four RNNs see the opposite corner of the image, two convolutions only {convolved} "
            "pixels; the RNNs take {ratio:.1f} times as long."
        )
    else:
        short = _(
            "Two layers of four RNNs see the opposite corner of the image, two convolutions only {convolved} "
            "pixels; the RNNs take no longer."
        )
    return Finding(
        verdict=Verdict.of(conditions.values()),
        short=short.format(two=np.count_nonzero(two), convolved=np.count_nonzero(convolved), ratio=ratio),
        why=_(
            "A sweep carries a pixel along its whole row or column, the second layer to every other one; but "
            "it visits the pixels one after the other, while a convolution computes all at once."
        ),
        limits=limits_of(
            conditions,
            _(
                "The distant pixels' influence is faint, {share:.0e} of the strongest after training. Small "
                "networks trained for {steps} steps; how much longer the RNNs take depends on the machine."
            ).format(share=_corner(maps[TRAINED["sweeps"]]), steps=settings.steps),
        ),
        table=_table(maps, microseconds, accuracy, parameters),
        pictures=(
            Picture(
                picture,
                _(
                    "The darker a pixel, the more it reaches the bottom right corner: one layer of sweeps "
                    "sees a row and a column, two see all, convolutions the neighbours."
                ),
            ),
        ),
    )


def _corner(influence):
    """Return the influence of the opposite corner in shares of the strongest."""
    return float(influence[0, 0] / influence.max())


def _table(maps, microseconds, accuracy, parameters):
    nan = float("nan")
    pixels = [(N_("pixels seen"), name, np.count_nonzero(maps[name]), nan, nan) for name in maps]
    corners = [
        (N_("opposite corner / strongest pixel"), name, _corner(maps[name]), nan, nan) for name in maps
    ]
    time = [(N_("time per image (µs)"), kind, value, nan, nan) for kind, value in microseconds.items()]
    tested = [
        (N_("test accuracy (%)"), NETWORKS[key], each.mean(), each.min(), each.max())
        for key, each in accuracy.items()
    ]
    sizes = [(N_("parameters"), NETWORKS[key], count, nan, nan) for key, count in parameters.items()]
    rows = [*pixels, *time, *tested, *corners, *sizes]
    names = (N_("quantity"), N_("network"), N_("value"), N_("least"), N_("most"))
    return dict(zip(names, zip(*rows, strict=True), strict=True))
