"""``photographs``: where the patches come from, their classifier, tables and figures."""

import csv
import math
from types import SimpleNamespace

import numpy as np
import pytest
import skimage.data
from PIL import Image

from chapter6.adversarial import perturbation_size
from chapter6.artifacts import Folders
from chapter6.mnist import Split
from chapter6.section_6_4 import photographs, photographs_drawing
from chapter6.section_6_4.adversarial import verdict_of
from chapter6.section_6_4.attacks import smallest_perturbations
from chapter6.section_6_4.textures import TEXTURES, patches, texture_classifier

SMALL = photographs.Settings(training=200, epochs=1, patches=15, steps=5, halvings=3)


@pytest.fixture(scope="module")
def halved():
    """The photographs, each 2 x 2 pixels averaged."""
    originals = [skimage.data.brick(), skimage.data.grass(), skimage.data.gravel()]
    return np.mean([np.float64(each).reshape(256, 2, 256, 2) for each in originals], axis=(2, 4)).round()


def columns_of(patch, photograph):
    """Return the columns of a photograph in which a patch begins."""
    starts = range(photograph.shape[1] - 27)
    return [
        column
        for column in starts
        for row in np.flatnonzero((photograph[:-27, column : column + 28] == patch[0]).all(axis=1))
        if np.array_equal(photograph[row : row + 28, column : column + 28], patch)
    ]


def test_patches_to_train_on_lie_left_of_those_to_test_on(halved):
    training, test = patches(6, 5, seed=3)
    for split, count, first, last in ((training, 6, 0, 159), (test, 5, 160, 255)):
        assert split.images.dtype == np.uint8 and split.images.shape == (3 * count, 28, 28)
        assert split.labels.tolist() == [0] * count + [1] * count + [2] * count
        for patch, label in zip(split.images, split.labels, strict=True):
            found = columns_of(patch, halved[label])
            assert found and all(first <= column and column + 27 <= last for column in found)


def test_patches_are_a_function_of_the_seed():
    for split, again, other in zip(patches(6, 5, 3), patches(6, 5, 3), patches(6, 5, 4), strict=True):
        assert np.array_equal(split.images, again.images) and not np.array_equal(split.images, other.images)
    # No photograph's places are those of another.
    training, _test = patches(2000, 1, 0)
    assert len({patch.tobytes() for patch in training.images}) > 5000


def test_a_classifier_standardizes_its_images():
    rng = np.random.default_rng(0)
    images = rng.integers(100, 140, (50, 28, 28), dtype=np.uint8)
    model = texture_classifier(images, seed=1)
    standardized = model.get_layer("standardized")(np.float32(images) / 255).numpy()
    assert standardized.mean() == pytest.approx(0, abs=1e-4)
    assert standardized.std() == pytest.approx(1, abs=1e-4)
    assert model(np.float32(images) / 255).shape == (50, 3)
    assert len(model.get_layer("lenet").layers) > 5


@pytest.fixture(scope="module")
def ran(tmp_path_factory):
    """A small run: its finding, its folders, and what was attacked, attacked again."""
    folders = Folders.of("section_6_4", "photographs", tmp_path_factory.mktemp("ran"))
    kept = {}

    def keep(model, test, *arguments):
        kept.update(model=model, test=test)
        return smallest_perturbations(model, test, *arguments)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("chapter6.section_6_4.attacks.smallest_perturbations", keep)
        finding = photographs.run(SMALL, folders)
    sizes, examples = smallest_perturbations(kept["model"], kept["test"], 0.2, math.inf, SMALL)
    return SimpleNamespace(finding=finding, folders=folders, sizes=sizes, examples=examples, **kept)


def row(ran, measure):
    table = ran.finding.table
    (found,) = table[table["measure"] == measure].to_dict("records")
    return found


def test_the_network_is_attacked_on_the_patches_of_the_seed(ran):
    _training, test = patches(200, 15, 0)
    assert isinstance(ran.test, Split) and np.array_equal(ran.test.labels, test.labels)
    np.testing.assert_allclose(ran.test.images, test.images / 255, atol=1e-7)
    assert perturbation_size(ran.examples - ran.test.images).max() <= 0.2 + 1e-6


def test_the_finding_has_the_sizes_of_all_and_of_each_texture(ran):
    assert list(ran.finding.table) == ["measure", "all", *TEXTURES]
    groups = {"all": slice(None), "brick": slice(0, 15), "grass": slice(15, 30), "gravel": slice(30, 45)}
    wrong = ran.model(ran.test.images).numpy().argmax(axis=1) != ran.test.labels
    for name, group in groups.items():
        sizes = np.sort(ran.sizes[group])
        assert row(ran, "smallest size ε, median")[name] == pytest.approx(sizes[len(sizes) // 2])
        assert row(ran, "error on unperturbed patches (%)")[name] == pytest.approx(100 * wrong[group].mean())
    unnoticed = row(ran, "fooled, and no pixel's change to be seen (%)")
    assert unnoticed["all"] == pytest.approx(np.mean([unnoticed[name] for name in TEXTURES]))
    # A change of 4/255 is seen on no grey, one of more than 0.033 on every grey.
    assert 100 * np.mean(ran.sizes <= 4 / 255) <= unnoticed["all"] <= 100 * np.mean(ran.sizes <= 0.033)


def test_the_curve_of_a_texture_ends_at_the_share_that_was_fooled(ran):
    path = ran.folders.snapshots / "lightness.csv"
    with path.open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert [float(each["share"]) for each in rows] == pytest.approx(np.arange(1, 16) / 15)
    unnoticed = row(ran, "fooled, and no pixel's change to be seen (%)")
    for label, name in enumerate(TEXTURES):
        change = np.array([float(each[f"{name} lightness"]) for each in rows])
        assert np.all(np.diff(change) >= 0)
        assert np.isfinite(change).sum() == np.isfinite(ran.sizes[ran.test.labels == label]).sum()
        assert 100 * np.mean(change <= 2.3) == pytest.approx(unnoticed[name])


def test_figure_6_10_shows_two_patches_of_each_texture(ran):
    with (ran.folders.snapshots / "figure_6_10_linf.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert [each["label"] for each in rows] == ["0", "0", "1", "1", "2", "2"]
    assert [float(each["epsilon"]) for each in rows] == pytest.approx(ran.sizes[[0, 1, 15, 16, 30, 31]])
    for picture in ran.finding.pictures:
        with Image.open(picture) as image:
            assert min(image.size) > 600


def test_the_verdict_is_that_of_digits(ran):
    unnoticed = row(ran, "fooled, and no pixel's change to be seen (%)")["all"] / 100
    noise = row(ran, "error under noise of the smallest sizes (%)")["all"] / 100
    assert ran.finding.verdict is verdict_of(unnoticed, np.isfinite(ran.sizes).mean(), noise)


def test_a_patch_that_cannot_be_fooled_is_drawn_beyond_the_edge(tmp_path):
    folders = Folders.of("section_6_4", "photographs", tmp_path)
    changes = np.array([1.0, math.inf, 2.0, 3.0, math.inf, math.inf])
    photographs_drawing.draw_lightness(folders, changes, np.array([0, 0, 1, 1, 2, 2]), TEXTURES)
    text = (folders.snapshots / "lightness.csv").read_text(encoding="utf-8")
    assert text.splitlines()[1:] == ["1.0,2.0,inf,0.5", "inf,3.0,inf,1.0"]
