"""Two stochastic problems, of many runs at once: rare features, and gradients of changing scale.

Slide: 6-3, the page with figure 6-9. Both are described in the experiment `adam_strengths`.
"""

import numpy as np
import tensorflow as tf


def rare_features(settings):
    """Return the batch loss and the expected excess loss, functions of (weights, step)."""
    runs, features = settings.tuning_seeds + settings.seeds, settings.parameters
    share = np.geomspace(0.5, 0.005, features)
    rng = np.random.default_rng((settings.seed, 1))
    shape = (settings.steps + 1, runs, settings.batch, features)
    examples = tf.constant(rng.random(shape, dtype=np.float32) < share)
    noise = tf.constant(settings.label_noise * rng.normal(size=(settings.steps + 1, runs, 1, settings.batch)))
    # Each feature adds 1/features to the variance of the target.
    solution = rng.choice([-1, 1], (runs, 1, features)) / np.sqrt(features * share * (1 - share))

    def loss(weights, step):
        predicted = tf.einsum("sbd,srd->srb", tf.cast(examples[step], tf.float64), weights - solution)
        errors = predicted - noise[step]
        return tf.reduce_mean(errors**2, axis=-1) / 2

    def excess(weights, step):
        # E (x · Δ)² of independent features that are 1 with probability p: (p · Δ)² + Σ p (1 - p) Δ²
        wrong = weights - solution
        mean = tf.reduce_sum(share * wrong, axis=-1)
        return (mean**2 + tf.reduce_sum(share * (1 - share) * wrong**2, axis=-1)) / 2

    return loss, excess


def changing_scale(settings):
    """Return the loss with noisy gradient and the excess loss at scale 1, functions of (points, step)."""
    runs, dimensions = settings.tuning_seeds + settings.seeds, settings.parameters
    curvature = np.geomspace(0.1, 10, dimensions)
    rng = np.random.default_rng((settings.seed, 2))
    shape = (settings.steps + 1, runs, 1, dimensions)
    minimum = tf.constant(np.cumsum(settings.drift * rng.normal(size=shape), axis=0))
    noise = tf.constant(settings.noise * rng.normal(size=shape))
    # By turns below 1 and above, so that 1 is the geometric mean.
    turn = np.arange(settings.steps + 1) // settings.regime % 2
    scale = tf.constant(settings.scale ** (turn - 0.5))

    def excess(points, step):
        return tf.reduce_sum(curvature * (points - minimum[step]) ** 2, axis=-1) / 2

    def loss(points, step):
        return scale[step] * (excess(points, step) + tf.reduce_sum(noise[step] * points, axis=-1))

    return loss, excess
