"""What `read_losses` and TensorBoard find in the event files, those of resumed runs included."""

import contextlib
import os
import resource
import subprocess
import time

import numpy as np
import pytest
import tensorflow as tf
from tensorboard import context
from tensorboard.backend.event_processing.data_provider import MultiplexerDataProvider
from tensorboard.backend.event_processing.plugin_event_accumulator import EventAccumulator
from tensorboard.backend.event_processing.plugin_event_multiplexer import EventMultiplexer
from tensorboard.data.server_ingester import ExistingServerDataIngester
from tensorboard.plugins.scalar.metadata import PLUGIN_NAME
from tensorboard.util.grpc_util import ChannelCredsType

from chapter6.gan.model import LOSSES
from chapter6.gan.pictures import save_grid
from chapter6.gan.summaries import Summaries, last_step, read_losses


def log(folder, begin, end):
    """Log like a run that resumes after `begin` iterations and is killed after `end`."""
    summaries = Summaries(folder, begin)
    for step in range(begin + 1, end + 1):
        losses = [step, step + 0.25, step + 0.5, step + 0.75]
        summaries.losses(step, dict(zip(LOSSES, losses, strict=True)))
    return summaries


def steps_in(provider):
    """Return the steps of the discriminator's loss that a data provider of TensorBoard's holds, as stored."""
    request = {"experiment_id": "", "plugin_name": PLUGIN_NAME, "downsample": 10_000}
    runs = provider.read_scalars(context.RequestContext(), **request)
    (tags,) = runs.values()
    return [point.step for point in tags["d_loss"]]


class PythonLoader:
    """What TensorBoard loads events with under ``--load_fast=false``."""

    def __init__(self, folder):
        self.folder, self.multiplexer = str(folder), EventMultiplexer()

    def shows(self, steps):
        self.multiplexer.AddRunsFromDirectory(self.folder)
        self.multiplexer.Reload()
        return steps_in(MultiplexerDataProvider(self.multiplexer, self.folder)) == steps


class DataServer:
    """What TensorBoard loads events with otherwise, in a process of its own that reloads every second."""

    def __init__(self, folder, port_file, stack):
        binary = pytest.importorskip("tensorboard_data_server").server_binary()
        flags = [f"--logdir={folder}", "--port=0", f"--port-file={port_file}", "--reload=1"]
        self.process = stack.enter_context(subprocess.Popen([binary, *flags]))
        stack.callback(self.process.kill)
        assert wait_until(lambda: port_file.exists() and port_file.read_text().endswith("\n"))
        address = f"localhost:{int(port_file.read_text())}"
        ingester = ExistingServerDataIngester(address, channel_creds_type=ChannelCredsType.LOCAL)
        self.provider = ingester.data_provider

    def shows(self, steps):
        return wait_until(lambda: steps_in(self.provider) == steps)


def wait_until(condition, seconds=30):
    deadline = time.monotonic() + seconds
    while not (true := condition()) and time.monotonic() < deadline:
        time.sleep(0.02)
    return true


@pytest.fixture(params=["python", "server"])
def tensorboard(request, tmp_path):
    """Function that opens a TensorBoard on a folder."""
    with contextlib.ExitStack() as stack:
        ports = (tmp_path / f"port-{number}" for number in range(10))
        if request.param == "python":
            yield PythonLoader
        else:
            yield lambda folder: DataServer(folder, next(ports), stack)


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


def test_an_open_tensorboard_shows_each_step_of_a_resumed_run_once(tmp_path, tensorboard, monkeypatch):
    folder = tmp_path / "run"
    now = time.time()
    killed = [log(folder, 0, 9)]
    opened = tensorboard(folder)
    assert opened.shows([*range(1, 10)])
    # (iterations done, last logged, what the clock has lost by then)
    for begin, end, behind in [(6, 12, 0), (6, 8, 3600), (0, 3, 7200)]:
        before = {path: path.read_bytes() for path in folder.iterdir()}
        monkeypatch.setattr(time, "time", lambda behind=behind: now - behind)
        killed.append(log(folder, begin, end))
        monkeypatch.undo()
        expected = [*range(1, end + 1)]
        assert opened.shows(expected)
        assert read_losses(folder)["iteration"] == expected
        assert {path: path.read_bytes() for path in before} == before
    assert tensorboard(folder).shows(expected)


