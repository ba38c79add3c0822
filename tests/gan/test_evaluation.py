"""Measures of a generator's images: against closed forms and SciPy, and on images whose quality is known."""

import keras
import numpy as np
import pytest
import scipy.linalg
from hypothesis import given, settings
from hypothesis import strategies as st

from chapter6.gan.evaluation import (
    SampleEvaluator,
    classifier_score,
    digit_shares,
    frechet_distance,
    interpolation,
    missing_digits,
    nearest,
    random_images,
    within_digit_spread,
)
from chapter6.mnist import load_mnist

few = settings(max_examples=30, deadline=None, derandomize=True)


def drawn(rows, columns, seed):
    generator = np.random.default_rng(seed)
    mixing = generator.normal(size=(columns, columns))
    return generator.normal(size=(rows, columns)) @ mixing + generator.normal(size=columns)


@given(st.integers(1, 40), st.integers(0, 10**6))
@few
def test_frechet_distance_is_that_of_scipys_matrix_square_root(columns, seed):
    one, other = drawn(60 + columns, columns, seed), drawn(90, columns, seed + 1)
    covariances = [np.atleast_2d(np.cov(features, rowvar=False)) for features in (one, other)]
    root = scipy.linalg.sqrtm(covariances[0] @ covariances[1]).real
    expected = np.sum((one.mean(0) - other.mean(0)) ** 2) + np.trace(sum(covariances) - 2 * root)
    assert frechet_distance(one, other) == pytest.approx(expected, rel=1e-6, abs=1e-6)


def test_frechet_distance_of_features_that_never_change():
    # Σ Σ' is singular, and the root is known: only the first feature differs, by its mean and its scale.
    shape = drawn(200, 1, seed=0)
    shape = (shape - shape.mean()) / shape.std(ddof=1)
    one = np.hstack([2 * shape, np.zeros((200, 3)), shape])
    other = np.hstack([5 * shape + 1, np.zeros((200, 3)), shape])
    # Both are of rank 1 in the plane of (2, 1) and (5, 1).
    expected = 1 + (4 + 1) + (25 + 1) - 2 * np.dot([2, 1], [5, 1])
    assert frechet_distance(one, other) == pytest.approx(expected, rel=1e-12)


@given(st.integers(0, 10**6), st.floats(0.1, 10), st.integers(2, 30))
@few
def test_frechet_distance_is_symmetric_and_moves_with_mean_and_scale(seed, factor, rows):
    features = drawn(rows, 4, seed)
    assert frechet_distance(features, features) == pytest.approx(0, abs=1e-9)
    moved = factor * features
    expected = (factor - 1) ** 2 * (np.sum(features.mean(0) ** 2) + np.sum(features.var(0, ddof=1)))
    assert frechet_distance(moved, features) == pytest.approx(expected, rel=1e-9, abs=1e-9)
    assert frechet_distance(features, moved) == pytest.approx(frechet_distance(moved, features), rel=1e-9)


def test_frechet_distance_of_one_row_is_refused():
    with pytest.raises(ValueError, match=r"n at least 2, received \(1, 4\)"):
        frechet_distance(np.ones((1, 4)), np.ones((5, 4)))


@given(st.sampled_from([1, 2, 4, 5]), st.integers(0, 10**6))
@few
def test_classifier_score_is_that_of_its_definition(splits, seed):
    probabilities = np.random.default_rng(seed).dirichlet(np.full(10, 0.3), size=20)
    scores = []
    for part in np.split(probabilities, splits):
        divergences = [np.sum(p * np.log(p / part.mean(0))) for p in part]
        scores.append(np.exp(np.mean(divergences)))
    assert classifier_score(probabilities, splits) == pytest.approx((np.mean(scores), np.std(scores)))


def test_classifier_score_of_known_inputs():
    sure = np.eye(10)[np.arange(200) % 10]
    assert classifier_score(sure) == pytest.approx((10, 0))
    assert classifier_score(sure[::10]) == (1, 0)
    # One part of all digits, one of a single one.
    halves = np.concatenate([sure[:100], sure[:100:10].repeat(10, 0)])
    assert classifier_score(halves, splits=2) == pytest.approx((5.5, 4.5))
    assert classifier_score(sure.mean(0, keepdims=True).repeat(50, 0)) == pytest.approx((1, 0))
    with pytest.raises(ValueError, match="received 9"):
        classifier_score(sure[:9])


