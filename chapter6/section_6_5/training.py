"""Training many networks of the same layers, one after the other, by one compiled loop."""

import time

import keras

from chapter6.networks.training import Trainer

# Updates in one compiled call, so that Ctrl-C waits about a second at most.
STEPS_PER_EXECUTION = 200


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

        Returns:
            float, the seconds that the updates took.
        """
        self._train.reset(network.get_weights())
        # Not an update, but the trace, which is not to be timed.
        self._train(inputs, labels, batches, stop=0)
        started = time.perf_counter()
        self._train(inputs, labels, batches)
        seconds = time.perf_counter() - started
        network.set_weights(self._train.model.get_weights())
        return seconds
