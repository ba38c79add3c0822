"""Figure 6-4 from made errors, and once from trained ones."""

import csv

import pytest

from chapter6.artifacts import Folders
from chapter6.experiment import Verdict
from chapter6.runner.command_line import main
from chapter6.section_6_2 import capacity
from tests.section_6_2.made import figures, ring, select, texts, train_by

UNITS, LAYERS, DECAYS = (1, 4, 16, 64), (0, 1, 2), (0.1, 0.01, 0.0)
SETTINGS = {
    "units": (16, 1, 4, 64), "layers": LAYERS, "units_per_layer": 8, "weight_decays": DECAYS,
    "units_of_decay": 32, "repetitions": 3,
}  # fmt: skip
# Training and generalization errors in the order of capacity
U = ([0.7, 0.3, 0.2, 0.1], [0.8, 0.4, 0.5, 0.6])
FALLS = ([0.7, 0.5, 0.4, 0.3], [0.8, 0.6, 0.5, 0.4])
SHORT_U = ([0.6, 0.3, 0.1], [0.7, 0.4, 0.6])
# The error rises, but the gap does not.
WITHOUT_GAP = ([0.6, 0.3, 0.5], [0.7, 0.4, 0.6])
# The first point has a higher generalization error, but not a higher training error.
WITHOUT_UNDERFITTING = ([0.3, 0.3, 0.1], [0.7, 0.4, 0.6])


def run(tmp_path, **settings):
    return capacity.run(capacity.Settings(**{**SETTINGS, **settings}), Folders(tmp_path, tmp_path))


def shaped(units, layers, decays):
    """Return an error for `train_by`, from training and generalization errors of each curve."""

    def error(network, steps):
        if network.hidden == (32,):
            (training, generalization), at = decays, DECAYS.index(network.weight_decay)
        elif network.hidden in {(), (8,), (8, 8)}:
            (training, generalization), at = layers, len(network.hidden)
        else:
            (training, generalization), at = units, UNITS.index(network.hidden[0])
        return training[at], generalization[at]

    return error


@pytest.mark.parametrize(
    ("units", "layers", "decays", "verdict", "sentence", "not_us"),
    [
        (U, SHORT_U, SHORT_U, Verdict.HOLDS, "of 64 hidden units and fewer, 4 generalize best.", ""),
        (FALLS, SHORT_U, SHORT_U, Verdict.PARTLY, "2 of 3 curves", "hidden units (falls)"),
        (U, WITHOUT_GAP, SHORT_U, Verdict.PARTLY, "2 of 3 curves", "hidden layers of 8 units (U)"),
        (U, SHORT_U, WITHOUT_UNDERFITTING, Verdict.PARTLY, "2 of 3 curves", "32 hidden units (U)"),
        (FALLS, WITHOUT_GAP, WITHOUT_GAP, Verdict.FAILS, "No curve of the generalization error", "(falls), "),
    ],
)
def test_a_curve_counts_that_goes_from_underfitting_to_overfitting(
    units, layers, decays, verdict, sentence, not_us, tmp_path, monkeypatch
):
    train_by(monkeypatch, shaped(units, layers, decays))
    finding = run(tmp_path)
    assert finding.verdict == verdict
    assert sentence in str(finding.short) and not_us in str(finding.limits)
    assert str(finding.limits).startswith("Not such a U: ") == bool(not_us)


