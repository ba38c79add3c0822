"""Tell how good a GAN's digits are: how far from real ones, how varied, whether learnt by heart.

Slide: 6-4.b, "until p_g equals the data distribution"; the slides evaluator by eye.

The measures are those of chapter6/gan/evaluation.py, in the eyes of a classifier that is trained once on the
same MNIST and kept. The row of the training digits is what a perfect generator would reach: as many of them
(or all), drawn at random, as there are samples. With --all the checkpoints of a whole run are compared.
"""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from chapter6.artifacts import figure, save_csv, save_figure
from chapter6.experiment import Finding, Verdict, data_setting, setting
from chapter6.language import translate
from chapter6.mnist import load_mnist
from chapter6.progress import progress_bar
from chapter6.section_6_4.evaluation_drawing import (
    draw_distances,
    draw_grid,
    draw_history,
    draw_interpolation,
    draw_neighbours,
    draw_shares,
)

CLAIM = "6-4.b"
SENTENCE = "In the end the generator's distribution is that of the data."

# Samples, and test digits, whose nearest training digits are looked for.
COMPARED = 1000
# Numbers of images that the Fréchet distance is measured with, to see how it depends on them.
COUNTS = (500, 1000, 2000, 5000, 10_000, 20_000, 50_000)
# What stands for the iteration where the digits are real.
REAL = "training digits"


@dataclass(frozen=True)
class Settings:
    """Which generator, and how many samples."""

    checkpoint: Path | None = setting(
        None, "model-N, its folder, or pretrained (default: the newest, or the pretrained one)"
    )
    all: bool = setting(False, "all checkpoints of its folder, with TensorBoard scalars of them")
    beside: Path | None = setting(None, "a second checkpoint to draw beside the first, of another run say")
    samples: int = setting(
        10_000, "samples in a draw: as many as test digits", minimum=100, maximum=100_000, quick=1000
    )
    draws: int = setting(3, "draws of samples, for the spread", minimum=1, maximum=100)
    seed: int = setting(0, "of the first draw's noise; each further draw has the next", minimum=0)
    epochs: int = setting(4, "of the classifier's training; these bring it to 99 %", minimum=1, quick=1)
    data: Path | None = data_setting()


def run(settings, folders):
    """Print the scores of the chosen checkpoints and save them, with pictures of one generator's digits.

    Returns:
        A `Finding` on the last of these checkpoints.

    Raises:
        InputError: There is no whole checkpoint, or the data cannot be used.
    """
    from chapter6.classifier import trained_classifier
    from chapter6.gan.checkpoints import (
        checkpoints_in,
        chosen_checkpoint,
        describe,
        find_checkpoint,
        open_generator,
    )
    from chapter6.gan.evaluation import SampleEvaluator
    from chapter6.gan.recipes import build

    path = find_checkpoint(settings.checkpoint or chosen_checkpoint(folders.beside("gan").checkpoints))
    opened = [open_generator(path)]
    if settings.all:
        opened = [open_generator(path) for path in checkpoints_in(Path(path).parent)]
        _, trained, _ = opened[0]
        opened.insert(0, (build(trained).sampler, trained, 0))
    other = settings.beside and open_generator(settings.beside)
    mnist = load_mnist(settings.data)
    classifier, accuracy = trained_classifier(
        mnist,
        folders.checkpoints.with_name("classifier"),
        epochs=settings.epochs,
        progress_bar=progress_bar,
    )
    evaluator = SampleEvaluator(classifier, mnist.test.images)
    print(describe(path, opened[-1].iteration))
    print(f"The classifier's accuracy is {accuracy:.2%} on the test digits of {mnist.source}.")
    if opened[-1][1]["data"] != mnist.fingerprint:
        print("The GAN was trained on other digits than these.")

    seeds = range(settings.seed, settings.seed + settings.draws)
    scores = {
        iteration: [evaluator.score(_samples(generator, trained, settings.samples, seed)) for seed in seeds]
        for generator, trained, iteration in opened
    }
    scores[REAL] = [evaluator.score(_some(mnist.train, settings.samples, seed)) for seed in seeds]
    save_csv(folders.snapshots / "evaluation.csv", _columns(scores, seeds))
    pictures = [_save_portrait(opened[-1], scores, evaluator, mnist, settings, folders)]
    if settings.all:
        _log(scores, folders)
        pictures.append(_save_history(scores, folders))
    if other:
        pictures.append(_save_beside((opened[-1], other), evaluator, mnist, settings, folders))
    _print_table(scores, settings)
    return _make_finding(opened[-1][2], scores, tuple(pictures))


