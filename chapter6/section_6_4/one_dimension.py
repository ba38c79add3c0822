"""GANs whose data are numbers: several of them, of other weights and samples, trained in one program."""

import keras
import numpy as np
import tensorflow as tf

from chapter6.errors import RunError
from chapter6.language import _

# The data: half from each normal distribution (mean, standard deviation).
NORMALS = ((-1.0, 0.5), (1.2, 0.7))
# Numbers at a time that the networks are applied to: a hidden layer of 200,000 takes 100 MB.
INPUTS = 20_000


def data_density(x):
    """Return p_data at the numbers x, float64."""
    return sum(
        np.exp(-(((x - mean) / deviation) ** 2) / 2) / (deviation * np.sqrt(2 * np.pi)) / len(NORMALS)
        for mean, deviation in NORMALS
    )


class OneDimensionalGANs:
    """Generators from noise, uniform on (-1, 1), to numbers, their discriminators, and algorithm 1.

    Slide: 6-4, claim c.

    Args:
        settings: The `Settings` of ``optimal_discriminator``.
    """

    def __init__(self, settings):
        self._count = settings.repetitions
        self._batch = settings.batch_size
        self._seed = settings.seed
        rng = np.random.default_rng(settings.seed)
        self._theta_d = _weights(rng, settings.repetitions, settings.hidden_units)
        self._theta_g = _weights(rng, settings.repetitions, settings.hidden_units)
        # Units that bend at different places of (-1, 1): G can have other shapes than almost a straight line.
        for variable in self._theta_g[:2]:
            variable.assign(rng.uniform(-settings.spread, settings.spread, variable.shape))
        # Momentum makes the two players circle around each other; beta_1 = 0.5 is customary for GANs.
        self._d_adam = keras.optimizers.Adam(settings.learning_rate, beta_1=0.5)
        self._g_adam = keras.optimizers.Adam(settings.learning_rate / 4, beta_1=0.5)
        self._d_adam.build(self._theta_d)
        self._g_adam.build(self._theta_g)
        # Every draw has a number of its own.
        self._draws = tf.Variable(0, dtype=tf.int64, trainable=False)

    def generate(self, noise):
        """Return what each generator makes of noise [n]: array [repetitions, n]."""
        return self._apply(self._theta_g, noise)

    def discriminate(self, x):
        """Return each discriminator's probability D(x) of numbers [n]: float64 array [repetitions, n]."""
        # D = 1 / (1 + exp(-logit)), which could overflow
        return np.exp(-np.logaddexp(0, -self._apply(self._theta_d, x).astype(np.float64)))

    def train_discriminators(self, steps):
        """Train the discriminators while the generators stand still."""
        self._train(tf.constant(1), tf.constant(steps), tf.constant(False))

    def train(self, generator_steps, discriminator_steps):
        """Train both: so many updates of D before each of G."""
        self._train(tf.constant(generator_steps), tf.constant(discriminator_steps), tf.constant(True))

    def _apply(self, theta, x):
        parts = []
        for first in range(0, len(x), INPUTS):
            inputs = tf.constant(x[first : first + INPUTS], tf.float32)[None, :, None]
            parts.append(_network(theta, tf.tile(inputs, (self._count, 1, 1))).numpy()[:, :, 0])
        outputs = np.concatenate(parts, axis=1)
        if not np.isfinite(outputs).all():
            message = _(
                "a network's outputs must be finite, received others; a smaller learning rate may help"
            )
            raise RunError(message)
        return outputs

    def _next_seed(self):
        self._draws.assign_add(1)
        return tf.stack([tf.constant(self._seed, tf.int64), self._draws])

    def _noise(self):
        return tf.random.stateless_uniform((self._count, self._batch, 1), self._next_seed(), -1.0, 1.0)

    def _data(self):
        shape = (self._count, self._batch, 1)
        which = tf.random.stateless_uniform(shape, self._next_seed(), 0, len(NORMALS), tf.int32)
        chosen = tf.gather(tf.constant(NORMALS), which)
        return chosen[..., 0] + chosen[..., 1] * tf.random.stateless_normal(shape, self._next_seed())

    def _update_discriminators(self):
        real, fake = self._data(), _network(self._theta_g, self._noise())
        with tf.GradientTape() as tape:
            # -V = -E[log D(x)] - E[log(1 - D(G(z)))]; the sum over the GANs leaves each its own gradient
            loss = _mean_of_each(tf.nn.softplus(-_network(self._theta_d, real)))
            loss += _mean_of_each(tf.nn.softplus(_network(self._theta_d, fake)))
        self._d_adam.apply(tape.gradient(loss, self._theta_d), self._theta_d)

    def _update_generators(self):
        noise = self._noise()
        with tf.GradientTape() as tape:
            # G_loss = -E[log D(G(z))]
            fake = _network(self._theta_g, noise)
            loss = _mean_of_each(tf.nn.softplus(-_network(self._theta_d, fake)))
        self._g_adam.apply(tape.gradient(loss, self._theta_g), self._theta_g)

    @tf.function(jit_compile=True)
    def _train(self, times, discriminator_steps, generators_move):
        for _generator_step in tf.range(times):
            for _discriminator_step in tf.range(discriminator_steps):
                self._update_discriminators()
            if generators_move:
                self._update_generators()


def _weights(rng, count, units):
    """Draw the kernels and biases of `count` networks 1 -> units -> units -> 1, one array for all of each."""
    weights = []
    for rows, columns in ((1, units), (units, units), (units, 1)):
        limit = np.sqrt(6 / (rows + columns))
        weights.append(tf.Variable(rng.uniform(-limit, limit, (count, rows, columns)), dtype=tf.float32))
        weights.append(tf.Variable(tf.zeros((count, 1, columns))))
    return weights


def _network(weights, x):
    """Send x [count, n, 1] through the networks, tanh in the hidden layers."""
    kernel_1, bias_1, kernel_2, bias_2, kernel_3, bias_3 = weights
    hidden = tf.tanh(x @ kernel_1 + bias_1)
    hidden = tf.tanh(hidden @ kernel_2 + bias_2)
    return hidden @ kernel_3 + bias_3


def _mean_of_each(losses):
    return tf.reduce_sum(tf.reduce_mean(losses, axis=(1, 2)))
