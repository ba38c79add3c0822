"""The notebooks say what the experiments say, run them, and are those in notebooks/."""

import base64
import importlib
import inspect
import subprocess
import sys
from pathlib import Path

import nbclient
import nbformat
import pytest

from chapter6 import SECTIONS
from chapter6.artifacts import Folders
from chapter6.experiment import Verdict, quick
from chapter6.runner import notebooks

ROOT = Path(__file__).parents[2]


def names_of(section):
    package = importlib.import_module(f"chapter6.{section}")
    return package.EXPERIMENTS + getattr(package, "COMMANDS", ())


@pytest.fixture(scope="module", params=SECTIONS)
def section(request):
    return request.param


@pytest.fixture(scope="module")
def written(section):
    """The section's notebook as it lies in notebooks/."""
    return nbformat.read(ROOT / "notebooks" / f"{section}.ipynb", 4)


def test_those_in_the_folder_are_up_to_date(section, written):
    made = notebooks.notebook(section)
    # A later nbformat may write a later format of the same cells.
    assert [dict(cell) for cell in written.cells] == [dict(cell) for cell in made.cells], (
        "run python -m chapter6.runner.notebooks"
    )


def test_a_notebook_is_valid_and_empty(written):
    nbformat.validate(written)
    for cell in written.cells:
        if cell.cell_type == "code":
            assert cell.outputs == [] and cell.execution_count is None


def test_a_notebook_has_the_section_s_words_in_its_order(section):
    cells = [cell for cell in notebooks.notebook(section).cells if cell.id.endswith("-claim")]
    assert [cell.id for cell in cells] == [f"{name}-claim" for name in names_of(section)]
    for name, cell in zip(names_of(section), cells, strict=True):
        module = importlib.import_module(f"chapter6.{section}.{name}")
        title, _, body = inspect.getdoc(module).partition("\n")
        assert cell.source.startswith(f"## {title.rstrip('.')}\n")
        for message in ("CLAIM", "SENTENCE"):
            assert getattr(module, message, "") in cell.source
        assert body.strip() in cell.source and f"`python -m chapter6.{section} {name}`" in cell.source


@pytest.mark.parametrize("small", [True, False])
def test_every_experiment_is_run_with_the_settings_that_the_switch_says(
    section, small, monkeypatch, tmp_path
):
    monkeypatch.chdir(ROOT / "notebooks")
    monkeypatch.setattr(sys, "path", sys.path.copy())
    ran = []
    for name in names_of(section):
        module = importlib.import_module(f"chapter6.{section}.{name}")
        wanted = quick(module.Settings) if small else module.Settings()
        expected = (wanted, Folders.of(section, name, tmp_path, small))
        monkeypatch.setattr(module, "run", lambda *given, expected=expected: ran.append(given == expected))
    namespace = {}
    for cell in notebooks.notebook(section).cells:
        if cell.cell_type == "code":
            exec(cell.source, namespace)
        if cell.id == "settings":
            assert namespace["QUICK"] is True
            namespace |= {"QUICK": small, "OUTPUT": str(tmp_path)}
    assert ran == [True] * len(names_of(section))


def test_a_small_run_shows_each_finding_and_its_pictures(section, monkeypatch, tmp_path):
    for variable in ("JUPYTER_DATA_DIR", "JUPYTER_RUNTIME_DIR", "IPYTHONDIR"):
        monkeypatch.setenv(variable, str(tmp_path / variable))
    made = notebooks.notebook(section)
    for cell in made.cells:
        if cell.id == "settings":
            cell.source += f"\nOUTPUT = {str(tmp_path)!r}"
    resources = {"metadata": {"path": str(ROOT / "notebooks")}}
    client = nbclient.NotebookClient(made, timeout=None, kernel_name="python3", resources=resources)
    outputs = {cell.id: cell.outputs for cell in client.execute().cells if cell.cell_type == "code"}
    for name in names_of(section):
        printed = "".join(output.get("text", "") for output in outputs[f"{name}-run"])
        if name in importlib.import_module(f"chapter6.{section}").EXPERIMENTS:
            assert any(line.startswith(tuple(Verdict)) for line in printed.splitlines())
        data = [output.get("data", {}) for output in outputs[f"{name}-run"]]
        folder = Folders.of(section, name, tmp_path, True).snapshots
        saved = [path.read_bytes() for path in folder.glob("*.png")]
        shown = [base64.b64decode(each["image/png"]) in saved for each in data if "image/png" in each]
        assert all(shown), f"{name} shows another picture than it saved"
        assert bool(shown) == bool(saved), f"{name} shows {len(shown)} pictures and saved {len(saved)}"


def find(folder):
    """Run the cell that looks for the project in a folder, without what pip has installed."""
    program = f"{notebooks.FIND}\nimport chapter6\nprint(chapter6.__file__)"
    command = [sys.executable, "-S", "-c", program]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True)


def test_the_project_is_found_above_the_notebook_and_beside_it(tmp_path):
    (tmp_path / "project").symlink_to(ROOT)
    (tmp_path / "unreadable").mkdir(mode=0)
    for folder in (ROOT, ROOT / "notebooks", tmp_path):
        assert Path(find(folder).stdout.strip()).resolve() == ROOT / "chapter6" / "__init__.py"


def test_a_notebook_without_the_project_says_what_it_lacks(tmp_path):
    ended = find(tmp_path)
    assert ended.returncode == 1
    assert ended.stderr.splitlines()[-1].startswith(f"FileNotFoundError: the project must lie in {tmp_path}")


@pytest.mark.parametrize("lacking", [True, False])
def test_what_is_not_installed_is_installed(lacking, monkeypatch):
    from chapter6.runner import doctor

    check = doctor.Check(doctor.OK, "keras", "3.15", doctor.INSTALL if lacking else "")
    monkeypatch.setattr(doctor, "requirements", lambda: iter([check]))
    monkeypatch.setattr(sys, "path", sys.path.copy())
    monkeypatch.chdir(ROOT)
    asked = []
    monkeypatch.setattr(subprocess, "run", lambda command, check: asked.append(command[-2:]))
    exec(f"{notebooks.FIND}\n{notebooks.INSTALL}", {})
    assert asked == [["-r", "requirements.txt"]] * lacking


def test_the_command_line_writes_them_and_tells_their_paths(tmp_path, capsys):
    notebooks.main(["--output", str(tmp_path / "made")])
    lines = capsys.readouterr().out.splitlines()
    assert lines == [str(tmp_path / "made" / f"{section}.ipynb") for section in SECTIONS]
    for path in lines:
        nbformat.validate(nbformat.read(path, 4))


def test_faults_are_one_line(tmp_path, capsys, monkeypatch):
    (tmp_path / "file").touch()
    with pytest.raises(SystemExit) as ended:
        notebooks.main(["--output", str(tmp_path / "file")])
    (line,) = capsys.readouterr().err.splitlines()
    assert ended.value.code == 2 and str(tmp_path / "file") in line
    monkeypatch.setitem(sys.modules, "nbformat", None)
    with pytest.raises(SystemExit) as ended:
        notebooks.main(["--output", str(tmp_path / "new")])
    (line,) = capsys.readouterr().err.splitlines()
    assert ended.value.code == 2 and "[test]" in line and not (tmp_path / "new").exists()
