"""``sample``, ``history`` and ``export`` of a run, and of the checkpoint that comes with the program."""

import os
import subprocess
import sys

import numpy as np
import pytest
from PIL import Image

from chapter6.artifacts import Folders
from chapter6.errors import InputError
from chapter6.gan.checkpoints import PRETRAINED, checkpoints_in, open_generator
from chapter6.section_6_4 import export, gan, history, sample


def folders(output, name):
    return Folders.of("section_6_4", name, output)


@pytest.fixture(scope="module")
def trained(tmp_path_factory, digits, compiled_gans):
    """The folder of a short run."""
    output = tmp_path_factory.mktemp("trained")
    settings = gan.Settings(
        steps=40, batch_size=16, hidden_units=8, latent_dim=6, data=digits, log_every=10, checkpoint_every=20
    )
    gan.run(settings, folders(output, "gan"))
    return output


def sampled(output, **settings):
    sample.run(sample.Settings(**settings), folders(output, "sample"))
    return np.load(folders(output, "sample").snapshots / "samples.npy")


def test_sample_writes_a_grid_and_an_array(trained):
    samples = sampled(trained, count=50)
    assert samples.shape == (50, 28, 28) and samples.dtype == np.float32
    assert samples.min() > 0 and samples.max() < 1
    with Image.open(folders(trained, "sample").snapshots / "samples.png") as grid:
        assert grid.size[0] == pytest.approx(grid.size[1], abs=20)


def test_samples_follow_from_checkpoint_and_seed(trained):
    newest = sampled(trained)
    assert np.array_equal(newest, sampled(trained))
    assert not np.array_equal(newest, sampled(trained, seed=1))
    first, last = checkpoints_in(folders(trained, "gan").checkpoints)
    assert np.array_equal(newest, sampled(trained, checkpoint=last))
    assert not np.array_equal(newest, sampled(trained, checkpoint=first))


def test_sample_of_no_checkpoint_is_refused(trained, tmp_path):
    with pytest.raises(InputError, match="received .*model-9"):
        sampled(tmp_path, checkpoint=tmp_path / "model-9")
    assert list(tmp_path.iterdir()) == []


def test_the_checkpoint_that_comes_along_is_sampled_before_any_training(tmp_path):
    samples = sampled(tmp_path)
    assert samples.shape == (16, 28, 28)
    assert np.array_equal(samples, sampled(tmp_path, checkpoint=checkpoints_in(PRETRAINED)[-1]))
    # Digits: mostly background, with full strokes.
    assert np.mean(samples < 0.1) > 0.6 and np.mean(samples > 0.9) > 0.03


def test_history_draws_figure_6_12_again(trained, capsys):
    history.run(history.Settings(), folders(trained, "history"))
    ours, runs = folders(trained, "history").snapshots, folders(trained, "gan").snapshots
    for name in ("figure_6_12.png", "figure_6_12.csv"):
        assert (ours / name).read_bytes() == (runs / name).read_bytes()
    assert "4 logged losses up to iteration 40" in capsys.readouterr().out


def test_history_of_an_empty_folder_is_refused(tmp_path):
    with pytest.raises(InputError, match=f"received {tmp_path}"):
        history.run(history.Settings(run=tmp_path), folders(tmp_path / "out", "history"))
    assert list(tmp_path.iterdir()) == []


def test_exported_generator_opens_without_this_package(trained, tmp_path):
    export.run(export.Settings(), folders(trained, "export"))
    file = folders(trained, "export").checkpoints / "generator.keras"
    noise = np.random.default_rng(0).uniform(-1, 1, (5, 6)).astype(np.float32)
    np.save(tmp_path / "noise.npy", noise)
    code = (
        "import sys, keras, numpy as np\n"
        f"generator = keras.models.load_model({str(file)!r})\n"
        "np.save('images.npy', generator.predict_on_batch(np.load('noise.npy')))\n"
        "assert not any(name.startswith('chapter6') for name in sys.modules)\n"
    )
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    subprocess.run([sys.executable, "-I", "-c", code], cwd=tmp_path, env=environment, check=True)
    generator, _, _ = open_generator(checkpoints_in(folders(trained, "gan").checkpoints)[-1])
    np.testing.assert_allclose(np.load(tmp_path / "images.npy"), generator(noise), atol=1e-6)
