"""The grid is drawn as the slides' `plot` draws it; the animation and figure 6-12 are what a run left."""

import csv

import numpy as np
import pytest
from PIL import Image

from chapter6.gan import pictures
from chapter6.gan.model import LOSSES
from chapter6.gan.pictures import Grid, plot, save_animation, save_grid, save_loss_curves


def samples(seed=0):
    return np.random.default_rng(seed).random((16, 28, 28)).astype(np.float32)


def test_plot_is_the_slides():
    drawn = samples()
    drawing = plot(drawn)
    assert drawing.get_size_inches().tolist() == [4, 4]
    assert len(drawing.axes) == 16
    for number, axes in enumerate(drawing.axes):
        cell = axes.get_subplotspec()
        assert (cell.rowspan.start, cell.colspan.start) == divmod(number, 4)
        assert cell.get_gridspec().get_geometry() == (4, 4)
        spacing = cell.get_gridspec().get_subplot_params(drawing)
        assert (spacing.wspace, spacing.hspace) == (0.05, 0.05)
        assert not axes.axison and axes.get_aspect() == 1
        (image,) = axes.images
        assert image.get_cmap().name == "Greys_r"
        np.testing.assert_array_equal(image.get_array(), drawn[number])


def test_same_samples_give_the_same_file(tmp_path):
    one, other = (save_grid(samples(), tmp_path / name) for name in ("a.png", "b.png"))
    assert one.read_bytes() == other.read_bytes()
    assert save_grid(samples(1), tmp_path / "c.png").read_bytes() != one.read_bytes()


def test_grids_drawn_in_one_drawing_are_the_same_files(tmp_path):
    grid = Grid(samples(0))
    for seed, scale in ((1, 1.0), (2, 0.1), (0, 1.0)):
        alone = save_grid(samples(seed) * scale, tmp_path / "alone.png")
        together = grid.save(samples(seed) * scale, tmp_path / "together.png")
        assert together.read_bytes() == alone.read_bytes()


def test_animation_shows_the_grids_in_the_order_of_their_numbers(tmp_path):
    for number in (2, 1000, 0, 10, 999):
        Image.fromarray(np.full((8, 8), number % 251, np.uint8)).save(tmp_path / f"{number:03d}.png")
    headings, durations = set(), []
    with Image.open(save_animation(tmp_path, every=1000)) as animation:
        shades = []
        for frame in range(animation.n_frames):
            animation.seek(frame)
            frame = animation.convert("L")
            shades.append(frame.getpixel((450, 900)))
            headings.add(frame.crop((0, 0, 900, 72)).tobytes())
            durations.append(animation.info["duration"])
    assert frame.size == (900, 972)
    assert shades == [0, 2, 10, 999 % 251, 1000 % 251]
    # Each has another iteration written above; the last stays.
    assert len(headings) == 5 and durations[-1] >= 10 * durations[0]


def test_a_long_animation_keeps_its_first_and_last_grid(tmp_path):
    for number in range(30):
        Image.fromarray(np.full((8, 8), 8 * number, np.uint8)).save(tmp_path / f"{number:03d}.png")
    with Image.open(save_animation(tmp_path, 1, frames=7)) as animation:
        assert animation.n_frames == 7
        shades = []
        for frame in (0, 6):
            animation.seek(frame)
            shades.append(animation.convert("L").getpixel((450, 900)))
    assert shades == [0, 8 * 29]


def test_figure_6_12_has_its_numbers_beside_it(tmp_path):
    columns = {"iteration": [100, 200, 300], **{tag: [0.5, 0.25, 0.125] for tag in LOSSES}}
    picture = save_loss_curves(columns, tmp_path)
    with Image.open(picture) as drawing:
        assert drawing.size == (1500, 960)
    with (tmp_path / "figure_6_12.csv").open() as file:
        rows = list(csv.reader(file))
    assert rows[0] == ["iteration", *LOSSES]
    assert rows[2] == ["200", "0.25", "0.25", "0.25", "0.25"]


def test_figure_6_12_has_the_loss_of_guessing_and_no_spike_flattens_it(tmp_path, monkeypatch):
    kept = []
    monkeypatch.setattr(pictures, "save_figure", lambda figure, path: kept.append(figure) or path)
    columns = {"iteration": np.arange(1, 1001), **{tag: np.full(1000, 0.5) for tag in LOSSES}}
    columns["g_loss"] = np.where(columns["iteration"] == 500, 1e6, 3.0)
    save_loss_curves(columns, tmp_path)
    for axes, tag in zip(kept[0].axes, LOSSES, strict=True):
        guessing = axes.lines[2].get_ydata()[0]
        assert guessing == pytest.approx(np.log(4 if tag == "d_loss" else 2))
        assert max(guessing, 0.5) < axes.get_ylim()[1] < 4
