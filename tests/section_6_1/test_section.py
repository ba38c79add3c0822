"""The whole section: its claims, its files, what its settings refuse."""

import csv
import importlib
import io
import re
import struct
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas
import pytest
from rich.console import Console
from rich.padding import Padding
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

from chapter6 import section_6_1
from chapter6.artifacts import Folders
from chapter6.experiment import quick
from chapter6.runner.command_line import main
from chapter6.runner.terminal import INDENT, ROWS, rich_table

NAMES = section_6_1.EXPERIMENTS
MODULES = {name: importlib.import_module(f"chapter6.section_6_1.{name}") for name in NAMES}
each_experiment = pytest.mark.parametrize("name", NAMES)


def files(section, name, pattern):
    return sorted(section.of(name).rglob(pattern))


def tables_of_numbers(section, name):
    return [path for path in files(section, name, "*.csv") if path.name != "finding.csv"]


def test_claims_are_a_to_j_in_slide_order():
    assert [module.CLAIM for module in MODULES.values()] == [f"6-1.{letter}" for letter in "abcdefghij"]
    assert all(f"claim {module.CLAIM[-1]}" in module.__doc__ for module in MODULES.values())


def test_looking_at_the_section_does_not_import_tensorflow():
    looked = "; ".join(f"import chapter6.section_6_1.{name}" for name in NAMES)
    heavy = "{'tensorflow', 'keras', 'matplotlib'}"
    subprocess.run(
        [sys.executable, "-c", f"import sys; {looked}; assert not {heavy} & set(sys.modules)"],
        cwd=Path(__file__).parents[2],
        check=True,
    )


@each_experiment
def test_a_finding_is_short_and_complete(section, name):
    finding = section.findings[name]
    short = str(finding.short)
    assert short.endswith(".") and len(short.split()) <= 25
    # Equation 6-3 and N(0, 1/m) are names.
    assert len(re.findall(r"\d[\d.,]*", short.replace("6-3", "").replace("N(0, 1/m)", ""))) <= 2
    assert str(finding.why).endswith(".") and str(finding.limits).endswith(".")
    assert len(finding.table) >= 2 and len(finding.table.columns) >= 2
    assert all(str(picture.caption).endswith(".") for picture in finding.pictures)


@each_experiment
def test_a_table_says_in_which_unit_and_of_what(section, name):
    table = section.findings[name].table
    assert len(set(table.columns)) == len(table.columns)
    for column, values in table.items():
        assert column == column.strip() and "{" not in column
        if column.endswith("(%)"):
            assert values.dropna().between(0, 100).all()


@each_experiment
def test_a_row_takes_one_line_of_a_terminal_of_80_columns(section, name):
    table = section.findings[name].table
    console = Console(width=80, file=io.StringIO())
    console.print(Padding(rich_table(table), INDENT))
    _heading, rule, body = console.file.getvalue().rpartition("─")
    assert rule and len(body.strip().splitlines()) == min(len(table), ROWS)


@each_experiment
def test_pictures_are_png(section, name):
    pictures = [picture.path for picture in section.findings[name].pictures]
    assert pictures and pictures == files(section, name, "*.png")
    for picture in pictures:
        header = picture.read_bytes()[:24]
        assert header[:8] == b"\x89PNG\r\n\x1a\n"
        width, height = struct.unpack(">II", header[16:])
        assert width >= 1200 and height >= 600


@each_experiment
def test_tables_are_whole(section, name):
    tables = tables_of_numbers(section, name)
    assert tables
    for table in tables:
        with table.open(newline="") as file:
            header, *rows = list(csv.reader(file))
        assert len(rows) > 1
        assert len(set(header)) == len(header)
        assert np.array(rows, float).shape == (len(rows), len(header))


@each_experiment
def test_tensorboard_reads_the_event_files(section, name):
    logs = files(section, name, "events.out.tfevents.*")
    assert logs and len({file.parent for file in logs}) == len(logs)
    for file in logs:
        reader = EventAccumulator(str(file), size_guidance={"tensors": 0}).Reload()
        tags = reader.Tags()["tensors"]
        assert tags and all(len(reader.Tensors(tag)) > 1 for tag in tags)


@pytest.mark.parametrize("name", ["nearest_optimum", "sparse", "wrong_signs"])
def test_the_same_command_gives_the_same_numbers(section, name, tmp_path):
    again = MODULES[name].run(quick(MODULES[name].Settings), Folders.of("section_6_1", name, tmp_path))
    pandas.testing.assert_frame_equal(again.table, section.findings[name].table)
    assert str(again.short) == str(section.findings[name].short)
    for table in tables_of_numbers(section, name):
        (copy,) = tmp_path.rglob(table.name)
        assert copy.read_bytes() == table.read_bytes()


@pytest.mark.parametrize(
    "arguments",
    [
        ["generalization", "--scales", "1.5"],
        ["orthogonal", "--depths", "5", "5"],
        ["sparse", "--inputs", "100"],
        ["instability", "--scales", "2.0"],
        ["wrong_signs", "--sizes", "1.0"],
    ],
    ids=" ".join,
)
def test_one_value_is_nothing_to_compare(arguments, tmp_path, capsys):
    with pytest.raises(SystemExit) as end:
        main("chapter6.section_6_1", [*arguments, "--output", str(tmp_path)])
    assert end.value.code == 2
    assert "must be at least 2 different numbers, received" in capsys.readouterr().err
