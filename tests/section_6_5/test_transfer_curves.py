"""``transfer_curves``: accuracy against labelled images."""

import csv

import numpy as np
import pytest

from chapter6.artifacts import Folders
from chapter6.errors import InputError
from chapter6.experiment import Verdict
from chapter6.mnist import load_mnist
from chapter6.section_6_5 import transfer_curves
from chapter6.section_6_5.digits import task
from tests.section_6_5 import WAYS, curve_settings


@pytest.mark.parametrize(
    ("frozen", "fine_tuned", "verdict", "short", "limits"),
    [
        ([[70, 72], [90, 90]], [[71, 72], [91, 95]], Verdict.HOLDS, "it leads with more", "One small"),
        (
            [[70, 72], [70, 70]],
            [[71, 73], [89, 95]],
            Verdict.PARTLY,
            "gains 2.5 points of accuracy over training from scratch; with all labelled, no reliable gain",
            "fine-tuned 10; frozen 10. ",
        ),
        (
            [[70, 72], [70, 70]],
            [[60, 79], [91, 95]],
            Verdict.PARTLY,
            "At 1 of 2 numbers of labels, fine-tuning",
            "fine-tuned 200; frozen 10. ",
        ),
        (
            [[70, 72], [70, 70]],
            [[69, 79], [89, 90]],
            Verdict.PARTLY,
            "At 1 of 2 numbers of labels, frozen",
            "fine-tuned none; frozen 10. ",
        ),
        ([[69, 72], [70, 70]], [[69, 79], [80, 80]], Verdict.FAILS, "At no number", "One small"),
    ],
)
def test_the_verdict_is_about_every_number_of_labels_and_every_repetition(
    frozen, fine_tuned, verdict, short, limits
):
    shares = np.array([frozen, fine_tuned, [[69, 70], [90, 90]], [[50, 50], [60, 60]]], float)
    seconds = dict.fromkeys((*WAYS, transfer_curves.RECOMPUTED), [1.0])
    found = transfer_curves.make_finding((10, 200), shares, seconds, None)
    assert found.verdict == verdict
    assert short in str(found.short) and limits in str(found.limits)


def test_the_findings_table_sums_up_every_training(section):
    trained = section.table("transfer_curves/accuracy")
    available = len(task(load_mnist().train, 5)[1])
    assert trained["labelled_images"] == [str(n) for n in (10, 10, 100, 100, available, available)]
    assert trained["repetition"] == ["0", "1"] * 3
    found = section.findings["transfer_curves"].table.set_index(["labels", "features"])
    shares = {way: np.array(trained[f"{way}: test accuracy in %"], float).reshape(3, 2) for way in WAYS}
    for way in WAYS:
        assert ((shares[way] > 20) & (shares[way] <= 100)).all()
        for n, of_n, scratch in zip((10, 100, available), shares[way], shares["from scratch"], strict=True):
            row = found.loc[(n, way)]
            assert (row["least"], row["most"]) == pytest.approx((of_n.min(), of_n.max()))
            assert row["accuracy (%)"] == pytest.approx(of_n.mean())
            if way != "from scratch":
                gain = of_n - scratch
                assert row["gain (points)"] == pytest.approx(gain.mean(), abs=1e-9)
                assert row["runs ahead (%)"] == 50 * (gain > 0).sum()


def test_features_that_have_learnt_are_worth_more_than_features_that_have_not(section):
    accuracy = section.findings["transfer_curves"].table.set_index(["labels", "features"])["accuracy (%)"]
    available = len(task(load_mnist().train, 5)[1])
    for n in (100, available):
        assert accuracy[n, "frozen"] > accuracy[n, "frozen, untrained"]


def test_an_epoch_of_each_way_is_timed(section):
    table = section.table("transfer_curves/epoch_seconds")
    assert table["way"] == [*WAYS, transfer_curves.RECOMPUTED]
    for least, median, most in zip(table["least"], table["median"], table["most"], strict=True):
        assert 0 < float(least) <= float(median) <= float(most)
    found = section.findings["transfer_curves"].table.dropna(subset="epoch (s)").set_index("features")
    median = dict(zip(table["way"], map(float, table["median"]), strict=True))
    assert found["epoch (s)"].to_dict() == pytest.approx(median)


def test_a_seed_gives_the_same_bits_in_every_run_and_another_seed_others(tmp_path):
    tables = []
    # The second repetition of seed 3 is the first of seed 4.
    for seed, repetitions in ((3, 2), (4, 1)):
        folders = Folders(tmp_path / str(seed), tmp_path / "checkpoints")
        settings = curve_settings(seed=seed, repetitions=repetitions, labels=(50, 10, 10, 9999))
        transfer_curves.run(settings, folders)
        with (tmp_path / str(seed) / "accuracy.csv").open(newline="") as file:
            tables.append(list(csv.reader(file))[1:])
    available = str(len(task(load_mnist().train, 5)[1]))
    assert [row[0] for row in tables[1]] == ["10", "50", available]
    first, second = ([row[2:] for row in tables[0] if row[1] == repetition] for repetition in "01")
    assert first != second == [row[2:] for row in tables[1]]


def test_labels_that_are_all_there_are_or_more_are_refused(tmp_path):
    with pytest.raises(InputError, match=r"less than all [\d,]+ target images, received \(9998, 9999\)"):
        transfer_curves.run(curve_settings(labels=(9998, 9999)), Folders(tmp_path / "s", tmp_path / "c"))
    assert list(tmp_path.iterdir()) == []
