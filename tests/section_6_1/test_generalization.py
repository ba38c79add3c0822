"""6-1.i: a start that is optimized fast and generalizes badly."""

import numpy as np
import pytest

from chapter6.artifacts import Folders
from chapter6.experiment import Verdict
from chapter6.section_6_1 import generalization, scaled_weights


def test_i_larger_weights_are_fast_and_worse(section):
    table = section.findings["generalization"].table
    assert table["scale"].tolist() == [1, 1.25, 1.5]
    assert (np.diff(table["test error (%)"]) > 0).all()
    assert table["median steps"].is_monotonic_decreasing


@pytest.mark.parametrize(
    ("fast", "error", "verdict", "short"),
    [
        (15, 0.6, Verdict.HOLDS, "the fastest start misclassifies 60% of the test digits, the start"),
        (15, 0.3, Verdict.PARTLY, "the fastest start misclassifies 30% of the test digits, the start"),
        (35, 0.6, Verdict.FAILS, "No larger initial weights train faster than those of factor 1."),
        (np.inf, 0.6, Verdict.FAILS, "No larger initial weights train faster than those of factor 1."),
    ],
)
def test_the_test_error_is_that_at_the_target(monkeypatch, tmp_path, fast, error, verdict, short):
    losses = np.ones((40, 2, 2))
    losses[25:, 0] = losses[int(min(fast, 40)) :, 1] = 0.05
    # At every tenth step; what is measured elsewhere is misleading.
    errors = np.full((4, 2, 2), 0.9)
    errors[2, 0] = [0.2, 0.4]
    errors[int(min(fast, 39)) // 10, 1] = error
    monkeypatch.setattr(scaled_weights, "train_scaled", lambda mnist, settings: (losses, errors))
    settings = generalization.Settings(scales=(1.0, 2.0), networks=2)
    finding = generalization.run(settings, Folders.of("section_6_1", "generalization", tmp_path))
    assert finding.table["median steps"].tolist() == [25, fast]
    assert finding.table["test error (%)"].tolist() == pytest.approx([30, 100 * error])
    assert finding.verdict == verdict
    assert short in str(finding.short)
