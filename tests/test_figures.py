"""Figures in Chinese where a font has the characters, and in English elsewhere."""

import itertools
import re
from types import SimpleNamespace

import matplotlib.legend
import pytest
from matplotlib.font_manager import FontProperties, findfont, fontManager, get_font
from PIL import Image

from chapter6 import figures
from chapter6.figures import (
    copies_in_other_languages,
    figure,
    figure_language,
    localized,
    save_figure,
    use_chinese_font,
)
from chapter6.language import _, current, language
from chapter6.runner import catalogue

HAS_FONT = figures.chinese_font() is not None


def drawn():
    drawing = figure(4, 3)
    axes = drawing.subplots()
    axes.plot([1, 2], [3, 4], label=str(_("verdict")))
    axes.set(title=_("verdict"), xlabel="$x_2$，斜率", xticks=[1, 2], xticklabels=["AdaGrad", "SGD"])
    axes.legend()
    return drawing


@pytest.fixture
def without_fonts(monkeypatch):
    """No font has Chinese characters; each test finds that out anew."""
    monkeypatch.setattr(figures, "FONTS", ("No Such Font",))
    caches = (figures.chinese_font, figures._advise_font)
    for function in caches:
        function.cache_clear()
    yield
    for function in caches:
        function.cache_clear()


@pytest.mark.skipif(not HAS_FONT, reason="no font with Chinese characters is installed")
def test_a_figure_is_drawn_in_the_language_chosen_where_a_font_has_it():
    assert figure_language() == "en"
    with language("zh"):
        assert figure_language() == "zh"
        assert localized(drawn)().axes[0].get_title() == "结论"
    assert localized(drawn)().axes[0].get_title() == "verdict"


def test_without_a_font_figures_are_english_and_one_line_says_what_to_install(without_fonts, capsys):
    with language("zh"):
        for _time in range(2):
            assert localized(drawn)().axes[0].get_title() == "verdict"
        assert current() == "zh"
    captured = capsys.readouterr()
    assert captured.out == "" and captured.err.count("\n") == 1 and "fonts-noto-cjk" in captured.err


def test_what_is_drawn_keeps_its_name_arguments_and_result():
    @localized
    def draw(first, *, second):
        """Draw."""
        return first, second

    assert draw(1, second=2) == (1, 2) and draw.__name__ == "draw" and draw.__doc__ == "Draw."


titles = []


@localized
def save_titled(folder, inner=None):
    drawing = figure(4, 3)
    titles.append(drawing.subplots().set_title(_("verdict")).get_text())
    if inner:
        save_titled(folder / inner)
    return save_figure(drawing, folder / "figure.png")


@pytest.mark.skipif(not HAS_FONT, reason="no font with Chinese characters is installed")
@pytest.mark.parametrize(("chosen", "other"), [("en", "zh"), ("zh", "en")])
def test_copies_in_the_other_language_lie_beside_the_figures(chosen, other, tmp_path):
    titles.clear()
    with language(chosen), copies_in_other_languages():
        for folder in (tmp_path / "one", tmp_path / "two"):
            assert save_titled(folder, inner="within") == folder / "figure.png"
    written = sorted(path.relative_to(tmp_path).as_posix() for path in tmp_path.rglob("*.png"))
    names = ["figure.png", f"figure.{other}.png", "within/figure.png", f"within/figure.{other}.png"]
    assert written == sorted(f"{folder}/{name}" for folder in ("one", "two") for name in names)
    words = {"en": "verdict", "zh": "结论"}
    assert titles == 2 * (2 * [words[chosen]] + 2 * [words[other]])
    save_titled(tmp_path / "after")
    assert [path.name for path in (tmp_path / "after").iterdir()] == ["figure.png"]


def test_there_are_no_chinese_copies_without_a_font(tmp_path, without_fonts, capsys):
    with copies_in_other_languages():
        save_titled(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["figure.png"]
    # Who reads English needs no advice about Chinese fonts.
    assert capsys.readouterr().err == ""


def test_the_language_is_as_before_when_drawing_fails():
    with language("zh"), pytest.raises(ZeroDivisionError):
        localized(lambda: 1 / 0)()
    assert current() == "en"


@pytest.mark.skipif(not HAS_FONT, reason="no font with Chinese characters is installed")
def test_only_chinese_texts_get_the_chinese_font():
    with language("zh"):
        drawing = drawn()
    use_chinese_font(drawing)
    (axes,) = drawing.axes
    # Beside a formula only the first family counts.
    assert axes.title.get_fontfamily()[-1] in figures.FONTS
    assert axes.xaxis.label.get_fontfamily()[0] in figures.FONTS
    for label in axes.get_xticklabels():
        assert not set(label.get_fontfamily()) & set(figures.FONTS)


@pytest.mark.skipif(not HAS_FONT, reason="no font with Chinese characters is installed")
def test_a_font_has_every_character_of_the_catalogue(tmp_path):
    family = next(name for name in figures.FONTS if name in fontManager.get_font_names())
    glyphs = set(get_font(findfont(FontProperties(family=family))).get_charmap())
    text = "".join(chinese for _english, chinese in catalogue.pairs(catalogue.CATALOGUE.read_text("utf-8")))
    assert {each for each in text if re.match("[\u4e00-\u9fff]", each) and ord(each) not in glyphs} == set()
    with language("zh"):
        # A character without a glyph would be a warning, and so an error.
        save_figure(drawn(), tmp_path / "drawing.png")


def test_an_english_figure_is_saved_as_it_is(tmp_path):
    drawing = figure(4, 3)
    drawing.subplots().plot([1, 2], [3, 4])
    drawing.savefig(tmp_path / "plain.png", dpi=150)
    assert save_figure(drawing, tmp_path / "new" / "saved.png") == tmp_path / "new" / "saved.png"
    assert (tmp_path / "new" / "saved.png").read_bytes() == (tmp_path / "plain.png").read_bytes()
    with Image.open(tmp_path / "plain.png") as image:
        assert image.size == (600, 450)


def test_a_busy_machine_raises_no_warning_of_a_slow_legend(tmp_path, monkeypatch):
    # Each look at the clock is ten seconds after the one before.
    monkeypatch.setattr(
        matplotlib.legend, "time", SimpleNamespace(perf_counter=itertools.count(step=10).__next__)
    )
    drawing = figure(4, 3)
    axes = drawing.subplots()
    axes.plot([1, 2], [3, 4], label="line")
    axes.legend()
    assert save_figure(drawing, tmp_path / "saved.png").is_file()
