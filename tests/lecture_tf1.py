"""The lecture's program itself, as the slides of 6-4 have it, under ``tf.compat.v1``.

Names and order are the slides'; the lines that they leave out (the solvers, the session, the loop) are
restored from the public program that they excerpt. What differs: sizes can be chosen, the MNIST loader, which
TensorFlow no longer has, is `next_batch`, and the loop takes its batches and noise from outside, so that
another program can be given the same ones.

    python -m tests.lecture_tf1 train --steps 2000 --output FOLDER
    python -m tests.lecture_tf1 replay GIVEN.npz RESULT.npz

``train`` is the lecture's run, with its checkpoints, grids and event files. ``replay`` starts at the
parameters given under their names on the slides (D_W1, ...), does an iteration with each of ``batches``
[n, m, 784], ``noise_D`` and ``noise_G`` [n, m, 100], and writes ``losses`` [n, 4] (D_loss_real, D_loss_fake,
D_loss, G_loss, each of them before the update of the same session.run) and the parameters after the last.
"""

import argparse
import os
import types
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("MPLBACKEND", "agg")

import matplotlib.gridspec as gridspec
import matplotlib.pyplot as plt
import numpy as np
import tensorflow.compat.v1 as tf

PARAMETERS = ("D_W1", "D_W2", "D_b1", "D_b2", "G_W1", "G_W2", "G_b1", "G_b2")


def save(saver, sess, logdir, step):
    model_name = "model"
    checkpoint_path = os.path.join(logdir, model_name)
    saver.save(sess, checkpoint_path, global_step=step)
    print("The checkpoint has been created.")


def xavier_init(size):
    in_dim = size[0]
    xavier_stddev = 1.0 / np.sqrt(in_dim / 2.0)
    return tf.random_normal(shape=size, stddev=xavier_stddev)


def sample_Z(m, n):
    return np.random.uniform(-1.0, 1.0, size=[m, n])


def noises(m, n):
    """Yield what `sample_Z` draws, for ever."""
    while True:
        yield sample_Z(m, n)


def plot(samples):
    fig = plt.figure(figsize=(4, 4))
    gs = gridspec.GridSpec(4, 4)
    gs.update(wspace=0.05, hspace=0.05)
    for i, sample in enumerate(samples):
        ax = plt.subplot(gs[i])
        plt.axis("off")
        ax.set_xticklabels([])
        ax.set_yticklabels([])
        ax.set_aspect("equal")
        plt.imshow(sample.reshape(28, 28), cmap="Greys_r")
    return fig


def next_batch(images, batch_size):
    """Yield batches [batch_size, 784] in [0, 1], each epoch in a new order, as the loader of the time did.

    That one copied all images in the new order, which took longer than these lines do.
    """
    order = np.empty(0, np.int64)
    while True:
        while order.size < batch_size:
            order = np.concatenate([order, np.random.permutation(len(images))])
        chosen, order = order[:batch_size], order[batch_size:]
        yield images[chosen]


def build(h_dim=128, Z_dim=100):
    """Build the slides' graph and return everything in it under its name on the slides."""
    # Not on import: pytest imports every module, to look for examples in it.
    tf.disable_v2_behavior()
    tf.logging.set_verbosity(tf.logging.ERROR)

    X = tf.placeholder(tf.float32, shape=[None, 784])
    D_W1 = tf.Variable(xavier_init([784, h_dim]))
    D_b1 = tf.Variable(tf.zeros(shape=[h_dim]))
    D_W2 = tf.Variable(xavier_init([h_dim, 1]))
    D_b2 = tf.Variable(tf.zeros(shape=[1]))
    theta_D = [D_W1, D_W2, D_b1, D_b2]

    Z = tf.placeholder(tf.float32, shape=[None, Z_dim])
    G_W1 = tf.Variable(xavier_init([Z_dim, h_dim]))
    G_b1 = tf.Variable(tf.zeros(shape=[h_dim]))
    G_W2 = tf.Variable(xavier_init([h_dim, 784]))
    G_b2 = tf.Variable(tf.zeros(shape=[784]))
    theta_G = [G_W1, G_W2, G_b1, G_b2]

    def generator(z):
        G_h1 = tf.nn.relu(tf.matmul(z, G_W1) + G_b1)
        G_log_prob = tf.matmul(G_h1, G_W2) + G_b2
        G_prob = tf.nn.sigmoid(G_log_prob)
        return G_prob

    def discriminator(x):
        D_h1 = tf.nn.relu(tf.matmul(x, D_W1) + D_b1)
        D_logit = tf.matmul(D_h1, D_W2) + D_b2
        D_prob = tf.nn.sigmoid(D_logit)
        return D_prob, D_logit

    G_sample = generator(Z)
    D_real, D_logit_real = discriminator(X)
    D_fake, D_logit_fake = discriminator(G_sample)

    D_loss_real = tf.reduce_mean(
        tf.nn.sigmoid_cross_entropy_with_logits(logits=D_logit_real, labels=tf.ones_like(D_logit_real))
    )
    D_loss_fake = tf.reduce_mean(
        tf.nn.sigmoid_cross_entropy_with_logits(logits=D_logit_fake, labels=tf.zeros_like(D_logit_fake))
    )
    D_loss = D_loss_real + D_loss_fake
    G_loss = tf.reduce_mean(
        tf.nn.sigmoid_cross_entropy_with_logits(logits=D_logit_fake, labels=tf.ones_like(D_logit_fake))
    )

    dreal_loss_sum = tf.summary.scalar("dreal_loss", D_loss_real)
    dfake_loss_sum = tf.summary.scalar("dfake_loss", D_loss_fake)
    d_loss_sum = tf.summary.scalar("d_loss", D_loss)
    g_loss_sum = tf.summary.scalar("g_loss", G_loss)

    D_solver = tf.train.AdamOptimizer().minimize(D_loss, var_list=theta_D)
    G_solver = tf.train.AdamOptimizer().minimize(G_loss, var_list=theta_G)
    return types.SimpleNamespace(**locals())


