"""The figures of the experiment ``evaluate``, with their tables."""

import numpy as np

from chapter6.artifacts import save_csv
from chapter6.figures import figure, localized, save_figure
from chapter6.gan.evaluation import digit_shares, frechet_distance, interpolation, nearest, random_images
from chapter6.gan.model import generate, sample_noise
from chapter6.language import N_, _, translate
from chapter6.networks.training import scale_pixels

# Samples, and test digits, whose nearest training digits are looked for.
COMPARED = 1000
# Numbers of images that the Fréchet distance is measured with, to see how it depends on them.
COUNTS = (500, 1000, 2000, 5000, 10_000, 20_000, 50_000)


@localized
def save_portrait(folders, generator, scores, training_scores, evaluator, mnist, settings):
    """Draw a generator's digit shares, distances, nearest training digits and interpolations.

    Args:
        folders: `chapter6.artifacts.Folders`.
        generator: `chapter6.gan.checkpoints.TrainedGenerator`.
        scores: `chapter6.gan.evaluation.Scores` of its samples.
        training_scores: `Scores` of as many training digits.
        evaluator: `chapter6.gan.evaluation.SampleEvaluator`.
        mnist: `chapter6.mnist.Mnist`.
        settings: `chapter6.section_6_4.evaluate.Settings`.

    Returns:
        Path of the PNG, and two `Message`s on the distances to the nearest training digits.
    """
    samples = generator.samples(settings.samples, settings.seed)
    drawing = figure(11, 9)
    top, middle, bottom = drawing.subfigures(3, 1, height_ratios=(3.4, 1.5, 2.9))
    left, right = top.subplots(1, 2)
    _draw_shares(left, scores.shares, digit_shares(mnist.test.labels))
    distances = _distances(samples, evaluator, mnist, settings)
    save_csv(folders.snapshots / "evaluation_floor.csv", distances)
    _draw_distances(right, *distances.values())
    neighbours, of_test = _neighbours(samples[:COMPARED], mnist, settings)
    save_csv(folders.snapshots / "evaluation_nearest.csv", neighbours)
    first = slice(16)
    _draw_neighbours(
        middle.subplots(),
        samples[first],
        scale_pixels(mnist.train.images[neighbours["training_digit"][first]]),
        neighbours["distance"][first],
    )
    _draw_interpolation(bottom.subplots(), _interpolated(generator, settings.seed))
    memory = _describe_distances(neighbours["distance"], of_test)
    title = _("6-4.b: the generator after {iterations:,} iterations (in brackets: training digits)")
    measures = _(
        "Fréchet distance {distance:.1f} ({floor:.1f}), classifier score {score:.2f} ({best:.2f}), "
        "entropy of digits {entropy:.2f} ({full:.2f}), digits below 1%: {missing} ({absent})"
    ).format(
        distance=scores.frechet_distance,
        floor=training_scores.frechet_distance,
        score=scores.classifier_score,
        best=training_scores.classifier_score,
        entropy=scores.entropy,
        full=training_scores.entropy,
        missing=scores.missing_digits,
        absent=training_scores.missing_digits,
    )
    lines = (title.format(iterations=generator.iteration), measures, *memory)
    drawing.suptitle("\n".join(map(str, lines)), fontsize=10)
    return save_figure(drawing, folders.snapshots / "evaluation.png"), memory


def _distances(samples, evaluator, mnist, settings):
    """Return a table of the Fréchet distance of samples and of training digits, by the number of images."""
    training = random_images(mnist.train.images, settings.samples, settings.seed)
    counts = [count for count in COUNTS if count < len(training)] + [len(training)]
    columns = {"images": counts}
    for name, images in {"generator": samples, "training_digits": training}.items():
        features = evaluator.features_and_probabilities(images)[0]
        columns[name] = [frechet_distance(features[:count], evaluator.test_features) for count in counts]
    return columns


def _neighbours(samples, mnist, settings):
    """Return a table of the training digit nearest to each sample, and test digits' distances to theirs."""
    chosen, distances = nearest(samples, mnist.train.images)
    test = random_images(mnist.test.images, COMPARED, settings.seed)
    of_test = nearest(test, mnist.train.images)[1]
    return {"sample": range(len(chosen)), "training_digit": chosen, "distance": distances}, of_test


def _describe_distances(of_samples, of_test):
    close = np.quantile(of_test, 0.01)
    return (
        _(
            "Distance to the nearest training digit, median: {samples:.2f} from samples, {test:.2f} from "
            "test digits."
        ).format(samples=np.median(of_samples), test=np.median(of_test)),
        _("Nearer than {close:.2f} are 1% of test digits and {share:.1%} of samples.").format(
            close=close, share=np.mean(of_samples < close)
        ),
    )


def _interpolated(generator, seed):
    """Return images [4, 16, 28, 28] that a generator makes on straight lines between noise vectors."""
    noise = sample_noise(8, generator.settings["latent_dim"], seed)
    lines = interpolation(noise[:4], noise[4:], steps=16)
    images = generate(generator.network, lines.reshape(64, -1))
    return images.reshape(4, 16, *images.shape[1:])


