"""Two losses for the generator: the sizes of their gradients while the generator is still poor.

Slide: 6-4, claim c; section 3 of Goodfellow et al. (2014).

In theory G minimizes E[log(1 - D(G(z)))], the saturating loss; the lecture's program minimizes
-E[log D(G(z))]. Both fall as D(G(z)) rises, but where D is sure of the fakes, D(G(z)) near 0, the first is
flat: by the logit of D its slope is -D(G(z)), that of the second D(G(z)) - 1. The lecture's GAN is trained
with either loss on the same batches, and in every iteration the gradients of both are measured.

Which loss learns is another question, since Adam divides by the gradients' size. The command ``recipes``
trains GANs with either loss, by Adam and by SGD, and evaluates their samples.
"""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from chapter6.errors import InputError
from chapter6.experiment import Finding, Picture, Verdict, data_setting, setting
from chapter6.language import N_, _
from chapter6.mnist import PIXELS, load_mnist

CLAIM = "6-4.c"
SENTENCE = _("While G is poor, log(1 - D(G(z))) saturates; -log D(G(z)) has the larger gradient.")

LOSSES = (N_("saturating"), N_("non-saturating"))


@dataclass(frozen=True)
class Settings:
    """The GANs and how long they are trained."""

    seed: int = setting(
        0, _("seed of the first GAN; each further one takes the next"), minimum=0, maximum=2**30
    )
    repetitions: int = setting(3, _("GANs for each loss, for the spread"), minimum=2, quick=2)
    steps: int = setting(
        1000, _("iterations; the lecture's GAN still draws noise after these"), minimum=20, quick=100
    )
    early: int = setting(200, _("iterations that count as early"), minimum=1, quick=50)
    batch_size: int = setting(128, _("batch size; the slides' 128"), minimum=1)
    data: Path | None = data_setting()


def run(settings, folders):
    """Train with either loss, measure both gradients, draw."""
    from chapter6.networks.tensors import as_tensor
    from chapter6.section_6_4.generator_losses_drawing import draw
    from chapter6.section_6_4.measured_gan import MeasuredGAN

    if settings.early > settings.steps:
        message = _("early must be at most the {steps} steps, received {early}")
        raise InputError(message.format(steps=settings.steps, early=settings.early))
    mnist = load_mnist(settings.data)
    images = as_tensor(mnist.train.images.reshape(-1, PIXELS))
    if settings.batch_size > len(images):
        message = _("a batch must be at most all {count} images, received {size}")
        raise InputError(message.format(count=len(images), size=settings.batch_size))
    seeds = range(settings.seed, settings.seed + settings.repetitions)
    # [repetitions, steps, 3] for each loss: both gradients' norms and the mean of D(G(z)).
    gan = MeasuredGAN(settings.steps, settings.batch_size, settings.seed)
    measured = {
        loss: np.stack([gan.measure(images, loss == "saturating", seed) for seed in seeds]) for loss in LOSSES
    }
    picture = Picture(
        draw(folders, measured, settings),
        _(
            "In the grey part compare the gradients of both losses: solid that of -log D(G(z)), "
            "dashed that of log(1 - D(G(z)))."
        ),
    )
    return _finding(measured, picture, settings)


def _finding(measured, picture, settings):
    """Return the `Finding`.

    Args:
        measured: dict from the loss that G is trained with to an array [repetitions, steps, 3]: norms of the
            gradients of the saturating and the non-saturating loss, and the mean of D(G(z)).
        picture: `Picture`.
        settings: `Settings`.
    """

    def early(loss, column):
        return np.median(measured[loss][:, : settings.early, column], axis=1)

    # Each in the training that it drives itself.
    sizes = {"saturating": early("saturating", 0), "non-saturating": early("non-saturating", 1)}
    # Both of the same network, iteration by iteration.
    first, second = (measured["non-saturating"][:, : settings.early, column] for column in (0, 1))
    ratios = np.median(second / first, axis=1)
    # Twice: more than the three GANs differ among themselves.
    larger = sizes["non-saturating"].min() > sizes["saturating"].max() and ratios.min() > 2
    rows = {
        (N_("ratio of the gradients, same network"), "non-saturating"): ratios,
        **{(N_("gradient, early"), loss): sizes[loss] for loss in reversed(LOSSES)},
        **{(N_("mean D(G(z)) at the end"), loss): measured[loss][:, -1, 2] for loss in reversed(LOSSES)},
    }
    return Finding(
        verdict=Verdict.of([larger]),
        short=_short(larger).format(ratio=ratios.mean()),
        why=_(
            "As long as D is sure of the fakes, D(G(z)) is near 0, and so is the slope of log(1 - D(G(z))) "
            "by D's logit, -D(G(z)); that of -log D(G(z)), D(G(z)) - 1, is near -1."
        ),
        limits=_(
            "{count} GANs for each loss, their first {early} iterations. Not which loss learns: Adam divides "
            "by the size of the gradients. The command recipes measures it, by Adam and by SGD."
        ).format(count=len(ratios), early=settings.early),
        table={
            N_("measure"): [measure for measure, loss in rows],
            N_("trained with"): [loss for measure, loss in rows],
            N_("mean"): [values.mean() for values in rows.values()],
            N_("least"): [values.min() for values in rows.values()],
            N_("most"): [values.max() for values in rows.values()],
        },
        pictures=(picture,),
    )


def _short(larger):
    """Return the sentence to remember, whose value is the ratio of the gradients."""
    if larger:
        return _(
            "While G is poor, the gradient of the non-saturating loss, -log D(G(z)), is {ratio:.1f} times as "
            "large as that of the saturating one."
        )
    return _(
        "While G is poor, the gradient of -log D(G(z)) is not clearly the larger one: {ratio:.1f} times."
    )
