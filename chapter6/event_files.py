"""Event files of the experiments for TensorBoard: one run a folder, every scalar with a description."""

import contextlib
import re
from pathlib import Path

import numpy as np
import tensorflow as tf

DESCRIPTIONS = {
    "training_loss": "Mean cross-entropy of the training batches, in nats; lower is better.",
    "validation_accuracy": "Share of the validation images classified correctly, 0 to 1; higher is better.",
    "validation_error": "Share of the validation images misclassified, 0 to 1; lower is better.",
    "distinct_units": "Hidden units whose incoming weights differ from those of every earlier unit.",
    "rank": "Numerical rank of the hidden kernel.",
    "hidden_kernel": "Weights of the hidden kernel.",
    "activations": "Activations of a layer; the step is the layer.",
    "gradients": "Gradients of the loss with respect to a layer's activations; the step is the layer.",
    "log_norm_of_activations": "Log of the activations' norm relative to the input's; the step is the layer.",
    "log_norm_of_gradients": "Log of the gradients' norm relative to the output's; the step is the layer.",
    "steps_to_target": "Median number of updates to the target loss; the step is the network's depth.",
    "median_steps": "Median number of updates until every sign is right; the step counts the sizes.",
    "share_in_nearest_optimum": "Share of starts that end in the nearest optimum; the step counts distances.",
    "size_of_weights": "Root mean square of the weights that are not zero; the step is the number of inputs.",
    "spread_of_norms": "Relative standard deviation of the units' norms; the step is the number of inputs.",
    "likeness_of_units": "Mean absolute cosine between two units' weights; the step is the number of inputs.",
}


@contextlib.contextmanager
def event_file(folder, name):
    """Write what `write_scalars` and `write_histogram` are given in the block to the TensorBoard run `name`.

    The event files of an earlier run of the same command are replaced.

    Args:
        folder: Path of the experiment's folder.
        name: str, the run's name; what is not a word character becomes ``_`` in its folder's name.
    """
    folder = Path(folder) / re.sub(r"\W+", "_", name, flags=re.ASCII).strip("_")
    for old in folder.glob("events.out.tfevents.*"):
        # Windows does not remove a file that TensorBoard is reading; the new one purges what that logged.
        with contextlib.suppress(PermissionError):
            old.unlink()
    writer = tf.summary.create_file_writer(str(folder))
    with writer.as_default():
        yield
    writer.close()


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
            tf.summary.scalar(tag, value, int(step), DESCRIPTIONS[tag])


def write_histogram(tag, values, step):
    """Write the distribution of an array of values at a step, as one of `DESCRIPTIONS`."""
    tf.summary.histogram(tag, values, step, description=DESCRIPTIONS[tag])
