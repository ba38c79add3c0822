"""The pictures of the experiment `race`: the comparison sheet and the animation."""

import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.colors import to_rgb
from PIL import Image

from chapter6.artifacts import atomic_write, save_csv
from chapter6.figures import figure, localized, save_figure, use_chinese_font
from chapter6.language import _, translate
from chapter6.section_6_3.drawing import draw_losses, draw_objective, draw_path


@localized
def draw_sheet(specs, objectives, runs, folders):
    """Save the comparison of all optimizers on all losses, and its table.

    Args:
        specs: Sequence of `OptimizerSpec`.
        objectives: Sequence of `ObjectiveFunction`.
        runs: Mapping from an optimizer's name to its `Run` on each objective.
        folders: `Folders` to write to.

    Returns:
        Path of the picture.
    """
    drawing = figure(19, 10)
    drawing.suptitle(_("Figures 6-6 to 6-9 side by side: six optimizers, each at its best learning rate"))
    above, below = drawing.subplots(2, len(objectives))
    table = {}
    for k, objective in enumerate(objectives):
        draw_objective(above[k], objective)
        above[k].set_title(f"{translate(objective.name)}\n{objective.formula}")
        for spec in specs:
            run = runs[spec.name][k]
            draw_path(above[k], run.path, spec.line)
            label = _("{optimizer}, {rate:.2g}").format(optimizer=_(spec.name), rate=run.rate)
            draw_losses(below[k], run.losses, spec.line, label=label)
            table[f"{objective.name} {spec.name} loss"] = run.losses
        below[k].legend(
            title=_("learning rate"), fontsize=9, ncols=2, loc="upper center", bbox_to_anchor=(0.5, -0.15)
        )
    save_csv(folders.snapshots / "sheet.csv", {"step": range(len(run.losses))} | table)
    return save_figure(drawing, folders.snapshots / "sheet.png")


@localized
def save_animation(specs, objectives, runs, settings, folders):
    """Save the race as an animated GIF.

    Args:
        specs, objectives, runs: As in `draw_sheet`.
        settings: The experiment's ``Settings``.
        folders: `Folders` to write to.

    Returns:
        Path of the animation.
    """
    drawing = figure(8, 6.6)
    drawing.set_dpi(80)
    canvas = FigureCanvasAgg(drawing)
    moving = []
    for k, (axes, objective) in enumerate(zip(drawing.subplots(2, 2).flat, objectives, strict=True)):
        draw_objective(axes, objective)
        axes.set_title(translate(objective.name), fontsize=10)
        for spec in specs:
            (line,) = axes.plot([], [], markevery=[-1], label=translate(spec.name), **spec.line)
            moving.append((axes, line, runs[spec.name][k].path))
    drawing.legend(
        *axes.get_legend_handles_labels(), loc="outside lower center", ncols=len(specs), fontsize=8
    )
    message = _("step {step}")
    counter = axes.text(0.97, 0.04, message.format(step=0), transform=axes.transAxes, ha="right")
    use_chinese_font(drawing)
    # What stands still is drawn once.
    counter.set_text("")
    canvas.draw()
    still = canvas.copy_from_bbox(drawing.bbox)
    frames = []
    # More frames at the beginning, where the way is made.
    for step in np.unique(np.geomspace(1, settings.steps + 1, settings.frames).astype(int)) - 1:
        canvas.restore_region(still)
        for axes, line, path in moving:
            line.set_data(*path[: step + 1].T)
            axes.draw_artist(line)
        counter.set_text(message.format(step=step))
        axes.draw_artist(counter)
        frames.append(Image.fromarray(np.array(canvas.buffer_rgba())[:, :, :3]))
    palette = _palette([spec.line["color"] for spec in specs])
    frames = [frame.quantize(palette=palette, dither=Image.Dither.NONE) for frame in frames]
    path = folders.snapshots / "race.gif"
    with atomic_write(path) as temporary:
        durations = [120] * (len(frames) - 1) + [3000]
        frames[0].save(temporary, save_all=True, append_images=frames[1:], duration=durations, loop=0)
    return path


def _palette(colours):
    """Return an image with greys, and with every line's colour fading into light grey."""
    fading = np.linspace(0, 1, 8)[:, None]
    shades = [np.linspace(0, 1, 48)[:, None] * np.ones(3)]
    shades += [(1 - fading) * to_rgb(colour) + fading * 0.85 for colour in colours]
    strip = np.round(255 * np.concatenate(shades)).astype(np.uint8)[None]
    return Image.fromarray(strip).quantize(256)
