"""Evaluate a GAN's samples: are they like real digits, are they varied, are they copies?

Slide: 6-4.b, "until p_g equals the data distribution"; the slides evaluate by eye.

The measures are those of chapter6/gan/evaluation.py, by the features and the classes of a classifier that is
trained once on MNIST and kept; and a fresh discriminator is trained to tell samples from test digits.
Training digits, drawn at random, show what a perfect generator would reach. With --all the checkpoints of a
whole run are compared.
"""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from chapter6.experiment import Finding, Picture, Verdict, data_setting, setting
from chapter6.language import _
from chapter6.mnist import load_mnist

CLAIM = "6-4.b"
SENTENCE = _("In the end the generator's distribution is that of the data.")

PORTRAIT = _("Samples, and how many of them are surely of each digit or of none; dashes, the test digits.")
NEIGHBOURS = _(
    "Above, samples and the training digits nearest to them: no copies. Below, the digits change gradually "
    "with the noise."
)
HISTORY = _("How the scores of the samples change during training; dashed, those of training digits.")


@dataclass(frozen=True)
class Settings:
    """Which generator, and how many samples."""

    checkpoint: Path | None = setting(
        None, _("model-N, its folder, or pretrained (default: the newest, or the pretrained one)")
    )
    all: bool = setting(False, _("all checkpoints of its folder, with TensorBoard scalars of them"))
    beside: Path | None = setting(
        None, _("a second checkpoint to draw beside the first, such as one of another run")
    )
    samples: int = setting(
        10_000,
        _("samples in a draw; as many as there are test digits"),
        minimum=100,
        maximum=100_000,
        quick=1000,
    )
    draws: int = setting(2, _("draws of samples, for the spread"), minimum=1, maximum=100, quick=1)
    seed: int = setting(0, _("seed of the first draw's noise; each further draw takes the next"), minimum=0)
    epochs: int = setting(
        4, _("epochs of the classifier's training; 4 reach an accuracy of 99%"), minimum=1, quick=1
    )
    data: Path | None = data_setting()


def run(settings, folders):
    """Score the samples of the chosen checkpoints and draw the digits of the newest.

    Returns:
        A `Finding` on the last of these checkpoints.

    Raises:
        InputError: There is no whole checkpoint, or the data cannot be used.
    """
    from chapter6.gan import checkpoints
    from chapter6.gan.evaluation import random_images
    from chapter6.gan.fresh_discriminator import FreshDiscriminator
    from chapter6.section_6_4 import evaluation_drawing as drawing
    from chapter6.section_6_4.evaluation_tables import log_scores, save_scores, scores_table
    from chapter6.section_6_4.gan_runs import sample_evaluator

    path = checkpoints.find_checkpoint(
        settings.checkpoint or checkpoints.chosen_checkpoint(folders.beside("gan").checkpoints)
    )
    generators = (
        checkpoints.open_run(Path(path).parent) if settings.all else [checkpoints.open_generator(path)]
    )
    other = settings.beside and checkpoints.open_generator(settings.beside)
    mnist = load_mnist(settings.data)
    evaluator, accuracy = sample_evaluator(mnist, folders, settings.epochs)
    newest = generators[-1]
    print(checkpoints.describe(path, newest.iteration))
    _print_sources(newest, mnist, accuracy)

    seeds = range(settings.seed, settings.seed + settings.draws)
    scores = {
        generator.iteration: [evaluator.score(generator.samples(settings.samples, seed)) for seed in seeds]
        for generator in generators
    }
    digits = [random_images(mnist.train.images, settings.samples, seed) for seed in seeds]
    training = [evaluator.score(each) for each in digits]
    save_scores(folders.snapshots / "evaluation.csv", scores, training, seeds)
    fresh = FreshDiscriminator(mnist.test.images)
    discriminations = [
        [fresh.evaluate(newest.samples(settings.samples, seed)) for seed in seeds],
        [fresh.evaluate(each) for each in digits],
    ]
    portrait = drawing.save_portrait(folders, newest, scores[newest.iteration][0], evaluator, settings)
    neighbours, distances = drawing.save_neighbours(folders, newest, mnist, settings)
    print(*distances)
    pictures = [Picture(portrait, PORTRAIT), Picture(neighbours, NEIGHBOURS)]
    if settings.all:
        log_scores(folders.snapshots, scores)
        pictures.append(Picture(drawing.save_history(folders, scores, training), HISTORY))
    if other:
        beside = drawing.save_beside(folders, (newest, other), evaluator, settings)
        pictures.append(
            Picture(beside, _("Compare the samples and the shares of the digits of both generators."))
        )
    table = scores_table(scores, training, discriminations)
    return _make_finding(scores, training, discriminations, table, tuple(pictures))


def _print_sources(newest, mnist, accuracy):
    message = _("The classifier's accuracy is {accuracy:.2%} on the test digits of {source}.")
    print(message.format(accuracy=accuracy, source=mnist.source))
    if newest.settings["data"] != mnist.fingerprint:
        print(_("The GAN was trained on other digits than these."))


def _make_finding(scores, training, discriminations, table, pictures):
    """Return the `Finding` on the last of the scores, a dict from the iteration to a list of `Scores`."""
    iteration, drawn = list(scores.items())[-1]
    distances, floor = ([one.frechet_distance for one in each] for each in (drawn, training))
    distinguished = any(sample.exceeds(digit) for sample, digit in zip(*discriminations, strict=True))
    verdict = Verdict.FAILS if distinguished or np.mean(distances) > max(floor) else Verdict.HOLDS
    accuracies = [np.mean([one.accuracy for one in each]) for each in discriminations]
    return Finding(
        verdict=verdict,
        short=_(
            "A fresh discriminator is right on {accuracy:.0%} of samples and test digits; on training digits "
            "instead of samples, {floor:.0%}."
        ).format(accuracy=accuracies[0], floor=accuracies[1]),
        why=_(
            "Precision is low where samples are unclear, recall where real digits have none like them. G's "
            "loss rewards what the current D takes for real, not variety."
        ),
        limits=_limits(verdict).format(
            iterations=iteration,
            draws=len(drawn),
            precision=np.mean([one.precision for one in drawn]),
            recall=np.mean([one.recall for one in drawn]),
            best=np.mean([one.recall for one in training]),
        ),
        table=table,
        pictures=pictures,
    )


def _limits(verdict):
    """Return the limits, whose values are the iterations, draws, precision, recall and the digits' recall."""
    if verdict is Verdict.HOLDS:
        return _(
            "One generator after {iterations:,} iterations, {draws} draws. What this discriminator and these "
            "features cannot tell apart, others may; precision {precision:.2f}, recall {recall:.2f}."
        )
    return _(
        "One generator after {iterations:,} iterations, {draws} draws: precision {precision:.2f}, recall "
        "{recall:.2f}, of training digits {best:.2f}. Features and classes are those of one classifier; "
        "compare only what was measured with the same one."
    )
