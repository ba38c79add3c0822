"""Figures 6-6 to 6-9: the paths of ``adagrad``, ``rmsprop``, ``rmsprop_nesterov`` and ``adam``."""

import numpy as np
import pytest

from chapter6.experiment import Verdict
from chapter6.section_6_3.objectives import BOWL, OBJECTIVES
from tests import reference


@pytest.mark.parametrize("name", ["adagrad/figure_6_6", "adam/figure_6_9"])
def test_the_first_step_is_as_long_in_every_direction(section, name):
    table = section.numbers(name)
    steps = [np.diff(table[f"bowl x{k}"])[0] for k in (1, 2)]
    assert steps[0] == pytest.approx(steps[1], rel=1e-6)
    finding = section.findings[name.partition("/")[0]]
    assert finding.verdict == Verdict.BY_DEFINITION
    for k in (1, 2):
        bowl = finding.table.set_index("loss function").loc["bowl"]
        assert bowl[f"first step along x{k} (learning rates)"] == pytest.approx(1, rel=1e-6)


@pytest.mark.parametrize(
    ("name", "box", "first"),
    [
        ("adagrad/figure_6_6", reference.adagrad, lambda g: g / (1e-7 + g)),
        ("rmsprop/figure_6_7", reference.rmsprop, lambda g: g / np.sqrt(1e-6 + 0.1 * g * g)),
        (
            "rmsprop_nesterov/figure_6_8",
            reference.rmsprop_nesterov,
            lambda g: g / np.sqrt(1e-6 + 0.1 * g * g),
        ),
        ("adam/figure_6_9", reference.adam, lambda g: g / (1e-8 + g)),
    ],
)
def test_the_paths_drawn_are_those_of_the_boxes(section, name, box, first):
    table = section.numbers(name)
    path = np.stack([table["bowl x1"], table["bowl x2"]], axis=1)
    # The derivatives at the start are -1 and -8, so that the first step tells e.
    e = (path[1, 0] - path[0, 0]) / first(1.0)
    expected = box(path[0], lambda step, theta: np.array([0.2, 4.0]) * theta, 20, e=e)
    np.testing.assert_allclose(path[1:21], expected, rtol=0, atol=1e-9)
    np.testing.assert_allclose(table["bowl loss"], BOWL.loss(*path.T), rtol=1e-9)


@pytest.mark.parametrize("name", ["adagrad/figure_6_6", "adam/figure_6_9"])
def test_the_finding_has_the_final_loss_on_every_function(section, name):
    curves, finding = section.numbers(name), section.findings[name.partition("/")[0]]
    final = finding.table.set_index("loss function")["final loss (at least 1e-10)"]
    assert list(final.index) == [objective.name for objective in OBJECTIVES]
    for objective, loss in final.items():
        assert loss == max(curves[f"{objective} loss"][-1], 1e-10)
