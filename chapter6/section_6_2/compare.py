"""Grid search against random search: trials until a good value, for two hyperparameters and for more.

Slide: 6-2, claims d and f.

Both choose among the finished trials of a table, 31 learning rates by 13 values of a second hyperparameter:
hidden units, or weight decay, which matters little. There is a table for each of three training seeds, and a
search stays in one. Random search draws from the whole table; grid search goes through 4 x 4 cells in random
order, the slides' and other evenly spaced grids. Further hyperparameters, up to five in all, are irrelevant:
they have values, but the error is the table's whatever these are. A grid of 4 values for each of d then has
4^d trials and still no more than 4 learning rates, while random search tries another one each time (Bergstra
& Bengio 2012): hence the slide's "three hyperparameters or fewer".
``python -m chapter6.section_6_2 compare --sweep`` trains the tables' networks anew.
"""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from chapter6.experiment import Finding, Picture, Verdict, ascending, setting
from chapter6.language import N_, MessageList, _
from chapter6.section_6_2.curves import columns_of
from chapter6.section_6_2.labels import NAMES, label_of
from chapter6.section_6_2.sweep import (
    LEARNING_RATES,
    RATES_OF_GRID,
    SECOND,
    SECOND_OF_GRID,
    TABLE,
    best_so_far,
    distinct,
    read_sweep,
)

CLAIM = "6-2.f"
SENTENCE = _("Random search reaches good values faster than grid search.")

# The second row has the slides' learning rates only; they say nothing of weight decay.
GRIDS = {"hidden_units": N_("the slides' grid"), "weight_decay": N_("the slides' rates")}
CELLS = len(LEARNING_RATES) * len(SECOND["hidden_units"])
# A grid's values for each hyperparameter
VALUES = len(RATES_OF_GRID)


@dataclass(frozen=True)
class Settings:
    """The comparison and, for ``--sweep``, the training of the table."""

    searches: int = setting(
        1000, _("searches of each kind, each in an order of its own"), minimum=2, quick=200
    )
    hyperparameters: tuple[int, ...] = setting(
        (2, 3, 4, 5),
        _("numbers of hyperparameters, all but two of them irrelevant; a grid has 4 values for each"),
        minimum=2,
        maximum=6,
        quick=(2, 3),
    )
    within: float = setting(0.1, _("a good value: within this share of the table's best error"), above=0)
    seed: int = setting(0, _("of the searches' draws"), minimum=0)
    sweep: bool = setting(
        False, _("train the table's networks again instead of taking the one that comes along")
    )
    digits: int = setting(5000, _("--sweep: training digits, the first ones"), minimum=1)
    epochs: int = setting(5, _("--sweep: epochs"), minimum=1)
    training_seeds: int = setting(3, _("--sweep: networks of each cell, of seeds from 0 on"), minimum=1)
    data: Path | None = setting(
        None, _("--sweep: MNIST, a folder of IDX files, or an .npz (default: found or fetched)")
    )


def run(settings, folders):
    """Search the table many times, each way, and draw how fast."""
    from chapter6.section_6_2.compare_drawing import draw
    from chapter6.section_6_2.sweep_training import make_sweep

    table = make_sweep(settings, folders.snapshots / "sweep.csv") if settings.sweep else TABLE
    counts = ascending("hyperparameters", settings.hyperparameters)
    compared = {}
    for name, errors in read_sweep(table).items():
        random = np.random.default_rng(settings.seed)
        good = errors <= (1 + settings.within) * errors.min(axis=(1, 2), keepdims=True)
        searches = {count: _searches(random, settings.searches, name, count, len(errors)) for count in counts}
        until_good = {
            count: {kind: trials_until(good, cells) for kind, cells in of_count.items()}
            for count, of_count in searches.items()
        }
        compared[name] = Comparison(errors, good, searches, until_good)
    return _make_finding(compared, settings, draw(compared, folders))


@dataclass(frozen=True)
class Comparison:
    """All searches of one table.

    Args:
        errors: The table's validation errors, [seeds, learning rates, values].
        good: Which of them are good, likewise.
        searches: For each number of hyperparameters the searches by name: places in the flattened table,
            [searches, trials].
        until_good: In the same way, the trials until a good value, [searches].
    """

    errors: np.ndarray
    good: np.ndarray
    searches: dict
    until_good: dict


