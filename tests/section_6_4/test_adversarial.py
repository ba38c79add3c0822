"""``adversarial``: attacks, tables and figures, the size that is searched for, the verdict, refusals."""

import csv
import math
from types import SimpleNamespace

import numpy as np
import pytest
from PIL import Image

from chapter6 import classifier
from chapter6.adversarial import (
    StaticModel,
    fast_gradient_sign,
    perturbation_size,
    projected_gradient_descent,
    random_noise,
)
from chapter6.artifacts import Folders
from chapter6.classifier import error_rate, trained_classifier
from chapter6.experiment import Verdict
from chapter6.mnist import Split, load_mnist
from chapter6.networks.training import predict, scale_pixels
from chapter6.runner.command_line import main
from chapter6.section_6_4 import adversarial, adversarial_drawing
from chapter6.section_6_4.adversarial import Settings, verdict_of
from chapter6.section_6_4.attacks import ATTACKS, attacked, smallest_perturbations
from chapter6.section_6_4.visibility import JUST_NOTICEABLE, lightness_change

SMALL = Settings(epochs=1, images=60, steps=5, restarts=2, largest=0.5, largest_l2=6.0, halvings=3)
PICTURES = ("error", "figure_6_10_linf", "figure_6_10_l2")


def columns(path):
    with path.open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    return {name: np.array([float(row[name]) for row in rows]) for name in rows[0]}


@pytest.fixture(scope="module")
def ran(tmp_path_factory, digits):
    """A small run: its finding, its folders, the digits, and the network that it attacked."""
    folders = Folders.of("section_6_4", "adversarial", tmp_path_factory.mktemp("ran"))
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("CHAPTER6_DATA", str(digits))
        finding = adversarial.run(SMALL, folders)
    mnist = load_mnist(digits)
    model, accuracy = trained_classifier(mnist, folders.checkpoints.with_name("classifier"), epochs=1)
    split = Split(scale_pixels(mnist.test.images[:60]), mnist.test.labels[:60])
    smallest = {
        norm: smallest_perturbations(model, split, largest, norm, SMALL)
        for norm, largest in ((math.inf, SMALL.largest), (2, SMALL.largest_l2))
    }
    found = {"finding": finding, "folders": folders, "model": model, "static": StaticModel(model)}
    return SimpleNamespace(**found, accuracy=accuracy, digits=split, smallest=smallest)


def test_files(ran):
    assert [picture.path.name for picture in ran.finding.pictures] == [f"{name}.png" for name in PICTURES]
    for picture in ran.finding.pictures:
        with Image.open(picture) as image:
            assert min(image.size) > 600
    tables = {
        f"{name}_{norm}.csv" for name in ("error", "smallest", "figure_6_10") for norm in ("linf", "l2")
    }
    assert {path.name for path in ran.folders.snapshots.iterdir()} == tables | {
        f"{name}.png" for name in PICTURES
    }
    # Three networks, each with its record, in the folder that all of the section shares.
    (folder,) = ran.folders.checkpoints.parent.iterdir()
    assert folder.name == "classifier" and len(list(folder.iterdir())) == 6


@pytest.mark.parametrize("norm, name, largest", [(math.inf, "linf", 0.5), (2, "l2", 6.0)])
def test_smallest_sizes_fool_and_are_bisected(ran, norm, name, largest):
    sizes, examples = ran.smallest[norm]
    wrong = predict(ran.model, ran.digits.images).argmax(axis=1) != ran.digits.labels
    fooled = predict(ran.model, examples).argmax(axis=1) != ran.digits.labels
    assert np.array_equal(sizes == 0, wrong) and np.array_equal(np.isfinite(sizes), fooled)
    reached = perturbation_size(examples - ran.digits.images, norm)
    assert np.all(reached <= np.minimum(sizes, largest) + 1e-6)
    steps = sizes[np.isfinite(sizes)] / (largest / 2**SMALL.halvings)
    np.testing.assert_allclose(steps, steps.round(), atol=1e-4)
    assert len(set(steps.round())) > 2
    # Half of it fools hardly any: what is found is small.
    half = projected_gradient_descent(
        ran.static, ran.digits.images, ran.digits.labels, np.minimum(sizes, largest) / 2, norm, steps=5
    )
    assert error_rate(ran.model, half, ran.digits.labels) < wrong.mean() + 0.2
    table = columns(ran.folders.snapshots / f"smallest_{name}.csv")
    np.testing.assert_allclose(table["epsilon"], np.sort(sizes))
    np.testing.assert_allclose(table["error"], np.arange(1, 61) / 60)


