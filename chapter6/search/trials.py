"""Training one MNIST network with given hyperparameters, fast enough to do it hundreds of times.

Slide: 6-2, what grid search and random search repeat.
"""

from dataclasses import dataclass

import keras
import numpy as np
import tensorflow as tf

from chapter6.mnist import PIXELS
from chapter6.networks.training import epoch_batches, scale_pixels
from chapter6.seeds import child_seeds

CLASSES = 10
# Images that are classified at once.
CHUNK = 5000

DEFAULTS = {
    "learning_rate": 1e-3,
    "hidden_units": 100,
    "dropout": False,
    "weight_decay": 0.0,
    "hidden_layers": 1,
}
DROPOUT_RATE = 0.5
# For TensorBoard
DESCRIPTIONS = {
    "learning_rate": "Adam's learning rate",
    "hidden_units": "units of each hidden layer",
    "dropout": f"whether each update leaves out hidden units, a share of {DROPOUT_RATE}",
    "weight_decay": "λ of the penalty λ/2 |W|² on the kernels",
    "hidden_layers": "number of hidden layers",
    "validation_error": "share of the validation images that are classified wrongly, after each epoch",
    "validation_accuracy": "1 - validation_error after the last epoch",
    "training_error": "share of the training images that are classified wrongly",
    "training_loss": "mean cross-entropy of an epoch's batches, without the penalty",
    "diverged": "1 where the loss stopped being a finite number",
    "seconds": "time of the trial in seconds",
}


def checked(hyperparameters):
    """Return hyperparameters of `Trainer` with the `DEFAULTS` filled in.

    >>> checked({"hidden_units": 50})["learning_rate"]
    0.001

    Raises:
        ValueError: An unknown name, or a value outside its range.
    """
    unknown = set(hyperparameters) - set(DEFAULTS)
    if unknown:
        raise ValueError(f"a hyperparameter must be one of {', '.join(DEFAULTS)}, received {sorted(unknown)}")
    values = DEFAULTS | dict(hyperparameters)
    rules = {
        "learning_rate": ("a positive number", 0 < values["learning_rate"] < float("inf")),
        "hidden_units": ("at least 1", values["hidden_units"] >= 1),
        "weight_decay": ("a number of at least 0", 0 <= values["weight_decay"] < float("inf")),
        "hidden_layers": ("at least 1", values["hidden_layers"] >= 1),
    }
    for name, (rule, kept) in rules.items():
        if not kept:
            raise ValueError(f"{name} must be {rule}, received {values[name]}")
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


