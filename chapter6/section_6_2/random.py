"""Random search over learning rate, hidden units, dropout and weight decay.

Slide: 6-2, claim e; equations 6-4 and 6-5.

As many trials as the slides' grid has points, each drawn jointly from four marginal distributions: the
learning rate by equations 6-4 and 6-5, hidden units and weight decay log-uniform, dropout a Bernoulli
switch. The network with the smallest validation error is tested. A search that was stopped goes on when the
same command is given again; a larger ``--trials`` adds to it.
"""

import math
from dataclasses import dataclass
from pathlib import Path

from chapter6.errors import InputError
from chapter6.experiment import Finding, Picture, Verdict, data_setting, setting
from chapter6.language import N_, _
from chapter6.section_6_2.labels import switch_label

CLAIM = "6-2.e"
SENTENCE = _(
    "Random search: a marginal distribution for each hyperparameter, Bernoulli for switches, log-uniform for "
    "positive reals; sample jointly, run, keep the best."
)

# The hyperparameters that are real numbers.
REAL = ("learning_rate", "weight_decay")


@dataclass(frozen=True)
class Settings:
    """The distributions, and what each draw trains on."""

    exponents: tuple[float, ...] = setting(
        (-1.0, -4.0), _("equation 6-4's u(-1, -4): the learning rate is 10 to it")
    )
    hidden_units: tuple[int, ...] = setting(
        (50, 500),
        _("bounds of the log-uniform number of hidden units, the ends of the slides' grid"),
        maximum=65536,
        quick=(25, 60),
    )
    weight_decays: tuple[float, ...] = setting(
        (1e-7, 1e-3), _("bounds of the log-uniform weight decay, from no effect to a strong one")
    )
    trials: int = setting(16, _("draws; as many as the slides' grid has points"), minimum=1, quick=4)
    images: int = setting(55_000, _("training images at most; all of them"), minimum=1, quick=2000)
    epochs: int = setting(3, _("epochs, as in the grid"), minimum=1, quick=1)
    batch_size: int = setting(128, _("batch size"), minimum=1)
    seed: int = setting(0, _("of draws, weights, batches and dropped units"), minimum=0, maximum=2**31 - 1)
    workers: int = setting(1, _("processes that train; more pay off with more cores"), minimum=1, maximum=64)
    data: Path | None = data_setting()
    fresh: bool = setting(False, _("begin anew; an earlier search is moved aside, not deleted"))


def run(settings, folders):
    """Draw, train, keep the best."""
    from chapter6.search import RandomSearch
    from chapter6.section_6_2.search_drawing import draw_samples
    from chapter6.section_6_2.searching import search

    bounds = {name: getattr(settings, name) for name in ("exponents", "hidden_units", "weight_decays")}
    for name, values in bounds.items():
        if len(values) != 2:
            message = _("{name} must be two bounds, received {values}")
            raise InputError(message.format(name=name, values=" ".join(map(str, values))))
    try:
        space = marginals(settings)
    except ValueError as error:
        raise InputError(str(error)) from None
    searched = search("random", RandomSearch, space, settings, folders, max_trials=settings.trials)
    if searched is None:
        return None

    picture = draw_samples(searched.rows, searched.winner, settings, folders)
    return _make_finding(searched, settings, picture)


def marginals(settings):
    """Return the space: a marginal distribution for each hyperparameter, from which all are drawn jointly."""
    from chapter6 import search

    return {
        # Equations 6-4 and 6-5
        "learning_rate": search.ten_to_the(*settings.exponents),
        "hidden_units": search.log_uniform(*settings.hidden_units, whole=True),
        # Bernoulli
        "dropout": search.switch(),
        "weight_decay": search.log_uniform(*settings.weight_decays),
    }


def _make_finding(searched, settings, path):
    rows, winner, test_error = searched.rows, searched.winner, searched.test_error
    # Of a real-valued hyperparameter every draw is a new value; a grid of this size has four.
    all_new = all(len({row[name] for row in rows}) == len(rows) for name in REAL)
    ranked = sorted(rows, key=lambda row: row["validation_error"])
    return Finding(
        verdict=Verdict.illustrates((all_new, all(_is_within(row, settings) for row in rows))),
        short=_short(searched, all_new),
        why=_(
            "Each hyperparameter has a marginal distribution of its own and all are drawn jointly, so of a "
            "real number every trial tries a new value. The trials cost {seconds:.0f} s of computing and no "
            "one's work."
        ).format(seconds=sum(row["seconds"] for row in rows)),
        limits=_limits(searched, settings.epochs),
        table={
            N_("learning rate"): [row["learning_rate"] for row in ranked],
            N_("hidden units"): [row["hidden_units"] for row in ranked],
            N_("dropout"): [switch_label(row["dropout"]) for row in ranked],
            N_("weight decay"): [row["weight_decay"] for row in ranked],
            N_("training time (s)"): [row["seconds"] for row in ranked],
            N_("validation error (%)"): [100 * row["validation_error"] for row in ranked],
            N_("test error (%)"): [100 * test_error if row is winner else math.nan for row in ranked],
        },
        pictures=(
            Picture(
                path,
                _(
                    "Compare how closely the errors follow the learning rate, on the left, with how they "
                    "scatter over the other two."
                ),
            ),
        ),
    )


def _is_within(row, settings):
    """Tell whether the values of a trial lie within their distributions."""
    bounds = {
        "learning_rate": [10.0**exponent for exponent in sorted(settings.exponents)],
        "hidden_units": settings.hidden_units,
        "weight_decay": settings.weight_decays,
    }
    return all(low <= row[name] <= high for name, (low, high) in bounds.items())


def _short(searched, all_new):
    if all_new:
        text = _(
            "Each of {trials} joint draws tries another learning rate; the best by validation error has "
            "{test:.2f}% test error."
        )
    else:
        text = _(
            "Of {trials} joint draws some repeat a value; the best by validation error has {test:.2f}% test "
            "error."
        )
    return text.format(trials=len(searched.rows), test=100 * searched.test_error)


def _limits(searched, epochs):
    if abs(searched.test_error - searched.winner["validation_error"]) <= searched.noise:
        text = _(
            "One seed, number of epochs: {epochs}; other draws have another winner. The numbers of images "
            "leave {noise:.2f} percentage points between validation and test error to chance."
        )
    else:
        text = _(
            "Validation and test error of the winner differ by more than the {noise:.2f} percentage points "
            "that the numbers of images leave to chance. One seed, number of epochs: {epochs}."
        )
    return text.format(noise=100 * searched.noise, epochs=epochs)
