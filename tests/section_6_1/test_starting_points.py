"""6-1.a: the start decides whether a network learns."""

import numpy as np
import pytest

from chapter6.artifacts import Folders
from chapter6.experiment import Verdict
from chapter6.section_6_1 import starting_points, training


def test_a_starting_points_decide(section):
    table = section.findings["starting_points"].table.set_index("initialization")
    good, bad = ["equation 6-3", "xavier_init", "orthogonal"], ["too small (0.01)", "constant (0.05)"]
    assert table["accuracy (%)"][good].min() > 40
    assert table["accuracy (%)"][bad].max() < 20


def test_epochs_are_counted_to_the_first_good_accuracy(monkeypatch, tmp_path):
    # [epochs + 1, starts, seeds]
    accuracy = np.array(
        [
            [[0.1, 0.1], [0.1, 0.1], [0.1, 0.1]],
            [[0.1, 0.1], [0.5, 0.91], [0.3, 0.2]],
            [[0.19, 0.1], [0.2, 0.2], [0.6, 0.92]],
            [[0.1, 0.1], [0.9, 0.95], [0.7, 0.8]],
        ]
    )
    finding = run_with(monkeypatch, tmp_path, accuracy)
    table = finding.table
    assert table["median epochs"].tolist() == [np.inf, 2, np.inf]
    assert table["least"].tolist() == [np.inf, 1, 2]
    assert table["most"].tolist() == [np.inf, 3, np.inf]
    assert table["reached (%)"].tolist() == [0, 100, 50]
    np.testing.assert_allclose(table["accuracy (%)"], [14.5, 92.5, 81])
    # One initialization fails, but only one arrives, so that there are no two speeds to compare.
    assert finding.verdict == Verdict.PARTLY
    assert "by epoch 2, from the worst it learns nothing in 3" in str(finding.short)


@pytest.mark.parametrize(
    ("fast", "slow", "verdict"),
    [
        ([1, 1, 2], [3, 4, 4], Verdict.HOLDS),
        ([1, 1, 3], [3, 4, 4], Verdict.PARTLY),
        ([1, 1, 3], [4, 4, 9], Verdict.HOLDS),
    ],
)
def test_a_speeds_differ_where_the_fastest_and_the_slowest_do_not_overlap(
    monkeypatch, tmp_path, fast, slow, verdict
):
    # The ninth epoch never comes.
    epochs = np.arange(6)[:, None, None]
    accuracy = np.where(epochs >= np.array([[9, 9, 9], slow, fast]), 0.9, 0.1)
    finding = run_with(monkeypatch, tmp_path, accuracy)
    assert finding.verdict == verdict
    assert ("overlap" in str(finding.limits)) == (verdict == Verdict.PARTLY)


@pytest.mark.parametrize(
    ("last", "verdict", "short"),
    [
        ([[0.1], [0.95]], Verdict.PARTLY, "from the worst it learns nothing"),
        ([[0.3], [0.95]], Verdict.FAILS, "The network learns something from every initialization"),
        ([[0.1], [0.5]], Verdict.PARTLY, "from the worst it has learned nothing"),
        ([[0.3], [0.5]], Verdict.FAILS, "No initialization reaches the target accuracy"),
    ],
)
def test_the_sentence_follows_what_was_measured(monkeypatch, tmp_path, last, verdict, short):
    finding = run_with(monkeypatch, tmp_path, np.array([np.full_like(last, 0.1), last]))
    assert finding.verdict == verdict
    assert short in str(finding.short)


def run_with(monkeypatch, tmp_path, accuracy):
    """Return the finding where the networks have these accuracies, [epochs + 1, starts, seeds]."""
    epochs, starts, seeds = accuracy.shape
    names = dict.fromkeys(["too small (0.01)", "equation 6-3", "orthogonal"][:starts])
    monkeypatch.setattr(training, "initializers_of", lambda seed: names)
    monkeypatch.setattr(training, "train_side_by_side", lambda *arguments: (accuracy, accuracy))
    settings = starting_points.Settings(epochs=epochs - 1, seeds=seeds)
    return starting_points.run(settings, Folders.of("section_6_1", "starting_points", tmp_path))
