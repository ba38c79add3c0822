"""What a reader can import or run says on which slide it is found."""

import ast
import importlib
import re
from pathlib import Path

import pytest

from chapter6 import SECTIONS

PACKAGE = Path(__file__).parents[1] / "chapter6"
SECTION_OF = {
    "initializers": "6-1",
    "search": "6-2",
    "optimizers": "6-3",
    "recurrent.py": "6-3",
    "adversarial.py": "6-4",
    "adversarial_steps.py": "6-4",
    "classifier.py": "6-4",
    "gan": "6-4",
    "transfer.py": "6-5",
}
# Below the library, of no slide's own.
GROUND_FLOOR = {
    *("__init__.py", "__main__.py", "artifacts.py", "chinese_figures.py", "docstrings.py", "mnist.py"),
    *("errors.py", "event_files.py", "experiment.py", "figures.py", "interruption.py"),
    *("keras_home.py", "language.py", "lesson.py"),
    *("mnist_files.py", "mnist_sources.py", "networks", "progress.py", "runner", "seeds.py"),
}
LIBRARY = sorted(
    file
    for name in SECTION_OF
    for file in ([PACKAGE / name] if name.endswith(".py") else (PACKAGE / name).rglob("*.py"))
)


def tags(docstring):
    """The sections that a docstring names as a slide, on a line of its own."""
    return re.findall(r"^Slides?: (6-[1-5])\b", docstring or "", re.MULTILINE)


def public_symbols(module):
    for node in module.body:
        if isinstance(node, (ast.FunctionDef, ast.ClassDef)) and not node.name.startswith("_"):
            yield node.name, ast.get_docstring(node)


def test_every_file_is_of_the_library_or_of_the_ground_floor():
    files = {path.name for path in PACKAGE.iterdir() if path.suffix == ".py"}
    assert files <= GROUND_FLOOR | SECTION_OF.keys()


@pytest.mark.parametrize("file", LIBRARY, ids=lambda file: file.relative_to(PACKAGE).as_posix())
def test_every_symbol_of_the_library_has_its_slide(file):
    module = ast.parse(file.read_text(encoding="utf-8"))
    section = SECTION_OF[file.relative_to(PACKAGE).parts[0]]
    of_all = tags(ast.get_docstring(module))
    assert not of_all or section in of_all
    for name, docstring in public_symbols(module):
        assert docstring, f"{name} has no docstring"
        # A helper of no slide's own is of its module's.
        assert tags(docstring) or of_all, f"neither {name} nor its module has a line 'Slide: {section}, ...'"


@pytest.mark.parametrize("section", SECTIONS)
def test_every_experiment_has_its_slide(section):
    package = importlib.import_module(f"chapter6.{section}")
    for name in (*package.EXPERIMENTS, *getattr(package, "COMMANDS", ())):
        module = importlib.import_module(f"{package.__name__}.{name}")
        number = section.removeprefix("section_").replace("_", "-")
        assert number in tags(module.__doc__), f"{name} has no line 'Slide: {number}, ...'"
        assert getattr(module, "CLAIM", f"{number}.").startswith(f"{number}.")