@pytest.mark.parametrize("norm, name, largest", [(math.inf, "linf", 0.5), (2, "l2", 6.0)])
def test_error_rates_are_those_of_the_other_attacks(ran, norm, name, largest):
    table = columns(ran.folders.snapshots / f"error_{name}.csv")
    np.testing.assert_allclose(table["epsilon"], np.linspace(0, largest, 7))
    images, labels = ran.digits.images, ran.digits.labels
    step = fast_gradient_sign(ran.static, images, labels, largest, norm)
    assert table["fast gradient sign"][-1] == pytest.approx(error_rate(ran.model, step, labels))
    # The noise depends on a digit's place among all that are changed at once.
    noisy = random_noise(images, largest, norm)
    assert table["noise"][-1] == pytest.approx(error_rate(ran.model, noisy, labels), abs=0.1)
    for rates in (table["fast gradient sign"], table["noise"]):
        assert rates[0] == pytest.approx(error_rate(ran.model, images, labels))


@pytest.mark.parametrize("norm", [math.inf, 2])
@pytest.mark.parametrize("attack", ATTACKS)
def test_each_size_has_its_images(ran, attack, norm):
    sizes = [0.0, 0.2, 0.5]
    changed = attacked(attack, ran.static, ran.digits, sizes, norm, SMALL)
    assert changed.shape == (3, 60, 28, 28)
    assert np.array_equal(changed[0], ran.digits.images)
    for epsilon, images in zip(sizes, changed, strict=True):
        reached = perturbation_size(images - ran.digits.images, norm)
        assert np.all(reached <= epsilon + 1e-6) and np.all(reached > 0.5 * epsilon - 1e-6)


@pytest.mark.parametrize("norm", [math.inf, 2])
def test_one_attack_is_a_single_step_and_one_takes_many(ran, norm):
    images, labels = ran.digits.images, ran.digits.labels
    step = fast_gradient_sign(ran.static, images, labels, 0.5, norm)
    descent = projected_gradient_descent(ran.static, images, labels, 0.5, norm, steps=5, restarts=2)
    for attack, expected in (("fast gradient sign", step), ("projected gradient descent", descent)):
        (changed,) = attacked(attack, ran.static, ran.digits, [0.5], norm, SMALL)
        np.testing.assert_allclose(changed, expected, atol=1e-6)


def test_figure_6_10_tells_what_the_network_sees(ran):
    table = columns(ran.folders.snapshots / "figure_6_10_linf.csv")
    assert len(set(table["label"])) == 7
    sizes, images = ran.smallest[math.inf]
    places = np.sort(np.unique(ran.digits.labels, return_index=True)[1])[:7]
    logits = ran.model(images[places]).numpy().astype(float)
    probabilities = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    assert np.array_equal(table["label"], ran.digits.labels[places])
    np.testing.assert_allclose(table["epsilon"], sizes[places])
    assert np.array_equal(table["adversarial example class"], logits.argmax(axis=1))
    np.testing.assert_allclose(table["adversarial example probability"], probabilities.max(axis=1), rtol=1e-4)
    assert np.sum(table["original class"] == table["label"]) >= 5
    assert np.sum(table["adversarial example class"] == table["label"]) == 0
    assert np.sum(table["noise of that size class"] == table["original class"]) >= 3


