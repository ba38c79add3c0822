"""What the benchmark times: the lecture's program, this one, plain TensorFlow, and the bare matrix products.

Each contender is a function of the training images (uint8 [n, 784]), the batch size and the hidden units. It
sets everything up and returns ``run(iterations)``, which comes back when they are done. `main` is the process
that holds one contender: for every line on its standard input it does iterations for half a second at least,
and answers with the seconds that one of them took; in between it waits and uses no processor.
"""

import argparse
import os
import sys
import time
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import numpy as np

PIXELS = 784
LATENT_DIM = 100
CALL = 100
SECONDS = 0.5


def lecture(images, batch_size, hidden_units):
    """The slides' program under ``tf.compat.v1``, without what it writes."""
    import tensorflow.compat.v1 as tf

    from tests.lecture_tf1 import build, next_batch, noises, train

    gan = build(hidden_units, LATENT_DIM)
    session = tf.Session()
    session.run(tf.global_variables_initializer())
    batches = next_batch(images.astype(np.float32) / 255, batch_size)
    noise = noises(batch_size, LATENT_DIM)
    return lambda iterations: train(gan, session, batches, noise, iterations)


def this_loop(images, batch_size, hidden_units):
    """This package's compiled loop, called as its run calls it, without what a run writes."""
    from chapter6.runner.backend import import_tensorflow

    import_tensorflow()
    import tensorflow as tf

    from chapter6.gan.batches import batches
    from chapter6.gan.model import GAN

    gan = GAN(batch_size, hidden_units, LATENT_DIM)
    data = tf.constant(images)

    def run(iterations):
        for _ in range(iterations // CALL):
            chosen = batches(int(gan.iteration), CALL, batch_size, len(images), seed=0)
            gan.train(data, chosen, tf.constant(CALL)).numpy()

    return run


def plain(images, batch_size, hidden_units, jit_compile=False):
    """One ``tf.function`` for a step, Keras optimizers, batches from ``tf.data``."""
    import tensorflow as tf
    from keras import Input, Sequential, layers, losses, optimizers

    D = Sequential([Input((PIXELS,)), layers.Dense(hidden_units, "relu"), layers.Dense(1)])
    G = Sequential(
        [Input((LATENT_DIM,)), layers.Dense(hidden_units, "relu"), layers.Dense(PIXELS, "sigmoid")]
    )
    D_solver, G_solver = (optimizers.Adam(1e-3, epsilon=1e-8) for _ in range(2))
    cross_entropy = losses.BinaryCrossentropy(from_logits=True)

    @tf.function(jit_compile=jit_compile)
    def step(real):
        fake = G(tf.random.uniform((batch_size, LATENT_DIM), -1.0, 1.0))
        with tf.GradientTape() as tape:
            real_logits, fake_logits = D(real), D(fake)
            D_loss_real = cross_entropy(tf.ones_like(real_logits), real_logits)
            D_loss_fake = cross_entropy(tf.zeros_like(fake_logits), fake_logits)
            D_loss = D_loss_real + D_loss_fake
        D_solver.apply(tape.gradient(D_loss, D.trainable_variables), D.trainable_variables)
        noise = tf.random.uniform((batch_size, LATENT_DIM), -1.0, 1.0)
        with tf.GradientTape() as tape:
            fake_logits = D(G(noise))
            G_loss = cross_entropy(tf.ones_like(fake_logits), fake_logits)
        G_solver.apply(tape.gradient(G_loss, G.trainable_variables), G.trainable_variables)
        return D_loss_real, D_loss_fake, D_loss, G_loss

    dataset = tf.data.Dataset.from_tensor_slices(images).shuffle(len(images)).repeat()
    dataset = dataset.batch(batch_size, drop_remainder=True)
    dataset = dataset.map(lambda batch: tf.cast(batch, tf.float32) / 255, num_parallel_calls=tf.data.AUTOTUNE)
    batches = iter(dataset.prefetch(tf.data.AUTOTUNE))

    def run(iterations):
        for _ in range(iterations):
            D_losses = step(next(batches))
        return float(D_losses[0])

    return run


def plain_jitted(images, batch_size, hidden_units):
    """The same, compiled by XLA."""
    return plain(images, batch_size, hidden_units, jit_compile=True)


def products_xla(images, batch_size, hidden_units):
    """The floor: an iteration's 13 matrix products and nothing else, in one loop compiled by XLA.

    All weights are zero, so that products of products stay finite; no library looks for zeros. Every product
    depends on the one before it in the iteration, or on the iteration before, as the GAN's do, so that none
    can be left out or moved out of the loop.
    """
    import tensorflow as tf

    x = tf.constant(images[:batch_size] / np.float32(255))
    z_D, z_G = tf.random.uniform((2, batch_size, LATENT_DIM), -1.0, 1.0)

    def iteration(D_real, D_fake, G_1, G_2):
        fake = (z_D @ G_1) @ G_2
        D_real, D_fake = (
            tf.matmul(x, x @ D_real, transpose_a=True),
            tf.matmul(fake, fake @ D_fake, transpose_a=True),
        )
        hidden = z_G @ G_1
        pixels = tf.matmul((hidden @ G_2) @ D_real, D_fake, transpose_b=True)
        G_1 = tf.matmul(z_G, tf.matmul(pixels, G_2, transpose_b=True), transpose_a=True)
        G_2 = tf.matmul(hidden, pixels, transpose_a=True)
        return D_real, D_fake, G_1, G_2

    @tf.function(jit_compile=True)
    def loop(count, *weights):
        return tf.while_loop(
            lambda i, *_: i < count, lambda i, *weights: [i + 1, *iteration(*weights)], [0, *weights]
        )

    shapes = [(PIXELS, hidden_units)] * 2 + [(LATENT_DIM, hidden_units), (hidden_units, PIXELS)]
    weights = [tf.zeros(shape) for shape in shapes]
    return lambda iterations: loop(tf.constant(iterations), *weights)[1].numpy()


def products_numpy(images, batch_size, hidden_units):
    """The same 13 products by the BLAS that NumPy was built with."""
    random = np.random.default_rng(0)
    x, fake, pixels = random.random((3, batch_size, PIXELS), np.float32)
    z = random.random((batch_size, LATENT_DIM), np.float32)
    hidden = random.random((batch_size, hidden_units), np.float32)
    D_1 = random.random((PIXELS, hidden_units), np.float32)
    G_1, G_2 = D_1[:LATENT_DIM], np.ascontiguousarray(D_1.T)
    to_hidden, to_pixels, to_D_1 = np.empty_like(hidden), np.empty_like(pixels), np.empty_like(D_1)
    to_G_1, to_G_2 = np.empty_like(G_1), np.empty_like(G_2)
    # Two of G forward, three of D forward, D's two gradients, and G's backward pass.
    products = 2 * [(z, G_1, to_hidden), (hidden, G_2, to_pixels)] + 3 * [(x, D_1, to_hidden)]
    products += 2 * [(x.T, hidden, to_D_1)]
    products += [(hidden, D_1.T, to_pixels), (pixels, G_2.T, to_hidden)]
    products += [(hidden.T, pixels, to_G_2), (z.T, hidden, to_G_1)]

    def run(iterations):
        for _ in range(iterations):
            for left, right, result in products:
                np.dot(left, right, result)

    return run


def main():
    from chapter6.mnist import load_mnist
    from tests.benchmarks import gan_peers

    parser = argparse.ArgumentParser()
    parser.add_argument("name")
    parser.add_argument("batch_size", type=int)
    parser.add_argument("hidden_units", type=int)
    parser.add_argument("data", type=Path)
    arguments = parser.parse_args()

    images = load_mnist(arguments.data).train.images.reshape(-1, PIXELS)
    contender = globals().get(arguments.name) or getattr(gan_peers, arguments.name)
    run = contender(images, arguments.batch_size, arguments.hidden_units)
    run(CALL)
    print("ready", flush=True)
    for _ in sys.stdin:
        iterations, start = 0, time.perf_counter()
        while time.perf_counter() < start + SECONDS:
            run(CALL)
            iterations += CALL
        print((time.perf_counter() - start) / iterations, flush=True)


if __name__ == "__main__":
    main()
