"""Figures in Chinese, where a font is installed that has the characters."""

import contextlib
import functools
import sys

from chapter6.language import translate

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
NO_FONT = (
    "Figures stay English: no font with Chinese characters is installed; Debian's fonts-noto-cjk has one."
)


def translate_figure(figure):
    """Translate all text of a matplotlib figure, unless no font of `FONTS` is installed."""
    from matplotlib.text import Text

    font = _chinese_font()
    if font is None:
        return
    for axes in figure.axes:
        for axis in (axes.xaxis, axes.yaxis):
            labels = [label.get_text() for label in axis.get_ticklabels()]
            chinese = [translate(label) for label in labels]
            if chinese != labels:
                axis.set_ticks(axis.get_majorticklocs(), labels=chinese)
    for text in figure.findobj(Text):
        chinese = translate(text.get_text())
        text.set_text(chinese)
        if not chinese.isascii():
            # Beside a formula only the first font is asked.
            families = text.get_fontfamily()
            text.set_fontfamily([font, *families] if "$" in chinese else [*families, font])


@functools.cache
def _chinese_font():
    """Return a family of `FONTS` that matplotlib has, None after a line on standard error if it has none."""
    from matplotlib.font_manager import findSystemFonts, fontManager

    if not set(FONTS) & set(fontManager.get_font_names()):
        # The list that matplotlib keeps may be older than the font.
        for path in set(findSystemFonts()) - {entry.fname for entry in fontManager.ttflist}:
            with contextlib.suppress(RuntimeError, OSError):
                fontManager.addfont(path)
    names = set(fontManager.get_font_names())
    font = next((name for name in FONTS if name in names), None)
    if font is None:
        print(translate(NO_FONT), file=sys.stderr)
    return font
