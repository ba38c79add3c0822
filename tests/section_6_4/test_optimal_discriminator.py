"""One-dimensional GANs beside their theory: the data, both players' training, what is measured of them."""

import numpy as np
import pytest
from PIL import Image
from scipy import stats

from chapter6.artifacts import Folders
from chapter6.errors import RunError
from chapter6.experiment import Verdict, quick
from chapter6.gan import theory
from chapter6.section_6_4 import optimal_discriminator
from chapter6.section_6_4.one_dimension import NORMALS, OneDimensionalGANs, data_density
from chapter6.section_6_4.optimal_discriminator import LIMIT, Settings

WIDTH = 0.05
GRID = np.arange(-LIMIT, LIMIT, WIDTH) + WIDTH / 2
SMALL = {"repetitions": 2, "hidden_units": 12, "batch_size": 128}


def folders(output):
    return Folders.of("section_6_4", "optimal_discriminator", output)


def densities(gans):
    samples = gans.generate(np.linspace(-1, 1, 20_001))
    edges = np.append(GRID - WIDTH / 2, LIMIT)
    return [np.histogram(each, edges)[0] / (len(each) * WIDTH) for each in samples]


def test_density_of_the_data_is_that_of_the_samples():
    expected = sum(stats.norm(*normal).pdf(GRID) for normal in NORMALS) / len(NORMALS)
    np.testing.assert_allclose(data_density(GRID), expected, rtol=1e-12)
    gans = OneDimensionalGANs(Settings(repetitions=2, batch_size=20_000))
    for samples in gans._data().numpy()[..., 0]:

        def cumulative(x):
            return sum(stats.norm(*normal).cdf(x) for normal in NORMALS) / len(NORMALS)

        assert stats.kstest(samples, cumulative).pvalue > 0.001


def test_every_draw_is_another_and_every_gan_has_its_own():
    gans = OneDimensionalGANs(Settings(**SMALL))
    draws = np.concatenate([gans._noise().numpy()[..., 0], gans._noise().numpy()[..., 0]])
    assert np.abs(draws).max() < 1 and np.mean(draws < 0) == pytest.approx(0.5, abs=0.1)
    assert len({draw.tobytes() for draw in draws}) == 4
    first, second = gans.generate(GRID)
    assert not np.allclose(first, second)


@pytest.fixture(scope="module")
def played():
    """GANs whose D was trained for long, then both for a while: D, p_g and G before, between and after."""
    gans = OneDimensionalGANs(Settings(**SMALL, learning_rate=1e-2))
    before = [gans.discriminate(GRID), densities(gans), gans.generate(GRID)]
    gans.train_discriminators(800)
    settled = [gans.discriminate(GRID), densities(gans), gans.generate(GRID)]
    gans.train(150, 4)
    return before, settled, [gans.discriminate(GRID), densities(gans), gans.generate(GRID)]


def test_settled_discriminators_are_near_the_optimal_ones_and_generators_stood_still(played):
    (untrained, _, first), (settled, p_g, second), _ = played
    assert np.array_equal(first, second)
    for before, after, density in zip(untrained, settled, p_g, strict=True):
        best = theory.optimal_discriminator(data_density(GRID), density)
        weight = (data_density(GRID) + density) / 2 * WIDTH
        assert np.sum(weight * np.abs(before - best)) > 0.3
        assert np.sum(weight * np.abs(after - best)) < 0.08
        value = theory.value(after, data_density(GRID), density, WIDTH)
        assert value < theory.generator_criterion(data_density(GRID), density, WIDTH) < value + 0.1


def test_generators_move_towards_the_data(played):
    _, (_, before, _), (_, after, _) = played
    for first, last in zip(before, after, strict=True):
        jsd = [theory.js_divergence(data_density(GRID), p_g, WIDTH) for p_g in (first, last)]
        assert jsd[1] < 0.5 * jsd[0]


def test_a_gan_learns_only_from_its_own_samples():
    alone, beside = (OneDimensionalGANs(Settings(**SMALL)) for _ in range(2))
    for variable in beside._theta_d + beside._theta_g:
        variable[1].assign(-2 * variable[1])
    for gans in (alone, beside):
        for _ in range(3):
            gans._update_discriminators()
            gans._update_generators()
    for outputs in (OneDimensionalGANs.discriminate, OneDimensionalGANs.generate):
        (first, second), (same, other) = outputs(alone, GRID), outputs(beside, GRID)
        np.testing.assert_allclose(first, same, rtol=1e-6)
        assert not np.allclose(second, other, rtol=1e-2)


def test_discriminator_of_extreme_logits_is_a_probability():
    gans = OneDimensionalGANs(Settings(**SMALL))
    gans._theta_d[-1].assign(np.reshape([-1e4, 1e4], (2, 1, 1)))
    low, high = gans.discriminate(GRID)
    assert np.all(low == 0) and np.all(high == 1)


def measures(**changed):
    """Measures [2 rounds, 2 GANs] of a game as the theory has it."""
    jsd = np.array([[0.4, 0.5], [0.004, 0.005]])
    usual = {"JSD": jsd, "C(G)": 2 * jsd - np.log(4), "V(D, G)": 2 * jsd - np.log(4) - 0.01}
    usual |= {"|D - D*|": np.full((2, 2), 0.02), "|D - D*| in the game": np.full((2, 2), 0.03)}
    return usual | changed


