"""``python -m chapter6``: the list of the claims, and all of them run into one table and one page."""

import csv
import os
import re
import signal
import subprocess
import sys
import time
from html import unescape

import pytest

from chapter6 import SECTIONS, language
from chapter6.experiment import Verdict
from chapter6.runner import claims
from chapter6.runner.chapter import index, main
from chapter6.runner.isolation import run_isolated
from chapter6.runner.page import NAME
from chapter6.runner.results import Result
from tests.forked import without_logs
from tests.runner import functions

CHOSEN = ("sparse", "symmetry", "learning_rate")


@pytest.fixture(autouse=True)
def in_english(monkeypatch):
    monkeypatch.setenv("LC_ALL", "C")
    yield
    language.choose(["--language", "en"])


def test_the_list_has_every_section_experiment_and_claim_in_80_columns():
    text = index()
    for section in SECTIONS:
        assert f"python -m chapter6.{section} " in text
    for claim in claims.claims():
        assert re.search(rf"^  {claim.module.CLAIM} +{claim.name} ", text, re.MULTILINE)
    entries = [line for line in text.splitlines() if line.startswith("  ")]
    assert max(map(len, entries)) <= 80


def test_claims_are_in_the_order_of_the_slides():
    # But for one that looks at what the training before it has left.
    names = [claim.name for claim in claims.claims()]
    ids = [claim.module.CLAIM for claim in claims.claims() if claim.name != "evaluate"]
    assert len(ids) > 20
    assert ids == sorted(ids)
    assert names.index("gan") < names.index("evaluate")


def test_the_list_does_not_import_tensorflow():
    program = (
        "import sys\n"
        "from chapter6.runner.chapter import main\n"
        "main([])\n"
        "assert not {'tensorflow', 'keras', 'matplotlib'} & set(sys.modules)\n"
    )
    subprocess.run([sys.executable, "-c", program], check=True, stdout=subprocess.DEVNULL)


@pytest.fixture(scope="module")
def whole_run(tmp_path_factory):
    """What ``all --quick --seeds 2`` printed of three experiments, one without its data, and its folder."""
    folder = tmp_path_factory.mktemp("all")
    words = ["--quick", "--seeds", "2", "--output", str(folder), "--data", str(folder / "missing")]
    return run_all(words), folder / "snapshots"


def start_all(words, names=CHOSEN):
    """Start ``python -m chapter6 all`` of a few short experiments."""
    program = (
        "import sys\n"
        "from chapter6.runner import claims\n"
        f"chosen = [claim for claim in claims.claims() if claim.name in {names}]\n"
        "claims.claims = lambda: chosen\n"
        "from chapter6.runner.chapter import main\n"
        "main(['all', *sys.argv[1:]])\n"
    )
    return subprocess.Popen(
        [sys.executable, "-c", program, *words],
        env=os.environ | {"COLUMNS": "80"},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )


def run_all(words):
    """Return the finished process of `start_all`."""
    process = start_all(words)
    output = process.communicate()
    return subprocess.CompletedProcess(process.args, process.returncode, *output)


def rows_of(snapshots):
    with (snapshots / "claims.csv").open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def test_all_goes_on_after_a_failure_and_tells_of_it(whole_run):
    ended, snapshots = whole_run
    assert ended.returncode == 2
    # Of the three only the one that needs MNIST minds its absence.
    (line,) = without_logs(ended.stderr).splitlines()
    assert "received 2 that failed" in line
    rows = rows_of(snapshots)
    assert [(row["experiment"], row["seed"]) for row in rows] == [
        ("symmetry", "0"),
        ("symmetry", "1"),
        ("sparse", "0"),
        ("sparse", "1"),
        ("learning_rate", "0"),
    ]
    failed = [row for row in rows if row["verdict"] == "failed"]
    assert {row["experiment"] for row in failed} == {"symmetry"} and "missing" in failed[0]["short"]
    for row in rows:
        if row not in failed:
            assert row["verdict"] in list(Verdict) and float(row["seconds"]) > 0
            assert row["short"].endswith(".") and row["short_zh"].endswith("。")


def test_every_seed_has_a_folder_of_its_own(whole_run):
    _ended, snapshots = whole_run
    first, second = (snapshots / "section_6_1" / f"sparse_quick{suffix}" for suffix in ("", "_seed_1"))
    tables = [(folder / "finding.csv").read_text(encoding="utf-8") for folder in (first, second)]
    assert tables[0] != tables[1]
    # Nothing is random in it.
    assert not (snapshots / "section_6_3" / "learning_rate_quick_seed_1").exists()


