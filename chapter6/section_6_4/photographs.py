"""Adversarial examples of photographs: patches of three textures in place of digits.

Slide: 6-4, figure 6-10, claim a.

The digits of `adversarial` are black and white; the slide's example is a photograph. Here the same network
learns to tell brick, grass and gravel apart by patches as large as a digit, which come with scikit-image.
For each patch the smallest size is searched for at which projected gradient descent (PGD) fools the network,
and whether the change can be seen is computed from the lightness of the pixels.
"""

import math
from dataclasses import dataclass

import numpy as np

from chapter6.experiment import Finding, Picture, Verdict, setting
from chapter6.language import N_, _
from chapter6.progress import progress_bar
from chapter6.section_6_4.adversarial import CLAIM, NEARLY_ALL, SENTENCE, verdict_of
from chapter6.section_6_4.adversarial_tables import percent, rows_of, sufficient_size, table_of

__all__ = ["CLAIM", "SENTENCE", "Settings", "run"]


@dataclass(frozen=True)
class Settings:
    """The network, its patches and the attack."""

    seed: int = setting(
        0, _("seed of patches, weights, batches, attack and noise"), minimum=0, maximum=2**31 - 2
    )
    training: int = setting(
        3000, _("patches of each photograph to train on"), minimum=100, maximum=100_000, quick=400
    )
    epochs: int = setting(8, _("epochs of training; 8 reach an accuracy of 98%"), minimum=1, quick=2)
    patches: int = setting(
        100, _("patches of each photograph to attack"), minimum=10, maximum=10_000, quick=20
    )
    steps: int = setting(20, _("steps of PGD"), minimum=1, quick=5)
    restarts: int = setting(1, _("random starts of PGD"), minimum=1)
    largest: float = setting(0.2, _("largest size tried; white is 1"), above=0, maximum=1)
    halvings: int = setting(
        7, _("bisections for each patch's smallest size; 7 find it to 0.0016"), minimum=1, quick=4
    )


def run(settings, folders):
    """Train a network, search for each patch's smallest perturbation, draw."""
    from chapter6.adversarial import random_noise
    from chapter6.classifier import BATCH_SIZE, train
    from chapter6.mnist import Split
    from chapter6.networks.training import predict, scale_pixels
    from chapter6.section_6_4.adversarial_drawing import draw_examples
    from chapter6.section_6_4.attacks import smallest_perturbations
    from chapter6.section_6_4.photographs_drawing import draw_lightness
    from chapter6.section_6_4.textures import TEXTURES, patches, texture_classifier
    from chapter6.section_6_4.visibility import JUST_NOTICEABLE, lightness_change

    training, test = patches(settings.training, settings.patches, settings.seed)
    test = Split(scale_pixels(test.images), test.labels)
    model = texture_classifier(training.images, settings.seed)
    line = _("Training a classifier on {images:,} patches.").format(images=len(training.images))
    with progress_bar(str(line), settings.epochs * (len(training.images) // BATCH_SIZE)) as update:
        train(model, training, settings.epochs, settings.seed, on_execution_end=update)
    sizes, examples = smallest_perturbations(model, test, settings.largest, math.inf, settings)
    each = np.minimum(sizes, settings.largest)
    noisy = random_noise(test.images, each, math.inf, settings.seed)
    change = lightness_change(test.images, examples)

    def wrong(images):
        return predict(model, images, BATCH_SIZE).argmax(axis=1) != test.labels

    measured = {
        "sizes": sizes,
        "wrong": wrong(test.images),
        "unnoticed": np.isfinite(sizes) & (change <= JUST_NOTICEABLE),
        "noise": wrong(noisy),
    }
    pictures = (
        draw_lightness(folders, np.where(np.isfinite(sizes), change, math.inf), test.labels, TEXTURES),
        draw_examples(folders, model, test, examples, noisy, each, math.inf, TEXTURES),
    )
    groups = {N_("all"): slice(None)}
    groups |= {name: test.labels == label for label, name in enumerate(TEXTURES)}
    found = {
        name: {measure: values[group] for measure, values in measured.items()}
        for name, group in groups.items()
    }
    return _make_finding(found, pictures)


def _make_finding(found, pictures):
    """Return the `Finding`.

    Args:
        found: dict from a group of patches to what was found for each of its patches: a dict of its smallest
            ``"sizes"``, and whether the network is ``"wrong"`` as it is, fooled ``"unnoticed"``, and wrong
            under ``"noise"``. The first group is all of them.
        pictures: Paths of the figures.
    """
    of_all = next(iter(found.values()))
    sizes, unnoticed = of_all["sizes"], of_all["unnoticed"].mean()
    fooled, noise = np.isfinite(sizes).mean(), of_all["noise"].mean()
    verdict = verdict_of(unnoticed, fooled, noise)
    quantiles = {N_("smallest size ε, 10% of patches"): 0.1, N_("smallest size ε, median"): 0.5}
    quantiles |= {
        N_("smallest size ε, 90% of patches"): 0.9,
        N_("smallest size ε, 99% of patches"): NEARLY_ALL,
    }
    rows = {N_("error on unperturbed patches (%)"): percent(found, "wrong"), **rows_of(found, quantiles)}
    lightness, examples = pictures
    return Finding(
        verdict=verdict,
        short=_(
            "{unnoticed:.0%} of the photographs' patches are misclassified after changes too small to see; "
            "the median size is ε = {median:.3f}."
        ).format(unnoticed=unnoticed, median=sufficient_size(sizes, 0.5)),
        why=_(
            "Textures differ in fine patterns of low contrast. Small changes imitate those of another class, "
            "where a digit's black background and white strokes need larger ones."
        ),
        limits=_limits(verdict).format(
            fooled=fooled,
            noise=noise,
            seen=1 - unnoticed,
            images=len(sizes),
            sampling=100 * math.sqrt(0.25 / len(sizes)),
        ),
        table=table_of(rows, found),
        pictures=(
            Picture(
                lightness,
                _(
                    "Where a texture's curve crosses the dotted line, that share of its patches is "
                    "misclassified after changes too small to see."
                ),
            ),
            Picture(
                examples,
                _(
                    "In each column a patch, its smallest perturbation, the adversarial example and the "
                    "patch with noise as large, with the predicted class below each."
                ),
            ),
        ),
    )


def _limits(verdict):
    """Return the limits, whose values are shares of the patches, their number and a standard error."""
    if verdict is Verdict.PARTLY:
        return _(
            "Holds: {fooled:.0%} of the patches can be misclassified, while noise as large causes an error "
            "of {noise:.1%}. Does not hold: in {seen:.0%} of them some pixel's change would be seen on an "
            "even field; uneven ones hide more. Three photographs, one network, {images} patches (standard "
            "error at most {sampling:.1f} points), visibility computed."
        )
    return _(
        "{fooled:.0%} of the patches can be misclassified; noise as large causes an error of {noise:.1%}. "
        "Three photographs, one network, {images} patches (standard error at most {sampling:.1f} points), "
        "visibility computed, not asked of persons."
    )