@localized
def save_history(folders, scores, training):
    """Draw the measures of a run's generators against the iteration; return the PNG's path.

    Args:
        folders: `chapter6.artifacts.Folders`.
        scores: dict from the iteration to a list of `Scores`, one of each draw.
        training: List of the `Scores` of training digits.
    """
    drawing = figure(8, 8)
    labels = {
        "frechet_distance": _("Fréchet distance"),
        "classifier_score": _("classifier score"),
        "entropy": _("entropy of digits (nats)"),
        "missing_digits": _("digits below 1%"),
    }
    for axes, (measure, label) in zip(drawing.subplots(4, 1, sharex=True), labels.items(), strict=True):
        values = [[getattr(one, measure) for one in drawn] for drawn in scores.values()]
        _draw_history(axes, list(scores), values, [getattr(one, measure) for one in training], label)
    axes.set_xlabel(_("iterations"))
    drawing.axes[0].legend(fontsize=8)
    drawing.suptitle(_("6-4.b: scores of the samples during training"))
    return save_figure(drawing, folders.snapshots / "evaluation_history.png")


@localized
def save_beside(folders, generators, evaluator, mnist, settings):
    """Draw samples and digit shares of two generators side by side; return the PNG's path."""
    drawing = figure(10, 8.5)
    grids, bars = drawing.subplots(2, 2, height_ratios=(2, 1), sharey="row")
    for generator, grid, axes in zip(generators, grids, bars, strict=True):
        samples = generator.samples(settings.samples, settings.seed)
        scores = evaluator.score(samples)
        _draw_grid(grid, samples[:100])
        _draw_shares(axes, scores.shares, digit_shares(mnist.test.labels))
        title = _(
            "{recipe} recipe, {iterations:,} iterations\n"
            "Fréchet distance {distance:.1f}, classifier score {score:.2f}"
        ).format(
            recipe=_(generator.settings["recipe"]),
            iterations=generator.iteration,
            distance=scores.frechet_distance,
            score=scores.classifier_score,
        )
        grid.set_title(title, fontsize=11)
    drawing.suptitle(_("6-4: two generators side by side"))
    return save_figure(drawing, folders.snapshots / "evaluation_beside.png")


def _draw_shares(axes, shares, real):
    """Draw the share of each digit among a generator's samples as bars, among real digits as ticks."""
    digits = np.arange(len(shares))
    axes.bar(digits, 100 * shares, color="0.6", edgecolor="black", label=_("generator"))
    ticks = {"color": "black", "markersize": 20, "markeredgewidth": 2}
    axes.plot(digits, 100 * real, "_", label=_("test digits"), **ticks)
    axes.axhline(1, color="black", linestyle=":", linewidth=1, label="1%")
    axes.set(xlabel=_("predicted digit"), ylabel=_("share (%)"), xticks=digits)
    axes.set_title(_("Share of each digit"), fontsize=10)
    axes.legend(fontsize=8)


def _draw_distances(axes, counts, generated, training):
    """Draw the Fréchet distance to the test digits against the number of images that it is measured with."""
    axes.loglog(counts, generated, "s-", color="black", label=_("generator"))
    axes.loglog(counts, training, "o--", color="0.4", label=_("training digits: what can be reached"))
    axes.set(xlabel=_("number of images"), ylabel=_("Fréchet distance to the test digits"), xticks=counts)
    axes.set_xticklabels([f"{count:,}" for count in counts], fontsize=8)
    axes.minorticks_off()
    axes.set_title(_("How the distance depends on the number of images"), fontsize=10)
    axes.grid(alpha=0.3)
    axes.legend(fontsize=8)


def _draw_neighbours(axes, samples, neighbours, distances):
    """Draw samples [n, 28, 28] in a row, the nearest training digit of each below, and their distance."""
    _draw_mosaic(axes, np.stack([samples, neighbours]))
    for column, distance in enumerate(distances):
        axes.text(30 * column + 14, 68, f"{distance:.1f}", ha="center", va="center", fontsize=8)
    names = (N_("samples"), N_("nearest training digits"), N_("distance"))
    axes.set_yticks([14, 44, 68], [*map(translate, names)], fontsize=8)
    axes.set_ylim(74, -1)


def _draw_interpolation(axes, images):
    """Draw images [rows, steps, 28, 28], each row the generator's on a straight line between two noises."""
    _draw_mosaic(axes, images)
    axes.set_title(_("Generated along straight lines between two noise vectors"), fontsize=10)


def _draw_grid(axes, images):
    """Draw 100 images [100, 28, 28] in ten rows."""
    _draw_mosaic(axes, images.reshape(10, 10, *images.shape[1:]))


def _draw_mosaic(axes, images):
    rows, columns = images.shape[:2]
    mosaic = np.full((30 * rows - 2, 30 * columns - 2), np.nan)
    for row in range(rows):
        for column in range(columns):
            mosaic[30 * row : 30 * row + 28, 30 * column : 30 * column + 28] = images[row, column]
    axes.imshow(mosaic, cmap="Greys_r", vmin=0, vmax=1)
    axes.set(xticks=[], yticks=[])
    axes.tick_params(length=0)
    axes.spines[:].set_visible(False)


def _draw_history(axes, iterations, values, floor, label):
    """Draw a measure [checkpoints, draws] and its range against the iteration, and the training digits'."""
    values = np.asarray(values, float)
    axes.plot(iterations, values.mean(axis=1), ".-", color="black", label=_("generator"))
    axes.fill_between(iterations, values.min(axis=1), values.max(axis=1), color="0.7", linewidth=0)
    axes.axhline(np.mean(floor), color="0.4", linestyle="--", label=_("training digits"))
    axes.set_ylabel(label)
    axes.grid(alpha=0.3)
