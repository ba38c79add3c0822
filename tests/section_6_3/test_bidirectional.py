"""6-3.g: a bidirectional RNN sees the past and the future."""

import numpy as np
import pytest

from chapter6.experiment import Verdict
from chapter6.section_6_3 import bidirectional
from chapter6.section_6_3.bidirectional_networks import accuracy_of, sequences


def test_the_bits_are_those_around_each_position():
    inputs, bits = sequences(3, 4, 2, 0)
    assert inputs.shape == (3, 8, 1) and bits.shape == (3, 4, 5)
    assert set(inputs.ravel()) == {-1, 1}
    for position in range(4):
        for k in range(-2, 3):
            x = inputs[:, 2 + position + k, 0]
            np.testing.assert_array_equal(bits[:, position, k + 2], (x + 1) / 2)


@pytest.mark.parametrize("kind", bidirectional.KINDS)
def test_each_state_knows_its_side(kind):
    settings = bidirectional.Settings(repetitions=1, reach=1, length=2, units=4, steps=60, rate=0.03)
    (accuracy,) = accuracy_of(kind, settings, on_end=lambda: None)
    known = {"h alone": [1, 1, 0], "g alone": [0, 1, 1], "h and g": [1, 1, 1]}[kind]
    np.testing.assert_array_equal(accuracy > 95, known)
    np.testing.assert_array_equal(accuracy < 57, np.logical_not(known))


def test_the_finding_sums_up_past_and_future(section):
    curves, table = section.numbers("bidirectional/accuracy"), section.findings["bidirectional"].table
    np.testing.assert_array_equal(curves["k"], np.arange(-2, 3))
    found = table.set_index(["state", "inputs"])["accuracy (%)"]
    for kind in bidirectional.KINDS:
        means = curves[f"{kind}: accuracy in %"]
        assert found[kind, "past"] == pytest.approx(means[:2].mean())
        assert found[kind, "present"] == pytest.approx(means[2])
        assert found[kind, "future"] == pytest.approx(means[3:].mean())


@pytest.mark.parametrize(
    ("both", "verdict", "short"),
    [
        (
            [99.0, 100.0, 99.0],
            Verdict.HOLDS,
            "knows nothing (50% of the bits right), a bidirectional",
        ),
        ([99.0, 100.0, 70.0], Verdict.PARTLY, "a forward RNN gets 50% right, a bidirectional one 70%"),
    ],
)
def test_the_verdict_needs_every_offset(both, verdict, short):
    accuracy = {"h alone": [99.0, 100.0, 50.0], "g alone": [50.0, 100.0, 99.0], "h and g": both}
    arrays = {kind: np.array([each]) for kind, each in accuracy.items()}
    found = bidirectional.make_finding(np.arange(-1, 2), arrays, None)
    assert found.verdict == verdict
    assert short in str(found.short)
