"""Test error against the number of training digits, with and without regularization, small and large nets.

Slide: 6-2, claim c.

A small and a large network learn more and more digits, a fifth of whose labels are wrong, by as many
updates in every case, without regularization and with dropout. The slide's three ways to a smaller test
error can be read off: switch dropout on; go to the right; take the larger network and go to the right. The
test labels are as noisy as the others. That the quality of the data counts is seen with the large network and
more and fewer wrong labels, by its error on correct ones.
"""

import dataclasses
import itertools
from dataclasses import dataclass
from pathlib import Path

from chapter6.errors import InputError
from chapter6.experiment import Finding, Picture, Verdict, ascending, data_setting, setting
from chapter6.language import N_, MessageList, _
from chapter6.mnist import load_mnist
from chapter6.section_6_2.curves import clearly_higher, columns_of

CLAIM = "6-2.c"
SENTENCE = _(
    "Regularization lowers the test error, more data too; the brute way is more capacity and more data."
)
# The slide's three ways, and its warning that the data's quality counts.
WAYS = (
    _("regularization"),
    _("more data"),
    _("more capacity with more data"),
    _("better data"),
)


@dataclass(frozen=True)
class Settings:
    """The networks, their digits and their training."""

    digits: tuple[int, ...] = setting(
        (500, 1000, 2000, 4000, 8000, 16000),
        _("training digits; numbers above what the data hold are left out"),
        minimum=1,
        quick=(100, 300, 900),
    )
    small: int = setting(16, _("hidden units of the small network"), minimum=1, quick=8)
    large: int = setting(128, _("hidden units of the large network"), minimum=1, quick=64)
    dropout: float = setting(0.5, _("share of hidden units dropped"), above=0, below=1)
    noise: float = setting(
        0.2, _("share of wrong labels, so that networks can overfit"), minimum=0, maximum=0.9
    )
    noises: tuple[float, ...] = setting(
        (0.0, 0.2, 0.4),
        _("shares of wrong labels where the quality of the data varies"),
        minimum=0,
        maximum=0.8,
        quick=(0.0, 0.2),
    )
    steps: int = setting(2000, _("updates, whatever the number of digits"), minimum=1, quick=150)
    batch: int = setting(64, _("digits in a batch"), minimum=1, quick=32)
    learning_rate: float = setting(0.003, _("three times Adam's default, for fewer updates"), above=0)
    repetitions: int = setting(4, _("sets of digits, noise and initial weights"), minimum=2, quick=2)
    seed: int = setting(0, _("all that is random is a function of it"), minimum=0)
    data: Path | None = data_setting()


def run(settings, folders):
    """Train all networks side by side, draw their errors and compare the slide's three ways."""
    from chapter6.section_6_2.more_data_drawing import draw
    from chapter6.section_6_2.networks import Network, Training, errors, without_noise

    if settings.small >= settings.large:
        message = _("the small network must have fewer units than the large one's {large}, received {small}")
        raise InputError(message.format(large=settings.large, small=settings.small))
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
    noises = ascending("noises", settings.noises)
    quality = {noise: [Network((settings.large,), n, noise) for n in digits] for noise in noises}
    chosen = [*variants.values(), *quality.values()]
    networks = list(dict.fromkeys(network for of_variant in chosen for network in of_variant))
    training = Training(
        (settings.steps,), settings.batch, settings.learning_rate, settings.repetitions, settings.seed
    )
    measured = [error[0] for error in errors(networks, training, mnist)]
    curves = {
        name: (digits, *(error[[networks.index(network) for network in of_variant]] for error in measured))
        for name, of_variant in variants.items()
    }
    correct = {
        noise: without_noise(measured[1][[networks.index(network) for network in of_noise]], noise)
        for noise, of_noise in quality.items()
    }
    path = draw(curves, correct, settings, folders)
    return _make_finding(variants, curves, correct, settings, path)


