"""``transfer_curves``: accuracy against labelled images."""

import csv

import numpy as np
import pytest

from chapter6.artifacts import Folders
from chapter6.errors import InputError
from chapter6.experiment import Verdict
from chapter6.section_6_5 import transfer_curves
from tests.section_6_5 import WAYS, curve_settings

SCRATCH = [[69, 70, 71], [90, 90, 90], [98, 98, 98]]
AHEAD = [[72, 75, 77], [94, 93, 95], [98.9, 98.9, 98.9]]
# One repetition gains much, the others lose.
UNRELIABLE = [[60, 69, 99], [90, 90, 90], [99, 99, 99]]


@pytest.mark.parametrize(
    ("frozen", "fine_tuned", "verdict", "short"),
    [
        (AHEAD, AHEAD, Verdict.HOLDS, "gains 4.3 points of accuracy over training from scratch; from 3,000"),
        (AHEAD, [*AHEAD[:2], [99.5] * 3], Verdict.HOLDS, "with the most labels still 1.5."),
        (AHEAD, UNRELIABLE, Verdict.PARTLY, "gain 4.3 points of accuracy over training from scratch when"),
        (UNRELIABLE, AHEAD, Verdict.PARTLY, "4.3 when fine-tuned: not both reliably"),
        (UNRELIABLE, SCRATCH, Verdict.FAILS, "0.0 when fine-tuned: not both reliably"),
    ],
)
def test_the_verdict_is_about_few_labels_and_the_sentence_says_where_the_gain_ends(
    frozen, fine_tuned, verdict, short
):
    shares = np.array([frozen, fine_tuned, SCRATCH, SCRATCH], float)
    found = transfer_curves.make_finding((10, 200, 3000), 20_000, shares, None)
    assert found.verdict == verdict
    assert short in str(found.short)
    assert "at most 200 labels" in str(found.limits) and "over 3 repetitions" in str(found.limits)


def test_the_fewest_labels_are_few_where_there_are_not_many():
    shares = np.array([AHEAD, AHEAD, SCRATCH, SCRATCH], float)
    found = transfer_curves.make_finding((10, 200, 900), 900, shares, None)
    assert "at most 10 labels" in str(found.limits)


def test_the_findings_table_sums_up_every_training(section):
    trained = section.table("transfer_curves/accuracy")
    assert trained["labelled_images"] == [str(n) for n in (10, 10, 100, 100)]
    assert trained["repetition"] == ["0", "1"] * 2
    found = section.findings["transfer_curves"].table.set_index(["labels", "features"])
    shares = {way: np.array(trained[f"{way}: test accuracy in %"], float).reshape(2, 2) for way in WAYS}
    for way in WAYS:
        assert ((shares[way] > 20) & (shares[way] <= 100)).all()
        for n, of_n, scratch in zip((10, 100), shares[way], shares["from scratch"], strict=True):
            row = found.loc[(n, way)]
            assert (row["least"], row["most"]) == pytest.approx((of_n.min(), of_n.max()))
            assert row["accuracy (%)"] == pytest.approx(of_n.mean())
            if way != "from scratch":
                gain = of_n - scratch
                assert row["gain (points)"] == pytest.approx(gain.mean(), abs=1e-9)
                assert row["runs ahead (%)"] == 50 * (gain > 0).sum()


def test_features_that_have_learnt_are_worth_more_than_features_that_have_not(section):
    accuracy = section.findings["transfer_curves"].table.set_index(["labels", "features"])["accuracy (%)"]
    assert accuracy[100, "frozen"] > accuracy[100, "frozen, untrained"]


def test_a_seed_gives_the_same_bits_in_every_run_and_other_bits_in_each_repetition(tmp_path):
    tables = []
    for repetitions in (3, 2):
        folders = Folders(tmp_path / str(repetitions), tmp_path / "checkpoints")
        settings = curve_settings(seed=3, repetitions=repetitions, labels=(50, 10, 10, 9999))
        transfer_curves.run(settings, folders)
        with (folders.snapshots / "accuracy.csv").open(newline="") as file:
            tables.append(list(csv.reader(file))[1:])
    # Equal numbers count once, and no more are labelled than there are.
    assert [row[0] for row in tables[1]] == ["10", "10", "50", "50"]
    first, second = ([row[2:] for row in tables[0] if row[1] == repetition] for repetition in "01")
    assert first != second
    assert tables[1] == [row for row in tables[0] if row[1] != "2"]


def test_more_labels_than_there_are_are_refused(tmp_path):
    with pytest.raises(InputError, match=r"at most all [\d,]+ target images, received \(9998, 9999\)"):
        transfer_curves.run(curve_settings(labels=(9998, 9999)), Folders(tmp_path / "s", tmp_path / "c"))
    assert list(tmp_path.iterdir()) == []
