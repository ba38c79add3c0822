"""Grid search against random search on made tables, and the table that comes along."""

import csv
import itertools
from types import SimpleNamespace

import numpy as np
import pytest
import scipy.stats
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from PIL import Image

from chapter6.artifacts import Folders, save_csv
from chapter6.errors import InputError
from chapter6.experiment import Verdict
from chapter6.runner.command_line import main
from chapter6.section_6_2 import compare, compare_drawing, sweep, sweep_training
from tests.section_6_2.made import select

RATES, VALUES = 31, 13
GRID = (compare.RATES_OF_GRID, compare.SECOND_OF_GRID)
KINDS = {
    "hidden units": ("random search", "the slides' grid", "other grids"),
    "weight decay": ("random search", "the slides' rates", "other grids"),
}


def saved(path, *tables):
    """Save made errors [seeds, learning rates, values], one array a second hyperparameter, as a sweep.

    Of an array [learning rates, values] there is one seed.
    """
    tables = np.array([table if table.ndim == 3 else table[np.newaxis] for table in tables])
    cells = sweep.cells() * tables.shape[1]
    columns = {"seed": np.repeat(range(tables.shape[1]), len(sweep.cells()))}
    columns |= {name: [cell[name] for cell in cells] for name in ("learning_rate", *compare.SECOND)}
    errors = tables.transpose(1, 0, 3, 2).ravel()
    return save_csv(path, {**columns, "validation_error": errors, "training_error": errors / 2})


def row(finding, second, search, hyperparameters=2):
    """Return the row of a finding's table that one kind of search has in one space."""
    place = {"second hyperparameter": second, "search": search, "hyperparameters": hyperparameters}
    (found,) = select(finding.table, place).to_dict("records")
    return found


def flat(low=()):
    """Return errors of 20 % with 1 % in the cells `low`, an index of [learning rates, values]."""
    errors = np.full((RATES, VALUES), 0.2)
    if low:
        errors[low] = 0.01
    return errors


@pytest.fixture
def compared(tmp_path, monkeypatch):
    """Compare on made tables, without the drawing."""

    def compared(*tables, **settings):
        monkeypatch.setattr(compare, "TABLE", saved(tmp_path / "made.csv", *tables))
        monkeypatch.setattr(compare_drawing, "draw", lambda *_: tmp_path / "none.png")
        return compare.run(compare.Settings(**settings), Folders(tmp_path, tmp_path))

    return compared


def test_best_so_far_and_distinct_of_two_searches():
    errors = np.arange(RATES * VALUES, 0, -1.0).reshape(RATES, VALUES)
    # (rate, value): (0, 0), (0, 5), (2, 0), (0, 1) and (1, 1), (1, 1), (0, 1), (3, 12)
    cells = np.array([[0, 5, 2 * VALUES, 1], [VALUES + 1, VALUES + 1, 1, 3 * VALUES + 12]])
    expected = [
        [errors[0, 0], errors[0, 5], errors[2, 0], errors[2, 0]],
        [errors[1, 1], errors[1, 1], errors[1, 1], errors[3, 12]],
    ]
    np.testing.assert_array_equal(compare.best_so_far(errors, cells), expected)
    rates, values = compare.distinct(cells)
    np.testing.assert_array_equal(rates, [[1, 1, 2, 2], [1, 1, 2, 3]])
    np.testing.assert_array_equal(values, [[1, 2, 2, 3], [1, 1, 1, 2]])


def test_grids_go_through_their_cells_in_random_orders():
    other = ((1, 2, 3, 4), (5, 6, 7, 8))
    for hyperparameters, copies in ((2, 1), (3, 4)):
        random = np.random.default_rng(0)
        orders = compare.grid_orders(random, 400, [GRID, other], hyperparameters)
        for at, (rates, values) in enumerate((GRID, other)):
            cells = sorted(VALUES * rate + value for rate in rates for value in values)
            # Each cell once for every value of the irrelevant hyperparameter
            assert all(sorted(order) == sorted(cells * copies) for order in orders[at::2])
            # Each of 16 cells is as likely to come first as any other: chi-square of 200 searches
            first = np.bincount(np.searchsorted(cells, orders[at::2, 0]), minlength=16)
            assert scipy.stats.chisquare(first).pvalue > 1e-3