def test_shares_are_of_the_digits_that_are_sure_and_count_those_that_are_missing():
    labels = np.repeat([0, 4, 9], [2, 991, 1007])
    shares = digit_shares(np.eye(10)[labels])
    np.testing.assert_allclose(shares, np.array([2, 0, 0, 0, 991, 0, 0, 0, 0, 1007]) / 2000)
    assert missing_digits(shares) == 8
    assert missing_digits(np.full(10, 0.1), least=0.11) == 10
    # Most are unsure: they are eights to the classifier's largest probability only.
    chances = np.where(np.eye(10)[[8] * 10] == 1, 0.89, 0.11 / 9)
    chances[0] = np.where(np.arange(10) == 8, 0.91, 0.01)
    np.testing.assert_allclose(digit_shares(chances), 0.1 * np.eye(10)[8])


def test_spread_within_a_digit_is_the_ratio_of_the_standard_deviations():
    generator = np.random.default_rng(0)
    labels = np.repeat([1, 5], 400)
    centres = np.array([[0.0, 100.0], [50.0, -80.0]])[labels // 4]
    reference = centres + generator.normal(size=(800, 2))
    # Half as varied in one digit; unsure outliers, and a digit of few images, do not count.
    images = centres + generator.normal(size=(800, 2)) * np.where(labels == 1, 0.5, 1.0)[:, None]
    images = np.concatenate(
        [images, 1e6 * generator.normal(size=(20, 2)), 1e6 * generator.normal(size=(9, 2))]
    )
    chances = np.concatenate([np.eye(10)[labels], np.full((20, 10), 0.1), np.eye(10)[[3] * 9]])
    spread = within_digit_spread(images, chances, reference, np.eye(10)[labels])
    assert spread == pytest.approx(0.75, abs=0.03)
    assert within_digit_spread(images, np.full((829, 10), 0.1), reference, np.eye(10)[labels]) == 0


@given(st.integers(1, 9), st.integers(1, 700), st.integers(0, 10**6))
@settings(max_examples=10, deadline=None, derandomize=True)
def test_nearest_is_that_of_all_distances_in_float64(images, references, seed):
    generator = np.random.default_rng(seed)
    images = generator.random((images, 28, 28))
    references = generator.random((references, 28, 28))
    distances = np.sqrt(np.sum((images[:, None] - references[None]) ** 2, axis=(2, 3)))
    chosen, received = nearest(images, references)
    np.testing.assert_array_equal(chosen, distances.argmin(axis=1))
    np.testing.assert_allclose(received, distances.min(axis=1), rtol=1e-6)


def test_training_images_are_found_again_at_distance_zero_in_every_batch():
    references = np.random.default_rng(0).random((1200, 28, 28))
    order = np.random.default_rng(1).permutation(1200)
    chosen, distances = nearest(references[order], references)
    np.testing.assert_array_equal(chosen, order)
    assert not distances.any()


def test_bytes_are_the_pixels_that_they_stand_for_in_every_part_of_the_references():
    bytes_ = np.random.default_rng(0).integers(0, 256, (5200, 28, 28), np.uint8)
    images, references = bytes_[::13], bytes_.copy()
    # Another order, and the last part of the references smaller than the others.
    chosen, distances = nearest(images, references[::-1])
    np.testing.assert_array_equal(chosen, np.arange(5200)[::-1][::13])
    assert not distances.any()
    of_bytes = nearest(images[:20], references[40:])
    of_pixels = nearest(images[:20] / np.float32(255), references[40:] / np.float32(255))
    np.testing.assert_array_equal(of_bytes, of_pixels)
    assert of_bytes[1].max() > 5


def test_random_images_are_distinct_ones_of_the_seed_and_all_where_there_are_too_few():
    images = np.arange(50)
    drawn = random_images(images, 20, seed=1)
    assert len(drawn) == 20 == len(set(drawn.tolist()))
    np.testing.assert_array_equal(drawn, random_images(images, 20, seed=1))
    assert not np.array_equal(drawn, random_images(images, 20, seed=2))
    np.testing.assert_array_equal(np.sort(random_images(images, 60, seed=1)), images)


def test_interpolation_is_a_straight_line_with_both_its_ends():
    starts, ends = np.random.default_rng(0).uniform(-1, 1, (2, 3, 100))
    noise = interpolation(starts, ends, steps=7)
    assert noise.shape == (3, 7, 100) and noise.dtype == np.float32
    np.testing.assert_allclose(noise[:, 0], starts, atol=1e-7)
    np.testing.assert_allclose(noise[:, -1], ends, atol=1e-7)
    np.testing.assert_allclose(np.diff(noise, axis=1), np.stack([(ends - starts) / 6] * 6, 1), atol=1e-6)
    assert np.abs(noise).max() <= 1


@pytest.fixture(scope="module")
def scored(digits):
    """The digits, and a `SampleEvaluator` whose classifier, trained for seconds, is right on most of them."""
    mnist = load_mnist(digits)
    keras.utils.set_random_seed(0)
    classifier = keras.Sequential(
        [
            keras.Input((28, 28)),
            keras.layers.Flatten(),
            keras.layers.Dense(48, "relu", name="features"),
            keras.layers.Dense(10),
        ]
    )
    classifier.compile("adam", keras.losses.SparseCategoricalCrossentropy(from_logits=True))
    classifier.fit(mnist.train.images / 255.0, mnist.train.labels, epochs=4, verbose=0)
    return mnist, classifier, SampleEvaluator(classifier, mnist.test.images)


def test_features_and_probabilities_are_the_classifiers(scored):
    mnist, classifier, evaluator = scored
    features, probabilities = evaluator.features_and_probabilities(mnist.train.images[:1234] / 255.0)
    np.testing.assert_allclose(probabilities.sum(axis=1), 1, rtol=1e-5)
    logits = classifier(mnist.train.images[:1234] / np.float32(255)).numpy()
    np.testing.assert_allclose(
        np.log(probabilities), logits - np.log(np.exp(logits).sum(1))[:, None], atol=1e-3
    )
    of_bytes = evaluator.features_and_probabilities(mnist.train.images[:1234])
    np.testing.assert_allclose(of_bytes[0], features, rtol=1e-5, atol=1e-5)
    # The last layer makes the logits of the features.
    weights, bias = classifier.layers[-1].get_weights()
    np.testing.assert_allclose(features @ weights + bias, logits, rtol=1e-4, atol=1e-4)


def test_real_digits_score_at_the_floor_one_digit_collapses_noise_scores_worst(scored):
    mnist, _, evaluator = scored
    count = len(mnist.test.images)
    other_digits = evaluator.score(mnist.train.images[:count] / 255.0)
    blurred = mnist.train.images[:count] / 255.0
    blurred = np.mean([np.roll(blurred, (i, j), (1, 2)) for i in (-2, 0, 2) for j in (-2, 0, 2)], axis=0)
    poorer = evaluator.score(blurred)
    threes = mnist.test.images[mnist.test.labels == 3] / 255.0
    surest = evaluator.features_and_probabilities(threes)[1][:, 3].argmax()
    one_digit = evaluator.score(np.repeat(threes[surest : surest + 1], count, axis=0))
    noise = evaluator.score(np.random.default_rng(0).random((count, 28, 28)))

    # The very digits it is compared with are at 0, others at the floor, and that is small.
    assert evaluator.score(mnist.test.images / 255.0).frechet_distance == pytest.approx(0, abs=1e-6)
    assert 0 < other_digits.frechet_distance < 0.3 * poorer.frechet_distance
    assert other_digits.classifier_score > 6 and other_digits.missing_digits == 0
    assert other_digits.precision > 0.9 and other_digits.recall > 0.9 and other_digits.unsure < 0.5
    assert other_digits.shares.sum() + other_digits.unsure == pytest.approx(1)
    assert other_digits.within_digit_spread == pytest.approx(1, abs=0.15)

    assert one_digit.missing_digits == 9 and one_digit.shares[3] == 1
    # Perfectly legible, and nothing else.
    assert one_digit.precision == 1 and one_digit.recall < 0.05 and one_digit.within_digit_spread < 1e-3
    assert (one_digit.classifier_score, one_digit.classifier_spread) == pytest.approx((1, 0), abs=1e-5)

    assert poorer.frechet_distance < min(one_digit.frechet_distance, noise.frechet_distance)
    assert noise.classifier_score < 2.5 and noise.precision < 0.05


def test_scalars_are_the_numbers_by_name(scored):
    mnist, _, evaluator = scored
    scores = evaluator.score(mnist.test.images[:100] / 255.0)
    assert list(scores.scalars()) == [
        "frechet_distance",
        "precision",
        "recall",
        "classifier_score",
        "classifier_spread",
        "unsure",
        "missing_digits",
        "within_digit_spread",
    ]
    assert scores.scalars()["recall"] == scores.recall
