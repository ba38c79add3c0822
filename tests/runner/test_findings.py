"""A finding's record beside its pictures, and what of an earlier run's is taken away."""

import json

import pytest

from chapter6.experiment import Finding, Picture, Verdict
from chapter6.runner.findings import load_finding, remove_finding, save_finding
from chapter6.section_6_1.symmetry import Settings

PICTURES = ("figure.png", "figure.zh.png", "race.gif", "race.zh.gif", "plain.png")


@pytest.fixture
def folder(tmp_path):
    for name in PICTURES:
        (tmp_path / name).write_bytes(b"picture")
    pictures = [Picture(tmp_path / name, "Caption.") for name in ("figure.png", "race.gif", "plain.png")]
    finding = Finding(Verdict.HOLDS, "Short.", "Why.", "Limits.", {"loss": [0.5]}, tuple(pictures))
    save_finding(finding, Settings(), 1.5, tmp_path)
    return tmp_path


def test_a_picture_s_file_is_that_of_the_language_or_the_only_one(folder):
    files = [picture["file"] for picture in load_finding(folder)["pictures"]]
    assert files == [
        {"en": "figure.png", "zh": "figure.zh.png"},
        {"en": "race.gif", "zh": "race.zh.gif"},
        {"en": "plain.png", "zh": "plain.png"},
    ]


def test_a_record_of_an_earlier_form_counts_as_none(folder):
    record = load_finding(folder)
    record["pictures"][0]["file"] = "figure.png"
    (folder / "finding.json").write_text(json.dumps(record), encoding="utf-8")
    assert load_finding(folder) is None


def test_an_earlier_run_s_record_and_copies_are_taken_away_and_nothing_else(folder):
    (folder / "events.out.tfevents.1.host.zh.local").touch()
    remove_finding(folder)
    left = {path.name for path in folder.iterdir()}
    assert left == {"figure.png", "race.gif", "plain.png", "events.out.tfevents.1.host.zh.local"}
    assert load_finding(folder) is None
    remove_finding(folder)
