"""``adversarial_training``: what it trains on, what it gains and costs, the verdict, what it refuses."""

import csv
import math
from types import SimpleNamespace

import numpy as np
import pytest
import tensorflow as tf
from PIL import Image

from chapter6 import classifier
from chapter6.adversarial import projected_gradient_descent
from chapter6.artifacts import Folders
from chapter6.classifier import error_rate, lenet
from chapter6.experiment import Verdict
from chapter6.mnist import load_mnist
from chapter6.networks.training import predict, scale_pixels
from chapter6.runner.command_line import main
from chapter6.section_6_4 import adversarial_training
from chapter6.section_6_4.adversarial_training import Settings, verdict_of
from chapter6.section_6_4.attacks import training_attack

SMALL = Settings(epochs=3, epsilon=0.15, images=200, steps=5, restarts=1, epsilons=(0.05, 0.2))


def columns(path):
    with path.open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    return {name: [row[name] for row in rows] for name in rows[0]}


@pytest.fixture(scope="module")
def ran(tmp_path_factory, digits):
    """A small run: its finding, its folders, all digits, both networks, and how each was trained."""
    folders = Folders.of("section_6_4", "adversarial_training", tmp_path_factory.mktemp("ran"))
    networks, trainings, train = [], [], classifier.train

    def recorded(model, split, epochs, seed, transform=None, on_execution_end=None):
        networks.append(model)
        trainings.append((model.get_weights(), split.images, epochs, seed, transform is not None))
        train(model, split, epochs, seed, transform, on_execution_end)

    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("CHAPTER6_DATA", str(digits))
        patch.setattr(classifier, "train", recorded)
        finding = adversarial_training.run(SMALL, folders)
    plain, adversarial = networks
    return SimpleNamespace(
        finding=finding,
        folders=folders,
        mnist=load_mnist(digits),
        plain=plain,
        adversarial=adversarial,
        trainings=trainings,
    )


def test_both_start_alike_and_one_sees_perturbed_digits(ran):
    (plain, *of_plain, not_perturbed), (adversarial, *of_adversarial, perturbed) = ran.trainings
    assert all(np.array_equal(one, two) for one, two in zip(plain, adversarial, strict=True))
    images, *rest = of_plain
    assert np.array_equal(images, of_adversarial[0]) and rest == of_adversarial[1:] == [3, 0]
    assert perturbed and not not_perturbed


def test_files(ran):
    (picture,) = ran.finding.pictures
    with Image.open(picture) as image:
        assert min(image.size) > 600
    assert {path.name for path in ran.folders.snapshots.iterdir()} == {
        "adversarial_training.png",
        "error_under_attack.csv",
        "error_clean.csv",
    }


def row(ran, training, size):
    """Return a row of the finding's table, a dict."""
    table = ran.finding.table
    (found,) = table[(table["training"] == training) & (table["size ε"] == size)].to_dict("records")
    return found


def test_training_makes_robust(ran):
    table = columns(ran.folders.snapshots / "error_under_attack.csv")
    assert table["epsilon"] == ["0.0", "0.05", "0.15", "0.2"]
    plain, adversarial = (np.array(table[name], float) for name in ("plain", "adversarial"))
    assert plain[2] > adversarial[2] + 0.2 and plain[3] > adversarial[3] + 0.2
    assert np.all(np.diff(plain) >= 0) and np.all(np.diff(adversarial) >= 0)
    for place, size in ((2, 0.15), (3, 0.2)):
        for name, rates in (("plain", plain), ("adversarial", adversarial)):
            assert row(ran, name, size)["error (%)"] == pytest.approx(100 * rates[place])
            spread = 100 * math.sqrt(rates[place] * (1 - rates[place]) / 200)
            assert row(ran, name, size)["standard error"] == pytest.approx(spread)
        of_difference = row(ran, "difference", size)
        assert of_difference["error (%)"] == pytest.approx(100 * (adversarial[place] - plain[place]))
        spreads = [row(ran, name, size)["standard error"] for name in ("plain", "adversarial")]
        assert of_difference["standard error"] == pytest.approx(math.hypot(*spreads))
    assert ran.finding.verdict is not Verdict.FAILS


