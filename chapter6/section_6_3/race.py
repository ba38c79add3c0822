"""All six optimizers on all four losses: a comparison and an animation.

Slide: 6-3, figures 6-6 to 6-9 side by side, with SGD and SGD with momentum (claims 6-3.a to 6-3.f).

All start at the same point of a loss, each with its best learning rate of a grid, among those at which the
loss never rises above that of the start. Which of them wins is a property of these four losses, without noise
and with two parameters: it ranks none of them for a network.
"""

from dataclasses import dataclass

from chapter6.experiment import Finding, Picture, Verdict, setting
from chapter6.language import N_, MessageList, _
from chapter6.progress import progress_bar
from chapter6.section_6_3.conditions import limits_of
from chapter6.section_6_3.objectives import OBJECTIVES, ROUNDING
from chapter6.section_6_3.settings import TuningSettings

CLAIM = "6-3.f"
SENTENCE = _("Adam joins the strengths of the others (here: on four losses, against five others).")


@dataclass(frozen=True)
class Settings(TuningSettings):
    """Steps, the search for the learning rate, and the animation."""

    frames: int = setting(60, _("frames of the animation; 0 makes none"), minimum=0, quick=6)


def run(settings, folders):
    """Race, draw the comparison and the animation."""
    from chapter6.section_6_3.optimizer_specs import optimizer_specs, tuned_runs
    from chapter6.section_6_3.race_drawing import draw_sheet, save_animation

    specs = optimizer_specs()
    runs = {}
    with progress_bar(str(_("Running six optimizers on four losses")), len(specs)) as show:
        for done, spec in enumerate(specs, start=1):
            runs[spec.name] = tuned_runs(spec.name, settings.rates, settings.steps)
            show(done)
    sheet = draw_sheet(specs, OBJECTIVES, runs, folders)
    pictures = [
        Picture(sheet, _("Paths above, losses below: the valley of Rosenbrock's loss sets them apart."))
    ]
    if settings.frames:
        film = save_animation(specs, OBJECTIVES, runs, settings, folders)
        pictures.append(Picture(film, _("The same runs as an animation: see who leaves the saddle first.")))
    return _make_finding(runs, tuple(pictures))


def _make_finding(runs, pictures):
    telling, others, ranks = [], [], {}
    for k, objective in enumerate(OBJECTIVES):
        ends = {name: max(float(each[k].losses[-1]), ROUNDING) for name, each in runs.items()}
        order = sorted(ends, key=ends.get)
        for name in order:
            rank = 1 + sum(end < ends[name] for end in ends.values())
            row = (objective.name, name, runs[name][k].rate, ends[name], rank)
            (telling if name in (order[0], "Adam", order[-1]) else others).append(row)
            if name == "Adam":
                ranks[objective.name] = rank
    conditions = {_(name): rank <= 2 for name, rank in ranks.items()}
    good = sum(conditions.values())
    if good == len(OBJECTIVES):
        short = _(
            "At its best learning rate Adam is among the best two of six optimizers on all four losses."
        )
    elif good:
        short = _(
            "At its best learning rate Adam is among the best two of six optimizers on these losses: "
            "{losses}."
        ).format(losses=MessageList(name for name, holds in conditions.items() if holds))
    else:
        short = _(
            "At its best learning rate Adam is among the best two of six optimizers on none of the four "
            "losses."
        )
    names = (
        N_("loss function"),
        N_("optimizer"),
        N_("learning rate"),
        N_("final loss (at least 1e-10)"),
        N_("rank"),
    )
    return Finding(
        verdict=Verdict.of(conditions.values()),
        short=short,
        why=_(
            "Adam scales each parameter's step like RMSProp, which helps along flat valleys, and averages "
            "gradients like momentum, which damps the jumping around a minimum."
        ),
        limits=limits_of(
            conditions,
            _(
                "Four losses of two parameters without noise: this ranks no optimizer for networks. Losses "
                "below 1e-10 count as equal."
            ),
        ),
        table=dict(zip(names, zip(*telling, *others, strict=True), strict=True)),
        pictures=pictures,
    )
