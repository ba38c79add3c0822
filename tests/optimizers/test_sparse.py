"""Sparse gradients: rows without a gradient follow the box with g = 0, and rows named twice are added up."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from tests.optimizers.runs import OPTIMIZERS, box_path, path, problem

STEPS = 15
ROWS, WIDTH = 5, 2
every_optimizer = pytest.mark.parametrize("optimizer_class", OPTIMIZERS)


def sparse_problem():
    """Each step names three rows out of five, one of them perhaps twice."""
    start, gradient = problem(3, size=ROWS * WIDTH, steps=STEPS)
    named = np.random.default_rng(4).integers(0, ROWS, size=(STEPS, 3))

    def parts(step, theta):
        return gradient(step, theta.ravel()).reshape(ROWS, WIDTH)[named[step]] + 0.01

    def dense(step, theta):
        total = np.zeros((ROWS, WIDTH))
        np.add.at(total, named[step], parts(step, theta))
        return total

    return start.reshape(ROWS, WIDTH), named, parts, dense


@every_optimizer
@pytest.mark.parametrize("run", [None, tf.function, lambda f: tf.function(f, jit_compile=True)])
def test_indexed_slices(optimizer_class, run):
    start, named, parts, dense = sparse_problem()
    assert any(len(set(rows)) < 3 for rows in named)
    optimizer = optimizer_class(0.05)
    variable = keras.Variable(start, dtype="float64")
    optimizer.build([variable])

    def update(values, rows):
        slices = tf.IndexedSlices(values, rows, dense_shape=tf.constant([ROWS, WIDTH], tf.int64))
        optimizer.apply([slices], [variable])

    update = run(update) if run else update
    for step in range(STEPS):
        update(tf.constant(parts(step, variable.numpy())), tf.constant(named[step]))
    optimizer.finalize_variable_values([variable])
    expected = box_path(optimizer, start, dense, STEPS)[-1]
    np.testing.assert_allclose(variable.numpy(), expected, rtol=0, atol=1e-12)


@every_optimizer
@pytest.mark.parametrize(
    "arguments",
    [{"global_clipnorm": 0.1}, {"weight_decay": 0.1}, {"gradient_accumulation_steps": 3}, {"use_ema": True}],
    ids=lambda arguments: next(iter(arguments)),
)
def test_indexed_slices_of_different_rows_with(optimizer_class, arguments):
    start, gradient = problem(3, size=ROWS * WIDTH, steps=STEPS)
    start = start.reshape(ROWS, WIDTH)
    rows = np.array([0, 3])

    def dense(step, theta):
        g = gradient(step, theta.ravel()).reshape(ROWS, WIDTH)
        return np.where(np.isin(np.arange(ROWS), rows)[:, None], g, 0.0)

    optimizer = optimizer_class(0.05, **arguments)
    variable = keras.Variable(start, dtype="float64")
    for step in range(STEPS):
        values = tf.constant(dense(step, variable.numpy())[rows])
        optimizer.apply([tf.IndexedSlices(values, rows, tf.constant([ROWS, WIDTH], tf.int64))], [variable])
    optimizer.finalize_variable_values([variable])
    expected = path(optimizer_class(0.05, **arguments), start, dense, STEPS)[-1]
    np.testing.assert_allclose(variable.numpy(), expected, rtol=0, atol=1e-12)


@every_optimizer
@pytest.mark.parametrize("jit_compile", [False, True])
def test_embedding_layer(optimizer_class, jit_compile):
    """The rows that no batch names: at rest, or (Adam) moved on by what they saw before."""
    embedding = keras.layers.Embedding(6, 2)
    model = keras.Sequential([keras.Input((3,), dtype="int32"), embedding, keras.layers.Flatten()])
    optimizer = optimizer_class(0.05)
    model.compile(optimizer, "mse", jit_compile=jit_compile)
    tokens = np.array([[0, 1, 1], [2, 0, 1]])
    before = embedding.embeddings.numpy()
    model.fit(tokens, np.ones((2, 6)), epochs=3, verbose=0)
    after = embedding.embeddings.numpy()
    assert np.all(before[3:] == after[3:])
    assert np.all(before[:3] != after[:3])

    def gradient(step, theta):
        total = np.zeros_like(theta)
        np.add.at(total, tokens, (theta[tokens] - 1) / 6)
        return total

    expected = box_path(optimizer, before.astype("float64"), gradient, 3)[-1]
    np.testing.assert_allclose(after, expected, rtol=0, atol=1e-5)