def _make_finding(iteration, scores, pictures):
    distances, floor = ([one.frechet_distance for one in scores[name]] for name in (iteration, REAL))
    missing = [one.missing_digits for one in scores[iteration]]
    verdict = Verdict.HOLDS if np.mean(distances) <= max(floor) else Verdict.FAILS
    measured = (
        f"After {iteration:,} iterations the samples are at a Fréchet distance of {np.mean(distances):.1f} ± "
        f"{np.std(distances):.1f} from the test digits, training digits at {np.mean(floor):.1f} ± "
        f"{np.std(floor):.1f}; {max(missing)} of the ten digits have a share below 1 %."
    )
    numbers = {
        "frechet_distance": float(np.mean(distances)),
        "floor": float(np.mean(floor)),
        "missing_digits": max(missing),
    }
    return Finding(verdict, measured, pictures, numbers)


def _samples(generator, trained, count, seed):
    from chapter6.gan.model import generate, sample_noise

    return generate(generator, sample_noise(count, trained["latent_dim"], seed))


def _some(split, count, seed):
    """Return `count` of the digits of a split, or all, drawn at random, in [0, 1]."""
    from chapter6.networks.training import scale_pixels

    return scale_pixels(split.images[np.random.default_rng(seed).permutation(len(split.images))[:count]])


def _print_table(scores, settings):
    from rich.box import SIMPLE_HEAD
    from rich.console import Console
    from rich.table import Table

    title = translate(f"{settings.draws} draws of {settings.samples:,}: mean ± standard deviation")
    table = Table(title=title, title_justify="left", box=SIMPLE_HEAD)
    measures = ("Fréchet\ndistance", "classifier\nscore", "entropy of\ndigits", "digits\nbelow 1 %")
    for name in ("iterations", *measures):
        table.add_column(translate(name), justify="right", no_wrap=True)
    for iteration, drawn in scores.items():
        cells = []
        for measure, form in (("frechet_distance", ".2f"), ("classifier_score", ".2f"), ("entropy", ".3f")):
            values = [getattr(one, measure) for one in drawn]
            cells.append(f"{np.mean(values):{form}} ± {np.std(values):{form}}")
        missing = sorted({one.missing_digits for one in drawn})
        name = translate(REAL) if iteration == REAL else f"{iteration:,}"
        table.add_row(name, *cells, " to ".join(str(one) for one in missing[:1] + missing[1:][-1:]))
    Console(highlight=False).print(table)


def _columns(scores, seeds):
    """Return the columns of the CSV, a row for each draw."""

    from chapter6.gan.evaluation import DIGITS

    drawn = [one for row in scores.values() for one in row]
    columns = {
        "iteration": [iteration for iteration in scores for _ in seeds],
        "seed": [*seeds] * len(scores),
    }
    for measure in drawn[0].scalars():
        columns[measure] = [one.scalars()[measure] for one in drawn]
    for digit in range(DIGITS):
        columns[f"share_{digit}"] = [one.shares[digit] for one in drawn]
    return columns


def _log(scores, folders):
    """Write the first draw's scores against the iteration, as ``gan --evaluate-every`` does."""
    from chapter6.gan.summaries import Summaries

    summaries = Summaries(folders.snapshots, step=0)
    for iteration, drawn in scores.items():
        if iteration != REAL:
            summaries.scores(iteration, drawn[0])
    summaries.close()


def _save_history(scores, folders):
    iterations = [iteration for iteration in scores if iteration != REAL]
    drawing = figure(8, 8)
    labels = {
        "frechet_distance": "Fréchet distance",
        "classifier_score": "classifier score",
        "entropy": "entropy of digits (nats)",
        "missing_digits": "digits below 1 %",
    }
    for axes, (measure, label) in zip(drawing.subplots(4, 1, sharex=True), labels.items(), strict=True):
        values = [[getattr(one, measure) for one in scores[iteration]] for iteration in iterations]
        draw_history(axes, iterations, values, [getattr(one, measure) for one in scores[REAL]], label)
    axes.set_xlabel("iterations")
    drawing.axes[0].legend(fontsize=8)
    drawing.suptitle("6-4.b: the generator's digits while it is trained")
    return save_figure(drawing, folders.snapshots / "evaluation_history.png")


