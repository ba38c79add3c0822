"""Figures in Chinese where a font has the characters, and English figures as they were."""

import re

import pytest

from chapter6 import artifacts, chinese_figures, language


@pytest.fixture
def chinese():
    language.choose(["--language", "zh"])
    yield
    language.choose(["--language", "en"])


def drawn():
    figure = artifacts.figure(4, 3)
    figure.suptitle("unknown")
    axes = figure.subplots()
    axes.plot([1, 2], [3, 4], label="training loss")
    axes.set(title="linear axis", xlabel="$x_2$, the steep direction", xticks=[1, 2])
    axes.set_xticklabels(["AdaGrad", "momentum"], rotation=30)
    axes.legend(title="learning rate")
    return figure


@pytest.fixture
def drawing():
    return drawn()


def test_a_figure_is_translated(chinese, drawing, monkeypatch):
    monkeypatch.setattr(chinese_figures, "_chinese_font", lambda: "A Font")
    chinese_figures.translate_figure(drawing)
    (axes,) = drawing.axes
    assert axes.get_title() == "线性坐标"
    assert axes.get_xlabel() == "$x_2$\uff0c陡峭的方向"
    assert [label.get_text() for label in axes.get_xticklabels()] == ["AdaGrad", "动量"]
    assert [label.get_rotation() for label in axes.get_xticklabels()] == [30, 30]
    assert axes.get_legend().get_title().get_text() == "学习率"
    assert axes.get_legend().get_texts()[0].get_text() == "训练损失"
    assert drawing.get_suptitle() == "unknown"
    # In mathtext only the first family counts.
    assert axes.title.get_fontfamily()[-1] == "A Font" == axes.xaxis.label.get_fontfamily()[0]
    assert "A Font" not in axes.get_xticklabels()[0].get_fontfamily()


def test_without_a_font_figures_stay_english_and_one_line_says_what_to_install(
    chinese, drawing, monkeypatch, tmp_path, capsys
):
    monkeypatch.setattr(chinese_figures, "FONTS", ("No Such Font",))
    chinese_figures._chinese_font.cache_clear()
    try:
        for name in ("one.png", "two.png"):
            artifacts.save_figure(drawing, tmp_path / name)
    finally:
        chinese_figures._chinese_font.cache_clear()
    captured = capsys.readouterr()
    assert captured.out == "" and captured.err.count("\n") == 1 and "fonts-noto-cjk" in captured.err
    assert drawing.axes[0].get_title() == "linear axis"


def test_a_font_has_every_character_of_the_catalogue(chinese, drawing, tmp_path):
    from matplotlib.font_manager import FontProperties, findfont, get_font

    family = chinese_figures._chinese_font()
    if family is None:
        pytest.skip("no font with Chinese characters is installed")
    glyphs = set(get_font(findfont(FontProperties(family=family))).get_charmap())
    text = "".join(language.catalogue().values())
    assert {each for each in text if re.match("[\u4e00-\u9fff]", each) and ord(each) not in glyphs} == set()
    # A character without a glyph would be a warning, and so an error.
    artifacts.save_figure(drawing, tmp_path / "drawing.png")


def test_an_english_figure_is_saved_as_it_is(tmp_path, monkeypatch):
    monkeypatch.setattr(chinese_figures, "translate_figure", None)
    drawn().savefig(tmp_path / "plain.png", dpi=150)
    artifacts.save_figure(drawn(), tmp_path / "saved.png")
    assert (tmp_path / "saved.png").read_bytes() == (tmp_path / "plain.png").read_bytes()
