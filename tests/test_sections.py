"""``python -m chapter6.SECTION --quick`` of every section: what it prints and the files that it leaves."""

import csv
import importlib
import operator
import shutil

import pytest
from PIL import Image

from chapter6 import SECTIONS
from chapter6.experiment import Verdict
from chapter6.runner.command_line import main


@pytest.fixture(scope="module", params=SECTIONS)
def section(request, quick_section):
    return quick_section(request.param)


def test_every_finding_is_printed_without_a_verdict_of_its_own(section):
    package = importlib.import_module(f"chapter6.{section.name}")
    assert tuple(section.findings) == package.EXPERIMENTS
    printed = " ".join(section.printed.split())
    assert printed.count("This quick run is too small for a verdict.") == len(section.findings)
    for name, finding in section.findings.items():
        assert isinstance(finding.verdict, Verdict)
        for text in (getattr(package, name).SENTENCE, finding.short, finding.why, finding.limits):
            assert " ".join(str(text).split()) in printed


def test_every_experiment_leaves_pictures_of_150_dpi_with_captions_and_their_numbers(section):
    for name, finding in section.findings.items():
        assert finding.pictures
        for picture in finding.pictures:
            assert picture.path.parent == section.of(name)
            assert str(picture.caption) in " ".join(section.printed.split())
            if picture.path.suffix == ".png":
                with Image.open(picture.path) as image:
                    assert image.info["dpi"] == pytest.approx((150, 150), abs=0.1)
        tables = list(section.of(name).glob("*.csv"))
        assert section.of(name) / "finding.csv" in tables
        for table in tables:
            with table.open(encoding="utf-8", newline="") as file:
                header, *rows = csv.reader(file)
            assert rows and len(set(header)) == len(header)
            assert {len(row) for row in rows} == {len(header)}


def test_texts_of_figures_have_at_least_nine_points_on_the_page(section):
    sizes = {name: min(texts, key=operator.itemgetter(1)) for name, texts in section.figure_texts.items()}
    assert {name: text for name, text in sizes.items() if text[1] < 9} == {}


def test_nothing_unfinished_is_left_and_nothing_is_written_elsewhere(section):
    assert {path.name for path in section.output.iterdir()} <= {"snapshots", "checkpoints"}
    assert {path.name for path in section.folder.iterdir()} == {f"{name}_quick" for name in section.findings}
    assert {path.suffix for path in section.output.rglob(".*")} <= {".lock"}


@pytest.mark.parametrize(
    ("name", "command"),
    [
        (name, command)
        for name in SECTIONS
        for command in getattr(importlib.import_module(f"chapter6.{name}"), "COMMANDS", ())
    ],
)
def test_a_command_takes_up_what_the_quick_run_left(quick_section, name, command, tmp_path, capsys):
    output = tmp_path / "output"
    shutil.copytree(quick_section(name).output, output)
    before = set(output.rglob("*"))
    main(f"chapter6.{name}", [command, "--quick", "--output", str(output)])
    assert capsys.readouterr().out
    assert set(output.rglob("*")) > before
