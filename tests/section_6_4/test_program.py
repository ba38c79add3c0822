"""The slides' program beside ours: each line of ours stands in its file, each of theirs in their program."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SECTION = ROOT / "chapter6" / "section_6_4"
ROWS = re.findall(r"^\| `(.+?)` \| `(.+?)` \| `(.+?)` \|", (SECTION / "PROGRAM.md").read_text(), re.MULTILINE)


def letters(code):
    """Return code without spaces and quotation marks, which the slides have lost."""
    return re.sub(r"[\s\"'“”]", "", code)


def test_the_whole_program_is_there():
    assert len(ROWS) > 25


@pytest.mark.parametrize(("ours", "name"), sorted({(ours, name) for _theirs, ours, name in ROWS}))
def test_our_line_stands_in_its_file(ours, name):
    lines = (ROOT / "chapter6" / name).read_text(encoding="utf-8").splitlines()
    assert any(line.strip() == ours for line in lines)


def test_the_slides_names_stand_in_their_program():
    program = letters((ROOT / "tests" / "lecture_tf1.py").read_text(encoding="utf-8"))
    for theirs, _ours, _name in ROWS:
        names = re.findall(r"(?<![\w.])(?:[DGXZ]_?\w*|theta_\w+|\w+_sum|xavier_init|sample_Z|plot)\b", theirs)
        for name in set(names) - {"X_mb"}:
            assert name in program, theirs
    for parameter in ("D_W1", "D_b1", "D_W2", "D_b2", "G_W1", "G_b1", "G_W2", "G_b2"):
        assert re.search(rf"`[^`]*\b{parameter}\b", (SECTION / "PROGRAM.md").read_text(encoding="utf-8"))
