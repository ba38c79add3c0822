"""Which language is chosen, how a message is translated, and how Chinese is wrapped."""

import os
import pickle
import re
import subprocess
import sys
import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chapter6 import language
from chapter6.errors import InputError
from chapter6.experiment import ascending
from chapter6.language import MessageList, _, translate, wrapped
from chapter6.runner.chapter import index, main


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


def test_a_message_is_translated_and_formatted_when_it_is_shown():
    message = _("{verdict} ({count} of {seeds} seeds)").format(verdict=_("holds"), count=4, seeds=5)
    assert str(message) == f"{message}" == "holds (4 of 5 seeds)"
    with language.language("zh"):
        chinese = str(message)
    assert chinese.startswith("成立") and "4" in chinese and "5" in chinese
    assert str(message) == "holds (4 of 5 seeds)"


def test_formatting_a_message_leaves_its_template():
    template = _("Run on {machine}.")
    assert template.format(machine="a") != template.format(machine="b")
    assert str(template) == "Run on {machine}."


@given(st.text(max_size=20))
@settings(deadline=None, derandomize=True, max_examples=100)
def test_values_come_through_whatever_they_hold(value):
    message = _("Run on {machine}.").format(machine=value)
    for chosen in language.LANGUAGES:
        with language.language(chosen):
            assert value in str(message)


def test_a_message_is_equal_to_its_text_and_survives_pickling():
    message = _("Run on {machine}.").format(machine="a laptop")
    assert message == "Run on a laptop." and message != "Run on a phone."
    copy = pickle.loads(pickle.dumps(message))
    with language.language("zh"):
        assert str(copy) == str(message) != "Run on a laptop."


def test_an_error_is_raised_with_a_message(chinese):
    with pytest.raises(InputError, match="至少"):
        ascending("depths", (5, 5))


def test_a_list_has_the_commas_of_its_language():
    messages = MessageList([_("holds"), "Adam", 3])
    assert str(messages) == "holds, Adam, 3"
    with language.language("zh"):
        assert str(messages) == "成立、Adam、3"


def test_what_the_catalogue_lacks_stays_as_it_is(chinese):
    assert translate("no such message") == "no such message"
    assert translate("") == ""


def test_argparse_speaks_the_language_too(capsys):
    with pytest.raises(SystemExit):
        main(["all", "--help", "--language", "zh"])
    printed = capsys.readouterr().out
    assert "usage" not in printed and "show this help" not in printed


def test_the_list_imports_nothing_heavy():
    program = (
        "import sys\n"
        "from chapter6.runner.chapter import main\n"
        "main([])\n"
        "assert not {'pandas', 'matplotlib', 'tensorflow'} & set(sys.modules)\n"
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


def test_wrapped_keeps_together_what_is_read_together():
    assert wrapped("增至1.3倍。", 10) == ["增至", "1.3倍。"]
    assert wrapped("扰动ε = 0.24", 11) == ["扰动", "ε = 0.24"]
    assert wrapped("提高（百分点）", 10) == ["提高", "（百分点）"]
    # Where there is no room for it, even that is broken.
    assert wrapped("提高（百分点）", 8) == ["提高（百", "分点）"]


def test_the_chinese_list_keeps_80_columns(chinese):
    for line in index().splitlines():
        if line.startswith("  "):
            assert width_of(line) <= 80
    assert "6-1 参数初始化" in index()
