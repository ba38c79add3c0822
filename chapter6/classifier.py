"""A classifier of MNIST's digits, trained once and kept: it is attacked, and it evaluates a GAN.

Slide: 6-4, figure 6-10 (a network "at human accuracy").
"""

import contextlib
import hashlib
import json
from pathlib import Path

import keras
import numpy as np

from chapter6.artifacts import atomic_write
from chapter6.errors import InputError
from chapter6.language import _
from chapter6.mnist import SIDE
from chapter6.networks.tensors import as_tensor
from chapter6.networks.training import Trainer, epoch_batches, predict, scale_pixels
from chapter6.seeds import child_seeds

CLASSES = 10
BATCH_SIZE = 128
LEARNING_RATE = 3e-3


def lenet(seed=0, classes=CLASSES):
    """Build a small convolutional network in the manner of LeNet-5, with max-pooling and relu.

    Slide: 6-4, figure 6-10.

    Args:
        seed: int for the initial weights.
        classes: int, how many logits it makes; default 10, one for each digit.

    Returns:
        A `keras.Sequential` that makes logits [n, classes] of images [n, 28, 28] in [0, 1]; its last hidden
        layer, 84 relu units as in LeNet-5, is named ``features``.

    References:
        LeCun, Bottou, Bengio & Haffner (1998), Gradient-based learning applied to document recognition.
    """
    layers = keras.layers
    first, second, third, fourth, last = map(keras.initializers.GlorotUniform, child_seeds(seed, 5))
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
            layers.Dense(classes, kernel_initializer=last, name="logits"),
        ],
        name="lenet",
    )


def strided_lenet(seed=0):
    """Build a network like `lenet` with strides in place of max-pooling: about a fifth of the computing.

    Slide: 6-4, figure 6-10.

    Args:
        seed: int for the initial weights.

    Returns:
        A `keras.Sequential` like `lenet`'s, its only hidden layer that is dense named ``features``.
    """
    layers = keras.layers
    first, second, third, last = map(keras.initializers.GlorotUniform, child_seeds(seed, 4))
    return keras.Sequential(
        [
            keras.Input((SIDE, SIDE), name="image"),
            layers.Reshape((SIDE, SIDE, 1), name="channel"),
            layers.Conv2D(16, 5, strides=2, activation="relu", kernel_initializer=first, name="C1"),
            layers.Conv2D(32, 5, strides=2, activation="relu", kernel_initializer=second, name="C2"),
            layers.Flatten(name="flat"),
            layers.Dense(120, "relu", kernel_initializer=third, name="features"),
            layers.Dense(CLASSES, kernel_initializer=last, name="logits"),
        ],
        name="strided_lenet",
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
    first, second, last = (keras.initializers.GlorotUniform(word) for word in child_seeds(seed, 3))
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


def error_rate(model, images, labels):
    """Return the share of images [n, 28, 28] in [0, 1] whose most probable class is not their label."""
    return float(np.mean(predict(model, images, BATCH_SIZE).argmax(axis=-1) != labels))


def train(model, split, epochs, seed=0, transform=None, on_execution_end=None):
    """Train a classifier by Adam on the cross-entropy, its learning rate falling to 0 along a cosine.

    Slide: 6-4, figure 6-10; the heading's adversarial training with ``transform``.

    Args:
        model: Makes logits [n, classes] of images [n, 28, 28] in [0, 1]; it is trained in place.
        split: `chapter6.mnist.Split` of at least 128 images.
        epochs: int, epochs; the images left over from the last batch of 128 of each are left out.
        seed: int; each epoch's order is a function of it and of the epoch.
        transform: None, or a function of (images [128, 28, 28], labels [128], step) that returns the images
            to train on in their place, made of TensorFlow operations.
        on_execution_end: None, or a function of the number of batches done, called a few times a second.

    Raises:
        InputError: There are fewer images than a batch has.
    """
    batches = len(split.images) // BATCH_SIZE
    if not batches:
        message = _("training needs at least {count} images, received {received}")
        raise InputError(message.format(count=BATCH_SIZE, received=len(split.images)))

    def scaled(images, labels, step):
        images = scale_pixels(images)
        return transform(images, labels, step) if transform else images

    schedule = keras.optimizers.schedules.CosineDecay(LEARNING_RATE, epochs * batches)
    # Not by XLA: on a CPU its convolutions take some ten times as long as TensorFlow's own.
    trainer = Trainer(model, keras.optimizers.Adam(schedule), scaled, steps_per_execution=40)
    images, labels = as_tensor(split.images), split.labels.astype("int32")
    for epoch in range(epochs):
        done = epoch * batches
        trainer(
            images,
            labels,
            epoch_batches(seed, epoch, len(images), BATCH_SIZE),
            on_execution_end=on_execution_end and (lambda step, done=done: on_execution_end(done + step)),
        )


def trained_classifier(mnist, folder, seed=0, epochs=4, build=lenet, progress_bar=None):
    """Return a classifier trained on MNIST and its test accuracy, from the folder if they are there.

    Slide: 6-4, figure 6-10.

    The folder keeps the network as a ``.keras`` file and beside it a JSON with everything that it depends on:
    the data's fingerprint, the settings, the network's layers. What was trained otherwise is never used, and
    a damaged file is trained anew.

    Args:
        mnist: `chapter6.mnist.Mnist`.
        folder: Path of the folder to look in and to write to.
        seed: int, of the initial weights and the order of the images.
        epochs: int, epochs; 4 bring `lenet` to 99 % on all of MNIST.
        build: `lenet` or `perceptron`.
        progress_bar: None, or what shows the training's progress, as `chapter6.progress.progress_bar`.

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

    images = len(mnist.train.images)
    message = _("Training a classifier ({name}) on {images:,} digits.")
    description = str(message.format(name=model.name, images=images))
    steps = epochs * (images // BATCH_SIZE)
    with progress_bar(description, steps) if progress_bar else contextlib.nullcontext() as update:
        train(model, mnist.train, epochs, seed, on_execution_end=update)
    accuracy = 1 - error_rate(model, scale_pixels(mnist.test.images), mnist.test.labels)
    with atomic_write(weights) as temporary:
        model.save(temporary)
    known = {"test_accuracy": accuracy, "sha256": _sha256(weights), "settings": settings}
    with atomic_write(record) as temporary:
        temporary.write_text(json.dumps(known, indent=1) + "\n", encoding="utf-8")
    return model, accuracy


def _read(record):
    """Return what a JSON file says, an empty dict where it is not there or damaged."""
    try:
        known = json.loads(record.read_text(encoding="utf-8"))
    except (FileNotFoundError, ValueError):
        return {}
    return known if isinstance(known, dict) else {}


def _sha256(file):
    return hashlib.sha256(file.read_bytes()).hexdigest() if file.is_file() else ""
