"""The language of what is printed, tabled and drawn: English, or Chinese by the catalogue in ``chinese/``.

The program's text is English. A key of the catalogue is a text as it stands, or with placeholders for what
changes from run to run: ``{n}`` for a number, ``{}`` for anything, which is translated in its turn. The
Chinese counts the placeholders from 0, since it often has them in another order.
"""

import functools
import itertools
import os
import re
from pathlib import Path

LANGUAGES = ("en", "zh")
CATALOGUE = Path(__file__).with_name("chinese")
NUMBER = r"([-+]?\d[\d,]*(?:\.\d+)?(?:e[-+]?\d+)?(?: ?%)?|inf|nan)"
# Between the parts of a list, but not inside of brackets.
SEPARATORS = {r"\n": "\n", r"; (?![^()\[\]]*[)\]])": "；", r", (?![^()\[\]]*[)\]])": "，"}
ENDS = {".": "。", ":": "："}

_current = "en"


def choose(words=()):
    """Choose the language that a command line or else the locale asks for.

    Args:
        words: The words of the command line; of several ``--language`` the last counts. The locale is the
            first of LC_ALL, LC_MESSAGES and LANG that is set.
    """
    global _current
    locale = next(filter(None, map(os.environ.get, ("LC_ALL", "LC_MESSAGES", "LANG"))), "")
    _current = "zh" if locale.startswith("zh") else "en"
    for word, following in itertools.pairwise([*words, ""]):
        flag, _, value = word.partition("=")
        if flag == "--language" and (value or following) in LANGUAGES:
            _current = value or following


def current():
    """Return the language chosen last, ``"en"`` or ``"zh"``."""
    return _current


def translate(text):
    """Return a text of the program in the language chosen; what the catalogue lacks stays English.

    >>> choose(["--language", "zh"])
    >>> translate("RMSProp: learning rate 0.001, unheard-of")
    'RMSProp：学习率 0.001，unheard-of'
    >>> choose(["--language", "en"])
    >>> translate("RMSProp: learning rate 0.001, unheard-of")
    'RMSProp: learning rate 0.001, unheard-of'
    """
    return text if _current == "en" else _chinese(text)


@functools.cache
def catalogue():
    """Return the Chinese by its English, a dict."""
    import tomllib

    texts = {}
    for path in sorted(CATALOGUE.glob("*.toml")):
        texts |= tomllib.loads(path.read_text(encoding="utf-8"))
    return texts


@functools.cache
def _templates(worded):
    """Return (pattern, Chinese) of the keys with placeholders, those with the most text between them first.

    `worded` tells which: those with words between the placeholders, or those with signs only.
    """
    found = []
    for key, chinese in catalogue().items():
        parts = re.split(r"(\{n?\})", key)
        literal = "".join(parts[::2])
        if len(parts) > 1 and worded == any(map(str.isalpha, literal)):
            # A part of a list holds no list; a sentence may.
            anything = "(.+?)" if key.endswith(".") else "((?:(?!; ).)+?)"
            patterns = {"{}": anything, "{n}": NUMBER}
            pattern = "".join(patterns.get(part) or re.escape(part) for part in parts)
            found.append((len(literal), re.compile(pattern, re.DOTALL), chinese))
    return [(pattern, chinese) for _, pattern, chinese in sorted(found, key=lambda each: -each[0])]


@functools.cache
def _chinese(text):
    texts = catalogue()
    if text in texts:
        return texts[text]
    if text[-1:] in ENDS and text[:-1] in texts:
        return texts[text[:-1]] + ENDS[text[-1]]
    return _filled(text, worded=True) or _listed(text) or _ended(text) or _filled(text, worded=False) or text


def _ended(text):
    """Return the Chinese of a text with a sign behind it, None if there is nothing to translate."""
    if text[-1:] in ENDS and _is_known(text[:-1]):
        return _chinese(text[:-1]) + ENDS[text[-1]]
    return None


def _filled(text, worded):
    """Return the Chinese of the template that fits a text, None if none does."""
    for pattern, chinese in _templates(worded):
        match = pattern.fullmatch(text)
        # Signs alone do not make a text Chinese.
        if match and (worded or any(map(_is_known, match.groups()))):
            parts = [_chinese(part) for part in match.groups()]
            return re.sub(r"\{(\d+)\}", lambda number, parts=parts: parts[int(number[1])], chinese)
    return None


def _listed(text):
    """Return a list of texts part by part, None if there is nothing to translate in it."""
    for separator, chinese in SEPARATORS.items():
        first, *others = re.split(separator, text)
        if others and any(map(_is_known, [first, *others])):
            return _chinese(first) + "".join(
                # Numbers keep the comma of numbers.
                (", " if chinese == "，" and other[:1].isdigit() and not _is_known(other) else chinese)
                + _chinese(other)
                for other in others
            )
    return None


def _is_known(text):
    return text in catalogue() or _chinese(text) != text


def wrapped(text, columns):
    """Return a Chinese text as lines of at most so many columns, a Chinese character taking two.

    >>> wrapped("随机梯度下降（SGD），Adam", 13)
    ['随机梯度下降', '（SGD），Adam']
    """
    lines, free = [""], columns
    # A word of Latin letters stays whole; a line begins with no closing sign and ends with no opening one.
    for part in re.findall(r" +|[（“]*(?:[!-~µ±√]+|[^（“])[，。；：）”、]*|[（“]+", text):
        width = sum(1 + (ord(each) > 0x2E7F) for each in part)
        if width > free and part.strip():
            lines, free = [*lines, ""], columns
        lines[-1] += part
        free -= width
    return [line.rstrip() for line in lines]


class Wrapped:
    """A Chinese text that rich wraps by `wrapped`, to the columns that it has for it."""

    def __init__(self, text, style=""):
        self._text, self._style = text, style

    def __rich_console__(self, console, options):
        from rich.text import Text

        yield Text("\n".join(wrapped(self._text, options.max_width)), self._style)

    def __rich_measure__(self, console, options):
        from rich.cells import cell_len
        from rich.measure import Measurement

        return Measurement(min(20, options.max_width), min(cell_len(self._text), options.max_width))


def for_rich(text, style=""):
    """Return a text for rich to print, wrapped as the language chosen wants it."""
    from rich.text import Text

    return Text(text, style) if _current == "en" else Wrapped(text, style)
