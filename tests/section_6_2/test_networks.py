"""The networks that capacity, one_hyperparameter and more_data train side by side."""

import keras
import numpy as np
import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from chapter6.errors import InputError
from chapter6.mnist import load_mnist
from chapter6.optimizers import Adam
from chapter6.section_6_2.networks import (
    Network,
    Training,
    batches_of,
    digits_of,
    errors,
    pooled,
    side_by_side,
    with_noise,
    without_noise,
)


@pytest.fixture(scope="module")
def mnist(digits):
    return load_mnist(digits)


TRAINING = Training(steps=(7, 60), batch=16, learning_rate=0.003, repetitions=2, seed=5)


def test_networks_train_as_keras_does(mnist):
    network = Network((12, 9), 150, noise=0.2, weight_decay=0.02)
    # The wider one makes the program wider than the network is.
    neighbours = [Network((15, 16), 300), network, Network((), 150), Network((12, 9), 150, 0.2, dropout=0.5)]
    training_errors, generalization = errors(neighbours, TRAINING, mnist)
    assert training_errors.shape == generalization.shape == (2, 4, 2)

    rows = [(network, repetition) for repetition in range(2)]
    sets = [digits_of(network, repetition, TRAINING.seed, mnist) for _, repetition in rows]
    batches, labels_of_batches = batches_of(rows, sets, TRAINING)
    initial = [weight for weight in side_by_side(rows, TRAINING, 49).get_weights() if weight.ndim == 3]
    for repetition in range(2):
        model = keras.Sequential(
            [keras.Input((49,))]
            + [
                # λ/2 |W|^2
                keras.layers.Dense(units, activation, kernel_regularizer=keras.regularizers.L2(0.02 / 2))
                for units, activation in ((12, "relu"), (9, "relu"), (10, None))
            ]
        )
        model.set_weights([values[repetition].squeeze() for values in initial])
        model.compile(Adam(0.003), keras.losses.SparseCategoricalCrossentropy(from_logits=True))
        pixels = pooled(mnist.train.images)
        for step in range(60):
            batch = batches[step, repetition]
            model.train_on_batch(pixels[batch], labels_of_batches[step, repetition])
            if step + 1 in TRAINING.steps:
                at = TRAINING.steps.index(step + 1)
                chosen, labels = digits_of(network, repetition, 5, mnist)
                wrong = model(pixels[chosen]).numpy().argmax(axis=1) != labels
                # A digit or two may lie so near a boundary that rounding decides.
                assert training_errors[at, 1, repetition] == pytest.approx(wrong.mean(), abs=2 / 150)
                test = pooled(mnist.test.images)
                wrong = (model(test).numpy().argmax(axis=1) != mnist.test.labels).mean()
                assert generalization[at, 1, repetition] == pytest.approx(with_noise(wrong, 0.2), abs=2 / 500)
    # It has learnt, and the repetitions differ.
    assert (training_errors[1, 1] < training_errors[0, 1]).all()
    assert training_errors[1, 1, 0] != training_errors[1, 1, 1]


def test_every_network_has_its_own_dropout_and_its_own_penalty():
    networks = [
        Network((20,), 50),
        Network((20,), 50, weight_decay=0.3),
        Network((20,), 50, dropout=0.5),
        Network((20,), 50, dropout=0.2, weight_decay=0.1),
    ]
    rows = [(network, repetition) for network in networks for repetition in range(2)]
    model = side_by_side(rows, TRAINING, 49)
    hidden, dropout, _ = model.layers
    x = np.random.default_rng(0).random((8, 16, 49)).astype("float32")
    units = hidden(x).numpy()
    kept = dropout(units, training=True).numpy() / np.maximum(units, 1e-9)
    model(x)
    w1, w2 = (weight.numpy().astype(float) for weight in model.trainable_weights[::2])
    penalty = 0.0
    for row, (network, _) in enumerate(rows):
        factors = np.unique(kept[row][units[row] > 1e-3].round(3))
        np.testing.assert_allclose(factors, [0, 1 / (1 - network.dropout)] if network.dropout else [1])
        penalty += network.weight_decay / 2 * ((w1[row] ** 2).sum() + (w2[row] ** 2).sum())
    assert float(sum(model.losses)) == pytest.approx(penalty, rel=1e-5)


