"""Keras' ways of training: each is the box with other gradients, another e, or a θ moved in between."""

import contextlib

import keras
import numpy as np
import pytest
import tensorflow as tf

from chapter6.optimizers import Adam
from tests.optimizers.runs import OPTIMIZERS, box_path, largest_error, path, problem

STEPS = 12
INPUTS, TARGETS = np.random.default_rng(5).normal(size=(2, 4 * STEPS, 3))
TARGETS = TARGETS[:, :1]
START = np.array([0.5, -0.25, 0.125])
every_optimizer = pytest.mark.parametrize("optimizer_class", OPTIMIZERS)


def linear_model(optimizer, **compile_arguments):
    """y = x w in float64, with the mean squared error, which Keras computes in float32."""
    dense = keras.layers.Dense(1, use_bias=False, dtype="float64")
    model = keras.Sequential([keras.Input((3,), dtype="float64"), dense])
    dense.kernel.assign(START[:, None])
    model.compile(optimizer, "mse", **compile_arguments)
    return model


def batch_gradient(step, w):
    """The gradient of `linear_model` on batch `step` of four rows; the batches come again after STEPS."""
    rows = slice(4 * (step % STEPS), 4 * (step % STEPS) + 4)
    return INPUTS[rows].T @ (INPUTS[rows] @ w - TARGETS[rows, 0]) / 2


def fit(model, **arguments):
    model.fit(INPUTS, TARGETS, batch_size=4, shuffle=False, verbose=0, **arguments)
    return model.get_weights()[0][:, 0]


def moved(found, expected, start=START):
    """The distance from the expected place, as a part of the way there."""
    return np.max(np.abs(found - expected)) / np.max(np.abs(expected - start))


@every_optimizer
@pytest.mark.parametrize("how", [{"jit_compile": True}, {"jit_compile": False}, {"run_eagerly": True}])
def test_fit(optimizer_class, how):
    optimizer = optimizer_class(0.01)
    found = fit(linear_model(optimizer, **how), epochs=2)
    expected = box_path(optimizer, START, batch_gradient, 2 * STEPS)
    assert moved(found, expected[-1]) < 1e-6


@every_optimizer
def test_learning_rate_schedule(optimizer_class):
    schedule = keras.optimizers.schedules.PiecewiseConstantDecay([4, 8], [0.01, 0.03, 0.002])
    found = fit(linear_model(optimizer_class(schedule)))
    rates = [float(schedule(step)) for step in range(STEPS)]
    expected = box_path(optimizer_class(), START, batch_gradient, STEPS, e=rates)
    assert moved(found, expected[-1]) < 1e-6


@every_optimizer
def test_learning_rate_set_between_updates(optimizer_class):
    optimizer = optimizer_class(0.01)

    def gradient(step, theta):
        if step == 6:
            optimizer.learning_rate = 0.05
        return batch_gradient(step, theta)

    found = path(optimizer, START, gradient, STEPS)
    rates = [float(np.float32(0.01 if step < 6 else 0.05)) for step in range(STEPS)]
    expected = box_path(optimizer_class(), START, batch_gradient, STEPS, e=rates)
    assert largest_error(found, expected) < 1e-9


def by_value(g):
    return np.clip(g, -0.3, 0.3)


def by_norm(g):
    return g * min(1, 0.3 / np.linalg.norm(g))


@every_optimizer
@pytest.mark.parametrize("clip", [by_value, by_norm])
def test_clipping(optimizer_class, clip):
    argument = {"clipvalue": 0.3} if clip is by_value else {"clipnorm": 0.3}
    found = path(optimizer_class(0.01, **argument), START, batch_gradient, STEPS)
    clipped = box_path(optimizer_class(0.01), START, lambda k, w: clip(batch_gradient(k, w)), STEPS)
    unclipped = box_path(optimizer_class(0.01), START, batch_gradient, STEPS)
    assert largest_error(found, clipped) < 1e-9
    assert largest_error(unclipped, clipped) > 0.01


@every_optimizer
def test_global_clipping_and_gradients_of_several_variables(optimizer_class):
    start, gradient = problem(1, steps=STEPS)
    optimizer = optimizer_class(0.01, global_clipnorm=0.3)
    parts = [keras.Variable(part, dtype="float64") for part in (start[:2], start[2:])]
    for step in range(STEPS):
        g = gradient(step, np.concatenate([part.numpy() for part in parts]))
        optimizer.apply([tf.constant(g[:2]), tf.constant(g[2:])], parts)
    optimizer.finalize_variable_values(parts)
    expected = box_path(optimizer, start, lambda k, w: by_norm(gradient(k, w)), STEPS)
    assert moved(np.concatenate([part.numpy() for part in parts]), expected[-1], start) < 1e-9


