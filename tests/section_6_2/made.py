"""Errors that are made up instead of trained, and figures that are looked at instead of saved."""

import numpy as np

from chapter6 import artifacts
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
    save = artifacts.save_figure

    def keep(figure, path, **options):
        seen.append(figure)
        return save(figure, path, **options)

    monkeypatch.setattr(artifacts, "save_figure", keep)
    return seen


def ring(axes):
    """Return the place of the ring that marks a curve's minimum."""
    (line,) = [line for line in axes.lines if line.get_markersize() == 12]
    return line.get_xdata()[0] if np.ndim(line.get_xdata()) else line.get_xdata(), float(
        np.ravel(line.get_ydata())[0]
    )


def texts(axes):
    """Return what is written on a panel, in one string."""
    return " ".join(text.get_text() for text in (axes.title, *axes.texts))
