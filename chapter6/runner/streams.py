"""Standard streams and environment that suit the programs, whatever the console and the machine are.

Python 3.6 must be able to run this file, as it must `chapter6.runner.start`.
"""

import codecs
import os
import sys
import tempfile
import unicodedata

# What is printed for signs that the console's encoding lacks; Greek letters are spelled out.
SUBSTITUTES = {
    "±": "+-",
    "×": "x",
    "√": "sqrt",
    "λ": "lambda",
    "∞": "inf",
    "≤": "<=",
    "≥": ">=",
    "−": "-",
    "–": "-",
    "→": "->",
    "“": '"',
    "”": '"',
    "’": "'",
}


def open_missing_streams():
    """Open the null device for each standard stream that is closed.

    Without this the next file to be opened would get the stream's descriptor, and what is written to it.
    """
    for descriptor, name in enumerate(("stdin", "stdout", "stderr")):
        try:
            os.fstat(descriptor)
        except OSError:
            # Takes the lowest free descriptor, which is this one.
            os.open(os.devnull, os.O_RDWR)
        if getattr(sys, name) is None:
            mode = "w" if descriptor else "r"
            setattr(sys, name, open(os.devnull, mode, encoding="utf-8"))  # noqa: SIM115


def replace_unknown_characters():
    """Have standard output and error replace the characters that their encoding lacks."""
    codecs.register_error("chapter6", _replace)
    for stream in (sys.stdout, sys.stderr):
        # Python 3.6 has no such method, nor need the streams of an editor.
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="chapter6")


def _replace(error):
    character = error.object[error.start]
    if "\udc80" <= character <= "\udcff":
        # A byte of a file name that is not valid text: written as it was read.
        return bytes([ord(character) - 0xDC00]), error.start + 1
    # NFKD takes é apart and makes the micro sign a Greek mu.
    decomposed = unicodedata.normalize("NFKD", SUBSTITUTES.get(character, character))
    name = unicodedata.name(decomposed[0], "")
    if name.startswith("GREEK"):
        return name.split()[-1].lower(), error.start + 1
    return decomposed.encode("ascii", "ignore").decode() or "?", error.start + 1


def prepare_environment():
    """Set the variables that libraries would otherwise take from an environment that does not suit them."""
    # Figures are saved, never shown; a backend that needs a display, or is not installed, must not matter.
    os.environ["MPLBACKEND"] = "agg"
    if not os.path.isabs(os.path.expanduser("~")):
        # A user id that the system does not know, as in containers: caches would go to a folder named ~.
        os.environ["HOME"] = tempfile.gettempdir()
