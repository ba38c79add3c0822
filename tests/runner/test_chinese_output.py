"""Nothing that is printed or drawn in Chinese has an English word left in it, names of things apart."""

import ast
import os
import re
import subprocess
import sys
from html import unescape
from pathlib import Path

import pandas as pd
import pytest
from matplotlib.text import Text
from rich.console import Console

from chapter6 import SECTIONS, language
from chapter6.artifacts import Folders
from chapter6.runner import command_line, doctor
from chapter6.runner import page as pages
from chapter6.runner.chapter import main
from chapter6.runner.claims import Row, claims, package_of, print_summary, save_table
from chapter6.runner.page.entries import collect
from chapter6.runner.results import Result
from chapter6.runner.terminal import ROWS, format_cell, print_finding, rich_table
from chapter6.section_6_4.recipes import DESCRIPTIONS
from chapter6.section_6_4.recipes_drawing import draw as draw_recipes
from chapter6.section_6_4.recipes_table import MEASURES, TRAINING_DIGITS, print_means
from tests.section_6_2.made import figures

ROOT = Path(__file__).parents[2]

# Algorithms, networks, distributions and data
NAMES = """
    Adadelta AdaGrad Adam Adma AMSProp Beale Bernoulli Dropout dropout FGSM Fréchet Gini Himmelblau
    Kolmogorov LeNet logit logits LSTM MNIST Nesterov relu RMSProp Rosenbrock sigmoid Smirnov softmax tanh
"""
# What Adam's name comes from, as the slide has it
NAMES += """
    Adaptive Moments
"""
# People
NAMES += """
    Athalye Belkin Bengio Bergstra Courville Glorot Goodfellow Martens Saxe Zeiler
"""
# Programs, packages and files
NAMES += """
    Colab Darwin Debian jinja Keras Linux NumPy Python TensorBoard TensorFlow Windows checkpoints keras logdir
    matplotlib mlxtend numpy pandas python rich snapshots tensorboard tensorflow tuner
"""
# Experiments that findings refer to
NAMES += """
    convexity evaluate photographs recipes
"""
# Placeholders of the command line, settings and values that it takes, roles that keras-tuner names
NAMES += """
    chief reach worker
    COMMAND FLOAT FOLDER NAME PATH dense improved lecture mean model pretrained saturating
"""
NAMES = frozenset(NAMES.split())
WORD = re.compile("[A-Za-zéü]{4,}")
REQUIREMENTS = WORD.findall(re.sub("#.*", "", (ROOT / "requirements.txt").read_text(encoding="utf-8")))
CODE = re.compile(
    r"``[^`]*``|`[^`]*`"  # quoted
    r"|python -m [\w.]+(?: [\w.-]+)*"  # commands
    r"|--[a-z][\w-]*"  # flags
    r"|\S*/\S*"  # paths
    r"|[A-Za-z]\w*(?:\.\w+)+"  # modules and files
    r"|[A-Za-z]*_\w+"  # identifiers
    r"|[A-Za-z]\w*\([^()]*\)"  # functions
    r"|\$[^$]*\$",  # formulas
    re.ASCII,
)


def english(text, known=()):
    """Return the English words of a text, without code and names."""
    return sorted(set(WORD.findall(CODE.sub(" ", text))) - NAMES - set(known))


def names_of(section):
    package = package_of(section)
    return (*package.EXPERIMENTS, *getattr(package, "COMMANDS", ()))


ALL_NAMES = [name for section in SECTIONS for name in names_of(section)]
COMMANDS = [(section, name) for section in SECTIONS for name in names_of(section)]


@pytest.fixture(autouse=True)
def chinese():
    yield language.choose(["--language", "zh"])
    language.choose(["--language", "en"])


def printed(capsys, run, *words):
    """Return what a command line prints before it ends."""
    with pytest.raises(SystemExit):
        run(*words)
    return capsys.readouterr().out


@pytest.mark.parametrize("text", ["训练loss为0.1", "holds in part", "（accuracy）"])
def test_an_english_word_would_be_found(text):
    assert english(text)


@pytest.mark.parametrize(
    "text", ["用Adam训练", "见`loss_of`与--learning-rate", "位于/tmp/folder/name", "CNN"]
)
def test_names_and_code_are_no_english_words(text):
    assert not english(text)


