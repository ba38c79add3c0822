"""The event files of a GAN's run: writing them for TensorBoard, and reading the losses back.

Slide: 6-4, `dreal_loss_sum` … `g_loss_sum` and `summary_writer`.
"""

import json
import os
import re
import time
from pathlib import Path

import tensorflow as tf
from PIL import Image
from tensorboard.backend.event_processing.event_file_loader import EventFileLoader
from tensorboard.compat.proto.event_pb2 import Event, SessionLog
from tensorboard.compat.proto.summary_pb2 import Summary
from tensorboard.plugins.image.metadata import create_summary_metadata
from tensorboard.plugins.scalar.summary import scalar_pb
from tensorboard.plugins.text.summary import text_pb
from tensorboard.util.tensor_util import make_ndarray, make_tensor_proto

from chapter6.gan.faults import reraise_as_os_error
from chapter6.gan.model import LOSSES
from chapter6.language import N_, _, translate

DESCRIPTIONS = {
    "dreal_loss": N_("D's cross-entropy on real digits, in nats; 0.69 where D cannot tell them from fakes."),
    "dfake_loss": N_("D's cross-entropy on fakes, in nats; 0.69 where D cannot tell them from real digits."),
    "d_loss": N_("Their sum; 1.39 where D cannot tell, 0 where it always can."),
    "g_loss": N_("G's cross-entropy, in nats: -log D(G(z)); 0.69 where D cannot tell, larger where it can."),
    "evaluation/frechet_distance": N_("Distance to the test digits in the classifier's features; 0 is best."),
    "evaluation/classifier_score": N_("How clear and varied the samples are, 1 to 10; higher is better."),
    "evaluation/precision": N_("Share of the samples that are like test digits; higher is better."),
    "evaluation/recall": N_("Share of the test digits that the samples cover; higher is better."),
    "evaluation/unsure": N_("Share of the samples that the classifier takes for no digit; 0 is best."),
    "evaluation/within_digit_spread": N_("How varied the samples of a digit are; test digits: 1."),
    "evaluation/missing_digits": N_("Digits with a share below 1%; 0 is best."),
}


NOT_WRITTEN = _("the event file could not be written")
NOT_READ = _("the event file could not be read")


