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


def test_variables_hold_the_interim_point_and_finalize_puts_theta_there(variable):
    optimizer = RMSPropNesterov(0.05)
    updates(optimizer, variable, range(STEPS))
    thetas = box(STEPS)
    velocity = thetas[-1] - thetas[-2]
    np.testing.assert_allclose(variable.numpy(), thetas[-1] + 0.9 * velocity, rtol=0, atol=1e-12)
    assert np.max(np.abs(velocity)) > 0.01
    for _ in range(2):
        optimizer.finalize_variable_values([variable])
        np.testing.assert_allclose(variable.numpy(), thetas[-1], rtol=0, atol=1e-12)


def test_finalized_at_every_step_it_shows_the_box_and_trains_on_to_the_bit(variable):
    optimizer = RMSPropNesterov(0.05)
    undisturbed = keras.Variable(START, dtype="float64")
    other = RMSPropNesterov(0.05)
    optimizer.build([variable])
    thetas = []
    for step in range(STEPS):
        updates(optimizer, variable, [step])
        updates(other, undisturbed, [step])
        with optimizer.finalized():
            thetas.append(variable.numpy())
        np.testing.assert_array_equal(variable.numpy(), undisturbed.numpy())
    np.testing.assert_allclose(thetas, box(STEPS), rtol=0, atol=1e-12)


def test_finalized_gives_the_interim_point_back_after_an_error_too(variable):
    optimizer = RMSPropNesterov(0.05)
    updates(optimizer, variable, range(3))
    before = variable.numpy()
    with pytest.raises(ZeroDivisionError), optimizer.finalized():
        1 / 0  # noqa: B018
    np.testing.assert_array_equal(variable.numpy(), before)


@pytest.mark.parametrize(("dtype", "epsilon"), [("float32", 2.0**-23), ("float64", 2.0**-52)])
def test_after_a_thousand_updates_theta_is_within_the_documented_rounding_of_the_box(dtype, epsilon):
    rng = np.random.default_rng(4)
    gradients = (rng.normal(size=(1000, 8)) * 10.0 ** rng.uniform(-3, 3, 8)).astype(dtype)
    start = rng.normal(size=8).astype(dtype)
    variable = keras.Variable(start, dtype=dtype)
    optimizer = RMSPropNesterov(0.01)
    optimizer.build([variable])
    rho, alpha, delta, e = (np.asarray(value, dtype) for value in (0.9, 0.9, 1e-6, optimizer.learning_rate))
    # The box's r and v in the variable's precision; θ, their sum, in float128.
    r, v, theta, largest = np.zeros_like(start), np.zeros_like(start), start.astype(np.longdouble), 0.0
    for g in gradients:
        optimizer.apply([tf.constant(g)], [variable])
        r = rho * r + (1 - rho) * (g * g)
        v = alpha * v - e / np.sqrt(delta + r) * g
        theta = theta + v
        largest = max(largest, np.abs(variable.numpy()).max())
    with optimizer.finalized():
        error = np.abs(variable.numpy() - theta).max()
    assert 0 < error <= 1000 * epsilon * largest
    # The bound is of the size of what is rounded, not far above it.
    assert error > 1e-3 * 1000 * epsilon * largest


def test_variables_without_a_gradient_are_not_touched():
    for gradients in ([[0.0], None], [None, [0.0]]):
        for alone in (True, False):
            a, b = keras.Variable([5.0]), keras.Variable([7.0])
            optimizer = RMSPropNesterov(0.05)
            optimizer.build([a, b])
            pairs = [(tf.constant(g), v) for g, v in zip(gradients, (a, b), strict=True) if g is not None]
            if alone:
                optimizer.apply(*map(list, zip(*pairs, strict=True)))
            else:
                with pytest.warns(UserWarning, match="Gradients do not exist"):
                    optimizer.apply([None if g is None else tf.constant(g) for g in gradients], [a, b])
            optimizer.apply([tf.constant([0.0])], [b])
            optimizer.finalize_variable_values([a, b])
            assert (float(a[0]), float(b[0])) == (5.0, 7.0)


def test_a_variable_that_rests_for_a_while_keeps_its_velocity(variable):
    other = keras.Variable([1.0], dtype="float64")
    optimizer = RMSPropNesterov(0.05)
    optimizer.build([variable, other])
    for step in range(STEPS):
        if step % 3 == 0:
            optimizer.apply([tf.constant([1.0], "float64")], [other])
        optimizer.apply([tf.constant(GRADIENT(step, variable.numpy()))], [variable])
    optimizer.finalize_variable_values([variable, other])
    np.testing.assert_allclose(variable.numpy(), box(STEPS)[-1], rtol=0, atol=1e-12)


def test_finalized_the_box_begins_again_with_v_0(variable):
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
    np.testing.assert_allclose(variable.numpy(), theta, rtol=0, atol=1e-12)
    assert np.max(np.abs(theta - box(STEPS)[-1])) > 1e-3


