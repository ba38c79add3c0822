"""The compiled training loop that all classifiers share."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from chapter6.networks.parallel import ParallelDense, ParallelDropout
from chapter6.networks.training import (
    Trainer,
    accuracies,
    cross_entropy,
    epoch_batches,
    predict,
    scale_pixels,
)

RNG = np.random.default_rng(0)
INPUTS = RNG.normal(size=(40, 4)).astype("float32")
LABELS = RNG.integers(3, size=40).astype("int32")
BATCHES = RNG.integers(40, size=(7, 5)).astype("int32")


def small_model():
    seeds = (keras.initializers.GlorotUniform(seed) for seed in (1, 2))
    hidden, logits = (
        keras.layers.Dense(units, activation, kernel_initializer=seed, kernel_regularizer="l2")
        for seed, units, activation in zip(seeds, (6, 3), ("relu", None), strict=True)
    )
    return keras.Sequential([keras.Input((4,)), hidden, logits])


def parallel_model(rows, batched=True):
    return keras.Sequential(
        [
            keras.Input(batch_shape=(rows, None, 4)) if batched else keras.Input((4,)),
            ParallelDense(6, rows, "relu", [keras.initializers.GlorotUniform(row) for row in range(rows)]),
            ParallelDense(3, rows, None, [keras.initializers.GlorotUniform(9 + row) for row in range(rows)]),
        ]
    )


@pytest.mark.parametrize("jit_compile", [False, True])
def test_training_is_what_keras_does(jit_compile):
    model, reference = small_model(), small_model()
    trainer = Trainer(model, keras.optimizers.Adam(0.01), steps_per_execution=3, jit_compile=jit_compile)
    losses = trainer(INPUTS, LABELS, BATCHES)
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    reference.compile(keras.optimizers.Adam(0.01), loss, jit_compile=False)
    expected = []
    for batch in BATCHES:
        expected.append(float(loss(LABELS[batch], reference(INPUTS[batch]))))
        reference.train_on_batch(INPUTS[batch], LABELS[batch])
    np.testing.assert_allclose(losses, expected, rtol=1e-5)
    for ours, theirs in zip(model.get_weights(), reference.get_weights(), strict=True):
        np.testing.assert_allclose(ours, theirs, atol=1e-5)


def test_each_parallel_network_trains_as_if_it_were_alone():
    batches = np.stack([BATCHES, BATCHES[::-1], BATCHES], axis=1)
    together = parallel_model(3)
    losses = Trainer(together, keras.optimizers.Adam(0.01))(INPUTS, LABELS, batches)
    assert losses.shape == (7, 3)
    for row in range(3):
        alone = keras.Sequential([keras.Input((4,)), keras.layers.Dense(6, "relu"), keras.layers.Dense(3)])
        w1, b1, w2, b2 = (weight[row] for weight in parallel_model(3).get_weights())
        alone.set_weights([w1, b1[0], w2, b2[0]])
        expected = Trainer(alone, keras.optimizers.Adam(0.01))(INPUTS, LABELS, batches[:, row])
        np.testing.assert_allclose(losses[:, row], expected, rtol=1e-4)


def test_networks_share_their_batches_or_have_labels_of_their_own():
    shared = Trainer(parallel_model(2, batched=False), keras.optimizers.SGD(0.1))
    own = Trainer(parallel_model(2), keras.optimizers.SGD(0.1))
    batches = np.stack([BATCHES, BATCHES], axis=1)
    expected = shared(INPUTS, LABELS, BATCHES)
    np.testing.assert_allclose(own(INPUTS, LABELS[batches], batches), expected, rtol=1e-5)
    wrong = LABELS[batches]
    wrong[:, 1] = (wrong[:, 1] + 1) % 3
    own.reset(parallel_model(2).get_weights())
    losses = own(INPUTS, wrong, batches)
    np.testing.assert_allclose(losses[:, 0], expected[:, 0], rtol=1e-5)
    assert not np.allclose(losses[:, 1], expected[:, 1])


def test_calls_go_on_and_reset_begins_anew_to_the_bit():
    trainer = Trainer(small_model(), keras.optimizers.Adam(0.01), steps_per_execution=2)
    start = trainer.model.get_weights()
    whole = trainer(INPUTS, LABELS, BATCHES)
    trainer.reset(start)
    assert len(trainer(INPUTS, LABELS, BATCHES, stop=0)) == 0
    parts = [trainer(INPUTS, LABELS, BATCHES, *ends) for ends in ((0, 3), (3, 4), (4, None))]
    np.testing.assert_array_equal(np.concatenate(parts), whole)


def test_progress_is_reported_after_each_compiled_call():
    trainer = Trainer(small_model(), keras.optimizers.SGD(), steps_per_execution=3)
    done = []
    trainer(INPUTS, LABELS, BATCHES, on_execution_end=done.append)
    assert done == [3, 6, 7]


def test_transform_sees_inputs_labels_and_the_step():
    def shifted(x, y, step):
        return x + tf.cast(y[:, None], tf.float32) + 0.5 * tf.cast(step, tf.float32)

    losses = Trainer(small_model(), keras.optimizers.SGD(0.0), transform=shifted)(INPUTS, LABELS, BATCHES)
    model = small_model()
    for step, batch in enumerate(BATCHES):
        logits = model(INPUTS[batch] + LABELS[batch][:, None] + 0.5 * step)
        assert losses[step] == pytest.approx(float(cross_entropy(LABELS[batch], logits)), rel=1e-5)


def test_dropout_counts_its_steps_and_reset_begins_them_anew():
    model = parallel_model(2, batched=False)
    model = keras.Sequential(
        [keras.Input((4,)), model.layers[0], ParallelDropout([0.5, 0.0], 1), model.layers[1]]
    )
    trainer = Trainer(model, keras.optimizers.SGD(0.0))
    start = model.get_weights()
    same_batch = np.tile(BATCHES[:1], (4, 1))
    losses = trainer(INPUTS, LABELS, same_batch)
    assert len(set(losses[:, 0])) == 4 and len(set(losses[:, 1])) == 1
    trainer.reset(start)
    np.testing.assert_array_equal(trainer(INPUTS, LABELS, same_batch), losses)


def test_training_terminates_on_nan_where_that_is_asked_for():
    def broken(x, y, step):
        return tf.where(step == 2, np.nan, x)

    for terminate, expected in ((True, 3), (False, len(BATCHES))):
        trainer = Trainer(
            keras.Sequential([keras.Input((4,)), keras.layers.Dense(3)]),
            keras.optimizers.SGD(),
            transform=broken,
            steps_per_execution=2,
            terminate_on_nan=terminate,
        )
        losses = trainer(INPUTS, LABELS, BATCHES)
        assert len(losses) == expected and np.isnan(losses[2]) and np.isfinite(losses[:2]).all()
        assert int(trainer.optimizer.iterations) == expected


def test_an_epoch_has_every_image_once_but_for_the_remainder():
    batches = epoch_batches(3, epoch=1, images=11, batch_size=3)
    assert batches.shape == (3, 3) and len(np.unique(batches)) == 9 and batches.dtype == np.int32
    np.testing.assert_array_equal(batches, epoch_batches(3, 1, 11, 3))
    assert not np.array_equal(batches, epoch_batches(3, 2, 11, 3))
    assert not np.array_equal(batches, epoch_batches(4, 1, 11, 3))


def test_predictions_in_batches_are_those_of_the_whole():
    for model in (small_model(), parallel_model(2), parallel_model(2, batched=False)):
        whole, parts = (predict(model, INPUTS, batch_size=size) for size in (40, 7))
        np.testing.assert_allclose(parts, whole, rtol=1e-5, atol=1e-6)
        right = whole.argmax(axis=-1) == LABELS
        np.testing.assert_allclose(accuracies(model, INPUTS, LABELS, 7), right.mean(axis=-1))


def test_pixels_are_scaled_to_one_in_float32():
    pixels = np.arange(256, dtype=np.uint8)
    expected = np.arange(256, dtype=np.float32) / np.float32(255)
    for scaled in (scale_pixels(pixels), scale_pixels(tf.constant(pixels)).numpy()):
        assert scaled.dtype == np.float32
        np.testing.assert_array_equal(scaled, expected)
