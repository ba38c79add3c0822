"""GANs trained with either loss for G, by Adam and by SGD, for ``generator_losses --trainings``.

Slide: 6-4, claim c.
"""

import keras
import numpy as np
import tensorflow as tf

from chapter6.artifacts import save_csv
from chapter6.classifier import trained_classifier
from chapter6.gan.evaluation import SampleEvaluator
from chapter6.gan.model import GAN, adam, cross_entropy, generate, sample_noise
from chapter6.gan.training import train
from chapter6.language import _
from chapter6.networks.tensors import as_tensor
from chapter6.progress import progress_bar

# Optimizers of G and their learning rates: Adam's is the program's. D is trained by the program's Adam.
RATES = {"Adam": 1e-3, "SGD": 1.0}
CELLS = tuple((optimizer, loss) for optimizer in RATES for loss in ("saturating", "non-saturating"))
MEASURES = ("frechet_distance", "precision", "recall", "classifier_score", "unsure", "missing_digits")


class ChosenLossGAN(GAN):
    """`GAN` with a choice of G's loss and of G's optimizer.

    Args:
        optimizer: ``"Adam"``, the program's, or ``"SGD"``.
        loss: ``"saturating"``, E[log(1 - D(G(z)))], or ``"non-saturating"``, -E[log D(G(z))].
        batch_size: As in `GAN`.
        seed: As in `GAN`.
    """

    def __init__(self, optimizer, loss, batch_size=128, seed=0):
        super().__init__(batch_size, seed=seed)
        self._saturating = loss == "saturating"
        self.generator_optimizer = keras.optimizers.SGD(RATES[optimizer]) if optimizer == "SGD" else adam()
        self.generator_optimizer.build(self.generator.trainable_variables)

    def generator_step(self, noise):
        """Update G with the chosen loss; return the program's."""
        theta_g = self.generator.trainable_variables
        with tf.GradientTape() as tape:
            logits = self.discriminator(self.generator(noise))
            # -E[log D(G(z))], or E[log(1 - D(G(z)))]
            program = cross_entropy(logits, 1.0)
            loss = -cross_entropy(logits, 0.0) if self._saturating else program
        self.generator_optimizer.apply(tape.gradient(loss, theta_g), theta_g)
        return program


def train_gans(settings, mnist, folders):
    """Train a GAN for each seed, optimizer and loss, and evaluate its samples.

    Args:
        settings: `chapter6.section_6_4.generator_losses.Settings`.
        mnist: `chapter6.mnist.Mnist`.
        folders: `chapter6.artifacts.Folders`; ``trainings.csv`` is saved after each GAN.

    Returns:
        dict from (optimizer, loss) to a dict of arrays [seeds]: the `MEASURES`, and ``failed``, whether the
        samples are no digits.
    """
    classifier, _accuracy = trained_classifier(
        mnist, folders.checkpoints.with_name("classifier"), progress_bar=progress_bar
    )
    evaluator = SampleEvaluator(classifier, mnist.test.images)
    images = as_tensor(mnist.train.images.reshape(len(mnist.train.images), -1))
    gans = {cell: ChosenLossGAN(*cell, settings.batch_size) for cell in CELLS}
    rows = []
    line = str(_("Training GANs with either loss."))
    with progress_bar(line, len(CELLS) * settings.repetitions) as update:
        for seed in range(settings.seed, settings.seed + settings.repetitions):
            for (optimizer, loss), gan in gans.items():
                gan.reset(seed)
                train(gan, images, settings.training_steps)
                noise = sample_noise(len(mnist.test.images), gan.latent_dim, seed)
                scores = evaluator.score(generate(gan.generator, noise))
                row = {"seed": seed, "optimizer": optimizer, "learning_rate": RATES[optimizer], "loss": loss}
                rows.append(row | {measure: getattr(scores, measure) for measure in MEASURES})
                columns = {name: [row[name] for row in rows] for name in rows[0]}
                save_csv(folders.snapshots / "trainings.csv", columns)
                update(len(rows))
    trained = {}
    for cell in CELLS:
        of_cell = [row for row in rows if (row["optimizer"], row["loss"]) == cell]
        trained[cell] = {measure: np.array([row[measure] for row in of_cell]) for measure in MEASURES}
        # The classifier is unsure of most samples.
        trained[cell]["failed"] = trained[cell]["unsure"] > 0.5
    return trained
