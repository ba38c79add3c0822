"""The principle of a GAN, drawn from the lecture's networks; and whether G and D improve each other.

Slide: 6-4, claim b, figure 6-11. G is the generator, D the discriminator.

The lecture's GAN is trained, and at several moments both networks are kept. Then each D is evaluated on the
fakes of each G: a later D should recognize the fakes of an earlier G better than the earlier D does, and a
later G should fool an earlier D better than the earlier G does. If p_g equals the data distribution, no D can
do better than guess: for the first and the last moment a fresh discriminator is trained to tell G's fakes
from unseen digits, since the GAN's own D may be poor, or know only the latest fakes.
"""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from chapter6.errors import InputError
from chapter6.experiment import Finding, Picture, Verdict, data_setting, setting
from chapter6.language import N_, MessageList, _
from chapter6.mnist import PIXELS, load_mnist

CLAIM = "6-4.b"
SENTENCE = _(
    "G and D improve each other until p_g equals the data, and D can only guess which digits are real."
)


@dataclass(frozen=True)
class Settings:
    """The GANs and the moments at which their networks are kept."""

    seed: int = setting(
        0, _("seed of weights, batches and noise; each further GAN takes the next"), minimum=0, maximum=2**30
    )
    repetitions: int = setting(3, _("GANs, for the spread"), minimum=1, maximum=1000, quick=1)
    moments: tuple[int, ...] = setting(
        (0, 100, 1000, 5000),
        _("iterations after which G and D are kept; after 5,000 some digits can be read"),
        minimum=0,
        quick=(0, 50, 200),
    )
    images: int = setting(
        5000, _("test digits, and as many fakes, that D is evaluated on"), minimum=100, quick=200
    )
    data: Path | None = data_setting()


def run(settings, folders):
    """Train, evaluate each D on the fakes of each G, draw."""
    from chapter6.gan.fresh_discriminator import FreshDiscriminator
    from chapter6.gan.model import GAN, sample_noise
    from chapter6.networks.tensors import as_tensor
    from chapter6.networks.training import scale_pixels
    from chapter6.section_6_4.cross_evaluation import cross_evaluate
    from chapter6.section_6_4.principle_drawing import draw_meetings, draw_principle

    moments = sorted(set(settings.moments))
    if len(moments) < 2:
        message = _("moments must be two different numbers or more, received {moments}")
        raise InputError(message.format(moments=settings.moments))
    images, real = (each.reshape(-1, PIXELS) for each in _images(settings))
    images, real = as_tensor(images), scale_pixels(real)
    gan = GAN()
    if gan.batch_size > len(images):
        message = _("training images must be {count} or more, received {received}")
        raise InputError(message.format(count=gan.batch_size, received=len(images)))

    fresh = FreshDiscriminator(real, settings.seed)
    meetings = []
    # The first seed last: its networks are drawn.
    for seed in reversed(range(settings.seed, settings.seed + settings.repetitions)):
        gan.reset(seed)
        meetings.insert(0, cross_evaluate(gan, images, real, moments, fresh))
    on_real, on_fake = (np.stack([meeting[place] for meeting in meetings]) for place in (0, 1))
    discriminations = [meeting[2] for meeting in meetings]
    digits = fresh.evaluate(scale_pixels(images[: len(real)]).numpy())
    (noise,) = sample_noise(1, gan.latent_dim, settings.seed)
    overview = draw_principle(folders, gan, noise, real[0], moments[-1])
    matrix = draw_meetings(folders, moments, on_real.mean(axis=0), on_fake.mean(axis=0))
    pictures = (
        Picture(
            overview,
            _(
                "Noise becomes a fake digit; D sees real and fake digits, and its gradients train both "
                "networks."
            ),
        ),
        Picture(
            matrix,
            _(
                "Down a column, darker: a later D rejects the fakes of one G better; along a row, lighter: a "
                "later G fools one D better."
            ),
        ),
    )
    return _finding(moments, on_real, on_fake, discriminations, digits, len(real), pictures)


