"""How good a generator's digits are, by the features and the classes that a classifier finds in them.

Slide: 6-4.b; the slides evaluate by eye. `SampleEvaluator` puts the measures below together.
"""

from dataclasses import dataclass

import keras
import numpy as np
import tensorflow as tf

from chapter6.gan.precision_recall import precision_and_recall
from chapter6.mnist import PIXELS
from chapter6.networks.training import scale_pixels

DIGITS = 10
# Images in one compiled call of the classifier: more do not make it faster.
BATCH = 500
# Images, and reference images, that are compared at a time
COMPARED, REFERENCES = 100, 1000
# Probability from which the classifier is sure of a digit
SURE = 0.9
# Images of a digit that tell how varied it is
FEW = 10
# Images, and test digits, of precision and recall, which depend on their number
MANIFOLD = 4000


def classifier_score(probabilities, splits=10):
    """Return the classifier score, the "inception score" with a classifier of digits, and its spread.

    Slide: 6-4.b, a measure that the slides do not have.

    score = exp(E_x KL(p(y|x) || p(y))) with p(y) = E_x p(y|x): 10 where every image is surely a digit and
    all ten are equally frequent, 1 where images are unclear or all alike.

    Args:
        probabilities: Array [n, 10] of p(y|x), n at least `splits`.
        splits: Consecutive parts of the images, as equal as can be, each scored by itself; images sorted by
            digit would have to be shuffled before.

    Returns:
        The mean and the standard deviation of the parts' scores.

    Raises:
        ValueError: There are fewer images than splits.

    Example:

    >>> sure = np.eye(10)[np.arange(40) % 10]
    >>> score, spread = classifier_score(sure, splits=2)
    >>> round(score, 6), round(spread, 6)
    (10.0, 0.0)
    >>> classifier_score(sure[:, :1] * 0 + 0.1)
    (1.0, 0.0)

    References:
        Salimans et al. 2016, "Improved techniques for training GANs"; with an MNIST classifier it is often
        called the MNIST score.
    """
    if len(probabilities) < splits:
        raise ValueError(f"there must be at least as many images as splits, received {len(probabilities)}")
    probabilities = np.asarray(probabilities, float)
    scores = []
    for of_image in np.array_split(probabilities, splits):
        # KL(p || q) = sum p log p - sum p log q, with 0 log 0 = 0
        mean = of_image.mean(axis=0)
        scores.append(np.exp(np.sum(_p_log_p(of_image)) / len(of_image) - np.sum(_p_log_p(mean))))
    return float(np.mean(scores)), float(np.std(scores))


def _p_log_p(p):
    return p * np.log(np.where(p > 0, p, 1.0))


def frechet_distance(features, reference):
    """Return the squared Fréchet distance of two sets of features, each taken for normally distributed.

    Slide: 6-4.b, a measure that the slides do not have.

    d² = |μ - μ'|² + tr(Σ + Σ' - 2 (Σ Σ')^(1/2)), μ and Σ the mean and the covariance (of n - 1 degrees of
    freedom) of each set; 0 where both agree. Its size depends on the network that the features come from:
    compare only what was measured with the same classifier and as many images.

    Args:
        features: Array [n, d], n at least 2.
        reference: Array [m, d], m at least 2.

    Returns:
        float, at least 0 but for rounding. float64 throughout.

    Example:

    >>> line = np.linspace(-1, 1, 5)[:, None]
    >>> frechet_distance(line, line), frechet_distance(line + 3, line)
    (0.0, 9.0)

    References:
        Heusel et al. 2017, "GANs trained by a two time-scale update rule", which takes the features from the
        Inception network and calls the distance FID; Dowson & Landau 1982 for the formula.

    Where it differs: common programs take the matrix square root of Σ Σ', which is inaccurate when a feature
    never changes. With the centred features X = Q R and Σ = Rᵀ R, the trace of that root is the sum of the
    singular values of R R'ᵀ; no root is taken at all.
    """
    mean, root = _moments(features)
    mean_reference, root_reference = _moments(reference)
    # tr Σ = |R|²,  tr (Σ Σ')^(1/2) = |R R'ᵀ|_*
    return float(
        np.sum((mean - mean_reference) ** 2)
        + np.sum(root**2)
        + np.sum(root_reference**2)
        - 2 * np.linalg.norm(root @ root_reference.T, "nuc")
    )