def _save_portrait(opened, scores, evaluator, mnist, settings, folders):
    """Draw a generator's shares, distances, neighbours and interpolation; tell of its neighbours."""
    from chapter6.gan.evaluation import digit_shares

    generator, trained, iteration = opened
    first, real = scores[iteration][0], scores[REAL][0]
    samples = _samples(generator, trained, settings.samples, settings.seed)
    drawing = figure(11, 9)
    top, middle, bottom = drawing.subfigures(3, 1, height_ratios=(3.4, 1.5, 2.9))
    left, right = top.subplots(1, 2)
    draw_shares(left, first.shares, digit_shares(mnist.test.labels))
    _draw_distances(right, samples, evaluator, mnist, settings, folders)
    memory = _draw_neighbours(middle.subplots(), samples[:COMPARED], mnist, settings, folders)
    _draw_interpolation(bottom.subplots(), generator, trained, settings)
    drawing.suptitle(
        f"6-4.b: the generator after {iteration:,} iterations (in brackets: training digits)\n"
        f"Fréchet distance {first.frechet_distance:.1f} ({real.frechet_distance:.1f}), "
        f"classifier score {first.classifier_score:.2f} ({real.classifier_score:.2f}), "
        f"entropy of digits {first.entropy:.2f} ({real.entropy:.2f}), "
        f"digits below 1 %: {first.missing_digits} ({real.missing_digits})\n" + "\n".join(memory),
        fontsize=10,
    )
    print(*memory)
    return save_figure(drawing, folders.snapshots / "evaluation.png")


def _draw_distances(axes, samples, evaluator, mnist, settings, folders):
    from chapter6.gan.evaluation import frechet_distance

    training = _some(mnist.train, settings.samples, settings.seed)
    counts = [count for count in COUNTS if count < len(training)] + [len(training)]
    columns = {"images": counts}
    for name, images in {"generator": samples, "training_digits": training}.items():
        features, _ = evaluator.features_and_probabilities(images)
        columns[name] = [frechet_distance(features[:count], evaluator.test_features) for count in counts]
    draw_distances(axes, *columns.values())
    save_csv(folders.snapshots / "evaluation_floor.csv", columns)


def _draw_neighbours(axes, samples, mnist, settings, folders):
    """Draw 16 samples and their nearest training digits; tell in two lines whether samples are copies."""
    from chapter6.gan.evaluation import nearest
    from chapter6.networks.training import scale_pixels

    training = scale_pixels(mnist.train.images)
    chosen, distances = nearest(samples, training)
    _, of_test = nearest(_some(mnist.test, COMPARED, settings.seed), training)
    draw_neighbours(axes, samples[:16], training[chosen[:16]], distances[:16])
    columns = {"sample": range(len(chosen)), "training_digit": chosen, "distance": distances}
    save_csv(folders.snapshots / "evaluation_nearest.csv", columns)
    close = np.quantile(of_test, 0.01)
    return (
        f"Nearest training digit: at a median distance of {np.median(distances):.2f} from samples, "
        f"of {np.median(of_test):.2f} from test digits.",
        f"Nearer than {close:.2f} are 1 % of test digits and {np.mean(distances < close):.1%} of samples.",
    )


def _draw_interpolation(axes, generator, trained, settings):
    from chapter6.gan.evaluation import interpolation
    from chapter6.gan.model import generate, sample_noise

    noise = sample_noise(8, trained["latent_dim"], settings.seed)
    lines = interpolation(noise[:4], noise[4:], steps=16)
    images = generate(generator, lines.reshape(64, -1))
    draw_interpolation(axes, images.reshape(4, 16, *images.shape[1:]))


def _save_beside(pair, evaluator, mnist, settings, folders):
    """Draw samples and digit shares of two generators side by side."""
    from chapter6.gan.evaluation import digit_shares

    drawing = figure(10, 8.5)
    grids, bars = drawing.subplots(2, 2, height_ratios=(2, 1), sharey="row")
    for (generator, trained, iteration), grid, axes in zip(pair, grids, bars, strict=True):
        samples = _samples(generator, trained, settings.samples, settings.seed)
        scores = evaluator.score(samples)
        draw_grid(grid, samples[:100])
        draw_shares(axes, scores.shares, digit_shares(mnist.test.labels))
        grid.set_title(
            f"{trained['recipe']} recipe, {iteration:,} iterations\n"
            f"Fréchet distance {scores.frechet_distance:.1f}, classifier score {scores.classifier_score:.2f}",
            fontsize=11,
        )
    drawing.suptitle("6-4: two generators side by side")
    return save_figure(drawing, folders.snapshots / "evaluation_beside.png")
