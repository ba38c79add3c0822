"""The compiled training against Keras' own, and against itself when it is used again."""

from types import SimpleNamespace

import keras
import keras_tuner
import numpy as np
import pytest
import tensorflow as tf

from chapter6.mnist import PIXELS, Split, load_mnist
from chapter6.search import DEFAULTS, MLPTrainer, MnistMLP, finite, uniform
from chapter6.seeds import child_seeds

ALL = {"learning_rate": 3e-3, "hidden_units": 40, "dropout": True, "weight_decay": 1e-3, "hidden_layers": 2}


@pytest.fixture(scope="module")
def mnist(digits):
    whole = load_mnist(digits)
    return whole.train.images[:600], whole.train.labels[:600], whole.validation


@pytest.fixture(scope="module")
def used(mnist):
    """A trainer that has trained before, in each of the programs that the tests use."""
    trainer = fresh(mnist)
    for layers in (1, 2):
        trainer({**ALL, "hidden_layers": layers, "hidden_units": 64}, seed=9, epochs=1)
    return trainer


def fresh(mnist):
    images, labels, validation = mnist
    return MLPTrainer(Split(images, labels), validation, batch_size=50)


def assert_same(one, other):
    assert one.validation_errors == other.validation_errors
    assert one.training_losses == other.training_losses
    assert one.training_error == other.training_error
    for weight, other_weight in zip(one.weights, other.weights, strict=True):
        assert np.array_equal(weight, other_weight)


@pytest.mark.parametrize("values", [{}, ALL])
def test_a_program_used_again_gives_what_a_fresh_one_gives(values, mnist, used):
    assert_same(used(values, seed=3, epochs=2), fresh(mnist)(values, seed=3, epochs=2))


def test_each_hyperparameter_and_the_seed_count(used):
    base = used(ALL, seed=0, epochs=1)
    others = {"learning_rate": 1e-3, "dropout": False, "weight_decay": 0.0, "hidden_units": 41}
    for name, value in others.items():
        assert used(ALL | {name: value}, seed=0, epochs=1).training_losses != base.training_losses
    assert used(ALL, seed=1, epochs=1).training_losses != base.training_losses


def test_training_is_that_of_the_keras_model(mnist, used):
    """The same batches through ``build``'s model, Keras' layers and loop: 40 units, not padded to 64."""
    images, labels, validation = mnist
    values = {**ALL, "dropout": False}
    trained = used(values, seed=5, epochs=2)

    mlp = MnistMLP(load_mnist_like(mnist), seed=5)
    model = mlp.build(_given(values))
    for epoch in range(2):
        order = np.random.default_rng([5, epoch]).permutation(600)
        for batch in order.reshape(12, 50):
            x = images[batch].reshape(-1, PIXELS) / np.float32(255)
            model.train_on_batch(x, labels[batch].astype(np.int32))
    for ours, keras_weight in zip(trained.weights, model.get_weights(), strict=True):
        # Float32 in other orders, over 24 updates of 3e-3.
        np.testing.assert_allclose(ours, keras_weight, atol=2e-4)
    z = model.predict_on_batch(validation.images.reshape(-1, PIXELS) / np.float32(255))
    assert trained.validation_error == pytest.approx(
        np.mean(z.argmax(axis=1) != validation.labels), abs=0.005
    )


def load_mnist_like(mnist):
    images, labels, validation = mnist
    return SimpleNamespace(train=Split(images, labels), validation=validation, test=validation)


def _given(values):
    given = keras_tuner.HyperParameters()
    for name, value in values.items():
        given.Fixed(name, value)
    return given


def test_weight_decay_is_half_the_squared_norm_of_the_kernels(mnist):
    values = {**ALL, "dropout": False}
    model = MnistMLP(load_mnist_like(mnist)).build(_given(values))
    kernels = [weight for weight in model.get_weights() if weight.ndim == 2]
    expected = values["weight_decay"] / 2 * sum(np.sum(kernel.astype(float) ** 2) for kernel in kernels)
    assert float(tf.add_n(model.losses)) == pytest.approx(expected, rel=1e-5)


def test_the_first_epoch_s_loss_is_that_of_the_initial_weights(mnist):
    """With a learning rate of almost nothing, the mean loss in NumPy, float64, of Keras' initial weights."""
    images, labels, _ = mnist
    trained = fresh(mnist)({"learning_rate": 1e-12, "hidden_units": 30}, seed=2, epochs=1)
    first, last = child_seeds(2, 2)
    w1 = np.asarray(keras.initializers.GlorotUniform(first)((PIXELS, 30)), float)
    w2 = np.asarray(keras.initializers.GlorotUniform(last)((30, 10)), float)
    z = np.maximum(images.reshape(-1, PIXELS) / 255 @ w1, 0) @ w2
    losses = np.log(np.exp(z).sum(axis=1)) - z[np.arange(600), labels]
    assert trained.training_losses[0] == pytest.approx(losses.mean(), rel=1e-5)


def test_dropout_drops_half_of_the_hidden_units_anew_in_each_step(mnist):
    """Without learning, the losses of a single image differ from step to step only by what is dropped."""
    images, labels, validation = mnist
    one = MLPTrainer(Split(images[:1], labels[:1]), validation, batch_size=1)
    still = {"learning_rate": 1e-12, "hidden_units": 64}
    losses = one({**still, "dropout": True}, seed=0, epochs=300).training_losses
    plain = one(still, seed=0, epochs=2).training_losses
    assert len(set(losses)) > 290 and len(set(plain)) == 1
    # Kept units are doubled, so that logits, and nearly the loss, keep their mean.
    assert np.mean(losses) == pytest.approx(plain[0], abs=5 * np.std(losses) / np.sqrt(300) + np.var(losses))


