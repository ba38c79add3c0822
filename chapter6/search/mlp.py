"""The multilayer perceptron that section 6-2 searches for, as a trial and as keras-tuner's `HyperModel`.

Slide: 6-2.
"""

import keras
import keras_tuner

from chapter6.mnist import PIXELS
from chapter6.search.perceptron import CLASSES, DROPOUT_RATE
from chapter6.search.spaces import declared_values
from chapter6.search.trials import MLPTrainer, checked
from chapter6.seeds import child_seeds


class MnistMLP(keras_tuner.HyperModel):
    """A perceptron on MNIST with the hyperparameters learning rate, hidden units, dropout and weight decay.

    Slide: 6-2, grid search and random search.

    Called with values it is a trial for `chapter6.search.GridSearch` and the others; it trains with
    `MLPTrainer`, which compiles a shape once. `build` makes the same network as a compiled Keras model, for
    keras-tuner's own tuners and ``model.fit``.

    Args:
        mnist: `chapter6.mnist.Mnist`, or anything with its splits and fingerprint.
        epochs: Passes over the training images.
        batch_size: Images to a step.
        seed: int, of the initial weights, the order of the images and the dropped units.

    Example:

    >>> from chapter6.mnist import load_mnist
    >>> mlp = MnistMLP(load_mnist(), epochs=2)
    >>> [sorted(epoch) for epoch in mlp({"learning_rate": 0.001, "hidden_units": 20})][0]
    ['training_loss', 'validation_error']
    """

    def __init__(self, mnist, epochs=3, batch_size=128, seed=0):
        super().__init__()
        self.mnist = mnist
        self.epochs = epochs
        self.batch_size = batch_size
        self.seed = seed
        self._trainer = MLPTrainer(mnist.train, mnist.validation, batch_size)

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

    def __call__(self, values, epochs=None):
        """Train with some values; return a list of metrics, a mapping for each epoch.

        Each has ``validation_error`` and ``training_loss``; the last has ``diverged`` besides, 1.0 where the
        loss stopped being a finite number.
        """
        trained = self._train(values, epochs)
        results = [
            {"validation_error": error, "training_loss": loss}
            for error, loss in zip(trained.validation_errors, trained.training_losses, strict=True)
        ]
        results[-1]["diverged"] = float(trained.diverged)
        return results

    def test_error(self, values, epochs=None):
        """Train with the winner's values once more, to the same weights; return the error on the test set."""
        return self._trainer.error(self._train(values, epochs).weights, self.mnist.test)

    def _train(self, values, epochs):
        return self._trainer(values, self.seed, epochs or self.epochs, training_error=False)

    def build(self, hp):
        """Return the compiled Keras model for keras-tuner's `HyperParameters`."""
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
