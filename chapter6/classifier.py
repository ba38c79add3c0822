"""A classifier of MNIST's digits, trained once and kept: what is attacked, and what judges a GAN.

Slide: 6-4, figure 6-10 (a network "at human accuracy").
"""

import contextlib
import functools
import hashlib
import json
from pathlib import Path

import keras
import numpy as np
import tensorflow as tf
from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TimeRemainingColumn

from chapter6.artifacts import written_beside
from chapter6.datasets import SIDE
from chapter6.errors import InputError

CLASSES = 10
BATCH_SIZE = 128
LEARNING_RATE = 3e-3

# Batches in one compiled call, so that Ctrl-C and the progress bar wait about half a second.
CALL = 40


def lenet(seed=0):
    """Build a small convolutional network in the manner of LeNet-5, with max-pooling and relu.

    Slide: 6-4, figure 6-10.

    Args:
        seed: int for the initial weights.

    Returns:
        A `keras.Sequential` that makes logits [n, 10] of images [n, 28, 28] in [0, 1]; its last hidden layer,
        84 relu units as in LeNet-5, is named ``features``.

    References:
        LeCun, Bottou, Bengio & Haffner (1998), Gradient-based learning applied to document recognition.
    """
    layers = keras.layers
    first, second, third, fourth, last = (keras.initializers.GlorotUniform(word) for word in _seeds(seed, 5))
    return keras.Sequential(
        [
            keras.Input((SIDE, SIDE), name="image"),
            layers.Reshape((SIDE, SIDE, 1), name="channel"),
            layers.Conv2D(16, 5, activation="relu", kernel_initializer=first, name="C1"),
            layers.MaxPooling2D(name="S2"),
            layers.Conv2D(32, 5, activation="relu", kernel_initializer=second, name="C3"),
            layers.MaxPooling2D(name="S4"),
            layers.Flatten(name="flat"),
            layers.Dense(120, "relu", kernel_initializer=third, name="F5"),
            layers.Dense(84, "relu", kernel_initializer=fourth, name="features"),
            layers.Dense(CLASSES, kernel_initializer=last, name="logits"),
        ],
        name="lenet",
    )


def perceptron(seed=0):
    """Build a network without convolutions, 784 -> 256 relu -> 128 relu -> 10, of the same in- and outputs.

    Slide: 6-4, figure 6-10.

    Args:
        seed: int for the initial weights.

    Returns:
        A `keras.Sequential` like `lenet`'s, its last hidden layer too named ``features``.
    """
    layers = keras.layers
    first, second, last = (keras.initializers.GlorotUniform(word) for word in _seeds(seed, 3))
    return keras.Sequential(
        [
            keras.Input((SIDE, SIDE), name="image"),
            layers.Flatten(name="flat"),
            layers.Dense(256, "relu", kernel_initializer=first, name="hidden"),
            layers.Dense(128, "relu", kernel_initializer=second, name="features"),
            layers.Dense(CLASSES, kernel_initializer=last, name="logits"),
        ],
        name="perceptron",
    )


def _seeds(seed, count):
    # Layers of one size and one seed would start alike.
    return [int(word) for word in np.random.SeedSequence(seed).generate_state(count)]


def pixels(images):
    """Return uint8 images as float32 in [0, 1]: x / 255.

    >>> pixels(np.array([0, 51, 255], np.uint8))
    array([0. , 0.2, 1. ], dtype=float32)
    """
    return np.asarray(images, np.float32) / np.float32(255)


def predict(model, images, batch_size=1000):
    """Return the logits [n, 10] of a classifier, float32, a batch of the images [n, 28, 28] at a time."""
    starts = range(0, len(images), batch_size)
    apply = _compiled(model)
    return np.concatenate([apply(tf.constant(images[at : at + batch_size])) for at in starts])


@functools.lru_cache(maxsize=8)
def _compiled(model):
    @tf.function(reduce_retracing=True)
    def apply(images):
        return model(images)

    return apply


def error_rate(model, images, labels):
    """Return the share of images [n, 28, 28] in [0, 1] whose most probable class is not their label."""
    return float(np.mean(predict(model, images).argmax(axis=1) != labels))


