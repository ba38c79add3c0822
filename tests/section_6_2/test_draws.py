"""Draws against equations 6-4 and 6-5."""

import csv

import numpy as np
import pytest
import scipy.stats

import chapter6.search
from chapter6.artifacts import Folders
from chapter6.experiment import Verdict, quick
from chapter6.runner.command_line import main
from chapter6.section_6_2 import draws, draws_drawing


@pytest.mark.parametrize("n", [100, 3000])
@pytest.mark.parametrize("power", [1.0, 1.05, 1.5])
def test_kolmogorov_smirnov_is_scipys(n, power):
    sample = np.random.default_rng(n).random(n) ** power
    distance, p = draws.kolmogorov_smirnov(sample)
    expected = scipy.stats.ks_1samp(sample, scipy.stats.uniform.cdf, method="asymp")
    assert distance == pytest.approx(expected.statistic)
    assert p == pytest.approx(expected.pvalue, abs=1e-9)


@pytest.mark.parametrize(("low", "high"), [(-4, -1), (-2.5, 3)])
def test_density_is_that_of_the_log_uniform_distribution(low, high):
    x = np.geomspace(10.0**low, 10.0**high, 50)[1:-1]
    expected = scipy.stats.loguniform.pdf(x, 10.0**low, 10.0**high)
    np.testing.assert_allclose(draws_drawing.density(x, low, high), expected)


def test_the_slides_draws_hold(tmp_path):
    finding = draws.run(quick(draws.Settings), Folders(tmp_path, tmp_path))
    assert finding.verdict == Verdict.BY_DEFINITION
    rows = finding.table.set_index("quantity")
    off = (rows["measured"] - rows["expected"]) / rows["standard error"]
    # The row without a standard error is the p-value.
    assert (off.dropna().abs() < 4).all() and len(off.dropna()) == len(off) - 1
    assert rows["measured"]["its p-value"] > 0.001
    thirds = rows["measured"].filter(like="third of the exponents")
    assert thirds.sum() == pytest.approx(100)
    assert str(finding.short) == (
        f"Every decade of the learning rate gets a third of the draws: {thirds.min():.1f}% to "
        f"{thirds.max():.1f}%."
    )
    with (tmp_path / "draws.csv").open() as file:
        table = {name: np.array(values, float) for name, *values in zip(*csv.reader(file), strict=True)}
    widths = 10 ** table["log10_to"] - 10 ** table["log10_from"]
    for name in ("density", "equation_6_5"):
        assert (table[name] * widths).sum() == pytest.approx(1)
    x = np.linspace(10 ** table["log10_from"], 10 ** table["log10_to"], 1001)
    mean = draws_drawing.density(x, -4, -1).mean(axis=0)
    np.testing.assert_allclose(mean, table["equation_6_5"], rtol=1e-3)
    # 2000 draws in 30 bins: the counts are Poisson's, of mean 67.
    np.testing.assert_allclose(table["density"], table["equation_6_5"], rtol=5 / 67**0.5)


def test_rates_that_are_uniform_themselves_are_found_out(tmp_path, monkeypatch):
    monkeypatch.setattr(
        chapter6.search, "ten_to_the", lambda first, last: chapter6.search.uniform(10.0**last, 10.0**first)
    )
    finding = draws.run(quick(draws.Settings), Folders(tmp_path, tmp_path))
    assert finding.verdict == Verdict.FAILS and "are not uniform" in str(finding.short)
    # Equation 6-4's largest distance from what is drawn, and where nine in ten of the rates lie
    rows = finding.table.set_index("quantity")["measured"]
    assert rows["highest third of the exponents (%)"] == pytest.approx(90, abs=3)
    assert rows["Kolmogorov-Smirnov distance"] > 0.5


def test_another_interval_is_drawn_from_as_evenly(tmp_path):
    finding = draws.run(draws.Settings(draws=2000, first=-3.0, last=1.0), Folders(tmp_path, tmp_path))
    assert finding.verdict == Verdict.BY_DEFINITION
    assert "Every third of the exponents' interval" in str(finding.short)


def test_one_exponent_is_no_interval(tmp_path, capsys):
    with pytest.raises(SystemExit) as end:
        main("chapter6.section_6_2", ["draws", "--first", "-2", "--last", "-2", "--output", str(tmp_path)])
    assert end.value.code == 2
    assert "the exponents' ends must differ, received -2.0 twice" in capsys.readouterr().err
    assert not list(tmp_path.iterdir())
