"""``adversarial``: attacks, tables and figures, the size that is searched for, the verdict, refusals."""

import csv
import math
from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from chapter6 import classifier
from chapter6.adversarial import (
    fast_gradient_sign,
    perturbation_size,
    projected_gradient_descent,
    random_noise,
)
from chapter6.artifacts import Folders
from chapter6.classifier import error_rate, trained_classifier
from chapter6.experiment import Verdict
from chapter6.mnist import Split, load_mnist
from chapter6.networks.training import scale_pixels
from chapter6.runner.command_line import main
from chapter6.section_6_4 import adversarial, adversarial_drawing
from chapter6.section_6_4.adversarial import Settings, smallest, verdict_of
from chapter6.section_6_4.attacks import ATTACKS, attacked

SMALL = Settings(
    epochs=1, images=60, steps=5, restarts=2, epsilons=(0.1, 0.4), epsilons_l2=(1.0, 6.0), halvings=2
)
PICTURES = ("figure_6_10_linf", "figure_6_10_l2", "error", "transfer")


def columns(path):
    with path.open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    return {name: np.array([float(row[name]) for row in rows]) for name in rows[0]}


# Where 60 digits already differ from those without a perturbation, unlike at 8/255.
UNSEEN = 0.08


@pytest.fixture(autouse=True)
def unseen(monkeypatch):
    monkeypatch.setattr(adversarial, "UNSEEN", UNSEEN)


@pytest.fixture(scope="module")
def ran(tmp_path_factory, digits):
    """A small run: its finding, its folders, the digits, and the network that it attacked."""
    folders = Folders.of("section_6_4", "adversarial", tmp_path_factory.mktemp("ran"))
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("CHAPTER6_DATA", str(digits))
        patch.setattr(adversarial, "UNSEEN", UNSEEN)
        finding = adversarial.run(SMALL, folders)
    mnist = load_mnist(digits)
    model, accuracy = trained_classifier(mnist, folders.checkpoints.with_name("classifier"), epochs=1)
    split = Split(scale_pixels(mnist.test.images[:60]), mnist.test.labels[:60])
    return SimpleNamespace(finding=finding, folders=folders, model=model, accuracy=accuracy, digits=split)


def test_files(ran):
    assert [picture.path.name for picture in ran.finding.pictures] == [f"{name}.png" for name in PICTURES]
    for picture in ran.finding.pictures:
        with Image.open(picture) as image:
            assert min(image.size) > 600
    tables = {
        f"{name}_{norm}.csv" for name in ("error", "transfer", "figure_6_10") for norm in ("linf", "l2")
    }
    assert {path.name for path in ran.folders.snapshots.iterdir()} == tables | {
        f"{name}.png" for name in PICTURES
    }
    # Three networks, each with its record, in the folder that all of the section shares.
    (folder,) = ran.folders.checkpoints.parent.iterdir()
    assert folder.name == "classifier" and len(list(folder.iterdir())) == 6


@pytest.mark.parametrize(
    "norm, name, sizes", [(math.inf, "linf", [0, UNSEEN, 0.1, 0.4]), (2, "l2", [0, 1, 6])]
)
def test_error_rates_are_those_of_the_attacks(ran, norm, name, sizes):
    table = columns(ran.folders.snapshots / f"error_{name}.csv")
    assert np.array_equal(table["epsilon"], sizes)
    images, labels = ran.digits.images, ran.digits.labels
    largest = {
        "projected gradient descent": projected_gradient_descent(
            ran.model, images, labels, sizes[-1], norm, steps=5, restarts=2
        ),
        "fast gradient sign": fast_gradient_sign(ran.model, images, labels, sizes[-1], norm),
        "noise": random_noise(images, sizes[-1], norm),
    }
    for attack, changed in largest.items():
        assert table[attack][0] == pytest.approx(error_rate(ran.model, images, labels))
        # The starts and the noise depend on a digit's place among all that are changed at once.
        assert table[attack][-1] == pytest.approx(error_rate(ran.model, changed, labels), abs=0.1)
    assert table["noise"][-1] < table["fast gradient sign"][-1] <= table["projected gradient descent"][-1]
    assert table["projected gradient descent"][-1] > 0.95


@pytest.mark.parametrize("norm", [math.inf, 2])
@pytest.mark.parametrize("attack", ATTACKS)
def test_each_size_has_its_images(ran, attack, norm):
    sizes = [0.0, 0.2, 0.5]
    changed = attacked(attack, ran.model, ran.digits, sizes, norm, SMALL)
    assert changed.shape == (3, 60, 28, 28)
    assert np.array_equal(changed[0], ran.digits.images)
    for epsilon, images in zip(sizes, changed, strict=True):
        reached = perturbation_size(images - ran.digits.images, norm)
        assert np.all(reached <= epsilon + 1e-6) and np.all(reached > 0.5 * epsilon - 1e-6)


@pytest.mark.parametrize("norm", [math.inf, 2])
def test_one_attack_is_a_single_step_and_one_takes_many(ran, norm):
    images, labels = ran.digits.images, ran.digits.labels
    step = fast_gradient_sign(ran.model, images, labels, 0.5, norm)
    descent = projected_gradient_descent(ran.model, images, labels, 0.5, norm, steps=5, restarts=2)
    for attack, expected in (("fast gradient sign", step), ("projected gradient descent", descent)):
        (changed,) = attacked(attack, ran.model, ran.digits, [0.5], norm, SMALL)
        np.testing.assert_allclose(changed, expected, atol=1e-6)