def train(model, split, epochs, seed=0, perturbed=None, advance=lambda share: None):
    """Train a classifier by Adam on the cross-entropy, its learning rate falling to 0 along a cosine.

    Slide: 6-4, figure 6-10; the heading's adversarial training with ``perturbed``.

    Args:
        model: Makes logits [n, 10] of images [n, 28, 28] in [0, 1]; it is trained in place.
        split: `chapter6.datasets.Split` of at least 128 images.
        epochs: int, passes through the images; those left over from the last batch of 128 are left out.
        seed: int; each epoch's order is a function of it and of the epoch.
        perturbed: None, or a function of (images [128, 28, 28], labels [128], step) that returns the images
            to train on in their place, made of TensorFlow operations.
        advance: Called with the share of the work done, 0 to 1, a few times a second.

    Raises:
        InputError: There are fewer images than a batch has.
    """
    batches = len(split.images) // BATCH_SIZE
    if not batches:
        raise InputError(f"training needs at least {BATCH_SIZE} images, received {len(split.images)}")
    images, labels = tf.constant(split.images), tf.constant(split.labels.astype(np.int32))
    schedule = keras.optimizers.schedules.CosineDecay(LEARNING_RATE, epochs * batches)
    optimizer = keras.optimizers.Adam(schedule)
    theta = model.trainable_variables
    optimizer.build(theta)

    # Not by XLA: on a CPU its convolutions take some ten times as long as TensorFlow's own.
    @tf.function
    def steps(chosen, first, count):
        def step(row):
            x = tf.cast(tf.gather(images, chosen[row]), tf.float32) / 255.0
            y = tf.gather(labels, chosen[row])
            if perturbed:
                x = perturbed(x, y, first + row)
            with tf.GradientTape() as tape:
                loss = tf.nn.sparse_softmax_cross_entropy_with_logits(y, model(x, training=True))
                loss = tf.reduce_mean(loss)
            optimizer.apply(tape.gradient(loss, theta), theta)
            return (row + 1,)

        tf.while_loop(lambda row: row < count, step, [0])

    for epoch in range(epochs):
        order = np.random.default_rng([seed, epoch]).permutation(len(images)).astype(np.int32)
        chosen = tf.constant(order[: batches * BATCH_SIZE].reshape(batches, BATCH_SIZE))
        for start in range(0, batches, CALL):
            count = min(CALL, batches - start)
            steps(chosen[start : start + count], tf.constant(epoch * batches + start), tf.constant(count))
            advance((epoch * batches + start + count) / (epochs * batches))


def trained_classifier(mnist, folder, seed=0, epochs=4, build=lenet):
    """Return a classifier trained on MNIST and its test accuracy, from the folder if they are there.

    Slide: 6-4, figure 6-10.

    The folder keeps the network as a ``.keras`` file and beside it a JSON with everything that it depends on:
    the data's fingerprint, the settings, the network's layers. What was trained otherwise is never used, and
    a damaged file is trained anew.

    Args:
        mnist: `chapter6.datasets.Mnist`.
        folder: Path of the folder to look in and to write to.
        seed: int, of the initial weights and the order of the images.
        epochs: int, passes through the training images; 4 bring `lenet` to 99 % on all of MNIST.
        build: `lenet` or `perceptron`.

    Returns:
        The Keras model and its test accuracy, a float in [0, 1].
    """
    model = build(seed)
    settings = {
        "data": mnist.fingerprint,
        "seed": seed,
        "epochs": epochs,
        "batch_size": BATCH_SIZE,
        "learning_rate": LEARNING_RATE,
        "network": hashlib.sha256(model.to_json().encode()).hexdigest()[:16],
    }
    digest = hashlib.sha256(json.dumps(settings, sort_keys=True).encode()).hexdigest()[:12]
    weights = Path(folder) / f"{model.name}-{digest}.keras"
    record = weights.with_suffix(".json")
    known = _read(record)
    if known.get("settings") == settings and known.get("sha256") == _sha256(weights):
        model.load_weights(weights)
        return model, known["test_accuracy"]

    with announced(f"Training a classifier ({model.name}) on {len(mnist.train.images):,} digits.") as advance:
        train(model, mnist.train, epochs, seed, advance=advance)
    accuracy = 1 - error_rate(model, pixels(mnist.test.images), mnist.test.labels)
    with written_beside(weights) as temporary:
        model.save(temporary)
    known = {"test_accuracy": accuracy, "sha256": _sha256(weights), "settings": settings}
    with written_beside(record) as temporary:
        temporary.write_text(json.dumps(known, indent=1) + "\n", encoding="utf-8")
    return model, accuracy


@contextlib.contextmanager
def announced(line):
    """Print a line on standard error and give a function of the share done, for a bar on a terminal."""
    console = Console(stderr=True, highlight=False, soft_wrap=True)
    console.print(line, markup=False)
    with Progress(
        BarColumn(),
        TaskProgressColumn(),
        TimeRemainingColumn(compact=True),
        console=console,
        transient=True,
        disable=not console.is_terminal,
    ) as bar:
        task = bar.add_task("", total=1.0)
        yield lambda share: bar.update(task, completed=share)


def _read(record):
    """Return what a JSON file says, an empty dict where it is not there or damaged."""
    try:
        known = json.loads(record.read_text(encoding="utf-8"))
    except (FileNotFoundError, ValueError):
        return {}
    return known if isinstance(known, dict) else {}


def _sha256(file):
    return hashlib.sha256(file.read_bytes()).hexdigest() if file.is_file() else ""
