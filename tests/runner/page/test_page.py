"""The page of all findings as a file: what it holds, its size, whether the one that ships is stale."""

import dataclasses
import json
import re
from html import escape, unescape
from pathlib import Path

import pytest
from babel.messages.extract import extract_from_dir

from chapter6.language import Message
from chapter6.language import language as language_chosen
from chapter6.runner import catalogue
from chapter6.runner import page as package
from chapter6.runner.chapter import main
from chapter6.runner.claims import claims
from chapter6.runner.errata import ERRATA
from chapter6.runner.page import LIMIT, NAME, page, script_texts, sources_digest
from chapter6.runner.page.entries import Entry, collect
from chapter6.runner.page.pictures import embedded
from chapter6.runner.page.playthings import PLACES
from chapter6.runner.results import FAILED, Result, save_results, shipped_results

GALLERY = Path(__file__).parents[3] / "snapshots" / "gallery" / NAME


def json_of(html, name):
    return json.loads(
        re.search(rf'<script type="application/json" id="{name}">(.*?)</script>', html, re.DOTALL)[1]
    )


@pytest.fixture(scope="module")
def html(path):
    return path.read_text(encoding="utf-8")


def test_it_is_one_file_of_at_most_five_megabytes_that_names_no_other(path, html):
    assert path.stat().st_size <= LIMIT == 5_000_000
    addresses = re.findall(r'(?:src|href)="([^"]*)"|url\(([^)]*)\)', html)
    assert all(re.match("data:|#", first or second) for first, second in addresses)


def test_each_claim_has_its_sentence_verdict_and_command_in_both_languages(html, entries):
    text = unescape(re.sub("<[^>]+>", "", html))
    for entry in entries:
        assert entry.claim.command in html
        for language in ("en", "zh"):
            assert entry.short.get(language, "") in text
            with language_chosen(language):
                assert str(entry.claim.module.SENTENCE) in text
    assert html.count('<article class="slide"') == len(claims())


def test_an_experiment_that_was_not_run_has_the_shipped_result(entries):
    last = entries[-1]
    assert last.finding is None
    assert last.shipped == bool(last.results)


def test_what_it_is_given_is_escaped(entries):
    nasty = {"en": "a < b & c", "zh": "</script><b>"}
    finding = entries[0].finding | {
        "why": nasty,
        "short": nasty,
        "table": {"en": [["<column>"], ["<cell>"]], "zh": [["x"]]},
    }
    claim, section, experiment, verdict = "6-1.a", "section_6_1", "x", "holds"
    result = Result(claim, section, experiment, 0, verdict, 1.0, nasty["en"], nasty["zh"])
    made = page([Entry(entries[0].claim, [result], finding, entries[0].folder, False)])
    for text in (*nasty.values(), "<column>", "<cell>"):
        assert escape(text, quote=False) in made
    assert "<cell>" not in made and made.count("</script>") == made.count("<script")
    assert json_of(made, "findings")[0]["short_zh"] == nasty["zh"]


def test_a_quick_run_gives_no_verdict(entries):
    made = page(entries[:3], small=True)
    assert made.count("too small to judge") > 3 and 'class="verdict holds"' not in made


def test_results_of_a_whole_run_count_unless_an_experiment_was_run_again(output, entries):
    first, second = (entry.results[0] for entry in entries[:2])
    changed = dataclasses.replace(second, short="An earlier run's.", verdict="does not hold")
    failed = dataclasses.replace(entries[-1].results[0] if entries[-1].results else first, verdict=FAILED)
    last = entries[-1].claim
    failed = dataclasses.replace(failed, section=last.section, experiment=last.name)
    rows = [first, dataclasses.replace(first, seed=1), changed, failed]
    table = save_results(rows, output / "snapshots" / "claims.csv")
    try:
        found = collect(output)
    finally:
        table.unlink()
    assert [result.seed for result in found[0].results] == [0, 1]
    assert found[1].short["en"] == second.short and found[1].tally.verdict == second.verdict
    assert found[-1].tally.verdict == FAILED and not found[-1].shipped


def test_the_command_makes_it_of_what_earlier_runs_have_left(output, path, html, capsys):
    main(["page", "--output", str(output)])
    assert capsys.readouterr().out == f"{path}\n"
    assert path.read_text(encoding="utf-8") == html


def test_shipped_verdicts_stand_on_the_page_that_ships(output):
    for entry in collect(output, shipped=True):
        shipped = [each for each in shipped_results() if each.experiment == entry.claim.name]
        assert entry.results == shipped or (not shipped and not entry.shipped)


def test_the_page_that_ships_is_not_stale():
    if not GALLERY.is_file():
        pytest.skip("there is none yet")
    html = GALLERY.read_text(encoding="utf-8")
    advice = "run python -m chapter6 all, then python -m chapter6.runner.page"
    shown = {(each["experiment"], each["seed"]): each for each in json_of(html, "findings")}
    for result in shipped_results():
        each = shown[result.experiment, result.seed]
        assert (each["verdict"], each["short"], each["short_zh"]) == (
            result.verdict,
            result.short,
            result.short_zh,
        ), advice
    assert f'content="{sources_digest()}"' in html, advice
    assert GALLERY.stat().st_size <= LIMIT


def test_it_has_the_errata(html):
    section = html[html.index('<section id="errata">') :]
    items = [re.sub("<[^>]+>", "", item) for item in re.findall("<li>(.*?)</li>", section)]
    assert len(items) == len(ERRATA)
    for item, each in zip(items, ERRATA, strict=True):
        assert str(each.holds).replace("`", "") in unescape(item)
    assert "<code>xavier_init</code>" in section


def test_the_texts_of_the_scripts_are_those_of_the_catalogue():
    folder = Path(package.__file__).parent
    found = extract_from_dir(folder, [("**.js", "javascript")], keywords=catalogue.KEYWORDS)
    texts = script_texts()
    assert set(texts) == {text for _path, _line, text, _comments, _context in found}
    assert len(texts) > 40 and texts["Gain"] == "增益"


def test_every_plaything_stands_behind_its_claim(html):
    places = [html.index(f'id="play-{name}"') for name in PLACES]
    assert len(set(places)) == 5
    assert (
        html.index('id="section_6_4"')
        < html.index('id="play-gan"')
        < html.index("6-4.a</span>", html.index('id="play-gan"'))
    )


def test_pictures_become_smaller_until_they_fit(output):
    picture = output / "drawn.png"
    (large,) = embedded([picture], 10**7).values()
    (small,) = embedded([picture], len(large[0]) // 3).values()
    assert large[1:] == (1600, 1067) and len(small[0]) < len(large[0]) // 2
    assert small[1] < large[1] and large[0].startswith("data:image/webp;base64,")


def test_a_message_is_shown_in_both_languages():
    assert str(package.both(Message("holds"))) == (
        '<span lang="en">holds</span><span lang="zh-CN">成立</span>'
    )
    assert str(package.both("Adam")) == "Adam"
