"""Event files of the experiments for TensorBoard: a folder for each run, a description for every scalar."""

import contextlib
import itertools
import re
from pathlib import Path

import numpy as np
import tensorflow as tf

from chapter6.language import N_, translate

DESCRIPTIONS = {
    "training_loss": N_("Mean cross-entropy of the training batches, in nats; lower is better."),
    "validation_accuracy": N_("Share of the validation images classified correctly; higher is better."),
    "validation_error": N_("Share of the validation images misclassified; lower is better."),
    "test_error": N_("Share of the test images misclassified; lower is better."),
    "distinct_units": N_("Hidden units whose incoming weights differ from those of every earlier unit."),
    "rank": N_("Numerical rank of the hidden layer's weight matrix."),
    "hidden_kernel": N_("Weights of the hidden layer."),
    "size_of_activations": N_("Root mean square of a layer's activations; the step is the layer."),
    "size_of_gradients": N_(
        "Root mean square of the gradient with respect to a layer's activations; the step is the layer."
    ),
    "log_norm_of_activations": N_(
        "Log of the activations' norm relative to the input's; the step is the layer."
    ),
    "log_norm_of_gradients": N_(
        "Log of the gradient's norm relative to the output's; the step is the layer."
    ),
    "steps_to_target": N_("Median number of steps to the target loss; the step is the network's depth."),
    "median_steps": N_("Median number of steps until all signs are right; the step counts the sizes."),
    "share_in_nearest_optimum": N_(
        "Share of starting points that end in the nearest optimum; the step counts intervals of distance."
    ),
    "size_of_weights": N_("Root mean square of the non-zero weights; the step is the number of inputs."),
    "spread_of_norms": N_(
        "Relative standard deviation of the units' norms; the step is the number of inputs."
    ),
    "likeness_of_units": N_(
        "Mean absolute cosine between two units' weights; the step is the number of inputs."
    ),
}


def new_run_folder(folder):
    """Make the folder of a new TensorBoard run: `folder`, or where it exists ``NAME.1``, ``NAME.2``, ….

    TensorBoard merges the event files of a folder into one run. Those of an earlier run cannot make way for
    new ones: TensorBoard keeps what it has read of them, and Windows neither deletes nor replaces a file that
    it has open.

    Args:
        folder: Path of the folder; parents that are missing are made.

    Returns:
        Path of the folder made.
    """
    folder = Path(folder)
    folder.parent.mkdir(parents=True, exist_ok=True)
    for number in itertools.count():
        numbered = folder.with_name(f"{folder.name}.{number}") if number else folder
        try:
            numbered.mkdir()
        except FileExistsError:
            continue
        return numbered


@contextlib.contextmanager
def event_file(folder, name):
    """Write what `write_scalars` and `write_histogram` are given in the block to a new TensorBoard run.

    Args:
        folder: Path of the experiment's folder.
        name: str, the run's name; what is not a word character becomes ``_`` in its folder's name, to which
            `new_run_folder` adds a number where an earlier run has it.
    """
    folder = new_run_folder(Path(folder) / re.sub(r"\W+", "_", name, flags=re.ASCII).strip("_"))
    with contextlib.closing(tf.summary.create_file_writer(str(folder))) as writer, writer.as_default():
        yield


def write_scalars(tag, values, steps=None):
    """Write one curve to the current event file.

    Args:
        tag: str, one of `DESCRIPTIONS`.
        values: Sequence of numbers; those that are not finite are left out.
        steps: Sequence of int, as many; None counts from 0.
    """
    steps = range(len(values)) if steps is None else steps
    for step, value in zip(steps, values, strict=True):
        if np.isfinite(value):
            tf.summary.scalar(tag, value, int(step), translate(DESCRIPTIONS[tag]))


def write_histogram(tag, values, step):
    """Write the distribution of an array of values at a step, as one of `DESCRIPTIONS`."""
    tf.summary.histogram(tag, values, step, description=translate(DESCRIPTIONS[tag]))
