"""A Jupyter notebook for each section, made from its experiments: ``python -m chapter6.runner.notebooks``.

The experiments are the one source: a notebook quotes their docstrings and calls their `run`. Those in
notebooks/ are made anew rather than edited, and a test says when that is due.
"""

import inspect
import sys
from pathlib import Path

from chapter6 import SECTIONS
from chapter6.artifacts import atomic_write
from chapter6.docstrings import title as title_of
from chapter6.runner.claims import package_of
from chapter6.runner.command_line import modules_of, one_line
from chapter6.runner.parser import Parser, path

INTRODUCTION = """\
# {title}

Slide by slide: what the slides claim, the experiment that tests it, what it measured, its pictures. Run the
four cells below, then any experiment; each stands alone. After one of them `{name}.run??` shows its code and
`help({name}.Settings)` its settings; `settings = {name}.Settings(seed=1)` changes one.

This notebook needs the project's folder: above it, in JupyterLab, or in **Colab**, where there is only the
notebook, in the working folder. Upload the project there (as an archive, which `!unzip` unpacks) or
`!git clone` it. The third cell installs what the project's `requirements.txt` names and is not there; where
it says that the session must be restarted, do so and begin again.

Made from `chapter6/{section}/` by `python -m chapter6.runner.notebooks`; change the scripts, not this."""

SETTINGS = """\
QUICK = True  # False: the settings of the whole runs, minutes for each experiment instead of seconds
OUTPUT = "."  # snapshots/ and checkpoints/ are made here, by default in the project's folder"""

FIND = """\
import os
import sys
from pathlib import Path

here = Path.cwd()
nearby = (here, *here.parents, *here.iterdir())
found = [folder for folder in nearby if os.path.isfile(folder / "chapter6" / "runner" / "notebooks.py")]
if not found:
    raise FileNotFoundError(f"the project must lie in {here} or above it: upload or clone it there")
os.chdir(found[0])
sys.path.insert(0, str(found[0]))"""

INSTALL = """\
import subprocess

from chapter6.runner import doctor

if any(check.remedy for check in doctor.requirements()):
    command = [sys.executable, "-m", "pip", "install", "--quiet", "-r", "requirements.txt"]
    subprocess.run(command, check=True)"""

SHOW = '''\
from textwrap import fill

from IPython.display import Image, display

from chapter6.artifacts import Folders
from chapter6.experiment import quick
from chapter6.runner.backend import import_tensorflow
from chapter6.runner.terminal import verdict_lines


def show(module, finding, folders):
    """Show what was found, its table and pictures, or the pictures of a program without a finding."""
    if finding is None:
        for picture in sorted(folders.snapshots.glob("*.png"))[-3:]:
            display(Image(filename=picture))
        return
    texts = (finding.short, *verdict_lines(module, finding.verdict, QUICK), finding.why, finding.limits)
    for text in texts:
        print(fill(str(text), 100))
    display(finding.table)
    for picture in finding.pictures:
        print(fill(str(picture.caption), 100))
        display(Image(filename=picture.path))


import_tensorflow()'''

RUN = """\
from chapter6.{section} import {name}

settings = quick({name}.Settings) if QUICK else {name}.Settings()
folders = Folders.of("{section}", "{name}", OUTPUT, QUICK)
show({name}, {name}.run(settings, folders), folders)"""


def notebook(section):
    """Return the notebook of a section.

    Args:
        section: Its package, ``"section_6_1"``.

    Returns:
        An `nbformat.NotebookNode` without outputs: what is claimed and a cell that runs it, for each of the
        section's experiments and then its commands.
    """
    from nbformat import v4

    package = package_of(section)
    modules = modules_of(package, (*package.EXPERIMENTS, *getattr(package, "COMMANDS", ())))
    title = title_of(package)
    introduction = INTRODUCTION.format(title=title, section=section, name=next(iter(modules)))
    cells = [
        v4.new_markdown_cell(introduction, id="introduction"),
        v4.new_code_cell(SETTINGS, id="settings"),
        v4.new_code_cell(FIND, id="find"),
        v4.new_code_cell(INSTALL, id="install"),
        v4.new_code_cell(SHOW, id="show"),
    ]
    for name, module in modules.items():
        title, _, body = inspect.getdoc(module).partition("\n")
        paragraphs = [f"## {title.rstrip('.')}"]
        if hasattr(module, "CLAIM"):
            paragraphs.append(f"> **{module.CLAIM}** {module.SENTENCE}")
        paragraphs += [body.strip(), f"`python -m chapter6.{section} {name}`"]
        cells.append(v4.new_markdown_cell("\n\n".join(paragraphs), id=f"{name}-claim"))
        cells.append(v4.new_code_cell(RUN.format(section=section, name=name), id=f"{name}-run"))
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    return v4.new_notebook(cells=cells, metadata={"kernelspec": kernel, "language_info": {"name": "python"}})


def save_notebooks(folder):
    """Write ``section_6_x.ipynb`` for every section into a folder and return their paths."""
    import nbformat

    paths = [Path(folder) / f"{section}.ipynb" for section in SECTIONS]
    for section, target in zip(SECTIONS, paths, strict=True):
        with atomic_write(target) as temporary:
            nbformat.write(notebook(section), temporary)
    return paths


def main(arguments=None):
    """Write the notebooks and print their paths.

    Args:
        arguments: The words of the command line; None takes the process' own.

    Returns:
        None. A fault ends the process with status 2 after one line on standard error.
    """
    parser = Parser(
        prog="python -m chapter6.runner.notebooks", description="Make notebooks/ anew.", allow_abbrev=False
    )
    parser.add_argument(
        "--output", type=path, metavar="FOLDER", default=Path("notebooks"), help="default: notebooks"
    )
    parsed = parser.parse_args(sys.argv[1:] if arguments is None else arguments)
    try:
        for written in save_notebooks(parsed.output):
            print(written)
    except ModuleNotFoundError as error:
        parser.error(f'{error.name} must be installed: python -m pip install -e ".[test]"')
    except OSError as error:
        parser.error(f"--output must be a folder that can be written to: {one_line(error)}")


if __name__ == "__main__":
    main()
