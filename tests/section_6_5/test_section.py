"""The whole section: its claims, what it prints, its files, what it refuses."""

import importlib
import io
import re

import numpy as np
import pytest
from PIL import Image
from rich.console import Console
from rich.padding import Padding

from chapter6 import section_6_5
from chapter6.runner.command_line import main
from chapter6.runner.terminal import INDENT, ROWS, rich_table

NAMES = (*section_6_5.EXPERIMENTS, *section_6_5.COMMANDS)
MODULES = {name: importlib.import_module(f"chapter6.section_6_5.{name}") for name in NAMES}


@pytest.fixture
def findings(section, published):
    """The findings of the experiment and of the command, by name."""
    return {**section.findings, "published_setting": published[0]}


def test_the_claim_has_its_experiments():
    assert [module.CLAIM for module in MODULES.values()] == ["6-5.a", "6-5.a"]


def test_the_experiment_leaves_a_picture_and_its_numbers(section):
    files = {path.name for path in section.of("transfer_curves").iterdir()}
    assert files == {"accuracy.csv", "finding.csv", "finding.json", "transfer_curves.png"}


@pytest.mark.parametrize("name", NAMES)
def test_a_picture_has_150_dpi_and_the_name_of_what_it_shows(findings, name):
    (picture,) = findings[name].pictures
    assert picture.path.name == f"{name}.png"
    with Image.open(picture) as image:
        assert image.info["dpi"] == pytest.approx((150, 150), abs=0.1)


@pytest.mark.parametrize("name", NAMES)
def test_a_finding_is_short_and_complete(findings, name):
    finding = findings[name]
    short = str(finding.short)
    assert short.endswith(".") and len(short.split()) <= 25
    # 0-4 and 5-9 are names of tasks.
    assert len(re.findall(r"\d[\d.,]*", re.sub(r"\d-\d", "", short))) <= 2
    assert str(finding.why).endswith(".") and str(finding.limits).endswith(".")
    assert len(finding.table) >= 2
    assert all(str(picture.caption).endswith(".") for picture in finding.pictures)


@pytest.mark.parametrize("name", NAMES)
def test_a_row_takes_one_line_of_a_terminal_of_80_columns(findings, name):
    table = findings[name].table
    console = Console(width=80, file=io.StringIO())
    console.print(Padding(rich_table(table), INDENT))
    _heading, rule, body = console.file.getvalue().rpartition("─")
    assert rule and len(body.strip().splitlines()) == min(len(table), ROWS)


@pytest.mark.parametrize("name", NAMES)
def test_data_without_a_digit_are_refused_in_one_line_and_nothing_is_written(name, tmp_path, digits, capsys):
    with np.load(digits) as file:
        arrays = dict(file)
    arrays["y_test"] = np.minimum(arrays["y_test"], 8)
    np.savez(tmp_path / "no_nine.npz", **arrays)
    command = [name, "--quick", "--data", str(tmp_path / "no_nine.npz"), "--output", str(tmp_path / "out")]
    with pytest.raises(SystemExit) as stop:
        main("chapter6.section_6_5", command)
    error = capsys.readouterr().err
    assert stop.value.code == 2 and error.count("\n") == 1 and "received none of 9" in error
    assert not (tmp_path / "out").exists()
