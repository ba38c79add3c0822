"""The training of the table that `compare` searches.

Slide: 6-2, claim f.
"""

import itertools

from chapter6.artifacts import save_csv
from chapter6.errors import InputError
from chapter6.language import _
from chapter6.mnist import Split, load_mnist
from chapter6.progress import progress_bar
from chapter6.search import MLPTrainer
from chapter6.section_6_2.sweep import cells


def make_sweep(settings, path):
    """Train a network for every cell of the table from each seed, and save its errors as CSV."""
    mnist = load_mnist(settings.data)
    if settings.digits > len(mnist.train.labels):
        message = _("training digits must be at most all {there}, received {digits}")
        raise InputError(message.format(there=len(mnist.train.labels), digits=settings.digits))
    few = Split(mnist.train.images[: settings.digits], mnist.train.labels[: settings.digits])
    trainer = MLPTrainer(few, mnist.validation)
    networks = list(itertools.product(range(settings.training_seeds), cells()))
    columns = {"seed": [], "learning_rate": [], "hidden_units": [], "weight_decay": []}
    columns |= {"validation_error": [], "training_error": []}
    with progress_bar(_("Training {count} networks").format(count=len(networks)), len(networks)) as update:
        for number, (seed, cell) in enumerate(networks, start=1):
            trained = trainer(cell, seed, settings.epochs)
            errors = {"validation_error": trained.validation_error, "training_error": trained.training_error}
            for name, value in ({"seed": seed} | cell | errors).items():
                columns[name].append(value)
            update(number)
    return save_csv(path, columns)
