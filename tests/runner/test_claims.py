"""``python -m chapter6``: the list of the claims, and all of them run into one table and one page."""

import csv
import re
import subprocess
import sys
from html import unescape

import pytest

from chapter6 import SECTIONS, language
from chapter6.experiment import Verdict
from chapter6.runner import claims
from chapter6.runner.chapter import index, main
from chapter6.runner.report import page

# Names of algorithms, fonts of code and signs, which Chinese text has too
LATIN = {"AdaGrad", "SGD", "keras", "tensorflow", "numpy", "Linux", "Python", "x86_64"}
CHEAP = ("learning_rate", "adagrad_rates")


@pytest.fixture(autouse=True)
def in_english(monkeypatch):
    monkeypatch.setenv("LC_ALL", "C")
    yield
    language.choose(["--language", "en"])


@pytest.fixture
def cheap(monkeypatch):
    """Have ``all`` find two experiments that take little time, and the fault of a third."""
    chosen = [claim for claim in claims.claims() if claim.name in (CHEAP[0], "symmetry", CHEAP[1])]
    monkeypatch.setattr(claims, "claims", lambda: chosen)


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


def test_all_goes_on_after_a_failure_and_tells_of_it(cheap, tmp_path, capsys, monkeypatch):
    # Of the three only the one that needs MNIST minds.
    with pytest.raises(SystemExit) as ended:
        main(["all", "--quick", "--output", str(tmp_path), "--data", str(tmp_path / "missing")])
    assert ended.value.code == 2
    captured = capsys.readouterr()
    assert captured.err.count("\n") == 1 and "received 1 that failed" in captured.err
    assert "[3/3] python -m chapter6.section_6_3 adagrad_rates" in captured.out

    with (tmp_path / "snapshots" / "claims.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["command"].split()[3] for row in rows] == ["symmetry", *CHEAP]
    assert rows[0]["verdict"] == "failed" and "missing" in rows[0]["measured"]
    for row in rows[1:]:
        assert row["verdict"] in list(Verdict)
        assert float(row["seconds"]) > 0
        assert (tmp_path / "snapshots" / row["picture"]).is_file()
    table = (tmp_path / "snapshots" / "claims.md").read_text()
    html = unescape((tmp_path / "snapshots" / "index.html").read_text())
    for row in rows:
        assert row["sentence"] in table and row["measured"] in table
        assert row["sentence"] in html and row["measured"] in html and row["command"] in html
        if row["picture"]:
            assert f"]({row['picture']})" in table and f'src="{row["picture"]}"' in html


def test_all_in_chinese(cheap, tmp_path, capsys):
    with pytest.raises(SystemExit):
        main(["all", "--quick", "--language", "zh", "--output", str(tmp_path), "--data", "missing"])
    captured = capsys.readouterr()
    assert "课件怎么说" in captured.out and "结论" in captured.out and "…" not in captured.out

    with (tmp_path / "snapshots" / "claims.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["verdict"] for row in rows] == ["失败", "成立", "不成立"]
    table = (tmp_path / "snapshots" / "claims.md").read_text()
    html = (tmp_path / "snapshots" / "index.html").read_text()
    assert '<html lang="zh-CN">' in html and "<h2>课件的错漏</h2>" in html
    assert 'class="verdict does not hold"' in html
    for row in rows:
        assert row["sentence"] in table and row["sentence"] in unescape(html)
        assert row["measured"] in table and row["measured"] in unescape(html)
        left = [row["sentence"]] if row["verdict"] == "失败" else [row["sentence"], row["measured"]]
        assert set(re.findall("[A-Za-z]{3,}", " ".join(left))) <= LATIN


def test_an_interrupted_run_keeps_what_was_found(cheap, tmp_path, capsys, monkeypatch):
    run = claims.run

    def interrupted(module, settings, folders):
        if module.__name__.endswith(CHEAP[1]):
            raise KeyboardInterrupt
        return run(module, settings, folders)

    monkeypatch.setattr(claims, "run", interrupted)
    with pytest.raises(SystemExit) as ended:
        main(["all", "--quick", "--output", str(tmp_path)])
    assert ended.value.code == 130
    assert "2 are in" in capsys.readouterr().err
    with (tmp_path / "snapshots" / "claims.csv").open(newline="") as file:
        assert len(list(csv.DictReader(file))) == 2


def test_the_page_escapes_what_it_is_given():
    row = claims.Row("6-1.a", "a < b & c", "<b>", "holds", 1.0, 'x"y.png', "python -m x y", "section_6_1")
    html = page([row])
    assert "a &lt; b &amp; c" in html and "&lt;b&gt;" in html and 'src="x&quot;y.png"' in html


@pytest.mark.parametrize(
    ("words", "message"), [(["al"], "'al'"), (["all", "--quik"], "--quik"), (["all", "--data", ""], "empty")]
)
def test_what_cannot_be_understood_is_one_line(words, message, capsys):
    with pytest.raises(SystemExit) as ended:
        main(words)
    assert ended.value.code == 2
    error = capsys.readouterr().err
    assert error.count("\n") == 1 and message in error
