"""The package as pip builds and installs it has all that its commands need."""

import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    """Build the wheel from a copy of the checkout, without a network."""
    pytest.importorskip("setuptools", reason="setuptools builds the wheel")
    folder = tmp_path_factory.mktemp("wheel")
    source = folder / "source"
    listed = subprocess.run(
        ["git", "ls-files", "-co", "--exclude-standard"], cwd=ROOT, capture_output=True, text=True
    )
    if listed.returncode:
        pytest.skip("not a git checkout")
    for name in listed.stdout.splitlines():
        if (ROOT / name).is_file() and not name.startswith(("tests/", "snapshots/", "notebooks/")):
            (source / name).parent.mkdir(parents=True, exist_ok=True)
            (source / name).write_bytes((ROOT / name).read_bytes())
    build = "from setuptools.build_meta import build_wheel; import sys; build_wheel(sys.argv[1])"
    built = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", build, str(folder)], cwd=source, capture_output=True, text=True
    )
    assert built.returncode == 0, built.stderr
    return next(folder.glob("*.whl"))


def test_samples_are_drawn_from_an_installed_wheel_in_another_folder(wheel, tmp_path):
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(tmp_path / "installed")
    (tmp_path / "elsewhere").mkdir()
    environment = os.environ | {"PYTHONPATH": str(tmp_path / "installed")}
    finished = subprocess.run(
        [sys.executable, "-m", "chapter6.section_6_4", "sample"],
        cwd=tmp_path / "elsewhere",
        env=environment,
        capture_output=True,
        text=True,
    )
    assert (finished.returncode, finished.stderr) == (0, "")
    assert "trained for 100,000 iterations" in finished.stdout
    assert (tmp_path / "elsewhere" / "snapshots" / "section_6_4" / "sample" / "samples.png").is_file()


def test_the_wheel_has_the_tables_and_catalogues(wheel):
    with zipfile.ZipFile(wheel) as archive:
        names = archive.namelist()
    for part in (
        "section_6_2/sweep.csv",
        "section_6_4/recipes.csv",
        "gan/pretrained/model-100000.index",
        "locale/zh_CN/LC_MESSAGES/chapter6.mo",
        "results/results.csv",
    ):
        assert f"chapter6/{part}" in names
    assert not any(name.startswith("tests/") for name in names)
