"""Errors that are made up instead of trained, and figures that are looked at instead of saved."""

import numpy as np
from matplotlib.figure import Figure

from chapter6.section_6_2 import networks


def train_by(monkeypatch, error):
    """Have experiments take errors from a function instead of training.

    Args:
        monkeypatch: pytest's.
        error: Function of a `Network` and the steps; returns training and generalization error.

    Returns:
        list that receives the networks, `Training` and `Mnist` of each call.
    """
    calls = []

    def errors(given, training, mnist):
        calls.append((list(given), training, mnist))
        made = np.array([[error(network, steps) for network in given] for steps in training.steps])
        # Repetitions differ by a level that all networks share.
        level = np.linspace(-0.01, 0.01, training.repetitions)
        return tuple(made[..., kind, None] + level for kind in (0, 1))

    monkeypatch.setattr(networks, "errors", errors)
    return calls


def figures(monkeypatch):
    """Return a list that receives the figures that are saved, still as figures."""
    seen = []
    save = Figure.savefig

    def keep(figure, *arguments, **options):
        seen.append(figure)
        return save(figure, *arguments, **options)

    monkeypatch.setattr(Figure, "savefig", keep)
    return seen


def select(table, values):
    """Return the rows of a `pandas.DataFrame` that have certain values, a mapping from columns."""
    for column, value in values.items():
        table = table[table[column] == value]
    return table


def ring(axes):
    """Return the place of the ring that marks a curve's minimum."""
    (line,) = [line for line in axes.lines if line.get_markersize() == 12]
    return line.get_xdata()[0] if np.ndim(line.get_xdata()) else line.get_xdata(), float(
        np.ravel(line.get_ydata())[0]
    )


def texts(axes):
    """Return what is written on a panel, in one string."""
    return " ".join(text.get_text() for text in (axes.title, *axes.texts))
