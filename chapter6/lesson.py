"""What a notebook teaches about one experiment: a formula, a question, the core code, a change, exercises.

A section's ``lessons`` module maps the names of its experiments to their `Lesson`s.
"""

import ast
import importlib
import inspect
import sys
import textwrap
from collections.abc import Callable
from dataclasses import dataclass, field

from chapter6.language import Message


@dataclass(frozen=True)
class Change:
    """One change for the reader to make, and what it does to the picture.

    Args:
        instruction: What to change, and where.
        expected: What the picture then shows, and why.
        holds: Function of two tables of the `Finding`, before and after the change; whether it did that.
        old: Text of the core code that is replaced, empty where a setting is changed instead.
        new: Text that takes its place.
        settings: Settings of the run after the change.
    """

    instruction: Message
    expected: Message
    holds: Callable
    old: str = ""
    new: str = ""
    settings: dict = field(default_factory=dict)


@dataclass(frozen=True)
class Exercise:
    """A task for the reader.

    Args:
        task: What to find out.
        solution: Python code that finds it out, in a notebook whose cells above have been run; its
            assertions are the answer's proof.
        answer: The answer in a sentence or two.
    """

    task: Message
    solution: str
    answer: Message


@dataclass(frozen=True)
class Lesson:
    """What a notebook has about an experiment besides its docstring, its run and its finding.

    Args:
        formula: LaTeX of what the experiment is about, without the dollar signs.
        question: What the reader should predict before the run.
        answer: The answer, which is folded.
        core: The function whose code the notebook shows and runs, ``"package.module:Class.method"``.
        change: `Change`.
        exercises: `Exercise`s.
        context: Functions that the core works with, named as it is; they stand before it in the same cell.
        slider: Name of a function of `chapter6.runner.sliders`, empty where nothing is to be moved.
    """

    formula: str
    question: Message
    answer: Message
    core: str
    change: Change
    exercises: tuple[Exercise, ...] = ()
    context: tuple[str, ...] = ()
    slider: str = ""


def value_of(table, wanted, **cells):
    """Return the first value of a column in the row of a finding's table with these cells.

    Args:
        table: `pandas.DataFrame`.
        wanted: Name of the column.
        **cells: Cells of that row by the names of their columns, underscores for spaces.

    Example:

    >>> import pandas
    >>> value_of(pandas.DataFrame({"batch size": [1, 2], "loss": [0.5, 0.4]}), "loss", batch_size=2)
    np.float64(0.4)
    """
    for column, cell in cells.items():
        table = table[table[column.replace("_", " ")] == cell]
    return table[wanted].iloc[0]


def function_of(core):
    """Return the function that ``"package.module:Class.method"`` names.

    >>> function_of("chapter6.lesson:function_of").__name__
    'function_of'
    """
    module, _colon, path = core.partition(":")
    found = importlib.import_module(module)
    for name in path.split("."):
        found = getattr(found, name)
    return inspect.unwrap(found)


def core_code(core):
    """Return the source of a function without its docstring, not indented.

    >>> print(core_code("chapter6.lesson:core_code").splitlines()[0])
    def core_code(core):
    """
    source = textwrap.dedent(inspect.getsource(function_of(core)))
    lines, function = source.splitlines(), ast.parse(source).body[0]
    if ast.get_docstring(function) is not None:
        docstring = function.body[0]
        del lines[docstring.lineno - 1 : docstring.end_lineno]
    # Its decorators have been applied.
    return "\n".join(lines[function.lineno - 1 :])


def replace_code(core):
    """Return a decorator that has a function of the library run another's code from now on.

    The names in that code are those of the function's own module. What has been computed by the code before
    and cached is forgotten.

    Args:
        core: The function of the library, ``"package.module:Class.method"``.
    """
    original = function_of(core)

    def decorator(function):
        original.__code__ = function.__code__
        original.__defaults__ = function.__defaults__
        original.__kwdefaults__ = function.__kwdefaults__
        _clear_caches()
        return original

    return decorator


def _clear_caches():
    for name, module in list(sys.modules.items()):
        if name.startswith("chapter6."):
            for value in list(vars(module).values()):
                if hasattr(value, "cache_clear"):
                    value.cache_clear()
