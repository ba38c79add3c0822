"""Manual search: train one network with your hyperparameters and note it beside the earlier ones.

Slide: 6-2, manual search (claim a).

Each call trains one network, adds it to the notebook (``notebook.csv`` and its picture), ranks it among the
trials on the same digits, and says which way the capacity looks wrong: too low where most of the validation
error is made on the training digits already (or the training is too short, or the learning rate wrong), too
high where most of it is the gap between the two errors (or the digits too few).
"""

from dataclasses import dataclass
from math import sqrt
from pathlib import Path

from chapter6.errors import InputError
from chapter6.experiment import data_setting, setting
from chapter6.language import _
from chapter6.mnist import Split, load_mnist

# Share of the validation error that is made on the training digits already.
TOO_LOW_ABOVE, TOO_HIGH_BELOW = 2 / 3, 1 / 3


@dataclass(frozen=True)
class Settings:
    """One trial; the defaults are a usual first try."""

    learning_rate: float = setting(0.001, _("Adam's own default"), above=0)
    units: int = setting(100, _("hidden units of a layer"), minimum=1, maximum=65536)
    layers: int = setting(1, _("hidden layers"), minimum=1, maximum=100)
    dropout: bool = setting(False, _("leave half of the hidden units out of each update"))
    weight_decay: float = setting(0.0, _("λ of the penalty λ/2 |W|^2"), minimum=0)
    epochs: int = setting(5, _("epochs"), minimum=1, quick=2)
    digits: int = setting(
        5000, _("training digits, the first ones; a trial takes seconds"), minimum=1, quick=500
    )
    seed: int = setting(0, _("of weights, batches and dropout"), minimum=0)
    data: Path | None = data_setting()


def run(settings, folders):
    """Train the network, unless the notebook has it already; write the row down and show the notebook.

    Raises:
        InputError: There are too few digits, or the notebook cannot be read.
    """
    from chapter6.search import MLPTrainer
    from chapter6.section_6_2 import trial_notebook as notebook

    mnist = load_mnist(settings.data)
    if settings.digits > len(mnist.train.labels):
        message = _("training digits must be at most all {there}, received {digits}")
        raise InputError(message.format(there=len(mnist.train.labels), digits=settings.digits))
    path = folders.snapshots / "notebook.csv"
    chosen = {name: getattr(settings, name) for name in notebook.CHOSEN if name != "data"}
    chosen["data"] = mnist.fingerprint
    rows = notebook.read_notebook(path)
    number = notebook.find_trial(rows, chosen)
    if number is None:
        few = Split(mnist.train.images[: settings.digits], mnist.train.labels[: settings.digits])
        trained = MLPTrainer(few, mnist.validation)(
            {
                "learning_rate": settings.learning_rate,
                "hidden_units": settings.units,
                "hidden_layers": settings.layers,
                "dropout": settings.dropout,
                "weight_decay": settings.weight_decay,
            },
            settings.seed,
            settings.epochs,
        )
        errors = {"training_error": trained.training_error, "validation_error": trained.validation_error}
        rows = notebook.add_row(path, chosen | errors)
        number = len(rows) - 1
        notebook.record_trial(folders.snapshots / "trials", number + 1, chosen, trained)
    else:
        message = _("This is trial {number} of the notebook; the same again would give the same.")
        print(message.format(number=number + 1))
    comparable = notebook.comparable_trials(rows, number)
    notebook.print_table(rows, comparable, number)
    row = rows[number]
    errors = row["training_error"], row["validation_error"]
    print(advice(*errors, settings.digits, len(mnist.validation.labels)))
    picture = notebook.draw_trials(rows, comparable, folders)
    print(_("The notebook is {path}, its picture {picture}.").format(path=path, picture=picture))


def advice(training, validation, digits, validation_digits):
    """Return which way the capacity looks wrong, a `Message`, from the errors and the numbers of digits.

    >>> print(advice(0.30, 0.31, 5000, 5000))
    Capacity looks too low, unless the learning rate is wrong or the training short:
    of 31.0% validation error 30.0 are made on the training digits already.
    >>> print(advice(0.01, 0.07, 5000, 5000))
    Capacity looks too high, or the digits too few:
    of 7.0% validation error 6.0 are the gap to the training error.
    """
    if training == validation == 1:
        return _("Every answer is wrong, as after a training that diverged: try a smaller learning rate.")
    if not validation:
        return _("No validation digit is wrong: there is nothing to improve.")
    gap = validation - training
    # The standard error of a difference of two shares
    chance = sqrt(training * (1 - training) / digits + validation * (1 - validation) / validation_digits)
    if training > TOO_LOW_ABOVE * validation:
        text = _(
            "Capacity looks too low, unless the learning rate is wrong or the training short:\n"
            "of {validation:.1f}% validation error {training:.1f} are made on the training digits already."
        )
    elif training < TOO_HIGH_BELOW * validation and gap > 2 * chance:
        text = _(
            "Capacity looks too high, or the digits too few:\n"
            "of {validation:.1f}% validation error {gap:.1f} are the gap to the training error."
        )
    else:
        text = _(
            "Capacity looks neither too low nor too high:\n"
            "of {validation:.1f}% validation error {training:.1f} are made on the training digits already, "
            "{gap:.1f} ± {chance:.1f} are the gap."
        )
    return text.format(
        validation=100 * validation, training=100 * training, gap=100 * gap, chance=100 * chance
    )
