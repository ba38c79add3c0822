"""Training one MNIST network with given hyperparameters, fast enough to do it hundreds of times.

Slide: 6-2, what grid search and random search repeat.
"""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import keras
import numpy as np
import tensorflow as tf

from chapter6.language import _
from chapter6.mnist import PIXELS
from chapter6.networks.training import Trainer, epoch_batches, predict, scale_pixels
from chapter6.search.perceptron import CLASSES, DROPOUT_RATE, build_perceptron
from chapter6.seeds import child_seeds

# Images that are classified at once.
CHUNK = 5000
# Programs that are compiled at once, while others train
COMPILING = 2

DEFAULTS = {
    "learning_rate": 1e-3,
    "hidden_units": 100,
    "dropout": False,
    "weight_decay": 0.0,
    "hidden_layers": 1,
}
# For TensorBoard
DESCRIPTIONS = {
    "learning_rate": _("Adam's learning rate"),
    "hidden_units": _("units of each hidden layer"),
    "dropout": _("whether each update leaves out hidden units, a share of {rate}").format(rate=DROPOUT_RATE),
    "weight_decay": _("λ of the penalty λ/2 |W|² on the kernels"),
    "hidden_layers": _("number of hidden layers"),
    "validation_error": _("share of the validation images that are classified wrongly, after each epoch"),
    "validation_accuracy": _("1 - validation_error after the last epoch"),
    "training_error": _("share of the training images that are classified wrongly"),
    "training_loss": _("mean cross-entropy of an epoch's batches, without the penalty"),
    "diverged": _("1 where the loss stopped being a finite number"),
    "seconds": _("time of the trial in seconds"),
}


def checked(hyperparameters):
    """Return hyperparameters of `MLPTrainer` with the `DEFAULTS` filled in.

    >>> checked({"hidden_units": 50})["learning_rate"]
    0.001

    Raises:
        ValueError: An unknown name, or a value outside its range.
    """
    unknown = set(hyperparameters) - set(DEFAULTS)
    if unknown:
        message = _("a hyperparameter must be one of {names}, received {unknown}")
        raise ValueError(message.format(names=", ".join(DEFAULTS), unknown=sorted(unknown)))
    values = DEFAULTS | dict(hyperparameters)
    rules = {
        "learning_rate": (_("a positive number"), 0 < values["learning_rate"] < float("inf")),
        "hidden_units": (_("at least 1"), values["hidden_units"] >= 1),
        "weight_decay": (_("a number of at least 0"), 0 <= values["weight_decay"] < float("inf")),
        "hidden_layers": (_("at least 1"), values["hidden_layers"] >= 1),
    }
    for name, (rule, kept) in rules.items():
        if not kept:
            message = _("{name} must be {rule}, received {value}")
            raise ValueError(message.format(name=name, rule=rule, value=values[name]))
    return values


@dataclass(frozen=True)
class Trained:
    """What one training gave.

    Args:
        validation_error: Share of the validation images that the trained network gets wrong.
        training_error: The same of the training images, without dropout; None where it was not asked for.
        validation_errors: The validation error after each epoch; shorter where training diverged.
        training_losses: Mean loss of each epoch's batches, with dropout and without the penalty.
        diverged: Whether the loss stopped being a finite number.
        weights: The kernels and biases in Keras' order.
    """

    validation_error: float
    training_error: float | None
    validation_errors: tuple[float, ...]
    training_losses: tuple[float, ...]
    diverged: bool
    weights: list[np.ndarray]


