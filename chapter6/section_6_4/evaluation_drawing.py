"""The figures of the experiment ``evaluate``, with their tables."""

import numpy as np

from chapter6.artifacts import save_csv
from chapter6.figures import figure, localized, save_figure
from chapter6.gan.evaluation import DIGITS, digit_shares, interpolation, nearest, random_images
from chapter6.gan.model import generate, sample_noise
from chapter6.language import N_, _, translate
from chapter6.networks.training import scale_pixels

# Samples, and test digits, whose nearest training digits are looked for.
COMPARED = 1000
# Columns of a row of samples, and of a line of noise.
SHOWN = 16


@localized
def save_portrait(folders, generator, scores, evaluator, settings):
    """Draw samples of a generator, and the share of each digit among them.

    Args:
        folders: `chapter6.artifacts.Folders`.
        generator: `chapter6.gan.checkpoints.TrainedGenerator`.
        scores: `chapter6.gan.evaluation.Scores` of its samples.
        evaluator: `chapter6.gan.evaluation.SampleEvaluator`.
        settings: `chapter6.section_6_4.evaluate.Settings`.

    Returns:
        Path of the PNG.
    """
    drawing = figure(10, 4.8)
    title = _(
        "6-4.b: the generator after {iterations:,} iterations, precision {precision:.2f}, recall {recall:.2f}"
    )
    values = {"precision": scores.precision, "recall": scores.recall}
    drawing.suptitle(title.format(iterations=generator.iteration, **values), fontsize=15)
    grid, bars = drawing.subplots(1, 2, width_ratios=(1, 1.3))
    _draw_grid(grid, generator.samples(100, settings.seed))
    _draw_shares(bars, scores, evaluator)
    return save_figure(drawing, folders.snapshots / "evaluation.png")


@localized
def save_neighbours(folders, generator, mnist, settings):
    """Draw samples above the training digits nearest to them, and samples along straight lines of noise.

    Args:
        folders: `chapter6.artifacts.Folders`.
        generator: `chapter6.gan.checkpoints.TrainedGenerator`.
        mnist: `chapter6.mnist.Mnist`.
        settings: `chapter6.section_6_4.evaluate.Settings`.

    Returns:
        Path of the PNG, and two `Message`s on the distances to the nearest training digits.
    """
    samples = generator.samples(min(settings.samples, COMPARED), settings.seed)
    neighbours, of_test = _neighbours(samples, mnist, settings)
    save_csv(folders.snapshots / "evaluation_nearest.csv", neighbours)
    drawing = figure(10, 4.8)
    drawing.suptitle(_("6-4.b: are the samples copies of training digits?"), fontsize=15)
    above, below = drawing.subplots(2, 1, height_ratios=(2.6, 4))
    _draw_neighbours(
        above,
        samples[:SHOWN],
        scale_pixels(mnist.train.images[neighbours["training_digit"][:SHOWN]]),
        neighbours["distance"][:SHOWN],
    )
    _draw_mosaic(below, _interpolated(generator, settings.seed))
    below.set_title(_("Generated along straight lines between two noise vectors"), fontsize=13)
    path = save_figure(drawing, folders.snapshots / "evaluation_nearest.png")
    return path, _describe_distances(neighbours["distance"], of_test)


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
    lines = interpolation(noise[:4], noise[4:], steps=SHOWN)
    images = generate(generator.network, lines.reshape(4 * SHOWN, -1))
    return images.reshape(4, SHOWN, *images.shape[1:])


@localized
def save_history(folders, scores, training):
    """Draw the measures of a run's generators against the iteration; return the PNG's path.

    Args:
        folders: `chapter6.artifacts.Folders`.
        scores: dict from the iteration to a list of `Scores`, one of each draw.
        training: List of the `Scores` of training digits.
    """
    drawing = figure(10, 9)
    labels = {
        "frechet_distance": _("Fréchet distance"),
        "precision": _("precision"),
        "recall": _("recall"),
        "unsure": _("share of no digit"),
    }
    for axes, (measure, label) in zip(drawing.subplots(4, 1, sharex=True), labels.items(), strict=True):
        values = [[getattr(one, measure) for one in drawn] for drawn in scores.values()]
        _draw_history(axes, list(scores), values, [getattr(one, measure) for one in training], label)
    axes.set_xlabel(_("iterations"), fontsize=12)
    drawing.axes[0].legend(fontsize=11)
    drawing.suptitle(_("6-4.b: scores of the samples during training"), fontsize=15)
    return save_figure(drawing, folders.snapshots / "evaluation_history.png")


@localized
def save_beside(folders, generators, evaluator, settings):
    """Draw samples and digit shares of two generators side by side; return the PNG's path."""
    drawing = figure(10, 8.5)
    grids, bars = drawing.subplots(2, 2, height_ratios=(2, 1), sharey="row")
    for generator, grid, axes in zip(generators, grids, bars, strict=True):
        samples = generator.samples(settings.samples, settings.seed)
        scores = evaluator.score(samples)
        _draw_grid(grid, samples[:100])
        _draw_shares(axes, scores, evaluator)
        title = _(
            "{recipe} recipe, {iterations:,} iterations:\n"
            "distance {distance:.0f}, precision {precision:.2f}, recall {recall:.2f}"
        ).format(
            recipe=_(generator.settings["recipe"]),
            iterations=generator.iteration,
            distance=scores.frechet_distance,
            precision=scores.precision,
            recall=scores.recall,
        )
        grid.set_title(title, fontsize=13)
    drawing.suptitle(_("6-4: two generators side by side"), fontsize=15)
    return save_figure(drawing, folders.snapshots / "evaluation_beside.png")


def _draw_shares(axes, scores, evaluator):
    """Draw the share of each digit, and of no digit, among samples as bars, among test digits as ticks."""
    places = np.arange(DIGITS + 1)
    real = digit_shares(evaluator.test_probabilities)
    shares, real = (np.append(each, 1 - each.sum()) for each in (scores.shares, real))
    colors = ["0.6"] * DIGITS + ["white"]
    axes.bar(
        places,
        100 * shares,
        color=colors,
        edgecolor="black",
        hatch=[""] * DIGITS + ["//"],
        label=_("samples"),
    )
    ticks = {"color": "black", "markersize": 20, "markeredgewidth": 2}
    axes.plot(places, 100 * real, "_", label=_("test digits"), **ticks)
    axes.set_xticks(places, [*map(str, range(DIGITS)), str(_("none"))], fontsize=12)
    axes.set_xlabel(_("digit, where the classifier is sure of it"), fontsize=12)
    axes.set_ylabel(_("share (%)"), fontsize=12)
    axes.legend(fontsize=12)


def _draw_neighbours(axes, samples, neighbours, distances):
    """Draw samples [n, 28, 28] in a row, the nearest training digit of each below, and their distance."""
    _draw_mosaic(axes, np.stack([samples, neighbours]))
    for column, distance in enumerate(distances):
        axes.text(30 * column + 14, 68, f"{distance:.1f}", ha="center", va="center", fontsize=11)
    names = (N_("samples"), N_("nearest training digits"), N_("distance"))
    axes.set_yticks([14, 44, 68], [*map(translate, names)], fontsize=11)
    axes.set_ylim(74, -1)


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
    axes.set_ylabel(label, fontsize=12)
    axes.grid(alpha=0.3)
