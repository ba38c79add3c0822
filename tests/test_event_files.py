"""Event files of experiments, read back with TensorBoard's own reader."""

import contextlib
import subprocess
import time
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
import tensorflow as tf
from tensorboard import context
from tensorboard.backend.event_processing.data_provider import MultiplexerDataProvider
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
from tensorboard.backend.event_processing.plugin_event_multiplexer import EventMultiplexer
from tensorboard.data.server_ingester import ExistingServerDataIngester
from tensorboard.plugins.scalar.metadata import PLUGIN_NAME
from tensorboard.util.grpc_util import ChannelCredsType

from chapter6.event_files import DESCRIPTIONS, event_file, new_run_folder, write_histogram, write_scalars


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
        write_histogram("hidden_kernel", np.arange(10.0), 5)
    reader = read(tmp_path / "run")
    assert [event.step for event in reader.Tensors("hidden_kernel")] == [5]
    assert reader.SummaryMetadata("hidden_kernel").summary_description == DESCRIPTIONS["hidden_kernel"]


def ranks(provider):
    """Return the curve ``rank`` of each run that a data provider of TensorBoard's holds, by its name."""
    request = {"experiment_id": "", "plugin_name": PLUGIN_NAME, "downsample": 1000}
    runs = provider.read_scalars(context.RequestContext(), **request)
    return {run: {point.step: point.value for point in tags["rank"]} for run, tags in runs.items()}


class PythonLoader:
    """What TensorBoard loads events with under ``--load_fast=false``."""

    def __init__(self, folder, *_):
        self.folder, self.multiplexer = str(folder), EventMultiplexer()

    def shows(self, expected):
        self.multiplexer.AddRunsFromDirectory(self.folder)
        self.multiplexer.Reload()
        return ranks(MultiplexerDataProvider(self.multiplexer, self.folder)) == expected


class DataServer:
    """What TensorBoard loads events with otherwise, in a process of its own that reloads every second."""

    def __init__(self, folder, temporary, stack):
        binary = pytest.importorskip("tensorboard_data_server").server_binary()
        port = temporary / f"port-{len(list(temporary.glob('port-*')))}"
        flags = [f"--logdir={folder}", "--port=0", f"--port-file={port}", "--reload=1"]
        process = stack.enter_context(subprocess.Popen([binary, *flags]))
        stack.callback(process.kill)
        assert wait_until(lambda: port.exists() and port.read_text().endswith("\n"))
        address = f"localhost:{int(port.read_text())}"
        self.ingester = ExistingServerDataIngester(address, channel_creds_type=ChannelCredsType.LOCAL)

    def shows(self, expected):
        return wait_until(lambda: ranks(self.ingester.data_provider) == expected)


def wait_until(condition, seconds=30):
    deadline = time.monotonic() + seconds
    while not (true := condition()) and time.monotonic() < deadline:
        time.sleep(0.02)
    return true


@pytest.fixture(params=[PythonLoader, DataServer])
def tensorboard(request, tmp_path):
    """Function that opens a TensorBoard on a folder."""
    with contextlib.ExitStack() as stack:
        yield lambda folder: request.param(folder, tmp_path, stack)


def write_run(folder, values, steps):
    with event_file(folder, "run"):
        write_scalars("rank", values, steps)


def test_an_open_tensorboard_reads_a_second_run_beside_the_first(tmp_path, tensorboard):
    folder = tmp_path / "experiment"
    write_run(folder, [1, 2, 3], [2, 5, 10])
    opened = tensorboard(folder)
    first = {"run": {2: 1.0, 5: 2.0, 10: 3.0}}
    assert opened.shows(first)
    (file,) = folder.rglob("events.*")
    content = file.read_bytes()
    with file.open("rb"):
        # Fewer steps, and later ones than the first run's.
        write_run(folder, [7, 8], [5, 20])
        second = {"run.1": {5: 7.0, 20: 8.0}}
        assert opened.shows(first | second)
        write_run(folder, [9], [0])
        assert opened.shows(first | second | {"run.2": {0: 9.0}})
    assert file.read_bytes() == content
    assert tensorboard(folder).shows(first | second | {"run.2": {0: 9.0}})


def test_runs_that_begin_at_once_have_folders_of_their_own(tmp_path):
    with ThreadPoolExecutor(8) as pool:
        folders = set(pool.map(lambda _: new_run_folder(tmp_path / "new" / "run"), range(20)))
    assert folders == {tmp_path / "new" / name for name in ["run", *(f"run.{k}" for k in range(1, 20))]}
    assert folders == set((tmp_path / "new").iterdir())


def test_a_folder_that_cannot_be_made_is_an_os_error(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(OSError):
        new_run_folder(tmp_path / "file" / "run")


def test_an_interrupted_run_keeps_what_it_has_written(tmp_path):
    with pytest.raises(RuntimeError, match="fault"), event_file(tmp_path, "run"):
        write_scalars("rank", [3, 4])
        raise RuntimeError("fault")
    assert curve(read(tmp_path / "run"), "rank") == {0: 3.0, 1: 4.0}


def test_a_curve_without_a_description_is_refused(tmp_path):
    with pytest.raises(KeyError, match="no_such_tag"), event_file(tmp_path, "run"):
        write_scalars("no_such_tag", [1.0])
