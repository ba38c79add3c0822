"""More data against regularization and capacity, from made errors and from trained ones."""

import csv

import pytest

from chapter6.artifacts import Folders
from chapter6.experiment import Verdict
from chapter6.runner.command_line import main
from chapter6.section_6_2 import more_data
from chapter6.section_6_2.networks import with_noise
from tests.section_6_2.made import figures, select, train_by

DIGITS = (100, 400, 1600)
# Test errors of the small network without and with dropout, and of the large one
ERRORS = {
    (8, False): (0.50, 0.40, 0.36),
    (8, True): (0.52, 0.42, 0.39),
    (64, False): (0.48, 0.38, 0.29),
    (64, True): (0.40, 0.33, 0.28),
}
# Of the large network on correct labels; with the 20 % above, 0.36 with the fewest digits
QUALITY = {0.0: 0.05, 0.4: 0.6}


def run(tmp_path, **settings):
    given = {
        "digits": (400, 100, 1600),
        "small": 8,
        "large": 64,
        "repetitions": 3,
        "noises": (0.0, 0.2, 0.4),
    } | settings
    return more_data.run(more_data.Settings(**given), Folders(tmp_path, tmp_path))


def made(changes, quality=QUALITY):
    """Return an error for `train_by`: `ERRORS` with some of their rows changed."""

    def error(network, steps):
        rows = ERRORS | changes
        test = rows[network.hidden[0], bool(network.dropout)][DIGITS.index(network.digits)]
        if network.noise in quality:
            test = with_noise(quality[network.noise], network.noise)
        return test - 0.2, test

    return error


@pytest.mark.parametrize(
    ("changes", "quality", "verdict", "helps"),
    [
        ({}, {}, Verdict.HOLDS, (True, True, True, True)),
        # Dropout makes the large network no better with few digits.
        ({(64, True): (0.48, 0.33, 0.28)}, {}, Verdict.PARTLY, (False, True, True, True)),
        # One of the four does not gain by digits.
        ({(8, True): (0.52, 0.42, 0.53)}, {}, Verdict.PARTLY, (True, False, True, True)),
        # With all digits the small network is as good as the large one.
        ({(8, False): (0.50, 0.40, 0.29)}, {}, Verdict.PARTLY, (True, True, False, True)),
        # The large one with all digits is no better than with few and dropout.
        (
            {(64, False): (0.48, 0.38, 0.40), (8, False): (0.5, 0.5, 0.45)},
            {},
            Verdict.PARTLY,
            (True, True, False, True),
        ),
        # One step down in quality costs nothing.
        ({}, {0.4: 0.36}, Verdict.PARTLY, (True, True, True, False)),
        ({}, {0.0: 0.36}, Verdict.PARTLY, (True, True, True, False)),
        (dict.fromkeys(ERRORS, (0.3, 0.3, 0.3)), {0.4: 0.1}, Verdict.FAILS, (False, False, False, False)),
    ],
)
def test_each_of_the_ways_is_judged(changes, quality, verdict, helps, tmp_path, monkeypatch):
    train_by(monkeypatch, made(changes, QUALITY | quality))
    finding = run(tmp_path)
    assert finding.verdict == verdict
    ways = ("regularization", "more data", "more capacity with more data", "better data")
    missed = [way for way, one in zip(ways, helps, strict=True) if not one]
    assert (f"No clear help in every comparison: {', '.join(missed)}." in str(finding.limits)) == any(missed)
    if all(helps):
        assert "large network's falls from 48.0% to 29.0%." in str(finding.short)
    elif any(helps):
        helped = [way for way, one in zip(ways, helps, strict=True) if one]
        assert str(finding.short) == f"The test error is clearly lowered by: {', '.join(helped)}."
    else:
        assert "Neither regularization nor more data" in str(finding.short)


def test_what_dropout_costs_with_many_digits_is_told(tmp_path, monkeypatch):
    train_by(monkeypatch, made({}))
    finding = run(tmp_path)
    assert str(finding.why).endswith("dropout costs percentage points of test error: 3.0 (8 units).")
    train_by(monkeypatch, made({(8, True): (0.52, 0.42, 0.36)}))
    assert "dropout costs" not in str(run(tmp_path).why)


