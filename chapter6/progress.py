"""A progress bar for long work: on a terminal only, and gone when the work is done."""

import contextlib


@contextlib.contextmanager
def progress_bar(description, total):
    """Show a progress bar on standard error while the block runs, if that is a terminal.

    Args:
        description: A few words before the bar.
        total: Number of steps in all.

    Yields:
        A function of the number of steps done so far.
    """
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn

    console = Console(stderr=True)
    with Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        TaskProgressColumn(),
        TimeRemainingColumn(compact=True),
        console=console,
        transient=True,
        disable=not console.is_terminal,
    ) as bar:
        task = bar.add_task(description, total=total)
        yield lambda done: bar.update(task, completed=done)