def _searches(random, number, second, hyperparameters, seeds):
    searches = {
        N_("random search"): at_random(random, number, hyperparameters),
        GRIDS[second]: grid_orders(random, number, [(RATES_OF_GRID, SECOND_OF_GRID)], hyperparameters),
        N_("other grids"): grid_orders(random, number, list(even_grids()), hyperparameters),
    }
    # Each search is among the networks of one seed, as many searches as are among those of any other.
    first = CELLS * (np.arange(number)[:, np.newaxis] * seeds // number)
    return {name: first + cells for name, cells in searches.items()}


def trials_until(good, cells):
    """Return after how many trials each search has a good value; all its trials where it finds none.

    Args:
        good: bool, [seeds, learning rates, values].
        cells: [searches, trials], places in the flattened table.

    >>> trials_until(np.array([[[False, True, False]]]), np.array([[0, 1, 2], [1, 0, 2], [2, 0, 0]]))
    array([2, 1, 3])
    """
    found = good.ravel()[cells]
    return np.where(found.any(axis=1), found.argmax(axis=1) + 1, found.shape[1])


def even_grids():
    """Yield the 4 x 4 grids, but for the slides', whose steps are even and at least 3/4 of the slides'."""
    for rates in _even(len(LEARNING_RATES), RATES_OF_GRID[1]):
        for second in _even(len(SECOND["hidden_units"]), SECOND_OF_GRID[1]):
            if (rates, second) != (RATES_OF_GRID, SECOND_OF_GRID):
                yield rates, second


def _even(length, slides_step):
    for step in range(-(-3 * slides_step // 4), slides_step + 1):
        for start in range(length - 3 * step):
            yield tuple(range(start, start + 4 * step, step))


def at_random(random, number, hyperparameters):
    """Return the cells of random searches, int [searches, trials]; the arguments are `grid_orders`'."""
    trials = VALUES**hyperparameters
    if hyperparameters == 2:
        # No cell twice: continuous distributions do not give one twice either.
        return np.stack([random.choice(CELLS, trials, replace=False) for _search in range(number)])
    # Draws from one cell differ in the irrelevant hyperparameters.
    return random.integers(CELLS, size=(number, trials))


def grid_orders(random, number, grids, hyperparameters):
    """Return the cells of the grids, each grid in turn, in random orders.

    Args:
        random: NumPy generator.
        number: int, how many searches.
        grids: List of pairs: places of a grid's learning rates and of its second values.
        hyperparameters: int, how many there are, all but two of them irrelevant.

    Returns:
        int array [searches, trials] of places in the flattened table.
    """
    columns = len(SECOND["hidden_units"])
    flat = [np.add.outer(columns * np.array(rates), second).ravel() for rates, second in grids]
    # Every combination of the irrelevant hyperparameters' values goes through the same 16 cells.
    flat = np.tile(flat, VALUES ** (hyperparameters - 2))
    return random.permuted(flat[np.arange(number) % len(flat)], axis=1)


def _make_finding(compared, settings, path):
    faster, others = {}, {}
    for second, comparison in compared.items():
        for count, until_good in comparison.until_good.items():
            random, *grids = until_good.values()
            for name, grid in zip(list(until_good)[1:], grids, strict=True):
                group = faster if _clearly_lower(random, grid) else others
                group.setdefault((name, second), []).append(count)
    ahead, behind = (sum(map(len, group.values())) for group in (faster, others))
    first = next(iter(compared.values()))
    fewest, most = min(first.searches), max(first.searches)
    rates, _values = distinct(first.searches[fewest]["random search"])
    return Finding(
        verdict=Verdict.of([True] * ahead + [False] * behind),
        short=_short(ahead, behind),
        why=_(
            "With {hyperparameters} hyperparameters a grid has {trials} trials and still {values} learning "
            "rates: what these miss, it misses for good. Random search tries {random:.0f} in its first "
            "{few} trials."
        ).format(
            hyperparameters=most,
            trials=VALUES**most,
            values=VALUES,
            random=rates[:, -1].mean(),
            few=rates.shape[1],
        ),
        limits=_limits(faster, others, settings.within, len(first.errors)),
        table=_table(compared),
        pictures=(
            Picture(
                path,
                _(
                    "Compare how many trials random search (red) and the two kinds of grid need until a good "
                    "value, as hyperparameters are added that do not matter."
                ),
            ),
        ),
    )


def _short(ahead, behind):
    if not behind:
        text = _("Random search reaches a good value in clearly fewer trials than every grid.")
    elif not ahead:
        text = _("Random search is not clearly faster than any grid.")
    else:
        text = _(
            "Random search is clearly faster in {ahead} of {comparisons} comparisons: a grid that holds a "
            "good value finds it as soon, one without never does."
        )
    return text.format(ahead=ahead, comparisons=ahead + behind)


def _limits(faster, others, within, seeds):
    text = _(
        "Training seeds: {seeds}. A search stays among the networks of one, and a good value is within "
        "{within:.0%} of the best of these. The added hyperparameters are irrelevant, and a grid goes "
        "through its cells at random."
    )
    if faster and others:
        text = _(
            "Not clearly faster than: {others}. Training seeds: {seeds}. A search stays among the networks "
            "of one, and a good value is within {within:.0%} of the best of these. The added hyperparameters "
            "are irrelevant, and a grid goes through its cells at random."
        )
    pairs = [
        _("{search} ({second}; hyperparameters: {counts})").format(
            search=_(name), second=label_of(second), counts=" ".join(map(str, counts))
        )
        for (name, second), counts in others.items()
    ]
    return text.format(others=MessageList(pairs), within=within, seeds=seeds)


def _table(compared):
    """Return the finding's table, a row for each kind of search, table and number of hyperparameters."""
    return columns_of(
        [
            {
                N_("second hyperparameter"): NAMES[second],
                N_("hyperparameters"): count,
                N_("search"): name,
                N_("trials"): cells.shape[1],
                N_("trials until a good value"): comparison.until_good[count][name].mean(),
                N_("good value found (%)"): 100 * comparison.good.ravel()[cells].any(axis=1).mean(),
                N_("best error (%)"): 100 * best_so_far(comparison.errors, cells)[:, -1].mean(),
            }
            for second, comparison in compared.items()
            for count, searches in comparison.searches.items()
            for name, cells in searches.items()
        ]
    )


def _clearly_lower(one, other):
    """Tell whether the mean of independent searches is lower by more than three standard errors."""
    error = np.sqrt(one.var(ddof=1) / len(one) + other.var(ddof=1) / len(other))
    return bool(other.mean() - one.mean() > 3 * error)
