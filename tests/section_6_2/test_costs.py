"""What each hyperparameter governs, from made costs; the quick run measures them."""

import pytest

from chapter6.artifacts import Folders
from chapter6.experiment import Verdict
from chapter6.section_6_2 import costs

COLUMNS = ("changed", "time", "memory", "error", "inference")
MADE = {
    "base": (0.1, 1.0, 10.0, 3.0),
    "units": (0.6, 7.0, 8.0, 18.0),
    "batch": (0.1, 4.0, 20.0, 3.0),
    "dropout": (0.12, 1.0, 12.0, 3.3),
    "decay": (0.11, 1.0, 11.0, 3.1),
    "rate": (0.11, 1.0, 80.0, 3.1),
}


@pytest.mark.parametrize(
    ("changes", "verdict", "missed"),
    [
        ({}, Verdict.HOLDS, ""),
        ({"units": (0.15, 7.0, 8.0, 18.0)}, Verdict.PARTLY, "Not so: hidden units govern time and memory."),
        ({"units": (0.6, 1.5, 8.0, 18.0)}, Verdict.PARTLY, "Not so: hidden units govern time and memory."),
        ({"rate": (0.11, 1.0, 10.5, 3.1)}, Verdict.PARTLY, "the learning rate governs quality alone."),
        ({"rate": (0.30, 1.0, 80.0, 3.1)}, Verdict.PARTLY, "the learning rate governs quality alone."),
        ({"dropout": (0.12, 1.0, 12.0, 6.3)}, Verdict.PARTLY, "hidden units govern inference, dropout does"),
        (dict.fromkeys(MADE, (0.1, 1.0, 10.0, 3.0)), Verdict.FAILS, "time and memory, the learning rate"),
    ],
)
def test_a_change_governs_what_it_multiplies(changes, verdict, missed, tmp_path):
    rows = [dict(zip(COLUMNS, (name, *values), strict=True)) for name, values in (MADE | changes).items()]
    finding = costs._make_finding(rows, 1.0, costs.Settings(), tmp_path / "none.png")
    assert finding.verdict == verdict and missed in str(finding.limits)
    assert ("6.0 times the training and 6.0 times the inference" in str(finding.short)) == (not missed)


def test_each_change_is_measured(tmp_path):
    settings = costs.Settings(images=300, hidden_units=8, batch_size=30, timings=2)
    finding = costs.run(settings, Folders(tmp_path, tmp_path))
    table = finding.table.set_index("changed")
    assert list(table.index) == list(costs.CHANGES)
    assert (table[["processor time (s an epoch)", "inference (µs an image)"]] > 0).all(axis=None)
    memory, error = table["memory (MB)"], table["validation error (%)"]
    assert memory["hidden units x 8"] > 4 * memory["no change"] == 4 * memory["dropout on"]
    assert memory["batch size x 8"] > memory["no change"]
    # A hundredth of the rate learns next to nothing in ten updates.
    assert error["learning rate / 100"] > error["no change"] + 10
    assert (tmp_path / "costs.csv").exists() and finding.pictures[0].path.stat().st_size > 10_000
