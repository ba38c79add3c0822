"""What a run tells TensorBoard, and reading it back.

Slide: 6-4, `dreal_loss_sum` … `g_loss_sum` and `summary_writer`.
"""

import contextlib
import json
from pathlib import Path

import tensorflow as tf
from PIL import Image
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
from tensorboard.plugins.image.metadata import create_summary_metadata
from tensorboard.plugins.scalar.summary import scalar_pb

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
        summary = tf.compat.v1.Summary()
        for tag, loss in zip(LOSSES, losses, strict=True):
            summary.MergeFromString(scalar_pb(tag, loss).SerializeToString())
        with self._at(step):
            # One record in a fraction of the time that four calls of tf.summary.scalar take.
            tf.summary.experimental.write_raw_pb(summary.SerializeToString())

    def scores(self, step, scores):
        """Write the `chapter6.gan.evaluation.Scores` of the generator after `step` iterations."""
        with self._at(step):
            for name, value in scores.scalars().items():
                tf.summary.scalar(f"evaluation/{name}", value)

    def grid(self, step, path):
        """Write a PNG as the image ``samples``."""
        with Image.open(path) as picture:
            width, height = picture.size
        # What tf.summary.image writes, without decoding the PNG and encoding it anew.
        image = tf.constant([b"%d" % width, b"%d" % height, Path(path).read_bytes()])
        with self._at(step):
            tf.summary.write("samples", image, metadata=create_summary_metadata(None, None))

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
