"""Jupyter notebooks that teach each section, in both languages: ``python -m chapter6.runner.notebooks``.

They are made from the experiments, the library's code and the sections' ``lessons``; what is stored below
their cells is what a whole run of the chapter left in ``snapshots/``. A test says when they are stale.
"""

import base64
import io
import re
import sys
from pathlib import Path

import nbformat
import pandas
from nbformat import v4
from PIL import Image, ImageSequence

from chapter6 import SECTIONS
from chapter6.artifacts import Folders, atomic_write
from chapter6.docstrings import body, title
from chapter6.language import LANGUAGES, _, current, language, translate
from chapter6.lesson import core_code
from chapter6.runner.claims import package_of
from chapter6.runner.command_line import modules_of, one_line
from chapter6.runner.findings import load_finding
from chapter6.runner.notebook import WIDTH
from chapter6.runner.parser import Parser, path
from chapter6.runner.results import shipped_results_of, tally

# Of a stored picture: bytes at most.
LARGEST = 60_000
LARGEST_ANIMATION = 200_000

INTRODUCTION = _(
    "# {title}\n\n"
    "For each claim of the slides: its sentence and formula, something to predict, the code that matters, "
    "the experiment, what it found, one thing to change, and exercises. Run the next cell first; then each "
    "claim stands alone. Answers are folded: click on them.\n\n"
    "What is stored here below the experiments is what their whole runs found. A run of yours is a quick "
    "one, of seconds, unless it is `run(whole=True)`; `run(seed=1)` changes a setting, and the table of "
    "settings says what there is.\n\n"
    "In Colab: upload the project's archive (.zip or .tar.gz) into the working folder first.\n\n"
    "Made by `python -m chapter6.runner.notebooks`."
)

# Markdown shows the end of a line as a space, which Chinese has not.
LINE_END = re.compile(r"(?<=[^\x00-\x7f])\n(?!\n)|(?<!\n)\n(?=[^\x00-\x7f])")

# The three parts of the set-up cell
FIND = """\
import os
import shutil
import subprocess
import sys
from pathlib import Path


def project():
    here = Path.cwd()
    for folder in (here, *here.parents, *sorted(here.iterdir())):
        if os.path.isfile(folder / "chapter6" / "runner" / "notebook.py"):
            return folder


if project() is None:
    for archive in (*Path.cwd().glob("*.zip"), *Path.cwd().glob("*.tar.gz")):
        shutil.unpack_archive(archive)
if project() is None:
    raise FileNotFoundError("the project must lie here or above, as a folder or an archive: " + os.getcwd())
os.chdir(project())
sys.path.insert(0, os.getcwd())"""

INSTALL = """\
from chapter6.runner import doctor

if any(check.remedy for check in doctor.requirements()):
    command = [sys.executable, "-m", "pip", "install", "--quiet", "-r", "requirements.txt"]
    subprocess.run(command, check=True)"""

START = """\
from chapter6.lesson import replace_code
from chapter6.runner.notebook import set_up

experiment = set_up("{section}", "{language}")"""

CORE = """\
@replace_code("{core}")
{code}"""

RUN = """\
finding = experiment("{name}").run()"""

SETTINGS = 'experiment("{name}").settings'

SLIDER = """\
from chapter6.runner.sliders import slider

slider("{slider}")"""

DETAILS = """\
<details><summary>{summary}</summary>

{text}

</details>"""


