"""The README's commands, code, tables and links are those of this checkout; so are the files around it."""

import importlib.util
import re
import shlex
import subprocess
import sys
import tomllib
from pathlib import Path

import numpy as np
import pytest

import chapter6
from chapter6 import SECTIONS
from chapter6.runner import chapter, claims, command_line, doctor

ROOT = Path(__file__).parents[1]
README = ROOT / "README.md"
FOLDERS = ("", ".github", "chapter6", "chapter6/section_*", "tests/benchmarks")
DOCUMENTS = [
    path
    for folder in FOLDERS
    for path in sorted(ROOT.glob(f"{folder}/*.md".lstrip("/")))
    if "zh-CN" not in path.name and path.name != "CHANGELOG.md"
]
TEXTS = {path: path.read_text(encoding="utf-8") for path in DOCUMENTS}
TEXT = "\n".join(TEXTS.values())
# Code in a sentence may go on in the next line; a block has a command in each line, or two.
PROSE = re.sub(r"^```.*?^```$", "", TEXT, flags=re.MULTILINE | re.DOTALL)
CODE = re.findall(r"`([^`]+)`", PROSE) + re.findall(r"^ {4,}(.+)$", TEXT, re.MULTILINE)
COMMANDS = sorted(
    {found for code in CODE for found in re.findall(r"python -m ((?:chapter6|tests)\b[^&|]*)", code)}
)
BLOCKS = re.findall(r"^```python\n(.*?)^```$", TEXT, re.MULTILINE | re.DOTALL)
TABLES = re.findall(r"(?:^\|.*\n)+", TEXT, re.MULTILINE)


@pytest.mark.parametrize("command", COMMANDS)
def test_command_is_understood(command, monkeypatch, tmp_path, capsys):
    module, *words = shlex.split(command)
    assert importlib.util.find_spec(module), module
    ran = []
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(command_line, "run", lambda module, settings, folders, small: ran.append(module))
    if module == "chapter6":
        monkeypatch.setattr(claims, "claims", lambda: [])
        monkeypatch.setattr(doctor, "checks", lambda data, output: iter(()))
        chapter.main(words)
        assert ran or capsys.readouterr().out
    elif module.startswith("chapter6.section_"):
        command_line.main(module, words)
        assert ran
    else:
        # What is timed takes minutes; its parser tells whether it knows the words.
        subprocess.run([sys.executable, "-m", module, *words, "--help"], cwd=ROOT, check=True)


def test_every_experiment_and_command_has_its_row():
    for section in SECTIONS:
        package = importlib.import_module(f"chapter6.{section}")
        for name in package.EXPERIMENTS + getattr(package, "COMMANDS", ()):
            assert f"`python -m chapter6.{section} {name}`" in TEXTS[README]


def test_the_readme_is_short():
    for name in ("README.md", "README.zh-CN.md"):
        assert len((ROOT / name).read_text(encoding="utf-8").splitlines()) <= 160


@pytest.mark.parametrize("table", TABLES, ids=lambda table: table.partition("\n")[0][:40])
def test_table_is_whole(table):
    lines = table.splitlines()
    assert len(lines) > 2 and re.fullmatch(r"\|(-+\|)+", lines[1])
    assert len({len(re.findall(r"(?<!\\)\|", line)) for line in lines}) == 1


@pytest.mark.parametrize("block", BLOCKS)
def test_python_runs_and_gives_what_its_comments_say(block, monkeypatch, tmp_path, digits):
    import keras

    with np.load(digits) as data:
        few = data["x_train"][:40], data["y_train"][:40]
    monkeypatch.setattr(keras.datasets.mnist, "load_data", lambda: (few, few))
    monkeypatch.chdir(tmp_path)
    names = {"keras": keras, "model": keras.Sequential([keras.layers.Dense(1)])}
    exec(block, names)
    for name, kind, shape in re.findall(r"^(\w+) = .*  # (\w+) \[([\d, ]+)\]$", block, re.MULTILINE):
        assert names[name].dtype == kind
        assert list(names[name].shape) == [int(size) for size in shape.split(",")]


LINKS = sorted(
    {(path, target) for path, text in TEXTS.items() for target in re.findall(r"\]\(([^)]+)\)", text)}
)


@pytest.mark.parametrize(("path", "target"), LINKS, ids=lambda value: str(value).removeprefix(str(ROOT)))
def test_link_leads_somewhere(path, target):
    name, _, heading = target.partition("#")
    linked = (path.parent / name).resolve() if name else path
    assert linked.exists()
    if heading:
        headings = re.findall(r"^#+ (.*)$", linked.read_text(encoding="utf-8"), re.MULTILINE)
        assert heading in {re.sub(r"[^\w\- ]", "", line.lower()).replace(" ", "-") for line in headings}


@pytest.mark.parametrize(
    "path",
    sorted(set(re.findall(r"`((?:chapter6|tests|checkpoints|notebooks|snapshots/gallery)/[\w/.]*)`", TEXT))),
)
def test_path_exists(path):
    assert (ROOT / path).exists()


@pytest.mark.parametrize("path", sorted(set(re.findall(r"`((?:section_\d_\d|gan)/\w+\.py)`", TEXT))))
def test_path_in_the_tables_exists(path):
    assert (ROOT / "chapter6" / path).is_file()


def test_the_gate_calls_the_readmes_test_command():
    (command,) = re.findall(
        r"^ +(python -m pip install .* && python -m pytest)$", TEXTS[README], re.MULTILINE
    )
    gate = (ROOT / ".ci" / "run").read_text()
    assert command in gate.splitlines()


def test_version_and_licence_are_the_same_everywhere():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    citation = (ROOT / "CITATION.cff").read_text(encoding="utf-8")
    changes = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    assert project["version"] == chapter6.__version__
    assert f"\nversion: {chapter6.__version__}\n" in citation
    newest = re.search(r"^## (\S+) - (\S+)$", changes, re.MULTILINE)
    assert newest[1] == chapter6.__version__
    assert f"\ndate-released: {newest[2]}\n" in citation
    assert f"\nlicense: {project['license']}\n" in citation
    assert project["license"] == "Apache-2.0"
    assert (ROOT / "LICENSE").read_text().split()[:4] == ["Apache", "License", "Version", "2.0,"]
