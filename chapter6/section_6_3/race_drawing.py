"""The pictures of the experiment `race`: the steps to the target, and the animation."""

import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.colors import to_rgb
from PIL import Image

from chapter6.artifacts import atomic_write, save_csv
from chapter6.figures import figure, localized, path_of_copy, save_figure, use_chinese_font
from chapter6.language import _, translate
from chapter6.section_6_3.drawing import draw_losses, draw_objective

# The losses that the animation shows.
FILMED = ("Rosenbrock", "rotated saddle")


@localized
def draw_steps(specs, objectives, needed, folders):
    """Save the comparison of all optimizers on all losses, and its table.

    Args:
        specs: Sequence of `OptimizerSpec`.
        objectives: Sequence of `ObjectiveFunction`.
        needed: Mapping from an optimizer's name to the steps needed, [2 × objectives, starts], infinite where
            a run does not arrive; first with exact, then with noisy gradients.
        folders: `Folders` to write to.

    Returns:
        Path of the picture.
    """
    drawing = figure(10, 5.5)
    drawing.suptitle(_("6-3.f: steps to a thousandth of the loss, median over the starts"))
    panels = drawing.subplots(1, 2, sharex=True, sharey=True)
    finite = np.concatenate([np.ravel(each) for each in needed.values()])
    never = 2 * np.max(finite, where=np.isfinite(finite), initial=1)
    titles = (_("exact gradients"), _("noisy gradients"))
    for axes, title, half in zip(panels, titles, (0, len(objectives)), strict=True):
        for k, spec in enumerate(specs):
            medians = np.median(needed[spec.name], axis=1)[half : half + len(objectives)]
            # A little one above the other, so that equals do not hide each other.
            heights = np.arange(len(objectives)) + 0.12 * (k - (len(specs) - 1) / 2)
            look = {"color": spec.line["color"], "marker": spec.line["marker"], "markersize": 8}
            label = translate(spec.name)
            axes.semilogx(np.minimum(medians, never), heights, linestyle="none", label=label, **look)
        axes.axvline(never / 1.4, color="0.5", linewidth=1)
        axes.set(title=title, xlabel=_("steps; right of the line: never"))
        axes.set_yticks(range(len(objectives)), [translate(each.name) for each in objectives])
        axes.grid(alpha=0.3)
    axes.invert_yaxis()
    drawing.legend(*axes.get_legend_handles_labels(), loc="outside lower center", ncols=len(specs))
    names = [f"{each.name} {gradients}" for gradients in ("exact", "noisy") for each in objectives]
    table = {f"{name} {spec.name}": needed[spec.name][k] for k, name in enumerate(names) for spec in specs}
    save_csv(folders.snapshots / "steps.csv", table)
    return save_figure(drawing, folders.snapshots / "steps.png")


@localized
def save_animation(specs, objectives, results, settings, folders):
    """Save the race on two of the losses, exact gradients, as an animated GIF: paths and losses.

    Args:
        specs, objectives: As in `draw_steps`.
        results: Mapping from an optimizer's name to its `Comparison`, whose last start is shown.
        settings: The experiment's ``Settings``.
        folders: `Folders` to write to.

    Returns:
        Path of the animation.
    """
    drawing = figure(10, 7)
    drawing.set_dpi(96)
    canvas = FigureCanvasAgg(drawing)
    heading = drawing.suptitle(" ")
    # (axes, line, its points [steps + 1, 2])
    moving = []
    filmed = [k for k, objective in enumerate(objectives) if objective.name in FILMED]
    for (plane, curves), k in zip(drawing.subplots(len(filmed), 2), filmed, strict=True):
        objective = objectives[k]
        draw_objective(plane, objective)
        plane.plot(*objective.start, "o", color="black", markerfacecolor="white", markersize=9, zorder=5)
        plane.set_title(translate(objective.name), fontsize=11)
        for spec in specs:
            result = results[spec.name]
            path, losses = result.path[:, k], np.maximum(result.losses[:, k, -1], 1e-6)
            # Sets the scales; what is drawn grows with the steps.
            draw_losses(curves, losses, {**spec.line, "alpha": 0}, floor=1e-6)
            for axes, points in (
                (plane, path),
                (curves, np.stack([1 + np.arange(len(losses)), losses], axis=1)),
            ):
                (line,) = axes.plot([], [], markevery=[-1], label=translate(spec.name), **spec.line)
                moving.append((axes, line, points))
        curves.set(xscale="log", xlim=(1, settings.steps + 1))
    drawing.legend(
        *plane.get_legend_handles_labels(), loc="outside lower center", ncols=len(specs), fontsize=10
    )
    frames = _frames(drawing, canvas, moving, heading, settings)
    palette = _palette([spec.line["color"] for spec in specs])
    frames = [frame.quantize(palette=palette, dither=Image.Dither.NONE) for frame in frames]
    path = path_of_copy(folders.snapshots / "race.gif")
    with atomic_write(path) as temporary:
        durations = [120] * (len(frames) - 1) + [3000]
        frames[0].save(temporary, save_all=True, append_images=frames[1:], duration=durations, loop=0)
    return path


def _frames(drawing, canvas, moving, heading, settings):
    """Return the images of the animation, the step written above each."""
    use_chinese_font(drawing)
    # What stands still is drawn once.
    canvas.draw()
    still = canvas.copy_from_bbox(drawing.bbox)
    frames = []
    # More frames at the beginning, where the way is made.
    for step in np.unique(np.geomspace(1, settings.steps + 1, settings.frames).astype(int)) - 1:
        canvas.restore_region(still)
        for axes, line, points in moving:
            line.set_data(*points[: step + 1].T)
            axes.draw_artist(line)
        heading.set_text(_("Step {step}: six optimizers from the ring").format(step=step))
        use_chinese_font(drawing)
        drawing.draw_artist(heading)
        frames.append(Image.fromarray(np.array(canvas.buffer_rgba())[:, :, :3]))
    return frames


def _palette(colours):
    """Return an image with greys, and with every line's colour fading into light grey."""
    fading = np.linspace(0, 1, 8)[:, None]
    shades = [np.linspace(0, 1, 48)[:, None] * np.ones(3)]
    shades += [(1 - fading) * to_rgb(colour) + fading * 0.85 for colour in colours]
    strip = np.round(255 * np.concatenate(shades)).astype(np.uint8)[None]
    return Image.fromarray(strip).quantize(256)
