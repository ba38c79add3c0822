"""Grid search over learning rate and hidden units.

Slide: 6-2, claim d.

Every pair of the slides' learning rates and numbers of hidden units trains a perceptron on MNIST. The pair
with the smallest validation error wins, and only the winner is tested. The ends of an axis should be such
that the best value lies between them: where the winner lies at an end, the axis gets one more value, its own
step beyond that end, and only the new points are trained. The best value lies at an end still where no value
between the ends is as good but for chance. A search that was stopped goes on when the same
command is given again. A chief of workers on several machines does not extend its grid; the same command
without the three environment variables then does.
"""

import dataclasses
import math
from dataclasses import dataclass
from pathlib import Path

from chapter6.errors import InputError
from chapter6.experiment import Finding, Picture, Verdict, data_setting, setting
from chapter6.language import N_, MessageList, _
from chapter6.section_6_2.labels import label_of

CLAIM = "6-2.d"
SENTENCE = _(
    "For three hyperparameters or fewer: a small finite set for each, usually on a logarithmic scale; "
    "choose by validation error."
)


@dataclass(frozen=True)
class Settings:
    """The slides' grid, and what each of its points trains on."""

    learning_rates: tuple[float, ...] = setting(
        (1e-1, 1e-2, 1e-3, 1e-4), _("the slides' learning rates, for Adam"), above=0, quick=(1e-2, 1e-3)
    )
    hidden_units: tuple[int, ...] = setting(
        (50, 100, 200, 500),
        _("the slides' numbers of hidden units"),
        minimum=1,
        maximum=65536,
        quick=(25, 50),
    )
    extend: bool = setting(
        True,
        _("give an axis one more value where the winner lies at its end, so that the best lies within"),
        quick=False,
    )
    images: int = setting(
        55_000, _("training images at most; all of them, as on the slides"), minimum=1, quick=2000
    )
    epochs: int = setting(3, _("epochs; three keep the grid within a minute"), minimum=1, quick=1)
    batch_size: int = setting(128, _("batch size"), minimum=1)
    seed: int = setting(0, _("of weights and batches"), minimum=0, maximum=2**31 - 1)
    workers: int = setting(1, _("processes that train; more pay off with more cores"), minimum=1, maximum=64)
    data: Path | None = data_setting()
    fresh: bool = setting(False, _("begin anew; an earlier search is moved aside, not deleted"))


# The axes, in the order in which they are extended, and the settings with their values
AXES = {"learning_rate": "learning_rates", "hidden_units": "hidden_units"}


@dataclass(frozen=True)
class Grid:
    """The slides' grid and what was added to it.

    Args:
        axes: Mapping from the hyperparameters to all their values, ascending.
        rows: The trials of all points, see `chapter6.search.rows`.
        winners: Of the slides' grid, then of each extension: the winner's row and its test error.
        noise: Of the last winner, see `chapter6.section_6_2.searching.Searched`.
    """

    axes: dict
    rows: list
    winners: list
    noise: float

    @property
    def winner(self):
        """The last winner's row, the one with the least validation error of all."""
        return self.winners[-1][0]

    @property
    def test_error(self):
        """Its test error."""
        return self.winners[-1][1]

    @property
    def outside(self):
        """The hyperparameters whose best value is an end of their axis, by more than chance."""
        return [name for name in self.axes if self.is_at_end(name) and self._is_clear(name)]

    def is_at_end(self, name):
        """Tell whether the winner lies at an end of the axis of a hyperparameter."""
        values = self.axes[name]
        return len(values) > 1 and self.winner[name] in (values[0], values[-1])

    def _is_clear(self, name):
        inner = [row["validation_error"] for row in self.rows if row[name] in self.axes[name][1:-1]]
        return min(inner, default=math.inf) - self.winner["validation_error"] > self.noise


def run(settings, folders):
    """Search the grid, extend it where its winner lies at an edge, and draw both."""
    from chapter6.search.network import is_chief
    from chapter6.section_6_2.search_drawing import draw_heat_map

    searched = _search(settings, folders)
    if searched is None:
        return None
    axes = {name: tuple(sorted(getattr(settings, field))) for name, field in AXES.items()}
    winners = [(searched.winner, searched.test_error)]
    grid = Grid(axes, searched.rows, winners, searched.noise)
    for name, field in AXES.items():
        value = value_beyond(grid.axes[name], grid.winner[name])
        if not settings.extend or is_chief() or value is None:
            continue
        values = {AXES[other]: values for other, values in grid.axes.items()} | {field: (value,)}
        added = dataclasses.replace(settings, **values, workers=1, fresh=False)
        place = dataclasses.replace(
            folders,
            snapshots=folders.snapshots / f"more_{field}",
            checkpoints=folders.checkpoints / f"more_{field}",
        )
        grid = _extended(grid, name, value, _search(added, place))
    return _make_finding(grid, settings, draw_heat_map(grid, settings, folders))


def _search(settings, folders):
    from chapter6.search import GridSearch, finite
    from chapter6.section_6_2.searching import search

    try:
        space = {name: finite(*getattr(settings, field)) for name, field in AXES.items()}
    except ValueError as error:
        raise InputError(str(error)) from None
    return search("grid", GridSearch, space, settings, folders)


