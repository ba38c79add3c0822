"""The doctor finds each fault, really provoked, says what to do, and ends with status 1."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from chapter6 import language, mnist_sources
from chapter6.runner import doctor
from chapter6.runner.chapter import main
from chapter6.runner.doctor import FAULT, INSTALL, OK, WARNING, Check

ROOT = Path(__file__).parents[2]


@pytest.fixture
def without_imports(monkeypatch):
    monkeypatch.setattr(doctor, "imports", lambda: Check(OK, "imports", "left out"))


def distribution(folder, name, version, *lines):
    """Put the metadata of a distribution into a folder, as pip does."""
    metadata = folder / f"{name.replace('-', '_')}-{version}.dist-info" / "METADATA"
    metadata.parent.mkdir()
    metadata.write_text("\n".join(["Metadata-Version: 2.1", f"Name: {name}", f"Version: {version}", *lines]))


def status_of(*words):
    try:
        main(["doctor", *words])
    except SystemExit as ended:
        return ended.code
    finally:
        language.choose(["--language", "en"])
    return 0


def test_a_machine_on_which_the_tests_run_is_well(capsys, tmp_path, digits):
    assert status_of("--output", str(tmp_path)) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[-1] == "15 checks, 0 faults, 0 warnings."
    report = "\n".join(lines)
    for subject in ("Python", "keras-tuner", "imports", "MNIST", "checkpoints/"):
        assert f"\nok       {subject} " in f"\n{report}"
    assert "4,125 + 375 + 500 digits" in report
    assert list(tmp_path.iterdir()) == []


def test_a_fault_is_status_1_and_a_warning_is_not(without_imports, capsys, tmp_path, monkeypatch):
    monkeypatch.setattr(sys, "version_info", (3, 14, 0))
    assert status_of("--output", str(tmp_path)) == 0
    assert "0 faults, 1 warnings" in capsys.readouterr().out
    assert status_of("--output", str(tmp_path), "--data", str(tmp_path / "nowhere")) == 1
    assert "1 faults, 1 warnings" in capsys.readouterr().out


def test_every_line_has_80_columns_at_most(without_imports, capsys, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(mnist_sources, "keras_host_answers", lambda: False)
    monkeypatch.delenv("CHAPTER6_DATA")
    monkeypatch.setenv("KERAS_HOME", str(tmp_path))
    status_of()
    lines = capsys.readouterr().out.splitlines()
    # A path is not broken.
    assert max(len(line) for line in lines if str(tmp_path) not in line) <= 80


@pytest.mark.parametrize("words", [["--outptu", "x"], ["more"], ["--data", ""]])
def test_words_that_it_does_not_know(words, capsys):
    assert status_of(*words) == 2
    assert len(capsys.readouterr().err.splitlines()) == 1


def test_a_language_is_taken(without_imports, capsys, tmp_path):
    assert status_of("--language", "zh", "--output", str(tmp_path)) == 0


@pytest.mark.parametrize(("version", "state"), [((3, 11, 0), OK), ((3, 13, 9), OK), ((3, 14, 0), WARNING)])
def test_python(version, state, monkeypatch):
    monkeypatch.setattr(sys, "version_info", version)
    check = doctor.python()
    assert check.state == state
    assert bool(check.remedy) == (state != OK)


def test_a_version_outside_its_range(tmp_path, monkeypatch):
    distribution(tmp_path, "keras", "2.15.0")
    distribution(tmp_path, "keras-tuner", "1.4.99")
    monkeypatch.syspath_prepend(tmp_path)
    checks = {check.subject: check for check in doctor.requirements()}
    lines = (ROOT / "requirements.txt").read_text(encoding="utf-8").splitlines()
    assert list(checks) == [re.match(r"[\w-]+", line)[0] for line in lines]
    keras = checks.pop("keras")
    assert (keras.state, keras.remedy) == (FAULT, INSTALL) and keras.found.startswith("2.15.0 (")
    assert {check.state for check in checks.values()} == {OK}
    assert checks["keras-tuner"].found.startswith("1.4.99 (")


def test_nothing_is_installed(tmp_path):
    # -S leaves out the folder into which pip installs.
    finished = subprocess.run(
        [sys.executable, "-S", "-m", "chapter6", "doctor"],
        capture_output=True,
        text=True,
        cwd=tmp_path,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
    )
    assert (finished.returncode, finished.stderr) == (1, "")
    assert f"-> {INSTALL}" in finished.stdout
    assert finished.stdout.endswith("4 checks, 1 faults, 0 warnings.\n")


def test_the_installed_package_names_the_requirements_where_there_is_no_checkout(tmp_path, monkeypatch):
    extra = 'Requires-Dist: ruff~=0.17.0; extra == "test"'
    distribution(tmp_path, "chapter6", "9.9", "Requires-Dist: no-such-thing~=1.0", extra)
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setattr(doctor, "CHECKOUT", tmp_path)
    assert [*doctor.requirements()] == [Check(FAULT, "no-such-thing", "not installed (~=1.0)", INSTALL)]


@pytest.mark.parametrize(
    ("variables", "found", "remedy"),
    [
        ({"KERAS_BACKEND": "jax"}, "KERAS_BACKEND must be tensorflow", "change that setting"),
        ({"XLA_FLAGS": "--xla_no_such_flag=1"}, "--xla_no_such_flag=1", "unset XLA_FLAGS"),
        ({"XLA_FLAGS": "no_such_file"}, "XLA_FLAGS must be flags or a file", "unset XLA_FLAGS"),
    ],
)
def test_variables_that_end_every_run(variables, found, remedy, monkeypatch):
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    if "XLA_FLAGS" not in variables:
        monkeypatch.delenv("XLA_FLAGS")
    check = doctor.imports()
    assert (check.state, check.subject) == (FAULT, "imports")
    assert found in str(check.found) and remedy in str(check.remedy)


def test_a_package_that_is_broken(tmp_path, monkeypatch):
    (tmp_path / "mlxtend.py").write_text("raise OSError('broken for this test')")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    monkeypatch.delenv("XLA_FLAGS")
    check = doctor.imports()
    assert check == Check(FAULT, "imports", "OSError: broken for this test", INSTALL)


def test_data_that_are_given_and_damaged(tmp_path, digits):
    damaged = tmp_path / "mnist.npz"
    damaged.write_bytes(digits.read_bytes()[:1000])
    check = doctor.mnist(damaged)
    assert check.state == FAULT
    assert str(damaged) in str(check.found) and "--data" in str(check.remedy)


def test_a_damaged_cache_is_fetched_again_and_so_a_warning(tmp_path, digits, monkeypatch, capfd):
    cache = tmp_path / "datasets" / "mnist.npz"
    cache.parent.mkdir()
    shutil.copy(digits, cache)
    monkeypatch.delenv("CHAPTER6_DATA")
    monkeypatch.setenv("KERAS_HOME", str(tmp_path))
    check = doctor.mnist()
    assert check.state == WARNING
    assert "checksums" in str(check.found)
    cache.write_bytes(b"not an archive")
    assert doctor.mnist().state == WARNING
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize(("answers", "state"), [(True, OK), (False, WARNING)])
def test_data_that_are_still_to_be_fetched(answers, state, tmp_path, monkeypatch):
    monkeypatch.delenv("CHAPTER6_DATA")
    monkeypatch.setenv("KERAS_HOME", str(tmp_path))
    monkeypatch.setattr(mnist_sources, "keras_host_answers", lambda: answers)
    check = doctor.mnist()
    assert (check.state, bool(check.remedy)) == (state, not answers)
    assert str(check.found).startswith("not here yet")
    assert list(tmp_path.iterdir()) == []


def test_the_cache_is_named_where_it_is_used(tmp_path, digits, monkeypatch):
    cache = tmp_path / "datasets" / "mnist.npz"
    cache.parent.mkdir()
    shutil.copy(digits, cache)
    monkeypatch.delenv("CHAPTER6_DATA")
    monkeypatch.setenv("KERAS_HOME", str(tmp_path))
    monkeypatch.setattr(mnist_sources, "matches_mnist", lambda arrays: True)
    check = doctor.mnist()
    assert check.state == OK and str(check.found).endswith(str(cache))


def test_a_file_in_place_of_a_folder(tmp_path):
    (tmp_path / "snapshots").touch()
    check = doctor.writable(tmp_path / "snapshots")
    assert check.state == FAULT
    assert f"move {tmp_path / 'snapshots'}" in str(check.remedy) and "--output" in str(check.remedy)


def test_a_link_that_leads_nowhere(tmp_path):
    (tmp_path / "snapshots").symlink_to(tmp_path / "nowhere")
    assert doctor.writable(tmp_path / "snapshots").state == FAULT


@pytest.mark.skipif(not Path("/proc/self").is_dir(), reason="/proc, where nobody can write, is Linux'")
def test_a_folder_in_which_nothing_can_be_made():
    check = doctor.writable(Path("/proc/self/snapshots"))
    assert check.state == FAULT
    assert "permissions of /proc/self" in str(check.remedy)


@pytest.mark.skipif(os.geteuid() == 0, reason="root writes where permissions forbid it")
def test_a_folder_that_may_not_be_written(tmp_path):
    tmp_path.chmod(0o500)
    check = doctor.writable(tmp_path / "snapshots")
    tmp_path.chmod(0o700)
    assert check.state == FAULT and "Permission denied" in str(check.found)


def test_a_folder_that_can_be_written_stays_empty(tmp_path):
    assert doctor.writable(tmp_path / "new" / "snapshots").state == OK
    assert list(tmp_path.iterdir()) == []
