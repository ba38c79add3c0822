"""Networks of many shapes, trained side by side in one compiled loop on few, noisily labelled digits.

Networks that have the same hidden layers share their variables, [networks, inputs, outputs]. Adam works
element by element and the losses are summed, so that none notices the others.
"""

import sys
from dataclasses import dataclass

from chapter6.errors import InputError

# Updates in one compiled call, so that the progress bar moves and Ctrl-C is heard.
CALL = 50


@dataclass(frozen=True)
class Network:
    """What distinguishes one network from the others.

    Args:
        hidden: Units of each hidden layer; () is a linear classifier.
        digits: Training digits.
        noise: Share of the training labels that are replaced by one of the nine wrong digits.
        dropout: Share of the hidden units that each update leaves out.
        weight_decay: λ of the penalty λ/2 |W|^2, over all kernels, that is added to the loss.
    """

    hidden: tuple[int, ...]
    digits: int
    noise: float = 0.0
    dropout: float = 0.0
    weight_decay: float = 0.0


@dataclass(frozen=True)
class Training:
    """What the networks have in common.

    Args:
        steps: Updates after which the errors are measured, ascending.
        batch: Digits in a batch.
        learning_rate: Adam's.
        repetitions: Sets of digits, noise, initial weights and batches, each shared by all networks.
        seed: All that is random is a function of it.
    """

    steps: tuple[int, ...]
    batch: int
    learning_rate: float
    repetitions: int
    seed: int


def errors(networks, training, mnist):
    """Train every network in every repetition.

    Args:
        networks: Sequence of `Network`.
        training: `Training`.
        mnist: `chapter6.datasets.Mnist`.

    Returns:
        Two float64 arrays [steps measured, networks, repetitions] of shares of wrong answers: on the
        training digits, with the labels that the network was given; and on the test digits with labels as
        noisy, which is the generalization error.

    Raises:
        InputError: A network wants more digits than there are.
    """
    import keras
    import numpy as np
    import tensorflow as tf

    from chapter6.optimizers import Adam

    most = max(network.digits for network in networks)
    if most > len(mnist.train.labels):
        raise InputError(f"training digits must be at most all {len(mnist.train.labels)}, received {most}")
    shapes = list(dict.fromkeys(network.hidden for network in networks))
    groups = [_Group([n for n in networks if n.hidden == shape], training, mnist) for shape in shapes]
    variables = [[keras.Variable(values, dtype="float32") for values in group.starts()] for group in groups]
    flat = [variable for of_group in variables for variable in of_group]
    optimizer = Adam(training.learning_rate)
    optimizer.build(flat)
    pixels = tf.constant(mnist.train.images.reshape(-1, 784))
    chosen = [tf.constant(group.chosen) for group in groups]
    labels = [tf.constant(group.labels) for group in groups]

    @tf.function(jit_compile=True, autograph=False)
    def update(start, stop):
        def body(step):
            with tf.GradientTape() as tape:
                loss = tf.add_n(
                    [
                        group.loss(
                            [variable.value for variable in of_group],
                            tf.cast(tf.gather(pixels, images[step]), tf.float32) / 255,
                            wanted[step],
                            step,
                        )
                        for group, of_group, images, wanted in zip(
                            groups, variables, chosen, labels, strict=True
                        )
                    ]
                )
            optimizer.apply(tape.gradient(loss, [variable.value for variable in flat]), flat)
            return (step + 1,)

        tf.while_loop(lambda step: step < stop, body, (start,))

    measured = []
    for step, stop in _calls(training.steps):
        update(tf.constant(step), tf.constant(stop))
        if stop in training.steps:
            of_network = {}
            for group, of_group in zip(groups, variables, strict=True):
                of_network |= group.errors([variable.numpy() for variable in of_group], mnist)
            measured.append([of_network[network] for network in networks])
    # [steps, networks, repetitions, 2]
    return tuple(np.moveaxis(np.array(measured), -1, 0))


def _calls(steps):
    """Yield the first and the last update of every compiled call, with a bar on a terminal."""
    from rich.console import Console
    from rich.progress import track

    ends = sorted({*range(CALL, steps[-1], CALL), *steps})
    calls = list(zip([0, *ends], ends, strict=False))
    console = Console(file=sys.stderr)
    yield from track(calls, "training", console=console, transient=True, disable=not console.is_terminal)


