"""Ways to train the lecture's two networks: the slides', and those of later work.

Slide: 6-4, the MNIST program.
"""

import functools

import keras
import tensorflow as tf

from chapter6.gan.model import GAN, adam, cross_entropy

LEARNING_RATE = 2e-3
BETA_1 = 0.5
GAMMA = 1.0
DECAY = 0.999
# What `ImprovedGAN` would be without its four changes
UNCHANGED = {"gamma": 0.0, "beta_1": 0.9, "learning_rate": 1e-3, "decay": 0.0}
SGD_LEARNING_RATE = 1.0


class ImprovedGAN(GAN):
    """The lecture's two networks and losses, with four changes to how they are trained.

    Slide: 6-4, the MNIST program, from which it differs on purpose; `GAN` is the slides'.

    1. D_loss has a penalty on D's gradient at real digits, γ/2 E|∇_x D(x)|² of the logit D(x), γ = 1: "R1" of
       Mescheder, Geiger & Nowozin 2018, "Which training methods for GANs do actually converge?". Without it D
       may stay steep where p_g = p_data and push G away from there.
    2. Adam has ρ1 = 0.5, not 0.9: Radford, Metz & Chintala 2016, "Unsupervised representation learning with
       deep convolutional generative adversarial networks".
    3. Adam's learning rate is 0.002, not 0.001: Karras et al. 2019, "A style-based generator architecture for
       generative adversarial networks", beside the same penalty.
    4. ``sampler``, which samples are drawn from, is the exponential moving average of G's weights with decay
       0.999: Yazici et al. 2019, "The unusual effectiveness of averaging in GAN training".

    The losses that it returns are the slides', without the penalty.

    Args:
        batch_size: As in `GAN`.
        hidden_units: As in `GAN`.
        latent_dim: As in `GAN`.
        seed: As in `GAN`.
        gamma: γ of the penalty; 0 for none.
        beta_1: Adam's ρ1.
        learning_rate: Adam's.
        decay: Of the moving average, at least 0 and below 1; 0 for G's own weights.
    """

    def __init__(
        self,
        batch_size=128,
        hidden_units=128,
        latent_dim=100,
        seed=0,
        *,
        gamma=GAMMA,
        beta_1=BETA_1,
        learning_rate=LEARNING_RATE,
        decay=DECAY,
    ):
        super().__init__(batch_size, hidden_units, latent_dim, seed)
        self.gamma = gamma
        self.decay = decay
        self.discriminator_optimizer = keras.optimizers.Adam(learning_rate, beta_1, epsilon=1e-8)
        self.generator_optimizer = keras.optimizers.Adam(learning_rate, beta_1, epsilon=1e-8)
        self.discriminator_optimizer.build(self.discriminator.trainable_variables)
        self.generator_optimizer.build(self.generator.trainable_variables)
        self.sampler = keras.models.clone_model(self.generator)
        self.sampler.set_weights(self.generator.get_weights())

    def reset(self, seed):
        """Go back to the untrained GAN of a seed as `GAN.reset` does."""
        super().reset(seed)
        self.sampler.set_weights(self.generator.get_weights())

    def discriminator_step(self, real, noise):
        """Update D on D_loss and the penalty; return the losses as `GAN.discriminator_step` does."""
        theta_d = self.discriminator.trainable_variables
        fake = self.generator(noise)
        with tf.GradientTape() as tape:
            with tf.GradientTape() as inner:
                inner.watch(real)
                logits = self.discriminator(real)
            loss_real = cross_entropy(logits, 1.0)
            loss_fake = cross_entropy(self.discriminator(fake), 0.0)
            loss = penalized = loss_real + loss_fake
            if self.gamma:
                steepness = inner.gradient(logits, real)
                # D_loss + γ/2 E|∇_x D(x)|²
                penalized = loss + self.gamma / 2 * tf.reduce_mean(tf.reduce_sum(steepness**2, axis=1))
        self.discriminator_optimizer.apply(tape.gradient(penalized, theta_d), theta_d)
        return loss_real, loss_fake, loss

    def generator_step(self, noise):
        """Update G as `GAN.generator_step` does, and the average of its weights."""
        loss = super().generator_step(noise)
        for average, weight in zip(self.sampler.weights, self.generator.weights, strict=True):
            # θ_average <- decay θ_average + (1 - decay) θ_G
            average.assign(self.decay * average + (1 - self.decay) * weight)
        return loss


class ChosenLossGAN(GAN):
    """The lecture's GAN with a choice of G's loss and of G's optimizer.

    Slide: 6-4.c, log(1 - D(G(z))) against -log D(G(z)).

    Args:
        batch_size: As in `GAN`.
        hidden_units: As in `GAN`.
        latent_dim: As in `GAN`.
        seed: As in `GAN`.
        saturating: Whether G minimizes E[log(1 - D(G(z)))], as in theory, and not the program's
            -E[log D(G(z))].
        sgd: Whether G is trained by stochastic gradient descent with a learning rate of 1, and not by Adam.
    """

    def __init__(
        self, batch_size=128, hidden_units=128, latent_dim=100, seed=0, *, saturating=False, sgd=False
    ):
        super().__init__(batch_size, hidden_units, latent_dim, seed)
        self.saturating = saturating
        self.generator_optimizer = keras.optimizers.SGD(SGD_LEARNING_RATE) if sgd else adam()
        self.generator_optimizer.build(self.generator.trainable_variables)

    def generator_step(self, noise):
        """Update G with the chosen loss; return the program's."""
        theta_g = self.generator.trainable_variables
        with tf.GradientTape() as tape:
            logits = self.discriminator(self.generator(noise))
            # -E[log D(G(z))], or E[log(1 - D(G(z)))]
            program = cross_entropy(logits, 1.0)
            loss = -cross_entropy(logits, 0.0) if self.saturating else program
        self.generator_optimizer.apply(tape.gradient(loss, theta_g), theta_g)
        return program


RECIPES = {"lecture": GAN, "improved": ImprovedGAN}
# The argument of `ImprovedGAN` that makes each change
_CHANGES = {"r1": "gamma", "momentum": "beta_1", "rate": "learning_rate", "average": "decay"}
# Each of the four changes alone, all but it, a weaker and a stronger penalty, and other losses and optimizers
VARIANTS = {
    **RECIPES,
    **{
        f"only_{name}": functools.partial(
            ImprovedGAN, **{each: value for each, value in UNCHANGED.items() if each != changed}
        )
        for name, changed in _CHANGES.items()
    },
    **{
        f"no_{name}": functools.partial(ImprovedGAN, **{changed: UNCHANGED[changed]})
        for name, changed in _CHANGES.items()
    },
    "weak_r1": functools.partial(ImprovedGAN, gamma=0.1),
    "strong_r1": functools.partial(ImprovedGAN, gamma=10.0),
    "saturating": functools.partial(ChosenLossGAN, saturating=True),
    "sgd": functools.partial(ChosenLossGAN, sgd=True),
    "sgd_saturating": functools.partial(ChosenLossGAN, saturating=True, sgd=True),
}


def build(settings):
    """Return the untrained GAN of a run's settings, a mapping with ``recipe`` and the arguments of `GAN`."""
    arguments = ("batch_size", "hidden_units", "latent_dim", "seed")
    return RECIPES[settings["recipe"]](*(settings[name] for name in arguments))
