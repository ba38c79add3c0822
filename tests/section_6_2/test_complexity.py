"""The best capacity of tasks of different complexity, from made errors."""

import pytest

from chapter6.artifacts import Folders
from chapter6.experiment import Verdict
from chapter6.section_6_2 import complexity
from tests.section_6_2.made import figures, ring, select, train_by

UNITS = (1, 4, 16)
# Generalization errors by task
ERRORS = {2: (0.3, 0.4, 0.5), 5: (0.5, 0.4, 0.5), 10: (0.8, 0.6, 0.5)}


def run(tmp_path, monkeypatch, changes=()):
    errors = ERRORS | dict(changes)

    def error(network, steps):
        generalization = errors[network.classes][UNITS.index(network.hidden[0])]
        return generalization / 2, generalization

    calls = train_by(monkeypatch, error)
    settings = complexity.Settings(classes=(10, 2, 5), units=UNITS, repetitions=3, noise=0.25, digits=300)
    return complexity.run(settings, Folders(tmp_path, tmp_path)), calls


@pytest.mark.parametrize(
    ("changes", "verdict", "missed"),
    [
        ({}, Verdict.HOLDS, ""),
        # The middle task needs no more than the easiest.
        ({5: (0.3, 0.4, 0.5)}, Verdict.PARTLY, "Not clear: harder tasks need more hidden units."),
        # Two tasks do best with as many units, but the harder one's curve is lowest further to the right.
        ({5: (0.6, 0.4, 0.5), 10: (0.8, 0.5, 0.5)}, Verdict.HOLDS, ""),
        ({2: (0.3, 0.4, 0.3)}, Verdict.PARTLY, "the capacity of the hardest task overfits the easiest."),
        (dict.fromkeys(ERRORS, (0.3, 0.3, 0.3)), Verdict.FAILS, "more hidden units, the capacity of the h"),
    ],
)
def test_capacity_matches_the_task(changes, verdict, missed, tmp_path, monkeypatch):
    finding, _calls = run(tmp_path, monkeypatch, changes)
    assert finding.verdict == verdict and missed in str(finding.limits)
    if verdict == Verdict.HOLDS:
        most = 4 if changes else 16
        assert f"with 1 hidden units for the easiest task and {most} for the hardest" in str(finding.short)


def test_each_task_has_its_networks_errors_and_its_panel(tmp_path, monkeypatch):
    seen = figures(monkeypatch)
    finding, ((networks, _training, _mnist),) = run(tmp_path, monkeypatch)
    assert {(network.digits, network.noise) for network in networks} == {(300, 0.25)}
    assert len(networks) == len(finding.table) == 9
    for axes, (classes, errors) in zip(seen[0].axes, sorted(ERRORS.items()), strict=True):
        place = errors.index(min(errors))
        assert ring(axes) == (place, pytest.approx(100 * min(errors)))
        for units, error in zip(UNITS, errors, strict=True):
            where = {"digits to tell apart": classes, "hidden units": units}
            (row,) = select(finding.table, where).to_dict("records")
            assert row["test error (%)"] == pytest.approx(100 * error)
