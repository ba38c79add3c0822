"""Training from the command line: what a run leaves, and what kills, signals and faults do to it."""

import json
import os
import random
import signal
import time

import numpy as np
import pytest
import tensorflow as tf
from PIL import Image
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

from chapter6.artifacts import Folders, locked_folder
from chapter6.errors import InputError, RunError
from chapter6.gan.checkpoints import checkpoints_in, corruption_error
from chapter6.gan.fresh_discriminator import Discrimination
from chapter6.gan.model import GAN, LOSSES
from chapter6.gan.summaries import read_losses
from chapter6.section_6_4 import gan
from chapter6.section_6_4.gan_callbacks import ProgressBar
from tests.forked import ForkedCommand

pytestmark = pytest.mark.usefixtures("untrained_discriminator", "compiled_gans")
SMALL = ["--batch-size=32", "--hidden-units=24", "--latent-dim=16"]
INTERVALS = ["--log-every=20", "--grid-every=100", "--checkpoint-every=100"]


def start(output, *arguments, **limits):
    words = "gan", f"--output={output}", *SMALL, *INTERVALS, *arguments
    return ForkedCommand("chapter6.section_6_4", *words, limits=limits)


def finish(output, *arguments, **limits):
    process = start(output, *arguments, **limits)
    message, faults = process.communicate()
    return process.returncode, message, faults


def folders(output):
    return Folders.of("section_6_4", "gan", output)


def checkpoint_values(path):
    """Return all of a checkpoint but the manager's count of saves, which an interruption adds to."""
    reader = tf.train.load_checkpoint(str(path))
    names = set(reader.get_variable_to_shape_map()) - {"_CHECKPOINTABLE_OBJECT_GRAPH"}
    return {name: reader.get_tensor(name) for name in names if not name.startswith("save_counter")}


def images_in(output):
    return {path.name: path.read_bytes() for path in folders(output).snapshots.glob("*.png")}


def settings(**changed):
    small = {"batch_size": 32, "hidden_units": 24, "latent_dim": 16, "steps": 40}
    return gan.Settings(**small | {"log_every": 10, "grid_every": 20, "checkpoint_every": 20} | changed)