def shrink_by_hand(optimizer, variable, decay):
    """θ ← θ - e λ θ, wherever the variable is on its way to θ."""
    with getattr(optimizer, "finalized", contextlib.nullcontext)([variable]):
        theta = variable.numpy()
    variable.assign_sub(theta * decay * float(optimizer.learning_rate))


@every_optimizer
def test_weight_decay_and_its_exclusions(optimizer_class):
    ends = {}
    for case in ("library", "by hand", "none"):
        optimizer = optimizer_class(0.1, weight_decay=0.5 if case == "library" else None)
        optimizer.exclude_from_weight_decay(var_names=["bias"])
        kernel = keras.Variable(START, dtype="float64", name="kernel")
        bias = keras.Variable(START, dtype="float64", name="bias")
        for step in range(STEPS):
            gradients = [tf.constant(batch_gradient(step, v.numpy())) for v in (kernel, bias)]
            if case == "by hand":
                optimizer.build([kernel, bias])
                shrink_by_hand(optimizer, kernel, 0.5)
            optimizer.apply(gradients, [kernel, bias])
        optimizer.finalize_variable_values([kernel, bias])
        ends[case] = kernel.numpy(), bias.numpy()
    assert moved(ends["library"][0], ends["by hand"][0]) < 1e-9
    assert moved(ends["library"][0], ends["none"][0]) > 0.01
    np.testing.assert_array_equal(ends["library"][1], ends["none"][1])


@every_optimizer
def test_exponential_moving_average_of_what_the_variables_hold(optimizer_class):
    optimizer = optimizer_class(0.05, use_ema=True, ema_momentum=0.8)
    found = path(optimizer, START, batch_gradient, STEPS)
    plain = path(optimizer_class(0.05), START, batch_gradient, STEPS + 1)
    np.testing.assert_array_equal(found[:-1], plain[:STEPS])
    average = plain[1]
    for value in plain[2 : STEPS + 1]:
        average = 0.8 * average + (1 - 0.8) * value
    assert moved(found[-1], average) < 1e-9


@every_optimizer
def test_average_put_into_the_variables_now_and_then(optimizer_class):
    """After four updates the variables become their average; training goes on from there."""
    optimizer = optimizer_class(0.05, use_ema=True, ema_momentum=0.8, ema_overwrite_frequency=4)
    found = path(optimizer, START, batch_gradient, 7)
    by_hand = optimizer_class(0.05)
    variable = keras.Variable(START, dtype="float64")
    points, average = [], None
    for step in range(7):
        points.append(variable.numpy())
        by_hand.apply([tf.constant(batch_gradient(step, points[-1]))], [variable])
        average = variable.numpy() if step == 0 else 0.8 * average + (1 - 0.8) * variable.numpy()
        if step == 3:
            variable.assign(average)
    np.testing.assert_allclose(found[:-1], points, rtol=0, atol=1e-14)


