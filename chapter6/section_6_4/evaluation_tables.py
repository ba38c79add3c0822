"""The scores of the experiment ``evaluate``: as a table, as CSV, and for TensorBoard."""

import numpy as np

from chapter6.artifacts import save_csv
from chapter6.gan.evaluation import DIGITS
from chapter6.gan.summaries import Summaries
from chapter6.language import N_

# Stands for the iteration where the digits are real.
TRAINING = N_("training digits")
MEASURES = {
    "frechet_distance": N_("Fréchet distance"),
    "precision": N_("precision"),
    "recall": N_("recall"),
    "classifier_score": N_("classifier score"),
    "unsure": N_("share of no digit"),
    "missing_digits": N_("digits below 1%"),
    "within_digit_spread": N_("spread within a digit (test digits: 1)"),
}
DISCRIMINATION = {
    "accuracy": N_("accuracy of a fresh discriminator"),
    "divergence": N_("JSD, at least (nats)"),
}


def scores_table(scores, training, discriminations):
    """Return the table of a finding: the last generator beside the training digits, then those before.

    Args:
        scores: dict from the iteration to a list of `chapter6.gan.evaluation.Scores`, one of each draw.
        training: List of the `Scores` of training digits.
        discriminations: A list for the last generator and one for the training digits of
            `chapter6.gan.fresh_discriminator.Discrimination`, one of each draw.

    Returns:
        dict from column names to columns.
    """
    (iteration, last), *earlier = reversed(scores.items())
    sources = [(N_("generator"), iteration), (TRAINING, float("nan"))]
    rows = [
        (name, *source, [getattr(one, measure) for one in drawn])
        for names, compared in ((DISCRIMINATION, discriminations), (MEASURES, (last, training)))
        for measure, name in names.items()
        for source, drawn in zip(sources, compared, strict=True)
    ]
    rows += [
        (name, N_("generator"), before, [getattr(one, measure) for one in drawn])
        for before, drawn in earlier
        for measure, name in MEASURES.items()
    ]
    names, sources, iterations, values = zip(*rows, strict=True)
    return {
        N_("measure"): names,
        N_("source"): sources,
        N_("iterations"): iterations,
        N_("mean"): [np.mean(each) for each in values],
        N_("std. dev."): [np.std(each) for each in values],
        N_("most"): [max(each) for each in values],
    }


def save_scores(path, scores, training, seeds):
    """Save a CSV with a row for each draw of each generator and of the training digits.

    Args:
        path: Where to save.
        scores: As in `scores_table`.
        training: As in `scores_table`.
        seeds: The seeds of the draws.
    """
    rows = scores | {TRAINING: training}
    drawn = [one for row in rows.values() for one in row]
    columns = {
        "iteration": [iteration for iteration in rows for _seed in seeds],
        "seed": [*seeds] * len(rows),
    }
    for measure in drawn[0].scalars():
        columns[measure] = [one.scalars()[measure] for one in drawn]
    for digit in range(DIGITS):
        columns[f"share_{digit}"] = [one.shares[digit] for one in drawn]
    save_csv(path, columns)


def log_scores(folder, scores):
    """Write the first draw's scores against the iteration, as ``gan --evaluate-every`` does."""
    with Summaries(folder, step=0) as summaries:
        for iteration, drawn in scores.items():
            summaries.scores(iteration, drawn[0])
