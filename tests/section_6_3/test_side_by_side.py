"""Networks trained side by side."""

import dataclasses

import keras
import numpy as np
import pytest

from chapter6 import optimizers
from chapter6.experiment import quick
from chapter6.mnist import load_mnist
from chapter6.section_6_3 import mnist_curves, side_by_side
from chapter6.section_6_3.optimizer_specs import optimizer_spec


def test_networks_side_by_side_do_not_notice_each_other(digits):
    mnist = load_mnist(digits)
    settings = dataclasses.replace(quick(mnist_curves.Settings), rates=3, units=8, batch=16, evaluations=1)
    train = side_by_side.SideBySide(optimizer_spec("RMSProp+Nesterov"), mnist, settings).train
    first = train([0.01, 0.01, 0.001], [1, 1, 1])
    for curve in first.values():
        if np.shape(curve)[-1] == 3:
            np.testing.assert_array_equal(curve[..., 0], curve[..., 1])
    assert (first["train_loss"][0] == first["train_loss"][0, 0]).all()
    assert first["train_loss"][-1, 0] != first["train_loss"][-1, 2]
    # The same again, from the start, whatever its neighbours do, and in another place.
    second = train([1.0, 0.001, 0.01], [2, 1, 1])
    np.testing.assert_array_equal(second["train_loss"][:, 1], first["train_loss"][:, 2])
    np.testing.assert_array_equal(second["train_loss"][:, 2], first["train_loss"][:, 0])
    assert second["train_loss"][0, 0] != second["train_loss"][0, 1]


def test_networks_side_by_side_train_as_keras_does(digits):
    mnist = load_mnist(digits)
    settings = dataclasses.replace(quick(mnist_curves.Settings), rates=2, units=8, batch=16, evaluations=1)
    networks = side_by_side.SideBySide(optimizer_spec("Adam"), mnist, settings)
    curves = networks.train([0.01, 0.003], [5, 6])

    w1, b1, w2, b2 = (weights[1] for weights in networks.networks([5, 6]).get_weights())
    model = keras.Sequential([keras.Input((784,)), keras.layers.Dense(8, "relu"), keras.layers.Dense(10)])
    model.set_weights([w1, b1[0], w2, b2[0]])
    model.compile(
        optimizers.Adam(0.003),
        keras.losses.SparseCategoricalCrossentropy(from_logits=True),
        metrics=["accuracy"],
    )
    pixels = mnist.train.images.reshape(-1, 784) / np.float32(255)
    losses = []
    for batch in networks.batches([5, 6])[:, 1]:
        losses.append(model.train_on_batch(pixels[batch], mnist.train.labels[batch])[0])
        model.reset_metrics()
    np.testing.assert_allclose(curves["train_loss"][:, 1], losses, rtol=1e-4)
    test = mnist.test.images.reshape(-1, 784) / np.float32(255)
    accuracy = (model.predict(test, verbose=0).argmax(axis=1) == mnist.test.labels).mean()
    assert curves["test_accuracy"][1] == pytest.approx(accuracy, abs=2 / len(test))
