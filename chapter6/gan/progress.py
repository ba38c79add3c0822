"""The progress bar of a training run, with its losses.

Slide: 6-4, the MNIST program, which prints both losses every 1000 iterations.
"""

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    ProgressColumn,
    TextColumn,
    TimeRemainingColumn,
)


class _Speed(ProgressColumn):
    """Iterations per second."""

    def render(self, task):
        return f"{task.speed:.0f} it/s" if task.speed else "starting"


class TrainingProgress:
    """A progress bar on a terminal, nothing elsewhere; lines are printed above it.

    Args:
        steps: Iterations in all.
        done: Iterations done before.
    """

    def __init__(self, steps, done):
        self._console = Console(highlight=False, soft_wrap=True)
        self._bar = Progress(
            BarColumn(bar_width=None),
            MofNCompleteColumn(),
            _Speed(),
            TextColumn("{task.fields[losses]}"),
            TimeRemainingColumn(compact=True),
            console=self._console,
            disable=not self._console.is_terminal,
        )
        self._task = self._bar.add_task("", total=steps, completed=done, losses="")

    def __enter__(self):
        self._bar.start()
        return self

    def __exit__(self, *exception):
        self._bar.stop()

    def update(self, step, losses):
        """Show that `step` iterations are done, and the four losses of the last."""
        dreal, dfake, d, g = losses
        shown = f"D {d:.2f} = {dreal:.2f} + {dfake:.2f}, G {g:.2f}"
        self._bar.update(self._task, completed=step, losses=shown)

    def say(self, line):
        """Print a line without breaking the bar."""
        self._console.print(line, markup=False)
