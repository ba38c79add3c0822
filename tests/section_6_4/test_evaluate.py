"""``evaluate``: its table, files and scalars, of one checkpoint and of a run's; ``gan --evaluate-every``."""

import csv
import shutil

import numpy as np
import pytest
import tensorflow as tf
from PIL import Image
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

from chapter6.artifacts import Folders
from chapter6.errors import InputError
from chapter6.gan.checkpoints import PRETRAINED, checkpoints_in, open_generator
from chapter6.gan.evaluation import Scores, nearest
from chapter6.gan.fresh_discriminator import Discrimination
from chapter6.gan.model import generate, sample_noise
from chapter6.gan.recipes import build
from chapter6.section_6_4 import evaluate, gan, sample
from chapter6.section_6_4.evaluation_tables import scores_table

pytestmark = pytest.mark.usefixtures("untrained_discriminator", "compiled_gans")
SMALL = {"batch_size": 16, "hidden_units": 8, "latent_dim": 6, "steps": 60}
EVERY = {"log_every": 20, "grid_every": 20, "checkpoint_every": 20}
SUMMARIZED = {
    "frechet_distance": "Fréchet distance",
    "precision": "precision",
    "recall": "recall",
    "classifier_score": "classifier score",
    "unsure": "share of no digit",
    "missing_digits": "digits below 1%",
    "within_digit_spread": "spread within a digit (test digits: 1)",
}
MEASURES = (*SUMMARIZED, "classifier_spread")


def folders(output, name):
    return Folders.of("section_6_4", name, output)


@pytest.fixture(scope="module")
def trained(tmp_path_factory, digits, compiled_gans):
    """The folder of a short run that was evaluated every 40 iterations."""
    output = tmp_path_factory.mktemp("trained")
    gan.run(gan.Settings(**SMALL, **EVERY, data=digits, evaluate_every=40), folders(output, "gan"))
    return output


def evaluated(output, **settings):
    run_evaluate(output, **settings)
    return folders(output, "evaluate").snapshots


def run_evaluate(output, **settings):
    settings = evaluate.Settings(**{"samples": 200, "epochs": 1, **settings})
    return evaluate.run(settings, folders(output, "evaluate"))


def table(path):
    with path.open() as file:
        return list(csv.DictReader(file))


def scalars(folder):
    reader = EventAccumulator(str(folder), size_guidance={"tensors": 0})
    reader.Reload()
    return {
        measure: {
            event.step: float(tf.make_ndarray(event.tensor_proto))
            for event in reader.Tensors(f"evaluation/{measure}")
        }
        for measure in MEASURES
    }


