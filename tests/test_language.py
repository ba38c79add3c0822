"""Which language is chosen, how a text is translated by a catalogue, and how Chinese is wrapped."""

import os
import re
import subprocess
import sys
import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chapter6 import language
from chapter6.language import translate, wrapped
from chapter6.runner.chapter import index


@pytest.fixture(autouse=True)
def in_english():
    yield
    language.choose(["--language", "en"])


@pytest.fixture
def chinese():
    language.choose(["--language", "zh"])


@pytest.mark.parametrize(
    ("words", "environment", "chosen"),
    [
        ([], {}, "en"),
        ([], {"LANG": "zh_CN.UTF-8"}, "zh"),
        ([], {"LC_MESSAGES": "zh_TW", "LANG": "en_GB.UTF-8"}, "zh"),
        ([], {"LC_ALL": "C", "LC_MESSAGES": "zh_CN", "LANG": "zh_CN"}, "en"),
        ([], {"LC_ALL": "", "LANG": "zh"}, "zh"),
        ([], {"LANG": "de_DE"}, "en"),
        (["gan", "--language", "zh"], {}, "zh"),
        (["--language=zh", "gan", "--quick"], {"LC_ALL": "en_US"}, "zh"),
        (["--language", "en"], {"LANG": "zh_CN.UTF-8"}, "en"),
        (["--language", "zh", "gan", "--language=en"], {}, "en"),
        (["--language"], {"LANG": "zh_CN"}, "zh"),
        (["--language", "de"], {}, "en"),
    ],
)
def test_the_flag_and_else_the_locale_choose_the_language(monkeypatch, words, environment, chosen):
    for name in ("LC_ALL", "LC_MESSAGES", "LANG"):
        monkeypatch.delenv(name, raising=False)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    language.choose(words)
    assert language.current() == chosen


@pytest.fixture
def small_catalogue(monkeypatch, chinese):
    texts = {
        "loss": "损失",
        "weight decay": "权重衰减",
        "the bowl": "碗",
        "Adam": "Adam",
        "After {n} steps on {}: {}.": "在{1}上{0}步之后：{2}。",
        "{} {n}": "{0} {1}",
        "{}: {}": "{0}：{1}",
        "{} steps": "{0}步",
        "{} more steps": "再{0}步",
        "{} from {n} to {}": "至{2}：{0}{1}",
        "{} ({n} steps)": "{0}（{1}步）",
        "first line\nsecond": "两行",
    }
    monkeypatch.setattr(language, "catalogue", lambda: texts)
    language._templates.cache_clear()
    language._chinese.cache_clear()
    yield
    language._templates.cache_clear()
    language._chinese.cache_clear()


@pytest.mark.parametrize(
    ("english", "expected"),
    [
        ("loss", "损失"),
        ("loss.", "损失。"),
        ("lossy", "lossy"),
        ("lossy.", "lossy."),
        ("loss (7 steps):\nthe bowl", "损失（7步）：\n碗"),
        ("weight decay:", "权重衰减："),
        ("loss, ", "损失，"),
        (", ", ", "),
        (".", "."),
        ("first line\nsecond", "两行"),
        ("loss.\nAfter 3 steps on earth: 1.", "损失。\n在earth上3步之后：1。"),
        ("loss\nthe bowl", "损失\n碗"),
        ("loss, weight decay", "损失，权重衰减"),
        ("loss; unknown", "损失；unknown"),
        ("unknown, other", "unknown, other"),
        ("weight decay 0.5, 1, 1e-3", "权重衰减 0.5, 1, 1e-3"),
        ("unknown 5", "unknown 5"),
        ("unknown: 5", "unknown: 5"),
        ("Adam: 5", "Adam：5"),
        ("loss (7 steps)", "损失（7步）"),
        ("loss (seven steps)", "loss (seven steps)"),
        ("[loss, weight decay]", "[loss, weight decay]"),
        (
            "After 1,000 steps on the bowl: loss 1e-10; weight decay -3 %.",
            "在碗上1,000步之后：损失 1e-10；权重衰减 -3 %。",
        ),
        ("After inf steps on earth: nothing.", "在earth上inf步之后：nothing。"),
        ("the bowl (3 steps); loss (2 steps)", "碗（3步）；损失（2步）"),
        # The longer template goes before the shorter, and a part of a list holds no list.
        ("5 more steps", "再5步"),
        ("the bowl from 3 to loss; the bowl from 2 to loss", "至损失：碗3；至损失：碗2"),
        ("", ""),
    ],
)
def test_translation(small_catalogue, english, expected):
    assert translate(english) == expected


def test_in_english_every_text_stays_as_it_is():
    for text in (*language.catalogue(), "anything: 5"):
        assert translate(text) is text


def test_english_costs_no_catalogue():
    program = (
        "import sys\n"
        "from chapter6.runner.chapter import main\n"
        "main([])\n"
        "assert not {'tomllib', 'chapter6.chinese_figures', 'tensorflow'} & set(sys.modules)\n"
    )
    environment = os.environ | {"LC_ALL": "C"}
    subprocess.run([sys.executable, "-c", program], check=True, stdout=subprocess.DEVNULL, env=environment)


CHINESE = "损失降至百万分之一：学习率0.011时需超过400步，（AdaGrad）最优的0.38时需79步。"


def width_of(text):
    return sum(2 if unicodedata.east_asian_width(each) in "WF" else 1 for each in text)


@given(st.text(alphabet=CHINESE + " (,)", max_size=200), st.integers(20, 60))
@settings(deadline=None, derandomize=True, max_examples=200)
def test_wrapped_keeps_the_text_within_the_columns(text, columns):
    lines = wrapped(text, columns)
    assert "".join(lines).replace(" ", "") == text.replace(" ", "")
    for line in lines:
        # A line may break after a Chinese character and at a space.
        longest = max(map(width_of, re.split("(?<=[\u4e00-\u9fff])|(?= )", line)))
        assert width_of(line) <= max(columns, longest)


def test_wrapped_breaks_no_word_and_no_line_before_a_comma():
    assert wrapped("一二三，AdaGrad四", 7) == ["一二", "三，", "AdaGrad", "四"]
    assert wrapped("一（二）", 4) == ["一", "（二）"]
    assert wrapped("", 10) == [""]


def test_the_chinese_list_keeps_80_columns(chinese):
    for line in index().splitlines():
        if line.startswith("  "):
            assert width_of(line) <= 80
    assert "6-1 参数初始化" in index()


PIECES = [
    "loss",
    "Adam",
    "unknown",
    "12",
    "3e-4",
    ", ",
    "; ",
    ". ",
    ".",
    ":",
    "(",
    ")",
    "[",
    "\n",
    " ",
    " ± ",
]


@given(st.lists(st.sampled_from(PIECES), max_size=12).map("".join))
@settings(deadline=None, derandomize=True, max_examples=300)
def test_any_text_comes_through_with_its_numbers_and_names(text):
    language.choose(["--language", "zh"])
    kept = "12|3e-4|Adam|unknown"
    assert sorted(re.findall(kept, translate(text))) == sorted(re.findall(kept, text))
