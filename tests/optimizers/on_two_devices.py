"""The optimizers under MirroredStrategy on two devices; run by test_elsewhere.py in a process of its own."""

import os

import keras
import numpy as np
import tensorflow as tf

from tests.optimizers.runs import OPTIMIZERS

TOKENS = np.array([[0, 1], [1, 1], [2, 0], [1, 3], [0, 0], [3, 3], [2, 2], [1, 0]])
TARGETS = np.linspace(-1, 1, 8, dtype="float32")[:, None]


def trained(optimizer, run_eagerly):
    """A model after three epochs of two batches, and two more with the inputs in reverse order."""
    keras.utils.set_random_seed(3)
    layers = [keras.layers.Embedding(5, 3), keras.layers.Flatten(), keras.layers.Dense(1)]
    model = keras.Sequential([keras.Input((2,), dtype="int32"), *layers])
    model.compile(optimizer, "mse", jit_compile=False, run_eagerly=run_eagerly)
    arguments = {"batch_size": 4, "shuffle": False, "verbose": 0}
    callbacks = []
    if not run_eagerly and hasattr(optimizer, "finalized"):

        def predict(epoch, logs):
            with optimizer.finalized(model.trainable_variables):
                model.predict(TOKENS, verbose=0)

        callbacks.append(keras.callbacks.LambdaCallback(on_epoch_end=predict))
    model.fit(TOKENS, TARGETS, epochs=3, callbacks=callbacks, **arguments)
    model.fit(TOKENS[::-1], TARGETS, epochs=2, **arguments)
    return model


def main():
    os.environ["CUDA_VISIBLE_DEVICES"] = ""
    tf.config.set_logical_device_configuration(
        tf.config.list_physical_devices("CPU")[0], [tf.config.LogicalDeviceConfiguration()] * 2
    )
    strategy = tf.distribute.MirroredStrategy(["CPU:0", "CPU:1"])
    assert strategy.num_replicas_in_sync == 2
    for optimizer_class in OPTIMIZERS:
        alone = trained(optimizer_class(0.05, weight_decay=0.1), run_eagerly=True)
        with strategy.scope():
            mirrored = trained(optimizer_class(0.05, weight_decay=0.1), run_eagerly=False)
        for variable, expected in zip(mirrored.trainable_variables, alone.get_weights(), strict=True):
            copies = [copy.numpy() for copy in strategy.experimental_local_results(variable.value)]
            assert len(copies) == 2
            np.testing.assert_array_equal(copies[0], copies[1])
            np.testing.assert_allclose(copies[0], expected, rtol=0, atol=2e-5)
