"""The notebooks: what their cells say and store, that they run, and that each change does what it says."""

import base64
import importlib
import io
import json
import pickle
import re
import shutil
import subprocess
import sys
from pathlib import Path

import nbclient
import nbformat
import pandas
import pytest
from nbformat import v4
from PIL import Image

from chapter6 import SECTIONS
from chapter6.docstrings import body, title
from chapter6.language import LANGUAGES, language, translate
from chapter6.lesson import core_code
from chapter6.runner import doctor, notebooks
from chapter6.runner.results import shipped_results_of

ROOT = Path(__file__).parents[2]
ALL = [(chosen, section) for chosen in LANGUAGES for section in SECTIONS]


def package_of(section):
    return importlib.import_module(f"chapter6.{section}")


def module_of(section, name):
    return importlib.import_module(f"chapter6.{section}.{name}")


def lessons_of(section):
    return importlib.import_module(f"chapter6.{section}.lessons").LESSONS


LESSONS = [(section, name) for section in SECTIONS for name in package_of(section).EXPERIMENTS]


@pytest.fixture(params=ALL, ids="-".join)
def shipped(request):
    """A notebook's language, its section, and the notebook as it lies in notebooks/."""
    chosen, section = request.param
    return chosen, section, nbformat.read(ROOT / "notebooks" / chosen / f"{section}.ipynb", 4)


def test_those_in_the_folder_are_up_to_date(shipped):
    chosen, section, written = shipped
    made = notebooks.notebook(section, chosen)
    # A later nbformat may write a later format of the same cells.
    assert [{**cell, "outputs": None} for cell in written.cells] == [
        {**cell, "outputs": None} for cell in made.cells
    ], "run python -m chapter6 all, then python -m chapter6.runner.notebooks"
    for name in package_of(section).EXPERIMENTS:
        result = shipped_results_of(section, name)[0]
        (run,) = (cell for cell in written.cells if cell.id == f"{name}-run")
        sentence = result.short if chosen == "en" else result.short_zh
        assert sentence in json.dumps(run.outputs, ensure_ascii=False), f"{name} has an older finding"


def test_those_in_the_folder_show_a_complete_lesson(shipped):
    _chosen, section, written = shipped
    nbformat.validate(written)
    for name in package_of(section).EXPERIMENTS:
        (run,) = (cell for cell in written.cells if cell.id == f"{name}-run")
        kinds = [kind for output in run.outputs for kind in output.data]
        assert {"text/html", "image/png"} <= set(kinds)
        for output in run.outputs:
            if "image/png" in output.data:
                picture = base64.b64decode(output.data["image/png"])
                assert len(picture) <= 60_000
                with Image.open(io.BytesIO(picture)) as image:
                    assert image.mode == "P" and image.width <= notebooks.WIDTH


@pytest.mark.parametrize("chosen", LANGUAGES)
def test_the_digits_and_the_race_move_in_an_export_too(chosen):
    for section, name in (("section_6_3", "race"), ("section_6_4", "gan")):
        written = nbformat.read(ROOT / "notebooks" / chosen / f"{section}.ipynb", 4)
        (run,) = (cell for cell in written.cells if cell.id == f"{name}-run")
        shown = "".join(output.data.get("text/html", "") for output in run.outputs)
        (address,) = re.findall(r'<img src="data:image/gif;base64,([^"]*)"', shown)
        with Image.open(io.BytesIO(base64.b64decode(address))) as animation:
            assert animation.n_frames >= 10


def test_all_of_them_together_are_small():
    files = [ROOT / "notebooks" / chosen / f"{section}.ipynb" for chosen, section in ALL]
    assert sum(file.stat().st_size for file in files) <= 6_000_000


@pytest.mark.parametrize(("chosen", "section"), ALL)
def test_a_notebook_teaches_each_experiment_in_slide_order(chosen, section):
    package = package_of(section)
    names = package.EXPERIMENTS + getattr(package, "COMMANDS", ())
    cells = {cell.id: cell for cell in notebooks.notebook(section, chosen).cells}
    assert [each.removesuffix("-claim") for each in cells if each.endswith("-claim")] == list(names)
    assert list(lessons_of(section)) == list(package.EXPERIMENTS)
    for name in names:
        module = module_of(section, name)
        claim = cells[f"{name}-claim"].source
        with language(chosen):
            assert claim.startswith(f"## {translate(title(module))}\n")
            assert "".join(translate(body(module)).split()) in "".join(claim.split())
            assert f"`python -m chapter6.{section} {name}`" in claim
            assert f"{getattr(module, 'CLAIM', '')}** {getattr(module, 'SENTENCE', '')}"[3:] in claim
        assert cells[f"{name}-run"].source == f'finding = experiment("{name}").run()'
    for name, lesson in lessons_of(section).items():
        claim = cells[f"{name}-claim"].source
        with language(chosen):
            for text in (lesson.formula, lesson.question, lesson.answer):
                assert str(text) in claim
            assert str(lesson.change.instruction) in cells[f"{name}-change"].source
            assert str(lesson.change.expected) in cells[f"{name}-change"].source
        assert core_code(lesson.core) in cells[f"{name}-core"].source
        solutions = [cells[f"{name}-exercise-{n}"].source for n, _one in enumerate(lesson.exercises, 1)]
        assert solutions
        for solution, exercise in zip(solutions, lesson.exercises, strict=True):
            assert exercise.solution in solution and "assert" in exercise.solution