def row(ran, start):
    """Return the row of the finding's table whose measure begins with these words."""
    table = ran.finding.table
    (found,) = table[table["measure"].str.startswith(start)].to_dict("records")
    return found


@pytest.mark.parametrize("norm, column, largest", [(math.inf, "L∞", 0.5), (2, "L2", 6.0)])
def test_the_finding_has_the_distribution_of_sizes_and_who_else_is_fooled(ran, norm, column, largest):
    sizes, examples = ran.smallest[norm]
    ordered = np.sort(sizes)
    # Of 60 digits the median is the 31st, since no size in between has been tried.
    for start, place in (
        ("smallest size ε, 10%", 6),
        ("smallest size ε, median", 30),
        ("smallest size ε, 90%", 54),
    ):
        assert row(ran, start)[column] == pytest.approx(ordered[place])
    assert row(ran, "error on all")[column] == pytest.approx(100 * (1 - ran.accuracy))
    unnoticed = lightness_change(ran.digits.images, examples) <= JUST_NOTICEABLE
    assert row(ran, "fooled, and")[column] == pytest.approx(100 * np.mean(unnoticed & np.isfinite(sizes)))
    noisy = random_noise(ran.digits.images, np.minimum(sizes, largest), norm)
    assert row(ran, "error under noise")[column] == pytest.approx(
        100 * error_rate(ran.model, noisy, ran.digits.labels)
    )
    for name in ("other weights", "no convolutions"):
        assert 30 < row(ran, name)[column] <= 100


def test_a_second_run_trains_nothing_and_finds_the_same(ran, monkeypatch, capsys):
    def refuse(*arguments, **options):
        raise AssertionError("trained again")

    monkeypatch.setattr(classifier, "train", refuse)
    monkeypatch.setattr(adversarial_drawing, "save_figure", lambda figure, path: path)
    tables = {path: path.read_bytes() for path in ran.folders.snapshots.glob("*.csv")}
    again = adversarial.run(SMALL, ran.folders)
    assert (again.verdict, again.short) == (ran.finding.verdict, ran.finding.short)
    assert again.table.equals(ran.finding.table)
    assert {path: path.read_bytes() for path in tables} == tables
    assert capsys.readouterr() == ("", "")


@pytest.mark.parametrize(
    "unnoticed, fooled, noise, verdict",
    [
        (0.99, 1.0, 0.01, Verdict.HOLDS),
        (0.5, 1.0, 0.01, Verdict.PARTLY),
        (0.02, 0.99, 0.2, Verdict.FAILS),
        (0.02, 0.98, 0.01, Verdict.FAILS),
    ],
)
def test_verdict(unnoticed, fooled, noise, verdict):
    assert verdict_of(unnoticed, fooled, noise) is verdict


@pytest.mark.parametrize(
    "words, message",
    [
        (["--largest", "1.1"], "must be at most 1, received 1.1"),
        (["--largest-l2", "nan"], "must be a finite number, received nan"),
        (["--steps", "0"], "must be at least 1, received 0"),
        (["--images", "3"], "must be at least 20, received 3"),
        (["--seed", str(2**31)], f"received {2**31}"),
        (["--data", "nowhere"], "received nowhere"),
    ],
)
def test_bad_input_is_refused_in_one_line_and_nothing_is_written(
    words, message, tmp_path, capsys, monkeypatch
):
    monkeypatch.setattr("chapter6.section_6_4.EXPERIMENTS", ("adversarial",))
    with pytest.raises(SystemExit) as stop:
        main("chapter6.section_6_4", ["adversarial", *words, "--output", str(tmp_path / "out")])
    error = capsys.readouterr().err
    assert stop.value.code == 2 and error.count("\n") == 1 and message in error
    assert list(tmp_path.iterdir()) == []
