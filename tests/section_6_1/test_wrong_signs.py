"""6-1.h: large weights of the wrong sign take longer to correct."""

import itertools

import numpy as np
import pytest

from chapter6.artifacts import Folders
from chapter6.experiment import Verdict, quick
from chapter6.section_6_1 import descent, wrong_signs


def test_h_large_wrong_weights_take_longer(section):
    settings = quick(wrong_signs.Settings)
    table = section.findings["wrong_signs"].table.set_index(["unit", "initial size"])
    for activation in ("linear", "tanh"):
        steps = table.loc[activation].loc[list(settings.sizes)]
        assert (np.diff(steps["median steps"]) > 0).all()
        assert (steps["lower quartile"] <= steps["median steps"]).all()
        assert (steps["median steps"] <= steps["upper quartile"]).all()
    last = settings.sizes[-1]
    median = table["median steps"]
    assert median["tanh", last] > 5 * median["linear", last]
    # The slowest of 15 weights takes longer than the one that the equation describes, but not twice.
    expected = np.log(1 + last / settings.teacher_size) / -np.log(1 - settings.learning_rate)
    assert expected < median["linear", last] < 2 * expected


@pytest.mark.parametrize(
    ("tanh", "verdict", "short"),
    [
        (
            [1, 30, 1800],
            Verdict.HOLDS,
            "takes 1800 steps from the largest initial weights, 1 from the smallest",
        ),
        ([1, 30, np.inf], Verdict.HOLDS, "takes more than 3000 steps from the largest initial weights"),
        ([1, 30, 20], Verdict.PARTLY, "takes 20 steps from the largest"),
        ([np.inf] * 3, Verdict.PARTLY, "does not correct its wrong signs in 3000 steps"),
    ],
)
def test_the_sentence_follows_what_was_measured(monkeypatch, tmp_path, tanh, verdict, short):
    steps = np.repeat(np.array([[1.0, 2.0, 3.0], tanh])[:, :, None], 2, axis=2)
    monkeypatch.setattr(descent, "steps_to_right_signs", lambda settings: steps)
    settings = wrong_signs.Settings(sizes=(0.1, 1.0, 2.0), units=2)
    finding = wrong_signs.run(settings, Folders.of("section_6_1", "wrong_signs", tmp_path))
    assert finding.verdict == verdict
    assert short in str(finding.short)
    cases = 2 + sum(longer > shorter for shorter, longer in itertools.pairwise(tanh))
    assert (f"in {cases} of 4 cases only" in str(finding.limits)) == (verdict == Verdict.PARTLY)
    assert finding.table.query("unit == 'tanh'")["never (%)"].tolist() == [
        100 * np.isinf(t) for t in tanh[::-1]
    ]
