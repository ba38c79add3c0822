"""A small network of feature and classification layers, which the tests of transfer share."""

import keras
import numpy as np
from keras import layers

from chapter6.transfer import join


def network(seed=0, inside=()):
    """Return feature layers (a convolution, then `inside`) joined with two dense layers."""
    weights = keras.initializers.GlorotUniform(keras.random.SeedGenerator(seed))
    convolution = layers.Conv2D(3, 3, activation="relu", kernel_initializer=weights, name="conv")
    flat = layers.Flatten()
    features = keras.Sequential([keras.Input((6, 6, 1)), convolution, *inside, flat])
    classification = keras.Sequential(
        [
            keras.Input(features.output_shape[1:]),
            layers.Dense(4, "tanh", kernel_initializer=weights, name="hidden"),
            layers.Dropout(0.5, seed=seed),
            layers.Dense(3, kernel_initializer=weights, name="logits"),
        ]
    )
    return join(features, classification)


def data(count):
    random = np.random.default_rng(0)
    return random.normal(size=(count, 6, 6, 1)).astype(keras.config.floatx()), np.arange(count) % 3


def compiled(model):
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile(keras.optimizers.SGD(0.5), loss, jit_compile=False)
    return model


def fit(model, inputs, labels, epochs=1):
    model.fit(inputs, labels, batch_size=8, epochs=epochs, shuffle=False, verbose=0)


def names(paths):
    return {"/".join(path.split("/")[-2:]) for path in paths}


ALL = {f"{layer}/{weight}" for layer in ("conv", "hidden", "logits") for weight in ("kernel", "bias")}
BEHIND = {name for name in ALL if not name.startswith("conv")}
