"""Grid search against random search, with equal budgets, many times over.

Slide: 6-2, claim f.

Both choose among the finished trials of a table, 31 learning rates by 13 values of a second hyperparameter:
hidden units, or weight decay, which matters little. Random search draws from the whole table; grid search
goes through 16 cells in random order, the slides' and other evenly spaced 4 x 4 grids. The picture shows
why random search should be faster (Bergstra & Bengio 2012): a grid tries 4 learning rates, random search up
to 16. ``python -m chapter6.section_6_2 compare --sweep`` trains the table's networks anew, in minutes.
"""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from chapter6.experiment import Finding, Picture, Verdict, setting
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
# Trials after which the searches are compared besides the last: a quarter of the budget.
EARLY = 4


@dataclass(frozen=True)
class Settings:
    """The comparison and, for ``--sweep``, the training of the table."""

    searches: int = setting(
        1000, _("searches of each kind, each in an order of its own"), minimum=2, quick=200
    )
    within: float = setting(0.1, _("a good value: within this share of the table's best error"), above=0)
    seed: int = setting(0, _("of the searches' draws"), minimum=0)
    sweep: bool = setting(
        False, _("train the table's networks again instead of taking the one that comes along")
    )
    digits: int = setting(5000, _("--sweep: training digits, the first ones"), minimum=1)
    epochs: int = setting(5, _("--sweep: epochs"), minimum=1)
    training_seed: int = setting(0, _("--sweep: of weights, batches and dropout"), minimum=0)
    data: Path | None = setting(
        None, _("--sweep: MNIST, a folder of IDX files, or an .npz (default: found or fetched)")
    )


def run(settings, folders):
    """Search the table many times, each way, and draw how fast."""
    from chapter6.section_6_2.compare_drawing import draw
    from chapter6.section_6_2.sweep_training import make_sweep

    table = make_sweep(settings, folders.snapshots / "sweep.csv") if settings.sweep else TABLE
    searched = {}
    for name, errors in read_sweep(table).items():
        random = np.random.default_rng(settings.seed)
        # Places in the flattened table, [searches, trials]
        searches = {
            N_("random search"): _at_random(random, settings.searches),
            GRIDS[name]: _grid_orders(random, settings.searches, [(RATES_OF_GRID, SECOND_OF_GRID)]),
            N_("other grids"): _grid_orders(random, settings.searches, list(even_grids())),
        }
        searched[name] = (errors, searches)
    return _make_finding(searched, settings, draw(searched, settings.within, folders))


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


def _at_random(random, searches):
    cells, budget = (
        len(LEARNING_RATES) * len(SECOND["hidden_units"]),
        len(RATES_OF_GRID) * len(SECOND_OF_GRID),
    )
    # No cell twice: continuous distributions do not give one twice either.
    return np.stack([random.choice(cells, budget, replace=False) for _search in range(searches)])


def _grid_orders(random, searches, grids):
    """Return the cells of the grids, each grid in turn, in random orders."""
    columns = len(SECOND["hidden_units"])
    flat = [np.add.outer(columns * np.array(rates), second).ravel() for rates, second in grids]
    return np.stack([random.permutation(flat[number % len(flat)]) for number in range(searches)])


def _make_finding(searched, settings, path):
    ahead, behind, lost = [], [], []
    for second, (errors, searches) in searched.items():
        random, *grids = (best_so_far(errors, cells)[:, -1] for cells in searches.values())
        for name, grid in zip(list(searches)[1:], grids, strict=True):
            pair = _("{search} ({second})").format(search=_(name), second=label_of(second))
            (ahead if _clearly_lower(random, grid) else behind).append(pair)
            if _clearly_lower(grid, random):
                lost.append(pair)
    rates, _values = distinct(searches["random search"])
    return Finding(
        verdict=Verdict.of([True] * len(ahead) + [False] * len(behind)),
        short=_short(len(ahead), len(behind), len(lost), rates.shape[1]),
        why=_(
            "With {trials} trials a grid tries {grid} learning rates, random search {random:.0f} on average: "
            "that helps where good rates are few and lie between the grid's."
        ).format(trials=rates.shape[1], grid=len(RATES_OF_GRID), random=rates[:, -1].mean()),
        limits=_limits(ahead, behind, searched, settings.within),
        table=_table(searched, settings.within),
        pictures=(
            Picture(
                path,
                _(
                    "Compare on the right how fast the mean best error falls: random search (red) against "
                    "the two kinds of grid."
                ),
            ),
        ),
    )


def _short(ahead, behind, lost, trials):
    if not behind:
        text = _("After {trials} trials random search has found smaller errors than every grid.")
    elif not ahead:
        text = _("After {trials} trials random search is not clearly ahead of any grid.")
    elif lost == behind:
        text = _(
            "With equal budgets random search clearly beats grid search in {ahead} of {comparisons} "
            "comparisons; grid search wins the others."
        )
    else:
        text = _(
            "With equal budgets random search clearly beats grid search in {ahead} of {comparisons} "
            "comparisons: a well-placed grid is as good."
        )
    return text.format(trials=trials, ahead=ahead, comparisons=ahead + behind)


def _limits(ahead, behind, searched, within):
    if ahead and behind:
        text = _(
            "Random search clearly beats: {ahead}; but not: {behind}. Only two hyperparameters are searched; "
            "a good value is within {within:.0%} of the best of all: {best}."
        )
    else:
        text = _(
            "Only two hyperparameters are searched, in two tables; a good value is within {within:.0%} of "
            "the best of all: {best}."
        )
    best = [
        _("{error:.2f}% ({second})").format(error=100 * errors.min(), second=label_of(second))
        for second, (errors, _searches) in searched.items()
    ]
    return text.format(
        ahead=MessageList(ahead), behind=MessageList(behind), within=within, best=MessageList(best)
    )


def _table(searched, within):
    """Return the finding's table, a row for each kind of search in each table."""
    rows = []
    for second, (errors, searches) in searched.items():
        good = (1 + within) * errors.min()
        for name, cells in searches.items():
            best = best_so_far(errors, cells)
            low, high = np.quantile(best[:, -1], (0.1, 0.9))
            rows.append(
                {
                    N_("space"): NAMES[second],
                    N_("search"): name,
                    N_("after 4 trials (%)"): 100 * best[:, EARLY - 1].mean(),
                    N_("after 16 trials (%)"): 100 * best[:, -1].mean(),
                    N_("10% quantile (%)"): 100 * low,
                    N_("90% quantile (%)"): 100 * high,
                    N_("good value found (%)"): 100 * np.mean(best[:, -1] <= good),
                }
            )
    return columns_of(rows)


def _clearly_lower(one, other):
    """Tell whether the mean of independent searches is lower by more than three standard errors."""
    error = np.sqrt(one.var(ddof=1) / len(one) + other.var(ddof=1) / len(other))
    return bool(other.mean() - one.mean() > 3 * error)
