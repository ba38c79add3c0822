"""A trained network to attack, and the same for an implementation that is not ours."""

import keras
import pytest

from chapter6.classifier import perceptron, train
from chapter6.mnist import load_mnist
from chapter6.networks.training import scale_pixels


@pytest.fixture(scope="package")
def victim(digits):
    """A trained `perceptron` and 500 test digits with their labels."""
    mnist = load_mnist(digits)
    model = perceptron()
    train(model, mnist.train, epochs=3)
    return model, scale_pixels(mnist.test.images), mnist.test.labels


@pytest.fixture(scope="package")
def theirs(victim):
    """The victim as IBM's adversarial-robustness-toolbox holds it."""
    pytest.importorskip("art.estimators", reason="adversarial-robustness-toolbox is not installed")
    from art.estimators.classification import TensorFlowV2Classifier

    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    return TensorFlowV2Classifier(victim[0], 10, (28, 28), loss_object=loss, clip_values=(0, 1))