@pytest.mark.parametrize("section", SECTIONS)
def test_findings(quick_section, section):
    findings = quick_section(section).findings
    # Whatever language the run has left behind.
    language.choose(["--language", "zh"])
    left = {}
    for name, finding in findings.items():
        captions = [picture.caption for picture in finding.pictures]
        texts = [finding.short, finding.why, finding.limits, *captions, *map(translated, finding.table)]
        for _column, values in finding.table.items():
            texts += [translated(value) for value in values if isinstance(value, str)]
        for text in map(str, texts):
            if words := english(text):
                left[name, text] = words
    assert left == {}


def test_the_picture_and_the_table_of_recipes(tmp_path, monkeypatch, capsys):
    rows = pd.DataFrame(
        {"recipe": recipe, "seed": seed, "iteration": 100, "noise": 1.0} | dict.fromkeys(MEASURES, 0.5)
        for recipe in (*DESCRIPTIONS, TRAINING_DIGITS)
        for seed in (0, 1)
    )
    seen = figures(monkeypatch)
    draw_recipes(rows, DESCRIPTIONS, Folders(tmp_path, tmp_path))
    texts = [text.get_text() for figure in seen for text in figure.findobj(Text)]
    assert len(texts) > len(DESCRIPTIONS) and english(" ".join(texts)) == []
    print_means(rows)
    assert english(capsys.readouterr().out, WORD.findall(" ".join(DESCRIPTIONS))) == []


@pytest.mark.parametrize("section", SECTIONS)
def test_findings_on_a_terminal(quick_section, section, capsys, monkeypatch):
    monkeypatch.setenv("COLUMNS", "80")
    run = quick_section(section)
    language.choose(["--language", "zh"])
    for claim in claims_of(section):
        folders = Folders.of(section, claim.name, run.output, quick=True)
        for quick in (False, True):
            print_finding(claim.module, run.findings[claim.name], 1.5, folders, quick)
            text = capsys.readouterr().out
            assert english(text) == [] and "…" not in text, claim.name


@pytest.mark.parametrize("section", SECTIONS)
def test_table_and_summary_of_all(quick_section, section, tmp_path, capsys):
    run = quick_section(section)
    language.choose(["--language", "zh"])
    rows = []
    for claim in claims_of(section):
        finding = run.findings[claim.name]
        name = (claim.module.CLAIM, section, claim.name)
        result = Result(*name, 0, str(finding.verdict), 1.5, "English", str(finding.short))
        rows.append(Row(claim, result, finding, run.folder.parent, claim.command))
    save_table(rows, tmp_path)
    table = (tmp_path / "claims.md").read_text(encoding="utf-8")
    for row in rows:
        assert row.result.short_zh.replace("|", "\\|") in table
    for small in (False, True):
        print_summary(rows, small)
    for text in (table, capsys.readouterr().out):
        assert english(text, names_of(section)) == []


# What the page does not show in Chinese, or is code.
# A number within a text, in a span of its own
NUMBER = re.compile('<span class="number">(.*?)</span>')
UNSEEN = re.compile(
    "<(style|script|code|title)[ >].*?</\\1>"
    """|<span lang="en">.*?</span>|<div class="scroll" lang="en".*?</div>"""
    "|<[^>]*>",
    re.DOTALL,
)


@pytest.mark.parametrize("section", SECTIONS)
def test_page(quick_section, section, monkeypatch):
    # Its pictures are not looked at.
    monkeypatch.setattr(pages, "embedded", lambda paths, limit: {})
    entries = collect(quick_section(section).output, small=True)
    html = pages.page([entry for entry in entries if entry.claim.section == section], small=True)
    visible = unescape(UNSEEN.sub(" ", NUMBER.sub(r"\1", html)))
    assert "课件勘误" in visible
    assert english(visible, ["English", *names_of(section)]) == []


@pytest.mark.parametrize("section", SECTIONS)
def test_the_texts_of_figures(quick_section, section):
    texts = quick_section(section).figure_texts
    assert set(texts) == set(package_of(section).EXPERIMENTS)
    left = {}
    for name, each in texts.items():
        for text, _points in each:
            # Figure 6-11 has the name of Keras' activation.
            if words := english(text, ["linear"]):
                left[name, text] = words
    assert left == {}


