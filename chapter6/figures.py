"""Figures, saved and never shown; in Chinese where that is chosen and a font has its characters."""

import contextlib
import functools
import sys
import warnings
from pathlib import Path

from matplotlib.figure import Figure
from matplotlib.font_manager import findSystemFonts, fontManager
from matplotlib.text import Text

from chapter6.artifacts import atomic_write, localized_path
from chapter6.language import LANGUAGES, _, current, language

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


class _Copies:
    """The languages to draw figures in besides the chosen one, and that of the copy being drawn."""

    languages = ()
    language = None


@contextlib.contextmanager
def copies_in_other_languages():
    """Have figures drawn in every language: besides ``NAME.png`` in the chosen one ``NAME.zh.png``, say.

    There is no Chinese copy where no font has its characters.
    """
    others = [name for name in LANGUAGES if name != figure_language()]
    _Copies.languages = [name for name in others if name != "zh" or chinese_font()]
    try:
        yield
    finally:
        _Copies.languages = ()


def path_of_copy(path):
    """Return where to save a figure: `localized_path` where it is being drawn as a copy, else the path."""
    return localized_path(path, _Copies.language) if _Copies.language else Path(path)


def localized(function):
    """Decorate a function that draws: its texts are in the language chosen, if a font has its characters."""

    @functools.wraps(function)
    def drawn(*arguments, **options):
        # A function that this one calls draws no copies of its own.
        others, _Copies.languages = _Copies.languages, ()
        try:
            with language(_Copies.language or figure_language()):
                result = function(*arguments, **options)
            for other in others:
                _Copies.language = other
                with language(other):
                    function(*arguments, **options)
        finally:
            if others:
                _Copies.languages, _Copies.language = others, None
        return result

    return drawn


def figure_language():
    """Return the language of figures: the one chosen, but English, with advice once, where no font has it."""
    if current() == "zh" and not chinese_font():
        _advise_font()
        return "en"
    return current()


def figure(width, height):
    """Return an empty matplotlib figure of `width` x `height` inches, laid out without overlaps.

    The page's column is 10 inches wide: a wider figure is scaled down there, its texts with it.
    """
    return Figure(figsize=(width, height), layout="constrained")


def save_figure(figure, path, **options):
    """Save a matplotlib figure as a PNG, 150 dots per inch where `options` do not differ; return the path."""
    use_chinese_font(figure)
    path = path_of_copy(path)
    with atomic_write(path) as temporary, warnings.catch_warnings():
        # Raised by the clock, on a busy machine of any figure; there is nothing to be done about it.
        warnings.filterwarnings("ignore", 'Creating legend with loc="best" can be slow')
        figure.savefig(temporary, **{"format": "png", "dpi": 150, **options})
    return path


def use_chinese_font(figure):
    """Have the Chinese texts of a figure drawn in a Chinese font."""
    for text in figure.findobj(Text):
        if any(character >= "\u2e80" for character in text.get_text()):
            families, font = text.get_fontfamily(), chinese_font()
            # Beside a formula only the first font is asked.
            text.set_fontfamily([font, *families] if "$" in text.get_text() else [*families, font])


@functools.cache
def chinese_font():
    """Return a family of `FONTS` that matplotlib has, or None."""
    if not set(FONTS) & set(fontManager.get_font_names()):
        # The list that matplotlib keeps may be older than the font.
        for path in set(findSystemFonts()) - {entry.fname for entry in fontManager.ttflist}:
            with contextlib.suppress(RuntimeError, OSError):
                fontManager.addfont(path)
    names = set(fontManager.get_font_names())
    return next((name for name in FONTS if name in names), None)


@functools.cache
def _advise_font():
    message = _(
        "Figures stay English: no font with Chinese characters is installed; Debian's fonts-noto-cjk has one."
    )
    print(message, file=sys.stderr)
