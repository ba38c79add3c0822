"""The weights and digits of the page, made: ``python -m chapter6.runner.page.make_playthings CHECKPOINT...``.

``playthings.npz`` holds, for each generator that is walked through, the weights of both networks as whole
numbers of eight bits with a factor for each unit; a small classifier likewise; digits of MNIST's test images;
and ``about``, a JSON text: which generators they are, the optimizers' algorithm boxes, the learning rates
that section 6-3 finds best, the gains of section 6-1.
"""

import json
import sys

import keras
import numpy as np
import tensorflow as tf

from chapter6.artifacts import atomic_write
from chapter6.errors import InputError
from chapter6.gan.checkpoints import find_checkpoint, read_settings
from chapter6.gan.paths import literal_prefix
from chapter6.gan.recipes import build
from chapter6.initializers import gain_for
from chapter6.mnist import PIXELS, load_mnist
from chapter6.networks.tensors import as_tensor
from chapter6.networks.training import Trainer, epoch_batches, scale_pixels
from chapter6.optimizers import AdaGrad, Adam, RMSProp, RMSPropNesterov, algorithm_box
from chapter6.runner.page.playthings import PATH
from chapter6.runner.parser import Parser, path
from chapter6.section_6_3.objectives import OBJECTIVES
from chapter6.section_6_3.optimizer_specs import optimizer_specs, tuned_runs
from chapter6.section_6_3.settings import TuningSettings

# Of the weights: 6 bits, which eight-bit numbers keep and zlib packs. Finer steps change no pixel visibly.
LEVELS = 31
DIGITS = 60
HIDDEN_UNITS = 32
EPOCHS = 10


def main(arguments=None):
    """Make the file from checkpoints.

    Args:
        arguments: The words of the command line; None takes the process' own.
    """
    parser = Parser(
        prog="python -m chapter6.runner.page.make_playthings",
        description="Make the weights and digits of the page's playthings from checkpoints of the GAN.",
    )
    parser.add_argument("checkpoints", nargs="+", type=path, metavar="CHECKPOINT")
    parser.add_argument("--data", type=path, metavar="PATH", help="MNIST")
    parsed = parser.parse_args(sys.argv[1:] if arguments is None else arguments)
    try:
        arrays, about = make(parsed.checkpoints, load_mnist(parsed.data))
    except InputError as error:
        parser.error(str(error))
    with atomic_write(PATH) as temporary:
        np.savez_compressed(temporary, about=json.dumps(about, ensure_ascii=False), **arrays)
    print(f"{PATH}: {PATH.stat().st_size:,} bytes")


def make(checkpoints, mnist):
    """Return the arrays and the description of the file, as the module says."""
    arrays, generators = {}, []
    for number, checkpoint in enumerate(checkpoints):
        networks, settings, iteration = networks_of(checkpoint)
        generators.append({"recipe": settings["recipe"], "iteration": iteration})
        for name, weights in networks.items():
            arrays |= _quantized(f"generator {number} {name}", weights)
    for number, weights in enumerate(_classifier(mnist)):
        arrays |= _quantized(f"classifier {number}", weights)
    arrays |= _digits(mnist.test)
    runs = {spec.name: tuned_runs(spec.name, *_tuning()) for spec in optimizer_specs()}
    about = {
        "generators": generators,
        "boxes": {each.__name__: algorithm_box(each) for each in (AdaGrad, RMSProp, RMSPropNesterov, Adam)},
        "rates": {name: [run.rate for run in each] for name, each in runs.items()},
        "objectives": [[each.name, each.start, each.view] for each in OBJECTIVES],
        "gains": {name: gain_for(name) for name in ("linear", "tanh", "relu", "sigmoid", "selu")},
    }
    return arrays, about


def _tuning():
    settings = TuningSettings()
    return settings.rates, settings.steps


def networks_of(checkpoint):
    """Return the weights of a checkpoint's networks by the slides' names, its settings and its iteration.

    The generator's are those that samples are drawn from.
    """
    name = find_checkpoint(checkpoint)
    settings = read_settings(name)
    gan = build(settings)
    held = "generator" if gan.sampler is gan.generator else "sampler"
    restored = tf.train.Checkpoint(
        **{held: gan.sampler}, discriminator=gan.discriminator, iteration=gan.iteration
    )
    restored.restore(literal_prefix(name)).expect_partial().assert_existing_objects_matched()
    weights = {
        f"{network}_{letter}{layer}": values
        for network, model in (("G", gan.sampler), ("D", gan.discriminator))
        for layer, each in enumerate(model.layers, start=1)
        for letter, values in zip("Wb", each.get_weights(), strict=True)
    }
    return weights, settings, int(gan.iteration)


def _quantized(name, weights):
    """Return weights as whole numbers and a factor for each of the last axis; biases as they are."""
    if weights.ndim == 1:
        return {name: weights}
    scale = np.maximum(np.abs(weights).max(axis=0), 1e-12).astype(np.float32) / LEVELS
    return {name: np.round(weights / scale).astype(np.int8), f"{name}/scale": scale}


def _classifier(mnist):
    """Return the weights of a network 784 -> 32 relu -> 10 trained on the digits."""
    model = keras.Sequential(
        [
            keras.Input((PIXELS,)),
            keras.layers.Dense(HIDDEN_UNITS, "relu", kernel_initializer=keras.initializers.GlorotUniform(1)),
            keras.layers.Dense(10, kernel_initializer=keras.initializers.GlorotUniform(2)),
        ]
    )
    images = mnist.train.images.reshape(-1, PIXELS)
    trainer = Trainer(model, keras.optimizers.Adam(1e-3), lambda images, labels, step: scale_pixels(images))
    for epoch in range(EPOCHS):
        trainer(
            as_tensor(images), mnist.train.labels.astype("int32"), epoch_batches(0, epoch, len(images), 128)
        )
    return model.get_weights()


def _digits(split):
    """Return digits in 16 shades, as many of each class, those of one class apart by ten."""
    chosen = np.stack(
        [np.flatnonzero(split.labels == label)[: DIGITS // 10] for label in range(10)]
    ).T.ravel()
    images = split.images[chosen].reshape(-1, PIXELS)
    return {"digits": np.round(images / 17).astype(np.uint8), "labels": split.labels[chosen]}


if __name__ == "__main__":
    main()