def game(last):
    """The measures of a game whose second GAN ends at the divergence `last`."""
    jsd = np.array([[0.4, 0.5], [0.004, last]])
    return {"JSD": jsd, "C(G)": 2 * jsd - np.log(4), "V(D, G)": 2 * jsd - np.log(4) - 0.01}


def row_of(finding, measure):
    """Return the row of the finding's table for a measure, a dict."""
    (found,) = finding.table[finding.table["measure"] == measure].to_dict("records")
    return found


@pytest.mark.parametrize(
    "changed, verdict",
    [
        ({}, Verdict.HOLDS),
        ({"|D - D*|": np.full((2, 2), 0.06)}, Verdict.PARTLY),
        ({**game(last=0.02), "|D - D*|": np.full((2, 2), 0.06)}, Verdict.FAILS),
        # A value above the best D's, and a criterion that is not -log 4 + 2 JSD.
        ({"V(D, G)": measures()["C(G)"] + 0.01}, Verdict.FAILS),
        ({"C(G)": measures()["C(G)"] + 1e-6}, Verdict.FAILS),
        ({"V(D, G)": np.full((2, 2), np.nan)}, Verdict.FAILS),
    ],
)
def test_verdict(changed, verdict):
    assert optimal_discriminator._finding(measures(**changed), ()).verdict == verdict


def test_verdict_where_one_generator_does_not_reach_the_data():
    finding = optimal_discriminator._finding(measures(**game(last=0.02)), ())
    assert finding.verdict == Verdict.PARTLY
    assert row_of(finding, "JSD at the end (nats)")["most"] == 0.02
    assert row_of(finding, "JSD at first (nats)")["mean"] == pytest.approx(0.45)
    assert row_of(finding, "JSD at first (nats)")["std. dev."] == pytest.approx(0.1 / np.sqrt(2))
    assert row_of(finding, "theorem: C(G) - V(D, G), at least 0 (nats)")["least"] == pytest.approx(0.01)
    assert row_of(finding, "theorem: C(G) against -log 4 + 2 JSD (nats)")["most"] < 1e-12


def test_quick_run_leaves_tables_that_agree_with_the_theory(quick_section):
    section = quick_section("section_6_4")
    finding = section.findings["optimal_discriminator"]
    values, curves = (section.numbers(f"optimal_discriminator/{name}") for name in ("value", "densities"))
    width = curves["x"][1] - curves["x"][0]
    assert list(values["updates of G"]) == [0, 10, 20, 30]
    for number in range(quick(Settings).repetitions):
        value, criterion, jsd = (values[f"{name} of GAN {number}"] for name in ("V(D, G)", "C(G)", "JSD"))
        assert np.all(value < criterion)
        np.testing.assert_allclose(criterion, 2 * jsd - np.log(4), atol=1e-10)
    for row, updates in ((0, 0), (3, 30)):
        p_data, p_g, d, best = (
            curves[name]
            for name in ("p_data", f"p_g after {updates}", f"D after {updates}", f"D* after {updates}")
        )
        np.testing.assert_allclose([p_data.sum() * width, p_g.sum() * width], 1, atol=1e-6)
        np.testing.assert_allclose(best, p_data / (p_data + p_g), rtol=1e-10)
        assert values["V(D, G) of GAN 0"][row] == pytest.approx(theory.value(d, p_data, p_g, width))
        assert values["JSD of GAN 0"][row] == pytest.approx(theory.js_divergence(p_data, p_g, width))
        distance = np.sum((p_data + p_g) / 2 * np.abs(d - best)) * width
        assert values["|D - D*| of GAN 0"][row] == pytest.approx(distance)
    in_the_game = [values[f"|D - D*| in the game of GAN {number}"] for number in range(2)]
    untrained, later = ([each[part] for each in in_the_game] for part in (0, slice(1, None)))
    assert row_of(finding, "|D - D*|, D untrained")["mean"] == pytest.approx(np.mean(untrained))
    assert row_of(finding, "|D - D*|, G in training")["median"] == pytest.approx(np.median(later))
    of_fixed = np.array([values[f"|D - D*| of GAN {number}"] for number in range(2)])
    assert row_of(finding, "|D - D*|, G fixed")["median"] == pytest.approx(np.median(of_fixed))
    worst = row_of(finding, "|D - D*|, G fixed, worst of a GAN")
    assert (worst["least"], worst["most"]) == pytest.approx(np.sort(of_fixed.max(axis=1)))
    for picture in finding.pictures:
        with Image.open(picture) as image:
            assert min(image.size) > 600


def test_numbers_that_do_not_stay_finite_end_the_run_with_one_line(tmp_path, monkeypatch):
    def diverge(self, steps):
        self._theta_d[-1].assign(np.full((2, 1, 1), np.inf))

    monkeypatch.setattr(OneDimensionalGANs, "train_discriminators", diverge)
    with pytest.raises(RunError, match="must be finite, received .* smaller learning rate"):
        optimal_discriminator.run(quick(Settings), folders(tmp_path))
    assert list(tmp_path.iterdir()) == []