@pytest.mark.parametrize("section", SECTIONS)
def test_no_line_ends_within_a_chinese_sentence(section):
    for cell in notebooks.notebook(section, "zh").cells:
        if cell.id.endswith("-claim"):
            assert not re.search(r"[\u3000-\u9fff]\n(?!\n)|(?<!\n)\n[\u3000-\u9fff]", cell.source)


@pytest.mark.parametrize(("section", "name"), LESSONS)
def test_the_core_is_short_and_the_change_can_be_made_in_it(section, name):
    lesson = lessons_of(section)[name]
    code = core_code(lesson.core)
    assert len(code.splitlines()) <= 40
    assert lesson.change.old or lesson.change.settings
    if lesson.change.old:
        assert code.count(lesson.change.old) == 1


# Of each section an experiment that a kernel runs as its notebook has it; the others' findings are those of
# the section's quick run.
AS_IT_IS = {
    "section_6_1": "sparse",
    "section_6_2": "draws",
    "section_6_3": "learning_rate",
    "section_6_4": "optimal_discriminator",
    "section_6_5": "transfer_curves",
}


@pytest.fixture(scope="module")
def in_kernel(digits):
    """Return a function that runs cells, each [id, source], in a kernel and returns their outputs."""

    def in_kernel(cells, folder):
        made = v4.new_notebook(cells=[v4.new_code_cell(source, id=name) for name, source in cells])
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("CHAPTER6_DATA", str(digits))
            for variable in ("JUPYTER_DATA_DIR", "JUPYTER_RUNTIME_DIR", "IPYTHONDIR"):
                patch.setenv(variable, str(folder / variable))
            resources = {"metadata": {"path": str(ROOT / "notebooks")}}
            client = nbclient.NotebookClient(made, timeout=None, kernel_name="python3", resources=resources)
            return {cell.id: cell.outputs for cell in client.execute().cells}

    return in_kernel


@pytest.fixture(scope="module")
def as_they_are(in_kernel, quick_section, tmp_path_factory):
    """The outputs of the English notebooks' cells and of the exercises' solutions, run in one kernel, and the
    folder of what they wrote.
    """
    folder = tmp_path_factory.mktemp("as_they_are")
    cells = [("pickle", "import pickle\nfrom pathlib import Path")]
    for section in SECTIONS:
        findings = quick_section(section).findings
        # What one experiment left another one takes up.
        shutil.copytree(quick_section(section).output, folder, dirs_exist_ok=True)
        for cell in notebooks.notebook(section, "en").cells:
            name, _dash, kind = cell.id.rpartition("-")
            source = cell.source
            if cell.id == "set-up":
                source = source.replace(f'"{section}", "en")', f'"{section}", "en", {str(folder)!r})')
            elif kind == "run" and name in findings and name != AS_IT_IS[section]:
                found = folder / f"{name}.pickle"
                found.write_bytes(pickle.dumps(findings[name]))
                source = f"finding = pickle.loads(Path({str(found)!r}).read_bytes())"
            if cell.cell_type == "code":
                cells.append((f"{section}-{cell.id}", source))
            if kind == "run" and name in findings:
                solutions = [exercise.solution for exercise in lessons_of(section)[name].exercises]
                cells += [(f"{name}-solution-{n}", solution) for n, solution in enumerate(solutions)]
    return in_kernel(cells, folder), folder


@pytest.fixture(scope="module")
def with_changes(in_kernel, tmp_path_factory):
    """Outputs and tables of the Chinese notebooks, each change made, run in one kernel."""
    folder = tmp_path_factory.mktemp("with_changes")
    cells = [("set-up", f"{notebooks.FIND}\n\n{notebooks.INSTALL}")]
    for section in SECTIONS:
        start = notebooks.START.format(section=section, language="zh")
        cells.append((f"{section}-start", start.replace('"zh")', f'"zh", {str(folder)!r})')))
        for name, lesson in lessons_of(section).items():
            code = core_code(lesson.core)
            changed = code.replace(lesson.change.old, lesson.change.new) if lesson.change.old else code
            run = f"finding = experiment({name!r}).run(**{lesson.change.settings!r})"
            keep = f"finding.table.to_pickle({str(folder / f'{name}.pickle')!r})"
            cells += [
                (f"{name}-changed", notebooks.CORE.format(core=lesson.core, code=changed)),
                (f"{name}-run", f"{run}\n{keep}"),
                (f"{name}-restored", notebooks.CORE.format(core=lesson.core, code=code)),
            ]
    return in_kernel(cells, folder), folder


def texts_of(outputs):
    """Return all that a cell shows as text."""
    shown = [output.get("text", "") for output in outputs]
    return "\n".join(shown + [str(output.get("data", {}).get("text/markdown", "")) for output in outputs])


