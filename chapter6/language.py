"""The language of what is printed, tabled and drawn: English, or Chinese by gettext.

The program's text is English. ``_("After {iterations:,} iterations").format(iterations=n)`` is a `Message`:
its template is translated, then formatted, when it is shown, in the language that is chosen then. The
Chinese is in ``locale/zh_CN/LC_MESSAGES/chapter6.po``, which ``python -m chapter6.runner.catalogue`` updates.
"""

import contextlib
import ctypes
import functools
import gettext
import itertools
import locale
import os
import re
import sys
from pathlib import Path

LANGUAGES = ("en", "zh")
DOMAIN = "chapter6"
LOCALE = Path(__file__).with_name("locale")
CATALOGUES = {"zh": "zh_CN"}

_current = "en"


class Message:
    """A text of the program that is translated, then formatted, when it is shown.

    Args:
        template: English text, as the catalogue has it.

    Example:

    >>> message = Message("After {iterations:,} iterations").format(iterations=20_000)
    >>> str(message)
    'After 20,000 iterations'
    """

    def __init__(self, template):
        self.template = template
        self.values = {}

    def format(self, **values):
        """Return the message with its placeholders' values; a `Message` among them is translated too."""
        message = Message(self.template)
        message.values = values
        return message

    def __str__(self):
        text = translate(self.template)
        return text.format(**self.values) if self.values else text

    def __format__(self, spec):
        return format(str(self), spec)

    def __repr__(self):
        return f"Message({str(self)!r})"

    def __eq__(self, other):
        return str(self) == str(other) if isinstance(other, Message | str) else NotImplemented

    def __hash__(self):
        return hash(self.template)


_ = Message


class MessageList(Message):
    """Messages, or other values, one after another, with the language's comma between them.

    Args:
        messages: Iterable of what `str` takes.

    Example:

    >>> str(MessageList(["SGD", "Adam"]))
    'SGD, Adam'
    """

    def __init__(self, messages):
        super().__init__(", ")
        self.messages = tuple(messages)

    def __str__(self):
        return {"en": ", ", "zh": "、"}[_current].join(map(str, self.messages))


def N_(text):
    """Mark a text for the catalogue, and return it as it is: what is tabled by its English name, say."""
    return text


def translate(text):
    """Return a text in the language chosen; what the catalogue lacks stays as it is.

    Args:
        text: English text, or a `Message`.

    Example:

    >>> with language("zh"):
    ...     translate("holds")
    '成立'
    """
    if isinstance(text, Message):
        return str(text)
    return _catalogue(_current).gettext(text) if text else text


@functools.cache
def _catalogue(language):
    if language not in CATALOGUES:
        return gettext.NullTranslations()
    return gettext.translation(DOMAIN, LOCALE, [CATALOGUES[language]])


def choose(words=()):
    """Choose the language that a command line or else the locale asks for.

    Args:
        words: The words of the command line; of several ``--language`` the last counts. The locale is the
            first of LC_ALL, LC_MESSAGES and LANG that is set; on Windows, where none is, the system's.
    """
    chosen = "zh" if _system_locale().startswith("zh") else "en"
    for word, following in itertools.pairwise([*words, ""]):
        flag, equals, value = word.partition("=")
        value = value if equals else following
        if flag == "--language" and value in LANGUAGES:
            chosen = value
    global _current
    _current = chosen
    # argparse looks its own words up in the domain of the process.
    gettext.bindtextdomain(DOMAIN, LOCALE)
    gettext.textdomain(DOMAIN)
    os.environ["LANGUAGE"] = CATALOGUES.get(chosen, chosen)


def _system_locale():
    named = next(filter(None, map(os.environ.get, ("LC_ALL", "LC_MESSAGES", "LANG"))), "")
    if not named and sys.platform == "win32":
        named = locale.windows_locale.get(ctypes.windll.kernel32.GetUserDefaultUILanguage(), "")
    return named


def current():
    """Return the language chosen last, ``"en"`` or ``"zh"``."""
    return _current


@contextlib.contextmanager
def language(chosen):
    """Show what the block shows in a language, ``"en"`` or ``"zh"``."""
    global _current
    before, _current = _current, chosen
    try:
        yield
    finally:
        _current = before


def width(text):
    """Return the columns of a terminal that a text takes, a Chinese character taking two.

    >>> width("Adam算法")
    8
    """
    return sum(1 + (character > "\u2e7f") for character in text)


LATIN = "[!-~µ±√∞α-ωΑ-Ω]+"
# Latin words, equations, and numbers with their measure word stay whole.
WHOLE = f"{LATIN}(?: [=±] {LATIN})*(?:(?<=[0-9])[倍个次步轮层秒条项行幅种])?"
# A line begins with no closing sign and ends with no opening one.
PARTS = re.compile(rf" +|[（“《]*(?:{WHOLE}|[^（“《])[，。；：）”》、]*|[（“《]+")
# A few characters in brackets stay whole too, where the line has room for them.
BRACKETS = re.compile("(（[^（）]{1,6}）[，。；：、]*)")


def wrapped(text, columns):
    """Return a Chinese text as lines of at most so many columns, a Chinese character taking two.

    >>> wrapped("随机梯度下降（SGD），Adam", 13)
    ['随机梯度下降', '（SGD），Adam']
    """
    parts = []
    for piece in BRACKETS.split(text):
        whole = BRACKETS.fullmatch(piece) and width(piece) <= columns
        parts += [piece] if whole else PARTS.findall(piece)
    lines, free = [""], columns
    for part in parts:
        if width(part) > free and part.strip():
            lines, free = [*lines, ""], columns
        lines[-1] += part
        free -= width(part)
    return [line.rstrip() for line in lines]
