"""The doctor finds each fault, really provoked, says what to do, and ends with status 1."""

import os
import shutil
import subprocess
import sys
from collections import namedtuple
from pathlib import Path

import numpy as np
import pytest

from chapter6 import datasets
from chapter6.runner import doctor
from chapter6.runner.doctor import INSTALL, State

ROOT = Path(__file__).parents[2]
Usage = namedtuple("Usage", "total used free")


@pytest.fixture
def without_imports(monkeypatch):
    monkeypatch.setattr(doctor, "imports", lambda: iter(()))


def distribution(folder, name, version, *lines):
    """Put the metadata of a distribution into a folder, as pip does."""
    metadata = folder / f"{name.replace('-', '_')}-{version}.dist-info" / "METADATA"
    metadata.parent.mkdir()
    metadata.write_text("\n".join(["Metadata-Version: 2.1", f"Name: {name}", f"Version: {version}", *lines]))


def by_subject(checks):
    return {check.subject: check for check in checks}


def test_a_machine_on_which_the_tests_run_is_well(capsys, tmp_path, digits, monkeypatch):
    monkeypatch.setattr(shutil, "disk_usage", lambda path: Usage(10**12, 0, 10**12))
    doctor.main(["--output", str(tmp_path)])
    lines = capsys.readouterr().out.splitlines()
    assert [line for line in lines if line.startswith("fault")] == []
    assert lines[-1].endswith(" checks, 0 faults, 0 warnings.")
    told = "\n".join(lines)
    for subject in ("Python", "keras-tuner", "TensorFlow", "Keras", "TensorBoard", "MNIST", "checkpoints/"):
        assert f"\nok       {subject} " in f"\n{told}"
    assert "4,125 + 375 + 500 digits" in told
    assert list(tmp_path.iterdir()) == []


def test_a_fault_is_status_1_and_a_warning_is_not(without_imports, capsys, tmp_path, monkeypatch):
    (tmp_path / "snapshots").mkdir()
    (tmp_path / "snapshots" / ".unfinished-abc.png").touch()
    doctor.main(["--output", str(tmp_path)])
    assert "0 faults, 1 warnings" in capsys.readouterr().out
    monkeypatch.setenv("CHAPTER6_DATA", str(tmp_path / "nowhere"))
    with pytest.raises(SystemExit) as ended:
        doctor.main(["--output", str(tmp_path)])
    assert ended.value.code == 1
    assert "1 faults, 1 warnings" in capsys.readouterr().out


