"""Saved at any time, in either format, training goes on bit for bit; no custom_objects are needed."""

import json

import keras
import numpy as np
import pytest
import tensorflow as tf

from tests.optimizers.runs import OPTIMIZERS

every_optimizer = pytest.mark.parametrize("optimizer_class", OPTIMIZERS)
INPUTS = np.random.default_rng(0).normal(size=(8, 40, 4)).astype("float32")
TARGETS = np.sin(INPUTS.sum(-1, keepdims=True))
ARGUMENTS = {
    "AdaGrad": {"epsilon": 1e-5},
    "RMSProp": {"rho": 0.7, "epsilon": 1e-5},
    "RMSPropNesterov": {"rho": 0.7, "momentum": 0.6, "epsilon": 1e-5},
    "Adam": {"beta_1": 0.7, "beta_2": 0.9, "epsilon": 1e-5},
}


def network(optimizer):
    keras.utils.set_random_seed(1)
    model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(5, "tanh"), keras.layers.Dense(1)])
    model.compile(optimizer, "mse", jit_compile=False)
    return model


def train(model, batches):
    for batch in batches:
        model.train_on_batch(INPUTS[batch], TARGETS[batch])


def state(model):
    return [v.numpy() for v in model.trainable_variables + model.optimizer.variables]


def assert_same_bits(found, expected):
    assert len(found) == len(expected)
    for one, other in zip(found, expected, strict=True):
        assert one.dtype == other.dtype
        np.testing.assert_array_equal(one, other)


@every_optimizer
@pytest.mark.parametrize("finalized", [False, True], ids=["mid-way", "finalized"])
@pytest.mark.parametrize("extra", [{}, {"use_ema": True, "gradient_accumulation_steps": 2}], ids=str)
def test_keras_file(optimizer_class, finalized, extra, tmp_path):
    model = network(optimizer_class(0.01, **extra))
    train(model, range(5))
    if finalized:
        model.optimizer.finalize_variable_values(model.trainable_variables)
    model.save(tmp_path / "model.keras")
    loaded = keras.models.load_model(tmp_path / "model.keras")
    assert type(loaded.optimizer) is optimizer_class
    assert_same_bits(state(loaded), state(model))
    for going_on in (model, loaded):
        train(going_on, range(5, 8))
    assert_same_bits(state(loaded), state(model))


@every_optimizer
def test_checkpoint_of_a_loop_of_ones_own(optimizer_class, tmp_path):
    def fresh():
        variables = [tf.Variable([[1.0, -2.0]]), tf.Variable([0.5])]
        optimizer = optimizer_class(0.05)
        optimizer.build(variables)
        return tf.train.Checkpoint(optimizer=optimizer, variables=variables), optimizer, variables

    @tf.function(jit_compile=False)
    def gradients(variables, x):
        with tf.GradientTape() as tape:
            loss = tf.reduce_sum(tf.cosh(variables[0] * x)) + tf.reduce_sum(tf.cosh(variables[1] - x))
        return tape.gradient(loss, variables)

    def go_on(optimizer, variables, steps):
        for step in steps:
            optimizer.apply(gradients(variables, 0.1 * step), variables)

    checkpoint, optimizer, variables = fresh()
    go_on(optimizer, variables, range(6))
    saved = checkpoint.write(str(tmp_path / "state"))
    go_on(optimizer, variables, range(6, 12))

    restored, new_optimizer, new_variables = fresh()
    restored.read(saved).assert_consumed()
    go_on(new_optimizer, new_variables, range(6, 12))
    for one, other in zip(
        [*variables, *optimizer.variables], [*new_variables, *new_optimizer.variables], strict=True
    ):
        np.testing.assert_array_equal(one.numpy(), other.numpy())


@every_optimizer
def test_configuration_round_trip(optimizer_class):
    schedule = keras.optimizers.schedules.ExponentialDecay(0.1, 10, 0.5)
    arguments = ARGUMENTS[optimizer_class.__name__]
    common = {"weight_decay": 0.01, "clipnorm": 1.0, "name": "mine"}
    optimizer = optimizer_class(schedule, **arguments, **common)
    for copy in (
        optimizer_class.from_config(optimizer.get_config()),
        keras.optimizers.get(keras.optimizers.serialize(optimizer)),
        keras.saving.deserialize_keras_object(
            json.loads(json.dumps(keras.saving.serialize_keras_object(optimizer)))
        ),
    ):
        assert type(copy) is optimizer_class
        assert copy.get_config() == optimizer.get_config()
        for name, value in {**arguments, **common}.items():
            assert copy.get_config()[name] == value


@every_optimizer
def test_inside_a_loss_scale_optimizer(optimizer_class, tmp_path):
    model = network(keras.optimizers.LossScaleOptimizer(optimizer_class(0.01)))
    train(model, range(3))
    model.save(tmp_path / "model.keras")
    loaded = keras.models.load_model(tmp_path / "model.keras")
    assert type(loaded.optimizer.inner_optimizer) is optimizer_class
    for going_on in (model, loaded):
        train(going_on, range(3, 6))
    assert_same_bits(state(loaded), state(model))
