"""The classifier of section 6-4: what it learns, what is kept of it, and when that is not used."""

import dataclasses
import json

import keras
import numpy as np
import pytest
import tensorflow as tf

from chapter6 import classifier
from chapter6.classifier import error_rate, lenet, perceptron, strided_lenet, train, trained_classifier
from chapter6.errors import InputError
from chapter6.mnist import Split, load_mnist
from chapter6.networks.training import predict, scale_pixels
from chapter6.progress import progress_bar


@pytest.fixture(scope="module")
def mnist(digits):
    return load_mnist(digits)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("classifier")


@pytest.fixture(scope="module")
def trained(mnist, folder):
    """A `lenet` trained for two epochs on 4,125 digits, and its accuracy."""
    return trained_classifier(mnist, folder, epochs=2)


@pytest.fixture
def never_trained(monkeypatch):
    """Have any training fail the test."""

    def refuse(*arguments, **options):
        raise AssertionError("trained again")

    monkeypatch.setattr(classifier, "train", refuse)


@pytest.fixture
def trainings(monkeypatch):
    """The list of trainings begun, of which none is done."""
    begun = []
    monkeypatch.setattr(classifier, "train", lambda *arguments, **options: begun.append(arguments))
    return begun


@pytest.mark.parametrize("build, features", [(lenet, 84), (strided_lenet, 120), (perceptron, 128)])
def test_networks_make_logits_and_name_their_last_hidden_layer(build, features):
    model = build()
    assert model.input_shape == (None, 28, 28)
    assert model.output_shape == (None, 10)
    assert model.layers[-1].activation is keras.activations.linear
    assert model.layers[-2].name == "features"
    assert model.layers[-2].output.shape == (None, features)


@pytest.mark.parametrize("build", [lenet, strided_lenet, perceptron])
def test_initial_weights_are_a_function_of_the_seed_and_differ_between_layers(build):
    first, same, other = (build(seed).get_weights() for seed in (0, 0, 1))
    kernels = [weights for weights in first if weights.ndim > 1]
    for one, two, three in zip(first, same, other, strict=True):
        assert np.array_equal(one, two)
        assert one.ndim == 1 or not np.array_equal(one, three)
    assert len({float(kernel.flat[0]) for kernel in kernels}) == len(kernels)


def test_two_epochs_teach_most_digits(trained, mnist):
    model, accuracy = trained
    assert accuracy > 0.9
    logits = model(scale_pixels(mnist.test.images)).numpy()
    assert accuracy == pytest.approx(np.mean(logits.argmax(axis=1) == mnist.test.labels), abs=1e-12)


def test_error_rate_counts_the_wrong(trained, mnist):
    images = scale_pixels(mnist.test.images[:50])
    predicted = predict(trained[0], images).argmax(axis=1)
    labels = np.where(np.arange(50) < 5, (predicted + 1) % 10, predicted)
    assert error_rate(trained[0], images, labels) == pytest.approx(0.1)


def test_what_is_kept_is_used(trained, mnist, folder, never_trained, capsys):
    model, accuracy = trained_classifier(mnist, folder, epochs=2)
    assert accuracy == trained[1]
    for one, two in zip(model.get_weights(), trained[0].get_weights(), strict=True):
        assert np.array_equal(one, two)
    assert capsys.readouterr() == ("", "")


def test_what_is_kept_opens_as_a_keras_model(trained, folder, mnist):
    (file,) = folder.glob("*.keras")
    images = scale_pixels(mnist.test.images[:5])
    np.testing.assert_allclose(keras.models.load_model(file)(images), trained[0](images), atol=1e-5)


def test_the_same_training_gives_the_same_bits(trained, mnist, tmp_path, capsys):
    again, accuracy = trained_classifier(mnist, tmp_path, epochs=2, progress_bar=progress_bar)
    assert accuracy == trained[1]
    for one, two in zip(again.get_weights(), trained[0].get_weights(), strict=True):
        assert np.array_equal(one, two)
    out, err = capsys.readouterr()
    assert out == ""
    assert err == "Training a classifier (lenet) on 4,125 digits.\n"


@pytest.mark.parametrize(
    "change",
    [{"seed": 1}, {"epochs": 3}, {"build": perceptron}, {"data": "other"}],
    ids=lambda each: str([*each]),
)
def test_what_was_trained_otherwise_is_not_used(trained, mnist, folder, trainings, change):
    options = {"epochs": 2} | change
    if options.pop("data", None):
        mnist = dataclasses.replace(mnist, fingerprint="0" * 16)
    kept = {path: path.read_bytes() for path in folder.iterdir()}
    trained_classifier(mnist, folder, **options)
    assert len(trainings) == 1
    new = set(folder.iterdir()) - set(kept)
    assert len(new) == 2
    for path in new:
        path.unlink()
    assert {path: path.read_bytes() for path in folder.iterdir()} == kept


@pytest.mark.parametrize("damage", ["cut", "changed", "no record", "broken record", "record of another"])
def test_what_is_damaged_is_trained_anew(trained, mnist, folder, tmp_path, trainings, damage):
    for path in folder.iterdir():
        (tmp_path / path.name).write_bytes(path.read_bytes())
    (weights,), (record,) = tmp_path.glob("*.keras"), tmp_path.glob("*.json")
    content = weights.read_bytes()
    if damage == "cut":
        weights.write_bytes(content[:-100])
    elif damage == "changed":
        middle = len(content) // 2
        weights.write_bytes(content[:middle] + bytes([content[middle] ^ 1]) + content[middle + 1 :])
    elif damage == "no record":
        record.unlink()
    elif damage == "broken record":
        record.write_text(record.read_text()[:-20])
    else:
        known = json.loads(record.read_text())
        known["settings"]["learning_rate"] = 1.0
        record.write_text(json.dumps(known))
    trained_classifier(mnist, tmp_path, epochs=2)
    assert len(trainings) == 1
    assert {path.name for path in tmp_path.iterdir()} == {weights.name, record.name}
    trained_classifier(mnist, tmp_path, epochs=2)
    assert len(trainings) == 1


def test_training_on_perturbed_images_sees_those(mnist):
    split = Split(mnist.train.images[:300], mnist.train.labels[:300])
    plain, unchanged, blank = perceptron(), perceptron(), perceptron()
    train(plain, split, epochs=2)
    train(unchanged, split, epochs=2, transform=lambda images, labels, step: images)
    train(blank, split, epochs=2, transform=lambda images, labels, step: 0.0 * images)
    first = [each.get_weights()[0] for each in (perceptron(), plain, unchanged, blank)]
    assert np.array_equal(first[1], first[2])
    assert not np.array_equal(first[0], first[1])
    # No ink, no gradient for the weights that ink is multiplied by.
    assert np.array_equal(first[0], first[3])


def test_steps_are_counted_and_progress_is_reported(mnist):
    split = Split(mnist.train.images[:300], mnist.train.labels[:300])
    seen, done = [], []

    def transform(images, labels, step):
        tf.py_function(lambda step: seen.append(int(step)), [step], [])
        return images

    train(perceptron(), split, epochs=3, transform=transform, on_execution_end=done.append)
    assert seen == [0, 1, 2, 3, 4, 5]
    assert done == [2, 4, 6]


def test_too_few_images_are_refused(mnist, tmp_path):
    few = dataclasses.replace(mnist, train=Split(mnist.train.images[:100], mnist.train.labels[:100]))
    with pytest.raises(InputError, match="at least 128 images, received 100"):
        trained_classifier(few, tmp_path)
    assert list(tmp_path.iterdir()) == []
