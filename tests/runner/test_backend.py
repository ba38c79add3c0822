"""Whatever the settings of Keras and XLA are, the programs compute the same, or say in one line why not."""

import json
import os
import subprocess
import sys
from pathlib import Path

import keras
import pytest

from chapter6.errors import InputError
from chapter6.runner import backend
from chapter6.runner.backend import VECTOR_WIDTH, import_tensorflow

ROOT = Path(__file__).parents[2]
PROGRAM = """
import numpy as np
from chapter6.runner.backend import import_tensorflow
import_tensorflow()
import keras
from chapter6.section_6_3 import lateral
layer = keras.layers.Conv2D(2, 3, kernel_initializer=keras.initializers.GlorotUniform(0))
print(layer(np.ones((1, 5, 5, 1))).numpy().sum(), layer.kernel.dtype, keras.config.image_data_format())
policy = keras.config.dtype_policy().name
print(keras.config.floatx(), keras.config.epsilon(), policy, keras.backend.backend())
"""


def started(folder, settings=None, **variables):
    """Start the program with a ``keras.json`` of these settings."""
    folder.mkdir()
    if settings is not None:
        text = settings if isinstance(settings, str) else json.dumps(settings)
        (folder / "keras.json").write_text(text)
    environment = {name: value for name, value in os.environ.items() if name != "KERAS_BACKEND"}
    environment |= {"KERAS_HOME": str(folder), "PYTHONPATH": str(ROOT), **variables}
    return subprocess.Popen(
        [sys.executable, "-c", PROGRAM],
        env=environment,
        text=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )


@pytest.mark.slow
def test_settings_of_keras_change_nothing(tmp_path):
    other = {"floatx": "float16", "image_data_format": "channels_first", "epsilon": 0.1, "backend": "jax"}
    processes = [
        started(tmp_path / "other", other),
        started(tmp_path / "torn", '{"floatx"', KERAS_MAX_EPOCHS="1"),
    ]
    outputs = [process.communicate(timeout=120) for process in processes]
    assert outputs[0] == outputs[1]
    printed, errors = outputs[0]
    assert errors == ""
    (total, *words), second = (line.split() for line in printed.splitlines())
    kernel = keras.initializers.GlorotUniform(0)((3, 3, 1, 2)).numpy()
    # Of an image of ones every place of the 3x3 that the kernel fits into has its sum.
    assert float(total) == pytest.approx(9 * kernel.sum(), rel=1e-5)
    assert words == ["float32", "channels_last"]
    assert second == ["float32", "1e-07", "float32", "tensorflow"]


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"floatx": "float8"}, "keras.json must hold settings that Keras takes, received"),
        (["floatx"], "keras.json"),
    ],
)
def test_settings_that_keras_refuses_are_one_line(settings, message, tmp_path):
    process = started(tmp_path / "home", settings)
    _, errors = process.communicate(timeout=120)
    assert process.returncode == 1
    assert errors.splitlines()[-1].startswith("chapter6.errors.InputError: ") and message in errors


def test_another_backend_in_the_environment_is_refused(monkeypatch):
    monkeypatch.setenv("KERAS_BACKEND", "jax")
    with pytest.raises(InputError, match="KERAS_BACKEND must be tensorflow or unset, received jax"):
        import_tensorflow()


@pytest.mark.parametrize(
    ("given", "version", "expected"),
    [
        ("", (2, 21), f"{VECTOR_WIDTH}=512"),
        ("--xla_dump_to=here", (2, 20), f"--xla_dump_to=here {VECTOR_WIDTH}=512"),
        (f"{VECTOR_WIDTH}=256", (2, 21), f"{VECTOR_WIDTH}=256"),
        ("--xla_dump_to=here", (2, 99), "--xla_dump_to=here"),
        ("", None, ""),
        ("FILE", (2, 21), f"--xla_dump_to=there --xla_dump_hlo_as_text {VECTOR_WIDTH}=512"),
    ],
)
def test_the_vector_width_joins_the_users_flags_where_xla_knows_it(
    given, version, expected, monkeypatch, tmp_path
):
    if given == "FILE":
        given = str(tmp_path / "flags")
        Path(given).write_text("--xla_dump_to=there\n--xla_dump_hlo_as_text\n")
    monkeypatch.setenv("XLA_FLAGS", given)
    monkeypatch.setattr(backend, "_tensorflow_version", lambda: version)
    import_tensorflow()
    assert os.environ["XLA_FLAGS"] == expected


def test_a_file_of_flags_that_is_not_text_is_refused(monkeypatch, tmp_path):
    (tmp_path / "flags").write_bytes(b"\xff\xfe")
    monkeypatch.setenv("XLA_FLAGS", str(tmp_path / "flags"))
    with pytest.raises(InputError, match=r"XLA_FLAGS must be .*, received .*flags \(not text\)"):
        import_tensorflow()


def test_a_file_of_flags_that_is_not_there_is_refused(monkeypatch):
    monkeypatch.setenv("XLA_FLAGS", "nowhere")
    with pytest.raises(InputError, match="XLA_FLAGS must be flags or a file of flags, received nowhere"):
        import_tensorflow()
