"""Training many networks of the same layers, one after the other, by one compiled loop."""

import time
from dataclasses import dataclass

import keras
import numpy as np
import tensorflow as tf

from chapter6.errors import RunError
from chapter6.gan.batches import batches
from chapter6.language import _
from chapter6.networks.tensors import as_tensor
from chapter6.networks.training import Trainer
from chapter6.transfer import changed_weights, frozen_features

# Updates in one compiled call, so that Ctrl-C waits about a second at most.
STEPS_PER_EXECUTION = 200
# Images whose features are computed at a time.
PART = 5000


class NetworkTrainer:
    """Trains networks that have the layers of `template`, by Adam on the cross-entropy.

    Args:
        template: A Keras model, inputs to logits. Which of its weights train is read here and now.
    """

    def __init__(self, template):
        # Not by XLA, whose convolutions are tens of times slower on a CPU.
        self._train = Trainer(template, keras.optimizers.Adam(), steps_per_execution=STEPS_PER_EXECUTION)

    def __call__(self, network, inputs, labels, batches):
        """Train a network in place.

        Args:
            network: Keras model with the layers of the template.
            inputs: Tensor [n, ...].
            labels: int32 tensor [n].
            batches: int32 array [updates, batch size] of indices.
        """
        self._train.reset(network.get_weights())
        self._train(inputs, labels, batches)
        network.set_weights(self._train.model.get_weights())


def batches_of(n, epochs, settings, seed):
    """Return the indices of all batches of a training on n images, [updates, batch]."""
    updates = max(settings.updates, -(-epochs * n // settings.batch))
    return batches(0, updates, min(settings.batch, n), n, seed)


def feature_tensor(layers, images):
    """Return the features that frozen layers make of images [n, ...], a tensor [n, ...]."""
    # In parts, or three copies of all features would exist for a moment.
    parts = [as_tensor(frozen_features(layers, images[i : i + PART])) for i in range(0, len(images), PART)]
    return tf.concat(parts, axis=0)


def check_changed_weights(name, network, start):
    """Check that training has changed the weights that are trainable, and no others.

    Args:
        name: The network's, for the message.
        network: Keras model.
        start: What ``network.get_weights()`` returned before the training.

    Raises:
        RunError: It has changed others.
    """
    trainable = tuple(weight.path for weight in network.trainable_weights)
    changed = changed_weights(network, start)
    if changed != trainable:
        raise RunError(
            _("{name}: training must change {trainable}, but changed {changed}"),
            name=_(name),
            trainable=", ".join(trainable),
            changed=", ".join(changed) or _("none"),
        )


@dataclass(frozen=True)
class Course:
    """What one training did: test accuracy in % and seconds of each epoch, and the test images there were."""

    accuracy: tuple[float, ...]
    seconds: tuple[float, ...]
    tested: int

    def error(self):
        """Return the standard error of the last accuracy as a share of so many images, in points."""
        share = self.accuracy[-1] / 100
        return 100 * (share * (1 - share) / self.tested) ** 0.5


class Batches(keras.utils.PyDataset):
    """Batches of inputs and labels, each gathered when it is needed.

    Args:
        inputs: Array [n, ...], or another object that an int array of rows can index, as `FeatureFile`.
        labels: int array [n].
        order: int array of rows; a row that is not in it is left out.
        batch_size: int; the last batch has what is left over.
    """

    def __init__(self, inputs, labels, order, batch_size):
        super().__init__()
        self._inputs, self._labels, self._order, self._batch_size = inputs, labels, order, batch_size

    def __len__(self):
        return -(-len(self._order) // self._batch_size)

    def __getitem__(self, index):
        """Return the inputs and the labels of a batch."""
        rows = self._order[index * self._batch_size : (index + 1) * self._batch_size]
        return self._inputs[rows], self._labels[rows]


class EpochProgress(keras.callbacks.Callback):
    """Calls `update` with the number of epochs done, with fractions, after each batch of an epoch.

    Args:
        done: int, the epochs done before this one.
        batches: int, the batches of this one.
        update: Function of a float.
    """

    def __init__(self, done, batches, update):
        super().__init__()
        self._done, self._batches, self._update = done, batches, update

    def on_train_batch_end(self, batch, logs=None):
        """Call `update`."""
        self._update(self._done + (batch + 1) / self._batches)


def fit(network, training, test, settings, seed, update, before=0):
    """Compile a network and fit it to images or features with their labels; return its `Course`.

    Args:
        network: Keras model, inputs to logits; it is trained in place.
        training: Inputs and labels as `Batches` takes them.
        test: As `training`; the accuracy on it is measured after each epoch.
        settings: `chapter6.section_6_5.published_setting.Settings`.
        seed: int; each epoch's order of the images is a function of it and of the epoch.
        update: Function of the number of epochs done, with fractions, called after each batch.
        before: int, the epochs done before this training.
    """
    network.compile(
        keras.optimizers.Adadelta(1.0, rho=0.95, epsilon=settings.epsilon),
        keras.losses.SparseCategoricalCrossentropy(from_logits=True),
        metrics=["accuracy"],
        # XLA's convolutions are tens of times slower on a CPU.
        jit_compile=False,
    )
    tested = len(test[1])
    test_batches = Batches(*test, np.arange(tested), batch_size=100)
    accuracy, seconds = [], []
    for epoch in range(settings.epochs):
        order = np.random.default_rng((seed, epoch)).permutation(len(training[1]))
        started = time.perf_counter()
        examples = Batches(*training, order, settings.batch)
        progress = EpochProgress(before + epoch, len(examples), update)
        network.fit(examples, shuffle=False, verbose=0, callbacks=[progress])
        seconds.append(time.perf_counter() - started)
        shares = network.evaluate(test_batches, verbose=0, return_dict=True)
        accuracy.append(100 * shares["accuracy"])
    return Course(tuple(accuracy), tuple(seconds), tested)
