"""The networks of this section, features and classification layers apart."""

import keras
from keras import layers

from chapter6.initializers import Normalized
from chapter6.mnist import SIDE
from chapter6.section_6_5.digits import CLASSES
from chapter6.seeds import child_seed
from chapter6.transfer import join, transfer_features


def small_network(seed):
    """Return a network in the manner of LeNet-5, images [n, 28, 28] to five logits."""
    weights = Normalized(keras.random.SeedGenerator(seed))
    features = keras.Sequential(
        [
            keras.Input((SIDE, SIDE)),
            layers.Rescaling(1 / 255),
            layers.Reshape((SIDE, SIDE, 1)),
            # Strides in place of LeNet-5's subsampling: a quarter of the work.
            layers.Conv2D(16, 5, strides=2, activation="relu", kernel_initializer=weights),
            layers.Conv2D(32, 5, strides=2, activation="relu", kernel_initializer=weights),
            layers.Flatten(),
        ],
        name="features",
    )
    classification = keras.Sequential(
        [
            keras.Input(features.output_shape[1:]),
            layers.Dense(64, "relu", kernel_initializer=weights),
            layers.Dense(CLASSES, kernel_initializer=weights),
        ],
        name="classification",
    )
    return join(features, classification)


def networks_of(source, seed):
    """Return the network that each way starts with; their classification layers are the same."""
    return {
        "frozen": transfer_features(source, small_network(seed).layers[1], frozen=True),
        "fine-tuned": transfer_features(source, small_network(seed).layers[1], frozen=False),
        "from scratch": small_network(seed),
        "frozen, untrained": transfer_features(
            small_network(seed), small_network(seed).layers[1], frozen=True
        ),
    }


def published_network(settings, seed):
    """Return the example's network, images [n, 28, 28] to five logits."""
    weights = Normalized(keras.random.SeedGenerator(seed))
    features = keras.Sequential(
        [
            keras.Input((SIDE, SIDE)),
            layers.Rescaling(1 / 255),
            layers.Reshape((SIDE, SIDE, 1)),
            layers.Conv2D(settings.filters, 3, activation="relu", kernel_initializer=weights),
            layers.Conv2D(settings.filters, 3, activation="relu", kernel_initializer=weights),
            layers.MaxPooling2D(2),
            layers.Flatten(),
        ],
        name="features",
    )
    classification = keras.Sequential(
        [
            keras.Input(features.output_shape[1:]),
            layers.Dropout(0.25, seed=child_seed(seed, 0)),
            layers.Dense(settings.units, "relu", kernel_initializer=weights),
            layers.Dropout(0.5, seed=child_seed(seed, 1)),
            layers.Dense(CLASSES, kernel_initializer=weights),
        ],
        name="classification",
    )
    return join(features, classification)