def test_every_line_has_80_columns_at_most(without_imports, capsys, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(datasets, "keras_host_answers", lambda: False)
    monkeypatch.delenv("CHAPTER6_DATA")
    monkeypatch.setenv("KERAS_HOME", str(tmp_path))
    doctor.main([])
    lines = capsys.readouterr().out.splitlines()
    # A path is not broken.
    assert max(len(line) for line in lines if str(tmp_path) not in line) <= 80


@pytest.mark.parametrize("arguments", [["--outptu", "x"], ["more"], ["--data", ""]])
def test_words_that_it_does_not_know(arguments, capsys):
    with pytest.raises(SystemExit) as ended:
        doctor.main(arguments)
    assert ended.value.code == 2
    assert len(capsys.readouterr().err.splitlines()) == 1


@pytest.mark.parametrize(
    ("version", "state"),
    [
        ((3, 10, 14), State.FAULT),
        ((3, 11, 0), State.OK),
        ((3, 13, 9), State.OK),
        ((3, 14, 0), State.WARNING),
    ],
)
def test_python(version, state, monkeypatch):
    monkeypatch.setattr(sys, "version_info", version)
    check = doctor.python()
    assert check.state == state
    assert bool(check.remedy) == (state != State.OK)


def test_a_version_outside_its_range(tmp_path, monkeypatch):
    distribution(tmp_path, "keras", "3.14.9")
    distribution(tmp_path, "keras-tuner", "1.4.99")
    monkeypatch.syspath_prepend(tmp_path)
    checks = by_subject(doctor.requirements())
    assert checks.keys() == {"tensorflow", "keras", "tensorboard", "keras-tuner", "matplotlib", "mlxtend"}
    assert checks.pop("keras") == doctor.Check(State.FAULT, "keras", "3.14.9 (~=3.15)", INSTALL)
    assert {check.state for check in checks.values()} == {State.OK}
    assert checks["keras-tuner"].found == "1.4.99 (~=1.4.8)"


def test_nothing_is_installed(tmp_path):
    program = "from chapter6.runner import doctor; print(*doctor.requirements(), doctor.mnist(), sep='\\n')"
    # -S leaves out the folder into which pip installs.
    told = subprocess.run(
        [sys.executable, "-S", "-c", f"import sys; sys.path.insert(0, {str(ROOT)!r}); {program}"],
        capture_output=True,
        text=True,
        check=True,
        cwd=tmp_path,
    ).stdout
    assert told.count("fault ") == told.count(f"-> {INSTALL}") == 2
    assert "cannot be looked for: No module named 'numpy'" in told


def test_one_requirement_is_not_installed(monkeypatch):
    monkeypatch.setattr(doctor, "_metadata", lambda: {"dependencies": ["no-such-thing~=1.0", "numpy"]})
    missing, numpy = doctor.requirements()
    assert (missing.state, missing.found, missing.remedy) == (State.FAULT, "not installed (~=1.0)", INSTALL)
    assert numpy.state == State.OK


def test_requirements_of_the_installed_package_stand_in_for_the_checkout_s(tmp_path, monkeypatch):
    lines = [line.partition("#")[0].strip() for line in (ROOT / "requirements.txt").read_text().splitlines()]
    wanted = [f"Requires-Dist: {line}" for line in lines]
    extra = 'Requires-Dist: ruff~=0.17.0; extra == "test"'
    distribution(tmp_path, "chapter6", "9.9", "Requires-Python: >=3.11", *wanted, extra)
    monkeypatch.syspath_prepend(tmp_path)
    of_the_checkout = doctor._metadata()
    monkeypatch.setattr(doctor, "CHECKOUT", tmp_path)
    assert doctor._metadata() == of_the_checkout == {"requires-python": ">=3.11", "dependencies": lines}


@pytest.fixture
def keras_home(tmp_path, monkeypatch):
    """Have Keras look for its settings in a folder that has none."""
    monkeypatch.delenv("KERAS_BACKEND", raising=False)
    monkeypatch.setenv("KERAS_HOME", str(tmp_path))
    return tmp_path


@pytest.mark.parametrize("backend", ["jax", "numpy", "torch", "no-such-backend"])
def test_keras_is_to_compute_with_another_backend(backend, keras_home, monkeypatch):
    monkeypatch.setenv("KERAS_BACKEND", backend)
    check = doctor._keras()
    assert check.state == State.FAULT
    assert backend in check.found and check.remedy == f"unset KERAS_BACKEND, now {backend!r}"


def test_keras_own_settings_name_another_backend(keras_home, monkeypatch):
    settings = keras_home / "keras.json"
    settings.write_text('{"backend": "jax"}')
    check = doctor._keras()
    assert check.state == State.FAULT
    assert "jax" in check.found and str(settings) in check.remedy
    # The environment has the last word.
    monkeypatch.setenv("KERAS_BACKEND", "tensorflow")
    assert doctor._keras().state == State.OK


@pytest.mark.parametrize("text", ["{}", '{"floatx": "float32"}', '{"backend"', None])
def test_keras_own_settings_name_no_backend(text, keras_home):
    if text is not None:
        (keras_home / "keras.json").write_text(text)
    assert doctor._keras().state == State.OK


def test_keras_and_tensorboard_are_broken(tmp_path, keras_home, monkeypatch):
    (tmp_path / "tensorboard").mkdir()
    (tmp_path / "tensorboard" / "__init__.py").touch()
    # Keras' import needs it for this backend, and it is not on every machine.
    (tmp_path / "jax.py").write_text("raise ModuleNotFoundError('broken for this test')")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    monkeypatch.setenv("KERAS_BACKEND", "jax")
    tensorflow, keras, tensorboard = doctor.imports()
    assert tensorflow.state == State.OK
    assert keras.state == State.FAULT
    assert "jax" in keras.found and "KERAS_BACKEND" in keras.remedy
    assert tensorboard.state == State.FAULT
    assert "tensorboard.main" in tensorboard.found and tensorboard.remedy == INSTALL


def test_a_flag_that_xla_does_not_know_ends_tensorflow(monkeypatch):
    monkeypatch.setenv("XLA_FLAGS", "--xla_no_such_flag=1")
    (check,) = doctor.imports()
    assert (check.state, check.subject) == (State.FAULT, "TensorFlow")
    assert "--xla_no_such_flag=1" in check.found
    assert "unset XLA_FLAGS" in check.remedy


def test_data_that_are_given_and_damaged(tmp_path, digits):
    damaged = tmp_path / "mnist.npz"
    damaged.write_bytes(digits.read_bytes()[:1000])
    check = doctor.mnist(damaged)
    assert check.state == State.FAULT
    assert str(damaged) in check.found and "--data" in check.remedy


def test_a_damaged_cache_is_fetched_again_and_so_a_warning(tmp_path, digits, monkeypatch, capfd):
    cache = tmp_path / "datasets" / "mnist.npz"
    cache.parent.mkdir()
    shutil.copy(digits, cache)
    monkeypatch.delenv("CHAPTER6_DATA")
    monkeypatch.setenv("KERAS_HOME", str(tmp_path))
    check = doctor.mnist()
    assert check.state == State.WARNING
    assert "checksums" in check.found and f"remove {cache}" in check.remedy
    cache.write_bytes(b"not an archive")
    assert doctor.mnist().state == State.WARNING
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize(("answers", "state"), [(True, State.OK), (False, State.WARNING)])
def test_data_that_are_still_to_be_fetched(answers, state, tmp_path, monkeypatch):
    monkeypatch.delenv("CHAPTER6_DATA")
    monkeypatch.setenv("KERAS_HOME", str(tmp_path))
    monkeypatch.setattr(datasets, "keras_host_answers", lambda: answers)
    check = doctor.mnist()
    assert (check.state, bool(check.remedy)) == (state, not answers)
    assert check.found.startswith("not here yet")
    assert list(tmp_path.iterdir()) == []


def test_the_cache_is_named_where_it_is_used(tmp_path, digits, monkeypatch):
    cache = tmp_path / "datasets" / "mnist.npz"
    cache.parent.mkdir()
    shutil.copy(digits, cache)
    monkeypatch.delenv("CHAPTER6_DATA")
    monkeypatch.setenv("KERAS_HOME", str(tmp_path))
    monkeypatch.setattr(datasets, "_matches_mnist", lambda arrays: True)
    check = doctor.mnist()
    assert check.state == State.OK and check.found.endswith(str(cache))


def test_a_file_in_place_of_a_folder(tmp_path):
    (tmp_path / "snapshots").touch()
    check = doctor.writable(tmp_path / "snapshots")
    assert check.state == State.FAULT
    assert f"move {tmp_path / 'snapshots'}" in check.remedy and "--output" in check.remedy


def test_a_link_that_leads_nowhere(tmp_path):
    (tmp_path / "snapshots").symlink_to(tmp_path / "nowhere")
    assert doctor.writable(tmp_path / "snapshots").state == State.FAULT
    assert doctor.disk_space(tmp_path / "snapshots").found.endswith(str(tmp_path))


@pytest.mark.skipif(not Path("/proc/self").is_dir(), reason="/proc, where nobody can write, is Linux'")
def test_a_folder_in_which_nothing_can_be_made():
    check = doctor.writable(Path("/proc/self/snapshots"))
    assert check.state == State.FAULT
    assert "permissions of /proc/self" in check.remedy


@pytest.mark.skipif(os.geteuid() == 0, reason="root writes where permissions forbid it")
def test_a_folder_that_may_not_be_written(tmp_path):
    tmp_path.chmod(0o500)
    check = doctor.writable(tmp_path / "snapshots")
    tmp_path.chmod(0o700)
    assert check.state == State.FAULT and "Permission denied" in check.found


def test_a_folder_that_can_be_written_stays_empty(tmp_path):
    assert doctor.writable(tmp_path / "new" / "snapshots").state == State.OK
    assert list(tmp_path.iterdir()) == []


def test_what_killed_writers_left(tmp_path, monkeypatch):
    snapshots, checkpoints, temporary = (tmp_path / name for name in ("snapshots", "checkpoints", "tmp"))
    monkeypatch.setattr(doctor.tempfile, "tempdir", str(temporary))
    for file in (
        snapshots / "section_6_1" / "sparse" / "output.png",
        checkpoints / "section_6_4" / "gan" / "model-100.index",
        temporary / "chapter6-of-somebody",
    ):
        file.parent.mkdir(parents=True)
        file.touch()
    folders = [snapshots, checkpoints, temporary, tmp_path / "nowhere"]
    assert doctor.leftovers(folders).state == State.OK

    program = f"""
import os
from chapter6.artifacts import written_beside
with written_beside({str(snapshots / "section_6_3" / "adam.png")!r}) as path:
    path.write_bytes(bytes(3 * 10**6))
    os._exit(9)
"""
    subprocess.run([sys.executable, "-c", program], cwd=ROOT)
    litter = [
        *(snapshots / "section_6_3").iterdir(),
        checkpoints / "section_6_4" / "gan" / "model-200_temp",
        checkpoints / "section_6_4" / "gan" / "checkpoint.tmp0123",
        temporary / "chapter6-mnist-abcdefgh",
    ]
    for number, folder in enumerate(litter[1:], start=2):
        check = doctor.leftovers(folders)
        assert check.found.startswith(f"{number - 1} temporary files of 3.0 MB")
        folder.mkdir()
        (folder / "part").touch()
    check = doctor.leftovers(folders)
    assert check.state == State.WARNING
    assert all(str(file) in check.found for file in litter[:3]) and check.found.endswith(" and 1 more")
    assert "remove them" in check.remedy


@pytest.mark.parametrize(
    ("free", "state"),
    [
        (0, State.FAULT),
        (199_999_999, State.FAULT),
        (200_000_000, State.WARNING),
        (999_999_999, State.WARNING),
        (10**9, State.OK),
    ],
)
def test_disk_space(free, state, tmp_path, monkeypatch):
    monkeypatch.setattr(shutil, "disk_usage", lambda path: Usage(10**12, 0, free))
    check = doctor.disk_space(tmp_path / "snapshots")
    assert (check.state, bool(check.remedy)) == (state, state != State.OK)


def test_disk_space_is_that_of_the_folder(tmp_path):
    free = float(doctor.disk_space(tmp_path).found.partition(" MB")[0].replace(",", ""))
    assert np.isclose(free, shutil.disk_usage(tmp_path).free / 1e6, rtol=0.05)