def train(gan, sess, batches, noise, steps, folder=None):
    """Run the slides' loop and return the four losses of each iteration, [steps, 4].

    Args:
        gan: What `build` returned.
        sess: A session with its variables initialized.
        batches: Iterator of real images [m, 784] in [0, 1].
        noise: Iterator of noise [m, Z_dim], for D's update and for G's in turn.
        steps: Iterations to do.
        folder: Where ``snapshots/`` and ``checkpoints/`` are made; None writes nothing.
    """
    losses = []
    if folder:
        logdir, pictures = folder / "checkpoints", folder / "snapshots"
        logdir.mkdir(parents=True, exist_ok=True)
        saver = tf.train.Saver(max_to_keep=50)
        summary_writer = tf.summary.FileWriter(str(pictures), graph=tf.get_default_graph())

    for it in range(steps):
        if folder and it % 1000 == 0:
            samples = sess.run(gan.G_sample, feed_dict={gan.Z: sample_Z(16, gan.Z_dim)})
            fig = plot(samples)
            fig.savefig(pictures / f"{it // 1000:03d}.png", bbox_inches="tight")
            plt.close(fig)

        D_fetches = [gan.D_solver, gan.D_loss_real, gan.D_loss_fake, gan.D_loss]
        G_fetches = [gan.G_solver, gan.G_loss]
        if folder and it % 100 == 0:
            D_fetches += [gan.dreal_loss_sum, gan.dfake_loss_sum, gan.d_loss_sum]
            G_fetches += [gan.g_loss_sum]

        D_feed = {gan.X: next(batches), gan.Z: next(noise)}
        _, D_real_curr, D_fake_curr, D_loss_curr, *D_sums = sess.run(D_fetches, feed_dict=D_feed)
        _, G_loss_curr, *G_sums = sess.run(G_fetches, feed_dict={gan.Z: next(noise)})
        losses.append([D_real_curr, D_fake_curr, D_loss_curr, G_loss_curr])

        if folder and it % 100 == 0:
            for summary in D_sums + G_sums:
                summary_writer.add_summary(summary, it)
        if folder and it % 1000 == 0:
            save(saver, sess, logdir, it)
            print(f"Iter: {it}")
            print(f"D loss: {D_loss_curr:.4}")
            print(f"G_loss: {G_loss_curr:.4}")

    if folder:
        summary_writer.close()
    return np.array(losses, np.float32)


def replay(given, result):
    """Do an iteration with each of the batches and noises in `given`, and write what `result` shall hold."""
    with np.load(given) as file:
        data = dict(file)
    gan = build(h_dim=data["D_W2"].shape[0], Z_dim=data["G_W1"].shape[0])
    noise = (z for pair in zip(data["noise_D"], data["noise_G"], strict=True) for z in pair)
    with tf.Session() as sess:
        sess.run(tf.global_variables_initializer())
        for name in PARAMETERS:
            getattr(gan, name).load(data[name], sess)
        losses = train(gan, sess, iter(data["batches"]), noise, steps=len(data["batches"]))
        after = sess.run({name: getattr(gan, name) for name in PARAMETERS})
    np.savez(result, losses=losses, **after)


def main():
    parser = argparse.ArgumentParser(prog="python -m tests.lecture_tf1", description="The slides' own GAN.")
    commands = parser.add_subparsers(dest="command", required=True)
    command = commands.add_parser("train", help="run it on MNIST")
    command.add_argument("--steps", type=int, default=1_000_000)
    command.add_argument("--data", type=Path, help="a folder of IDX files, or an .npz")
    command.add_argument("--output", type=Path, default=Path("."))
    command = commands.add_parser("replay", help="do the iterations whose batches and noise are given")
    command.add_argument("given", type=Path)
    command.add_argument("result", type=Path)
    arguments = parser.parse_args()

    if arguments.command == "replay":
        replay(arguments.given, arguments.result)
        return
    from chapter6.mnist import load_mnist

    images = load_mnist(arguments.data).train.images.reshape(-1, 784).astype(np.float32) / 255
    gan = build()
    with tf.Session() as sess:
        sess.run(tf.global_variables_initializer())
        train(gan, sess, next_batch(images, 128), noises(128, 100), arguments.steps, arguments.output)


if __name__ == "__main__":
    main()