def test_one_checkpoint_leaves_a_table_pictures_and_numbers(trained, mnist_path, capsys, digits):
    finding = run_evaluate(trained, draws=2)
    snapshots = folders(trained, "evaluate").snapshots
    assert "trained for 60 iterations" in capsys.readouterr().out
    assert {path.name for path in snapshots.iterdir()} == {
        "evaluation.csv",
        "evaluation.png",
        "evaluation_nearest.csv",
        "evaluation_nearest.png",
    }
    rows = table(snapshots / "evaluation.csv")
    assert [(row["iteration"], row["seed"]) for row in rows] == [
        ("60", "0"),
        ("60", "1"),
        ("training digits", "0"),
        ("training digits", "1"),
    ]
    for row in rows:
        shares = sum(float(row[f"share_{digit}"]) for digit in range(10))
        assert shares + float(row["unsure"]) == pytest.approx(1)
    # Sixty iterations are noise to a classifier; digits are digits.
    assert float(rows[0]["frechet_distance"]) > 4 * float(rows[2]["frechet_distance"])
    assert rows[0]["frechet_distance"] != rows[1]["frechet_distance"]
    found = finding.table.set_index(["measure", "source"])
    assert len(found) == 2 * (len(SUMMARIZED) + 2)
    samples = [
        open_generator(checkpoints_in(folders(trained, "gan").checkpoints)[-1]).samples(200, seed)
        for seed in (0, 1)
    ]
    accuracy = found.loc[("accuracy of a fresh discriminator", "generator"), "mean"]
    assert accuracy == pytest.approx(np.mean([each.mean() / each.max() for each in samples]), rel=1e-5)
    assert found.loc[("JSD, at least (nats)", "training digits"), "mean"] == 0.25
    for source, drawn in (("generator", rows[:2]), ("training digits", rows[2:])):
        for measure, name in SUMMARIZED.items():
            values = [float(row[measure]) for row in drawn]
            received = found.loc[(name, source), ["mean", "std. dev.", "most"]].tolist()
            assert received == pytest.approx([np.mean(values), np.std(values), max(values)])
    assert found.loc[("Fréchet distance", "generator"), "iterations"] == 60
    with Image.open(snapshots / "evaluation.png") as picture:
        assert min(picture.size) > 600

    generator, _, _ = open_generator(checkpoints_in(folders(trained, "gan").checkpoints)[-1])
    with np.load(digits) as file:
        training = file["x_train"][len(file["x_train"]) // 12 :] / np.float32(255)
    chosen, distances = nearest(generate(generator, sample_noise(200, 6, 0)), training)
    neighbours = table(snapshots / "evaluation_nearest.csv")
    assert [int(row["training_digit"]) for row in neighbours] == chosen.tolist()
    np.testing.assert_allclose([float(row["distance"]) for row in neighbours], distances)


@pytest.mark.parametrize(
    ("distance", "accuracy", "verdict"),
    [(0.55, 0.55, "holds"), (0.65, 0.55, "does not hold"), (0.55, 0.57, "does not hold")],
)
def test_the_verdict_is_whether_samples_are_as_near_as_training_digits_and_as_hard_to_tell(
    distance, accuracy, verdict
):
    def scores(*distances):
        return [Scores(each, 0.9, 0.8, 9.0, 0.1, 0.02, 0, 1.0, np.full(10, 0.098)) for each in distances]

    drawn, training = {20: scores(distance)}, scores(0.4, 0.6)
    discriminations = [[Discrimination(each, 0.008, 0.0)] for each in (accuracy, 0.54)]
    table = scores_table(drawn, training, discriminations)
    finding = evaluate._make_finding(drawn, training, discriminations, table, ())
    assert finding.verdict == verdict
    distances = finding.table[finding.table["measure"] == "Fréchet distance"]
    assert distances["mean"].tolist() == pytest.approx([distance, 0.5])
    assert distances["std. dev."].tolist() == pytest.approx([0, 0.1])
    accuracies = finding.table[finding.table["measure"] == "accuracy of a fresh discriminator"]
    assert accuracies["mean"].tolist() == pytest.approx([accuracy, 0.54])
    assert f"{accuracy:.0%}" in str(finding.short) and "54%" in str(finding.short)


def test_all_checkpoints_of_a_run_with_scalars_against_the_iteration(trained, capsys):
    finding = run_evaluate(trained, all=True, draws=1)
    snapshots = folders(trained, "evaluate").snapshots
    # The newest beside the training digits, then the way there.
    distances = finding.table[finding.table["measure"] == "Fréchet distance"]
    assert distances["source"].tolist() == ["generator", "training digits", *["generator"] * 3]
    assert distances["iterations"].iloc[[0, 2, 3, 4]].tolist() == [60, 40, 20, 0]
    rows = table(snapshots / "evaluation.csv")
    assert [row["iteration"] for row in rows] == ["0", "20", "40", "60", "training digits"]
    assert (snapshots / "evaluation_history.png").is_file()
    logged = scalars(snapshots)
    for measure in MEASURES:
        assert logged[measure] == pytest.approx(
            {int(row["iteration"]): float(row[measure]) for row in rows[:4]}, rel=1e-6
        )
    # Again, into the same folder: each iteration stands there once, and one checkpoint is one row.
    first = checkpoints_in(folders(trained, "gan").checkpoints)[0]
    evaluated(trained, all=True, draws=1, checkpoint=first)
    assert scalars(snapshots) == logged
    evaluated(trained, draws=1, checkpoint=first)
    assert [row["iteration"] for row in table(snapshots / "evaluation.csv")] == ["20", "training digits"]


def test_another_checkpoint_is_drawn_beside(trained, tmp_path):
    first = checkpoints_in(folders(trained, "gan").checkpoints)[0]
    snapshots = evaluated(tmp_path / "out", draws=1, checkpoint=first, beside=checkpoints_in(PRETRAINED)[0])
    with Image.open(snapshots / "evaluation_beside.png") as picture:
        assert picture.size == (1500, 1275)
    before = sorted(tmp_path.rglob("*"))
    with pytest.raises(InputError, match="received .*model-9"):
        evaluated(tmp_path / "other", checkpoint=first, beside=tmp_path / "model-9")
    assert sorted(tmp_path.rglob("*")) == before


def test_the_checkpoint_that_comes_along_is_evaluated_before_any_training(tmp_path, capsys):
    snapshots = evaluated(tmp_path, draws=1)
    assert "trained on other digits" in capsys.readouterr().out
    noise = np.random.default_rng(0).random((200, 28, 28))
    generator, _, _ = open_generator(checkpoints_in(PRETRAINED)[-1])
    # Digits, if not all of them; what is nearest to noise is farther away.
    _, of_noise = nearest(noise, generate(generator, sample_noise(50, 100, 0)))
    rows = table(snapshots / "evaluation_nearest.csv")
    assert float(rows[0]["distance"]) < of_noise.min()


def test_evaluate_of_no_checkpoint_is_refused_before_anything_is_written(tmp_path):
    for everything in (False, True):
        with pytest.raises(InputError, match="received .*model-9"):
            evaluated(tmp_path / "out", checkpoint=tmp_path / "model-9", all=everything)
    assert list(tmp_path.iterdir()) == []


def test_scores_logged_while_training_are_those_of_evaluate(trained):
    logged = scalars(folders(trained, "gan").snapshots)
    assert list(logged["recall"]) == [40]
    path = checkpoints_in(folders(trained, "gan").checkpoints)[1]
    snapshots = evaluated(trained, checkpoint=path, samples=500, epochs=4, draws=1)
    (row, _) = table(snapshots / "evaluation.csv")
    for measure in MEASURES:
        assert logged[measure][40] == pytest.approx(float(row[measure]), rel=1e-5)


def everything(path):
    """Return all values of a checkpoint but its settings."""
    reader = tf.train.load_checkpoint(path)
    names = set(reader.get_variable_to_shape_map()) - {"_CHECKPOINTABLE_OBJECT_GRAPH"}
    return {name: reader.get_tensor(name) for name in names if not name.startswith("settings")}


def test_evaluation_does_not_change_the_training(trained, tmp_path, mnist_path):
    gan.run(gan.Settings(**SMALL, **EVERY), folders(tmp_path, "gan"))
    for one, other in zip(
        *(checkpoints_in(folders(output, "gan").checkpoints) for output in (trained, tmp_path)), strict=True
    ):
        with_it, without = everything(one), everything(other)
        assert with_it.keys() == without.keys()
        for name, value in with_it.items():
            np.testing.assert_array_equal(value, without[name], err_msg=name)


@pytest.mark.parametrize("recipe", ["lecture", "improved"])
def test_a_run_that_goes_on_logs_and_ends_as_one_that_was_not_stopped(trained, tmp_path, recipe):
    runs = {"whole": [60], "parts": [23, 41, 60]}
    for name, stops in runs.items():
        # Spares the training of another.
        classifier = folders(trained, "classifier").checkpoints
        shutil.copytree(classifier, folders(tmp_path / name, "classifier").checkpoints)
        for stop in stops:
            settings = gan.Settings(**SMALL | {"steps": stop}, **EVERY, evaluate_every=20, recipe=recipe)
            gan.run(settings, folders(tmp_path / name, "gan"))
    whole, parts = (scalars(folders(tmp_path / name, "gan").snapshots) for name in runs)
    assert list(whole["recall"]) == [20, 40, 60]
    assert whole == parts
    one, other = (
        everything(checkpoints_in(folders(tmp_path / name, "gan").checkpoints)[-1]) for name in runs
    )
    for name, value in one.items():
        if not name.startswith("save_counter"):
            np.testing.assert_array_equal(value, other[name], err_msg=name)


def test_the_improved_run_is_sampled_from_its_average(tmp_path):
    gan.run(gan.Settings(**SMALL, **EVERY, recipe="improved"), folders(tmp_path, "gan"))
    newest = checkpoints_in(folders(tmp_path, "gan").checkpoints)[-1]
    generator, settings, iteration = open_generator(newest)
    assert (settings["recipe"], iteration) == ("improved", 60)
    held = build(settings)
    checkpoint = tf.train.Checkpoint(sampler=held.sampler, generator=held.generator)
    checkpoint.restore(newest).expect_partial().assert_existing_objects_matched()
    for network, is_the_one in ((held.sampler, True), (held.generator, False)):
        for weight, other in zip(generator.weights, network.weights, strict=True):
            assert np.array_equal(weight, other) is is_the_one
    sample.run(sample.Settings(), folders(tmp_path, "sample"))
    samples = np.load(folders(tmp_path, "sample").snapshots / "samples.npy")
    np.testing.assert_array_equal(samples, generate(generator, sample_noise(16, 6, 0)))


def test_a_run_keeps_its_recipe_and_the_first_checkpoints_are_the_lectures(tmp_path):
    gan.run(gan.Settings(**SMALL, **EVERY), folders(tmp_path, "gan"))
    with pytest.raises(InputError, match="recipe must be lecture .*received improved"):
        gan.run(gan.Settings(**SMALL, **EVERY, recipe="improved"), folders(tmp_path, "gan"))
    _, settings, _ = open_generator(checkpoints_in(PRETRAINED)[-1])
    assert settings["recipe"] == "lecture" and settings["evaluate_every"] == 0