class Trainer:
    """Trains multilayer perceptrons on MNIST; those of one shape share a compiled program.

    Slide: 6-2, the run that a search does for each point of its space.

    784 -> hidden_units relu (hidden_layers times, each followed by dropout if it is switched on) -> 10
    logits. The loss is the cross-entropy plus weight_decay/2 times the kernels' squared norm; the optimizer
    is Adam.

    A program holds learning rate, weight decay and dropout as variables, so that only the shape of the
    network makes a new one. Even that is rounded up: a relu unit without weights stays without, since
    relu'(0) = 0, so that 50 hidden units are trained in the program for 64, the rest being zeros.

    Args:
        train: `Split` to train on.
        validation: `Split` for the validation error.
        batch_size: Images to a step; the last, smaller batch of an epoch is left out.

    Example:

    >>> from chapter6.mnist import load_mnist
    >>> mnist = load_mnist()
    >>> trainer = Trainer(mnist.train, mnist.validation)
    >>> trained = trainer({"learning_rate": 1e-3, "hidden_units": 20}, seed=0, epochs=1)
    >>> trained.validation_error < 0.5
    True
    """

    def __init__(self, train, validation, batch_size=128):
        if batch_size < 1:
            raise ValueError(f"batch_size must be at least 1, received {batch_size}")
        self.train, self.validation = train, validation
        self.batch_size = min(batch_size, len(train.images))
        self._train = _as_tensors(train)
        self._programs = {}

    def __call__(self, hyperparameters, seed, epochs, training_error=True):
        """Train one network; the result is a function of the arguments alone.

        Args:
            hyperparameters: Mapping with any of ``learning_rate``, ``hidden_units``, ``dropout`` (a switch,
                at a rate of 0.5), ``weight_decay`` and ``hidden_layers``; `DEFAULTS` stand in for the others.
            seed: int, of the initial weights, the order of the images and the dropped units.
            epochs: Passes over the training images.
            training_error: Whether to count the errors on the training images too, a quarter of an epoch's
                time.

        Returns:
            A `Trained`. Training that diverges stops, and its images count as wrong.

        Raises:
            ValueError: A hyperparameter that `checked` refuses, or less than one epoch.
        """
        values = checked(hyperparameters)
        if epochs < 1:
            raise ValueError(f"epochs must be at least 1, received {epochs}")
        program = self._program(values["hidden_units"], values["hidden_layers"])
        program.begin(values, seed)
        errors, losses, diverged = [], [], False
        while len(errors) < epochs and not diverged:
            batches = epoch_batches(seed, len(errors), len(self.train.images), self.batch_size)
            losses.append(float(program.epoch(*self._train, tf.constant(batches))))
            errors.append(program.error(self.validation))
            diverged = not np.isfinite(losses[-1])
        return Trained(
            validation_error=errors[-1],
            training_error=program.error(self.train) if training_error else None,
            validation_errors=tuple(errors),
            training_losses=tuple(losses),
            diverged=diverged,
            weights=program.weights(values["hidden_units"]),
        )

    def error(self, weights, split):
        """Return the share of a `Split` that a trained network, given by its weights, gets wrong."""
        program = self._program(weights[1].size, len(weights) // 2 - 1)
        program.set(weights)
        return program.error(split)

    def _program(self, units, layers):
        width = max(64, 1 << (units - 1).bit_length())
        if (width, layers) not in self._programs:
            self._programs[width, layers] = _Program(width, layers)
        return self._programs[width, layers]


def _as_tensors(split):
    return (
        tf.constant(split.images.reshape(-1, PIXELS)),
        tf.constant(split.labels.astype(np.int32)),
    )


class _Program:
    """The compiled training of networks of one shape."""

    def __init__(self, width, layers):
        sizes = [PIXELS, *[width] * layers, CLASSES]
        self._theta = []
        for inputs, outputs in zip(sizes[:-1], sizes[1:], strict=True):
            self._theta.append(tf.Variable(tf.zeros([inputs, outputs])))
            self._theta.append(tf.Variable(tf.zeros([outputs])))
        self._optimizer = keras.optimizers.Adam()
        self._optimizer.build(self._theta)
        self._weight_decay = tf.Variable(0.0)
        self._dropout = tf.Variable(False)
        self._seed = tf.Variable(0, dtype=tf.int64)

    def begin(self, values, seed):
        """Set hyperparameters, initial weights and the optimizer's state for a new training."""
        units, layers = values["hidden_units"], values["hidden_layers"]
        sizes = [PIXELS, *[units] * layers, CLASSES]
        weights = []
        for inputs, outputs, word in zip(sizes[:-1], sizes[1:], child_seeds(seed, layers + 1), strict=True):
            weights.append(keras.initializers.GlorotUniform(word)((inputs, outputs)))
            weights.append(np.zeros(outputs, np.float32))
        self.set(weights)
        for variable in self._optimizer.variables:
            variable.assign(tf.zeros_like(variable))
        self._optimizer.learning_rate = values["learning_rate"]
        self._weight_decay.assign(values["weight_decay"])
        self._dropout.assign(values["dropout"])
        self._seed.assign(seed)

    def set(self, weights):
        """Take the weights of a network that is not wider than this program, zeros for the rest."""
        for variable, weight in zip(self._theta, weights, strict=True):
            missing = [[0, n - m] for n, m in zip(variable.shape, weight.shape, strict=True)]
            variable.assign(np.pad(np.asarray(weight), missing))

    def weights(self, units):
        """Return copies of the weights, without what was only filled up."""
        cut = [weight.numpy() for weight in self._theta]
        for layer in range(0, len(cut) - 2, 2):
            cut[layer] = cut[layer][:, :units]
            cut[layer + 1] = cut[layer + 1][:units]
            cut[layer + 2] = cut[layer + 2][:units]
        return cut

    def error(self, split):
        """Return the share of a split's images that the network gets wrong."""
        wrong = 0
        for first in range(0, len(split.images), CHUNK):
            chunk = slice(first, first + CHUNK)
            labels = split.labels[chunk].astype(np.int32)
            wrong += int(self._wrong(split.images[chunk].reshape(-1, PIXELS), labels))
        return wrong / len(split.images)

    @tf.function(input_signature=[tf.TensorSpec([None, PIXELS], tf.uint8), tf.TensorSpec([None], tf.int32)])
    def _wrong(self, images, labels):
        z = self._logits(scale_pixels(images))
        # Logits that are not finite numbers name no class.
        finite = tf.reduce_all(tf.math.is_finite(z), axis=1)
        right = finite & (tf.argmax(z, axis=1, output_type=tf.int32) == labels)
        return tf.reduce_sum(tf.cast(~right, tf.int32))

    def _logits(self, h, drop=None):
        for layer in range(0, len(self._theta) - 2, 2):
            h = tf.nn.relu(h @ self._theta[layer] + self._theta[layer + 1])
            if drop is not None:
                h = drop(h, layer)
        return h @ self._theta[-2] + self._theta[-1]

    @tf.function(jit_compile=True)
    def epoch(self, images, labels, batches):
        """Train on batches, int32 indices [steps, batch_size]; return their mean loss.

        It ends early at a loss that is not finite, which is then what it returns.
        """
        steps = tf.shape(batches)[0]

        def drop(h, layer):
            def dropped():
                # One seed for each step and layer; XLA's own generator is slower on a CPU.
                seed = tf.stack([self._seed, tf.cast(self._optimizer.iterations, tf.int64) * 64 + layer])
                return tf.nn.experimental.stateless_dropout(h, DROPOUT_RATE, seed, rng_alg="threefry")

            return tf.cond(self._dropout, dropped, lambda: h)

        def finite(step, total):
            return (step < steps) & tf.math.is_finite(total)

        def train(step, total):
            x = scale_pixels(tf.gather(images, batches[step]))
            with tf.GradientTape() as tape:
                logits = self._logits(x, drop)
                loss = tf.reduce_mean(
                    tf.nn.sparse_softmax_cross_entropy_with_logits(tf.gather(labels, batches[step]), logits)
                )
                # weight_decay/2 ||W||², kernels only
                penalty = self._weight_decay * tf.add_n(
                    [tf.nn.l2_loss(kernel) for kernel in self._theta[::2]]
                )
                objective = loss + penalty
            self._optimizer.apply(tape.gradient(objective, self._theta), self._theta)
            return step + 1, total + loss

        return tf.while_loop(finite, train, [0, 0.0])[1] / tf.cast(steps, tf.float32)