class MLPTrainer:
    """Trains multilayer perceptrons on MNIST; those of one shape share a compiled program.

    Slide: 6-2, the run that a search does for each point of its space.

    784 -> hidden_units relu (hidden_layers times, each followed by dropout if it is switched on) -> 10
    logits. The loss is the cross-entropy plus weight_decay/2 times the kernels' squared norm; the optimizer
    is Adam.

    A program holds learning rate and weight decay as variables, so that only the shape of the network, and
    whether there are dropout and weight decay at all, make a new one. Even the shape can be rounded up: a
    relu unit without weights stays without, since relu'(0) = 0, so that 50 hidden units can be trained in the
    program for 64, the rest being zeros.

    Args:
        train: `Split` to train on.
        validation: `Split` for the validation error.
        batch_size: Images to a step; the last, smaller batch of an epoch is left out.

    Example:

    >>> from chapter6.mnist import load_mnist
    >>> mnist = load_mnist()
    >>> trainer = MLPTrainer(mnist.train, mnist.validation)
    >>> trained = trainer({"learning_rate": 1e-3, "hidden_units": 20}, seed=0, epochs=1)
    >>> trained.validation_error < 0.5
    True
    """

    def __init__(self, train, validation, batch_size=128):
        if batch_size < 1:
            raise ValueError(_("batch_size must be at least 1, received {size}").format(size=batch_size))
        self.train, self.validation = train, validation
        self.batch_size = min(batch_size, len(train.images))
        self._images = tf.constant(train.images.reshape(-1, PIXELS))
        self._labels = tf.constant(train.labels.astype(np.int32))
        # Scaled once, as they are classified after each epoch
        self._validation_images = _vectors(validation)
        self._weight_decay = keras.Variable(0.0, trainable=False)
        self._threads = ThreadPoolExecutor(COMPILING)
        self._trainers = {}

    def __call__(self, hyperparameters, seed, epochs, training_error=True, on_epoch_end=None, widths=()):
        """Train one network; the result is a function of the arguments alone.

        Args:
            hyperparameters: Mapping with any of ``learning_rate``, ``hidden_units``, ``dropout`` (a switch,
                at a rate of 0.5), ``weight_decay`` and ``hidden_layers``; `DEFAULTS` stand in for the others.
            seed: int, of the initial weights, the order of the images and the dropped units.
            epochs: Passes over the training images.
            training_error: Whether to count the errors on the training images too, a quarter of an epoch's
                time.
            on_epoch_end: Function of the epoch, counted from 0, a mapping of its ``validation_error`` and
                ``training_loss``, and the weights; training ends where it returns True.
            widths: The hidden units of all networks to be trained, where these are few: each has a program
                of its own, but for those below 64, which share the next one. Otherwise networks share the
                programs of 64, 128, 256, … The weights differ by the rounding of sums, with dropout by the
                units that are dropped.

        Returns:
            A `Trained`. Training that diverges stops, and its images count as wrong.

        Raises:
            ValueError: A hyperparameter that `checked` refuses, or less than one epoch.
        """
        values = checked(hyperparameters)
        if epochs < 1:
            raise ValueError(_("epochs must be at least 1, received {epochs}").format(epochs=epochs))
        self.compile([values], widths)
        trainer = self._trainers[_program(values, widths)].result()
        model = trainer.model
        trainer.reset(_padded(_initial_weights(values, seed), model, seed))
        trainer.optimizer.learning_rate = values["learning_rate"]
        self._weight_decay.assign(values["weight_decay"])
        errors, losses, diverged, stop = [], [], False, False
        while len(errors) < epochs and not diverged and not stop:
            batches = epoch_batches(seed, len(errors), len(self.train.images), self.batch_size)
            losses.append(float(trainer(self._images, self._labels, batches).mean()))
            errors.append(_error_rate(model, self._validation_images, self.validation.labels))
            diverged = not np.isfinite(losses[-1])
            if on_epoch_end:
                logs = {"validation_error": errors[-1], "training_loss": losses[-1]}
                stop = on_epoch_end(len(errors) - 1, logs, _without_padding(model, values["hidden_units"]))
        training_error = (
            _error_rate(model, _vectors(self.train), self.train.labels) if training_error else None
        )
        return Trained(
            validation_error=errors[-1],
            training_error=training_error,
            validation_errors=tuple(errors),
            training_losses=tuple(losses),
            diverged=diverged,
            weights=_without_padding(model, values["hidden_units"]),
        )

    def compile(self, variants, widths=()):
        """Begin to compile the programs of some hyperparameters; a training waits for its own.

        Args:
            variants: Sequence of mappings as `__call__` takes them.
            widths: As there.
        """
        for values in map(checked, variants):
            program = _program(values, widths)
            if program not in self._trainers:
                self._trainers[program] = self._threads.submit(self._compiled, program)

    def error(self, weights, split):
        """Return the share of a `Split` that a trained network, given by its weights, gets wrong."""
        model = build_perceptron(weights[1].size, len(weights) // 2 - 1)
        model.set_weights(weights)
        return _error_rate(model, _vectors(split), split.labels)

    def _compiled(self, program):
        *shape, penalty = program
        images = len(self.train.images)
        trainer = Trainer(
            build_perceptron(*shape, self._weight_decay if penalty else None),
            keras.optimizers.Adam(),
            transform=lambda images, labels, step: scale_pixels(images),
            steps_per_execution=images // self.batch_size,
            jit_compile=True,
            terminate_on_nan=True,
        )
        trainer(self._images, self._labels, epoch_batches(0, 0, images, self.batch_size), stop=0)
        return trainer


def _program(values, widths):
    """Return the shape of the network that some values are trained in, and whether it has a penalty."""
    least = max(64, values["hidden_units"])
    if widths:
        width = min((width for width in widths if width >= least), default=values["hidden_units"])
    else:
        width = 1 << (least - 1).bit_length()
    # What is off is left out: it would be a quarter of the time to compile, and part of each step's.
    return width, values["hidden_layers"], values["dropout"], values["weight_decay"] > 0


def _vectors(split):
    return scale_pixels(tf.constant(split.images.reshape(-1, PIXELS)))


def _error_rate(model, images, labels):
    """Return the share of images [n, 784] in [0, 1] that a network gets wrong."""
    logits = predict(model, images, CHUNK)
    # Logits that are not finite numbers name no class.
    right = np.isfinite(logits).all(axis=1) & (logits.argmax(axis=1) == labels)
    return float(np.mean(~right))


def _initial_weights(values, seed):
    """Return the kernels, Glorot's uniform ones, and the biases, zeros."""
    units, layers = values["hidden_units"], values["hidden_layers"]
    sizes = [PIXELS, *[units] * layers, CLASSES]
    weights = []
    for inputs, outputs, word in zip(sizes[:-1], sizes[1:], child_seeds(seed, layers + 1), strict=True):
        weights.append(np.asarray(keras.initializers.GlorotUniform(word)((inputs, outputs))))
        weights.append(np.zeros(outputs, np.float32))
    return weights


def _padded(weights, model, seed=0):
    """Return all weights of a model of `build_perceptron` that is at least as wide as a network's weights."""
    left, padded = iter(weights), []
    for variable in model.weights:
        if variable.trainable:
            weight = next(left)
            missing = [(0, n - m) for n, m in zip(variable.shape, weight.shape, strict=True)]
            padded.append(np.pad(weight, missing))
        else:
            # `SeededDropout`'s seed and step
            padded.append(np.int64(seed if variable.name == "seed" else 0))
    return padded


def _without_padding(model, units):
    """Return copies of a network's kernels and biases, without the units that were only filled up."""
    cut = [weight.numpy() for weight in model.trainable_variables]
    for layer in range(0, len(cut) - 2, 2):
        cut[layer] = cut[layer][:, :units]
        cut[layer + 1] = cut[layer + 1][:units]
        cut[layer + 2] = cut[layer + 2][:units]
    return cut