def _moments(features):
    features = np.asarray(features, float)
    if features.ndim != 2 or len(features) < 2:
        raise ValueError(f"features must be an array [n, d] with n at least 2, received {features.shape}")
    mean = features.mean(axis=0)
    return mean, np.linalg.qr((features - mean) / np.sqrt(len(features) - 1), mode="r")


def digit_shares(probabilities):
    """Return the share of each digit [10] among all images; those that are unsure count for no digit.

    Slide: 6-4.b, a measure that the slides do not have: an untrained generator draws noise, which a
    classifier calls an eight or a four, but is unsure of.

    Args:
        probabilities: Array [n, 10] of p(y|x); an image is unsure if all of its are below `SURE`.

    >>> digit_shares(np.eye(10)[[7, 7, 1]] * [[0.95], [0.5], [0.95]])[[1, 7]].round(3).tolist()
    [0.333, 0.333]
    """
    sure = probabilities.max(axis=1) >= SURE
    return np.bincount(probabilities.argmax(axis=1)[sure], minlength=DIGITS) / len(probabilities)


def within_digit_spread(features, probabilities, reference, reference_probabilities):
    """Return how varied images are within a digit, compared with reference images: 1 where they are as much.

    Slide: 6-4.b, a measure that the slides do not have.

    Mean over the digits of (tr Σ / tr Σ')^(1/2), the covariances of the features of those images that are
    surely of the digit; digits with fewer than `FEW` such images are left out.

    Args:
        features: Array [n, d].
        probabilities: Array [n, 10] of p(y|x).
        reference: Array [m, d], the features of the reference images.
        reference_probabilities: Array [m, 10], theirs.

    Returns:
        float, 0 where no digit has `FEW` sure images.
    """
    ratios = []
    for digit in range(DIGITS):
        own, others = (
            np.asarray(each[chances[:, digit] >= SURE], float)
            for each, chances in ((features, probabilities), (reference, reference_probabilities))
        )
        if min(len(own), len(others)) >= FEW:
            ratios.append(np.sqrt(own.var(axis=0, ddof=1).sum() / others.var(axis=0, ddof=1).sum()))
    return float(np.mean(ratios)) if ratios else 0.0


def missing_digits(shares, least=0.01):
    """Return how many digits have a share below `least`: 9 where a generator has collapsed to one digit.

    >>> missing_digits(np.eye(10)[3])
    9
    """
    return int(np.sum(np.asarray(shares) < least))


def nearest(images, references):
    """Find the nearest of the reference images for each image, by the Euclidean distance of their pixels.

    Slide: 6-4.b, a measure that the slides do not have: a generator that had learnt the training digits by
    heart would be at distance 0 from them.

    Args:
        images: Array [n, 28, 28], uint8 or floats in [0, 1].
        references: Array [m, 28, 28], uint8 or floats in [0, 1].

    Returns:
        Indices [n] into `references` and distances [n], float64; two images that differ everywhere as black
        from white are 28 apart.

    >>> chosen, distances = nearest(np.ones((1, 28, 28)), np.stack([np.zeros((28, 28)), np.ones((28, 28))]))
    >>> chosen.tolist(), distances.tolist()
    ([1], [0.0])
    """
    images = _as_float(images).reshape(-1, PIXELS)
    least, chosen = np.full(len(images), np.inf, np.float32), np.zeros(len(images), int)
    # In parts: all training digits take 172 MB as float32, and TensorFlow copies what it is given.
    for first in range(0, len(references), REFERENCES):
        part = _as_float(references[first : first + REFERENCES]).reshape(-1, PIXELS)
        for start in range(0, len(images), COMPARED):
            rows = slice(start, start + COMPARED)
            distances, places = map(np.array, _nearest_of_part(images[rows], part))
            nearer = distances < least[rows]
            least[rows][nearer], chosen[rows][nearer] = distances[nearer], first + places[nearer]
    # Rounding in the products matters for a distance near 0, but hardly for which is nearest.
    found = _as_float(references[chosen]).reshape(-1, PIXELS)
    return chosen, np.linalg.norm((images - found).astype(float), axis=1)


def _as_float(images):
    """Return images, uint8 or floats in [0, 1], as float32 in [0, 1]."""
    images = np.asarray(images)
    return scale_pixels(images) if images.dtype == np.uint8 else images.astype(np.float32, copy=False)