def _make_finding(variants, curves, correct, settings, path):
    test_errors = [errors for _digits, _training, errors in curves.values()]
    small, dropout_small, large, dropout = test_errors
    regularization = clearly_higher(large[0], dropout[0])
    more_data = all(clearly_higher(of_variant[0], of_variant[-1]) for of_variant in test_errors)
    # The large network with all digits, against the small one with as many and the regularized one with few.
    brute = clearly_higher(small[-1], large[-1]) and clearly_higher(dropout[0], large[-1])
    # With few digits, each quality against the next worse one: many digits make up for wrong labels.
    pairs = itertools.pairwise(correct.values())
    quality = all(clearly_higher(worse[0], better[0]) for better, worse in pairs)
    held = (regularization, more_data, brute, quality)
    costs = [
        (units, 100 * (with_dropout[-1] - without[-1]).mean())
        for units, without, with_dropout in (
            (settings.small, small, dropout_small),
            (settings.large, large, dropout),
        )
        if clearly_higher(with_dropout[-1], without[-1])
    ]
    return Finding(
        verdict=Verdict.of(held),
        short=_short(held, large),
        why=_why(costs, settings),
        limits=_limits(held, settings),
        table=_table(list(variants.values()), test_errors, correct),
        pictures=(
            Picture(
                path,
                _(
                    "Compare on the left the dashed curves with the solid ones, both ends of each curve, and "
                    "the large network with the small one; on the right the curves at one number of digits."
                ),
            ),
        ),
    )


def _short(held, large):
    if all(held):
        text = _(
            "Dropout lowers the test error, and more data lower it further: without dropout the large "
            "network's falls from {first:.1f}% to {last:.1f}%."
        )
        return text.format(first=100 * large[0].mean(), last=100 * large[-1].mean())
    if not any(held):
        return _("Neither regularization nor more data nor more capacity clearly lowers the test error here.")
    helped = [way for way, helps in zip(WAYS, held, strict=True) if helps]
    return _("The test error is clearly lowered by: {ways}.").format(ways=MessageList(helped))


def _why(costs, settings):
    times = settings.large / settings.small
    if not costs:
        text = _(
            "Dropout makes it hard to learn single wrong labels by heart; more digits average the wrong "
            "labels out, and then a large network, {times:g} times the computing, can use its capacity."
        )
        return text.format(times=times)
    text = _(
        "Dropout makes it hard to learn single wrong labels by heart; more digits average the wrong labels "
        "out, and then a large network, {times:g} times the computing, can use its capacity. With the most "
        "digits dropout costs percentage points of test error: {costs}."
    )
    pairs = (_("{points:.1f} ({units} units)").format(points=points, units=units) for units, points in costs)
    return text.format(times=times, costs=MessageList(pairs))


def _limits(held, settings):
    text = _(
        "Dropout, whose rate is not tuned, and the data's quality are judged with the fewest digits. "
        "{noise:g}% of the labels are wrong, so that no test error lies below that; all train for {steps} "
        "updates."
    )
    missed = [way for way, helps in zip(WAYS, held, strict=True) if not helps]
    if missed:
        text = _(
            "No clear help in every comparison: {ways}. Dropout, whose rate is not tuned, and the data's "
            "quality are judged with the fewest digits. {noise:g}% of the labels are wrong, so that no test "
            "error lies below that; all train for {steps} updates."
        )
    return text.format(noise=100 * settings.noise, steps=settings.steps, ways=MessageList(missed))


def _table(variants, test_errors, correct):
    """Return the finding's table: the ends of each curve, then all other points."""
    telling, others = [], []

    def add(networks, errors, labels):
        for at, network in enumerate(networks):
            row = {
                N_("hidden units"): network.hidden[0],
                N_("dropout rate"): network.dropout,
                N_("wrong labels (%)"): 100 * network.noise,
                N_("training digits"): network.digits,
                N_("test labels"): labels,
                N_("test error (%)"): 100 * errors[at].mean(),
                N_("std. dev. (%)"): 100 * errors[at].std(ddof=1),
            }
            (telling if at in (0, len(networks) - 1) else others).append(row)

    for networks, errors in zip(variants, test_errors, strict=True):
        add(networks, errors, N_("noisy"))
    for noise, errors in correct.items():
        add([dataclasses.replace(network, noise=noise) for network in variants[2]], errors, N_("correct"))
    return columns_of(telling + others)
