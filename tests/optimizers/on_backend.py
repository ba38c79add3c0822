"""The optimizers on the backend of KERAS_BACKEND; run by test_elsewhere.py in a process of its own."""

import tempfile
from pathlib import Path

import keras
import numpy as np

from tests.optimizers.runs import OPTIMIZERS, box_path, largest_error, path, problem

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


def fit(model, epochs=1):
    model.fit(INPUTS, TARGETS, batch_size=4, epochs=epochs, shuffle=False, verbose=0)
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
        model = linear_model(optimizer_class(0.05))
        model.train_on_batch(INPUTS[:4], TARGETS[:4])
        before = model.get_weights()[0]
        with model.optimizer.finalized():
            theta = model.get_weights()[0]
        np.testing.assert_array_equal(model.get_weights()[0], before)
        assert np.any(theta != before)

    scaled = keras.optimizers.LossScaleOptimizer(optimizer_class(0.05), initial_scale=8.0)
    expected = path(optimizer_class(0.05), START, batch_gradient, STEPS)[-1]
    np.testing.assert_allclose(fit(linear_model(scaled)), expected, rtol=0, atol=2e-5)


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder:
        for optimizer_class in OPTIMIZERS:
            check(optimizer_class, Path(folder))
    print("as the boxes on", keras.backend.backend())
