"""What TensorBoard's own reader finds in the event files, resumed runs included."""

import numpy as np
import pytest
import tensorflow as tf
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

from chapter6.gan.model import LOSSES
from chapter6.gan.pictures import save_grid
from chapter6.gan.summaries import Summaries, last_step, read_losses


def log(folder, begin, end):
    summaries = Summaries(folder, begin)
    for step in range(begin + 1, end + 1):
        summaries.losses(step, [step, step + 0.25, step + 0.5, step + 0.75])
    summaries.flush()
    return summaries


def test_losses_come_back_under_the_slides_tags(tmp_path):
    log(tmp_path, 0, 3).close()
    assert read_losses(tmp_path) == {
        "iteration": [1, 2, 3],
        "dreal_loss": [1.0, 2.0, 3.0],
        "dfake_loss": [1.25, 2.25, 3.25],
        "d_loss": [1.5, 2.5, 3.5],
        "g_loss": [1.75, 2.75, 3.75],
    }


def test_folder_without_losses_gives_empty_columns(tmp_path):
    assert read_losses(tmp_path) == {name: [] for name in ("iteration", *LOSSES)}


def test_a_resumed_run_has_every_step_once(tmp_path):
    log(tmp_path, 0, 9).close()
    log(tmp_path, 6, 12).close()
    log(tmp_path, 6, 8).close()
    log(tmp_path, 8, 10).close()
    assert read_losses(tmp_path)["iteration"] == list(range(1, 11))


def test_a_run_that_begins_again_forgets_what_was_there(tmp_path):
    log(tmp_path, 0, 9).close()
    log(tmp_path, 0, 2).close()
    assert read_losses(tmp_path)["iteration"] == [1, 2]
    assert len(list(tmp_path.iterdir())) == 1


@pytest.mark.parametrize("cut", [1, 7, 20])
def test_a_torn_last_record_is_dropped(tmp_path, cut):
    log(tmp_path, 0, 5).close()
    (path,) = tmp_path.iterdir()
    path.write_bytes(path.read_bytes()[:-cut])
    log(tmp_path, 5, 7).close()
    losses = read_losses(tmp_path)
    assert losses["iteration"] == [1, 2, 3, 4, 6, 7]
    # The four losses of a step are one record.
    assert losses["dreal_loss"] == [1, 2, 3, 4, 6, 7]
    assert losses["g_loss"] == [1.75, 2.75, 3.75, 4.75, 6.75, 7.75]


def test_event_files_that_have_nothing_to_forget_stay_untouched(tmp_path):
    log(tmp_path, 0, 5).close()
    (path,) = tmp_path.iterdir()
    before = path.read_bytes(), path.stat().st_ino
    log(tmp_path, 5, 6).close()
    assert (path.read_bytes(), path.stat().st_ino) == before


def test_last_step(tmp_path):
    assert last_step(tmp_path) == 0
    log(tmp_path, 0, 5).close()
    assert last_step(tmp_path) == 5


def test_grid_settings_and_graph_are_there(tmp_path):
    @tf.function
    def double(x):
        return 2 * x

    samples = np.random.default_rng(0).random((16, 28, 28))
    picture = save_grid(samples, tmp_path / "grid.png")
    summaries = Summaries(tmp_path / "events", 0)
    summaries.begin({"batch_size": 128, "data": "abc"}, double.get_concrete_function(tf.constant(1.0)).graph)
    summaries.grid(0, picture)
    summaries.close()

    reader = EventAccumulator(str(tmp_path / "events"), size_guidance={"tensors": 0})
    reader.Reload()
    assert any(node.op == "Mul" for node in reader.Graph().node)
    (text,) = tf.make_ndarray(reader.Tensors("settings")[0].tensor_proto).ravel()
    assert "| batch_size | 128 |" in text.decode()
    image = tf.io.decode_png(tf.make_ndarray(reader.Tensors("samples")[0].tensor_proto)[2])
    np.testing.assert_array_equal(image, tf.io.decode_png(picture.read_bytes()))