class Summaries:
    """A new event file of a run: losses, grids, the training function's graph, the settings.

    Slide: 6-4, ``tf.summary.scalar`` and ``tf.summary.FileWriter(snapshots/, graph)``. A step is the number
    of iterations done; the lecture's loop counts from 0 and is one behind.

    The files of the run before it was resumed stay as they are, since TensorBoard may have them open. They
    may hold steps after `step`; the new file says that these are void. `read_losses` and TensorBoard, one
    that is open as well as one started later, show each step once.

    Args:
        folder: Where the event files lie.
        step: Iterations done when the file is begun.

    Raises:
        OSError: The file cannot be written, or one of those there cannot be read.
    """

    def __init__(self, folder, step):
        self._described = set()
        folder = Path(folder)
        folder.mkdir(parents=True, exist_ok=True)
        for path in _event_files(folder):
            path.open("rb").close()
        with reraise_as_os_error(NOT_WRITTEN):
            self._writer = tf.io.TFRecordWriter(str(_next_event_file(folder)))
        # Events of this version may be void, by a START.
        self._write(0, file_version="brain.Event:2")
        # TensorBoard's Python loader drops earlier events from the step of a START on, but takes a run's
        # first for the start of the run. Its default loader drops them as their steps come again.
        first = step + 1 if step else 0
        for _loader in range(2):
            self._write(first, session_log=SessionLog(status=SessionLog.START))

    def __enter__(self):
        return self

    def __exit__(self, *exception):
        self.close()

    def begin(self, settings, graph):
        """Write the settings, a mapping, as text and the `tf.Graph` of the training function."""
        rows = "\n".join(f"| {name} | {json.dumps(value)} |" for name, value in settings.items())
        heading, value = _("setting"), _("value")
        self._write(0, summary=text_pb("settings", f"| {heading} | {value} |\n|---|---|\n{rows}"))
        self._write(0, graph_def=graph.as_graph_def(add_shapes=True).SerializeToString())

    def losses(self, step, losses):
        """Write the four `LOSSES` of iteration `step`, a mapping, under the slides' tags."""
        self._write_scalars(step, {tag: losses[tag] for tag in LOSSES})

    def scores(self, step, scores):
        """Write the `chapter6.gan.evaluation.Scores` of the generator after `step` iterations."""
        self._write_scalars(step, {f"evaluation/{name}": value for name, value in scores.scalars().items()})

    def grid(self, step, path):
        """Write a PNG as the image ``samples``."""
        with Image.open(path) as picture:
            width, height = picture.size
        # What tf.summary.image writes, without decoding the PNG and encoding it anew.
        image = make_tensor_proto([b"%d" % width, b"%d" % height, Path(path).read_bytes()])
        value = Summary.Value(tag="samples", tensor=image, metadata=create_summary_metadata(None, None))
        self._write(step, summary=Summary(value=[value]))

    def close(self):
        """Close the event file."""
        with reraise_as_os_error(NOT_WRITTEN):
            self._writer.close()

    def _write_scalars(self, step, scalars):
        values = []
        for tag, scalar in scalars.items():
            # TensorBoard shows the description that comes with a run's first value.
            description = translate(DESCRIPTIONS.get(tag)) if tag not in self._described else None
            self._described.add(tag)
            values += scalar_pb(tag, scalar, description).value
        self._write(step, summary=Summary(value=values))

    def _write(self, step, **content):
        event = Event(wall_time=time.time(), step=step, **content)
        with reraise_as_os_error(NOT_WRITTEN):
            self._writer.write(event.SerializeToString())
            # At once, so that TensorBoard is up to date and no checkpoint ahead of the losses.
            self._writer.flush()


def _event_files(folder):
    return sorted(Path(folder).glob("events.out.tfevents.*"))


def _next_event_file(folder):
    """Return the path of a new event file, whose name sorts after all that are there.

    TensorBoard reads the files by name, and the second in a name is not to be trusted: the clock may be
    behind.
    """
    names = "\n".join(path.name for path in _event_files(folder))
    taken = [int(second) for second in re.findall(r"^events\.out\.tfevents\.(\d+)", names, re.MULTILINE)]
    second = max([int(time.time()), *(second + 1 for second in taken)])
    return Path(folder) / f"events.out.tfevents.{second:010d}.{os.getpid()}.v2"


def _read_events(folder):
    """Return the events in a folder's files, without those that a later START voids.

    What follows a torn record in a file is not read.
    """
    events = []
    for path in _event_files(folder):
        with reraise_as_os_error(NOT_READ):
            for event in EventFileLoader(str(path)).Load():
                if event.session_log.status == SessionLog.START:
                    events = [earlier for earlier in events if earlier.step < event.step]
                events.append(event)
    return events


def last_step(folder):
    """Return the last step logged in a folder's event files, 0 where there are none."""
    return max((event.step for event in _read_events(folder) if event.HasField("summary")), default=0)


def read_losses(folder):
    """Read the losses back.

    Args:
        folder: Folder with event files.

    Returns:
        dict of lists: ``iteration``, ascending, and the four `LOSSES`; empty lists where nothing was logged.

    Raises:
        OSError: An event file cannot be read.
    """
    losses = {}
    for event in _read_events(folder):
        for value in event.summary.value:
            if value.tag in LOSSES:
                losses.setdefault(event.step, {})[value.tag] = make_ndarray(value.tensor).item()
    steps = sorted(step for step, tags in losses.items() if len(tags) == len(LOSSES))
    return {"iteration": steps} | {tag: [losses[step][tag] for step in steps] for tag in LOSSES}
