"""The multilayer perceptron that section 6-2 searches for, as a trial and as keras-tuner's `HyperModel`.

Slide: 6-2.
"""

import keras
import keras_tuner
from keras_tuner.engine.hyperparameters import Choice

from chapter6.mnist import PIXELS
from chapter6.search.perceptron import CLASSES, DROPOUT_RATE
from chapter6.search.spaces import declared_values
from chapter6.search.trials import MLPTrainer, checked
from chapter6.seeds import child_seeds

# Widths at most that are worth a program each
FEW = 8


class MnistMLP(keras_tuner.HyperModel):
    """A perceptron on MNIST with the hyperparameters learning rate, hidden units, dropout and weight decay.

    Slide: 6-2, grid search and random search.

    `build` makes the network as a compiled Keras model. `fit` trains it with `MLPTrainer`, whose programs are
    compiled once for a shape and then used by all trials; ``keras_tuner.HyperModel.fit`` in its place would
    train it with ``model.fit``.

    Args:
        mnist: `chapter6.mnist.Mnist`, or anything with its splits and fingerprint.
        epochs: Passes over the training images.
        batch_size: Images to a step.
        seed: int, of the initial weights, the order of the images and the dropped units.
        space: Mapping from names of hyperparameters to their distributions, see `chapter6.search.spaces`;
            `DEFAULTS` stand in for the others.

    Example:

    >>> import tempfile
    >>> import keras_tuner
    >>> from chapter6.mnist import load_mnist
    >>> from chapter6.search import RandomSearch, finite
    >>> mlp = MnistMLP(load_mnist(), epochs=1, space={"hidden_units": finite(20, 30)})
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     objective = keras_tuner.Objective("validation_error", "min")
    ...     tuner = RandomSearch(mlp, objective, max_trials=1, directory=folder)
    ...     tuner.search(verbose=0)
    ...     tuner.get_best_hyperparameters()[0]["hidden_units"] in (20, 30)
    True
    """

    def __init__(self, mnist, epochs=3, batch_size=128, seed=0, space=None):
        super().__init__()
        self.mnist = mnist
        self.epochs = epochs
        self.batch_size = batch_size
        self.seed = seed
        self.space = space or {}
        self._trainer = MLPTrainer(mnist.train, mnist.validation, batch_size)
        # The arguments and the `Trained` of the best trial that was trained here to its last epoch
        self._best = None

    @property
    def identity(self):
        """What the results hang on besides the hyperparameters, for a search's folder."""
        images = len(self.mnist.train.images)
        return {
            "epochs": self.epochs,
            "batch_size": self.batch_size,
            "images": images,
            "data": self.mnist.fingerprint,
        }

    def fit(self, hp, model, *args, epochs=None, callbacks=(), **kwargs):
        """Train the network of some values, from its initial weights to the last epoch.

        Args:
            hp: keras-tuner's `HyperParameters`.
            model: What `build` made of them; it gets the weights after each epoch.
            args, kwargs: Ignored; the images are those of `mnist`.
            epochs: Passes over the training images; None for the constructor's.
            callbacks: Keras' callbacks, called at the beginning and the end of training and of each epoch.

        Returns:
            dict with what was measured in the last epoch: ``validation_error``, ``training_loss`` and
            ``diverged``, 1.0 where the loss stopped being a finite number.
        """
        callbacks = keras.callbacks.CallbackList(list(callbacks), model=model)

        def on_epoch_end(epoch, logs, weights):
            model.set_weights(weights)
            callbacks.on_epoch_begin(epoch)
            callbacks.on_epoch_end(epoch, logs)
            return model.stop_training

        callbacks.on_train_begin()
        trained = self._train(hp, epochs, on_epoch_end)
        callbacks.on_train_end()
        if not model.stop_training and (
            self._best is None or trained.validation_error < self._best[1].validation_error
        ):
            self._best = self._arguments(hp, epochs), trained
        return {
            "validation_error": trained.validation_error,
            "training_loss": trained.training_losses[-1],
            "diverged": float(trained.diverged),
        }

    def test_error(self, hp, epochs=None):
        """Return the error on the test set of the network that has the winner's values.

        It is trained once more, to the same weights, unless it is the best one that `fit` has trained.
        """
        arguments, trained = self._best or (None, None)
        if arguments != self._arguments(hp, epochs):
            trained = self._train(hp, epochs)
        return self._trainer.error(trained.weights, self.mnist.test)

    def _arguments(self, hp, epochs):
        """Return what the training of the network of some values is a function of."""
        return declared_values(hp), self.seed, epochs or self.epochs

    def _train(self, hp, epochs, on_epoch_end=None):
        values, seed, epochs = self._arguments(hp, epochs)
        units = next((each for each in hp.space if each.name == "hidden_units"), None)
        widths = tuple(units.values) if isinstance(units, Choice) and len(units.values) <= FEW else ()
        variants = [values, *({**values, "hidden_units": width} for width in widths)]
        self._trainer.compile(variants, widths)
        options = {"training_error": False, "on_epoch_end": on_epoch_end, "widths": widths}
        return self._trainer(values, seed, epochs, **options)

    def build(self, hp):
        """Return the compiled Keras model for keras-tuner's `HyperParameters`."""
        for name, distribution in self.space.items():
            distribution(hp, name)
        values = checked(declared_values(hp))
        layers = [keras.Input((PIXELS,))]
        *seeds, last = child_seeds(self.seed, values["hidden_layers"] + 1)
        for seed in seeds:
            layers.append(_dense(values["hidden_units"], "relu", seed, values["weight_decay"]))
            if values["dropout"]:
                layers.append(keras.layers.Dropout(DROPOUT_RATE, seed=seed))
        layers.append(_dense(CLASSES, None, last, values["weight_decay"]))
        model = keras.Sequential(layers)
        model.compile(
            keras.optimizers.Adam(values["learning_rate"]),
            keras.losses.SparseCategoricalCrossentropy(from_logits=True),
            metrics=["accuracy"],
        )
        return model


def _dense(units, activation, seed, weight_decay):
    return keras.layers.Dense(
        units,
        activation,
        kernel_initializer=keras.initializers.GlorotUniform(seed),
        # Keras' L2 has no factor 1/2.
        kernel_regularizer=keras.regularizers.L2(weight_decay / 2) if weight_decay else None,
    )
