"""Figure 6-4 from made errors, and once from trained ones."""

import csv

import numpy as np
import pytest

from chapter6.artifacts import Folders
from chapter6.experiment import Verdict
from chapter6.runner.command_line import main
from chapter6.section_6_2 import capacity
from tests.section_6_2.made import figures, ring, select, texts, train_by

SETTINGS = {"units": (16, 1, 4, 64), "layers": (0, 1, 2), "units_per_layer": 4, "repetitions": 3}
U, SECOND_DESCENT, FALLS = [0.8, 0.4, 0.5, 0.6], [0.8, 0.4, 0.6, 0.45], [0.8, 0.6, 0.5, 0.4]


def run(tmp_path, **settings):
    return capacity.run(capacity.Settings(**{**SETTINGS, **settings}), Folders(tmp_path, tmp_path))


def shaped(short, long, layers):
    """Return an error for `train_by`, from the curves over (1, 4, 16, 64) units and (0, 1, 2) layers."""

    def error(network, steps):
        if network.hidden and set(network.hidden) != {4}:
            generalization = (short if steps == 300 else long)[(1, 4, 16, 64).index(network.hidden[0])]
        elif len(network.hidden) == 1:
            generalization = (short if steps == 300 else long)[1]
        else:
            generalization = layers[len(network.hidden)]
        return generalization / 4, generalization

    return error


@pytest.mark.parametrize(
    ("short", "long", "verdict"),
    [(U, U, Verdict.HOLDS), (U, SECOND_DESCENT, Verdict.PARTLY), (FALLS, U, Verdict.PARTLY)],
)
def test_the_claim_holds_as_far_as_the_curves_are_us(short, long, verdict, tmp_path, monkeypatch):
    train_by(monkeypatch, shaped(short, long, [0.7, 0.4, 0.6]))
    assert run(tmp_path).verdict == verdict


def test_the_claim_fails_where_no_curve_is_a_u(tmp_path, monkeypatch):
    train_by(monkeypatch, shaped(FALLS, SECOND_DESCENT, [0.35, 0.4, 0.5]))
    finding = run(tmp_path)
    assert finding.verdict == Verdict.FAILS
    assert str(finding.limits).startswith(
        "Not a U: hidden units after 300 updates (falls), hidden units after 1000 updates (U, then a second "
        "descent), hidden layers after 1000 updates (rises). "
    )


@pytest.mark.parametrize(
    ("short", "long", "sentence"),
    [
        (U, U, "smallest with 4 hidden units: fewer underfit, more overfit."),
        (U, SECOND_DESCENT, "After 300 updates the generalization error is a U with its minimum at 4 hidden"),
        (FALLS, U, "this one is, with its minimum at 4: hidden units after 1000 updates."),
        (FALLS, SECOND_DESCENT, "this one is, with its minimum at 1: hidden layers after 1000 updates."),
    ],
)
def test_what_to_remember_is_chosen_by_the_shapes(short, long, sentence, tmp_path, monkeypatch):
    train_by(monkeypatch, shaped(short, long, [0.7, 0.4, 0.6]))
    finding = run(tmp_path)
    assert sentence in str(finding.short)
    assert ("very large ones fit them more smoothly" in str(finding.why)) == (long == SECOND_DESCENT)


def test_without_a_u_the_smallest_error_is_remembered(tmp_path, monkeypatch):
    train_by(monkeypatch, shaped(FALLS, FALLS, [0.7, 0.6, 0.5]))
    sentence = "No curve is a U: after 1000 updates the one over hidden units is lowest at 64."
    assert str(run(tmp_path).short) == sentence


