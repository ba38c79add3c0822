"""The curves of a discrete, a binary and a bounded hyperparameter, from made errors and from trained ones."""

import csv

import pytest

from chapter6.artifacts import Folders
from chapter6.experiment import Verdict
from chapter6.runner.command_line import main
from chapter6.section_6_2 import one_hyperparameter
from tests.section_6_2.made import figures, ring, select, texts, train_by

SETTINGS = {"units": (1, 8, 32), "weight_decays": (0.1, 0.0, 0.001), "units_otherwise": 64, "repetitions": 3}
UNITS = {1: 0.7, 8: 0.3, 32: 0.5}
DROPOUT = {0.0: 0.45, 0.4: 0.35}
NOISY, CORRECT = {0.0: 0.45, 0.001: 0.25, 0.1: 0.8}, {0.0: 0.15, 0.001: 0.2, 0.1: 0.6}


def run(tmp_path, **settings):
    settings = one_hyperparameter.Settings(**{**SETTINGS, "dropout": 0.4, **settings})
    return one_hyperparameter.run(settings, Folders(tmp_path, tmp_path))


def made(network, steps, noisy=NOISY, correct=CORRECT):
    """Return training and generalization error of a network, by the one thing that it differs in."""
    (units,) = network.hidden
    if network.noise == 0:
        error = correct[network.weight_decay]
    elif units != 64:
        error = UNITS[units]
    elif network.dropout:
        error = DROPOUT[network.dropout]
    else:
        error = noisy[network.weight_decay]
    return error / 2, error


def test_each_panel_has_its_networks_errors(tmp_path, monkeypatch):
    calls = train_by(monkeypatch, made)
    finding = run(tmp_path, steps=77, digits=300, noise=0.25)
    ((networks, training, _),) = calls
    assert len(set(networks)) == len(networks) == 3 + 1 + 3 + 3
    assert {(network.digits, network.noise) for network in networks} == {(300, 0.25), (300, 0.0)}
    assert (training.steps, training.repetitions) == ((77,), 3)

    panels = {
        "units": ("hidden units", 25, UNITS),
        "dropout": ("dropout rate", 25, DROPOUT),
        "weight decay, noisy labels": ("weight decay", 25, NOISY),
        "weight decay, correct labels": ("weight decay", 0, CORRECT),
    }
    assert len(finding.table) == 3 + 2 + 3 + 3
    with (tmp_path / "one_hyperparameter.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 3 * (3 + 2 + 3 + 3)
    for name, (varied, wrong, errors) in panels.items():
        for value, error in errors.items():
            place = {"varied": varied, "wrong labels (%)": wrong, "value": value}
            (row,) = select(finding.table, place).to_dict("records")
            assert row["test error (%)"] == pytest.approx(100 * error)
            assert row["training error (%)"] == pytest.approx(50 * error)
            assert row["std. dev. (%)"] == pytest.approx(1)
            read = [
                float(row["generalization_error"])
                for row in rows
                if row["curve"] == name and float(row["value"]) == value
            ]
            assert read == pytest.approx([error - 0.01, error, error + 0.01])


@pytest.mark.parametrize(
    ("noisy", "correct", "is_cut", "sentence"),
    [
        (NOISY, CORRECT, True, "half a U, its best value being the bound, 0."),
        (
            {**NOISY, 0.0: 0.2},
            {**CORRECT, 0.001: 0.1},
            True,
            "weight decay, which cannot go below 0, not always a whole U.",
        ),
        (NOISY, {**CORRECT, 0.001: 0.1}, False, "weight decay draws a whole U here"),
    ],
)
def test_a_bound_may_cut_a_u_and_a_switch_has_two_points(
    noisy, correct, is_cut, sentence, tmp_path, monkeypatch
):
    train_by(monkeypatch, lambda network, steps: made(network, steps, noisy, correct))
    finding = run(tmp_path)
    assert finding.verdict == Verdict.BY_DEFINITION and sentence in str(finding.short)
    assert ("lies beyond the bound" in str(finding.why)) == is_cut


def test_the_figure_shows_the_values_alone_and_the_bound(tmp_path, monkeypatch):
    seen = figures(monkeypatch)
    train_by(monkeypatch, made)
    (picture,) = run(tmp_path).pictures
    assert picture.path.stat().st_size > 20_000
    panels = seen[0].axes
    labels = [[label.get_text() for label in axes.get_xticklabels()] for axes in panels]
    assert labels == [["1", "8", "32"], ["0", "0.4"], ["0", "1e-3", "0.1"], ["0", "1e-3", "0.1"]]
    assert [ring(axes) for axes in panels] == [
        (8, pytest.approx(30)),
        (1, pytest.approx(35)),
        (1, pytest.approx(25)),
        (0, pytest.approx(15)),
    ]
    # Hatched below 0, where there is no weight decay
    for axes in panels[2:]:
        (beyond,) = axes.patches
        assert beyond.get_hatch() and beyond.get_x() + beyond.get_width() == 0
        assert axes.get_xlim()[0] == beyond.get_x()
    assert not panels[0].patches and not panels[1].patches
    assert texts(panels[2]).startswith("bounded, 30% wrong labels:\nU, minimum 25.0%")
    assert texts(panels[3]).startswith("bounded, correct labels:\nrises, minimum 15.0%")


def test_trained_networks_show_what_each_hyperparameter_does(tmp_path):
    finding = run(
        tmp_path, units=(1, 4, 64), weight_decays=(0.0, 0.01, 0.5), digits=150, steps=200, batch=32,
        learning_rate=0.003, repetitions=2,
    )  # fmt: skip
    training = finding.table.set_index(["varied", "wrong labels (%)", "value"]).sort_index()[
        "training error (%)"
    ]
    units, dropout = (training[varied, 30] for varied in ("hidden units", "dropout rate"))
    assert units[1] > units[4] > units[64]
    assert dropout[0.4] > dropout[0]
    for wrong in (30, 0):
        # So strong a penalty lets hardly anything be learnt.
        assert training["weight decay", wrong, 0.5] > training["weight decay", wrong, 0.01] + 10
    assert training["weight decay", 30, 0] == dropout[0]


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--weight-decays", "-0.1", "0", "1"], "must be at least 0, received -0.1"),
        (
            ["--weight-decays", "0", "1"],
            "weight_decays must be at least 3 different numbers, received (0.0, 1.0)",
        ),
        (["--units", "1", "2"], "units must be at least 3 different numbers, received (1, 2)"),
        (["--dropout", "1"], "must be less than 1, received 1"),
        (["--dropout", "0"], "must be greater than 0, received 0"),
        (["--digits", "4126"], "training digits must be at most all 4125, received 4126"),
    ],
)
def test_bad_input_is_one_line_and_writes_nothing(words, message, tmp_path, capsys):
    with pytest.raises(SystemExit) as ended:
        main("chapter6.section_6_2", ["one_hyperparameter", "--output", str(tmp_path), *words])
    said = capsys.readouterr().err
    assert ended.value.code == 2 and said.count("\n") == 1 and message in said
    assert not list(tmp_path.iterdir())
