"""Figure 6-8 between the updates: what the variables hold, and how training stops and goes on."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from chapter6.optimizers import RMSPropNesterov
from tests.optimizers.runs import box_path, largest_error, path, problem
from tests.reference import rmsprop_nesterov

STEPS = 20
START, GRADIENT = problem(11, steps=STEPS)
INPUTS = np.random.default_rng(1).normal(size=(24, 3)).astype("float32")
# a sum in another order, in float64
CLOSE = {"rtol": 0, "atol": 1e-13}


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
    np.testing.assert_allclose(variable.numpy(), thetas[-1] + 0.9 * velocity, **CLOSE)
    assert np.max(np.abs(velocity)) > 0.01
    optimizer.finalize_variable_values([variable])
    theta = variable.numpy()
    np.testing.assert_allclose(theta, thetas[-1], **CLOSE)
    optimizer.finalize_variable_values([variable])
    np.testing.assert_array_equal(variable.numpy(), theta)


def test_finalized_shows_theta_and_training_goes_on_to_the_bit(variable):
    optimizer = RMSPropNesterov(0.05)
    undisturbed = path(RMSPropNesterov(0.05), START, GRADIENT, STEPS)
    points, thetas = [], []
    for step in range(STEPS):
        points.append(variable.numpy())
        updates(optimizer, variable, [step])
        with optimizer.finalized([variable]):
            thetas.append(variable.numpy())
            variable.assign(np.zeros_like(START))
    np.testing.assert_array_equal(points, undisturbed[:-1])
    np.testing.assert_allclose(thetas, box(STEPS), **CLOSE)


def test_finalized_ends_after_an_exception_too(variable):
    optimizer = RMSPropNesterov(0.05)
    updates(optimizer, variable, range(3))
    before = [each.numpy() for each in (variable, *optimizer.variables)]
    with pytest.raises(KeyboardInterrupt), optimizer.finalized([variable]):
        raise KeyboardInterrupt
    for value, each in zip(before, (variable, *optimizer.variables), strict=True):
        np.testing.assert_array_equal(each.numpy(), value)


@pytest.mark.parametrize("arguments", [{}, {"use_ema": True, "ema_momentum": 0.8}], ids=str)
def test_finalized_holds_what_finalize_puts_into_the_variables(variable, arguments):
    optimizer = RMSPropNesterov(0.05, **arguments)
    updates(optimizer, variable, range(5))
    with optimizer.finalized([variable]):
        held = variable.numpy()
    optimizer.finalize_variable_values([variable])
    np.testing.assert_array_equal(variable.numpy(), held)


@pytest.mark.parametrize("built", [False, True])
def test_finalize_before_the_first_update_changes_nothing(variable, built):
    optimizer = RMSPropNesterov(0.05)
    if built:
        optimizer.build([variable])
    with optimizer.finalized([variable]):
        np.testing.assert_array_equal(variable.numpy(), START)
    optimizer.finalize_variable_values([variable])
    np.testing.assert_array_equal(variable.numpy(), START)
    updates(optimizer, variable, range(STEPS))
    optimizer.finalize_variable_values([variable])
    np.testing.assert_allclose(variable.numpy(), box(STEPS)[-1], **CLOSE)


def test_after_finalize_the_box_begins_again_with_v_0(variable):
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
    np.testing.assert_allclose(variable.numpy(), theta, **CLOSE)
    assert np.max(np.abs(theta - box(STEPS)[-1])) > 1e-3


@pytest.mark.parametrize("finalized", [False, True])
@pytest.mark.parametrize("updates_before", [0, 4])
def test_what_is_put_into_the_variables_is_trained_on(variable, updates_before, finalized):
    optimizer = RMSPropNesterov(0.05)
    optimizer.build([variable])
    updates(optimizer, variable, range(updates_before))
    if finalized:
        optimizer.finalize_variable_values([variable])
    variable.assign(START + 100.0)
    optimizer.apply([tf.constant(np.ones_like(START))], [variable])
    optimizer.finalize_variable_values([variable])
    assert np.all(np.abs(variable.numpy() - (START + 100.0)) < 1.0)


def test_variables_without_a_gradient_stay_as_they_are():
    variables = [keras.Variable([start], dtype="float64") for start in (5.0, 7.0, 9.0)]
    a, b, c = variables
    optimizer = RMSPropNesterov(0.05)
    optimizer.build(variables)
    g = tf.constant([1.0], "float64")
    optimizer.apply([g], [a])
    with pytest.warns(UserWarning, match="Gradients do not exist"):
        optimizer.apply([g, None], [a, b])
    assert (a.numpy() < 5, b.numpy(), c.numpy()) == (True, 7.0, 9.0)
    after_two_updates = a.numpy()
    optimizer.apply([g], [c])
    optimizer.finalize_variable_values([b, c])
    assert (a.numpy(), b.numpy()) == (after_two_updates, 7.0)
    optimizer.finalize_variable_values([a, b])
    path_of_a = rmsprop_nesterov(
        np.array([5.0]), lambda step, theta: 1.0, 2, e=float(optimizer.learning_rate)
    )
    np.testing.assert_allclose(a.numpy(), path_of_a[-1], **CLOSE)
    assert b.numpy() == 7.0


def test_only_the_variables_it_was_built_with_are_finalized(variable):
    stranger = keras.Variable(START, dtype="float64")
    optimizer = RMSPropNesterov(0.05)
    updates(optimizer, variable, range(3))
    with optimizer.finalized([stranger, variable]):
        np.testing.assert_allclose(variable.numpy(), box(3)[-1], **CLOSE)
        np.testing.assert_array_equal(stranger.numpy(), START)


def test_two_arrays_a_variable_are_kept(variable):
    optimizer = RMSPropNesterov(0.05)
    optimizer.build([variable])
    assert sum(each.shape == variable.shape for each in optimizer.variables) == 2
    assert len(optimizer.variables) == 4


@pytest.mark.parametrize("rate", [1e-4, 1e-2])
@pytest.mark.parametrize(("dtype", "bound"), [("float32", 1.2e-5), ("float64", 2.2e-14)])
def test_theta_is_the_boxs_to_rounding_over_1000_steps(dtype, bound, rate):
    """The bound of the docstring, on gradients that do not depend on θ."""
    random, size, steps = np.random.default_rng(8), 100, 1000
    gradients = random.normal(size=(steps, size)) + random.normal(size=size)
    gradients = (gradients * 10.0 ** random.uniform(-4, 2, size)).astype(dtype)
    start = random.normal(size=size).astype(dtype)
    optimizer = RMSPropNesterov(rate)
    variable = keras.Variable(start, dtype=dtype)
    optimizer.build([variable])

    @tf.function
    def train(gradients):
        largest = tf.abs(variable.value)
        for gradient in gradients:
            optimizer.apply([gradient], [variable])
            largest = tf.maximum(largest, tf.abs(variable.value))
        return largest

    largest = train(tf.constant(gradients)).numpy()
    optimizer.finalize_variable_values([variable])
    given = gradients.astype("float64")
    e = float(optimizer.learning_rate)
    theta = rmsprop_nesterov(start.astype("float64"), lambda step, _: given[step], steps, e=e)[-1]
    error = np.max(np.abs(variable.numpy() - theta) / largest)
    assert bound / 100 < error < bound


def small_model():
    keras.utils.set_random_seed(0)
    model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(4, "tanh"), keras.layers.Dense(1)])
    model.compile(RMSPropNesterov(0.02), "mse", jit_compile=False)
    return model


def fit(model, epochs, **arguments):
    targets = INPUTS[:, :1] ** 2
    return model.fit(INPUTS, targets, batch_size=8, epochs=epochs, shuffle=False, verbose=0, **arguments)


def test_evaluated_at_theta_by_a_callback_fit_goes_on_to_the_bit():
    whole = small_model()
    fit(whole, 3)
    model, at_theta = small_model(), []

    def evaluate(epoch, logs):
        with model.optimizer.finalized(model.trainable_variables):
            at_theta.append(model.get_weights())

    fit(model, 3, callbacks=[keras.callbacks.LambdaCallback(on_epoch_end=evaluate)])
    for one, other, last in zip(whole.get_weights(), model.get_weights(), at_theta[-1], strict=True):
        np.testing.assert_array_equal(one, other)
        np.testing.assert_array_equal(one, last)


def test_validation_within_fit_sees_the_interim_point_and_evaluate_theta():
    model, targets, interim = small_model(), INPUTS[:, :1] ** 2, []
    keep = keras.callbacks.LambdaCallback(
        on_epoch_end=lambda epoch, logs: interim.extend(model.get_weights())
    )
    history = fit(model, 1, validation_data=(INPUTS, targets), callbacks=[keep]).history
    after = model.evaluate(INPUTS, targets, verbose=0)
    model.set_weights(interim)
    assert history["val_loss"] == [pytest.approx(model.evaluate(INPUTS, targets, verbose=0), rel=1e-6)]
    assert history["val_loss"] != [pytest.approx(after, rel=1e-3)]


def test_weights_set_after_an_interrupted_fit_are_trained_on():
    model = small_model()

    def interrupt(batch, logs):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        fit(model, 1, callbacks=[keras.callbacks.LambdaCallback(on_train_batch_end=interrupt)])
    others = [weights + 10 for weights in model.get_weights()]
    model.set_weights(others)
    fit(model, 1)
    for weights, other in zip(model.get_weights(), others, strict=True):
        assert np.all(np.abs(weights - other) < 1)


def test_weights_set_in_a_frozen_layer_stay():
    model = small_model()
    fit(model, 1)
    first, last = model.layers
    ones = [np.ones_like(weights) for weights in first.get_weights()]
    first.trainable = False
    first.set_weights(ones)
    model.compile(model.optimizer, "mse", jit_compile=False)
    before = last.get_weights()
    fit(model, 1)
    for weights, one in zip(first.get_weights(), ones, strict=True):
        np.testing.assert_array_equal(weights, one)
    assert all(np.all(one != other) for one, other in zip(before, last.get_weights(), strict=True))


def test_an_output_without_a_loss_keeps_its_weights():
    inputs = keras.Input((3,))
    with_loss, without = keras.layers.Dense(1), keras.layers.Dense(2, kernel_constraint="max_norm")
    model = keras.Model(inputs, [with_loss(inputs), without(inputs)])
    model.compile(RMSPropNesterov(0.02), ["mse", None], jit_compile=False)
    before = without.get_weights()
    with pytest.warns(UserWarning, match="Gradients do not exist"):
        model.fit(INPUTS, [INPUTS[:, :1], INPUTS[:, :2]], verbose=0)
    for one, other in zip(before, without.get_weights(), strict=True):
        np.testing.assert_array_equal(one, other)


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


@pytest.mark.parametrize(
    ("constraint", "project"),
    [
        (keras.constraints.NonNeg(), lambda w: np.maximum(w, 0)),
        (keras.constraints.MaxNorm(1.0), lambda w: w * min(1, 1 / np.linalg.norm(w))),
    ],
    ids=["NonNeg", "MaxNorm"],
)
def test_constraint_holds_for_theta_and_the_interim_point(variable, constraint, project):
    """What leads out of the constraint is taken from v. Keras' MaxNorm is off by 1e-7."""
    variable.constraint = constraint
    variable.assign(project(START))
    optimizer = RMSPropNesterov(0.05)
    theta = interim = project(START)
    r, v = np.zeros_like(START), np.zeros_like(START)
    projected = 0
    for step in range(STEPS):
        np.testing.assert_allclose(variable.numpy(), interim, rtol=0, atol=1e-5)
        with optimizer.finalized([variable]):
            np.testing.assert_allclose(variable.numpy(), theta, rtol=0, atol=1e-5)
            np.testing.assert_allclose(variable.numpy(), project(variable.numpy()), rtol=0, atol=1e-6)
        updates(optimizer, variable, [step])
        g = GRADIENT(step, interim)
        r = 0.9 * r + (1 - 0.9) * (g * g)
        v = 0.9 * v - float(optimizer.learning_rate) / np.sqrt(1e-6 + r) * g
        theta = project(theta + v)
        interim = project(theta + 0.9 * v)
        projected += np.any(interim != theta + 0.9 * v)
        v = (interim - theta) / 0.9
    assert projected > 3


def test_without_momentum_variables_always_hold_theta(variable):
    optimizer = RMSPropNesterov(0.05, momentum=0.0)
    updates(optimizer, variable, range(STEPS))
    np.testing.assert_array_equal(variable.numpy(), box(STEPS, alpha=0.0)[-1])


def test_the_slide_itself_with_delta_0():
    def gradient(step, theta):
        return GRADIENT(step, theta) + 0.01

    optimizer = RMSPropNesterov(0.05, epsilon=0.0)
    found = path(optimizer, START, gradient, STEPS)
    assert largest_error(found, box_path(optimizer, START, gradient, STEPS, delta=0.0)) < 1e-9
