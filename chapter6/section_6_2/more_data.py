"""Test error against the number of training digits, with and without regularization, small and large nets.

Slide: 6-2, claim c.

A small and a large network learn more and more digits, a fifth of whose labels are wrong, by as many
updates in every case, without regularization and with dropout. The slide's three ways to a smaller test
error can be read off: switch dropout on; go to the right; take the larger network and go to the right. The
test labels are as noisy as the others.
"""

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
# The slide's three ways.
WAYS = (_("regularization"), _("more data"), _("more capacity with more data"))


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
    steps: int = setting(1500, _("updates, whatever the number of digits"), minimum=1, quick=150)
    batch: int = setting(64, _("digits in a batch"), minimum=1, quick=32)
    learning_rate: float = setting(0.001, _("Adam's own default"), above=0)
    repetitions: int = setting(4, _("sets of digits, noise and initial weights"), minimum=2, quick=2)
    seed: int = setting(0, _("all that is random is a function of it"), minimum=0)
    data: Path | None = data_setting()


def run(settings, folders):
    """Train all networks side by side, draw their errors and compare the slide's three ways."""
    from chapter6.section_6_2.more_data_drawing import draw
    from chapter6.section_6_2.networks import Network, Training, errors

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
    return _make_finding(test_errors, list(variants.values()), settings, draw(curves, settings, folders))


def _make_finding(test_errors, variants, settings, path):
    small, _dropout, large, dropout = test_errors
    regularization = clearly_higher(large[0], dropout[0])
    more_data = all(clearly_higher(of_variant[0], of_variant[-1]) for of_variant in test_errors)
    # The large network with all digits, against the small one with as many and the regularized one with few.
    brute = clearly_higher(small[-1], large[-1]) and clearly_higher(dropout[0], large[-1])
    held = (regularization, more_data, brute)
    return Finding(
        verdict=Verdict.of(held),
        short=_short(held, large),
        why=_(
            "Dropout makes it hard to learn single wrong labels by heart; more digits average the wrong "
            "labels out, and then a large network can use its capacity."
        ),
        limits=_limits(held, settings),
        table=_table(variants, test_errors),
        pictures=(
            Picture(
                path,
                _(
                    "Compare on the left the dashed curves with the solid ones, both ends of each curve, and "
                    "the large network with the small one at the right."
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


def _limits(held, settings):
    text = _(
        "{noise:g}% of the labels are wrong, so that no test error lies below that; dropout's rate is not "
        "tuned, and all train for {steps} updates."
    )
    missed = [way for way, helps in zip(WAYS, held, strict=True) if not helps]
    if missed:
        text = _(
            "No clear help in every comparison: {ways}. {noise:g}% of the labels are wrong, so that no test "
            "error lies below that; dropout's rate is not tuned, and all train for {steps} updates."
        )
    return text.format(noise=100 * settings.noise, steps=settings.steps, ways=MessageList(missed))


def _table(variants, test_errors):
    """Return the finding's table: the ends of each curve, then all other points."""
    telling, others = [], []
    for networks, errors in zip(variants, test_errors, strict=True):
        for at, network in enumerate(networks):
            row = {
                N_("hidden units"): network.hidden[0],
                N_("dropout rate"): network.dropout,
                N_("training digits"): network.digits,
                N_("test error (%)"): 100 * errors[at].mean(),
                N_("std. dev. (%)"): 100 * errors[at].std(ddof=1),
            }
            (telling if at in (0, len(networks) - 1) else others).append(row)
    return columns_of(telling + others)