def test_table_and_page_show_what_was_found(whole_run):
    _ended, snapshots = whole_run
    table = (snapshots / "claims.md").read_text(encoding="utf-8")
    html = unescape((snapshots / NAME).read_text(encoding="utf-8"))
    for row in rows_of(snapshots):
        if row["seed"] == "0":
            assert row["short"] in html and row["short"].replace("|", "\\|") in table
            assert f"`{row['experiment']}`" in table
    for picture in re.findall(r"\]\(([^)]+)\)", table):
        assert (snapshots / picture).is_file()
    assert html.count('src="data:image/webp;') >= table.count(".png)") > 0


def test_a_quick_run_gives_no_verdict(whole_run):
    ended, snapshots = whole_run
    summary = ended.stdout.rpartition("\n\n")[2]
    assert not any(f"  {verdict}" in summary for verdict in Verdict)
    assert "6-1.g  too small to judge" in summary
    page = (snapshots / NAME).read_text(encoding="utf-8")
    assert page.count("too small to judge") >= 4


def test_the_summary_has_a_line_for_each_claim_and_the_counts(whole_run):
    ended, _snapshots = whole_run
    summary = ended.stdout.rpartition("\n\n")[2].splitlines()
    assert [line.split()[0] for line in summary[:3]] == ["6-1.c", "6-1.g", "6-3.a"]
    assert "2 too small to judge" in summary[3] and "1 failed" in summary[3]
    assert len(summary) <= 6


def test_a_derived_verdict_is_said_to_be(capsys):
    """That of several experiments, whose own stand beside it."""
    chosen = {claim.name: claim for claim in claims.claims()}
    note = "The verdict of a claim with several experiments is derived from theirs."
    for names, verdict in ((["grid"], "holds"), (["adagrad_rates", "draws", "random"], "does not hold")):
        rows = []
        for name in names:
            claim = chosen[name]
            result = Result(claim.module.CLAIM, claim.section, name, 0, verdict, 1.0, "", "")
            rows.append(claims.Row(claim, result, None, None, claim.command))
        claims.print_summary(rows, small=False)
        printed = capsys.readouterr().out
        assert (note in printed.splitlines()) == (len(names) > 1)
        assert f"({', '.join(f'{name}: {verdict}' for name in names[-2:])})" in printed


@pytest.mark.skipif(os.name != "posix", reason="a process group is interrupted as a terminal does it")
def test_an_interrupted_run_keeps_what_was_found(tmp_path):
    # The second takes long enough to be interrupted.
    running = start_all(["--quick", "--output", str(tmp_path)], ("sparse", "race"))
    table = tmp_path / "snapshots" / "claims.csv"
    deadline = time.monotonic() + 120
    while not table.is_file() and time.monotonic() < deadline:
        time.sleep(0.05)
    os.killpg(running.pid, signal.SIGINT)
    _out, errors = running.communicate(timeout=120)
    assert running.returncode == 130
    assert "Traceback" not in errors
    assert errors.splitlines()[-1].endswith(f"results are in {tmp_path / 'snapshots'}")
    assert rows_of(tmp_path / "snapshots")


def test_an_experiment_whose_process_is_killed_is_one_that_failed(monkeypatch, tmp_path):
    chosen = [claim for claim in claims.claims() if claim.name == "sparse"]
    monkeypatch.setattr(claims, "run_isolated", lambda *arguments: run_isolated(functions.kill_itself))
    (row,) = claims.run_claims(chosen, small=True, output=tmp_path)
    assert row.finding is None and row.result.verdict == "failed"
    assert row.result.short == "the process of an experiment must end by itself, received exit status -9"


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["al"], "'al'"),
        (["all", "--quik"], "--quik"),
        (["all", "--data", ""], "empty"),
        (["all", "--seeds", "0"], "from 1 to 1000, received '0'"),
        (["all", "--seeds", "two"], "from 1 to 1000, received 'two'"),
    ],
)
def test_what_cannot_be_understood_is_one_line(words, message, capsys):
    with pytest.raises(SystemExit) as ended:
        main(words)
    assert ended.value.code == 2
    error = capsys.readouterr().err
    assert error.count("\n") == 1 and message in error
