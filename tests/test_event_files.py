"""Event files of experiments, read back with TensorBoard's own reader."""

import numpy as np
import pytest
import tensorflow as tf
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

from chapter6.event_files import DESCRIPTIONS, event_file, write_histogram, write_scalars


def read(folder):
    return EventAccumulator(str(folder), size_guidance={"tensors": 0}).Reload()


def curve(reader, tag):
    return {event.step: float(tf.make_ndarray(event.tensor_proto)) for event in reader.Tensors(tag)}


def test_a_curve_has_its_steps_and_its_description_and_leaves_out_what_is_not_finite(tmp_path):
    with event_file(tmp_path, "equation 6-3, tanh"):
        write_scalars("training_loss", [np.nan, 2.0, np.inf, 0.5])
        write_scalars("rank", [3, 4], steps=[10, 20])
    reader = read(tmp_path / "equation_6_3_tanh")
    assert curve(reader, "training_loss") == {1: 2.0, 3: 0.5}
    assert curve(reader, "rank") == {10: 3.0, 20: 4.0}
    for tag in ("training_loss", "rank"):
        assert reader.SummaryMetadata(tag).summary_description == DESCRIPTIONS[tag]


def test_a_histogram_has_its_description(tmp_path):
    with event_file(tmp_path, "run"):
        write_histogram("activations", np.arange(10.0), 5)
    reader = read(tmp_path / "run")
    assert [event.step for event in reader.Tensors("activations")] == [5]
    assert reader.SummaryMetadata("activations").summary_description == DESCRIPTIONS["activations"]


def test_a_second_run_replaces_the_first(tmp_path):
    for values in ([1.0, 2.0, 3.0], [5.0]):
        with event_file(tmp_path, "run"):
            write_scalars("rank", values)
    assert len(list(tmp_path.rglob("events.*"))) == 1
    assert curve(read(tmp_path / "run"), "rank") == {0: 5.0}


def test_a_curve_without_a_description_is_refused(tmp_path):
    with pytest.raises(KeyError, match="no_such_tag"), event_file(tmp_path, "run"):
        write_scalars("no_such_tag", [1.0])
