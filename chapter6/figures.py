"""Figures, saved and never shown; in Chinese where that is chosen and a font has its characters."""

import contextlib
import functools
import sys
from pathlib import Path

from matplotlib.figure import Figure
from matplotlib.font_manager import findSystemFonts, fontManager
from matplotlib.text import Text

from chapter6.artifacts import atomic_write
from chapter6.language import _, current, language

# In the order of preference. Of a collection matplotlib may see the first face only, which in Debian's
# fonts-noto-cjk is the Japanese one.
FONTS = (
    "Noto Sans CJK SC",
    "Noto Sans SC",
    "Source Han Sans SC",
    "Source Han Sans CN",
    "Noto Sans CJK JP",
    "WenQuanYi Micro Hei",
    "WenQuanYi Zen Hei",
    "Microsoft YaHei",
    "SimHei",
    "PingFang SC",
    "Hiragino Sans GB",
    "Heiti SC",
)


def localized(function):
    """Decorate a function that draws: its texts are in the language chosen, if a font has its characters."""

    @functools.wraps(function)
    def drawn(*arguments, **options):
        with language(figure_language()):
            return function(*arguments, **options)

    return drawn


def figure_language():
    """Return the language of figures: the one chosen, but English where no font has its characters."""
    return "zh" if current() == "zh" and chinese_font() else "en"


def figure(width, height):
    """Return an empty matplotlib figure of `width` x `height` inches, laid out without overlaps."""
    return Figure(figsize=(width, height), layout="constrained")


def save_figure(figure, path, **options):
    """Save a matplotlib figure as a PNG, 150 dots per inch where `options` do not differ; return the path."""
    use_chinese_font(figure)
    with atomic_write(path) as temporary:
        figure.savefig(temporary, **{"format": "png", "dpi": 150, **options})
    return Path(path)


def use_chinese_font(figure):
    """Have the Chinese texts of a figure drawn in a Chinese font."""
    for text in figure.findobj(Text):
        if any(character >= "\u2e80" for character in text.get_text()):
            families, font = text.get_fontfamily(), chinese_font()
            # Beside a formula only the first font is asked.
            text.set_fontfamily([font, *families] if "$" in text.get_text() else [*families, font])


@functools.cache
def chinese_font():
    """Return a family of `FONTS` that matplotlib has, None after a line on standard error if it has none."""
    if not set(FONTS) & set(fontManager.get_font_names()):
        # The list that matplotlib keeps may be older than the font.
        for path in set(findSystemFonts()) - {entry.fname for entry in fontManager.ttflist}:
            with contextlib.suppress(RuntimeError, OSError):
                fontManager.addfont(path)
    names = set(fontManager.get_font_names())
    font = next((name for name in FONTS if name in names), None)
    if font is None:
        message = _(
            "Figures stay English: no font with Chinese characters is installed; Debian's fonts-noto-cjk "
            "has one."
        )
        print(message, file=sys.stderr)
    return font
