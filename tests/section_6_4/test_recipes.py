"""``recipes``: the table that it fills, what it spares, its picture and its printed means."""

import itertools

import numpy as np
import pandas as pd
import pytest
import tensorflow as tf
from matplotlib.text import Text

from chapter6.artifacts import Folders
from chapter6.classifier import trained_classifier
from chapter6.errors import InputError
from chapter6.gan.evaluation import SampleEvaluator
from chapter6.gan.model import GAN, generate, sample_noise
from chapter6.gan.recipes import VARIANTS
from chapter6.gan.training import train
from chapter6.mnist import load_mnist
from chapter6.section_6_4 import recipes, recipes_training
from chapter6.section_6_4.recipes import DESCRIPTIONS, Settings
from chapter6.section_6_4.recipes_drawing import draw
from chapter6.section_6_4.recipes_table import MEASURES, TRAINING_DIGITS, means, print_means
from tests.section_6_2.made import figures

SMALL = {"recipes": ("lecture",), "iterations": (4, 2), "repetitions": 2, "samples": 100, "epochs": 1}


def folders(output):
    return Folders.of("section_6_4", "recipes", output)


def table(output):
    return pd.read_csv(folders(output).snapshots / "recipes.csv")


@pytest.fixture(scope="module")
def output(tmp_path_factory, digits):
    output = tmp_path_factory.mktemp("recipes")
    recipes.run(Settings(**SMALL, noise=(1.0, 0.5), data=digits), folders(output))
    return output


def test_each_seed_is_evaluated_on_the_way_and_with_each_noise(output):
    rows = table(output)
    keys = list(zip(rows.recipe, rows.seed, rows.iteration, rows.noise, strict=True))
    expected = [(TRAINING_DIGITS, seed, 0, 1.0) for seed in (0, 1)]
    for seed in (0, 1):
        expected += [("lecture", seed, 2, 1.0), ("lecture", seed, 4, 1.0), ("lecture", seed, 4, 0.5)]
    assert keys == expected
    measured = rows[list(MEASURES)]
    assert np.isfinite(measured).all(axis=None)
    assert (rows.filter(like="share_of_").sum(axis=1) + rows.unsure).tolist() == pytest.approx(
        [1] * len(rows)
    )
    assert (folders(output).snapshots / "recipes.png").is_file()


def test_a_row_is_of_the_gan_of_its_seed(output, digits):
    mnist = load_mnist(digits)
    gan = GAN(seed=1)
    train(gan, tf.constant(mnist.train.images.reshape(-1, 784)), 4)
    samples = generate(gan.generator, 0.5 * sample_noise(100, 100, seed=1))
    classifier, _accuracy = trained_classifier(
        mnist, folders(output).checkpoints.with_name("classifier"), epochs=1
    )
    evaluator = SampleEvaluator(classifier, mnist.test.images)
    (row,) = table(output).query("recipe == 'lecture' and seed == 1 and noise == 0.5").to_dict("records")
    scores = evaluator.score(samples)
    assert row["frechet_distance"] == pytest.approx(scores.frechet_distance, rel=1e-5)
    assert (row["precision"], row["recall"]) == (scores.precision, scores.recall)


def test_what_the_table_holds_is_not_trained_again(output, digits, monkeypatch):
    trained = []
    monkeypatch.setattr(recipes_training, "train", lambda *arguments: trained.append(arguments[2]))
    before = table(output)
    recipes.run(Settings(**SMALL, data=digits), folders(output))
    assert trained == [] and table(output).equals(before)
    recipes.run(Settings(**SMALL | {"iterations": (2, 4, 6), "repetitions": 1}, data=digits), folders(output))
    assert trained == [2, 4, 6] and len(table(output)) == len(before) + 1


@pytest.mark.parametrize(
    "text", ["", "recipe,seed\nlecture,0\n", "iteration,d_loss\n1,0.5\n"], ids=["empty", "short", "other"]
)
def test_another_file_in_its_place_is_refused_and_kept(text, tmp_path, digits):
    path = folders(tmp_path).snapshots / "recipes.csv"
    path.parent.mkdir(parents=True)
    path.write_text(text)
    with pytest.raises(InputError, match="a table of recipes must have the columns recipe, seed"):
        recipes.run(Settings(**SMALL, data=digits), folders(tmp_path))
    assert path.read_text() == text


def made(recipe, seed, iteration=100_000, noise=1.0, **measured):
    keys = {"recipe": recipe, "seed": seed, "iteration": iteration, "noise": noise}
    return keys | {"samples": 10_000, "data": "mnist"} | dict.fromkeys(MEASURES, 0.5) | measured


def test_means_are_over_the_seeds():
    rows = pd.DataFrame([made("lecture", seed, recall=recall) for seed, recall in enumerate((0.2, 0.3, 0.7))])
    found = means(rows).loc[("lecture", 100_000, 1.0), "recall"]
    assert found["mean"] == pytest.approx(0.4) and found["std"] == pytest.approx(
        np.std([0.2, 0.3, 0.7], ddof=1)
    )


def test_the_printed_table_fits_a_terminal(capsys, monkeypatch):
    monkeypatch.setenv("COLUMNS", "80")
    rows = [made(name, seed, noise=0.7) for name in ("no_momentum", "lecture") for seed in (0, 1)]
    rows += [made(TRAINING_DIGITS, seed, 0, frechet_distance=0.5 + 0.01 * seed) for seed in (0, 1)]
    print_means(pd.DataFrame(rows))
    text = capsys.readouterr().out
    assert "…" not in text and max(map(len, text.splitlines())) <= 80
    assert "no_momentum       100,000   0.7" in text and "0.5 ± 0.0 0.50 ± 0.00" in text


def test_each_recipe_has_a_number_in_the_picture_and_none_covers_another(tmp_path, monkeypatch):
    """The samples of some are alike, of others the same."""
    random = np.random.default_rng(0)
    rows = pd.DataFrame(
        {"recipe": recipe, "seed": seed, "iteration": 100, "noise": 1.0}
        | dict.fromkeys(MEASURES, 0.5)
        | ({} if place < 3 else {"precision": random.uniform(0.8, 0.83), "recall": random.uniform(0.9, 0.95)})
        for place, recipe in enumerate((*DESCRIPTIONS, TRAINING_DIGITS))
        for seed in (0, 1)
    )
    drawn = figures(monkeypatch)
    draw(rows, DESCRIPTIONS, Folders(tmp_path, tmp_path))
    texts = drawn[0].axes[0].texts
    assert sorted(int(text.get_text()) for text in texts) == list(range(1, len(DESCRIPTIONS) + 2))
    # Without the line that leads to each
    boxes = [Text.get_window_extent(text) for text in texts]
    assert not any(one.overlaps(other) for one, other in itertools.combinations(boxes, 2))


def test_every_recipe_has_a_description_and_nothing_else_does():
    assert list(DESCRIPTIONS) == list(VARIANTS)
