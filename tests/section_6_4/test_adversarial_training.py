"""``adversarial_training``: what it trains on, what it gains and costs, the verdict, what it refuses."""

import csv
from types import SimpleNamespace

import numpy as np
import pytest
import tensorflow as tf
from PIL import Image

from chapter6 import classifier
from chapter6.adversarial import StaticModel, projected_gradient_descent
from chapter6.artifacts import Folders
from chapter6.classifier import error_rate, strided_lenet
from chapter6.experiment import Verdict
from chapter6.mnist import load_mnist
from chapter6.networks.training import predict, scale_pixels
from chapter6.runner.command_line import main
from chapter6.section_6_4 import adversarial_training
from chapter6.section_6_4.adversarial_training import Settings, verdict_of
from chapter6.section_6_4.attacks import training_attack

SMALL = Settings(repetitions=2, epochs=3, epsilon=0.15, warmup=4, images=100, steps=5, epsilons=(0.05, 0.2))


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
    return SimpleNamespace(
        finding=finding,
        folders=folders,
        mnist=load_mnist(digits),
        pairs=[networks[:2], networks[2:]],
        plain=networks[0],
        trainings=trainings,
    )


@pytest.mark.parametrize("pair", [0, 1])
def test_both_start_alike_and_one_sees_perturbed_digits(ran, pair):
    (plain, *of_plain, not_perturbed), (adversarial, *of_adversarial, perturbed) = ran.trainings[2 * pair :][
        :2
    ]
    assert all(np.array_equal(one, two) for one, two in zip(plain, adversarial, strict=True))
    images, *rest = of_plain
    assert np.array_equal(images, of_adversarial[0]) and rest == of_adversarial[1:] == [3, pair]
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


def row(ran, attack, training):
    """Return the mean, the least and the most of a row of the finding's table, shares."""
    table = ran.finding.table
    (found,) = table[(table["attack"] == attack) & (table["training"] == training)].to_dict("records")
    return [found[name] / 100 for name in ("mean error (%)", "least (%)", "most (%)")]


def test_training_makes_robust(ran):
    table = columns(ran.folders.snapshots / "error_under_attack.csv")
    assert table["epsilon"] == ["0.0", "0.05", "0.15", "0.2"]
    curves = {
        name: np.array([table[f"{name}, pair {pair}"] for pair in (0, 1)], float)
        for name in ("plain", "adversarial")
    }
    plain, adversarial = curves["plain"], curves["adversarial"]
    assert np.all(plain[:, 2:] > adversarial[:, 2:] + 0.2)
    assert np.all(np.diff(plain) >= 0) and np.all(np.diff(adversarial) >= 0)
    for name, rates in curves.items():
        for attack, place in (("PGD", 2), ("PGD at the largest size", 3)):
            of_pairs = rates[:, place]
            assert row(ran, attack, name) == pytest.approx([of_pairs.mean(), of_pairs.min(), of_pairs.max()])
    assert ran.finding.verdict is not Verdict.FAILS


def test_all_attacks_count(ran):
    images, labels = scale_pixels(ran.mnist.test.images[:100]), ran.mnist.test.labels[:100]
    attack = {"epsilon": 0.15, "steps": 5}
    wrong = []
    for plain, hardened in ran.pairs:
        static = StaticModel(hardened)
        made = [projected_gradient_descent(model, images, labels, **attack) for model in (static, plain)]
        made.append(projected_gradient_descent(static, images, labels, 0.15, steps=25))
        wrong.append([predict(hardened, each).argmax(axis=1) != labels for each in made])
    rates = np.mean(wrong, axis=2)
    any_ = np.any(wrong, axis=1).mean(axis=1)
    for attack, of_pairs in (
        ("PGD", rates[:, 0]),
        ("examples made for the plain network", rates[:, 1]),
        ("PGD, five times the steps", rates[:, 2]),
        ("any of these attacks", any_),
    ):
        assert row(ran, attack, "adversarial")[0] == pytest.approx(of_pairs.mean(), abs=0.02)


def test_cost_is_on_all_test_digits(ran):
    table = columns(ran.folders.snapshots / "error_clean.csv")
    images, labels = scale_pixels(ran.mnist.test.images), ran.mnist.test.labels
    for place, name in enumerate(("plain", "adversarial")):
        expected = [error_rate(pair[place], images, labels) for pair in ran.pairs]
        assert [float(each) for each in table[name]] == pytest.approx(expected)
        assert row(ran, "unperturbed, all test digits", name)[0] == pytest.approx(np.mean(expected))


def test_batches_are_changed_within_the_size_and_towards_errors(ran):
    images, labels = scale_pixels(ran.mnist.train.images[:128]), ran.mnist.train.labels[:128].astype(np.int32)
    perturbed = training_attack(ran.plain, SMALL)
    changed, same, other = (perturbed(tf.constant(images), labels, step).numpy() for step in (3, 3, 4))
    assert np.array_equal(changed, same) and not np.array_equal(changed, other)
    assert changed.min() >= 0 and changed.max() <= 1
    assert 0.149 < np.abs(changed - images).max() <= 0.15 + 1e-6
    assert error_rate(ran.plain, changed, labels) > error_rate(ran.plain, images, labels) + 0.2


def test_the_size_grows_to_that_of_the_training(ran):
    images, labels = scale_pixels(ran.mnist.train.images[:128]), ran.mnist.train.labels[:128].astype(np.int32)
    perturbed = training_attack(ran.plain, SMALL)
    sizes = [np.abs(perturbed(tf.constant(images), labels, step) - images).max() for step in range(5)]
    assert sizes == pytest.approx([0.0375, 0.075, 0.1125, 0.15, 0.15], abs=1e-3)


def test_examples_are_made_for_the_present_weights(ran):
    model = strided_lenet(0)
    images, labels = scale_pixels(ran.mnist.train.images[:16]), ran.mnist.train.labels[:16].astype(np.int32)
    perturbed = training_attack(model, SMALL)
    before = perturbed(tf.constant(images), labels, 0).numpy()
    model.set_weights(ran.plain.get_weights())
    after = perturbed(tf.constant(images), labels, 0).numpy()
    of_plain = training_attack(ran.plain, SMALL)(tf.constant(images), labels, 0).numpy()
    assert np.array_equal(after, of_plain) and not np.array_equal(after, before)


@pytest.mark.parametrize(
    "plain, adversarial, images, verdict",
    [
        ([0.9, 0.9], [0.2, 0.4], 300, Verdict.HOLDS),
        # Half in one pair only; by so much that few images do not tell; not at all in one pair.
        ([0.9, 0.9], [0.2, 0.6], 300, Verdict.PARTLY),
        ([0.9, 0.9], [0.2, 0.6], 8, Verdict.FAILS),
        ([0.9, 0.5], [0.2, 0.6], 300, Verdict.FAILS),
    ],
)
def test_verdict(plain, adversarial, images, verdict):
    assert verdict_of(np.array(plain), np.array(adversarial), images) is verdict


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