@pytest.mark.parametrize(("section", "name"), LESSONS)
def test_each_change_does_to_the_finding_what_the_notebook_says(section, name, quick_section, with_changes):
    before = quick_section(section).findings[name].table
    after = pandas.read_pickle(with_changes[1] / f"{name}.pickle")
    holds = lessons_of(section)[name].change.holds
    assert holds(before, after)
    assert not holds(before, before)


def check_shown(outputs, saved):
    """Check that a cell shows a table, and pictures that were saved, all of them."""
    data = [output.get("data", {}) for output in outputs]
    assert any("text/html" in each for each in data)
    pictures = [each[kind] for each in data for kind in ("image/png", "image/gif") if kind in each]
    assert pictures and {base64.b64decode(each) for each in pictures} <= {path.read_bytes() for path in saved}


@pytest.mark.parametrize(("section", "name"), AS_IT_IS.items())
def test_a_run_shows_the_finding_and_the_pictures_that_were_saved(section, name, as_they_are, quick_section):
    outputs, folder = as_they_are
    shown = outputs[f"{section}-{name}-run"]
    finding = quick_section(section).findings[name]
    for text in (finding.short, finding.why, finding.limits, "This quick run is too small for a verdict."):
        assert str(text) in texts_of(shown)
    check_shown(shown, (folder / "snapshots" / section / f"{name}_quick").rglob("*.[pg][ni][gf]"))


@pytest.mark.parametrize(("section", "name"), LESSONS)
def test_a_run_with_a_change_is_shown_in_chinese(section, name, with_changes):
    outputs, folder = with_changes
    shown = outputs[f"{name}-run"]
    assert "局限" in texts_of(shown)
    # What was found with other settings is no verdict on the slides' claim.
    quick_run = not lessons_of(section)[name].change.settings
    with language("zh"):
        assert (translate("This quick run is too small for a verdict.") in texts_of(shown)) == quick_run
    check_shown(shown, (folder / "snapshots" / section).glob(f"{name}_quick*/**/*.[pg][ni][gf]"))


def test_the_settings_are_a_table_with_each_one_s_meaning(as_they_are):
    outputs, _folder = as_they_are
    (output,) = outputs["section_6_3-learning_rate-settings"]
    for word in ("setting", "what it is", "default", "in a quick run", "rates"):
        assert word in output.data["text/html"]


def find(folder):
    """Run the part of the set-up that looks for the project in a folder, without what pip has installed."""
    program = f"{notebooks.FIND}\nimport chapter6\nprint(chapter6.__file__)"
    command = [sys.executable, "-S", "-c", program]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True)


def test_the_project_is_found_above_the_notebook_and_beside_it(tmp_path):
    (tmp_path / "project").symlink_to(ROOT)
    (tmp_path / "unreadable").mkdir(mode=0)
    for folder in (ROOT, ROOT / "notebooks" / "zh", tmp_path):
        assert Path(find(folder).stdout.strip()).resolve() == ROOT / "chapter6" / "__init__.py"


def test_an_archive_beside_the_notebook_is_unpacked(tmp_path):
    command = ["git", "archive", "--format=zip", "--prefix=project/", "HEAD", "chapter6"]
    archive = subprocess.run(command, cwd=ROOT, capture_output=True, check=True).stdout
    (tmp_path / "project.zip").write_bytes(archive)
    assert find(tmp_path).stdout.strip() == str(tmp_path / "project" / "chapter6" / "__init__.py")


def test_a_notebook_without_the_project_says_what_it_lacks(tmp_path):
    ended = find(tmp_path)
    assert ended.returncode == 1
    assert ended.stderr.splitlines()[-1].startswith("FileNotFoundError: the project must lie here or above")


@pytest.mark.parametrize("lacking", [True, False])
def test_what_is_not_installed_is_installed(lacking, monkeypatch):
    check = doctor.Check(doctor.OK, "keras", "3.15", doctor.INSTALL if lacking else "")
    monkeypatch.setattr(doctor, "requirements", lambda: iter([check]))
    monkeypatch.setattr(sys, "path", sys.path.copy())
    monkeypatch.chdir(ROOT)
    asked = []
    monkeypatch.setattr(subprocess, "run", lambda command, check: asked.append(command[-2:]))
    exec(f"{notebooks.FIND}\n{notebooks.INSTALL}", {})
    assert asked == [["-r", "requirements.txt"]] * lacking


def test_the_command_line_writes_them_and_tells_their_paths(tmp_path, capsys):
    notebooks.main(["--output", str(tmp_path / "made"), "--run", str(tmp_path)])
    lines = capsys.readouterr().out.splitlines()
    assert lines == [str(tmp_path / "made" / chosen / f"{section}.ipynb") for chosen, section in ALL]
    for path in lines:
        nbformat.validate(nbformat.read(path, 4))


def test_an_output_that_cannot_be_written_to_is_one_line(tmp_path, capsys):
    (tmp_path / "file").touch()
    with pytest.raises(SystemExit) as ended:
        notebooks.main(["--output", str(tmp_path / "file")])
    (line,) = capsys.readouterr().err.splitlines()
    assert ended.value.code == 2 and str(tmp_path / "file") in line
