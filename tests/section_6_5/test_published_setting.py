"""``published_setting``: the numbers of Keras' example."""

import numpy as np
import pandas
import pytest

from chapter6.artifacts import Folders
from chapter6.experiment import Verdict, quick
from chapter6.mnist import load_mnist
from chapter6.section_6_5 import published_setting, training


def test_the_published_setting_has_the_digits_held_out_for_validation_too():
    mnist = load_mnist()
    whole = published_setting.whole_mnist(mnist, 60_000).train
    assert len(whole.images) == len(mnist.train.images) + len(mnist.validation.images) == len(whole.labels)
    np.testing.assert_array_equal(whole.images[: len(mnist.validation.images)], mnist.validation.images)
    assert len(published_setting.whole_mnist(mnist, 100).train.images) == 100


@pytest.mark.parametrize(
    ("accuracies", "verdict", "short", "limits"),
    [
        ((99.8, 99.0), Verdict.HOLDS, "reaches 99.00% accuracy on 5-9; published were 99.2%", "One seed"),
        ((99.8, 98.0), Verdict.PARTLY, "only 98.00% accuracy", "reached on 0-4, not on 5-9"),
        ((98.0, 99.3), Verdict.PARTLY, "reaches 99.30% accuracy", "reached on 5-9, not on 0-4"),
        ((98.0, 98.0), Verdict.FAILS, "less than the published 99.2%", "One seed"),
    ],
)
def test_the_published_numbers_are_reached_or_not(accuracies, verdict, short, limits):
    courses = {
        name: training.Course((share,), (1.0,), 5000)
        for name, share in zip(published_setting.PUBLISHED, accuracies, strict=True)
    }
    found = published_setting.make_finding(courses, (1, 1), None)
    assert found.verdict == verdict
    assert short in str(found.short) and limits in str(found.limits)


@pytest.mark.parametrize(
    ("scratch", "sentence"),
    [
        (97.0, "is less accurate after so few epochs"),
        (99.0, "is as accurate"),
        (99.9, "is more accurate"),
    ],
)
def test_training_from_scratch_is_compared_beyond_two_standard_errors(scratch, sentence):
    accuracies = {"0-4": 99.8, published_setting.FROZEN: 99.2, published_setting.SCRATCH: scratch}
    courses = {name: training.Course((share,), (1.0,), 5000) for name, share in accuracies.items()}
    assert sentence in str(published_setting.make_finding(courses, (1, 1), None).limits)


def columns(path):
    """Return the columns of a CSV of numbers, arrays."""
    return {name: table.to_numpy() for name, table in pandas.read_csv(path).items()}


def test_the_findings_table_has_the_last_epoch_of_each_training(published):
    finding, folder = published
    found = finding.table.set_index("digits")
    shares, seconds = columns(folder / "accuracy.csv"), columns(folder / "epoch_seconds.csv")
    labels = load_mnist().test.labels
    assert list(found.index) == ["0-4", "5-9, frozen", "5-9, from scratch"]
    for name, row in found.iterrows():
        share = shares[f"{name}: test accuracy in %"][-1]
        tested = ((labels < 5) == (name == "0-4")).sum()
        assert row["test accuracy (%)"] == pytest.approx(share)
        assert row["standard error"] == pytest.approx((share * (100 - share) / tested) ** 0.5)
        assert row["epoch (s)"] == pytest.approx(np.median(seconds[name]))
    assert found["published (%)"].dropna().to_dict() == {"0-4": 99.8, "5-9, frozen": 99.2}
    train = whole_labels(quick(published_setting.Settings).images)
    assert found["training images"].tolist() == [(train < 5).sum(), *[(train >= 5).sum()] * 2]


def whole_labels(images):
    mnist = load_mnist()
    return np.concatenate([mnist.validation.labels, mnist.train.labels])[:images]


def test_the_published_setting_gives_the_same_bits(published, tmp_path):
    published_setting.run(quick(published_setting.Settings), Folders(tmp_path / "s", tmp_path / "c"))
    first = published[1] / "accuracy.csv"
    assert (tmp_path / "s" / "accuracy.csv").read_bytes() == first.read_bytes()
