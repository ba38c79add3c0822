"""What ``gan --recipe`` chooses from: the lecture's GAN, and the same networks trained as later work advises.

Slide: 6-4, the MNIST program.
"""

import keras
import tensorflow as tf

from chapter6.gan.model import GAN, cross_entropy

LEARNING_RATE = 2e-3
BETA_1 = 0.5
GAMMA = 1.0
DECAY = 0.999


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
    """

    def __init__(self, batch_size=128, hidden_units=128, latent_dim=100, seed=0):
        super().__init__(batch_size, hidden_units, latent_dim, seed)
        self.discriminator_optimizer = keras.optimizers.Adam(LEARNING_RATE, BETA_1, epsilon=1e-8)
        self.generator_optimizer = keras.optimizers.Adam(LEARNING_RATE, BETA_1, epsilon=1e-8)
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
            steepness = inner.gradient(logits, real)
            loss_real = cross_entropy(logits, 1.0)
            loss_fake = cross_entropy(self.discriminator(fake), 0.0)
            loss = loss_real + loss_fake
            # D_loss + γ/2 E|∇_x D(x)|²
            penalized = loss + GAMMA / 2 * tf.reduce_mean(tf.reduce_sum(steepness**2, axis=1))
        self.discriminator_optimizer.apply(tape.gradient(penalized, theta_d), theta_d)
        return loss_real, loss_fake, loss

    def generator_step(self, noise):
        """Update G as `GAN.generator_step` does, and the average of its weights."""
        loss = super().generator_step(noise)
        for average, weight in zip(self.sampler.weights, self.generator.weights, strict=True):
            # θ_average <- 0.999 θ_average + 0.001 θ_G
            average.assign(DECAY * average + (1 - DECAY) * weight)
        return loss


RECIPES = {"lecture": GAN, "improved": ImprovedGAN}


def build(settings):
    """Return the untrained GAN of a run's settings, a mapping with ``recipe`` and the arguments of `GAN`."""
    arguments = ("batch_size", "hidden_units", "latent_dim", "seed")
    return RECIPES[settings["recipe"]](*(settings[name] for name in arguments))
