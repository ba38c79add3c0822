"""Draw figure 6-12, the loss curves, again from the event files of a run.

Slide: 6-4, figure 6-12.
"""

from dataclasses import dataclass
from pathlib import Path

from chapter6.errors import InputError
from chapter6.experiment import setting
from chapter6.language import _


@dataclass(frozen=True)
class Settings:
    """Which run."""

    run: Path | None = setting(None, _("folder with the event files (default: snapshots/section_6_4/gan)"))


def run(settings, folders):
    """Save ``figure_6_12.png`` and ``.csv`` of the losses in a run's event files.

    Raises:
        InputError: The folder holds no losses.
    """
    from chapter6.gan.pictures import save_loss_curves
    from chapter6.gan.summaries import read_losses

    source = settings.run or folders.beside("gan").snapshots
    losses = read_losses(source)
    if not losses["iteration"]:
        message = _("the folder must hold event files with the losses of a run, received {folder}")
        raise InputError(message.format(folder=source))
    picture = save_loss_curves(losses, folders.snapshots)
    iterations = losses["iteration"]
    message = _("{count:,} logged losses up to iteration {iteration:,}: {picture}")
    print(message.format(count=len(iterations), iteration=iterations[-1], picture=picture))
