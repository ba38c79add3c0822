"""Figure 6-8 between the updates: what the variables hold, and how training stops and goes on."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from chapter6.optimizers import RMSPropNesterov
from tests.optimizers.runs import box_path, path, problem
from tests.reference import rmsprop_nesterov

STEPS = 20
START, GRADIENT = problem(11, steps=STEPS)


def updates(optimizer, variable, steps):
    for step in steps:
        optimizer.apply([tf.constant(GRADIENT(step, variable.numpy()))], [variable])


def box(steps, **arguments):
    """θ after each step by the box."""
    rate = float(RMSPropNesterov(0.05).learning_rate)
    return rmsprop_nesterov(START, GRADIENT, steps, e=rate, **arguments)


@pytest.fixture
def variable():
    return keras.Variable(START, dtype="float64")


def test_variables_hold_the_interim_point_and_finalize_puts_theta_back(variable):
    optimizer = RMSPropNesterov(0.05)
    updates(optimizer, variable, range(STEPS))
    thetas = box(STEPS)
    velocity = thetas[-1] - thetas[-2]
    np.testing.assert_allclose(variable.numpy(), thetas[-1] + 0.9 * velocity, rtol=0, atol=1e-12)
    assert np.max(np.abs(velocity)) > 0.01
    optimizer.finalize_variable_values([variable])
    np.testing.assert_array_equal(variable.numpy(), thetas[-1])
    optimizer.finalize_variable_values([variable])
    np.testing.assert_array_equal(variable.numpy(), thetas[-1])


def test_resumed_at_every_step_it_is_the_box_to_the_bit(variable):
    optimizer = RMSPropNesterov(0.05)
    thetas = []
    for step in range(STEPS):
        updates(optimizer, variable, [step])
        optimizer.finalize_variable_values([variable])
        thetas.append(variable.numpy())
        optimizer.resume_variable_values()
        optimizer.resume_variable_values()
    np.testing.assert_array_equal(thetas, box(STEPS))


def test_resume_before_the_first_update_changes_nothing(variable):
    optimizer = RMSPropNesterov(0.05)
    optimizer.build([variable])
    optimizer.resume_variable_values()
    np.testing.assert_array_equal(variable.numpy(), START)
    updates(optimizer, variable, range(STEPS))
    optimizer.finalize_variable_values([variable])
    np.testing.assert_array_equal(variable.numpy(), box(STEPS)[-1])


def test_finalized_and_not_resumed_the_box_begins_again_with_v_0(variable):
    optimizer = RMSPropNesterov(0.05)
    updates(optimizer, variable, range(8))
    optimizer.finalize_variable_values([variable])
    updates(optimizer, variable, range(8, STEPS))
    optimizer.finalize_variable_values([variable])

    rate, rho, alpha, delta = float(optimizer.learning_rate), 0.9, 0.9, 1e-6
    theta, r, v = START, np.zeros_like(START), np.zeros_like(START)
    for step in range(STEPS):
        v = np.zeros_like(v) if step == 8 else v
        g = GRADIENT(step, theta + alpha * v)
        r = rho * r + (1 - rho) * (g * g)
        v = alpha * v - rate / np.sqrt(delta + r) * g
        theta = theta + v
    np.testing.assert_array_equal(variable.numpy(), theta)
    assert np.max(np.abs(theta - box(STEPS)[-1])) > 1e-3


@pytest.mark.parametrize("updates_before", [0, 4])
def test_weights_loaded_while_finalized_are_trained_on(variable, updates_before):
    """Also those loaded after the optimizer was built and before its first update."""
    optimizer = RMSPropNesterov(0.05)
    optimizer.build([variable])
    updates(optimizer, variable, range(updates_before))
    optimizer.finalize_variable_values([variable])
    variable.assign(START + 100.0)
    optimizer.apply([tf.constant(np.ones_like(START))], [variable])
    optimizer.finalize_variable_values([variable])
    assert np.all(np.abs(variable.numpy() - (START + 100.0)) < 1.0)


def test_theta_clipped_by_hand_between_finalize_and_resume(variable):
    optimizer = RMSPropNesterov(0.05)
    updates(optimizer, variable, range(6))
    optimizer.finalize_variable_values([variable])
    clipped = np.clip(variable.numpy(), -0.1, 0.1)
    variable.assign(clipped)
    interim = clipped + 0.9 * (box(6)[-1] - box(6)[-2])
    optimizer.resume_variable_values()
    np.testing.assert_allclose(variable.numpy(), interim, rtol=0, atol=1e-12)
    optimizer.finalize_variable_values([variable])
    np.testing.assert_array_equal(variable.numpy(), clipped)


def small_model():
    keras.utils.set_random_seed(0)
    model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(4, "tanh"), keras.layers.Dense(1)])
    model.compile(RMSPropNesterov(0.02), "mse", jit_compile=False)
    return model


INPUTS = np.random.default_rng(1).normal(size=(24, 3)).astype("float32")


def fit(model, epochs):
    model.fit(INPUTS, INPUTS[:, :1] ** 2, batch_size=8, epochs=epochs, shuffle=False, verbose=0)
    return model.get_weights()


def test_two_fits_are_one_when_resumed_in_between():
    whole = fit(small_model(), 4)
    model = small_model()
    fit(model, 1)
    model.optimizer.resume_variable_values()
    parts = fit(model, 3)
    for one, other in zip(whole, parts, strict=True):
        np.testing.assert_array_equal(one, other)
    model = small_model()
    fit(model, 1)
    not_resumed = fit(model, 3)
    assert any(np.any(one != other) for one, other in zip(whole, not_resumed, strict=True))


def test_validation_within_fit_sees_the_interim_point_and_evaluate_theta():
    model = small_model()
    targets = INPUTS[:, :1] ** 2
    history = model.fit(INPUTS, targets, batch_size=8, validation_data=(INPUTS, targets), verbose=0).history
    after = model.evaluate(INPUTS, targets, verbose=0)
    model.optimizer.resume_variable_values()
    interim = model.evaluate(INPUTS, targets, verbose=0)
    assert history["val_loss"] == [pytest.approx(interim, rel=1e-6)]
    assert after != pytest.approx(interim, rel=1e-3)


def test_finalized_in_the_middle_of_an_accumulation(variable):
    """The gradients of one update, half of them taken before `finalize`: the update still begins at θ."""
    optimizer = RMSPropNesterov(0.05, gradient_accumulation_steps=2)
    ones = tf.constant(np.ones_like(START))
    for _ in range(5):
        optimizer.apply([ones], [variable])
    optimizer.finalize_variable_values([variable])
    theta = variable.numpy()
    optimizer.apply([ones], [variable])
    optimizer.finalize_variable_values([variable])
    step = theta - variable.numpy()
    assert np.all((step > 0) & (step < 0.05 / np.sqrt(1 - 0.9**3) + 1e-6))


def test_without_momentum_variables_always_hold_theta(variable):
    optimizer = RMSPropNesterov(0.05, momentum=0.0)
    updates(optimizer, variable, range(STEPS))
    np.testing.assert_array_equal(variable.numpy(), box(STEPS, alpha=0.0)[-1])


def test_the_slide_itself_with_delta_0(variable):
    def gradient(step, theta):
        return GRADIENT(step, theta) + 0.01

    optimizer = RMSPropNesterov(0.05, epsilon=0.0)
    found = path(optimizer, START, gradient, STEPS)
    np.testing.assert_array_equal(found, box_path(optimizer, START, gradient, STEPS, delta=0.0))