def test_a_diverged_training_ends_and_has_every_image_wrong(used):
    with np.errstate(all="ignore"):
        trained = used({"learning_rate": 1e30, "hidden_units": 50}, seed=0, epochs=5)
    assert trained.diverged and len(trained.validation_errors) < 5
    assert trained.validation_error == 1.0 and trained.training_error == 1.0
    # and nothing of it is left in the program
    assert used({"hidden_units": 50}, seed=0, epochs=2).validation_error < 0.6


def test_errors_are_counted_by_finished_weights(mnist, used):
    _, _, validation = mnist
    trained = used({"hidden_units": 50}, seed=0, epochs=2)
    w1, b1, w2, b2 = (weight.astype(float) for weight in trained.weights)
    assert (w1.shape, w2.shape) == ((PIXELS, 50), (50, 10))
    z = np.maximum(validation.images.reshape(-1, PIXELS) / 255 @ w1 + b1, 0) @ w2 + b2
    wrong = np.mean(z.argmax(axis=1) != validation.labels)
    assert trained.validation_error == pytest.approx(wrong, abs=1 / len(z))
    assert used.error(trained.weights, validation) == trained.validation_error


def test_trainings_of_one_rounded_shape_share_a_program(mnist, monkeypatch):
    """The loss's function is called once for each program, when TensorFlow traces it."""
    traced, loss = [], tf.nn.sparse_softmax_cross_entropy_with_logits

    def counted(*arguments):
        traced.append(1)
        return loss(*arguments)

    monkeypatch.setattr(tf.nn, "sparse_softmax_cross_entropy_with_logits", counted)
    trainer = fresh(mnist)
    for units, rate, weight_decay in ((50, 1e-3, 1e-3), (64, 1e-2, 1e-4), (33, 1e-4, 1e-2)):
        values = {"hidden_units": units, "learning_rate": rate, "weight_decay": weight_decay}
        trainer(values, seed=units, epochs=1)
    assert len(traced) == 1
    trainer({"hidden_units": 65}, seed=0, epochs=1)
    assert len(traced) == 2
    widths = (20, 50, 100, 200)
    for units in widths:
        trainer({"hidden_units": units}, seed=0, epochs=1, widths=widths)
    # The three that are smaller share the program of 100.
    assert len(traced) == 4


def test_padding_changes_the_weights_by_no_more_than_rounding(mnist, used):
    values = {**ALL, "dropout": False}
    padded, bare = (used(values, seed=5, epochs=2, widths=widths) for widths in ((), (40,)))
    for one, other in zip(padded.weights, bare.weights, strict=True):
        np.testing.assert_allclose(one, other, atol=2e-4)


@pytest.mark.parametrize(
    ("space", "widths"),
    [
        (finite(33, 40), (33, 40)),
        (finite(40, 90), (40, 90)),
        (finite(*range(33, 42)), ()),
        (uniform(33, 40, whole=True), ()),
    ],
    ids=["few", "shared", "nine", "many"],
)
def test_a_trial_is_padded_where_the_space_has_many_widths(space, widths, mnist, used):
    """Told apart by dropout, whose draws are a function of the width."""
    hp = _given({name: value for name, value in ALL.items() if name != "hidden_units"})
    space(hp, "hidden_units")
    mlp = MnistMLP(load_mnist_like(mnist), epochs=1, batch_size=50, seed=3)
    model = mlp.build(hp)
    mlp.fit(hp, model)
    expected = used({**ALL, "hidden_units": hp["hidden_units"]}, seed=3, epochs=1, widths=widths)
    for one, other in zip(model.get_weights()[:2], expected.weights, strict=False):
        assert np.array_equal(one, other)


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"learning_rate": 0.0}, "learning_rate must be a positive number, received 0.0"),
        ({"learning_rate": float("nan")}, "learning_rate must be a positive number, received nan"),
        ({"hidden_units": 0}, "hidden_units must be at least 1, received 0"),
        ({"weight_decay": -1e-3}, "weight_decay must be a number of at least 0, received -0.001"),
        ({"hidden_layers": 0}, "hidden_layers must be at least 1, received 0"),
        ({"units": 10}, r"received \['units'\]"),
    ],
)
def test_hyperparameters_out_of_range_are_refused(values, message, used):
    with pytest.raises(ValueError, match=message):
        used(values, seed=0, epochs=1)


def test_defaults_are_those_of_the_docstring_s_network():
    assert DEFAULTS == {
        "learning_rate": 1e-3,
        "hidden_units": 100,
        "dropout": False,
        "weight_decay": 0.0,
        "hidden_layers": 1,
    }


def test_the_best_trial_is_tested_without_training_it_again(mnist, monkeypatch):
    def searched():
        return MnistMLP(load_mnist_like(mnist), epochs=1, seed=5)

    mlp = searched()
    winner, loser, stopped = (_given({"hidden_units": units}) for units in (50, 3, 60))
    trained = [mlp.fit(given, mlp.build(given))["validation_error"] for given in (winner, loser)]
    assert trained[0] < trained[1]
    stop = keras.callbacks.LambdaCallback(on_epoch_end=lambda epoch, logs: setattr(model, "stop_training", 1))
    model = mlp.build(stopped)
    mlp.fit(stopped, model, epochs=2, callbacks=[stop])
    expected = [searched().test_error(given) for given in (winner, loser)]
    calls, train = [], MLPTrainer.__call__
    monkeypatch.setattr(
        MLPTrainer,
        "__call__",
        lambda *arguments, **options: calls.append(arguments) or train(*arguments, **options),
    )
    assert mlp.test_error(winner) == expected[0] and not calls
    assert mlp.test_error(loser) == expected[1] and len(calls) == 1
    assert mlp.test_error(winner, epochs=2) != expected[0] and len(calls) == 2