def value_beyond(values, best):
    """Return the value one step beyond the end of an axis at which the best one lies, None where it does not.

    The axis is logarithmic: the step is the mean ratio of its neighbours, and the value has one digit.

    >>> value_beyond((50, 100, 200, 500), 500), value_beyond((0.0001, 0.001, 0.01), 0.0001)
    (1000, 1e-05)
    """
    if len(values) < 2 or best not in (values[0], values[-1]):
        return None
    step = (values[-1] / values[0]) ** (1 / (len(values) - 1))
    value = float(f"{best / step if best == values[0] else best * step:.0e}")
    value = round(value) if isinstance(best, int) else value
    return None if value in values or value == 0 else value


def _extended(grid, name, value, searched):
    axes = grid.axes | {name: tuple(sorted((*grid.axes[name], value)))}
    winners, noise = grid.winners, grid.noise
    if searched.winner["validation_error"] < grid.winner["validation_error"]:
        winners, noise = [*winners, (searched.winner, searched.test_error)], searched.noise
    return Grid(axes, grid.rows + searched.rows, winners, noise)


def _make_finding(grid, settings, path):
    best, worst = (choose(row["validation_error"] for row in grid.rows) for choose in (min, max))
    distinguishable = worst - best > grid.noise
    agrees = abs(grid.test_error - best) <= grid.noise
    inside = [name not in grid.outside for name in grid.axes]
    ranked = sorted(grid.rows, key=lambda row: row["validation_error"])
    tested = {(row["learning_rate"], row["hidden_units"]): error for row, error in grid.winners}
    points = [(row["learning_rate"], row["hidden_units"]) for row in ranked]
    is_slides = [rate in settings.learning_rates and units in settings.hidden_units for rate, units in points]
    return Finding(
        verdict=Verdict.of((distinguishable, agrees, *inside)) if distinguishable else Verdict.FAILS,
        short=_short(grid, settings, best, worst, distinguishable, agrees),
        why=_why(grid),
        limits=_limits(grid, settings.epochs, agrees),
        table={
            N_("learning rate"): [rate for rate, _units in points],
            N_("hidden units"): [units for _rate, units in points],
            N_("grid"): [N_("the slides'") if of_slides else N_("extension") for of_slides in is_slides],
            N_("training time (s)"): [row["seconds"] for row in ranked],
            N_("validation error (%)"): [100 * row["validation_error"] for row in ranked],
            N_("test error (%)"): [100 * tested.get(point, math.nan) for point in points],
        },
        pictures=(
            Picture(
                path,
                _(
                    "The white frame has the smallest validation error; compare learning rates along a "
                    "column, hidden units along a row. Outside of the dashed line lies what was added."
                ),
            ),
        ),
    )


def _short(grid, settings, best, worst, distinguishable, agrees):
    units = grid.winner["hidden_units"]
    if not distinguishable:
        text = _("The grid's validation errors, {best:.2f}% to {worst:.2f}%, are too close to tell apart.")
    elif not agrees:
        text = _(
            "The winner's test error, {test:.2f}%, differs from its validation error, {best:.2f}%, by more "
            "than chance explains."
        )
    elif grid.outside:
        text = _(
            "The network with the smallest validation error has {test:.2f}% test error, but lies at the "
            "grid's edge in: {outside}."
        )
    elif any(map(grid.is_at_end, grid.axes)):
        text = _(
            "The winner, {units} hidden units and {test:.2f}% test error, lies at the grid's edge, but is "
            "not better than inner points by more than chance."
        )
    elif len(grid.rows) > len(settings.learning_rates) * len(settings.hidden_units):
        text = _(
            "The slides' grid wins at its edge; extended, it holds the winner inside, with {units} hidden "
            "units and {test:.2f}% test error."
        )
    else:
        text = _(
            "The network with the smallest validation error lies inside the grid and has {test:.2f}% test "
            "error; the largest validation error is {worst:.2f}%."
        )
    outside = MessageList(label_of(name) for name in grid.outside)
    return text.format(
        test=100 * grid.test_error, best=100 * best, worst=100 * worst, outside=outside, units=units
    )


def _why(grid):
    seconds = sum(row["seconds"] for row in grid.rows)
    if grid.outside:
        text = _(
            "A logarithmic scale covers orders of magnitude with few values. Where the best value lies at an "
            "end, a better one may lie beyond. The {trials} trials cost {seconds:.0f} s of computing and no "
            "one's work."
        )
    else:
        text = _(
            "A logarithmic scale covers orders of magnitude with few values: smaller learning rates than the "
            "best learn too slowly, larger ones are unstable. The {trials} trials cost {seconds:.0f} s of "
            "computing and no one's work."
        )
    return text.format(trials=len(grid.rows), seconds=seconds)


def _limits(grid, epochs, agrees):
    if agrees:
        text = _(
            "One seed, number of epochs: {epochs}. The numbers of images leave {noise:.2f} percentage points "
            "to chance, so that neighbouring points may change places; an axis is extended once."
        )
    else:
        text = _(
            "Validation and test error of the winner differ by more than the {noise:.2f} percentage points "
            "that the numbers of images leave to chance. One seed, number of epochs: {epochs}."
        )
    return text.format(noise=100 * grid.noise, epochs=epochs)