@pytest.fixture(scope="module")
def digits_path(digits):
    """Have the processes of this module's fixtures find the digits, which `mnist_path` does for its tests."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("CHAPTER6_DATA", str(digits))
        yield


@pytest.fixture(scope="module")
def whole_run(tmp_path_factory, digits_path):
    """A run of 600 iterations that nothing interrupted: its folder and what it printed."""
    output = tmp_path_factory.mktemp("whole")
    status, message, faults = finish(output, "--steps=600")
    assert (status, faults) == (0, "")
    return output, message


def test_run_leaves_what_it_promises(whole_run, digits):
    output, message = whole_run
    snapshots, checkpoints = folders(output).snapshots, folders(output).checkpoints

    assert [path.rpartition("/")[2] for path in checkpoints_in(checkpoints)] == [
        f"model-{n}00" for n in range(1, 7)
    ]
    assert {f"{n:03d}.png" for n in range(7)} | {"figure_6_12.png"} == {
        path.name for path in snapshots.glob("*.png")
    }
    assert (snapshots / "figure_6_12.csv").read_text().count("\n") == 1 + 30
    with Image.open(snapshots / "samples.gif") as animation:
        assert animation.n_frames == 7
    assert message.count("The checkpoint has been created.") == 6
    assert f"tensorboard --logdir {output / 'snapshots'}" in message
    assert list(output.rglob(".unfinished*")) == []

    losses = read_losses(snapshots)
    assert losses["iteration"] == list(range(20, 601, 20))
    np.testing.assert_allclose(
        np.add(losses["dreal_loss"], losses["dfake_loss"]), losses["d_loss"], rtol=1e-5
    )
    assert f"Iteration 600, D loss {losses['d_loss'][-1]:.4f}, G loss {losses['g_loss'][-1]:.4f}" in message

    reader = EventAccumulator(str(snapshots), size_guidance={"tensors": 0})
    reader.Reload()
    assert [event.step for event in reader.Tensors("samples")] == list(range(0, 601, 100))
    text = tf.make_ndarray(reader.Tensors("settings")[0].tensor_proto).item().decode()
    assert "| batch_size | 32 |" in text
    assert any(node.name.startswith("while") for node in reader.Graph().node)


def test_checkpoint_holds_the_whole_state(whole_run):
    values = checkpoint_values(folders(whole_run[0]).checkpoints / "model-500")
    assert values["iteration/.ATTRIBUTES/VARIABLE_VALUE"] == 500
    assert values["seed/.ATTRIBUTES/VARIABLE_VALUE"] == 0
    kept = json.loads(values["settings/.ATTRIBUTES/VARIABLE_VALUE"])
    assert kept["hidden_units"] == 24 and len(kept["data"]) == 16
    # Two kernels and two biases a network, their two moments, and each optimizer's learning rate.
    weights = 784 * 24 + 24 + 24 * 1 + 1 + 16 * 24 + 24 + 24 * 784 + 784
    numbers = [value for value in values.values() if getattr(value, "dtype", None) == np.float32]
    assert sum(value.size for value in numbers) == 3 * weights + 2


def test_a_run_killed_at_random_moments_ends_bit_for_bit_where_the_whole_one_ends(whole_run, tmp_path):
    moments = random.Random(6)
    kills = 0
    while kills < 3:
        process = start(tmp_path, "--steps=600")
        saved = len(checkpoints_in(folders(tmp_path).checkpoints))
        while process.poll() is None and len(checkpoints_in(folders(tmp_path).checkpoints)) == saved:
            time.sleep(0.01)
        # A hundred of these small iterations, their grid and their checkpoint take about a tenth of a second.
        time.sleep(moments.uniform(0, 0.15))
        process.kill()
        process.communicate()
        kills += 1
        if len(checkpoints_in(folders(tmp_path).checkpoints)) >= 5:
            break
    status, _, faults = finish(tmp_path, "--steps=600")
    assert (status, faults) == (0, "")

    whole = folders(whole_run[0])
    for path in checkpoints_in(whole.checkpoints):
        expected = checkpoint_values(path)
        received = checkpoint_values(folders(tmp_path).checkpoints / path.rpartition("/")[2])
        assert received.keys() == expected.keys()
        for name, value in expected.items():
            np.testing.assert_array_equal(received[name], value, err_msg=f"{path}: {name}")
    assert images_in(tmp_path) == images_in(whole_run[0])
    assert read_losses(folders(tmp_path).snapshots) == read_losses(whole.snapshots)
    assert (folders(tmp_path).snapshots / "samples.gif").read_bytes() == (
        whole.snapshots / "samples.gif"
    ).read_bytes()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_leaves_a_checkpoint_and_says_how_to_go_on(whole_run, tmp_path, number):
    process = start(tmp_path, "--steps=1000000")
    while process.poll() is None and not checkpoints_in(folders(tmp_path).checkpoints):
        time.sleep(0.01)
    process.send_signal(number)
    message, faults = process.communicate()
    assert (process.returncode, faults) == (128 + number, "")
    newest = checkpoints_in(folders(tmp_path).checkpoints)[-1]
    step = int(checkpoint_values(newest)["iteration/.ATTRIBUTES/VARIABLE_VALUE"])
    assert newest.endswith(f"model-{step}")
    assert f"Stopped after {step:,} iterations; the same command resumes the run." in message
    logged = read_losses(folders(tmp_path).snapshots)["iteration"]
    assert logged == list(range(20, step + 1, 20))


def test_a_signal_after_a_resume_and_before_its_first_iteration_loses_nothing(tmp_path, monkeypatch, capsys):
    gan.run(settings(steps=30), folders(tmp_path))
    before = {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}
    start_bar = ProgressBar.__enter__

    def interrupted(self):
        signal.raise_signal(signal.SIGTERM)
        return start_bar(self)

    with monkeypatch.context() as patch, pytest.raises(SystemExit) as ended:
        patch.setattr(ProgressBar, "__enter__", interrupted)
        gan.run(settings(steps=60), folders(tmp_path))
    assert ended.value.code == 128 + signal.SIGTERM
    assert "Stopped after 30 iterations; the same command resumes the run." in capsys.readouterr().out
    assert [path.rpartition("-")[2] for path in checkpoints_in(folders(tmp_path).checkpoints)] == ["20", "30"]
    assert {path: path.read_bytes() for path in before if path.name != "checkpoint"} == {
        path: content for path, content in before.items() if path.name != "checkpoint"
    }
    gan.run(settings(steps=60), folders(tmp_path))
    assert read_losses(folders(tmp_path).snapshots)["iteration"] == [*range(10, 61, 10)]


def test_a_second_run_in_the_folders_of_a_first_is_refused_and_nothing_is_written(tmp_path):
    gan.run(settings(steps=20), folders(tmp_path))
    before = {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}
    for changed in ({"steps": 40}, {"fresh": True}):
        with (
            locked_folder(folders(tmp_path).checkpoints),
            pytest.raises(InputError, match="one run at a time, received .*gan, which is in use"),
        ):
            gan.run(settings(**changed), folders(tmp_path))
        assert {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()} == before
    gan.run(settings(steps=40), folders(tmp_path))


def test_a_finished_run_goes_on_with_more_steps_and_is_put_aside_by_fresh(tmp_path, capsys):
    gan.run(settings(), folders(tmp_path))
    capsys.readouterr()
    gan.run(settings(), folders(tmp_path))
    message = capsys.readouterr().out
    assert "is finished: 40 iterations are done" in message and "--steps" in message and "--fresh" in message

    gan.run(settings(steps=60), folders(tmp_path))
    assert [path.rpartition("-")[2] for path in checkpoints_in(folders(tmp_path).checkpoints)] == [
        "20",
        "40",
        "60",
    ]
    first = images_in(tmp_path)
    assert {f"{n:03d}.png" for n in range(4)} < set(first)

    gan.run(settings(fresh=True, seed=1), folders(tmp_path))
    aside = tmp_path / "snapshots" / "section_6_4" / "gan.1"
    assert {path.name: path.read_bytes() for path in aside.glob("*.png")} == first
    assert len(checkpoints_in(tmp_path / "checkpoints" / "section_6_4" / "gan.1")) == 3
    assert images_in(tmp_path)["000.png"] != first["000.png"]


def test_logs_whose_checkpoints_are_gone_are_put_aside(tmp_path, capsys):
    gan.run(settings(), folders(tmp_path))
    for path in folders(tmp_path).checkpoints.iterdir():
        path.unlink()
    gan.run(settings(), folders(tmp_path))
    aside = tmp_path / "snapshots" / "section_6_4" / "gan.1"
    assert f"is now in {aside}" in capsys.readouterr().out
    assert read_losses(aside) == read_losses(folders(tmp_path).snapshots)


@pytest.mark.parametrize("changed", [{"seed": 3}, {"batch_size": 33}, {"log_every": 20}])
def test_other_settings_than_the_checkpoints_are_refused(tmp_path, changed):
    gan.run(settings(steps=20), folders(tmp_path))
    before = {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}
    ((name, value),) = changed.items()
    with pytest.raises(InputError, match=f"{name} must be .*received {value}"):
        gan.run(settings(**changed), folders(tmp_path))
    assert {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()} == before


def test_other_data_than_the_checkpoints_are_refused(tmp_path, digits):
    gan.run(settings(steps=20), folders(tmp_path))
    with np.load(digits) as file:
        arrays = dict(file)
    arrays["x_train"] = arrays["x_train"].copy()
    arrays["x_train"][-1, 0, 0] ^= 1
    np.savez(tmp_path / "other.npz", **arrays)
    with pytest.raises(InputError, match="data must be"):
        gan.run(settings(data=tmp_path / "other.npz"), folders(tmp_path))


def test_a_batch_larger_than_the_data_is_refused_and_nothing_is_written(tmp_path):
    with pytest.raises(InputError, match="4125 images, received 4126"):
        gan.run(settings(batch_size=4126), folders(tmp_path))
    assert list(tmp_path.iterdir()) == []


def test_losses_that_are_not_finite_stop_the_run_at_their_iteration(tmp_path, monkeypatch):
    gan.run(settings(), folders(tmp_path))
    noise = GAN.noise

    def noise_that_breaks(self, player):
        return tf.where(self.iteration < 50, noise(self, player), np.inf)

    monkeypatch.setattr(GAN, "noise", noise_that_breaks)
    with pytest.raises(RunError, match="losses must be finite, received .* at iteration 51"):
        gan.run(settings(steps=100), folders(tmp_path))
    assert [path.rpartition("-")[2] for path in checkpoints_in(folders(tmp_path).checkpoints)] == ["20", "40"]
    losses = read_losses(folders(tmp_path).snapshots)
    assert losses["iteration"][-1] == 50 and all(np.isfinite(losses[tag]).all() for tag in LOSSES)


@pytest.mark.parametrize("place", ["/proc/chapter6", "/dev/null"])
def test_a_place_that_cannot_be_written_is_one_line_and_status_2(place):
    status, message, faults = finish(place, "--steps=20")
    assert status == 2
    assert faults.count("\n") == 1 and place in faults and "Traceback" not in faults


def test_a_disk_that_fills_up_is_one_line_and_keeps_the_checkpoints(tmp_path):
    # No file may grow beyond 600 kB: the checkpoints fit, the event file at some point does not.
    status, message, faults = finish(tmp_path, "--steps=100000", RLIMIT_FSIZE=600_000)
    assert status == 2
    assert faults.count("\n") == 1 and "event file could not be written" in faults
    saved = checkpoints_in(folders(tmp_path).checkpoints)
    assert len(saved) > 2 and not any(map(corruption_error, saved))
    assert message.count("The checkpoint has been created.") == len(saved)


def test_few_digits_are_told_to_be_few(tmp_path, digits, capsys):
    gan.run(settings(steps=1), folders(tmp_path))
    assert "may collapse" not in capsys.readouterr().out
    with np.load(digits) as file:
        np.savez(tmp_path / "few.npz", **{name: file[name][:4000] for name in file})
    gan.run(settings(steps=1, data=tmp_path / "few.npz"), folders(tmp_path / "few"))
    assert "may collapse" in capsys.readouterr().out
    assert os.listdir(folders(tmp_path / "few").checkpoints)


@pytest.mark.parametrize(
    ("accuracy", "verdict"),
    [(0.96, "does not hold"), (0.57, "does not hold"), (0.55, "holds"), (0.4, "holds")],
)
def test_the_verdict_is_whether_a_fresh_discriminator_tells_more_than_on_training_digits(accuracy, verdict):
    d_loss = [0.1] * 2 + [9.0] * 16 + [1.3] * 2
    losses = {"iteration": range(100, 2100, 100), "d_loss": d_loss, "g_loss": [7.0] * 18 + [2.0] * 2}
    losses |= {"dreal_loss": [1.0] * 18 + [3.0] * 2, "dfake_loss": [4.0] * 18 + [5.0] * 2}
    discriminations = Discrimination(accuracy, 0.008, 0.3), Discrimination(0.54, 0.008, 0.001)
    finding = gan._make_finding(losses, discriminations, ())
    assert finding.verdict == verdict
    table = finding.table.set_index("measure").T
    names = ["up to iteration", "D's loss (nats)", "on real digits", "on fakes", "G's loss (nats)"]
    assert table.loc["first tenth", names].tolist() == pytest.approx([200, 0.1, 1.0, 4.0, 7.0])
    assert table.loc["last tenth", names].tolist() == pytest.approx([2000, 1.3, 3.0, 5.0, 2.0])
    # The cross-entropy of a D that says 1/2 is log 2 on either half.
    log_2 = np.log(2)
    assert table.loc["D can only guess", names[1:]].tolist() == pytest.approx([2 * log_2, *[log_2] * 3])
    measured = ["accuracy of a fresh discriminator (%)", "standard error", "JSD, at least (nats)"]
    assert table.loc["last tenth", measured].tolist() == pytest.approx([100 * accuracy, 0.8, 0.3])
    others = table.loc["training digits", measured]
    assert others.tolist() == pytest.approx([54, 0.8, 0.001])
    assert f"{accuracy:.0%}" in str(finding.short) and "54%" in str(finding.short)
