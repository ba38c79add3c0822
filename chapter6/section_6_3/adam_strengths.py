"""Adam on sparse gradients, AdaGrad's strength, and on a non-stationary problem, RMSProp's.

Slide: 6-3, the page with figure 6-9, claim 6-3.f.

- Rare features: linear regression with noisy targets, whose features are 1 in between one half and one in
  200 of the examples, else 0; the gradient of a rare feature's weight is mostly zero. The excess of the
  expected loss is averaged over the last tenth of the steps.
- Changing scale: a quadratic whose minimum makes a random walk, seen through noisy gradients. Every 200 steps
  the loss, noise and all, becomes a hundred times larger or smaller. One rate for both would be too large
  for the one or too small for the other; RMSProp forgets the old scale within about ten steps. The excess
  loss, without the scale, is averaged over all steps.
"""

from dataclasses import dataclass

import numpy as np

from chapter6.experiment import Finding, Picture, Verdict, setting
from chapter6.language import N_, _
from chapter6.progress import progress_bar
from chapter6.section_6_3.conditions import limits_of

CLAIM = "6-3.f"
SENTENCE = _("Adam joins AdaGrad's strength on sparse gradients with RMSProp's on problems that change.")


@dataclass(frozen=True)
class Settings:
    """The two problems, and the seeds."""

    seed: int = setting(0, _("all that is random is a function of it"), minimum=0)
    tuning_seeds: int = setting(5, _("runs that choose the learning rates"), minimum=1, quick=2)
    seeds: int = setting(20, _("further runs, which are reported"), minimum=2, quick=4)
    rates: int = setting(
        37, _("learning rates tried, from 1e-5 to 10 on a log scale, six a decade"), minimum=2, quick=13
    )
    steps: int = setting(2000, _("steps; the rarest feature is in 80 of the batches"), minimum=10, quick=100)
    parameters: int = setting(50, _("features, and dimensions of the changing problem"), minimum=2)
    batch: int = setting(8, _("batch size"), minimum=1)
    label_noise: float = setting(
        0.5, _("standard deviation of the targets' noise; theirs without it is 1"), minimum=0
    )
    drift: float = setting(0.02, _("standard deviation of the minimum's step, in each direction"), minimum=0)
    noise: float = setting(
        0.5, _("standard deviation of the gradients' noise on the changing problem, at scale 1"), minimum=0
    )
    scale: float = setting(100.0, _("factor by which the scale of the gradients changes"), minimum=1)
    regime: int = setting(
        200, _("steps between two changes; RMSProp remembers 10, Adam 1,000"), minimum=1, quick=25
    )


# By whether Adam matches AdaGrad on rare features, and RMSProp where the scale changes.
SHORT = {
    (True, True): _(
        "Adam matches both specialists: its excess loss is {rare:.2g} times AdaGrad's on rare features and "
        "{changing:.2g} times RMSProp's where the scale changes."
    ),
    (True, False): _(
        "Adam matches AdaGrad on rare features, but where the scale changes its excess loss is "
        "{changing:.2g} times RMSProp's."
    ),
    (False, True): _(
        "Adam matches RMSProp where the scale changes, but on rare features its excess loss is {rare:.2g} "
        "times AdaGrad's."
    ),
    (False, False): _(
        "Adam matches neither specialist: its excess loss is {rare:.2g} times AdaGrad's on rare features and "
        "{changing:.2g} times RMSProp's where the scale changes."
    ),
}


