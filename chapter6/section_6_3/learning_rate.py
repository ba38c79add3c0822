"""Figure 6-5: learning rates from too small to too large.

Slide: 6-3, figure 6-5, claim 6-3.a.

Gradient descent on f = 0.1 x1^2 + 2 x2^2. Its largest curvature is 4, so gradient descent without momentum
converges for learning rates below 2/4 = 0.5 only; above 1/4 every step jumps over the minimum of the steep
direction. Drawn: the steep direction alone, as on the slide; and the steps to a millionth of the loss at
every learning rate, with and without momentum.
"""

import functools
from dataclasses import dataclass

import numpy as np

from chapter6.experiment import Finding, Picture, Verdict, setting
from chapter6.language import N_, MessageList, _
from chapter6.section_6_3.conditions import limits_of
from chapter6.section_6_3.objectives import BOWL

CLAIM = "6-3.a"
SENTENCE = _("Too small a learning rate is slow, too large a one jumps over the optimum; momentum helps.")

SMALLER = 1e-6
SMALL_RATE = 0.01


@dataclass(frozen=True)
class Settings:
    """Learning rates and momenta."""

    drawn: tuple[float, ...] = setting(
        (0.01, 0.4, 0.49, 0.51), _("learning rates drawn; descent converges below 0.5"), above=0
    )
    drawn_steps: int = setting(25, _("steps drawn; more would hide each other"), minimum=1)
    momenta: tuple[float, ...] = setting(
        (0.0, 0.5, 0.9), _("momenta compared; 0 is none"), minimum=0, below=1
    )
    rates: int = setting(81, _("learning rates tried, from 0.001 to 2 on a log scale"), minimum=2, quick=33)
    steps: int = setting(4000, _("steps allowed, enough for the smallest rate"), minimum=1, quick=400)


def run(settings, folders):
    """Draw figure 6-5 and count the steps to the minimum at every rate."""
    import keras

    from chapter6.section_6_3.descent import descend, steps_to
    from chapter6.section_6_3.learning_rate_drawing import draw_figure, draw_needed

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
        make = functools.partial(keras.optimizers.SGD, momentum=momentum)
        losses = descend(make, rates[:, None], loss, starts, settings.steps, losses_only)
        needed[momentum] = steps_to(SMALLER * losses[0], losses)
    pictures = (
        Picture(
            draw_figure(paths, settings, folders),
            _("The steep direction alone: small rates creep, large ones jump from side to side."),
        ),
        Picture(
            draw_needed(rates, needed, folders),
            _("A curve ends where descent no longer converges: momentum raises the bound."),
        ),
    )
    return _make_finding(settings, rates, needed, pictures)


def _landmarks(rates, counts):
    """Return the positions of a small learning rate, of the best and of the largest that converges."""
    small = {N_("small"): np.abs(np.log(rates / SMALL_RATE)).argmin()}
    converging = np.flatnonzero(np.isfinite(counts))
    if not converging.size:
        return small
    best = converging[counts[converging].argmin()]
    return small | {N_("best"): best, N_("largest that converges"): converging[-1]}


def _make_finding(settings, rates, needed, pictures):
    landmarks = {momentum: _landmarks(rates, counts) for momentum, counts in sorted(needed.items())}
    rows = [(momentum, name, k) for momentum, each in landmarks.items() for name, k in each.items()]
    least, *others = landmarks
    fewest = {m: needed[m][each["best"]] for m, each in landmarks.items() if "best" in each}
    slow = needed[least][landmarks[least]["small"]]
    best, last = fewest.get(least, np.inf), landmarks[least].get("largest that converges", 0)
    conditions = {
        _("small learning rates are slow and large ones do not converge"): least in fewest
        and rates[last] < _bound(least)
        and not slow <= 3 * best,
        _("momentum needs fewer steps"): least in fewest and any(fewest.get(m, best) < best for m in others),
    }
    return Finding(
        verdict=Verdict.of(conditions.values()),
        short=_short(settings, slow, best, next(iter(conditions.values()))),
        why=_why(fewest),
        limits=limits_of(
            conditions,
            _(
                "One quadratic loss without noise. There the bound is 2 / largest curvature; a network's is "
                "not known beforehand and changes during training."
            ),
        ),
        table={
            N_("momentum"): [momentum for momentum, _name, _k in rows],
            N_("choice"): [name for _momentum, name, _k in rows],
            N_("learning rate"): [rates[k] for _momentum, _name, k in rows],
            N_("steps to a millionth of the loss"): [needed[momentum][k] for momentum, _name, k in rows],
            N_("stability bound"): [_bound(momentum) for momentum, _name, _k in rows],
        },
        pictures=pictures,
    )


def _bound(momentum):
    """Return the learning rate, 2 (1 + α) / largest curvature, below which descent on the bowl converges."""
    return (1 + momentum) / 2


def _short(settings, slow, best, holds):
    if not np.isfinite(best):
        return _("No learning rate reaches a millionth of the loss in {steps} steps.").format(
            steps=settings.steps
        )
    if not holds:
        return _("At the best learning rate gradient descent needs {best:.0f} steps.").format(best=best)
    if not np.isfinite(slow):
        return _(
            "Gradient descent needs {best:.0f} steps at the best learning rate, more than {steps} at a small "
            "one; above the stability bound it diverges."
        ).format(best=best, steps=settings.steps)
    return _(
        "Gradient descent needs {best:.0f} steps at the best learning rate but {slow:.0f} at a small one; "
        "above the stability bound it diverges."
    ).format(best=best, slow=slow)


def _why(fewest):
    mechanism = _(
        "A step multiplies the error in each direction by 1 - rate × curvature: too small a rate hardly "
        "shrinks the flat direction, too large a one makes the steep direction grow."
    )
    if len(fewest) < 2:
        return mechanism
    # The slide's price of momentum.
    return _(
        "{mechanism} Momentum is one more number to tune: momenta of {momenta} need {counts} steps at their "
        "best rates."
    ).format(
        mechanism=mechanism,
        momenta=MessageList(f"{momentum:g}" for momentum in fewest),
        counts=MessageList(f"{steps:.0f}" for steps in fewest.values()),
    )
