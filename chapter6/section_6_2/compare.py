"""Grid search against random search, with equal budgets, many times over.

Slide: 6-2, claim f.

Both choose among the finished trials of one table, so that a thousand searches cost nothing: 31 learning
rates by 13 values of a second hyperparameter, evenly spaced on logarithmic scales. Once it is the number of
hidden units, with the slides' 4 x 4 grid among its cells; once weight decay from 1e-6 to 1e-3, which matters
little, with the slides' learning rates by four weight decays among them. Random search draws cells from the
whole table, all equally likely; grid search goes through its 16 in a random order, since the slides give
none. A grid may be lucky: the slides' contains a learning rate that suits Adam. So the same is done with
other evenly spaced 4 x 4 grids too. Above the tables is drawn why random search should be faster (Bergstra &
Bengio 2012): after 16 trials a grid has tried 4 learning rates, random search up to 16.

The table, ``sweep.csv``, comes along. Its networks were trained on the first 5,000 of MNIST's digits by
``python -m chapter6.section_6_2 compare --sweep``, which takes minutes and compares on the new table that it
leaves beside the picture.
"""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from chapter6.experiment import Finding, Verdict, setting
from chapter6.section_6_2.sweep import (
    LEARNING_RATES,
    RATES_OF_GRID,
    SECOND,
    SECOND_OF_GRID,
    TABLE,
    best_so_far,
    distinct,
    make_sweep,
    read_sweep,
)

CLAIM = "6-2.f"
SENTENCE = "Random search reaches good values faster than grid search."

# The second row has the slides' learning rates only; they say nothing of weight decay.
GRIDS = {"hidden_units": "the slides' grid", "weight_decay": "the slides' rates"}
# Trials after which the searches are compared in words, besides the last: a quarter of the budget.
EARLY = 4


@dataclass(frozen=True)
class Settings:
    """The comparison and, for ``--sweep``, the training of the table."""

    searches: int = setting(1000, "searches of each kind, each in an order of its own", minimum=2, quick=200)
    within: float = setting(0.1, "a good value: within this share of the table's best error", above=0)
    seed: int = setting(0, "of the searches' draws", minimum=0)
    sweep: bool = setting(
        False, "train the table's networks again instead of taking the one that comes along"
    )
    digits: int = setting(5000, "--sweep: training digits, the first ones", minimum=1)
    epochs: int = setting(5, "--sweep: passes over them", minimum=1)
    training_seed: int = setting(0, "--sweep: of weights, batches and dropout", minimum=0)
    data: Path | None = setting(
        None, "--sweep: MNIST, a folder of IDX files, or an .npz (default: found or fetched)"
    )


def run(settings, folders):
    """Search the table many times, each way, and draw how fast."""
    from chapter6.section_6_2.compare_drawing import draw

    table = make_sweep(settings, folders.snapshots / "sweep.csv") if settings.sweep else TABLE
    searched = {}
    for name, errors in read_sweep(table).items():
        random = np.random.default_rng(settings.seed)
        # Places in the flattened table, [searches, trials]
        searches = {
            "random search": _at_random(random, settings.searches),
            GRIDS[name]: _grid_orders(random, settings.searches, [(RATES_OF_GRID, SECOND_OF_GRID)]),
            "other grids": _grid_orders(random, settings.searches, list(even_grids())),
        }
        searched[name] = (errors, searches)
    picture = draw(searched, settings.within, folders)
    return _evaluate(searched, settings, picture)


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
    return np.stack([random.choice(cells, budget, replace=False) for _ in range(searches)])


def _grid_orders(random, searches, grids):
    """Return the cells of the grids, each grid in turn, in random orders."""
    columns = len(SECOND["hidden_units"])
    flat = [np.add.outer(columns * np.array(rates), second).ravel() for rates, second in grids]
    return np.stack([random.permutation(flat[number % len(flat)]) for number in range(searches)])


def _evaluate(searched, settings, picture):
    parts, numbers, ahead = [], {}, []
    for second, (errors, searches) in searched.items():
        space = f"learning rate and {second.replace('_', ' ')}"
        good = (1 + settings.within) * errors.min()
        ends, points = {}, []
        for name, cells in searches.items():
            best = 100 * best_so_far(errors, cells)
            early, ends[name] = best[:, EARLY - 1].mean(), best[:, -1]
            found = np.mean(ends[name] <= 100 * good)
            low, high = np.quantile(ends[name], (0.1, 0.9))
            points.append(
                f"{name} {early:.2f}, {ends[name].mean():.2f} ({low:.2f} to {high:.2f}; {found:.0%})"
            )
            numbers[f"mean error in % after {EARLY} trials, {name}, {space}"] = float(early)
            numbers[f"mean best error in %, {name}, {space}"] = float(ends[name].mean())
            numbers[f"share with a good value, {name}, {space}"] = float(found)
        random, *grids = ends.values()
        ahead += [_clearly_lower(random, grid) for grid in grids]
        parts.append(
            f"With {space} (best of all {100 * errors.min():.2f}, good {100 * good:.2f}): {'; '.join(points)}"
        )
    verdict = Verdict.HOLDS if all(ahead) else Verdict.PARTLY if any(ahead) else Verdict.FAILS
    trials = searches["random search"].shape[1]
    rates, _ = distinct(searches["random search"])
    measured = (
        f"Best validation error in % after {EARLY} and after {trials} trials, mean of {settings.searches} "
        f"searches (10 to 90 % of them; share that found a good value, within {settings.within:.0%} of the "
        f"best of all). {'. '.join(parts)}. Different learning rates tried: {len(RATES_OF_GRID)} by a grid, "
        f"{rates[:, -1].mean():.1f} at random."
    )
    return Finding(verdict, measured, (picture,), numbers)


def _clearly_lower(one, other):
    """Tell whether the mean of independent searches is lower by more than three standard errors."""
    error = np.sqrt(one.var(ddof=1) / len(one) + other.var(ddof=1) / len(other))
    return bool(other.mean() - one.mean() > 3 * error)
