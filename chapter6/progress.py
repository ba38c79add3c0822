"""What a terminal shows while long work goes on; nothing of it stays when the work is done."""

import contextlib
import sys

from rich.console import Console
from rich.progress import (
    BarColumn,
    Progress,
    SpinnerColumn,
    TaskProgressColumn,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)

# From the outermost to the one that is shown
_displays = []


@contextlib.contextmanager
def displayed(display):
    """Show a display of rich's in the block, in place of the one that surrounds it.

    Args:
        display: Anything with rich's ``start`` and ``stop``.
    """
    if _displays:
        _displays[-1].stop()
    _displays.append(display)
    display.start()
    try:
        yield
    finally:
        display.stop()
        _displays.pop()
        if _displays:
            _displays[-1].start()


def _transient(console, *columns):
    """Return a `Progress` that is gone when it ends, and that is not shown where there is no terminal."""
    return Progress(
        *columns,
        console=console,
        transient=True,
        disable=not console.is_terminal,
        # What is printed meanwhile goes where it is meant to go, also where that is a file.
        redirect_stdout=sys.stdout.isatty(),
    )


@contextlib.contextmanager
def elapsed_time(description):
    """Show on a terminal, on standard error, how long the work in the block has gone on.

    Args:
        description: What is done, in a few words, str or `Message`.
    """
    display = _transient(
        Console(stderr=True, highlight=False),
        SpinnerColumn("line"),
        TextColumn("{task.description}", markup=False),
        TimeElapsedColumn(),
    )
    display.add_task(str(description), total=None)
    with displayed(display):
        yield


@contextlib.contextmanager
def progress_bar(description, total):
    """Show on standard error how far the work in the block has come.

    Args:
        description: What is done, in a few words, str or `Message`: before the bar, or the line where there
            is no terminal.
        total: Number of steps in all.

    Yields:
        A function of the number of steps done so far.
    """
    console = Console(stderr=True, highlight=False, soft_wrap=True)
    if not console.is_terminal:
        console.print(str(description), markup=False)
    bar = _transient(
        console,
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        TaskProgressColumn(),
        TimeRemainingColumn(compact=True),
    )
    task = bar.add_task(str(description), total=total)
    with displayed(bar):
        yield lambda done: bar.update(task, completed=done)
