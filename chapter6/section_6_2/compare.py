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

from chapter6.errors import InputError
from chapter6.experiment import Finding, Verdict, setting

CLAIM = "6-2.f"
SENTENCE = "Random search reaches good values faster than grid search."

TABLE = Path(__file__).with_name("sweep.csv")
# Ten to a decade; every tenth is one of the slides'.
LEARNING_RATES = tuple(float(f"{10 ** (exponent / 10):.4g}") for exponent in range(-40, -9))
SECOND = {
    # Four steps from each of the slides' 50, 100, 200 and 500 to the next
    "hidden_units": (50, 59, 71, 84, 100, 119, 141, 168, 200, 251, 316, 398, 500),
    # Three decades, as many as the learning rate has, four steps to each
    "weight_decay": tuple(float(f"{10 ** (exponent / 4):.4g}") for exponent in range(-24, -11)),
}
OTHERWISE = {"hidden_units": 100, "weight_decay": 0.0}
# Places of the slides' values, and of one weight decay a decade, among those of the table.
RATES_OF_GRID, SECOND_OF_GRID = (0, 10, 20, 30), (0, 4, 8, 12)
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
        None, "--sweep: MNIST, a folder of IDX files, or an .npz (default: see datasets)"
    )


def make_sweep(settings, path):
    """Train a network for every cell of the table and save its errors as CSV."""
    from rich.console import Console
    from rich.progress import track

    from chapter6.artifacts import save_csv
    from chapter6.datasets import Split, load_mnist
    from chapter6.search import Trainer

    mnist = load_mnist(settings.data)
    if settings.digits > len(mnist.train.labels):
        raise InputError(
            f"training digits must be at most all {len(mnist.train.labels)}, received {settings.digits}"
        )
    few = Split(mnist.train.images[: settings.digits], mnist.train.labels[: settings.digits])
    trainer = Trainer(few, mnist.validation)
    columns = {"learning_rate": [], "hidden_units": [], "weight_decay": []}
    columns |= {"validation_error": [], "training_error": []}
    console = Console(stderr=True)
    for cell in track(_cells(), "training", console=console, disable=not console.is_terminal):
        trained = trainer(cell, settings.training_seed, settings.epochs)
        errors = {"validation_error": trained.validation_error, "training_error": trained.training_error}
        for name, value in (cell | errors).items():
            columns[name].append(value)
    return save_csv(path, columns)


def _cells():
    """Return the hyperparameters of every cell, those of one shape of network one after the other."""
    return [
        {"learning_rate": rate, **OTHERWISE, name: value}
        for name, values in SECOND.items()
        for value in values
        for rate in LEARNING_RATES
    ]


def run(settings, folders):
    """Search the table many times, each way, and draw how fast."""
    import numpy as np

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
    from chapter6.section_6_2.compare_drawing import draw

    picture = draw(searched, settings.within, folders)
    return _judge(searched, settings, picture)


def read_sweep(path):
    """Return a finished sweep's validation errors, [learning rates, values], for each second hyperparameter.

    Raises:
        InputError: The table does not hold every cell once, with its error.
    """
    import csv

    import numpy as np

    try:
        with Path(path).open(encoding="utf-8", newline="") as file:
            rows = list(csv.DictReader(file))
        cells = [{name: float(row[name]) for name in ("learning_rate", *SECOND)} for row in rows]
        errors = np.array([float(row["validation_error"]) for row in rows])
    except (KeyError, TypeError, ValueError):
        cells = None
    if cells != _cells():
        raise InputError(f"a sweep must hold the {len(_cells())} cells in order, received others in {path}")
    shape = (len(SECOND), -1, len(LEARNING_RATES))
    return {name: of_second.T for name, of_second in zip(SECOND, errors.reshape(shape), strict=True)}


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
    import numpy as np

    cells, budget = (
        len(LEARNING_RATES) * len(SECOND["hidden_units"]),
        len(RATES_OF_GRID) * len(SECOND_OF_GRID),
    )
    # No cell twice: continuous distributions do not give one twice either.
    return np.stack([random.choice(cells, budget, replace=False) for _ in range(searches)])


def _grid_orders(random, searches, grids):
    """Return the cells of the grids, each grid in turn, in random orders."""
    import numpy as np

    columns = len(SECOND["hidden_units"])
    flat = [np.add.outer(columns * np.array(rates), second).ravel() for rates, second in grids]
    return np.stack([random.permutation(flat[number % len(flat)]) for number in range(searches)])


def best_so_far(errors, cells):
    """Return the smallest error after each trial, [searches, trials].

    Args:
        errors: [learning rates, values], the table.
        cells: [searches, trials], places in the flattened table.
    """
    import numpy as np

    return np.minimum.accumulate(errors.ravel()[cells], axis=1)


def distinct(cells):
    """Return how many different learning rates, and second values, were tried, [searches, trials] each."""
    import numpy as np

    return tuple(
        np.array([[len(set(row[: n + 1])) for n in range(len(row))] for row in values])
        for values in np.divmod(cells, len(SECOND["hidden_units"]))
    )


def _judge(searched, settings, picture):
    import numpy as np

    told, numbers, ahead = [], {}, []
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
        told.append(
            f"With {space} (best of all {100 * errors.min():.2f}, good {100 * good:.2f}): {'; '.join(points)}"
        )
    verdict = Verdict.HOLDS if all(ahead) else Verdict.PARTLY if any(ahead) else Verdict.FAILS
    trials = searches["random search"].shape[1]
    rates, _ = distinct(searches["random search"])
    measured = (
        f"Best validation error in % after {EARLY} and after {trials} trials, mean of {settings.searches} "
        f"searches (10 to 90 % of them; share that found a good value, within {settings.within:.0%} of the "
        f"best of all). {'. '.join(told)}. Different learning rates tried: {len(RATES_OF_GRID)} by a grid, "
        f"{rates[:, -1].mean():.1f} at random."
    )
    return Finding(verdict, measured, (picture,), numbers)


def _clearly_lower(one, other):
    """Tell whether the mean of independent searches is lower by more than three standard errors."""
    import numpy as np

    error = np.sqrt(one.var(ddof=1) / len(one) + other.var(ddof=1) / len(other))
    return bool(other.mean() - one.mean() > 3 * error)
