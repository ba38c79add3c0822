"""The pictures of a GAN's run: the slides' grid of samples, its animation, and figure 6-12.

Slide: 6-4, the MNIST program's `plot`; figure 6-12.
"""

from pathlib import Path

import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.gridspec import GridSpec
from PIL import Image, ImageDraw, ImageFont

from chapter6.artifacts import atomic_write, save_csv
from chapter6.figures import figure, localized, save_figure
from chapter6.gan.model import LOSSES
from chapter6.language import N_, _, translate

# zlib's own level takes as long again as the drawing does, for a file no smaller.
PNG = {"dpi": 100, "pil_kwargs": {"compress_level": 1}}

# Pixels of a frame of the animation: its width, and the height of the line above the grid.
WIDTH, HEADING = 900, 72


def plot(samples):
    """Draw 16 samples in a 4 x 4 grid, as the slides' `plot` does.

    Slide: 6-4, `plot`: 4 x 4 inches, wspace = hspace = 0.05, no axes, equal aspect, colour map ``Greys_r``.

    Args:
        samples: Array [16, 28, 28]; like the slides', each is scaled to its own darkest and lightest pixel.

    Returns:
        A matplotlib figure.
    """
    drawing = Figure(figsize=(4, 4))
    cells = GridSpec(4, 4, drawing, wspace=0.05, hspace=0.05)
    for cell, sample in zip(cells, samples, strict=True):
        axes = drawing.add_subplot(cell)
        axes.axis("off")
        axes.set_aspect("equal")
        axes.imshow(sample, cmap="Greys_r")
    return drawing


def save_grid(samples, path):
    """Save what `plot` draws of 16 samples as a PNG and return its path."""
    return save_figure(plot(samples), path, **PNG, bbox_inches="tight")


class Grid:
    """`save_grid` for many grids: one drawing, in which only the samples change.

    The files are the same, byte for byte, in a fraction of the time.

    Args:
        samples: Array [16, 28, 28], the first samples to draw.
    """

    def __init__(self, samples):
        self._drawing = plot(samples)
        # The box that ``bbox_inches="tight"`` looks for; it does not depend on the samples.
        self._drawing.set_dpi(PNG["dpi"])
        canvas = FigureCanvasAgg(self._drawing)
        canvas.draw()
        self._box = self._drawing.get_tightbbox(canvas.get_renderer()).padded(0.1)

    def save(self, samples, path):
        """Save the grid of 16 samples [16, 28, 28] as a PNG and return its path."""
        for cell, sample in zip(self._drawing.axes, samples, strict=True):
            cell.images[0].set_data(sample)
            cell.images[0].autoscale()
        return save_figure(self._drawing, path, **PNG, bbox_inches=self._box)


def save_animation(folder, every, frames=100):
    """Save the grids ``000.png``, ``001.png``, … of a folder as the animated GIF ``samples.gif``.

    Of more than `frames` grids as many are taken at even distances, the first and the last among them. Above
    each its iteration is written.

    Args:
        folder: Where the grids lie.
        every: int, iterations between two grids.
        frames: int, how many to take at most.
    """
    paths = sorted(Path(folder).glob("[0-9]*.png"), key=lambda path: int(path.stem))
    target = Path(folder) / "samples.gif"
    chosen = np.unique(np.linspace(0, len(paths) - 1, min(frames, len(paths))).round().astype(int))
    images = [_frame(Image.open(paths[i]), every * int(paths[i].stem)) for i in chosen]
    # Milliseconds a frame; the last, the trained generator, stays longer.
    durations = [200] * (len(images) - 1) + [3000]
    with atomic_write(target) as temporary:
        images[0].save(temporary, "GIF", save_all=True, append_images=images[1:], duration=durations, loop=0)
    return target


def _frame(grid, iteration):
    """Return a grid, enlarged, below its iteration."""
    grid = grid.convert("L").resize(
        (WIDTH, round(grid.height * WIDTH / grid.width)), Image.Resampling.NEAREST
    )
    frame = Image.new("L", (WIDTH, grid.height + HEADING), "white")
    frame.paste(grid, (0, HEADING))
    # As the slides' program prints it, in the font that Pillow brings along.
    font = ImageFont.load_default(size=HEADING // 2)
    ImageDraw.Draw(frame).text((WIDTH // 2, HEADING // 2), f"Iter: {iteration:,}", "black", font, anchor="mm")
    return frame


@localized
def save_loss_curves(columns, folder):
    """Draw figure 6-12, the losses against the iterations, as ``figure_6_12.png`` with its CSV beside it.

    Slide: 6-4, figure 6-12.

    Args:
        columns: ``iteration`` and the four `LOSSES`, as `chapter6.gan.summaries.read_losses` returns them.
        folder: Where to save.

    Returns:
        The path of the PNG.
    """
    drawing = figure(10, 6.4)
    axes = drawing.subplots(2, 2, sharex=True)
    titles = (N_("D on real digits"), N_("D on fakes"), N_("D, the sum of both"), "G")
    for cell, tag, title in zip(axes.flat, LOSSES, titles, strict=True):
        losses = np.array(columns[tag])
        # Of a D that says 1/2
        name, undecided = ("log 4", np.log(4)) if tag == "d_loss" else ("log 2", np.log(2))
        cell.plot(columns["iteration"], losses, color="0.7", linewidth=0.6, label=_("logged"))
        cell.plot(columns["iteration"], _smooth(losses), color="black", linewidth=1.5, label=_("smoothed"))
        cell.axhline(undecided, color="black", linestyle="--", linewidth=1.2, label=_("D can only guess"))
        cell.text(
            1.0, undecided, name, transform=cell.get_yaxis_transform(), ha="right", va="bottom", fontsize=11
        )
        cell.set_title(f"{tag} ({translate(title)})", fontsize=13)
        # Not the largest: a spike would flatten all the others.
        cell.set_ylim(0, 1.15 * max(undecided, np.quantile(losses, 0.99)))
        cell.grid(alpha=0.3)
    drawing.legend(*axes[0, 0].get_legend_handles_labels(), loc="outside lower center", ncols=3, fontsize=12)
    for cell in axes[1]:
        cell.locator_params(axis="x", nbins=5)
        cell.xaxis.set_major_formatter("{x:,.0f}")
        cell.set_xlabel(_("iterations"), fontsize=12)
    for cell in axes[:, 0]:
        cell.set_ylabel(_("mean cross-entropy (nats)"), fontsize=12)
    drawing.suptitle(_("Figure 6-12: losses during the GAN's training"), fontsize=15)
    save_csv(Path(folder) / "figure_6_12.csv", columns)
    return save_figure(drawing, Path(folder) / "figure_6_12.png")


def _smooth(values):
    """Average over a hundredth of the run to either side."""
    width = max(1, len(values) // 50) | 1
    padded = np.pad(values, width // 2, mode="edge")
    return np.convolve(padded, np.ones(width) / width, mode="valid")