@pytest.mark.parametrize("name", ["plain", "adversarial"])
def test_each_network_meets_examples_of_its_own(ran, name):
    model = getattr(ran, name)
    images, labels = scale_pixels(ran.mnist.test.images[:200]), ran.mnist.test.labels[:200]
    examples = projected_gradient_descent(model, images, labels, 0.15, steps=5)
    # The starts depend on a digit's place among all that are attacked at once.
    found = row(ran, name, 0.15)["error (%)"]
    assert 100 * error_rate(model, examples, labels) == pytest.approx(found, abs=3)


def test_cost_is_the_difference_on_all_test_digits(ran):
    table = columns(ran.folders.snapshots / "error_clean.csv")
    plain, adversarial = map(float, table["error as they are"])
    images, labels = scale_pixels(ran.mnist.test.images), ran.mnist.test.labels
    wrong = [predict(model, images).argmax(axis=1) != labels for model in (ran.plain, ran.adversarial)]
    assert (plain, adversarial) == (wrong[0].mean(), wrong[1].mean())
    assert row(ran, "plain", 0)["error (%)"] == pytest.approx(100 * plain)
    assert row(ran, "adversarial", 0)["error (%)"] == pytest.approx(100 * adversarial)
    difference = [int(two) - int(one) for one, two in zip(*wrong, strict=True)]
    cost = row(ran, "difference", 0)
    assert cost["number of digits"] == 500
    assert cost["error (%)"] == pytest.approx(100 * np.mean(difference))
    assert cost["standard error"] == pytest.approx(100 * np.std(difference) / math.sqrt(500))


def test_batches_are_changed_within_the_size_and_towards_errors(ran):
    images, labels = scale_pixels(ran.mnist.train.images[:128]), ran.mnist.train.labels[:128].astype(np.int32)
    perturbed = training_attack(ran.plain, SMALL)
    changed, same, other = (perturbed(tf.constant(images), labels, step).numpy() for step in (3, 3, 4))
    assert np.array_equal(changed, same) and not np.array_equal(changed, other)
    assert changed.min() >= 0 and changed.max() <= 1
    assert 0.149 < np.abs(changed - images).max() <= 0.15 + 1e-6
    assert error_rate(ran.plain, changed, labels) > error_rate(ran.plain, images, labels) + 0.2


def test_examples_are_made_for_the_present_weights(ran):
    model = lenet(0)
    images, labels = scale_pixels(ran.mnist.train.images[:16]), ran.mnist.train.labels[:16].astype(np.int32)
    perturbed = training_attack(model, SMALL)
    before = perturbed(tf.constant(images), labels, 0).numpy()
    model.set_weights(ran.plain.get_weights())
    after = perturbed(tf.constant(images), labels, 0).numpy()
    of_plain = training_attack(ran.plain, SMALL)(tf.constant(images), labels, 0).numpy()
    assert np.array_equal(after, of_plain) and not np.array_equal(after, before)


@pytest.mark.parametrize(
    "plain, adversarial, spread, verdict",
    [
        (0.9, 0.2, 0.02, Verdict.HOLDS),
        (0.9, 0.6, 0.02, Verdict.PARTLY),
        (0.9, 0.6, 0.2, Verdict.FAILS),
        (0.5, 0.6, 0.02, Verdict.FAILS),
    ],
)
def test_verdict(plain, adversarial, spread, verdict):
    assert verdict_of(plain, adversarial, spread) is verdict


@pytest.mark.parametrize(
    "words, message",
    [
        (["--epsilon", "0"], "must be greater than 0, received 0"),
        (["--epsilons", "0.1", "-0.1"], "must be at least 0, received -0.1"),
        (["--training-steps", "0"], "must be at least 1, received 0"),
        (["--epochs", "two"], "must be a whole number, received 'two'"),
        (["--data", "nowhere"], "received nowhere"),
    ],
)
def test_bad_input_is_refused_in_one_line_and_nothing_is_written(
    words, message, tmp_path, capsys, monkeypatch
):
    monkeypatch.setattr("chapter6.section_6_4.EXPERIMENTS", ("adversarial_training",))
    with pytest.raises(SystemExit) as stop:
        main("chapter6.section_6_4", ["adversarial_training", *words, "--output", str(tmp_path / "out")])
    error = capsys.readouterr().err
    assert stop.value.code == 2 and error.count("\n") == 1 and message in error
    assert list(tmp_path.iterdir()) == []