@pytest.mark.parametrize("updates_before", [0, 4])
@pytest.mark.parametrize("finalized", [False, True])
def test_weights_set_by_hand_are_what_training_goes_on_from(variable, updates_before, finalized):
    optimizer = RMSPropNesterov(0.05)
    optimizer.build([variable])
    updates(optimizer, variable, range(updates_before))
    if finalized:
        optimizer.finalize_variable_values([variable])
    variable.assign(START + 100.0)
    optimizer.apply([tf.constant(np.ones_like(START))], [variable])
    assert np.all(np.abs(variable.numpy() - (START + 100.0)) < 1.0)
    optimizer.finalize_variable_values([variable])
    assert np.all(np.abs(variable.numpy() - (START + 100.0)) < 1.0)


def small_model():
    keras.utils.set_random_seed(0)
    model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(4, "tanh"), keras.layers.Dense(1)])
    model.compile(RMSPropNesterov(0.02), "mse", jit_compile=False)
    return model


INPUTS = np.random.default_rng(1).normal(size=(24, 3)).astype("float32")


def fit(model, epochs):
    model.fit(INPUTS, INPUTS[:, :1] ** 2, batch_size=8, epochs=epochs, shuffle=False, verbose=0)
    return model.get_weights()


def test_an_output_that_has_no_loss_keeps_its_weights():
    inputs = keras.Input((3,))
    trained, idle = (keras.layers.Dense(1, name=name) for name in ("trained", "idle"))
    model = keras.Model(inputs, [trained(inputs), idle(inputs)])
    model.compile(RMSPropNesterov(0.02), loss=["mse", None], jit_compile=False)
    before = idle.get_weights()
    with pytest.warns(UserWarning, match="Gradients do not exist"):
        model.fit(INPUTS, [INPUTS[:, :1], INPUTS[:, :1]], epochs=2, verbose=0)
    for one, other in zip(before, idle.get_weights(), strict=True):
        np.testing.assert_array_equal(one, other)


def test_a_layer_frozen_and_set_between_two_fits_keeps_what_was_set():
    model = small_model()
    fit(model, 1)
    first, last = model.layers
    first.trainable = False
    first.set_weights([np.full_like(weight, 0.25) for weight in first.get_weights()])
    model.compile(model.optimizer, "mse", jit_compile=False)
    before = last.get_weights()
    fit(model, 1)
    assert all((weight == 0.25).all() for weight in first.get_weights())
    assert any((one != other).any() for one, other in zip(before, last.get_weights(), strict=True))


def test_training_goes_on_from_weights_that_a_callback_sets():
    model = small_model()

    class Setter(keras.callbacks.Callback):
        def on_epoch_end(self, epoch, logs=None):
            if epoch == 0:
                self.model.set_weights([np.full_like(weight, 9.0) for weight in self.model.get_weights()])

    model.fit(INPUTS, INPUTS[:, :1], batch_size=8, epochs=2, verbose=0, callbacks=[Setter()])
    assert all((np.abs(weight - 9) < 1).all() for weight in model.get_weights())


def test_training_goes_on_from_where_an_interrupted_fit_stopped():
    model = small_model()

    class Interrupt(keras.callbacks.Callback):
        def on_train_batch_end(self, batch, logs=None):
            if batch == 1:
                raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        model.fit(INPUTS, INPUTS[:, :1], batch_size=8, verbose=0, callbacks=[Interrupt()])
    model.set_weights([np.full_like(weight, 9.0) for weight in model.get_weights()])
    model.train_on_batch(INPUTS[:8], INPUTS[:8, :1])
    assert all((np.abs(weight - 9) < 1).all() for weight in model.get_weights())


def test_validation_within_fit_sees_the_interim_point_and_evaluate_theta():
    model = small_model()
    targets = INPUTS[:, :1] ** 2
    velocity = None

    class Velocity(keras.callbacks.Callback):
        def on_epoch_end(self, epoch, logs=None):
            nonlocal velocity
            velocity = self.model.get_weights()

    fitted = model.fit(
        INPUTS, targets, batch_size=8, validation_data=(INPUTS, targets), verbose=0, callbacks=[Velocity()]
    )
    after = model.evaluate(INPUTS, targets, verbose=0)
    model.set_weights(velocity)
    interim = model.evaluate(INPUTS, targets, verbose=0)
    assert fitted.history["val_loss"] == [pytest.approx(interim, rel=1e-6)]
    assert after != pytest.approx(interim, rel=1e-3)


def test_average_with_accumulated_gradients_is_as_with_rmsprop():
    arguments = {
        "use_ema": True,
        "ema_momentum": 0.5,
        "ema_overwrite_frequency": 2,
        "gradient_accumulation_steps": 2,
    }
    ends = []
    for optimizer in (
        RMSPropNesterov(0.1, momentum=0.0, epsilon=1e-7, **arguments),
        keras.optimizers.RMSprop(0.1, **arguments),
    ):
        variable = keras.Variable([1.0])
        for _ in range(8):
            optimizer.apply([2 * variable.value], [variable])
        ends.append(float(variable[0]))
    assert ends[0] == pytest.approx(ends[1], rel=1e-5)


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
    expected = box_path(optimizer, START, gradient, STEPS, delta=0.0)
    np.testing.assert_allclose(found, expected, rtol=0, atol=1e-12)