def test_a_network_does_not_notice_the_others(mnist):
    # Which units are dropped hangs on a network's place among the others.
    network = Network((8,), 100, noise=0.1, weight_decay=0.01)
    alone = errors([network], TRAINING, mnist)
    among = errors([Network((8,), 200), Network((30,), 100), network], TRAINING, mnist)
    for one, other in zip(alone, among, strict=True):
        np.testing.assert_allclose(one[:, 0], other[:, 2], atol=2 / 100)


def test_the_same_seed_gives_the_same_errors_and_another_gives_others(mnist):
    networks = [Network((8,), 100, noise=0.2, dropout=0.5)]
    first, again = (errors(networks, TRAINING, mnist) for _ in range(2))
    np.testing.assert_array_equal(first, again)
    other = errors(networks, Training((7, 60), 16, 0.003, 2, seed=6), mnist)
    assert not np.array_equal(first, other)


def test_more_digits_than_there_are_is_bad_input(mnist):
    there = len(mnist.train.labels)
    with pytest.raises(InputError, match=f"at most all {there}, received {there + 1}"):
        errors([Network((8,), there + 1)], TRAINING, mnist)


def test_small_sets_begin_large_ones_and_noise_only_grows(mnist):
    few = digits_of(Network((), 100, 0.1), 0, 3, mnist)
    many = digits_of(Network((), 3000, 0.1), 0, 3, mnist)
    noisier = digits_of(Network((), 3000, 0.4), 0, 3, mnist)
    assert len(np.unique(many[0])) == 3000
    for one, other in zip(few, many, strict=True):
        np.testing.assert_array_equal(one, other[:100])
    right = mnist.train.labels[many[0]]
    for noise, (_, labels) in ((0.1, many), (0.4, noisier)):
        # Four standard deviations of a share of 3000
        assert (labels != right).mean() == pytest.approx(noise, abs=4 * np.sqrt(noise * (1 - noise) / 3000))
        assert labels.min() >= 0 and labels.max() <= 9
    wrong = many[1] != right
    np.testing.assert_array_equal(many[1][wrong], noisier[1][wrong])
    # The nine wrong digits are equally likely.
    shift = (noisier[1] - right)[noisier[1] != right] % 10
    assert np.bincount(shift, minlength=10)[1:].min() > 0.6 * len(shift) / 9
    assert not np.array_equal(digits_of(Network((), 100), 1, 3, mnist)[0], few[0])


@hypothesis_settings(deadline=None, derandomize=True, max_examples=50)
@given(st.integers(0, 60), st.integers(0, 9))
def test_the_expected_error_on_noisy_labels(wrong, tenths):
    # 60 digits and their answers, each with every one of the ten labels in the shares that noise gives them
    noise = tenths / 10
    answers = (np.arange(60) < wrong).astype(int)
    shares = np.full((60, 10), noise / 9)
    shares[:, 0] = 1 - noise
    expected = np.mean([1 - shares[digit, answer] for digit, answer in enumerate(answers)])
    assert with_noise(wrong / 60, noise) == pytest.approx(expected)
    # With nine tenths wrong the labels say nothing.
    if tenths < 9:
        assert without_noise(expected, noise) == pytest.approx(wrong / 60)


def test_a_task_has_the_first_digits_alone(mnist):
    chosen, labels = digits_of(Network((), 1000, 0.3, classes=3), 0, 3, mnist)
    right = mnist.train.labels[chosen]
    assert right.max() == 2 and set(labels) == {0, 1, 2}
    wrong = labels != right
    assert wrong.mean() == pytest.approx(0.3, abs=4 * np.sqrt(0.3 * 0.7 / 1000))
    # The two wrong digits are equally likely.
    shift = (labels - right)[wrong] % 3
    assert (shift == 1).mean() == pytest.approx(0.5, abs=4 * np.sqrt(0.25 / wrong.sum()))
    there = int((mnist.train.labels < 2).sum())
    with pytest.raises(InputError, match=f"at most all {there}, received {there + 1}"):
        errors([Network((8,), there + 1, classes=2)], TRAINING, mnist)


def test_an_easier_task_is_measured_on_its_own_digits(mnist):
    training = Training(steps=(200,), batch=16, learning_rate=0.01, repetitions=2, seed=5)
    networks = [Network((8,), 300, 0.2, classes=classes) for classes in (2, 10)]
    _training, generalization = errors(networks, training, mnist)
    # Nothing is below the noise; two digits are told apart nearly without an error.
    assert (generalization[0, 0] >= 0.2).all() and generalization[0, 0].max() < 0.25
    assert generalization[0, 1].min() > 0.27