def test_each_curve_has_its_networks_errors(tmp_path, monkeypatch):
    calls = train_by(monkeypatch, shaped(U, SECOND_DESCENT, [0.7, 0.4, 0.65]))
    finding = run(tmp_path, noise=0.3, digits=500)
    ((networks, training, _),) = calls
    assert {network.hidden for network in networks} == {(1,), (4,), (16,), (64,), (), (4, 4)}
    assert {(network.digits, network.noise) for network in networks} == {(500, 0.3)}
    assert (training.steps, training.repetitions) == ((300, 1000), 3)

    by_units, by_layers = [(1, 1), (1, 4), (1, 16), (1, 64)], [(0, 0), (1, 4), (2, 4)]
    wanted = {
        "hidden units, 300 updates": (300, (1, 4, 16, 64), by_units, U, 4, 64),
        "hidden units, 1000 updates": (1000, (1, 4, 16, 64), by_units, SECOND_DESCENT, 4, 16),
        "hidden layers of 4 units, 1000 updates": (1000, (0, 1, 2), by_layers, [0.7, 0.4, 0.65], 1, 2),
    }
    # The network of one layer of 4 units is on two of the curves.
    assert len(finding.table) == 11 - 1
    with (tmp_path / "figure_6_4.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 11 * 3
    for name, (updates, x, shapes, errors, minimum, peak) in wanted.items():
        for value, (layers, units), error in zip(x, shapes, errors, strict=True):
            place = {"hidden layers": layers, "hidden units": units, "updates": updates}
            (row,) = select(finding.table, place).to_dict("records")
            assert row["test error (%)"] == pytest.approx(100 * error)
            assert row["training error (%)"] == pytest.approx(25 * error)
            assert row["std. dev. (%)"] == pytest.approx(1)
            assert row["point"] == {minimum: "minimum", peak: "peak"}.get(value, "")
            of_point = [row for row in rows if row["curve"] == name and float(row["value"]) == value]
            read = [float(row["generalization_error"]) for row in of_point]
            assert read == pytest.approx([error - 0.01, error, error + 0.01])


def test_the_figure_marks_the_minimum_and_shades_the_regimes_beside_it(tmp_path, monkeypatch):
    seen = figures(monkeypatch)
    train_by(monkeypatch, shaped(U, SECOND_DESCENT, [0.7, 0.4, 0.65]))
    (picture,) = run(tmp_path).pictures
    assert picture.path.stat().st_size > 20_000 and picture.path.with_suffix(".csv").exists()
    (figure,) = seen
    assert "6-4" in figure.get_suptitle()
    panels = figure.axes[:3]
    for axes, minimum in zip(panels, (4, 4, 1), strict=True):
        assert ring(axes) == (minimum, pytest.approx(40))
        under, over = (patch for patch in axes.patches if patch.get_height() == 1)
        left, right = axes.get_xlim()
        assert (under.get_x(), under.get_x() + under.get_width()) == pytest.approx((left, minimum))
        assert (over.get_x(), over.get_x() + over.get_width()) == pytest.approx((minimum, right))
        assert under.get_facecolor() != over.get_facecolor()
        words = texts(axes)
        assert words.index("underfitting") < words.index("overfitting")
        assert f"\nminimum 40.0% at {minimum}, ringed" in words
    assert texts(panels[0]).startswith("300 updates: U\n")


def test_trained_networks_underfit_and_overfit(tmp_path):
    finding = run(
        tmp_path, units=(1, 4, 128), layers=(0, 1, 2), digits=150, steps=250, short_steps=40, batch=32,
        learning_rate=0.003, repetitions=2,
    )  # fmt: skip
    few, many, sooner = (
        select(finding.table, {"hidden units": units, "updates": updates, "hidden layers": 1}).iloc[0]
        for units, updates in ((1, 250), (128, 250), (128, 40))
    )
    # One unit cannot even learn the digits, 128 learn the wrong labels by heart.
    assert few["training error (%)"] > 50 and few["test error (%)"] - few["training error (%)"] < 20
    assert many["training error (%)"] < 2 and many["test error (%)"] - many["training error (%)"] > 30
    assert sooner["training error (%)"] > many["training error (%)"]


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--short-steps", "1000"], "shorter than the 1000 updates of the long one, received 1000"),
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


def test_the_magnified_curve_is_the_one_around_the_minimum(tmp_path, monkeypatch):
    seen = figures(monkeypatch)
    train_by(monkeypatch, shaped([0.8, 0.42, 0.40, 0.43], U, [0.7, 0.4, 0.6]))
    run(tmp_path)
    (inset,) = seen[0].axes[0].child_axes
    np.testing.assert_array_equal(inset.lines[0].get_xdata(), [4, 16, 64])
    np.testing.assert_allclose(inset.lines[0].get_ydata(), [42, 40, 43])


@pytest.mark.parametrize("short", [[0.8, 0.6, 0.42, 0.4], [0.8, 0.42, 0.45, 0.5]])
def test_nothing_is_magnified_without_a_rise_or_without_room(short, tmp_path, monkeypatch):
    seen = figures(monkeypatch)
    train_by(monkeypatch, shaped(short, U, [0.7, 0.4, 0.6]))
    run(tmp_path)
    assert not seen[0].axes[0].child_axes


def test_a_minimum_that_a_second_descent_undercuts_is_the_first(tmp_path, monkeypatch):
    seen = figures(monkeypatch)
    train_by(monkeypatch, shaped(U, [0.8, 0.4, 0.6, 0.35], [0.7, 0.4, 0.6]))
    run(tmp_path)
    assert "second descent\nfirst minimum 40.0% at 4, ringed" in texts(seen[0].axes[1])