def test_what_is_printed_is_marked_for_the_catalogue():
    """Otherwise it would be English whatever the language."""
    left = []
    for path in sorted((ROOT / "chapter6").rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and ast.unparse(node.func).split(".")[-1] in PRINTING:
                texts = [text for argument in node.args for text in unmarked(argument)]
                name = path.relative_to(ROOT / "chapter6").as_posix()
                left += [(name, text) for text in texts if english(text, ["bold"])]
    assert [each for each in left if each[0] not in ENGLISH_FILES] == []
    # These are found, and nothing else is let through.
    assert {path for path, _text in left} == ENGLISH_FILES


PRINTING = {"print", "progress_bar", "InputError", "RunError", "error"}
# What runs under a Python too old for the rest, and what only a developer runs.
ENGLISH_FILES = {
    "runner/start.py",
    "runner/catalogue.py",
    "runner/notebooks.py",
    "runner/page/__main__.py",
    "runner/page/make_playthings.py",
}


def unmarked(node):
    """Return the literal texts of an expression, without those in ``_()`` and ``N_()``."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return [node.value]
    if isinstance(node, ast.Call) and ast.unparse(node.func) in ("_", "N_"):
        return []
    return [text for child in ast.iter_child_nodes(node) for text in unmarked(child)]


def claims_of(section):
    return [claim for claim in claims() if claim.section == section]


def translated(text):
    return language.translate(str(text))


@pytest.mark.parametrize(("section", "name"), COMMANDS, ids=[name for _section, name in COMMANDS])
def test_the_help_of_a_command(section, name, capsys):
    words = [name, "--help", "--language", "zh"]
    text = printed(capsys, command_line.main, f"chapter6.{section}", words)
    assert english(text, [name]) == []


@pytest.mark.parametrize("section", SECTIONS)
def test_the_help_of_a_section(section, capsys):
    text = printed(capsys, command_line.main, f"chapter6.{section}", ["--help", "--language", "zh"])
    assert english(text, names_of(section)) == []


@pytest.mark.parametrize("words", [[], ["all"], ["doctor"]])
def test_the_help_of_the_chapter(words, capsys):
    assert english(printed(capsys, main, [*words, "--help", "--language", "zh"]), ["doctor", "page"]) == []


def test_the_index(capsys):
    main(["--language", "zh"])
    assert english(capsys.readouterr().out, ALL_NAMES) == []


def test_the_doctor(capsys, tmp_path, monkeypatch):
    # What the process that imports everything prints, whatever the language.
    finished = subprocess.CompletedProcess([], 0, stdout="2.21.0 3.15.0 0\n")
    monkeypatch.setattr(doctor.subprocess, "run", lambda *arguments, **options: finished)
    main(["doctor", "--language", "zh", "--output", str(tmp_path)])
    assert english(capsys.readouterr().out, REQUIREMENTS) == []


@pytest.mark.parametrize(
    ("words", "stream"),
    [("chapter6 doctor", "stdout"), ("chapter6.section_6_4 gan", "stderr")],
    ids=["doctor", "experiment"],
)
def test_where_nothing_is_installed(words, stream, tmp_path):
    ended = subprocess.run(
        # -S leaves out the folder into which pip installs.
        [sys.executable, "-S", "-m", *words.split(), "--language", "zh"],
        cwd=tmp_path,
        env=os.environ | {"PYTHONPATH": str(ROOT), "PYTHONUTF8": "1"},
        capture_output=True,
        encoding="utf-8",
    )
    text = getattr(ended, stream)
    assert ended.returncode in (1, 2) and re.search("[\u4e00-\u9fff]", text)
    assert english(text) == []


@pytest.mark.parametrize("chosen", language.LANGUAGES)
@pytest.mark.parametrize("section", SECTIONS)
def test_tables_break_no_number_and_no_english_word(quick_section, section, chosen, capsys, monkeypatch):
    monkeypatch.setenv("COLUMNS", "80")
    findings = quick_section(section).findings
    language.choose(["--language", chosen])
    for name, finding in findings.items():
        table = finding.table.head(ROWS)
        Console(width=80).print(rich_table(table))
        printed = set(capsys.readouterr().out.split())
        texts = map(str, table) if chosen == "en" else ()
        words = {word for text in texts for word in text.split()}
        words |= {format_cell(value) for value in table.to_numpy().ravel() if not isinstance(value, str)}
        assert words <= printed, name
