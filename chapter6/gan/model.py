"""The lecture's GAN: two networks, their losses, the two updates of an iteration, and the compiled loop.

Slide: 6-4, the MNIST program and figure 6-11.
"""

import keras
import numpy as np
import tensorflow as tf

from chapter6.mnist import PIXELS, SIDE
from chapter6.seeds import child_seeds

LOSSES = ("dreal_loss", "dfake_loss", "d_loss", "g_loss")


def xavier_init(seed):
    """Return the initializer of the slides' `xavier_init`.

    Slide: 6-4, ``xavier_init(size)``.

    W_ij ~ N(0, σ²) with σ = 1 / sqrt(size[0] / 2) = sqrt(2 / fan_in). In spite of its name this is the
    variance of He et al. (2015); Glorot & Bengio's (equation 6-3) is 2 / (fan_in + fan_out), and uniform.

    Args:
        seed: int, two initializers of one seed draw the same values.

    Returns:
        A `keras.initializers.VarianceScaling`. Keras' own ``HeNormal`` truncates its normal distribution at
        two standard deviations, which the slides do not.
    """
    return keras.initializers.VarianceScaling(2.0, "fan_in", "untruncated_normal", seed=seed)


def discriminator(hidden_units=128, seed=0):
    """Build the discriminator, images [n, 784] in [0, 1] to logits [n, 1]; D(x) is the logits' sigmoid.

    Slide: 6-4, ``discriminator(x)`` with `theta_D` = [D_W1, D_W2, D_b1, D_b2].

    Args:
        hidden_units: Units of the hidden layer; the slides' 128.
        seed: int for the initial weights.

    Returns:
        A `keras.Sequential`, 784 -> hidden_units relu -> 1. Keras orders them D_W1, D_b1, D_W2, D_b2.
    """
    seed_1, seed_2, _, _ = child_seeds(seed, 4)
    return keras.Sequential(
        [
            keras.Input((PIXELS,), name="x"),
            keras.layers.Dense(hidden_units, "relu", kernel_initializer=xavier_init(seed_1), name="D_1"),
            keras.layers.Dense(1, kernel_initializer=xavier_init(seed_2), name="D_2"),
        ],
        name="discriminator",
    )


def generator(latent_dim=100, hidden_units=128, seed=0):
    """Build the generator, noise [n, latent_dim] in (-1, 1) to images [n, 784] in (0, 1).

    Slide: 6-4, ``generator(z)`` with `theta_G` = [G_W1, G_W2, G_b1, G_b2].

    Args:
        latent_dim: Length of a noise vector; the slides' 100.
        hidden_units: Units of the hidden layer; the slides' 128.
        seed: int for the initial weights.

    Returns:
        A `keras.Sequential`, latent_dim -> hidden_units relu -> 784 sigmoid.
    """
    _, _, seed_1, seed_2 = child_seeds(seed, 4)
    return keras.Sequential(
        [
            keras.Input((latent_dim,), name="z"),
            keras.layers.Dense(hidden_units, "relu", kernel_initializer=xavier_init(seed_1), name="G_1"),
            keras.layers.Dense(PIXELS, "sigmoid", kernel_initializer=xavier_init(seed_2), name="G_2"),
        ],
        name="generator",
    )


def sample_noise(count, latent_dim, seed):
    """Draw noise [count, latent_dim], uniform on (-1, 1), float32.

    Slide: 6-4, `sample_Z`; its comment says N columns by 100 rows, it is N rows by 100 columns.

    >>> sample_noise(16, 100, seed=0).shape
    (16, 100)
    """
    return np.random.default_rng(seed).uniform(-1.0, 1.0, (count, latent_dim)).astype(np.float32)


def generate(network, noise):
    """Return the images [n, 28, 28], float32 in (0, 1), that a generator makes of noise [n, latent_dim]."""
    return np.asarray(network(noise)).reshape(-1, SIDE, SIDE)


def cross_entropy(logits, label):
    """Return the mean sigmoid cross-entropy of logits with one label, 1 for real or 0 for fake."""
    return tf.reduce_mean(
        tf.nn.sigmoid_cross_entropy_with_logits(labels=tf.fill(tf.shape(logits), label), logits=logits)
    )


def adam():
    """Return the optimizer of the slides' ``tf.train.AdamOptimizer()``, with TensorFlow 1's defaults.

    Slide: 6-4, `D_solver` and `G_solver`: e = 0.001, ρ1 = 0.9, ρ2 = 0.999, δ = 1e-8.

    Where it differs: like TensorFlow 1's, Keras' Adam puts δ beside the root of the uncorrected r, figure 6-9
    beside that of the corrected one. Keras' own default for δ is 1e-7.
    """
    # TensorFlow 1 has ρ1 and ρ2 in float32. Keras would take 1 - ρ2^t from float32's 0.999 but 1 - ρ2 from
    # Python's, and each update would be 1e-5 too short.
    beta_1, beta_2 = float(np.float32(0.9)), float(np.float32(0.999))
    return keras.optimizers.Adam(1e-3, beta_1, beta_2, epsilon=1e-8)


