"""6-1.c: units that start equal stay equal."""

import numpy as np
import pytest

from chapter6.artifacts import Folders
from chapter6.section_6_1 import symmetry, training


def test_c_equal_units_stay_equal(section):
    table = section.findings["symmetry"].table
    # All equal, random biases, incoming equal, random, Keras' instance twice, this chapter's instance twice
    assert table["different"][[0, 2, 3, 4, 5]].tolist() == [1, 16, 16, 8, 16]
    assert 1 < table["different"][1] <= 16
    assert table["matrix rank"][[0, 4, 5]].tolist() == [1, 8, 16]
    assert table["repeats"].tolist()[4:] == ["yes", "no"]
    # The logarithm of ten classes, which equal units hardly get below
    assert table["loss (nats)"][0] == pytest.approx(np.log(10), rel=0.05)
    assert table["loss (nats)"][3] < 0.5 < 1 < table["loss (nats)"][1]


def test_columns_that_only_rounding_parts_count_once_and_their_sums_add_no_rank(monkeypatch, tmp_path):
    rng = np.random.default_rng(0)
    columns = rng.normal(size=(784, 4))
    kernel = np.concatenate([columns, columns[:, :2], columns[:, :1] + columns[:, 1:2]], axis=1)
    # One unit more, since the network has two branches.
    kernel = np.concatenate([kernel, columns[:, :1]], axis=1)
    noise = rng.normal(size=kernel.shape)
    starts = {
        name: (start.astype("float32"), np.zeros(8), np.zeros((8, 10), "float32"))
        for name, start in (
            ("repeated", kernel),
            ("rounded", kernel + 1e-7 * noise),
            ("different", kernel + 1e-2 * noise),
            ("random", noise),
            ("random again", noise),
            ("equal", np.ones_like(kernel)),
        )
    }
    monkeypatch.setattr(training, "initial_weights", lambda settings: starts)
    settings = symmetry.Settings(units=4, images=10, rounds=1, steps=1, learning_rate=1e-9)
    table = symmetry.run(settings, Folders.of("section_6_1", "symmetry", tmp_path)).table
    assert table["initialization"].tolist() == list(starts)
    assert table["different"].tolist() == [5, 5, 8, 8, 8, 1]
    assert table["matrix rank"].tolist() == [4, 4, 8, 8, 8, 1]
