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
from chapter6.experiment import quick
from chapter6.runner import notebooks

ROOT = Path(__file__).parents[2]
# Ids of the cells before the first experiment's
SET_UP = ("settings", "find", "install", "show")


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
            assert str(getattr(module, message, "")) in cell.source
        assert body.strip() in cell.source and f"`python -m chapter6.{section} {name}`" in cell.source


def test_every_notebook_has_the_same_set_up(section):
    first, cells = (notebooks.notebook(each).cells[1:] for each in (SECTIONS[0], section))
    assert tuple(cell.id for cell in cells[: len(SET_UP)]) == SET_UP
    assert cells[: len(SET_UP)] == first[: len(SET_UP)]
    assert not set(SET_UP) & {cell.id for cell in cells[len(SET_UP) :]}


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


@pytest.fixture(scope="module")
def executed(tmp_path_factory):
    """Outputs of the cells of an experiment and a command, run by a kernel, and the folder they wrote to."""
    output = tmp_path_factory.mktemp("notebook")
    made = notebooks.notebook("section_6_3")
    cells = {cell.id: cell for section in SECTIONS for cell in notebooks.notebook(section).cells}
    made.cells = [cells[name] for name in (*SET_UP, "learning_rate-run", "sample-run")]
    made.cells[0].source += f"\nOUTPUT = {str(output)!r}"
    resources = {"metadata": {"path": str(ROOT / "notebooks")}}
    with pytest.MonkeyPatch.context() as patch:
        for variable in ("JUPYTER_DATA_DIR", "JUPYTER_RUNTIME_DIR", "IPYTHONDIR"):
            patch.setenv(variable, str(output / variable))
        client = nbclient.NotebookClient(made, timeout=None, kernel_name="python3", resources=resources)
        return {cell.id: cell.outputs for cell in client.execute().cells}, output


@pytest.mark.parametrize(
    ("section", "name", "finds"),
    [("section_6_3", "learning_rate", True), ("section_6_4", "sample", False)],
    ids=["experiment", "command"],
)
def test_a_cell_shows_the_finding_and_the_pictures_that_were_saved(executed, section, name, finds):
    outputs, folder = executed
    printed = "".join(output.get("text", "") for output in outputs[f"{name}-run"])
    assert ("This quick run is too small for a verdict." in printed) is finds
    assert any("text/html" in output.get("data", {}) for output in outputs[f"{name}-run"]) is finds
    data = [output.get("data", {}) for output in outputs[f"{name}-run"]]
    shown = [base64.b64decode(each["image/png"]) for each in data if "image/png" in each]
    saved = [path.read_bytes() for path in Folders.of(section, name, folder, True).snapshots.glob("*.png")]
    assert saved and sorted(shown) == sorted(saved)


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
