"""The optimizers on the backend of KERAS_BACKEND; run by test_elsewhere.py in a process of its own.

Their twins too: a few cases, since JAX compiles each update that accumulates gradients.
"""

import tempfile
from pathlib import Path

import keras
import numpy as np

from tests.optimizers.runs import OPTIMIZERS, box_path, largest_error, path, problem, values
from tests.optimizers.twins import TWINS, check_twins, with_keras, with_the_box

STEPS = 12
INPUTS, TARGETS = np.random.default_rng(5).normal(size=(2, 4 * STEPS, 3)).astype("float32")
TARGETS = TARGETS[:, :1]
START = np.array([0.5, -0.25, 0.125], "float32")


def linear_model(optimizer):
    dense = keras.layers.Dense(1, use_bias=False)
    model = keras.Sequential([keras.Input((3,)), dense])
    dense.kernel.assign(START[:, None])
    model.compile(optimizer, "mse")
    return model


def batch_gradient(step, w):
    rows = slice(4 * (step % STEPS), 4 * (step % STEPS) + 4)
    return INPUTS[rows].T @ (INPUTS[rows] @ w - TARGETS[rows, 0]) / 2


def fit(model, epochs=1, **arguments):
    model.fit(INPUTS, TARGETS, batch_size=4, epochs=epochs, shuffle=False, verbose=0, **arguments)
    return model.get_weights()[0][:, 0]


def check(optimizer_class, folder):
    start, gradient = problem(2, steps=STEPS)
    start = start.astype("float32")
    found = path(optimizer_class(0.05), start, gradient, STEPS)
    start = start.astype("float64")
    assert largest_error(found, box_path(optimizer_class(0.05), start, gradient, STEPS)) < 1e-3

    for arguments in (
        {},
        {"weight_decay": 0.1, "clipnorm": 0.3},
        {"use_ema": True, "ema_momentum": 0.8, "ema_overwrite_frequency": 3},
        {"gradient_accumulation_steps": 2},
    ):
        expected = path(optimizer_class(0.05, **arguments), START, batch_gradient, STEPS)[-1]
        found = fit(linear_model(optimizer_class(0.05, **arguments)))
        np.testing.assert_allclose(found, expected, rtol=0, atol=2e-5, err_msg=f"{arguments}")

    model = linear_model(optimizer_class(0.05))
    fit(model)
    model.save(folder / "model.keras")
    loaded = keras.models.load_model(folder / "model.keras")
    assert type(loaded.optimizer) is optimizer_class
    np.testing.assert_array_equal(fit(model), fit(loaded))

    if hasattr(optimizer_class, "finalized"):
        whole = fit(linear_model(optimizer_class(0.05)), epochs=3)
        model = linear_model(optimizer_class(0.05))

        def evaluate(epoch, logs):
            with model.optimizer.finalized(model.trainable_variables):
                model.evaluate(INPUTS, TARGETS, verbose=0)

        callback = keras.callbacks.LambdaCallback(on_epoch_end=evaluate)
        np.testing.assert_array_equal(fit(model, epochs=3, callbacks=[callback]), whole)

    scaled = keras.optimizers.LossScaleOptimizer(optimizer_class(0.05), initial_scale=8.0)
    expected = path(optimizer_class(0.05), START, batch_gradient, STEPS)[-1]
    np.testing.assert_allclose(fit(linear_model(scaled)), expected, rtol=0, atol=2e-5)


def check_half_precision(optimizer_class):
    """float16 variables take the path of float32 ones, where the square of a gradient is 0 in float16."""
    ends = []
    for dtype in ("float16", "float32"):
        optimizer = optimizer_class(0.05)
        variable = keras.Variable([1.0], dtype=dtype)
        for _ in range(3):
            optimizer.apply([keras.ops.array([1e-4], dtype)], [variable])
        optimizer.finalize_variable_values([variable])
        assert variable.dtype == dtype
        ends.append(values(variable).astype("float32"))
    np.testing.assert_allclose(*ends, atol=5e-3)


def check_sparse(optimizer_class):
    """JAX's sparse gradient, in which row 2 stands twice, against the dense one."""
    from jax.experimental.sparse import BCOO

    ends = []
    for to_gradient in (lambda sparse: sparse, lambda sparse: sparse.todense()):
        optimizer = optimizer_class(0.05, weight_decay=0.1)
        variable = keras.Variable(np.ones((4, 2), "float32"))
        for step in range(3):
            data = np.arange(1.0, 7.0, dtype="float32").reshape(3, 2) + step
            gradient = BCOO((data, np.array([[0], [2], [2]])), shape=(4, 2))
            optimizer.apply([to_gradient(gradient)], [variable])
        optimizer.finalize_variable_values([variable])
        ends.append(values(variable))
    np.testing.assert_allclose(*ends, rtol=1e-6)


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder:
        for optimizer_class in OPTIMIZERS:
            check(optimizer_class, Path(folder))
            check_half_precision(optimizer_class)
            if keras.backend.backend() == "jax":
                check_sparse(optimizer_class)
    for name in TWINS:
        check_twins(with_keras(name), examples=2)
    check_twins(with_the_box(), examples=8)
    print("as the boxes on", keras.backend.backend())