def notebook(section, chosen, snapshots=None):
    """Return the notebook of a section.

    Args:
        section: Its package, ``"section_6_1"``.
        chosen: The language, ``"en"`` or ``"zh"``.
        snapshots: Root of the folders of a whole run, whose findings are stored in it; None stores none.

    Returns:
        An `nbformat.NotebookNode`.
    """
    package = package_of(section)
    modules = modules_of(package, (*package.EXPERIMENTS, *getattr(package, "COMMANDS", ())))
    lessons = package_of(f"{section}.lessons").LESSONS
    with language(chosen):
        introduction = INTRODUCTION.format(title=translate(title(package)))
        start = START.format(section=section, language=chosen)
        label = _("Set-up: run this first")
        set_up = "\n\n".join((f"#@title {label}\n{FIND}", INSTALL, start))
        cells = [
            v4.new_markdown_cell(str(introduction), id="introduction"),
            v4.new_code_cell(
                set_up, id="set-up", metadata={"cellView": "form", "jupyter": {"source_hidden": True}}
            ),
        ]
        for name, module in modules.items():
            cells += _cells(section, name, module, lessons.get(name), snapshots)
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    metadata = {
        "kernelspec": kernel,
        "language_info": {"name": "python"},
        "colab": {"name": f"{section}.ipynb"},
    }
    return v4.new_notebook(cells=cells, metadata=metadata)


def _cells(section, name, module, lesson, snapshots):
    """Yield the cells of one experiment, or of a command, which has no lesson."""
    paragraphs = [f"## {translate(title(module))}"]
    if hasattr(module, "CLAIM"):
        paragraphs.append(f"> **{module.CLAIM}** {module.SENTENCE}")
    if lesson:
        paragraphs.append(f"$$\n{lesson.formula}\n$$")
    paragraphs.append(LINE_END.sub("", translate(body(module))))
    if lesson:
        paragraphs.append(_("**Predict first.** {question}").format(question=lesson.question))
        paragraphs.append(_folded(_("Answer"), lesson.answer))
    paragraphs.append(f"`python -m chapter6.{section} {name}`")
    yield v4.new_markdown_cell("\n\n".join(map(str, paragraphs)), id=f"{name}-claim")
    if lesson:
        file = lesson.core.partition(":")[0].replace(".", "/")
        message = _(
            "The code that matters, from `{file}.py`. Once its cell has been run, the experiment uses it as "
            "it stands here: change it, run it, and run the experiment again. Undo the change and run the "
            "cell once more before you go on."
        )
        yield v4.new_markdown_cell(str(message.format(file=file)), id=f"{name}-code")
        shown = (CORE.format(core=core, code=core_code(core)) for core in (*lesson.context, lesson.core))
        yield v4.new_code_cell("\n\n\n".join(shown), id=f"{name}-core")
    run = v4.new_code_cell(RUN.format(name=name), id=f"{name}-run")
    if snapshots:
        run.outputs = _outputs(section, name, Folders.of(section, name, snapshots).snapshots)
    yield run
    if lesson:
        yield from _lesson_cells(name, lesson)


def _lesson_cells(name, lesson):
    yield v4.new_code_cell(SETTINGS.format(name=name), id=f"{name}-settings")
    change = _("**Change one thing.** {instruction}").format(instruction=lesson.change.instruction)
    expected = _folded(_("What it does"), lesson.change.expected)
    yield v4.new_markdown_cell(f"{change}\n\n{expected}", id=f"{name}-change")
    if lesson.slider:
        yield v4.new_code_cell(SLIDER.format(slider=lesson.slider), id=f"{name}-slider")
    for number, exercise in enumerate(lesson.exercises, 1):
        task = _("**Exercise.** {task}").format(task=exercise.task)
        solution = f"```python\n{exercise.solution}\n```\n\n{exercise.answer}"
        folded = _folded(_("Solution"), solution)
        yield v4.new_markdown_cell(f"{task}\n\n{folded}", id=f"{name}-exercise-{number}")


def _folded(summary, text):
    return DETAILS.format(summary=summary, text=text)