def test_random_search_takes_all_cells_alike_and_none_twice():
    searches = compare.at_random(np.random.default_rng(0), 2000, 2)
    assert searches.shape == (2000, 16)
    assert all(len(set(search)) == 16 for search in searches)
    more = compare.at_random(np.random.default_rng(0), 2000, 3)
    assert more.shape == (2000, 64)
    for drawn in (searches[:, 0], searches[:, 15], more[:, 0], more[:, 63]):
        assert scipy.stats.chisquare(np.bincount(drawn, minlength=403)).pvalue > 1e-3


def test_the_other_grids_are_as_even_as_the_slides_and_nearly_as_wide():
    grids = list(compare.even_grids())
    assert len(set(grids)) == len(grids) and GRID not in grids
    for of_grid, length, step in ((0, RATES, 10), (1, VALUES, 4)):
        places = np.array([grid[of_grid] for grid in grids])
        steps = np.diff(places, axis=1)
        assert (steps == steps[:, :1]).all() and set(steps[:, 0]) == set(range(-(-3 * step // 4), step + 1))
        assert places.min() == 0 and places.max() == length - 1
    assert (GRID[0], (0, 3, 6, 9)) in grids and ((4, 13, 22, 31), GRID[1]) not in grids


def test_the_slides_grid_is_among_the_cells():
    rates, units, decays = (
        compare.LEARNING_RATES,
        compare.SECOND["hidden_units"],
        compare.SECOND["weight_decay"],
    )
    assert [rates[at] for at in GRID[0]] == [1e-4, 1e-3, 1e-2, 1e-1]
    assert [units[at] for at in GRID[1]] == [50, 100, 200, 500]
    assert [decays[at] for at in GRID[1]] == [1e-6, 1e-5, 1e-4, 1e-3]
    for values in (rates, units, decays):
        # Evenly spaced on a logarithmic scale, as far as whole numbers of units can be.
        steps = np.diff(np.log(values))
        assert steps.max() < 1.5 * steps.min()


def test_random_search_is_faster_where_the_good_rates_lie_between_the_grids(compared):
    # No even grid has the rate in the middle; of 403 cells it has 13.
    finding = compared(flat((15,)), flat((15,)))
    assert finding.verdict == Verdict.HOLDS
    assert "in clearly fewer trials than every grid" in str(finding.short)
    for second in ("hidden units", "weight decay"):
        for hyperparameters, trials in ((2, 16), (3, 64), (5, 1024)):
            random, *grids = (row(finding, second, kind, hyperparameters) for kind in KINDS[second])
            for each in grids:
                # Never found: all trials for nothing
                assert each["trials until a good value"] == each["trials"] == trials
                assert each["good value found (%)"] == 0 and each["best error (%)"] == pytest.approx(20)
        # The hypergeometric distribution, four standard errors of a share of 1000 searches
        chance = 1 - scipy.stats.hypergeom.pmf(0, 403, 13, 16)
        error = np.sqrt(chance * (1 - chance) / 1000)
        found = row(finding, second, "random search")["good value found (%)"] / 100
        assert found == pytest.approx(chance, abs=4 * error)
        # The geometric distribution: 31 trials on average, their standard deviation as large
        mean = row(finding, second, "random search", 5)["trials until a good value"]
        assert mean == pytest.approx(403 / 13, abs=4 * 31 / np.sqrt(1000))


def test_grids_are_as_fast_where_every_grid_has_a_good_cell(compared):
    # Every even grid has a rate of places 8 to 14, and a value of places 3 to 6.
    good = flat((slice(8, 15), slice(3, 7)))
    finding = compared(good, good)
    assert finding.verdict == Verdict.FAILS
    assert str(finding.short) == "Random search is not clearly faster than any grid."
    found = [row(finding, "hidden units", kind)["good value found (%)"] for kind in KINDS["hidden units"]]
    assert found[0] < 80 and found[1:] == [100, 100]


def test_a_grid_of_one_good_cell_needs_as_many_trials_whatever_is_irrelevant(compared):
    # The slides' grid has a cell in the corner.
    finding = compared(flat((0, 0)), flat((0, 0)))
    # The mean place of the first of K among N trials in random order is (N + 1) / (K + 1); at most its size
    # again is its standard deviation.
    for hyperparameters, copies in ((2, 1), (3, 4), (4, 16)):
        mean = row(finding, "hidden units", "the slides' grid", hyperparameters)["trials until a good value"]
        expected = (16 * copies + 1) / (copies + 1)
        assert mean == pytest.approx(expected, abs=4 * expected / np.sqrt(1000))


def test_the_claim_holds_in_part_where_one_space_bears_it_out(compared):
    finding = compared(flat((15,)), flat((slice(8, 15), slice(3, 7))), hyperparameters=(2, 3))
    assert finding.verdict == Verdict.PARTLY
    assert "clearly faster in 4 of 8 comparisons" in str(finding.short)
    assert str(finding.limits).startswith(
        "Not clearly faster than: the slides' rates (weight decay; hyperparameters: 2 3), other grids "
        "(weight decay; hyperparameters: 2 3). Training seeds: 1. A search stays among the networks of one,"
    )


def test_the_searches_are_spread_over_the_seeds_and_each_stays_in_one(compared):
    # Of the second seed nothing is good but the slides' corner, of the third every network.
    errors = np.stack([flat((15,)), flat((0, 0)), np.full((RATES, VALUES), 0.3)])
    finding = compared(errors, errors, searches=999)
    random, grid, _others = (row(finding, "hidden units", kind) for kind in KINDS["hidden units"])
    assert grid["good value found (%)"] == pytest.approx(100 * 2 / 3)
    assert grid["best error (%)"] == pytest.approx((20 + 1 + 30) / 3)
    chance = (1 - scipy.stats.hypergeom.pmf(0, 403, 13, 16) + 16 / 403 + 1) / 3
    # Four standard errors of shares of 333 searches each
    error = 4 * np.sqrt(2 / 3 * 0.25 / 999)
    assert random["good value found (%)"] / 100 == pytest.approx(chance, abs=error)


def test_what_is_good_hangs_on_the_share_allowed(compared):
    errors = flat()
    errors[15], errors[0, 0] = 0.1, 0.08
    strict, wide = (
        row(compared(errors, errors, within=within), "hidden units", "random search") for within in (0.2, 0.3)
    )
    # One cell of 403, or fourteen
    assert strict["good value found (%)"] < 10 < 30 < wide["good value found (%)"]


@hypothesis_settings(deadline=None, derandomize=True, max_examples=100)
@given(
    st.lists(st.floats(0, 10), min_size=3, max_size=30), st.lists(st.floats(0, 10), min_size=3, max_size=30)
)
def test_clearly_lower_is_welchs_t_at_three(one, other):
    one, other = np.array(one), np.array(other)
    if one.std() + other.std() < 1e-6:
        return
    moments = [
        moment for errors in (other, one) for moment in (errors.mean(), errors.std(ddof=1), len(errors))
    ]
    statistic = scipy.stats.ttest_ind_from_stats(*moments, equal_var=False).statistic
    if abs(statistic - 3) < 1e-9:
        return
    assert compare._clearly_lower(one, other) == (statistic > 3)


def test_the_same_seed_gives_the_same_comparison(compared):
    random = np.random.default_rng(0).random((2, RATES, VALUES))
    first, again, other = (compared(*random, seed=seed, searches=50) for seed in (0, 0, 1))
    assert first.table.equals(again.table) and not first.table.equals(other.table)
    assert (first.verdict, first.short) == (again.verdict, again.short)


def test_the_table_that_comes_along_is_whole():
    with compare.TABLE.open() as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 3 * 2 * RATES * VALUES == 2418
    tables = compare.read_sweep(compare.TABLE)
    assert {name: errors.shape for name, errors in tables.items()} == dict.fromkeys(
        compare.SECOND, (3, RATES, VALUES)
    )
    for name, seed in itertools.product(tables, range(3)):
        errors = tables[name][seed]
        # Shares of the 5,000 validation digits
        np.testing.assert_allclose(5000 * errors, np.rint(5000 * errors), atol=1e-9)
        # The best rate is well inside; learning is slow at one end, and errs far more at the other.
        best = errors.min(axis=1)
        assert 5 < best.argmin() < 25 and min(best[0], best[-1]) > 1.3 * best.min() and errors.min() > 0.03
        # The row of the file that a cell comes from
        place = 806 * seed + 5 * RATES + 7 + (0 if name == "hidden_units" else RATES * VALUES)
        assert int(rows[place]["seed"]) == seed
        assert float(rows[place][name]) == compare.SECOND[name][5]
        assert float(rows[place]["learning_rate"]) == compare.LEARNING_RATES[7]
        assert float(rows[place]["validation_error"]) == errors[7, 5]
    assert "python -m chapter6.section_6_2 compare --sweep" in compare.__doc__


@pytest.mark.parametrize(
    "damage", ["row lost", "rows exchanged", "seed lost", "column lost", "not a number", "empty"]
)
def test_a_damaged_table_is_refused(damage, tmp_path):
    lines = compare.TABLE.read_text().splitlines(keepends=True)
    if damage == "row lost":
        del lines[400]
    elif damage == "rows exchanged":
        lines[1], lines[2] = lines[2], lines[1]
    elif damage == "seed lost":
        del lines[807:1613]
    elif damage == "column lost":
        lines = [line.partition(",")[2] for line in lines]
    elif damage == "not a number":
        lines[9] = lines[9].replace(",0.", ",?.", 1)
    else:
        lines = []
    path = tmp_path / "sweep.csv"
    path.write_text("".join(lines))
    with pytest.raises(
        InputError, match=r"a sweep must hold the 806 cells of each seed in order, received .*csv"
    ):
        compare.read_sweep(path)


def test_a_sweep_trains_every_cell_and_is_then_compared_on(tmp_path, monkeypatch):
    trained = []

    class MLPTrainer:
        def __init__(self, train, validation):
            assert len(train.labels) == 300 and len(validation.labels) > 0

        def __call__(self, cell, seed, epochs):
            trained.append((seed, cell))
            assert epochs == 2
            return SimpleNamespace(validation_error=cell["learning_rate"] + seed, training_error=0.01)

    monkeypatch.setattr(sweep_training, "MLPTrainer", MLPTrainer)
    monkeypatch.setattr(compare_drawing, "draw", lambda *_: tmp_path / "none.png")
    settings = compare.Settings(sweep=True, digits=300, epochs=2, training_seeds=2, searches=10)
    finding = compare.run(settings, Folders(tmp_path, tmp_path))
    assert len(trained) == 2 * 806
    for seed in range(2):
        cells = [cell for of_seed, cell in trained if of_seed == seed]
        assert {cell["weight_decay"] for cell in cells[:403]} == {0.0}
        assert {cell["hidden_units"] for cell in cells[403:]} == {100}
        assert {(cell["learning_rate"], cell["hidden_units"]) for cell in cells[:403]} == {
            (rate, units) for rate in compare.LEARNING_RATES for units in compare.SECOND["hidden_units"]
        }
    for errors in compare.read_sweep(tmp_path / "sweep.csv").values():
        expected = np.tile(compare.LEARNING_RATES, (VALUES, 1)).T
        np.testing.assert_array_equal(errors, [expected, expected + 1])
    # The least learning rate, which the slides' grid has, has the least error here.
    of_grid = row(finding, "weight decay", "the slides' rates")
    assert of_grid["best error (%)"] == pytest.approx(0.01 + 100 / 2)


def test_too_many_digits_are_refused_before_anything_is_written(tmp_path, capsys):
    with pytest.raises(SystemExit) as ended:
        words = ["compare", "--sweep", "--digits", "50000", "--output", str(tmp_path)]
        main("chapter6.section_6_2", words)
    message = capsys.readouterr().err
    assert ended.value.code == 2 and message.count("\n") == 1
    assert "training digits must be at most all 4125, received 50000" in message
    assert not list(tmp_path.iterdir())


def test_the_figure_and_its_table(tmp_path):
    settings = compare.Settings(searches=30, hyperparameters=(2, 3))
    finding = compare.run(settings, Folders(tmp_path, tmp_path))
    (picture,) = finding.pictures
    with Image.open(picture) as image:
        assert image.width > 1600 and np.ptp(np.asarray(image.convert("L"))) == 255
    with (tmp_path / "compare.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 2 * 3 * (16 + 64)
    for each in rows:
        if int(each["trial"]) == 4 ** int(each["hyperparameters"]):
            of_finding = row(
                finding, each["second hyperparameter"], each["search"], int(each["hyperparameters"])
            )
            assert float(each["good value found in %"]) == pytest.approx(of_finding["good value found (%)"])
