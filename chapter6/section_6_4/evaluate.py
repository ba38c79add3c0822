"""Evaluate a GAN's samples: are they like real digits, are they varied, are they copies?

Slide: 6-4.b, "until p_g equals the data distribution"; the slides evaluate by eye.

The measures are those of chapter6/gan/evaluation.py, by the features and the classes of a classifier that is
trained once on MNIST and kept. Training digits, drawn at random, show what a perfect generator would reach.
With --all the checkpoints of a whole run are compared.
"""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from chapter6.experiment import Finding, Picture, Verdict, data_setting, setting
from chapter6.language import _
from chapter6.mnist import load_mnist
from chapter6.progress import progress_bar

CLAIM = "6-4.b"
SENTENCE = _("In the end the generator's distribution is that of the data.")

PORTRAIT = _(
    "The share of each digit, how the distance depends on the number of images, samples above the training "
    "digits nearest to them, and samples along straight lines of noise."
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
    draws: int = setting(3, _("draws of samples, for the spread"), minimum=1, maximum=100)
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
    from chapter6.classifier import trained_classifier
    from chapter6.gan.checkpoints import (
        chosen_checkpoint,
        describe,
        find_checkpoint,
        open_generator,
        open_run,
    )
    from chapter6.gan.evaluation import SampleEvaluator, random_images
    from chapter6.section_6_4.evaluation_drawing import save_beside, save_history, save_portrait
    from chapter6.section_6_4.evaluation_tables import log_scores, save_scores, scores_table

    path = find_checkpoint(settings.checkpoint or chosen_checkpoint(folders.beside("gan").checkpoints))
    generators = open_run(Path(path).parent) if settings.all else [open_generator(path)]
    other = settings.beside and open_generator(settings.beside)
    mnist = load_mnist(settings.data)
    classifier, accuracy = trained_classifier(
        mnist,
        folders.checkpoints.with_name("classifier"),
        epochs=settings.epochs,
        progress_bar=progress_bar,
    )
    evaluator = SampleEvaluator(classifier, mnist.test.images)
    newest = generators[-1]
    print(describe(path, newest.iteration))
    message = _("The classifier's accuracy is {accuracy:.2%} on the test digits of {source}.")
    print(message.format(accuracy=accuracy, source=mnist.source))
    if newest.settings["data"] != mnist.fingerprint:
        print(_("The GAN was trained on other digits than these."))

    seeds = range(settings.seed, settings.seed + settings.draws)
    scores = {
        generator.iteration: [evaluator.score(generator.samples(settings.samples, seed)) for seed in seeds]
        for generator in generators
    }
    training = [evaluator.score(random_images(mnist.train.images, settings.samples, seed)) for seed in seeds]
    save_scores(folders.snapshots / "evaluation.csv", scores, training, seeds)
    portrait, memory = save_portrait(
        folders, newest, scores[newest.iteration][0], training[0], evaluator, mnist, settings
    )
    print(*memory)
    pictures = [Picture(portrait, PORTRAIT)]
    if settings.all:
        log_scores(folders.snapshots, scores)
        pictures.append(Picture(save_history(folders, scores, training), HISTORY))
    if other:
        beside = save_beside(folders, (newest, other), evaluator, mnist, settings)
        pictures.append(
            Picture(beside, _("Compare the samples and the shares of the digits of both generators."))
        )
    table = scores_table(scores, training)
    return _make_finding(scores, training, table, tuple(pictures), settings.samples)


def _make_finding(scores, training, table, pictures, samples):
    """Return the `Finding` on the last of the scores, a dict from the iteration to a list of `Scores`."""
    iteration, drawn = list(scores.items())[-1]
    distances, floor = ([one.frechet_distance for one in each] for each in (drawn, training))
    verdict = Verdict.HOLDS if np.mean(distances) <= max(floor) else Verdict.FAILS
    return Finding(
        verdict=verdict,
        short=_short(verdict).format(distance=np.mean(distances), floor=np.mean(floor)),
        why=_(
            "The Fréchet distance compares mean and covariance of a classifier's features, so that both "
            "unclear and one-sided samples raise it. G's loss rewards what the current D takes for real, not "
            "variety."
        ),
        limits=_limits(verdict).format(
            iterations=iteration,
            draws=len(drawn),
            samples=samples,
            missing=max(one.missing_digits for one in drawn),
        ),
        table=table,
        pictures=pictures,
    )


def _short(verdict):
    """Return the sentence to remember, whose values are the distances of samples and of training digits."""
    if verdict is Verdict.HOLDS:
        return _(
            "By the Fréchet distance the samples, at {distance:.1f}, are as close to the test digits as "
            "training digits are, at {floor:.1f}."
        )
    return _(
        "The samples are at a Fréchet distance of {distance:.1f} from the test digits, training digits at "
        "only {floor:.1f}."
    )


def _limits(verdict):
    """Return the limits, whose values are the iterations, draws, samples in each, and missing digits."""
    if verdict is Verdict.HOLDS:
        return _(
            "A generator after {iterations:,} iterations, {draws} draws of {samples:,} samples. Equal means "
            "and covariances of features are not yet equal distributions; {missing} of the ten digits have a "
            "share below 1%."
        )
    return _(
        "A generator after {iterations:,} iterations, {draws} draws of {samples:,} samples; {missing} of the "
        "ten digits have a share below 1%. Distances are comparable only with the same classifier and as "
        "many samples."
    )