def _images(settings):
    """Return the images to train on, and those that D has not seen."""
    mnist = load_mnist(settings.data)
    return mnist.train.images, mnist.test.images[: settings.images].copy()


def _finding(moments, on_real, on_fake, discriminations, digits, images, pictures):
    """Return the `Finding`.

    Args:
        moments: Iterations, ascending.
        on_real: float array [GANs, moments], the mean of D(x).
        on_fake: float array [GANs, moments, moments], the mean of D(G(z)); a row is a D, a column a G.
        discriminations: List for each GAN of the fresh discriminators' `Discrimination` at the first and at
            the last moment.
        digits: `Discrimination` of training digits instead of fakes.
        images: int, real digits that D is evaluated on.
        pictures: `Picture`s.
    """
    at, after = np.arange(len(moments) - 1), np.arange(1, len(moments))
    # The next moment's D on this moment's fakes, and this moment's D on the next moment's fakes.
    d_improves = on_fake[:, after, at] < on_fake[:, at, at]
    g_improves = on_fake[:, at, after] > on_fake[:, at, at]
    improved = all(each[0].exceeds(each[-1]) for each in discriminations)
    equal = not any(each[-1].exceeds(digits) for each in discriminations)
    first, last = (np.array([each[place].accuracy for each in discriminations]) for place in (0, -1))
    measures = {
        N_("accuracy of a fresh D, first G"): first,
        N_("accuracy of a fresh D, last G"): last,
        N_("accuracy of a fresh D, training digits"): np.array([digits.accuracy]),
        N_("later D better"): d_improves.mean(axis=1),
        N_("later G better"): g_improves.mean(axis=1),
        N_("D(x), last D"): on_real[:, -1],
        N_("D(G(z)), last D, last G"): on_fake[:, -1, -1],
        N_("D(G(z)), last D, previous G"): on_fake[:, -1, -2],
        N_("D(G(z)), previous D, last G"): on_fake[:, -2, -1],
    }
    return Finding(
        verdict=Verdict.of([improved, equal]),
        short=_short(equal).format(accuracy=last.mean(), moment=moments[-1]),
        why=_(
            "D's gradient shows G how to fool it, and G's new fakes show D what else to look for. What a "
            "network learns against its current opponent may get lost again later."
        ),
        limits=_limits(improved, equal).format(
            share=np.mean(np.concatenate([d_improves, g_improves])),
            moments=MessageList(f"{moment:,}" for moment in moments),
            count=len(discriminations),
            images=images,
        ),
        table={
            N_("measure"): list(measures),
            N_("mean (%)"): [100 * values.mean() for values in measures.values()],
            N_("least (%)"): [100 * values.min() for values in measures.values()],
            N_("most (%)"): [100 * values.max() for values in measures.values()],
        },
        pictures=pictures,
    )


def _short(equal):
    """Return the sentence to remember, whose values are the accuracy and the last moment."""
    if equal:
        return _(
            "After {moment:,} iterations a fresh discriminator can only guess: it is right on {accuracy:.1%} "
            "of digits and fakes."
        )
    return _(
        "After {moment:,} iterations a fresh discriminator is still right on {accuracy:.1%} of digits and "
        "fakes: p_g is not the data."
    )


def _limits(improved, equal):
    """Return the limits, whose values are the share, the moments, and how many GANs and digits there are."""
    if improved and equal:
        return _(
            "{count} GANs, kept after {moments} iterations, {images:,} unseen digits and as many fakes. "
            "Another discriminator may still tell them apart. Later networks beat earlier ones in "
            "{share:.0%} of comparisons."
        )
    if improved:
        return _(
            "Holds: G improves, as a fresh discriminator finds its later fakes harder. Does not hold: p_g "
            "does not reach the data. Later networks beat earlier ones in {share:.0%} of comparisons. "
            "{count} GANs, kept after {moments} iterations; {images:,} unseen digits and as many fakes."
        )
    return _(
        "A fresh discriminator finds the later fakes of at least one GAN no harder than the first. Later "
        "networks beat earlier ones in {share:.0%} of comparisons. {count} GANs, kept after {moments} "
        "iterations; {images:,} unseen digits and as many fakes."
    )
