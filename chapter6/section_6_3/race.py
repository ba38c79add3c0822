"""All six optimizers on all four losses: the comparison sheet, and the race as a film.

Slide: 6-3, figures 6-6 to 6-9 side by side, with SGD and SGD with momentum (claims 6-3.a to 6-3.f).

All start at the same point of a loss, each with the learning rate that serves it best there (see
`tuned_runs`). Which of them wins is a property of these four losses, without noise and with two parameters:
it ranks nobody for a network.
"""

from dataclasses import dataclass

import numpy as np

from chapter6 import artifacts
from chapter6.experiment import Finding, Verdict, setting
from chapter6.section_6_3.drawing import draw_losses, draw_objective, draw_path
from chapter6.section_6_3.objectives import OBJECTIVES
from chapter6.section_6_3.optimizer_specs import optimizer_specs, tuned_runs

CLAIM = "6-3.f"
SENTENCE = "Adam joins the strengths of the others (here: on four losses, against five others)."


@dataclass(frozen=True)
class Settings:
    """How long, how many rates, and the film."""

    steps: int = setting(300, "steps; on three of the losses all is over then", minimum=10, quick=60)
    rates: int = setting(
        37, "learning rates tried, 1e-5 to 10 on a log scale: six a decade", minimum=2, quick=19
    )
    frames: int = setting(60, "pictures of the film; 0 makes none", minimum=0, quick=6)


def run(settings, folders):
    """Race, draw the sheet, film it."""
    specs = optimizer_specs()
    runs = {spec.name: tuned_runs(spec.name, settings.rates, settings.steps) for spec in specs}
    pictures = [_sheet(folders, specs, OBJECTIVES, runs)]
    if settings.frames:
        pictures.append(_film(folders, specs, OBJECTIVES, runs, settings))

    # A loss below 1e-10 counts as zero: what differs there is rounding.
    ends = {name: [max(float(run.losses[-1]), 1e-10) for run in each] for name, each in runs.items()}
    words, ranks, numbers = [], [], {}
    for k, objective in enumerate(OBJECTIVES):
        order = sorted(ends, key=lambda name: ends[name][k])
        best, last = order[0], order[-1]
        ranks.append(1 + sum(end[k] < ends["Adam"][k] for end in ends.values()))
        worst, adam = ends[last][k], ends["Adam"][k]
        words.append(
            f"{objective.name} {ends[best][k]:.0e} ({best}) to {worst:.0e} ({last}), Adam {adam:.0e}"
        )
        numbers |= {f"{objective.name}_{name}_loss": end[k] for name, end in ends.items()}
        numbers[f"{objective.name}_rank_of_Adam"] = ranks[-1]
    verdict = Verdict.HOLDS if max(ranks) <= 2 else Verdict.PARTLY if min(ranks) <= 2 else Verdict.FAILS
    measured = (
        f"Loss after {settings.steps} steps, best to worst: {'; '.join(words)}. Ranks of Adam among the six: "
        f"{', '.join(map(str, ranks))}."
    )
    return Finding(verdict, measured, tuple(pictures), numbers)


def _sheet(folders, specs, objectives, runs):
    figure = artifacts.figure(19, 10)
    figure.suptitle("Figures 6-6 to 6-9 side by side: six optimizers, each at its best learning rate")
    above, below = figure.subplots(2, len(objectives))
    table = {}
    for k, objective in enumerate(objectives):
        draw_objective(above[k], objective)
        above[k].set_title(f"{objective.name}\n{objective.formula}")
        for spec in specs:
            run = runs[spec.name][k]
            draw_path(above[k], run.path, spec.line)
            draw_losses(below[k], run.losses, spec.line, label=f"{spec.name}, {run.rate:.2g}")
            table[f"{objective.name} {spec.name} loss"] = run.losses
        below[k].legend(
            title="learning rate", fontsize=9, ncols=2, loc="upper center", bbox_to_anchor=(0.5, -0.15)
        )
    artifacts.save_csv(folders.snapshots / "sheet.csv", {"step": range(len(run.losses))} | table)
    return artifacts.save_figure(figure, folders.snapshots / "sheet.png")


def _film(folders, specs, objectives, runs, settings):
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from PIL import Image

    figure = artifacts.figure(8, 6.6)
    figure.set_dpi(80)
    canvas = FigureCanvasAgg(figure)
    moving = []
    for k, (axes, objective) in enumerate(zip(figure.subplots(2, 2).flat, objectives, strict=True)):
        draw_objective(axes, objective)
        axes.set_title(objective.name, fontsize=10)
        for spec in specs:
            (line,) = axes.plot([], [], markevery=[-1], label=spec.name, **spec.line)
            moving.append((axes, line, runs[spec.name][k].path))
    figure.legend(*axes.get_legend_handles_labels(), loc="outside lower center", ncols=len(specs), fontsize=8)
    counter = axes.text(0.97, 0.04, "", transform=axes.transAxes, ha="right")
    # What stands still is drawn once.
    canvas.draw()
    still = canvas.copy_from_bbox(figure.bbox)
    frames = []
    # More frames at the beginning, where the way is made.
    for step in np.unique(np.geomspace(1, settings.steps + 1, settings.frames).astype(int)) - 1:
        canvas.restore_region(still)
        for axes, line, path in moving:
            line.set_data(*path[: step + 1].T)
            axes.draw_artist(line)
        counter.set_text(f"step {step}")
        axes.draw_artist(counter)
        frames.append(Image.fromarray(np.array(canvas.buffer_rgba())[:, :, :3]))
    palette = _palette([spec.line["color"] for spec in specs])
    frames = [frame.quantize(palette=palette, dither=Image.Dither.NONE) for frame in frames]
    path = folders.snapshots / "race.gif"
    with artifacts.atomic_write(path) as temporary:
        durations = [120] * (len(frames) - 1) + [3000]
        frames[0].save(temporary, save_all=True, append_images=frames[1:], duration=durations, loop=0)
    return path


def _palette(colours):
    """Return an image with the colours of the film: greys, and every line's colour fading into light grey."""
    from matplotlib.colors import to_rgb
    from PIL import Image

    fading = np.linspace(0, 1, 8)[:, None]
    shades = [np.linspace(0, 1, 48)[:, None] * np.ones(3)]
    shades += [(1 - fading) * to_rgb(colour) + fading * 0.85 for colour in colours]
    strip = np.round(255 * np.concatenate(shades)).astype(np.uint8)[None]
    return Image.fromarray(strip).quantize(256)