def test_each_curve_has_its_networks_errors(tmp_path, monkeypatch):
    calls = train_by(monkeypatch, shaped(U, SHORT_U, SHORT_U))
    finding = run(tmp_path, noise=0.35, digits=500, steps=77)
    ((networks, training, _),) = calls
    assert len(set(networks)) == len(networks) == 4 + 3 + 3
    assert {(network.digits, network.noise) for network in networks} == {(500, 0.35)}
    assert (training.steps, training.repetitions) == ((77,), 3)

    wanted = {
        "hidden units": (UNITS, [(1, n, 0) for n in UNITS], U),
        "hidden layers": (LAYERS, [(0, 0, 0), (1, 8, 0), (2, 8, 0)], SHORT_U),
        "weight decay": (DECAYS, [(1, 32, decay) for decay in DECAYS], SHORT_U),
    }
    assert len(finding.table) == 10
    with (tmp_path / "figure_6_4.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 10 * 3
    for name, (x, shapes, (training_errors, errors)) in wanted.items():
        for at, (layers, units, decay) in enumerate(shapes):
            place = {"hidden layers": layers, "hidden units": units, "weight decay": decay}
            (row,) = select(finding.table, place).to_dict("records")
            assert row["test error (%)"] == pytest.approx(100 * errors[at])
            assert row["training error (%)"] == pytest.approx(100 * training_errors[at])
            assert row["std. dev. (%)"] == pytest.approx(1)
            assert row["regime"] == ("underfits", "minimum", "overfits", "overfits")[at]
            of_point = [row for row in rows if row["curve"] == name and float(row["value"]) == x[at]]
            read = [float(row["generalization_error"]) for row in of_point]
            assert read == pytest.approx([errors[at] - 0.01, errors[at], errors[at] + 0.01])


def test_the_figure_marks_the_minimum_and_shades_the_regimes_beside_it(tmp_path, monkeypatch):
    seen = figures(monkeypatch)
    train_by(monkeypatch, shaped(U, SHORT_U, SHORT_U))
    (picture,) = run(tmp_path).pictures
    assert picture.path.stat().st_size > 20_000 and picture.path.with_suffix(".csv").exists()
    (figure,) = seen
    assert "6-4" in figure.get_suptitle()
    for axes, value in zip(figure.axes, ("4", "1", "0.01"), strict=True):
        assert ring(axes) == (1, pytest.approx(40))
        under, over = (patch for patch in axes.patches if patch.get_height() == 1)
        left, right = axes.get_xlim()
        assert (under.get_x(), under.get_x() + under.get_width()) == pytest.approx((left, 1))
        assert (over.get_x(), over.get_x() + over.get_width()) == pytest.approx((1, right))
        assert under.get_facecolor() != over.get_facecolor()
        words = texts(axes)
        assert words.index("underfitting") < words.index("overfitting")
        assert words.startswith(f"U, minimum 40.0% at {value} ")
    # Weight decay takes capacity away.
    labels = [label.get_text() for label in figure.axes[2].get_xticklabels()]
    assert labels == ["0.1", "0.01", "0"]


def test_trained_networks_underfit_and_overfit(tmp_path):
    finding = run(
        tmp_path, units=(1, 4, 128), layers=(0, 1, 2), weight_decays=(0.1, 0.001, 0.0), digits=150,
        steps=600, batch=32, learning_rate=0.01, repetitions=2,
    )  # fmt: skip
    few, many = (
        select(finding.table, {"hidden units": units, "weight decay": 0}).iloc[0] for units in (1, 128)
    )
    # One unit cannot even learn the digits, 128 learn the wrong labels by heart.
    assert few["training error (%)"] > 50 and few["test error (%)"] - few["training error (%)"] < 20
    assert many["training error (%)"] < 2 and many["test error (%)"] - many["training error (%)"] > 30


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--units", "4", "4", "8"], "units must be at least 3 different numbers, received (4, 4, 8)"),
        (["--layers", "1", "2"], "layers must be at least 3 different numbers, received (1, 2)"),
        (["--digits", "4126"], "training digits must be at most all 4125, received 4126"),
        (["--noise", "0.95"], "must be at most 0.9, received 0.95"),
        (["--repetitions", "1"], "must be at least 2, received 1"),
    ],
)
def test_bad_input_is_one_line_and_writes_nothing(words, message, tmp_path, capsys):
    with pytest.raises(SystemExit) as ended:
        main("chapter6.section_6_2", ["capacity", "--output", str(tmp_path), *words])
    said = capsys.readouterr().err
    assert ended.value.code == 2 and said.count("\n") == 1 and message in said
    assert not list(tmp_path.iterdir())
