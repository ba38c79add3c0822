"""Two losses for the generator: how large their gradients are while the generator is still poor.

Slide: 6-4, claim c; section 3 of Goodfellow et al. (2014).

By the theory G minimizes E[log(1 - D(G(z)))]; the lecture's program minimizes -E[log D(G(z))] instead. Both
fall as D(G(z)) rises, but where D is sure that G's digits are fakes, D(G(z)) near 0, the first is flat: by
the logit of D its slope is -D(G(z)), the other's D(G(z)) - 1. The lecture's GAN is trained on MNIST with
either loss, from the same weights and on the same batches; in every iteration the gradients of both are
measured, by all of G's parameters. Several GANs with other initial weights stand for the spread.
"""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from chapter6 import artifacts
from chapter6.errors import InputError
from chapter6.experiment import Finding, Verdict, data_setting, setting
from chapter6.mnist import PIXELS, load_mnist

CLAIM = "6-4.c"
SENTENCE = "While G is poor, log(1 - D(G(z))) saturates; -log D(G(z)) has the larger gradient."

LOSSES = ("saturating", "non-saturating")


@dataclass(frozen=True)
class Settings:
    """The GANs and how long they are trained."""

    seed: int = setting(0, "of the first GAN; each further one has the next", minimum=0, maximum=2**30)
    repetitions: int = setting(3, "GANs for each loss, for the spread", minimum=2, quick=2)
    steps: int = setting(
        1000, "iterations; the lecture's GAN still draws noise after these", minimum=20, quick=100
    )
    early: int = setting(200, "iterations that count as early", minimum=1, quick=50)
    batch_size: int = setting(128, "the slides'", minimum=1)
    data: Path | None = data_setting()


def run(settings, folders):
    """Train with either loss, measure both gradients, draw."""
    import tensorflow as tf

    from chapter6.section_6_4.measured_gan import MeasuredGAN

    if settings.early > settings.steps:
        raise InputError(f"early must be at most the {settings.steps} steps, received {settings.early}")
    mnist = load_mnist(settings.data)
    images = tf.constant(mnist.train.images.reshape(-1, PIXELS))
    if settings.batch_size > len(images):
        raise InputError(f"a batch must be at most all {len(images)} images, received {settings.batch_size}")
    seeds = range(settings.seed, settings.seed + settings.repetitions)
    # [repetitions, steps, 3] for each loss: both gradients' norms and the mean of D(G(z)).
    gan = MeasuredGAN(settings.steps, settings.batch_size, settings.seed)
    measured = {
        loss: np.stack([gan.measure(images, loss == "saturating", seed) for seed in seeds]) for loss in LOSSES
    }
    picture = _draw(folders, measured, settings)
    return _finding(measured, picture, settings)


def _finding(measured, picture, settings):
    def early(loss, column):
        return np.median(measured[loss][:, : settings.early, column], axis=1)

    # Each in the training that it drives itself.
    sizes = {"saturating": early("saturating", 0), "non-saturating": early("non-saturating", 1)}
    # Both of the same network, iteration by iteration.
    first, second = (measured["non-saturating"][:, : settings.early, column] for column in (0, 1))
    ratios = np.median(second / first, axis=1)
    fooled = {loss: measured[loss][:, -1, 2] for loss in LOSSES}
    larger = sizes["non-saturating"].min() > sizes["saturating"].max() and ratios.min() > 1
    verdict = (
        Verdict.HOLDS
        if larger and ratios.min() > 2
        else Verdict.PARTLY
        if ratios.min() > 1
        else Verdict.FAILS
    )

    def mean_and_range(values, digits):
        return f"{np.mean(values):.{digits}f} ({np.min(values):.{digits}f} to {np.max(values):.{digits}f})"

    non_saturating, saturating = (
        mean_and_range(sizes[name], digits) for name, digits in (("non-saturating", 3), ("saturating", 4))
    )
    sentences = (
        f"Over the first {settings.early} iterations the median size of the gradient by theta_G is "
        f"{non_saturating} for -log D(G(z)) and {saturating} for log(1 - D(G(z))), each in its own training "
        f"(mean and range of {settings.repetitions} GANs); of the "
        f"same network the first is {mean_and_range(ratios, 1)} times the second. After {settings.steps:,} "
        f"iterations D(G(z)) is {mean_and_range(fooled['non-saturating'], 4)} and "
        f"{mean_and_range(fooled['saturating'], 4)} in the mean."
    )
    numbers = {f"gradient_{loss}": float(values.mean()) for loss, values in sizes.items()}
    numbers |= {f"fooled_{loss}": float(values.mean()) for loss, values in fooled.items()}
    numbers |= {"ratio": float(ratios.mean()), "smallest_ratio": float(ratios.min())}
    return Finding(verdict, sentences, (picture,), numbers)


def _draw(folders, measured, settings):
    steps = np.arange(1, settings.steps + 1)
    styles = {"saturating": ("--", "#d1495b"), "non-saturating": ("-", "#1b4f9c")}
    names = {"saturating": "log(1 - D(G(z)))", "non-saturating": "-log D(G(z))"}
    figure = artifacts.figure(17, 5.6)
    figure.suptitle(
        f"6-4.c: the generator's two losses, the lecture's GAN on MNIST; {settings.repetitions} GANs, "
        "thick: geometric mean",
        fontsize=15,
    )
    table = {"iteration": steps}
    *gradients, fooled = figure.subplots(1, 3)
    gradients[1].sharey(gradients[0])
    for axes, driver in zip(gradients, ("non-saturating", "saturating"), strict=True):
        for column, loss in enumerate(LOSSES):
            values = measured[driver][:, :, column]
            _draw_lines(axes, steps, values, *styles[loss], f"gradient of {names[loss]}")
            for number, each in enumerate(values):
                table[f"gradient of {loss}, trained with {driver}, GAN {number}"] = each
        axes.set_title(f"trained with {names[driver]}", fontsize=14)
        axes.set_ylabel(r"size of the gradient by $\theta_G$", fontsize=13)
    for driver in LOSSES:
        values = measured[driver][:, :, 2]
        _draw_lines(fooled, steps, values, *styles[driver], f"trained with {names[driver]}")
        for number, each in enumerate(values):
            table[f"D(G(z)), trained with {driver}, GAN {number}"] = each
    fooled.set_title("what D says of the fakes", fontsize=14)
    fooled.set_ylabel("mean D(G(z))", fontsize=13)
    for axes in (*gradients, fooled):
        axes.axvspan(1, settings.early, color="0.93", zorder=0)
        axes.set_xlabel("iteration (grey: early)", fontsize=13)
        axes.grid(alpha=0.3)
        axes.legend(fontsize=11)
    artifacts.save_csv(folders.snapshots / "gradients.csv", table)
    return artifacts.save_figure(figure, folders.snapshots / "gradients.png")


def _draw_lines(axes, steps, values, style, color, label):
    """Draw each repetition [repetitions, steps] thin, thick what is left of them without the noise."""
    # float32's smallest number: a gradient can be rounded to 0.
    values = np.maximum(values, 1e-38)
    axes.loglog(steps, values.T, color=color, linewidth=0.4, alpha=0.35)
    # Geometric means, over the repetitions and over neighbours that lie closer than the line is wide.
    starts = np.unique(np.geomspace(1, len(steps), 60).astype(int)) - 1
    counts = np.diff(starts, append=len(steps))
    places, means = (
        np.exp(np.add.reduceat(logs, starts) / counts)
        for logs in (np.log(steps), np.log(values).mean(axis=0))
    )
    axes.loglog(places, means, linestyle=style, color=color, linewidth=2.5, label=label)
