"""Docstrings, also where ``python -OO`` has dropped them."""

import ast
import inspect
from pathlib import Path


def docstring(subject):
    """Return the docstring of a module or a class, as it stands in the source.

    Args:
        subject: A module, or a class at the top of one.

    >>> from chapter6 import errors
    >>> docstring(errors.RunError).partition(";")[0]
    'A run cannot go on'
    """
    if subject.__doc__ is not None:
        return subject.__doc__
    module = subject if inspect.ismodule(subject) else inspect.getmodule(subject)
    tree = ast.parse(Path(module.__file__).read_text(encoding="utf-8"))
    if inspect.ismodule(subject):
        return ast.get_docstring(tree, clean=False)
    named = {node.name: node for node in tree.body if isinstance(node, ast.ClassDef)}
    return ast.get_docstring(named[subject.__name__], clean=False)


def title(module):
    """Return the first line of a module's docstring, without its full stop."""
    return docstring(module).partition("\n")[0].rstrip(".")


def body(module):
    """Return what follows the first line of a module's docstring, "" where nothing does."""
    return inspect.cleandoc(docstring(module)).partition("\n")[2].strip()