class _Group:
    """The networks that have the same hidden layers, each of them once a repetition."""

    def __init__(self, networks, training, mnist):
        import numpy as np

        self.networks = networks
        self.training = training
        # One row a network and repetition, the repetitions of a network side by side.
        self.rows = [
            (network, repetition) for network in networks for repetition in range(training.repetitions)
        ]
        self.sets = [
            digits_of(network, repetition, training.seed, mnist) for network, repetition in self.rows
        ]
        # The same uniform numbers, for every network of a repetition, choose among its digits.
        uniform = [
            np.random.default_rng((training.seed, repetition, 1)).random((training.steps[-1], training.batch))
            for repetition in range(training.repetitions)
        ]
        positions = [(uniform[repetition] * network.digits).astype(int) for network, repetition in self.rows]
        # [steps, rows, batch]
        self.chosen, self.labels = (
            np.stack([each[part][at] for each, at in zip(self.sets, positions, strict=True)], axis=1).astype(
                "int32"
            )
            for part in (0, 1)
        )

    def starts(self):
        """Return Glorot-uniform kernels and zero biases, the same for all networks of a repetition."""
        import numpy as np

        sizes = (784, *self.networks[0].hidden, 10)
        starts = []
        for layer, (fan_in, fan_out) in enumerate(zip(sizes, sizes[1:], strict=False)):
            bound = np.sqrt(6 / (fan_in + fan_out))
            kernels = [
                np.random.default_rng((self.training.seed, repetition, 2, layer)).uniform(
                    -bound, bound, (fan_in, fan_out)
                )
                for _, repetition in self.rows
            ]
            starts += [np.stack(kernels), np.zeros((len(self.rows), 1, fan_out))]
        return starts

    def loss(self, weights, x, wanted, step):
        """Return the sum over the networks of the loss on a batch, x [rows, batch, 784]."""
        import numpy as np
        import tensorflow as tf

        rates = np.array([network.dropout for network, _ in self.rows], "float32")[:, None, None]
        decays = np.array([network.weight_decay for network, _ in self.rows], "float32")
        *hidden, last = zip(weights[::2], weights[1::2], strict=True)
        for layer, (kernel, bias) in enumerate(hidden):
            x = tf.nn.relu(x @ kernel + bias)
            if rates.any():
                # Philox gives the same numbers with and without XLA.
                seed = tf.stack([step, self.training.seed % 2**31 + layer])
                draws = tf.random.stateless_uniform(tf.shape(x), seed, alg="philox")
                x = tf.where(draws >= rates, x / (1 - rates), 0.0)
        logits = x @ last[0] + last[1]
        entropies = tf.nn.sparse_softmax_cross_entropy_with_logits(wanted, logits)
        total = tf.reduce_sum(tf.reduce_mean(entropies, axis=1))
        if decays.any():
            # J + λ/2 |W|^2
            squares = tf.add_n([tf.reduce_sum(kernel**2, axis=(1, 2)) for kernel in weights[::2]])
            total += tf.reduce_sum(decays / 2 * squares)
        return total

    def errors(self, weights, mnist):
        """Return for each network its [repetitions, 2] training and generalization errors."""
        import numpy as np

        test, test_labels = _pixels(mnist.test.images), mnist.test.labels
        rows = []
        for row, ((network, _), (chosen, labels)) in enumerate(zip(self.rows, self.sets, strict=True)):
            own = [each[row] for each in weights]
            training = np.mean(_answers(own, _pixels(mnist.train.images[chosen])) != labels)
            clean = np.mean(_answers(own, test) != test_labels)
            rows.append((training, with_noise(clean, network.noise)))
        of_network = np.reshape(rows, (len(self.networks), self.training.repetitions, 2))
        return dict(zip(self.networks, of_network, strict=True))


def digits_of(network, repetition, seed, mnist):
    """Return the training images of a network, as positions in `mnist.train`, and their noisy labels.

    A smaller set is the beginning of a larger one, and the labels that little noise makes wrong, much noise
    makes wrong in the same way.
    """
    import numpy as np

    random = np.random.default_rng((seed, repetition, 0))
    chosen = random.permutation(len(mnist.train.labels))
    wrong, shift = random.random(len(chosen)), random.integers(1, 10, len(chosen))
    labels = mnist.train.labels[chosen].astype(int)
    labels = np.where(wrong < network.noise, (labels + shift) % 10, labels)
    return chosen[: network.digits], labels[: network.digits]


def with_noise(error, noise):
    """Return the expected error on labels of which a share is replaced by one of the nine wrong digits.

    >>> with_noise(0.0, 0.2), round(with_noise(0.9, 0.2), 2)
    (0.2, 0.9)
    """
    # A right answer meets a wrong label with probability p; a wrong answer meets its own with p/9.
    return (1 - error) * noise + error * (1 - noise / 9)


def _pixels(images):
    return images.reshape(-1, 784).astype("float32") / 255


def _answers(weights, x):
    import numpy as np

    for kernel, bias in zip(weights[:-2:2], weights[1:-2:2], strict=True):
        x = np.maximum(x @ kernel + bias, 0)
    return np.argmax(x @ weights[-2] + weights[-1], axis=1)