@every_optimizer
def test_gradient_accumulation(optimizer_class):
    optimizer = optimizer_class(0.05, gradient_accumulation_steps=3)
    found = path(optimizer, START, batch_gradient, STEPS)

    def mean(step, w):
        return sum(batch_gradient(3 * step + part, w) for part in range(3)) / 3

    expected = box_path(optimizer, START, mean, STEPS // 3)
    for part in range(3):
        np.testing.assert_array_equal(found[part:STEPS:3], found[:STEPS:3])
    assert largest_error(found[::3], expected) < 1e-9


@every_optimizer
def test_constraint(optimizer_class):
    """θ is projected after its step; the gradient is never taken outside."""
    optimizer = optimizer_class(0.2)
    variable = keras.Variable(START, dtype="float64")
    variable.constraint = keras.constraints.NonNeg()
    for step in range(STEPS):
        optimizer.apply([tf.constant(batch_gradient(step, variable.numpy()))], [variable])
        assert np.all(variable.numpy() >= 0)
    optimizer.finalize_variable_values([variable])
    assert np.all(variable.numpy() >= 0)
    assert np.any(variable.numpy() == 0)
    assert np.any(path(optimizer_class(0.2), START, batch_gradient, STEPS)[-1] < 0)


@every_optimizer
def test_loss_scaling_skips_overflow_and_else_changes_nothing(optimizer_class):
    optimizer = keras.optimizers.LossScaleOptimizer(optimizer_class(0.01), initial_scale=2.0**10)
    start, gradient = START.astype("float32"), batch_gradient
    variable = keras.Variable(start)
    for step in range(STEPS):
        g = tf.constant(gradient(step, variable.numpy()), "float32")
        before = variable.numpy()
        scale = optimizer.scale_loss(tf.constant(1.0))
        if step in (0, 5):
            optimizer.apply([tf.fill([3], np.float32("inf"))], [variable])
            np.testing.assert_array_equal(variable.numpy(), before)
            assert optimizer.scale_loss(1.0) == scale / 2
            scale = optimizer.scale_loss(tf.constant(1.0))
        optimizer.apply([g * scale], [variable])
    optimizer.finalize_variable_values([variable])
    expected = path(optimizer_class(0.01), start, gradient, STEPS)
    np.testing.assert_array_equal(variable.numpy(), expected[-1])


@every_optimizer
def test_mixed_precision_fit(optimizer_class):
    dense = keras.layers.Dense(1, use_bias=False, dtype="mixed_float16")
    model = keras.Sequential([keras.Input((3,)), dense])
    dense.kernel.assign(START[:, None])
    optimizer = optimizer_class(0.01)
    model.compile(keras.optimizers.LossScaleOptimizer(optimizer, initial_scale=2.0**7), "mse")
    found = fit(model)
    assert dense.kernel.dtype == "float32"
    expected = box_path(optimizer, START, batch_gradient, STEPS)
    # the gradients have eleven bits
    assert moved(found, expected[-1]) < 0.02


def test_adam_in_float32_does_not_round_its_bias_corrections():
    """1 - 0.999 in float32 would make the first step 2e-5 too large."""
    variable = keras.Variable([0.0])
    Adam(0.5).apply([keras.ops.array([8.0])], [variable])
    np.testing.assert_allclose(variable.numpy(), [-0.5], rtol=1e-6)


@every_optimizer
@pytest.mark.parametrize(("dtype", "unit"), [("float16", 2.0**-11), ("bfloat16", 2.0**-8)])
@pytest.mark.parametrize("arguments", [{}, {"weight_decay": 0.1}], ids=str)
def test_variables_of_half_precision(optimizer_class, dtype, unit, arguments):
    """float16 has neither the square of 1e-5 nor of 300, bfloat16 has no 0.999: only θ is rounded to them."""
    optimizer = optimizer_class(0.01, **arguments)
    gradient = np.array([0.0, 1e-5, 1e-3, -1.0, 300.0])
    variable = keras.Variable(np.zeros(5), dtype=dtype)
    given = keras.ops.cast(gradient, dtype)
    for _ in range(STEPS):
        optimizer.apply([given], [variable])
    assert {each.dtype for each in optimizer.variables if each.shape == variable.shape} == {"float32"}
    optimizer.finalize_variable_values([variable])
    wide = keras.ops.convert_to_numpy(keras.ops.cast(given, "float64"))
    expected = path(optimizer_class(0.01, **arguments), np.zeros(5), lambda step, theta: wide, STEPS)[-1]
    found = keras.ops.convert_to_numpy(keras.ops.cast(variable, "float64"))
    np.testing.assert_allclose(found, expected, rtol=STEPS * unit, atol=1e-7)


@every_optimizer
def test_half_precision_with_averages_and_accumulated_gradients(optimizer_class):
    """Keras' averages and sums keep the dtype of the variables with which Keras mixes them."""
    arguments = {"gradient_accumulation_steps": 2, "use_ema": True, "ema_overwrite_frequency": 2}
    optimizer = optimizer_class(0.01, **arguments)
    variable = keras.Variable([0.0, 0.0], dtype="float16")
    for _ in range(STEPS):
        optimizer.apply([keras.ops.array([1e-3, 100.0], "float16")], [variable])
    optimizer.finalize_variable_values([variable])
    small, large = keras.ops.convert_to_numpy(variable)
    assert -0.2 < large < -1e-3 and -0.2 < small < -1e-3


@every_optimizer
def test_compiled_loop_of_ones_own_over_a_plain_variable(optimizer_class):
    optimizer = optimizer_class(0.01)
    variable = tf.Variable(START)
    optimizer.build([variable])

    @tf.function(jit_compile=True)
    def train(inputs, targets):
        with tf.GradientTape() as tape:
            loss = tf.reduce_mean((tf.linalg.matvec(inputs, variable) - targets) ** 2)
        optimizer.apply_gradients(zip(tape.gradient(loss, [variable]), [variable], strict=True))

    for step in range(STEPS):
        rows = slice(4 * step, 4 * step + 4)
        train(INPUTS[rows], TARGETS[rows, 0])
    optimizer.finalize_variable_values([variable])
    assert moved(variable.numpy(), box_path(optimizer, START, batch_gradient, STEPS)[-1]) < 1e-12