@tf.function(jit_compile=True, reduce_retracing=True)
def _nearest_of_part(images, references):
    # |x - r|² = |x|² - 2 x·r + |r|², of which |x|² does not choose
    products = tf.matmul(images, references, transpose_b=True)
    distances = tf.reduce_sum(references**2, axis=1) - 2 * products
    return tf.reduce_min(distances, axis=1), tf.argmin(distances, axis=1)


def random_images(images, count, seed):
    """Return `count` of the images [n, ...] in a random order, or all where there are fewer.

    >>> random_images(np.arange(5), 3, seed=0).tolist()
    [2, 4, 3]
    """
    return images[np.random.default_rng(seed).permutation(len(images))[:count]]


def interpolation(starts, ends, steps=10):
    """Return the noise on the straight lines from `starts` to `ends`, float32 [n, steps, latent_dim].

    Slide: 6-4, `sample_Z`, whose cube (-1, 1)^100 holds these lines as well. If the digits change gradually
    along them, the generator has learnt more than single images (Radford et al. 2016, section 6.1).

    Args:
        starts: Noise [n, latent_dim].
        ends: Noise [n, latent_dim].
        steps: Points on a line, both its ends among them.

    >>> interpolation([[0.0, 1.0]], [[1.0, -1.0]], steps=3).tolist()
    [[[0.0, 1.0], [0.5, 0.0], [1.0, -1.0]]]
    """
    way = np.linspace(0, 1, steps, dtype=np.float32)[:, None]
    starts, ends = np.asarray(starts, np.float32)[:, None], np.asarray(ends, np.float32)[:, None]
    return (1 - way) * starts + way * ends


@dataclass(frozen=True)
class Scores:
    """What `SampleEvaluator` finds in a set of images.

    Args:
        frechet_distance: To the test digits, in the features of the classifier's last hidden layer.
        precision: Share of the images that are like test digits.
        recall: Share of the test digits that the images cover.
        classifier_score: From 1 to 10.
        classifier_spread: Its standard deviation over ten parts of the images.
        unsure: Share of the images that the classifier is unsure of, "no digit".
        missing_digits: Digits with a share below 1 %.
        within_digit_spread: 1 where the images of a digit vary as test digits do.
        shares: Array [10], the share of each digit; together with ``unsure`` they sum to 1.
    """

    frechet_distance: float
    precision: float
    recall: float
    classifier_score: float
    classifier_spread: float
    unsure: float
    missing_digits: int
    within_digit_spread: float
    shares: np.ndarray

    def scalars(self):
        """Return all but the shares, by name."""
        return {name: value for name, value in vars(self).items() if name != "shares"}


class SampleEvaluator:
    """Scores a generator's images by a classifier and its features of the test digits.

    Slide: 6-4.b, a measure that the slides do not have.

    Args:
        classifier: Keras model of digits, images [n, 28, 28] in [0, 1] to logits [n, 10], whose last
            hidden layer is named ``features``.
        test_images: Array [n, 28, 28], uint8 or floats in [0, 1], that neither the classifier nor the
            generator was trained on; ``test_features`` and ``test_probabilities`` are theirs.
    """

    def __init__(self, classifier, test_images):
        outputs = [classifier.get_layer("features").output, *classifier.outputs]
        network = keras.Model(classifier.inputs, outputs)
        self._network = tf.function(lambda images: network(images, training=False), reduce_retracing=True)
        self.test_features, self.test_probabilities = self.features_and_probabilities(test_images)
        # Not the first: of MNIST's test digits these are the easier ones.
        self._compared = random_images(self.test_features, MANIFOLD, seed=0)

    def features_and_probabilities(self, images):
        """Return the features [n, d] and the probabilities [n, 10] of images, as `score` takes them."""
        batches = (images[first : first + BATCH] for first in range(0, len(images), BATCH))
        parts = [self._network(_as_float(batch)) for batch in batches]
        features, logits = (np.concatenate(part) for part in zip(*parts, strict=True))
        return features, tf.nn.softmax(logits).numpy()

    def score(self, images):
        """Return the `Scores` of images [n, 28, 28], uint8 or floats in [0, 1], n at least 10."""
        features, probabilities = self.features_and_probabilities(images)
        shares = digit_shares(probabilities)
        return Scores(
            frechet_distance(features, self.test_features),
            *precision_and_recall(features[:MANIFOLD], self._compared),
            *classifier_score(probabilities),
            float(1 - shares.sum()),
            missing_digits(shares),
            within_digit_spread(features, probabilities, self.test_features, self.test_probabilities),
            shares,
        )
