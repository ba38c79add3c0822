"""A progress bar for long work: on a terminal, and gone when the work is done; elsewhere a line."""

import contextlib

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn


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
    with Progress(
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        TaskProgressColumn(),
        TimeRemainingColumn(compact=True),
        console=console,
        transient=True,
        disable=not console.is_terminal,
    ) as bar:
        task = bar.add_task(str(description), total=total)
        yield lambda done: bar.update(task, completed=done)