def test_steps_that_were_logged_before_the_kill_are_void_at_once(tmp_path):
    opened = PythonLoader(tmp_path)
    killed = [log(tmp_path, 0, 9)]
    assert opened.shows([*range(1, 10)])
    killed.append(log(tmp_path, 6, 6))
    assert opened.shows([*range(1, 7)])
    assert read_losses(tmp_path)["iteration"] == [*range(1, 7)]
    assert last_step(tmp_path) == 6


def test_a_run_of_tensorflows_own_writer_is_resumed(tmp_path, tensorboard):
    # It writes no START, as this program's own writer did once.
    folder = tmp_path / "run"
    with tf.summary.create_file_writer(str(folder)).as_default():
        for step in range(1, 10):
            for tag in LOSSES:
                tf.summary.scalar(tag, float(step), step)
    opened = tensorboard(folder)
    assert opened.shows([*range(1, 10)])
    log(folder, 6, 8).close()
    assert opened.shows([*range(1, 9)])
    assert read_losses(folder)["iteration"] == [*range(1, 9)]
    assert read_losses(folder)["d_loss"] == [1, 2, 3, 4, 5, 6, 7.5, 8.5]


def test_a_run_that_begins_anew_has_its_grids_and_settings_once(tmp_path):
    opened = EventAccumulator(str(tmp_path / "run"))
    picture = save_grid(np.random.default_rng(0).random((16, 28, 28)), tmp_path / "grid.png")
    for _ in range(2):
        summaries = Summaries(tmp_path / "run", 0)
        summaries.begin({"seed": 0}, tf.Graph())
        summaries.grid(0, picture)
        opened.Reload()
        assert [event.step for event in opened.Tensors("samples")] == [0]
        assert [event.step for event in opened.Tensors("settings")] == [0]


@pytest.mark.parametrize("cut", [1, 7, 20])
def test_a_torn_last_record_is_not_read(tmp_path, tensorboard, cut):
    folder = tmp_path / "run"
    log(folder, 0, 5).close()
    (path,) = folder.iterdir()
    path.write_bytes(path.read_bytes()[:-cut])
    log(folder, 5, 7).close()
    losses = read_losses(folder)
    assert losses["iteration"] == [1, 2, 3, 4, 6, 7]
    # The four losses of a step are one record.
    assert losses["dreal_loss"] == [1, 2, 3, 4, 6, 7]
    assert losses["g_loss"] == [1.75, 2.75, 3.75, 4.75, 6.75, 7.75]
    assert tensorboard(folder).shows([1, 2, 3, 4, 6, 7])


def test_last_step(tmp_path):
    assert last_step(tmp_path) == 0
    log(tmp_path, 0, 5).close()
    assert last_step(tmp_path) == 5


def test_an_event_file_that_cannot_be_read_is_an_os_error_before_anything_is_written(tmp_path):
    log(tmp_path, 0, 5).close()
    (path,) = tmp_path.iterdir()
    path.unlink()
    path.mkdir()
    with pytest.raises(OSError):
        Summaries(tmp_path, 5)
    assert list(tmp_path.iterdir()) == [path]
    with pytest.raises(OSError, match="event file could not be read"):
        read_losses(tmp_path)


def test_a_full_disk_is_an_os_error_and_the_log_stays(tmp_path):
    log(tmp_path, 0, 9).close()
    before = {path: path.read_bytes() for path in tmp_path.iterdir()}
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (16, limits[1]))
    try:
        with pytest.raises(OSError, match="event file could not be written"):
            Summaries(tmp_path, 6)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert {path: path.read_bytes() for path in before} == before
    log(tmp_path, 6, 8).close()
    assert read_losses(tmp_path)["iteration"] == [*range(1, 9)]


@pytest.mark.skipif(os.getuid() == 0, reason="root may read every file")
def test_an_event_file_of_another_user_is_an_os_error_that_names_it(tmp_path):
    log(tmp_path, 0, 5).close()
    (path,) = tmp_path.iterdir()
    path.chmod(0)
    with pytest.raises(PermissionError, match=path.name):
        Summaries(tmp_path, 5)


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
