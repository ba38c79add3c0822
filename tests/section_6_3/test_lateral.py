"""6-3.g: RNNs across an image and convolutions."""

import numpy as np
import pytest

from chapter6.experiment import Verdict
from chapter6.section_6_3 import lateral
from chapter6.section_6_3.lateral_networks import (
    MARKS,
    Result,
    equal_size,
    marked_images,
    network,
    parameters,
    train_kind,
)


def test_half_of_the_images_have_equal_marks_of_equal_brightness_in_opposite_corners():
    images, labels = marked_images(100, 6, 0)
    first, last = images[:, :2, :2], images[:, -2:, -2:]
    np.testing.assert_array_equal((first == last).all(axis=(1, 2)), labels)
    assert labels.sum() == 50
    for corner in (first, last):
        assert {mark.tobytes() for mark in corner} == {mark.tobytes() for mark in MARKS}
    assert MARKS[0].sum() == MARKS[1].sum()
    assert not np.array_equal(images, marked_images(100, 6, 1)[0])


@pytest.mark.parametrize("kind", lateral.KINDS)
def test_every_kind_has_equal_parameters(kind):
    size = equal_size(kind, 8, 6)
    counts = {k: parameters(kind, k, 6) for k in (size - 1, size, size + 1)}
    assert counts[size] == network(kind, size, 6, 0).count_params()
    target = parameters("RNNs", 8, 6)
    assert min(counts, key=lambda k: abs(counts[k] - target)) == size
    assert abs(counts[size] - target) < 0.1 * target


def test_the_opposite_corner_reaches_the_answer_but_through_two_convolutions(section):
    table = section.numbers("lateral/influence")
    row, column = table["row"], table["column"]
    last = row.max()
    assert (table["RNNs"] > 0).all() and (table["deep convolution"] > 0).all()
    near = (row >= last - 2) & (column >= last - 2)
    np.testing.assert_array_equal(table["convolution"] > 0, near)


def test_the_finding_has_a_row_for_each_network(section):
    maps, finding = section.numbers("lateral/influence"), section.findings["lateral"]
    table = finding.table.set_index("network")
    assert list(table.index) == list(lateral.KINDS)
    for kind, row in table.iterrows():
        assert row["pixels seen"] == np.count_nonzero(maps[kind])
        assert 0 < row["least"] <= row["test accuracy (%)"] <= row["most"] <= 100
    assert (table["time per image (µs)"] > 0).all()
    assert table["layers"].tolist() == [2, 2, 5]


@pytest.mark.parametrize(
    ("accuracies", "times", "verdict", "short"),
    [
        (([99, 96], [50, 51]), (20, 10), Verdict.HOLDS, "guess (50%); the RNNs take 2.0 times as long"),
        (([99, 96], [50, 51]), (10, 20), Verdict.PARTLY, "the RNNs take no longer"),
        (([99, 94], [50, 51]), (20, 10), Verdict.PARTLY, "two layers of RNNs reach 96% accuracy"),
        (([99, 96], [50, 95]), (10, 20), Verdict.FAILS, "two convolutions 72%"),
    ],
)
def test_the_verdict_is_about_every_repetition_and_the_time(accuracies, times, verdict, short):
    influence = np.eye(3)
    results = {
        kind: Result(2, 9, np.array(each, float), time, influence)
        for kind, each, time in zip(lateral.KINDS, (*accuracies, [60.0, 97.0]), (*times, 15), strict=True)
    }
    found = lateral.make_finding(lateral.Settings(repetitions=2), results, None)
    assert found.verdict == verdict
    assert short in str(found.short)
    assert "1 of 2 networks learn the task" in str(found.limits)


def test_a_short_training_of_rnns_learns_the_task():
    steps = []
    settings = lateral.Settings(side=4, repetitions=1, steps=100, rate=0.01, test_images=200)
    result = train_kind("RNNs", settings, steps.append)
    assert sum(steps) == 100
    assert result.accuracy.shape == (1,) and result.accuracy[0] >= lateral.LEARNT
