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
from chapter6.section_6_3.contestants import contestants, tuned_runs
from chapter6.section_6_3.drawing import draw_landscape, draw_losses, draw_path
from chapter6.section_6_3.landscapes import LANDSCAPES

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
    racers = contestants()
    runs = {racer.name: tuned_runs(racer.name, settings.rates, settings.steps) for racer in racers}
    pictures = [_sheet(folders, racers, LANDSCAPES, runs)]
    if settings.frames:
        pictures.append(_film(folders, racers, LANDSCAPES, runs, settings))

    # A loss below 1e-10 counts as zero: what differs there is rounding.
    ends = {name: [max(float(run.losses[-1]), 1e-10) for run in each] for name, each in runs.items()}
    words, ranks, numbers = [], [], {}
    for k, landscape in enumerate(LANDSCAPES):
        order = sorted(ends, key=lambda name: ends[name][k])
        best, last = order[0], order[-1]
        ranks.append(1 + sum(end[k] < ends["Adam"][k] for end in ends.values()))
        worst, adam = ends[last][k], ends["Adam"][k]
        words.append(
            f"{landscape.name} {ends[best][k]:.0e} ({best}) to {worst:.0e} ({last}), Adam {adam:.0e}"
        )
        numbers |= {f"{landscape.name}_{name}_loss": end[k] for name, end in ends.items()}
        numbers[f"{landscape.name}_rank_of_Adam"] = ranks[-1]
    verdict = Verdict.HOLDS if max(ranks) <= 2 else Verdict.PARTLY if min(ranks) <= 2 else Verdict.FAILS
    measured = (
        f"Loss after {settings.steps} steps, best to worst: {'; '.join(words)}. Ranks of Adam among the six: "
        f"{', '.join(map(str, ranks))}."
    )
    return Finding(verdict, measured, tuple(pictures), numbers)


def _sheet(folders, racers, landscapes, runs):
    figure = artifacts.figure(19, 10)
    figure.suptitle("Figures 6-6 to 6-9 side by side: six optimizers, each at its best learning rate")
    above, below = figure.subplots(2, len(landscapes))
    table = {}
    for k, landscape in enumerate(landscapes):
        draw_landscape(above[k], landscape)
        above[k].set_title(f"{landscape.name}\n{landscape.formula}")
        for racer in racers:
            run = runs[racer.name][k]
            draw_path(above[k], run.path, racer.line)
            draw_losses(below[k], run.losses, racer.line, label=f"{racer.name}, {run.rate:.2g}")
            table[f"{landscape.name} {racer.name} loss"] = run.losses
        below[k].legend(
            title="learning rate", fontsize=9, ncols=2, loc="upper center", bbox_to_anchor=(0.5, -0.15)
        )
    artifacts.save_csv(folders.snapshots / "sheet.csv", {"step": range(len(run.losses))} | table)
    return artifacts.save_figure(figure, folders.snapshots / "sheet.png")


def _film(folders, racers, landscapes, runs, settings):
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from PIL import Image

    figure = artifacts.figure(8, 6.6)
    figure.set_dpi(80)
    canvas = FigureCanvasAgg(figure)
    moving = []
    for k, (axes, landscape) in enumerate(zip(figure.subplots(2, 2).flat, landscapes, strict=True)):
        draw_landscape(axes, landscape)
        axes.set_title(landscape.name, fontsize=10)
        for racer in racers:
            (line,) = axes.plot([], [], markevery=[-1], label=racer.name, **racer.line)
            moving.append((axes, line, runs[racer.name][k].path))
    figure.legend(
        *axes.get_legend_handles_labels(), loc="outside lower center", ncols=len(racers), fontsize=8
    )
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
    palette = _palette([racer.line["color"] for racer in racers])
    frames = [frame.quantize(palette=palette, dither=Image.Dither.NONE) for frame in frames]
    path = folders.snapshots / "race.gif"
    with artifacts.written_beside(path) as temporary:
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
