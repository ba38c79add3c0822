"""The results that come with the chapter are whole, and README and code agree with them."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chapter6.experiment import Verdict
from chapter6.language import language
from chapter6.runner import readmes
from chapter6.runner.claims import claims
from chapter6.runner.results import (
    STRENGTH,
    Result,
    claim_verdict,
    load_results,
    save_results,
    shipped_results,
    shipped_results_of,
    tally,
)

CLAIMS = claims()
NUMBER = re.compile(r"\d[\d,]*(?:\.\d+)?(?:e[-+]?\d+)?")


@pytest.mark.parametrize("claim", CLAIMS, ids=lambda claim: claim.name)
def test_every_experiment_has_its_results(claim):
    results = shipped_results_of(claim.section, claim.name)
    assert [result.seed for result in results] == list(range(5 if claim.is_random else 1))
    assert {result.claim for result in results} <= {claim.module.CLAIM}
    assert {result.verdict for result in results} <= set(map(str, Verdict))


def test_there_are_no_other_results():
    names = {(claim.section, claim.name) for claim in CLAIMS}
    assert {(result.section, result.experiment) for result in shipped_results()} <= names


@pytest.mark.parametrize("result", shipped_results(), ids=lambda result: f"{result.experiment}-{result.seed}")
def test_what_to_remember_is_short(result):
    assert len(result.short.split()) <= 25
    assert result.short.endswith(".") and result.short_zh.endswith("。")
    # What names a figure, an equation, a digit or a norm is no number.
    named = r"N\(0, 1/m\)|(?:figure|equation|figures|equations) [\d-]+|L2|[Dd]igits? \d(?:-\d)?|\d-\d"
    assert len(NUMBER.findall(re.sub(named, "", result.short))) <= 2


@pytest.mark.parametrize("path", readmes.paths(), ids=lambda path: f"{path.parent.name}-{path.name}")
def test_the_readme_agrees_with_the_results(path):
    assert readmes.updated(path) == path.read_text(encoding="utf-8"), "run python -m chapter6.runner.readmes"


def result(verdict, seed=0):
    return Result("6-1.a", "section_6_1", "symmetry", seed, verdict, 1.25, "Short.", "短。")


def test_results_come_back_as_they_were_saved(tmp_path):
    results = [result("holds"), result("failed", 1)]
    save_results(results, tmp_path / "results.csv")
    assert [load_results(tmp_path / "results.csv")[i].verdict for i in range(2)] == ["holds", "failed"]
    assert load_results(tmp_path / "results.csv")[1].seed == 1


@given(st.lists(st.sampled_from(list(map(str, STRENGTH))), min_size=1, max_size=9))
def test_the_verdict_of_several_seeds_is_the_most_frequent_and_of_equals_the_weakest(verdicts):
    found = tally([result(verdict, seed) for seed, verdict in enumerate(verdicts)])
    counts = {verdict: verdicts.count(verdict) for verdict in verdicts}
    assert found.count == counts[found.verdict] == max(counts.values()) and found.seeds == len(verdicts)
    equals = [verdict for verdict in counts if counts[verdict] == found.count]
    order = list(map(str, STRENGTH))
    assert order.index(found.verdict) == max(map(order.index, equals))


def test_a_tally_says_how_many_seeds_in_both_languages():
    results = [result("holds in part", seed) for seed in range(4)] + [result("holds", 4)]
    assert str(tally(results)) == "holds in part (4 of 5 seeds)"
    with language("zh"):
        assert str(tally(results)) == "部分成立（5个种子中的4个）"
    assert str(tally(results[:1])) == "holds in part"


@pytest.mark.parametrize(
    ("verdicts", "expected"),
    [
        (["holds"], "holds"),
        (["holds", "holds"], "holds"),
        (["does not hold", "does not hold"], "does not hold"),
        (["holds", "does not hold"], "holds in part"),
        (["holds in part", "holds"], "holds in part"),
        (["by definition", "does not hold"], "does not hold"),
        (["by definition", "by definition"], "by definition"),
        (["failed", "holds", "by definition"], "failed"),
    ],
)
def test_a_claim_has_one_verdict_derived_from_those_of_its_experiments(verdicts, expected):
    assert claim_verdict(verdicts) == expected