def test_figure_6_10_tells_what_the_network_sees(ran):
    table = columns(ran.folders.snapshots / "figure_6_10_linf.csv")
    assert len(set(table["label"])) == 7
    shown = row(ran, "attacked", "PGD", "L∞", least=UNSEEN)["size ε"]
    images = attacked(ATTACKS[0], ran.model, ran.digits, [shown], math.inf, SMALL)[0]
    places = np.sort(np.unique(ran.digits.labels, return_index=True)[1])[:7]
    logits = ran.model(images[places]).numpy().astype(float)
    probabilities = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    assert np.array_equal(table["label"], ran.digits.labels[places])
    assert np.array_equal(table["adversarial example class"], logits.argmax(axis=1))
    np.testing.assert_allclose(table["adversarial example probability"], probabilities.max(axis=1), rtol=1e-4)
    assert np.sum(table["original class"] == table["label"]) >= 5
    assert np.sum(table["adversarial example class"] == table["label"]) == 0
    assert np.sum(table["noise of that size class"] == table["original class"]) >= 3


def test_others_are_fooled_by_what_was_made_for_the_first(ran):
    table = columns(ran.folders.snapshots / "transfer_linf.csv")
    first = columns(ran.folders.snapshots / "error_linf.csv")
    fooled = [table[f"projected gradient descent, {name}"] for name in ("other weights", "no convolutions")]
    for name, rates in zip(("other weights", "no convolutions"), fooled, strict=True):
        assert rates[0] < 0.3 < rates[-1] <= first["projected gradient descent"][-1]
        assert rates[-1] > table[f"noise, {name}"][-1]
    assert not np.array_equal(*fooled)


def row(ran, network, perturbation, norm, least=0.0):
    """Return the row of the finding's table for a size above `least`, a dict."""
    table = ran.finding.table
    chosen = table[
        (table["network"] == network)
        & (table["attack"] == perturbation)
        & (table["norm"] == norm)
        & (table["size ε"] > least)
    ]
    (found,) = chosen.to_dict("records")
    return found


def test_the_finding_has_the_error_on_digits_as_they_are_and_at_8_255(ran):
    errors = columns(ran.folders.snapshots / "error_linf.csv")["projected gradient descent"]
    table = ran.finding.table
    of_all, of_attacked, unseen = table.head(3).to_dict("records")
    assert (
        of_all["error (%)"] == pytest.approx(100 * (1 - ran.accuracy)) and of_all["number of digits"] == 500
    )
    assert (
        of_attacked["error (%)"] == pytest.approx(100 * errors[0]) and of_attacked["number of digits"] == 60
    )
    assert (of_all["attack"], of_attacked["attack"]) == ("none", "none")
    assert unseen["error (%)"] == pytest.approx(100 * errors[1]) and unseen["size ε"] == UNSEEN
    assert errors[0] < errors[1]
    for each in table.to_dict("records"):
        share = each["error (%)"] / 100
        expected = 100 * math.sqrt(share * (1 - share) / each["number of digits"])
        assert each["standard error"] == pytest.approx(expected)


def test_the_finding_has_the_sizes_that_suffice_and_the_errors_there(ran):
    for norm, name in ((math.inf, "L∞"), (2, "L2")):
        found = row(ran, "attacked", "PGD", name, least=UNSEEN)
        images = attacked(ATTACKS[0], ran.model, ran.digits, [found["size ε"]], norm, SMALL)[0]
        assert found["error (%)"] == pytest.approx(100 * error_rate(ran.model, images, ran.digits.labels))
        assert found["error (%)"] >= 99
    size = row(ran, "attacked", "PGD", "L∞", least=UNSEEN)["size ε"]
    noise = row(ran, "attacked", "noise", "L∞")
    (noisy,) = attacked("noise", ran.model, ran.digits, [size], math.inf, SMALL)
    assert noise["size ε"] == size
    assert noise["error (%)"] == pytest.approx(100 * error_rate(ran.model, noisy, ran.digits.labels))
    for name in ("other weights", "no convolutions"):
        of_other = row(ran, name, "PGD", "L∞")
        assert of_other["size ε"] == size and 30 < of_other["error (%)"] <= 100
    assert ran.finding.verdict == verdict_of(size, noise["error (%)"] / 100)
    assert f"ε = {size:.2f}" in str(ran.finding.short)


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


class TestSmallest:
    @settings(deadline=None, derandomize=True, max_examples=50)
    @given(st.floats(0.01, 0.99), st.integers(0, 8))
    def test_is_within_a_halved_interval_above_where_the_error_jumps(self, jump, halvings):
        def error_at(size):
            return float(size >= jump)

        sizes = [0.0, 0.25, 0.5, 1.0]
        found = smallest(error_at, sizes, [error_at(size) for size in sizes], 0.99, halvings)
        interval = 0.25 if jump <= 0.5 else 0.5
        assert jump <= found <= jump + interval / 2**halvings

    def test_no_size_or_the_first(self):
        assert smallest(None, [0.0, 0.1], [0.5, 0.98], 0.99, 3) == math.inf
        assert smallest(None, [0.0, 0.1], [1.0, 1.0], 0.99, 3) == 0.0


@pytest.mark.parametrize(
    "needed, noise, verdict",
    [
        (0.03, 0.01, Verdict.HOLDS),
        (0.2, 0.01, Verdict.PARTLY),
        (0.2, 0.2, Verdict.FAILS),
        (math.inf, 0.01, Verdict.FAILS),
    ],
)
def test_verdict(needed, noise, verdict):
    assert verdict_of(needed, noise) is verdict


@pytest.mark.parametrize(
    "words, message",
    [
        (["--epsilons", "-0.1"], "must be at least 0, received -0.1"),
        (["--epsilons-l2", "1", "nan"], "must be a finite number, received nan"),
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
