"""6-3.f: the six optimizers on six losses."""

import dataclasses

import numpy as np
import pytest
from PIL import Image

from chapter6.experiment import Verdict, quick
from chapter6.section_6_3 import race
from tests.section_6_3 import COMPARED


def test_the_race_is_a_picture_and_a_film(section):
    picture, film = section.findings["race"].pictures
    table, starts = section.numbers("race/steps"), quick(race.Settings).starts
    names = {
        f"{each.name} {gradients} {name}"
        for each in race.OBJECTIVES
        for gradients in race.GRADIENTS
        for name in COMPARED
    }
    assert set(table) == names and all(len(column) == starts for column in table.values())
    with Image.open(film) as frames:
        assert frames.n_frames == 6 and frames.info["loop"] == 0 and frames.width >= 900
        durations = []
        for k in range(frames.n_frames):
            frames.seek(k)
            durations.append(frames.info["duration"])
    # A pause at the end.
    assert durations[-1] >= 2000 > 10 * durations[0]
    assert film.path.stat().st_size < 3_000_000 and picture.path.name == "steps.png"


def test_the_finding_compares_adam_with_the_fastest_on_every_loss(section):
    steps, finding = section.numbers("race/steps"), section.findings["race"]
    table = finding.table.set_index(["loss function", "gradients"])
    good = []
    for objective in race.OBJECTIVES:
        for gradients in race.GRADIENTS:
            row = table.loc[(objective.name, gradients)]
            each = {name: steps[f"{objective.name} {gradients} {name}"] for name in COMPARED}
            medians = {name: np.median(column) for name, column in each.items()}
            assert row["Adam's median steps"] == medians["Adam"]
            least = min(medians.values())
            assert row["its median steps"] == medians.get(row["fastest"], np.inf) == least
            assert (row["fastest"] == "–") == np.isinf(least)
            assert row["Adam's rank"] == 1 + sum(other < medians["Adam"] for other in medians.values())
            faster = sum(column < each["Adam"] for column in each.values())
            among = np.mean((faster < 2) & np.isfinite(each["Adam"]))
            assert row["Adam among the best two (% of starts)"] == 100 * among
            good.append(row["Adam's rank"] <= 2 and np.isfinite(medians["Adam"]))
    half = Verdict.PARTLY if 2 * sum(good) >= len(good) else Verdict.FAILS
    assert finding.verdict == (Verdict.HOLDS if all(good) else half)


@pytest.mark.parametrize(
    ("losses", "verdict"), [(0, Verdict.FAILS), (5, Verdict.FAILS), (6, Verdict.PARTLY), (12, Verdict.HOLDS)]
)
def test_the_verdict_counts_the_losses_on_which_adam_is_among_the_best_two(losses, verdict):
    others = np.arange(1.0, 6.0)
    adam = np.where(np.arange(12) < losses, 1.5, 9.0)
    needed = {name: np.full((12, 3), steps) for name, steps in zip("abcde", others, strict=True)}
    needed["Adam"] = np.repeat(adam[:, None], 3, axis=1)
    finding = race._make_finding(needed, ())
    assert finding.verdict == verdict
    assert ("Holds with exact gradients on" in str(finding.limits)) == (verdict is Verdict.PARTLY)


def test_starts_are_drawn_by_the_seed_and_noise_is_in_the_second_half_alone():
    settings = dataclasses.replace(quick(race.Settings), steps=200)
    starts = race.random_problem(settings)[0]
    other = race.random_problem(dataclasses.replace(settings, seed=1))[0]
    count = settings.tuning_starts + settings.starts
    assert (starts[:, :count] != other[:, :count]).all()
    noise = race.random_problem(settings)[1]
    np.testing.assert_array_equal(starts[:, -1], [each.start for each in 2 * race.OBJECTIVES])
    np.testing.assert_array_equal(starts[:6], starts[6:])
    assert not noise[:, :6].any()
    # On the bowl the gradient is (0.2 x1, 4 x2).
    size = np.median(np.linalg.norm(starts[0] * [0.2, 4.0], axis=1))
    np.testing.assert_allclose(noise[:, 6].std(), settings.noise * size, rtol=0.1)
