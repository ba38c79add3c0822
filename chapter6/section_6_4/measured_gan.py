"""The lecture's GAN, trained with either loss for G while the gradients of both are recorded.

Slide: 6-4, claim c; section 3 of Goodfellow et al. (2014).
"""

import tensorflow as tf

from chapter6.gan.model import GAN, cross_entropy
from chapter6.gan.training import train


class MeasuredGAN(GAN):
    """`GAN` with a choice of G's loss; it records what either loss would do in each iteration.

    ``saturating`` chooses the loss that G is trained with, E[log(1 - D(G(z)))] where it is true, else the
    program's -E[log D(G(z))]. ``measured`` [steps, 3] has the norms of their gradients by theta_G, in this
    order, and the mean of D(G(z)).

    Args:
        steps: int, iterations that can be recorded.
        batch_size: As in `GAN`.
        seed: As in `GAN`.
    """

    def __init__(self, steps, batch_size=128, seed=0):
        super().__init__(batch_size, seed=seed)
        self.saturating = tf.Variable(False)
        self.measured = tf.Variable(tf.zeros([steps, 3]))

    def generator_step(self, noise):
        """Update G with the chosen loss and record the gradients of both; return the program's loss."""
        theta_g = self.generator.trainable_variables
        with tf.GradientTape(persistent=True) as tape:
            logits = self.discriminator(self.generator(noise))
            # E[log(1 - D(G(z)))] and -E[log D(G(z))]
            losses = -cross_entropy(logits, 0.0), cross_entropy(logits, 1.0)
        first, second = (tape.gradient(loss, theta_g) for loss in losses)
        gradients = [tf.where(self.saturating, *pair) for pair in zip(first, second, strict=True)]
        self.generator_optimizer.apply(gradients, theta_g)
        fooled = tf.reduce_mean(tf.sigmoid(logits))
        row = tf.stack([tf.linalg.global_norm(first), tf.linalg.global_norm(second), fooled])
        self.measured.scatter_nd_update([[self.iteration]], [row])
        return losses[1]

    def measure(self, images, saturating, seed):
        """Train anew from the initial weights of `seed`; return what was ``measured``, float32 [steps, 3].

        Args:
            images: uint8 tensor [N, 784].
            saturating: bool, G's loss.
            seed: int.
        """
        self.reset(seed)
        self.saturating.assign(saturating)
        train(self, images, self.measured.shape[0])
        return self.measured.numpy()
