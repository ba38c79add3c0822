"""What a run tells TensorBoard, and reading it back.

Slide: 6-4, `dreal_loss_sum` … `g_loss_sum` and `summary_writer`.
"""

import contextlib
import json
from pathlib import Path

import tensorflow as tf
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

from chapter6.artifacts import written_beside
from chapter6.gan.faults import told_as_os_error
from chapter6.gan.model import LOSSES

UNWRITTEN = "the event file could not be written"


class Summaries:
    """The event file of a run: losses, grids, the training function's graph, the settings.

    Slide: 6-4, ``tf.summary.scalar`` and ``tf.summary.FileWriter(snapshots/, graph)``. A step is the number
    of iterations done; the lecture's loop counts from 0 and is one behind.

    Args:
        folder: Where the event files lie. Those there keep what they have up to `step`, so that each step
            stands there once; at step 0 they go.
        step: Iterations done.
    """

    def __init__(self, folder, step):
        folder = Path(folder)
        folder.mkdir(parents=True, exist_ok=True)
        _forget_after(folder, step)
        self._writer = tf.summary.create_file_writer(str(folder))

    def begin(self, settings, graph):
        """Write the settings, a mapping, as text and the `tf.Graph` of the training function."""
        rows = "\n".join(f"| {name} | {json.dumps(value)} |" for name, value in settings.items())
        with self._at(step=0):
            tf.summary.text("settings", f"| setting | value |\n|---|---|\n{rows}")
            tf.summary.graph(graph)

    def losses(self, step, losses):
        """Write the four losses, float32 [4], of iteration `step` under the slides' tags."""
        with told_as_os_error(UNWRITTEN):
            self._losses(tf.constant(step, tf.int64), losses)

    @tf.function
    def _losses(self, step, losses):
        with self._writer.as_default(step):
            for tag, loss in zip(LOSSES, tf.unstack(losses, len(LOSSES)), strict=True):
                tf.summary.scalar(tag, loss)

    def scores(self, step, scores):
        """Write the `chapter6.gan.evaluation.Scores` of the generator after `step` iterations."""
        with self._at(step):
            for name, value in scores.scalars().items():
                tf.summary.scalar(f"evaluation/{name}", value)

    def grid(self, step, path):
        """Write a PNG as the image ``samples``."""
        image = tf.io.decode_png(Path(path).read_bytes(), channels=1)
        with self._at(step):
            tf.summary.image("samples", image[None])

    def flush(self):
        """Wait until all that was written is on the disk."""
        with told_as_os_error(UNWRITTEN):
            self._writer.flush()

    def close(self):
        """Flush and close the event file."""
        with told_as_os_error(UNWRITTEN):
            self._writer.close()

    @contextlib.contextmanager
    def _at(self, step):
        with told_as_os_error(UNWRITTEN), self._writer.as_default(step):
            yield


def _forget_after(folder, step):
    """Drop from a folder's event files what was logged after `step`, and torn last records."""
    for path in _event_files(folder):
        records, torn = _read_records(path)
        kept = [record for record in records if tf.compat.v1.Event.FromString(record).step <= step]
        if step == 0:
            path.unlink()
        elif torn or len(kept) < len(records):
            with written_beside(path) as temporary, tf.io.TFRecordWriter(str(temporary)) as writer:
                for record in kept:
                    writer.write(record)


def _event_files(folder):
    return sorted(Path(folder).glob("events.out.tfevents.*"))


def last_step(folder):
    """Return the last step logged in a folder's event files, 0 where there are none."""
    records = (record for path in _event_files(folder) for record in _read_records(path)[0])
    return max((tf.compat.v1.Event.FromString(record).step for record in records), default=0)


def _read_records(path):
    records = []
    try:
        records.extend(record.numpy() for record in tf.data.TFRecordDataset(str(path)))
    except tf.errors.DataLossError:
        return records, True
    return records, False


def read_losses(folder):
    """Read the losses back with TensorBoard's own reader.

    Args:
        folder: Folder with event files.

    Returns:
        dict of lists: ``iteration`` and the four `LOSSES`; empty lists where nothing was logged.
    """
    reader = EventAccumulator(str(folder), size_guidance={"tensors": 0})
    reader.Reload()
    logged = set(reader.Tags()["tensors"])
    if not logged.issuperset(LOSSES):
        return {name: [] for name in ("iteration", *LOSSES)}
    columns = {"iteration": [event.step for event in _by_step(reader, LOSSES[0])]}
    for tag in LOSSES:
        columns[tag] = [float(tf.make_ndarray(event.tensor_proto)) for event in _by_step(reader, tag)]
    return columns


def _by_step(reader, tag):
    return sorted(reader.Tensors(tag), key=lambda event: event.step)
