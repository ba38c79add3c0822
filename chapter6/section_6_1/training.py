"""Training of the networks of this section on MNIST, all of an experiment side by side."""

import keras
import numpy as np
import tensorflow as tf
from keras.initializers import Constant, RandomNormal
from keras.random import SeedGenerator

from chapter6.initializers import Normalized, Orthogonal, Sparse, XavierInit
from chapter6.language import N_
from chapter6.mnist import PIXELS
from chapter6.networks.parallel import ParallelDense
from chapter6.networks.training import Trainer, accuracies, cross_entropy, epoch_batches, scale_pixels

VALIDATION_IMAGES = 1000


def initializers_of(seed):
    """Return the seven initializers by name."""
    return {
        N_("too small (0.01)"): RandomNormal(stddev=0.01, seed=SeedGenerator(seed)),
        N_("too large (1)"): RandomNormal(stddev=1.0, seed=SeedGenerator(seed)),
        N_("constant (0.05)"): Constant(0.05),
        N_("equation 6-3"): Normalized(SeedGenerator(seed)),
        "xavier_init": XavierInit(SeedGenerator(seed)),
        N_("orthogonal"): Orthogonal("tanh", SeedGenerator(seed)),
        N_("sparse (k = 15)"): Sparse(15, seed=SeedGenerator(seed)),
    }


def train_side_by_side(starts, mnist, settings):
    """Return validation accuracy and training loss, both [epochs + 1, starts, seeds]."""
    initializers = [start for start in starts.values() for _ in range(settings.seeds)]
    networks = len(initializers)
    hidden = [
        ParallelDense(settings.units, networks, "tanh", initializers) for _ in range(settings.hidden_layers)
    ]
    logits = ParallelDense(10, networks, kernel_initializer=initializers)
    model = keras.Sequential([keras.Input((PIXELS,)), *hidden, logits])
    train = Trainer(model, keras.optimizers.SGD(settings.learning_rate), jit_compile=True)

    images, labels = as_vectors(mnist.train, settings.images)
    validation = as_vectors(mnist.validation, VALIDATION_IMAGES)
    batch_size = min(settings.batch_size, len(images))
    accuracy, loss = [accuracies(model, *validation)], [np.full(networks, np.nan)]
    for epoch in range(settings.epochs):
        batches = epoch_batches(settings.seed, epoch, len(images), batch_size)
        loss.append(train(images, labels, batches).mean(axis=0))
        accuracy.append(accuracies(model, *validation))
    shape = (settings.epochs + 1, len(starts), settings.seeds)
    return np.reshape(accuracy, shape), np.reshape(loss, shape)


def as_vectors(split, count):
    """Return the first images of a split as float32 [count, 784] in [0, 1], and their labels."""
    return scale_pixels(split.images[:count].reshape(-1, PIXELS)), split.labels[:count].astype(np.int32)


def initial_weights(settings):
    """Return (hidden kernel, hidden biases, output kernel) by the name of the start."""
    wide, branch = (PIXELS, 2 * settings.units), (PIXELS, settings.units)
    wide_out, branch_out = (2 * settings.units, 10), (settings.units, 10)
    equal = keras.initializers.Constant(0.05)
    random = Normalized(keras.random.SeedGenerator(settings.seed))
    keras_instance = keras.initializers.GlorotUniform(settings.seed)

    def two_branches(initializer):
        # Adding the logits of two branches is one network with their units side by side.
        hidden = tf.concat([initializer(branch), initializer(branch)], axis=1)
        return hidden, tf.concat([initializer(branch_out), initializer(branch_out)], axis=0)

    zeros = np.zeros(2 * settings.units)
    # As large as what random weights add to an image's pre-activations.
    biases = np.random.default_rng(settings.seed).uniform(-1, 1, 2 * settings.units)
    kernels = {
        N_("all weights equal"): (equal(wide), equal(wide_out)),
        N_("equal, random biases"): (equal(wide), equal(wide_out)),
        N_("incoming weights equal"): (equal(wide), random(wide_out)),
        N_("random"): (random(wide), random(wide_out)),
        N_("two branches, Keras' instance"): two_branches(keras_instance),
        N_("two branches, this chapter's"): two_branches(random),
    }
    return {
        name: (hidden, biases if name == "equal, random biases" else zeros, output)
        for name, (hidden, output) in kernels.items()
    }


def repeat_themselves():
    """Return whether one unseeded instance repeats itself, of Keras' initializers and of this chapter's."""
    instances = keras.initializers.GlorotUniform(), Normalized()
    return [N_("yes") if np.array_equal(each((8, 8)), each((8, 8))) else N_("no") for each in instances]


def train_full_batch(starts, train, settings):
    """Return hidden kernels [rounds + 1, starts, 784, units] and losses [rounds + 1, starts]."""
    images, labels = as_vectors(train, settings.images)
    hidden, logits = ParallelDense(2 * settings.units, len(starts), "tanh"), ParallelDense(10, len(starts))
    model = keras.Sequential([keras.Input((PIXELS,)), hidden, logits])
    hidden_kernels, biases, output_kernels = map(np.stack, zip(*starts.values(), strict=True))
    hidden.kernel.assign(hidden_kernels)
    hidden.bias.assign(biases[:, None])
    logits.kernel.assign(output_kernels)
    # Full-batch gradient descent: every batch is all images.
    descend = Trainer(model, keras.optimizers.SGD(settings.learning_rate))
    batches = np.tile(np.arange(len(images), dtype=np.int32), (settings.steps, 1))

    kernels, losses = [hidden.kernel.numpy()], [cross_entropy(labels, model(images))]
    for _ in range(settings.rounds):
        descend(images, labels, batches)
        kernels.append(hidden.kernel.numpy())
        losses.append(cross_entropy(labels, model(images)))
    return np.array(kernels), np.array(losses)
