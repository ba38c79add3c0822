"""All six optimizers on six losses, from many starts, with exact and with noisy gradients.

Slide: 6-3, figures 6-6 to 6-9 side by side, with SGD and SGD with momentum (claims 6-3.a to 6-3.f).

Counted are the steps until the loss stays below a thousandth of the median at the starts. Each optimizer has
one learning rate for each loss, the one that gets there soonest from other starts. Bowl and saddle are raced
twice, as they are and turned by 45 degrees: rules that work by coordinate cannot tell their directions apart
any more. Which of them wins is a property of these losses: it ranks none of them for a network.
"""

from dataclasses import dataclass

import numpy as np

from chapter6.experiment import Finding, Picture, Verdict, setting
from chapter6.language import N_, MessageList, _
from chapter6.progress import progress_bar
from chapter6.section_6_3.objectives import BEALE, BOWL, ROSENBROCK, ROTATED_BOWL, ROTATED_SADDLE, SADDLE

CLAIM = "6-3.f"
SENTENCE = _("Adam joins the strengths of the others (here: on six losses, against five others).")

OBJECTIVES = (BOWL, ROTATED_BOWL, ROSENBROCK, BEALE, SADDLE, ROTATED_SADDLE)
GRADIENTS = (N_("exact"), N_("noisy"))


@dataclass(frozen=True)
class Settings:
    """Starts, the search for the learning rate, noise, and the animation."""

    seed: int = setting(0, _("starting points and noise are a function of it"), minimum=0)
    starts: int = setting(32, _("random starting points on each loss"), minimum=1, quick=4)
    tuning_starts: int = setting(16, _("other starting points, which choose the rates"), minimum=1, quick=4)
    rates: int = setting(
        37, _("learning rates tried, from 1e-5 to 10 on a log scale, six a decade"), minimum=2, quick=19
    )
    steps: int = setting(1000, _("steps; Rosenbrock's valley needs so many"), minimum=10, quick=60)
    noise: float = setting(
        0.01,
        _("standard deviation of the gradients' noise, in median gradients at the starts"),
        minimum=0,
    )
    frames: int = setting(60, _("frames of the animation; 0 makes none"), minimum=0, quick=6)


def run(settings, folders):
    """Race, draw the comparison and the animation."""
    from chapter6.section_6_3.optimizer_specs import optimizer_specs, rate_grid
    from chapter6.section_6_3.race_drawing import draw_steps, save_animation
    from chapter6.section_6_3.random_starts import compare

    specs, tuning, problems = optimizer_specs(), settings.tuning_starts, 2 * OBJECTIVES
    starts, noise = random_problem(settings)
    targets = [1e-3 * np.median(each.loss(*points.T)) for each, points in zip(problems, starts, strict=True)]
    results, functions = {}, [objective.loss for objective in OBJECTIVES]
    with progress_bar(str(_("Running six optimizers on six losses")), len(specs)) as show:
        for done, spec in enumerate(specs, start=1):
            rates = rate_grid(settings.rates)
            results[spec.name] = compare(
                spec, functions, rates, starts, tuning, settings.steps, targets, noise
            )
            show(done)
    needed = {name: result.needed[:, : settings.starts] for name, result in results.items()}
    pictures = [
        Picture(
            draw_steps(specs, OBJECTIVES, needed, folders),
            _("The further left the faster: compare each bowl and saddle with its rotated twin."),
        )
    ]
    if settings.frames:
        film = save_animation(specs, OBJECTIVES, results, settings, folders)
        pictures.append(
            Picture(film, _("Two of the losses as an animation: see who leaves the saddle first."))
        )
    return _make_finding(needed, tuple(pictures))


def random_problem(settings):
    """Return the starting points and the noise of the gradients, for exact gradients, then for noisy ones.

    Args:
        settings: The experiment's ``Settings``.

    Returns:
        Arrays [2 × losses, starts, 2] and [steps + 1, 2 × losses, starts, 2]: the tuning starts, the others,
        and last the start of figures 6-6 to 6-9, which the animation shows. The noise of the first half is 0.
    """
    import tensorflow as tf

    shape = (settings.tuning_starts + settings.starts, 2)
    draws = np.random.default_rng((settings.seed, 1)).uniform(size=shape)
    # The same draws on each loss.
    starts = np.array([[*each.starts(draws), each.start] for each in OBJECTIVES])
    points = tf.constant(starts)
    with tf.GradientTape() as tape:
        tape.watch(points)
        pairs = zip(OBJECTIVES, tf.unstack(points), strict=True)
        losses = tf.stack([each.loss(p[:, 0], p[:, 1]) for each, p in pairs])
    sizes = np.median(np.linalg.norm(tape.gradient(losses, points), axis=-1), axis=-1)
    deviations = settings.noise * np.concatenate([np.zeros(len(sizes)), sizes])
    starts = np.tile(starts, (2, 1, 1))
    rng = np.random.default_rng((settings.seed, 2))
    return starts, deviations[:, None, None] * rng.normal(size=(settings.steps + 1, *starts.shape))


def _make_finding(needed, pictures):
    rows, good, names = [], {gradients: [] for gradients in GRADIENTS}, list(needed)
    for k, objective in enumerate(2 * OBJECTIVES):
        gradients = GRADIENTS[k // len(OBJECTIVES)]
        steps = np.array([needed[name][k] for name in names])
        medians = dict(zip(names, np.median(steps, axis=1), strict=True))
        adam = steps[names.index("Adam")]
        among = (np.count_nonzero(steps < adam, axis=0) < 2) & np.isfinite(adam)
        fastest = min(medians, key=medians.get)
        least = medians[fastest]
        rank = 1 + sum(median < medians["Adam"] for median in medians.values())
        rows.append(
            (
                objective.name,
                gradients,
                fastest if np.isfinite(least) else "–",
                least,
                medians["Adam"],
                rank,
                100 * among.mean(),
            )
        )
        # Where nobody arrives, nobody is among the best.
        if rank <= 2 and np.isfinite(medians["Adam"]):
            good[gradients].append(_(objective.name))
    count = sum(map(len, good.values()))
    # In part: on half of them at least.
    verdict = Verdict.of([2 * count >= len(rows), count == len(rows)])
    limits = _(
        "Losses of two parameters: this ranks no optimizer for networks. Only the learning rates were tuned."
    )
    if verdict == Verdict.PARTLY:
        limits = _("Holds with exact gradients on: {exact}; with noisy ones on: {noisy}. {limits}").format(
            **{gradients: MessageList(each or ["–"]) for gradients, each in good.items()}, limits=limits
        )
    columns = (
        N_("loss function"),
        N_("gradients"),
        N_("fastest"),
        N_("its median steps"),
        N_("Adam's median steps"),
        N_("Adam's rank"),
        N_("Adam among the best two (% of starts)"),
    )
    return Finding(
        verdict=verdict,
        short=_(
            "By median steps Adam is among the best two of six optimizers on {exact} of the six losses, with "
            "noisy gradients on {noisy}."
        ).format(**{gradients: len(each) for gradients, each in good.items()}),
        why=_(
            "Where one tuned rate suits all directions SGD needs no more. Adam's steps depend on averages "
            "over 10 and 1,000 steps, which forget the large early gradients slowly."
        ),
        limits=limits,
        table=dict(zip(columns, zip(*rows, strict=True), strict=True)),
        pictures=pictures,
    )
