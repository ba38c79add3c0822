"""Export a trained generator as a .keras file that Keras opens without this package.

Slide: 6-4, ``generator(z)``.
"""

from dataclasses import dataclass
from pathlib import Path

from chapter6.artifacts import atomic_write
from chapter6.experiment import setting
from chapter6.language import _


@dataclass(frozen=True)
class Settings:
    """Which generator."""

    checkpoint: Path | None = setting(
        None, _("model-N, its folder, or pretrained (default: the newest, or the pretrained one)")
    )


def run(settings, folders):
    """Save ``generator.keras``: noise [n, latent_dim] in (-1, 1) to images [n, 784] in (0, 1).

    Raises:
        InputError: There is no whole checkpoint.
    """
    from chapter6.gan.checkpoints import chosen_checkpoint, describe, open_generator

    checkpoint = settings.checkpoint or chosen_checkpoint(folders.beside("gan").checkpoints)
    generator = open_generator(checkpoint)
    target = folders.checkpoints / "generator.keras"
    with atomic_write(target) as temporary:
        generator.network.save(temporary)
    print(describe(checkpoint, generator.iteration))
    print(_('keras.models.load_model("{path}") opens it.').format(path=target))