def run(settings, folders):
    """Tune, run and compare on both problems."""
    import tensorflow as tf

    from chapter6.section_6_3.adam_strengths_drawing import draw
    from chapter6.section_6_3.descent import descend
    from chapter6.section_6_3.optimizer_specs import best_rates, optimizer_specs, rate_grid
    from chapter6.section_6_3.stochastic_problems import changing_scale, rare_features

    # Rates are chosen and compared by the mean loss of so many last steps: a minimum that drifts has no end.
    problems = {
        N_("rare features"): rare_features(settings),
        N_("changing scale"): changing_scale(settings),
    }
    counted = {"rare features": max(1, settings.steps // 10), "changing scale": settings.steps}
    (rare, rare_excess), (changing, changing_excess) = problems.values()
    rates = rate_grid(settings.rates)
    # Both problems in one variable: [problem, run, rate, parameter].
    starts = np.zeros((2, settings.tuning_seeds + settings.seeds, len(rates), settings.parameters))
    losses, chosen, specs = {}, {}, optimizer_specs()
    with progress_bar(str(_("Running six optimizers on two problems")), len(specs)) as show:
        for done, spec in enumerate(specs, start=1):
            kept = descend(
                spec.make,
                rates[:, None],
                lambda x, step: tf.stack([rare(x[0], step), changing(x[1], step)]),
                starts,
                settings.steps,
                lambda x, g, step: tf.stack([rare_excess(x[0], step), changing_excess(x[1], step)]),
            )
            for k, problem in enumerate(problems):
                with np.errstate(over="ignore", invalid="ignore"):
                    tuning = kept[:, k, : settings.tuning_seeds].mean(axis=1)
                best = best_rates(tuning, counted[problem])
                losses[problem, spec.name] = kept[:, k, settings.tuning_seeds :, best]
                chosen[problem, spec.name] = float(rates[best])
            show(done)
    ends = {key: each[-counted[key[0]] :].mean(axis=0) for key, each in losses.items()}
    picture = draw(losses, ends, chosen, folders)
    return _make_finding(settings, ends, picture)


def _make_finding(settings, ends, picture):
    rows, excess = [], {}
    for (problem, name), end in ends.items():
        excess[problem, name] = float(end.mean())
        error = end.std(ddof=1) / np.sqrt(settings.seeds)
        # The seeds are the same for both, so that their differences tell more than the two spreads.
        difference = end - ends[problem, "Adam"]
        with np.errstate(invalid="ignore", divide="ignore"):
            lead = difference.mean() / (difference.std(ddof=1) / np.sqrt(settings.seeds))
        rows.append((problem, name, excess[problem, name], error, lead))
    rows.sort(key=lambda row: row[0] != "rare features")
    ratios = [
        excess[problem, "Adam"] / excess[problem, specialist]
        for problem, specialist in (("rare features", "AdaGrad"), ("changing scale", "RMSProp"))
    ]
    # What there is to inherit.
    lead = {
        name.lower(): excess["changing scale", "RMSProp"] / excess["changing scale", name]
        for name in ("SGD", "AdaGrad")
    }
    # As good as the one whose strength it is said to have, give or take a tenth.
    matched = tuple(ratio <= 1.1 for ratio in ratios)
    conditions = dict(
        zip((_("rare features, like AdaGrad"), _("changing scale, like RMSProp")), matched, strict=True)
    )
    names = (
        N_("problem"),
        N_("optimizer"),
        N_("excess loss"),
        N_("standard error"),
        N_("lead of Adam (standard errors)"),
    )
    return Finding(
        verdict=Verdict.of(matched),
        short=SHORT[matched].format(rare=ratios[0], changing=ratios[1]),
        why=_(
            "AdaGrad's falling rate averages out the noise around a fixed solution; Adam's rate stays. Adam "
            "forgets an old scale in 1,000 steps, RMSProp in ten."
        ),
        limits=limits_of(
            conditions,
            _(
                "Two small problems; only the learning rate was tuned. Where the scale changes RMSProp's "
                "excess loss is {sgd:.2g} times SGD's and {adagrad:.2g} times AdaGrad's."
            ).format(**lead),
        ),
        table=dict(zip(names, zip(*rows, strict=True), strict=True)),
        pictures=(
            Picture(
                picture,
                _("The shorter the bar, the better: compare Adam with AdaGrad above and with RMSProp below."),
            ),
        ),
    )
