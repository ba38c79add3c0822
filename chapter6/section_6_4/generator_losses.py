"""Two losses for the generator: the sizes of their gradients while the generator is still poor.

Slide: 6-4, claim c; section 3 of Goodfellow et al. (2014).

In theory G minimizes E[log(1 - D(G(z)))], the saturating loss; the lecture's program minimizes
-E[log D(G(z))]. Both fall as D(G(z)) rises, but where D is sure of the fakes, D(G(z)) near 0, the first is
flat: by the logit of D its slope is -D(G(z)), that of the second D(G(z)) - 1. The lecture's GAN is trained
with either loss on the same batches, and in every iteration the gradients of both are measured.

Which loss learns is another question, since Adam divides by the gradients' size. With --trainings GANs are
also trained with either loss, by Adam and by SGD, for as long as the lecture's takes to draw digits, and
their samples are evaluated.
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
    trainings: bool = setting(
        False, _("also train GANs with either loss, by Adam and by SGD, which takes long")
    )
    training_steps: int = setting(
        20_000, _("--trainings: iterations; the lecture's digits are recognisable after these"), minimum=1
    )
    batch_size: int = setting(128, _("batch size; the slides' 128"), minimum=1)
    data: Path | None = data_setting()


def run(settings, folders):
    """Train with either loss, measure both gradients, draw."""
    from chapter6.networks.tensors import as_tensor
    from chapter6.section_6_4.generator_losses_drawing import draw, draw_trainings
    from chapter6.section_6_4.generator_losses_training import train_gans
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
    pictures = [
        Picture(
            draw(folders, measured, settings),
            _(
                "In the grey part compare the gradients of both losses: solid that of -log D(G(z)), "
                "dashed that of log(1 - D(G(z)))."
            ),
        )
    ]
    trained = train_gans(settings, mnist, folders) if settings.trainings else {}
    if trained:
        caption = _("How far the samples of each trained GAN are from the test digits; hollow: no digits.")
        pictures.append(Picture(draw_trainings(folders, trained), caption))
    return _finding(measured, trained, tuple(pictures), settings)


def _finding(measured, trained, pictures, settings):
    """Return the `Finding`.

    Args:
        measured: dict from the loss that G is trained with to an array [repetitions, steps, 3]: norms of the
            gradients of the saturating and the non-saturating loss, and the mean of D(G(z)).
        trained: What `chapter6.section_6_4.generator_losses_training.train_gans` returned, or an empty dict.
        pictures: `Picture`s.
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
    distances = {cell: each["frechet_distance"] for cell, each in trained.items()}
    nearer = {
        optimizer: bool(
            np.median(distances[optimizer, "non-saturating"]) < np.median(distances[optimizer, "saturating"])
        )
        for optimizer, _loss in trained
    }
    rows = {
        (N_("ratio of the gradients, same network"), "non-saturating"): ratios,
        **{(N_("gradient, early"), loss): sizes[loss] for loss in reversed(LOSSES)},
        **{(N_("mean D(G(z)) at the end"), loss): measured[loss][:, -1, 2] for loss in reversed(LOSSES)},
        **_rows_of(trained),
    }
    return Finding(
        verdict=Verdict.of([larger, *nearer.values()]),
        short=_short(larger, nearer).format(ratio=ratios.mean()),
        why=_(
            "As long as D is sure of the fakes, D(G(z)) is near 0, and so is the slope of log(1 - D(G(z))) "
            "by D's logit, -D(G(z)); that of -log D(G(z)), D(G(z)) - 1, is near -1."
        ),
        limits=_limits(trained).format(count=len(ratios), early=settings.early),
        table={
            N_("measure"): [measure for measure, loss in rows],
            N_("trained with"): [loss for measure, loss in rows],
            N_("mean"): [values.mean() for values in rows.values()],
            N_("least"): [values.min() for values in rows.values()],
            N_("most"): [values.max() for values in rows.values()],
        },
        pictures=pictures,
    )


def _rows_of(trained):
    """Return the table's rows of the trained GANs: dict from (measure, loss) to an array."""
    if not trained:
        return {}
    names = {
        ("Adam", "frechet_distance"): N_("Fréchet distance, trained by Adam"),
        ("SGD", "frechet_distance"): N_("Fréchet distance, trained by SGD"),
        ("Adam", "failed"): N_("GANs that fail, by Adam (share)"),
        ("SGD", "failed"): N_("GANs that fail, by SGD (share)"),
    }
    return {
        (name, loss): trained[optimizer, loss][measure].astype(float)
        for (optimizer, measure), name in names.items()
        for loss in reversed(LOSSES)
    }


def _short(larger, nearer):
    """Return the sentence to remember, whose value is the ratio of the gradients."""
    if not larger:
        return _(
            "While G is poor, the gradient of -log D(G(z)) is not clearly the larger one: {ratio:.1f} times."
        )
    if not nearer:
        return _(
            "While G is poor, the gradient of the non-saturating loss, -log D(G(z)), is {ratio:.1f} times as "
            "large as that of the saturating one."
        )
    if all(nearer.values()):
        return _(
            "The early gradient of -log D(G(z)) is {ratio:.0f} times as large, and G ends nearer to the "
            "digits, by Adam and by SGD."
        )
    if any(nearer.values()):
        return _(
            "The early gradient of -log D(G(z)) is {ratio:.0f} times as large, but G ends nearer to the "
            "digits by one optimizer only."
        )
    return _(
        "The early gradient of -log D(G(z)) is {ratio:.0f} times as large, but G does not end nearer to the "
        "digits."
    )


def _limits(trained):
    """Return the limits, whose values are the number of GANs and of early iterations."""
    if trained:
        return _(
            "{count} GANs for each loss and optimizer; the gradients are those of {early} iterations. Adam "
            "divides by the gradients' size, but the losses also weigh the fakes differently."
        )
    return _(
        "{count} GANs for each loss, their first {early} iterations. Not which loss learns: Adam divides by "
        "the size of the gradients. --trainings measures it, by Adam and by SGD."
    )
