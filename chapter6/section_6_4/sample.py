"""Draw samples from a trained generator.

Slide: 6-4, ``samples = sess.run(G_sample, ...)``.
"""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from chapter6.artifacts import atomic_write
from chapter6.experiment import setting
from chapter6.language import _


@dataclass(frozen=True)
class Settings:
    """Which generator, and how many samples."""

    checkpoint: Path | None = setting(
        None, _("model-N, its folder, or pretrained (default: the newest, or the pretrained one)")
    )
    count: int = setting(16, _("samples; the first 16 make the grid"), minimum=16, maximum=1_000_000)
    seed: int = setting(0, _("seed of the noise"), minimum=0)


def run(settings, folders):
    """Save ``samples.png``, a grid of 16, and ``samples.npy``, float32 [count, 28, 28] in (0, 1).

    Raises:
        InputError: There is no whole checkpoint.
    """
    from chapter6.gan.checkpoints import chosen_checkpoint, describe, open_generator
    from chapter6.gan.pictures import save_grid

    checkpoint = settings.checkpoint or chosen_checkpoint(folders.beside("gan").checkpoints)
    generator = open_generator(checkpoint)
    samples = generator.samples(settings.count, settings.seed)
    with atomic_write(folders.snapshots / "samples.npy") as temporary:
        np.save(temporary, samples)
    picture = save_grid(samples[:16], folders.snapshots / "samples.png")
    print(describe(checkpoint, generator.iteration))
    print(_("{count:,} samples: {picture}, samples.npy").format(count=settings.count, picture=picture))