def _outputs(section, name, folder):
    """Return the outputs that show what a whole run of an experiment left in a folder, empty without one."""
    record = load_finding(folder)
    if record is None:
        return []
    chosen = current()
    verdict = tally(shipped_results_of(section, name))
    whole = _("What the whole run found (a run of yours here is a quick one). Verdict: {verdict}")
    outputs = [
        _markdown(f"*{whole.format(verdict=verdict)}*", f"**{record['short'][chosen]}**"),
        _output({"text/html": _table(*record["table"][chosen])}),
        _markdown(
            _("Why: {text}").format(text=record["why"][chosen]),
            _("Limits: {text}").format(text=record["limits"][chosen]),
        ),
    ]
    for picture in record["pictures"]:
        path = folder / picture["file"][chosen]
        outputs += [_picture(path), _markdown(f"*{picture['caption'][chosen]}*")]
    return outputs


def _table(headings, *rows):
    return pandas.DataFrame(rows, columns=headings).to_html(index=False, border=0)


def _markdown(*paragraphs):
    return _output({"text/markdown": "\n\n".join(map(str, paragraphs))})


def _output(data, metadata=None):
    return v4.new_output("display_data", data, metadata=metadata or {})


def _picture(path):
    """Return the output that shows a picture, as small as `LARGEST` or `LARGEST_ANIMATION` asks for."""
    with Image.open(path) as picture:
        if getattr(picture, "is_animated", False):
            return _inline_gif(_animation(picture))
        picture = picture.convert("RGB")
    picture.thumbnail((WIDTH, picture.height))
    for colors in (128, 64, 16, 4):
        file = io.BytesIO()
        picture.quantize(colors, dither=Image.Dither.NONE).save(file, "png", optimize=True)
        if file.tell() <= LARGEST:
            break
    return _inline_png(file.getvalue())


def _animation(picture):
    """Return a GIF with fewer frames, pixels and colours; its last frame stands for as long as it did."""
    frames = [frame.convert("RGB") for frame in ImageSequence.Iterator(picture)]
    last = picture.info.get("duration", 1000)
    for count, width, colors in ((40, WIDTH, 32), (25, 640, 16), (20, 480, 16), (15, 400, 8), (10, 320, 4)):
        chosen = sorted({round(i * (len(frames) - 1) / (count - 1)) for i in range(count)})
        small = [frames[i].copy() for i in chosen]
        for frame in small:
            frame.thumbnail((width, frame.height))
        small = [frame.quantize(colors, dither=Image.Dither.NONE) for frame in small]
        file, durations = io.BytesIO(), [300] * (len(small) - 1) + [last]
        small[0].save(file, "gif", save_all=True, append_images=small[1:], duration=durations, loop=0)
        if file.tell() <= LARGEST_ANIMATION:
            break
    return file.getvalue()


def _inline_gif(content):
    # nbconvert shows no output of the type image/gif.
    address = f"data:image/gif;base64,{base64.b64encode(content).decode()}"
    return _output({"text/html": f'<img src="{address}" width="{WIDTH}">'})


def _inline_png(content):
    return _output({"image/png": base64.b64encode(content).decode()}, {"image/png": {"width": WIDTH}})


def save_notebooks(folder, snapshots=None):
    """Write ``LANGUAGE/section_6_x.ipynb`` for every language and section, and return their paths.

    Args:
        folder: Path of the folder to write into.
        snapshots: As for `notebook`.
    """
    paths = []
    for chosen in LANGUAGES:
        for section in SECTIONS:
            paths.append(Path(folder) / chosen / f"{section}.ipynb")
            with atomic_write(paths[-1]) as temporary:
                nbformat.write(notebook(section, chosen, snapshots), temporary)
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
    parser.add_argument(
        "--run",
        type=path,
        metavar="FOLDER",
        default=Path(),
        help="where python -m chapter6 all made snapshots/ (default: here)",
    )
    parsed = parser.parse_args(sys.argv[1:] if arguments is None else arguments)
    try:
        for written in save_notebooks(parsed.output, parsed.run):
            print(written)
    except OSError as error:
        parser.error(f"--output must be a folder that can be written to: {one_line(error)}")


if __name__ == "__main__":
    main()
