"""Callbacks of the GAN's run that print or draw.

Slide: 6-4, the MNIST program, which every 1000 iterations saves, prints both losses and draws 16 samples.
"""

import contextlib

import keras
from rich.console import Console, Group
from rich.live import Live
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    ProgressColumn,
    TextColumn,
    TimeRemainingColumn,
)
from rich.text import Text

from chapter6.gan.model import generate, sample_noise
from chapter6.gan.pictures import Grid
from chapter6.gan.training import Periodic
from chapter6.language import _
from chapter6.progress import displayed


class _Speed(ProgressColumn):
    """Iterations per second."""

    def render(self, task):
        return f"{task.speed:.0f} it/s" if task.speed else str(_("starting"))


class ProgressBar(keras.callbacks.Callback):
    """A progress bar with the losses on a terminal, and below it the latest message; elsewhere messages only.

    Args:
        steps: Iterations in all.
        start: Iterations done before.
    """

    def __init__(self, steps, start):
        super().__init__()
        self._console = Console(highlight=False, soft_wrap=True)
        self._in_place = self._console.is_terminal and not self._console.is_dumb_terminal
        self._bar = Progress(
            BarColumn(bar_width=None),
            MofNCompleteColumn(),
            _Speed(),
            TextColumn("{task.fields[losses]}"),
            TimeRemainingColumn(compact=True),
            console=self._console,
        )
        self._task = self._bar.add_task("", total=steps, completed=start, losses="")
        self._message = Text()
        self._displayed = contextlib.ExitStack()
        self._live = Live(Group(self._bar, self._message), console=self._console, refresh_per_second=10)

    def __enter__(self):
        if self._in_place:
            self._displayed.enter_context(displayed(self._live))
        return self

    def __exit__(self, *exception):
        self._displayed.close()

    def on_train_batch_end(self, batch, logs=None):
        """Show how many iterations are done, and the losses of the last."""
        losses = "D {d_loss:.2f} = {dreal_loss:.2f} + {dfake_loss:.2f}, G {g_loss:.2f}".format(**logs)
        self._bar.update(self._task, completed=batch, losses=losses)

    def print(self, message):
        """Show a message: on a terminal in place of the one before, elsewhere on a line of its own."""
        if self._in_place:
            self._message.plain = str(message)
        else:
            self._console.print(str(message), markup=False)


class SampleGrid(Periodic):
    """Draw 16 samples in a grid and log it for TensorBoard; the first is the untrained generator's.

    Slide: 6-4, `plot`, every 1000 iterations as ``000.png``, ``001.png``, ….

    Args:
        summaries: `chapter6.gan.summaries.Summaries`.
        every: int, iterations between two grids.
        folder: Where the pictures go.
    """

    def __init__(self, summaries, every, folder):
        super().__init__(every)
        self.summaries, self.folder = summaries, folder

    def on_train_begin(self, logs=None):
        """Draw the noise by the GAN's seed, and the first grid if the run begins here."""
        self.noise = sample_noise(16, self.model.latent_dim, int(self.model.seed))
        self._grid = Grid(generate(self.model.sampler, self.noise))
        if self.model.iteration == 0:
            self.on_interval(0, logs)

    def on_interval(self, iteration, logs):
        """Draw a grid."""
        path = self.folder / f"{iteration // self.every:03d}.png"
        self.summaries.grid(iteration, self._grid.save(generate(self.model.sampler, self.noise), path))


class CheckpointSaver(Periodic):
    """Save checkpoints, the last iteration's among them, and print both losses.

    Slide: 6-4, `save`, every 1000 iterations. It stands after the callbacks that log: the log of a run that
    is resumed at a checkpoint must reach as far.

    Args:
        checkpoints: `chapter6.gan.checkpoints.Checkpoints`.
        every: int, iterations between two checkpoints.
        bar: `ProgressBar` to print on.
    """

    def __init__(self, checkpoints, every, bar):
        super().__init__(every)
        self.checkpoints, self.bar = checkpoints, bar

    def on_interval(self, iteration, logs):
        """Save a checkpoint."""
        self.checkpoints.save()
        message = _(
            "The checkpoint has been created. Iteration {iteration}, D loss {d_loss:.4f}, G loss {g_loss:.4f}"
        )
        self.bar.print(message.format(iteration=iteration, **logs))

    def on_train_end(self, logs=None):
        """Save a last checkpoint unless it is there, or nothing was trained."""
        iteration = int(self.model.iteration)
        if logs and iteration % self.every:
            self.on_interval(iteration, logs)
