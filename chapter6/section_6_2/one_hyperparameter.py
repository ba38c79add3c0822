"""Error curves of a discrete, a binary and a bounded hyperparameter.

Slide: 6-2, claim b.

Figure 6-4's network and digits, with another hyperparameter varied each time: hidden units, which are whole
numbers; dropout, a switch with two positions; weight decay, which cannot go below 0. The slide's own switch
is a gate of a recurrent network, which these networks do not have; dropout stands in for it. Capacity falls
as weight decay grows, so its curve is figure 6-4's turned round and cut off at the bound. It is drawn twice,
for labels of which many are wrong and for correct ones.
"""

from dataclasses import dataclass

from chapter6.experiment import Finding, Picture, Verdict, ascending, setting
from chapter6.language import N_, _
from chapter6.mnist import load_mnist
from chapter6.section_6_2.curves import columns_of, errors_in_percent, shape_of
from chapter6.section_6_2.settings import CurveSettings

CLAIM = "6-2.b"
SENTENCE = _("Not every hyperparameter draws a whole U: some are discrete, some binary, some bounded.")

# The curves' names in the CSV, and what varies along them.
VARIED = {
    "units": N_("hidden units"),
    "dropout": N_("dropout rate"),
    "weight decay, noisy labels": N_("weight decay"),
    "weight decay, correct labels": N_("weight decay"),
}


@dataclass(frozen=True)
class Settings(CurveSettings):
    """The values of the three hyperparameters, the digits and the training."""

    units: tuple[int, ...] = setting(
        (2, 4, 8, 16, 32, 64, 128),
        _("hidden units"),
        minimum=1,
        maximum=65536,
        quick=(1, 4, 16, 64),
    )
    weight_decays: tuple[float, ...] = setting(
        (0.0, 0.0001, 0.0003, 0.001, 0.003, 0.01, 0.03),
        _("λ of the penalty λ/2 |W|^2; its bound, 0, and further values on a logarithmic scale"),
        minimum=0,
        quick=(0.0, 0.01, 0.1),
    )
    units_otherwise: int = setting(
        128, _("hidden units where they do not vary; enough to overfit"), minimum=1, quick=64
    )
    dropout: float = setting(0.5, _("share of hidden units dropped where it is on"), above=0, below=1)
    noise: float = setting(0.3, _("share of wrong labels, where there are any"), above=0, maximum=0.9)


def run(settings, folders):
    """Train all networks side by side and draw one curve for each kind of hyperparameter."""
    from chapter6.section_6_2.networks import Network, Training, errors
    from chapter6.section_6_2.one_hyperparameter_drawing import draw

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
    shapes = {name: shape_of(generalization) for name, (*_rest, generalization) in curves.items()}
    return _make_finding(curves, shapes, settings, draw(curves, shapes, settings, folders))


def _make_finding(curves, shapes, settings, path):
    cut = [shape.words != "U" for name, shape in shapes.items() if name.startswith("weight decay")]
    return Finding(
        # Two points are no U; what weight decay draws is measured.
        verdict=Verdict.illustrates([len(curves["dropout"][0]) == 2]),
        short=_short(curves, any(cut)),
        why=_why(any(cut)),
        limits=_(
            "One network, {digits} digits, one training length. The slide's switch is a gate of a recurrent "
            "network; dropout at one rate, {rate:g}, stands for it here."
        ).format(digits=settings.digits, rate=settings.dropout),
        table=_table(curves, settings.noise),
        pictures=(
            Picture(
                path,
                _(
                    "Look at the ringed minimum of the last two panels: where it lies at the hatched bound, "
                    "the left side of the U is missing."
                ),
            ),
        ),
    )


def _short(curves, is_cut):
    x, _training, generalization = curves["weight decay, correct labels"]
    best = int(generalization.mean(axis=1).argmin())
    if is_cut and best == 0 and x[0] == 0:
        return _(
            "A switch draws two points; with correct labels weight decay draws half a U, its best value "
            "being the bound, 0."
        )
    if is_cut:
        return _(
            "A switch draws two points, and weight decay, which cannot go below 0, not always a whole U."
        )
    return _(
        "A switch draws two points, but weight decay draws a whole U here although it cannot go below 0."
    )


def _why(is_cut):
    if is_cut:
        return _(
            "Without weight decay the capacity is the largest that the network has. Where even that does not "
            "overfit, the overfitting side of the U lies beyond the bound."
        )
    return _(
        "Without weight decay the capacity is the largest that the network has. Here it overfits, so that "
        "the curve has both sides."
    )


def _table(curves, noise):
    """Return the finding's table: the ends and the best value of each curve, then all other values."""
    telling, others = [], []
    for name, (x, training, generalization) in curves.items():
        percent = errors_in_percent(training, generalization)
        best = int(generalization.mean(axis=1).argmin())
        for at, value in enumerate(x):
            row = {
                N_("varied"): VARIED[name],
                N_("wrong labels (%)"): 0.0 if name == "weight decay, correct labels" else 100 * noise,
                N_("value"): float(value),
                **{column: values[at] for column, values in percent.items()},
            }
            (telling if at in (0, best, len(x) - 1) else others).append(row)
    return columns_of(telling + others)