class GAN:
    """The two networks of the lecture's program, their optimizers, and what an iteration does to them.

    Slide: 6-4, the program from ``theta_D`` to the training loop.

    ``discriminator`` and ``generator`` are the networks, ``discriminator_optimizer`` and
    ``generator_optimizer`` the slides' `D_solver` and `G_solver`. ``iteration`` counts the iterations done:
    batches and noise are functions of it and of the seed, so that these variables are the whole state.
    ``sampler`` is the network that samples are drawn from, the generator.

    Args:
        batch_size: Real images, and as many fakes, in one update; the slides' 128.
        hidden_units: Units of each hidden layer; the slides' 128.
        latent_dim: Length of a noise vector; the slides' 100.
        seed: int, of the initial weights, the batches and the noise.
    """

    def __init__(self, batch_size=128, hidden_units=128, latent_dim=100, seed=0):
        self.batch_size = batch_size
        self.hidden_units = hidden_units
        self.latent_dim = latent_dim
        self.seed = tf.Variable(seed, dtype=tf.int64, trainable=False, name="seed")
        self.iteration = tf.Variable(0, dtype=tf.int64, trainable=False, name="iteration")
        self.discriminator = discriminator(hidden_units, seed)
        self.generator = generator(latent_dim, hidden_units, seed)
        self.sampler = self.generator
        self.discriminator_optimizer = adam()
        self.generator_optimizer = adam()
        # A restored checkpoint finds the moments only if they are there.
        self.discriminator_optimizer.build(self.discriminator.trainable_variables)
        self.generator_optimizer.build(self.generator.trainable_variables)

    def reset(self, seed):
        """Go back to the untrained GAN of a seed; what is compiled stays, which saves seconds."""
        self.seed.assign(seed)
        self.iteration.assign(0)
        self.discriminator.set_weights(discriminator(self.hidden_units, seed).get_weights())
        self.generator.set_weights(generator(self.latent_dim, self.hidden_units, seed).get_weights())
        for optimizer in (self.discriminator_optimizer, self.generator_optimizer):
            for variable in optimizer.variables:
                if variable is not optimizer.learning_rate:
                    variable.assign(np.zeros(variable.shape))

    def discriminator_step(self, real, noise):
        """Update D on real images [n, 784] and on fakes made of noise [n, latent_dim].

        Returns the losses before the update: D_loss_real, D_loss_fake and their sum D_loss.
        """
        theta_d = self.discriminator.trainable_variables
        fake = self.generator(noise)
        with tf.GradientTape() as tape:
            # D_loss_real = -E[log D(x)],  D_loss_fake = -E[log(1 - D(G(z)))]
            loss_real = cross_entropy(self.discriminator(real), 1.0)
            loss_fake = cross_entropy(self.discriminator(fake), 0.0)
            loss = loss_real + loss_fake
        self.discriminator_optimizer.apply(tape.gradient(loss, theta_d), theta_d)
        return loss_real, loss_fake, loss

    def generator_step(self, noise):
        """Update G on fakes made of noise [n, latent_dim]; return G_loss before the update."""
        theta_g = self.generator.trainable_variables
        with tf.GradientTape() as tape:
            # G_loss = -E[log D(G(z))]
            loss = cross_entropy(self.discriminator(self.generator(noise)), 1.0)
        self.generator_optimizer.apply(tape.gradient(loss, theta_g), theta_g)
        return loss

    def noise(self, player):
        """Draw this iteration's noise [batch_size, latent_dim] for a player, 0 for D's update, 1 for G's."""
        # XLA's own generator, Philox, takes half of an iteration's time on a CPU.
        shape = (self.batch_size, self.latent_dim)
        seed = [self.seed, 2 * self.iteration + player]
        return tf.random.stateless_uniform(shape, seed, -1.0, 1.0, alg="threefry")

    @tf.function(jit_compile=True)
    def train(self, images, batches, count):
        """Do `count` iterations in one compiled call, or fewer if a loss stops being finite.

        Args:
            images: uint8 tensor [N, 784], all training images.
            batches: int32 tensor [rows, batch_size]; row i holds the indices of the i-th real batch.
            count: int32 scalar tensor, at most ``rows``; a Python int would be compiled anew for each value.

        Returns:
            float32 tensor [4], the `LOSSES` of the last iteration.
        """

        def finite(row, losses):
            return (row < count) & tf.reduce_all(tf.math.is_finite(losses))

        def iterate(row, _):
            # Where a shape is ensured XLA inlines the noise: half its time on a CPU, and the same bits.
            batch = tf.ensure_shape(batches[row], [self.batch_size])
            # A product, as in the lecture's loader of MNIST, not a quotient.
            real = tf.cast(tf.gather(images, batch), tf.float32) * (1 / 255)
            d_losses = self.discriminator_step(real, self.noise(player=0))
            g_loss = self.generator_step(self.noise(player=1))
            self.iteration.assign_add(1)
            return row + 1, tf.stack([*d_losses, g_loss])

        return tf.while_loop(finite, iterate, [0, tf.zeros(len(LOSSES))])[1]

    def train_graph(self, images, rows):
        """Return the `tf.Graph` of `train` for these images and `rows` batches in a call."""
        batches = tf.zeros((rows, self.batch_size), tf.int32)
        return self.train.get_concrete_function(images, batches, tf.constant(0)).graph
