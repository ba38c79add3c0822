"""What each hyperparameter governs: a run's time and memory, the model's quality, its inference.

Slide: 6-2, claim g.

A perceptron is trained on MNIST, then again with one hyperparameter changed. Processor time is measured, the
shortest of several in turn; memory is counted: weights, gradients and Adam's two averages, and a batch's
activations and their gradients. Times, unlike all else, differ from run to run.
"""

import functools
import math
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from chapter6.experiment import Finding, Picture, Verdict, data_setting, setting
from chapter6.language import N_, MessageList, _
from chapter6.section_6_2.curves import columns_of

CLAIM = "6-2.g"
SENTENCE = _(
    "Some hyperparameters govern a run's time and memory, some the model's quality, some its inference."
)
# What is changed, in words, and how
CHANGES = {
    N_("no change"): lambda settings: {},
    N_("hidden units x 8"): lambda settings: {"hidden_units": 8 * settings.hidden_units},
    N_("batch size x 8"): lambda settings: {"batch_size": 8 * settings.batch_size},
    N_("dropout on"): lambda settings: {"dropout": True},
    N_("weight decay on"): lambda settings: {"weight_decay": 0.01},
    N_("learning rate / 100"): lambda settings: {"learning_rate": 1e-5},
}
# A change by this factor counts: the shortest processor times of one program differ by less, eightfold work
# by more.
FACTOR = 2.0
CONDITIONS = (
    _("hidden units govern time and memory"),
    _("the learning rate governs quality alone"),
    _("hidden units govern inference, dropout does not"),
)


@dataclass(frozen=True)
class Settings:
    """The training and how often it is timed."""

    images: int = setting(10_000, _("training images at most"), minimum=1, quick=1000)
    hidden_units: int = setting(100, _("hidden units; the middle of the slides' grid"), minimum=1, quick=8)
    batch_size: int = setting(128, _("batch size, as in the grid"), minimum=1, quick=64)
    timings: int = setting(5, _("times that each run is timed; the shortest counts"), minimum=1, quick=2)
    seed: int = setting(0, _("of weights, batches and dropped units"), minimum=0, maximum=2**31 - 1)
    data: Path | None = data_setting()


def run(settings, folders):
    """Train with each change, time it and draw what it governs."""
    from chapter6.mnist import Split, load_mnist
    from chapter6.networks.training import scale_pixels
    from chapter6.search import MLPTrainer
    from chapter6.section_6_2.costs_drawing import draw
    from chapter6.section_6_2.networks import answers

    mnist = load_mnist(settings.data)
    train = Split(mnist.train.images[: settings.images], mnist.train.labels[: settings.images])
    test = scale_pixels(mnist.test.images.reshape(len(mnist.test.images), -1))
    trainers, runs, inferences, rows = {}, [], [], []
    for name, change in CHANGES.items():
        values = {"hidden_units": settings.hidden_units, "batch_size": settings.batch_size}
        values |= change(settings)
        batch = values.pop("batch_size")
        if batch not in trainers:
            trainers[batch] = MLPTrainer(train, mnist.validation, batch)
        runs.append(functools.partial(trainers[batch], values, settings.seed, 1, training_error=False))
        # The first run compiles.
        trained = runs[-1]()
        inferences.append(functools.partial(answers, trained.weights, test))
        rows.append(
            {
                N_("changed"): name,
                N_("processor time (s an epoch)"): math.nan,
                N_("memory (MB)"): memory(trained.weights, batch) / 1e6,
                N_("validation error (%)"): 100 * trained.validation_error,
                N_("inference (µs an image)"): math.nan,
            }
        )
    _changed, time_column, *_others, inference_column = rows[0]
    for row, seconds in zip(rows, _shortest(runs, settings.timings), strict=True):
        row[time_column] = seconds
    for row, seconds in zip(rows, _shortest(inferences, settings.timings), strict=True):
        row[inference_column] = 1e6 * seconds / len(test)
    errors = rows[0]["validation error (%)"] / 100
    noise = 100 * 2 * np.sqrt(2 * errors * (1 - errors) / len(mnist.validation.labels))
    return _make_finding(rows, noise, settings, draw(rows, folders))


def _shortest(functions, times):
    """Return the shortest processor time in seconds of each function; they are called in turn."""
    seconds = [[] for _function in functions]
    for _time in range(times):
        for function, of_function in zip(functions, seconds, strict=True):
            started = time.process_time()
            function()
            of_function.append(time.process_time() - started)
    return [min(of_function) for of_function in seconds]


def memory(weights, batch_size):
    """Return the bytes that training needs besides the data, in float32.

    >>> memory([np.zeros((784, 100)), np.zeros(100), np.zeros((100, 10)), np.zeros(10)], 128)
    1786208
    """
    parameters = sum(weight.size for weight in weights)
    # The inputs, which need no gradient, then each layer's outputs and their gradients
    activations = weights[0].shape[0] + 2 * sum(weight.size for weight in weights[1::2])
    # Weights, gradients and Adam's two averages
    return 4 * (4 * parameters + batch_size * activations)


def _make_finding(rows, noise, settings, path):
    base, units, _batch, dropout, _decay, rate = rows
    seconds, size, error, inference = list(base)[1:]

    def grows(row, column):
        return row[column] > FACTOR * base[column]

    governs = (
        grows(units, seconds) and grows(units, size),
        abs(rate[error] - base[error]) > noise
        and not any(grows(rate, column) for column in (seconds, size, inference)),
        grows(units, inference) and not grows(dropout, inference),
    )
    return Finding(
        verdict=Verdict.of(governs),
        short=_(
            "Eight times the units take {seconds:.1f} times the training and {inference:.1f} times the "
            "inference; the learning rate costs nothing and decides the error."
        ).format(seconds=units[seconds] / base[seconds], inference=units[inference] / base[inference])
        if all(governs)
        else _("Not all hyperparameters govern here what they should."),
        why=_(
            "Units make the matrices larger, in training and afterwards. The batch size changes how many "
            "updates an epoch has, dropout and weight decay act in training alone, and the learning rate is "
            "but a factor."
        ),
        limits=_limits(governs, settings),
        table=columns_of(rows),
        pictures=(
            Picture(
                path,
                _(
                    "Each panel is one cost; compare the bars with the first: which changes leave a cost as "
                    "it is, and which multiply it."
                ),
            ),
        ),
    )


def _limits(governs, settings):
    missed = [condition for condition, holds in zip(CONDITIONS, governs, strict=True) if not holds]
    text = _(
        "Processor times are the shortest of {timings} and differ from run to run; memory is counted, "
        "not measured. One epoch, one seed, one change at a time."
    )
    if missed:
        text = _(
            "Not so: {missed}. Processor times are the shortest of {timings} and differ from run to "
            "run; memory is counted, not measured. One epoch, one seed, one change at a time."
        )
    return text.format(missed=MessageList(missed), timings=settings.timings)
