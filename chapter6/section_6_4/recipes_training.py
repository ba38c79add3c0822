"""The trainings of the command ``recipes``.

Slide: 6-4, the MNIST program, and 6-4.c.
"""

import itertools
import operator

import keras

from chapter6.experiment import ascending
from chapter6.gan.evaluation import random_images
from chapter6.gan.fresh_discriminator import FreshDiscriminator
from chapter6.gan.model import generate, sample_noise
from chapter6.gan.recipes import VARIANTS
from chapter6.gan.training import train
from chapter6.language import _
from chapter6.mnist import PIXELS
from chapter6.networks.tensors import as_tensor
from chapter6.progress import progress_bar
from chapter6.section_6_4.gan_runs import sample_evaluator
from chapter6.section_6_4.recipes_table import TRAINING_DIGITS


def fill(table, settings, mnist, folders):
    """Train the GANs that a table lacks, and add a row for each evaluation.

    Args:
        table: `chapter6.section_6_4.recipes_table.RecipesTable`.
        settings: `chapter6.section_6_4.recipes.Settings`.
        mnist: `chapter6.mnist.Mnist`.
        folders: `chapter6.artifacts.Folders`, for the classifier.
    """
    iterations = ascending("iterations", settings.iterations, at_least=1)
    seeds = range(settings.seed, settings.seed + settings.repetitions)
    evaluations = [(done, 1.0) for done in iterations]
    evaluations += [(iterations[-1], noise) for noise in settings.noise if noise != 1]
    missing = [
        (recipe, seed)
        for recipe in dict.fromkeys(settings.recipes)
        for seed in seeds
        if not all(table.holds(recipe, seed, *each) for each in evaluations)
    ]
    no_digits = [seed for seed in seeds if not table.holds(TRAINING_DIGITS, seed, 0, 1.0)]
    if not missing and not no_digits:
        return
    evaluator, _accuracy = sample_evaluator(mnist, folders, settings.epochs)
    evaluate = _Evaluation(evaluator, mnist.test.images)
    for seed in no_digits:
        digits = random_images(mnist.train.images, settings.samples, seed)
        table.add(TRAINING_DIGITS, seed, 0, 1.0, evaluate(digits))
    images = as_tensor(mnist.train.images.reshape(-1, PIXELS))
    line = _("Training {count} GANs").format(count=len(missing))
    with progress_bar(line, len(missing) * iterations[-1]) as update:
        before = 0
        for recipe, of_recipe in itertools.groupby(missing, key=operator.itemgetter(0)):
            # Compiled once for all seeds
            gan = VARIANTS[recipe]()
            for _recipe, seed in of_recipe:
                gan.reset(seed)
                show = keras.callbacks.LambdaCallback(
                    on_train_batch_end=lambda done, logs, before=before: update(before + done)
                )
                for done, noise in evaluations:
                    train(gan, images, done, [show])
                    if not table.holds(recipe, seed, done, noise):
                        z = noise * sample_noise(settings.samples, gan.latent_dim, seed)
                        table.add(recipe, seed, done, noise, evaluate(generate(gan.sampler, z)))
                before += iterations[-1]


class _Evaluation:
    """All measures of images [n, 28, 28], as a function."""

    def __init__(self, evaluator, test_images):
        self._evaluator = evaluator
        self._fresh = FreshDiscriminator(test_images)

    def __call__(self, images):
        scores, fresh = self._evaluator.score(images), self._fresh.evaluate(images)
        shares = {f"share_of_{digit}": float(share) for digit, share in enumerate(scores.shares)}
        measured = {"fresh_accuracy": fresh.accuracy, "divergence": fresh.divergence}
        return scores.scalars() | measured | shares