def test_each_curve_has_its_networks_errors(tmp_path, monkeypatch):
    calls = train_by(monkeypatch, made({}))
    finding = run(tmp_path, noise=0.3, noises=(0.0, 0.3, 0.4), dropout=0.25, steps=33)
    ((networks, training, _),) = calls
    assert len(set(networks)) == len(networks) == 12 + 2 * 3 and training.steps == (33,)
    assert {network.dropout for network in networks} == {0.0, 0.25}
    assert {network.noise for network in networks} == {0.0, 0.3, 0.4}
    for noise, error in QUALITY.items():
        rows = select(finding.table, {"test labels": "correct", "wrong labels (%)": 100 * noise})
        assert list(rows["test error (%)"]) == pytest.approx([100 * error] * 3)
    with (tmp_path / "more_data.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 12 * 3
    for (units, dropout), errors in ERRORS.items():
        name = f"{units} units, {'dropout' if dropout else 'no dropout'}"
        for digits, error in zip(DIGITS, errors, strict=True):
            place = {"hidden units": units, "dropout rate": 0.25 * dropout, "training digits": digits}
            place["test labels"] = "noisy"
            (row,) = select(finding.table, place).to_dict("records")
            assert (row["test error (%)"], row["std. dev. (%)"]) == pytest.approx((100 * error, 1))
            of_point = [row for row in rows if row["curve"] == name and int(row["value"]) == digits]
            read = [float(row["training_error"]) for row in of_point]
            assert read == pytest.approx([error - 0.21, error - 0.2, error - 0.19])


def test_the_test_errors_are_on_the_left_with_the_noise_below_them(tmp_path, monkeypatch):
    seen = figures(monkeypatch)
    train_by(monkeypatch, made({}))
    (picture,) = run(tmp_path).pictures
    assert picture.path.stat().st_size > 20_000
    test, training, quality = seen[0].axes
    assert [line.get_label() for line in quality.lines] == [f"{n}% wrong labels" for n in (0, 20, 40)]
    assert list(quality.lines[2].get_ydata()) == pytest.approx([60, 60, 60])
    assert (test.get_ylabel()[:10], training.get_ylabel()[:14]) == ("test error", "training error")
    for axes, below in ((test, 0), (training, 20)):
        curves = {line.get_label(): line for line in axes.lines if len(line.get_xdata()) == 3}
        assert len(curves) == 4
        for (units, dropout), errors in ERRORS.items():
            drawn = curves[f"{units} units, {'dropout' if dropout else 'no dropout'}"].get_ydata()
            assert list(drawn) == pytest.approx([100 * error - below for error in errors])
        # Grey tells them apart by line style and marker.
        assert len({(line.get_linestyle(), line.get_marker()) for line in curves.values()}) == 4
        assert 20 in [line.get_ydata()[0] for line in axes.lines if len(line.get_xdata()) == 2]


def test_sizes_that_the_data_do_not_have_are_left_out(tmp_path, monkeypatch):
    calls = train_by(monkeypatch, lambda network, steps: (0.1, 0.3))
    run(tmp_path, digits=(10, 20, 4125, 4126, 60_000))
    assert {network.digits for network in calls[0][0]} == {10, 20, 4125}


def test_trained_networks_gain_by_digits(tmp_path):
    finding = run(tmp_path, digits=(50, 400, 3000), steps=200, batch=32, learning_rate=0.003, repetitions=2)
    noisy = select(finding.table, {"test labels": "noisy"})
    errors = noisy.set_index(["hidden units", "dropout rate", "training digits"])["test error (%)"]
    for units in (8, 64):
        assert errors[units, 0.0, 50] > errors[units, 0.0, 3000] + 5
    assert errors[64, 0.0, 50] != errors[64, 0.5, 50]


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--small", "128"], "fewer units than the large one's 128, received 128"),
        (["--digits", "100", "200"], "digits must be at least 3 different numbers, received [100, 200]"),
        (["--digits", "100", "200", "5000"], "digits must be at least 3 different numbers"),
        (["--digits", "0", "1", "2"], "must be at least 1, received 0"),
    ],
)
def test_bad_input_is_one_line_and_writes_nothing(words, message, tmp_path, capsys):
    with pytest.raises(SystemExit) as ended:
        main("chapter6.section_6_2", ["more_data", "--output", str(tmp_path), *words])
    said = capsys.readouterr().err
    assert ended.value.code == 2 and said.count("\n") == 1 and message in said
    assert not list(tmp_path.iterdir())
