"""Transfer learning: layers that were learnt on one task, carried over to another (section 6-5).

A network for transfer is two Keras models one after the other: feature layers, which are carried over, and
classification layers, which answer the task's own question. `join` puts them together, `carry_over` starts
the network of a new task, `frozen_features` makes training behind frozen layers cheap, and `moved` tells
which weights training has changed.
"""

import keras
import numpy as np


def join(features, classification):
    """Make a network of feature layers and the classification layers behind them.

    Slide: 6-5, claim 6-5.a.

    The rule, with x the input::

        f(x) = g(φ(x; w); v)

    `features` is φ with the weights w, `classification` is g with the weights v. In the network they are
    ``layers[0]`` and ``layers[1]``, and share their weights with what was given.

    Args:
        features: Keras model, inputs [n, ...] to features [n, ...].
        classification: Keras model, features [n, ...] to logits or probabilities [n, classes].

    Returns:
        A `keras.Sequential`.

    Example:

    >>> features = keras.Sequential([keras.Input((4,)), keras.layers.Dense(3, "relu")])
    >>> network = join(features, keras.Sequential([keras.Input((3,)), keras.layers.Dense(2)]))
    >>> network.output_shape
    (None, 2)
    """
    return keras.Sequential([features, classification])


def carry_over(source, classification, *, frozen):
    """Start a network for a new task with the feature layers that another task has taught.

    Slide: 6-5, claim 6-5.a: "what was learnt in one setting is used to improve generalization in another".

    The rule, with w* the weights that the source task has led to and v those of `classification`::

        w ← w*,  v ← v;     training then changes v only (frozen), or w and v (fine-tuned)

    `source` holds w*. It stays as it is: the new network has a copy of its feature layers.

    Args:
        source: A network of `join`, trained on the source task.
        classification: Keras model, features [n, ...] to the new task's logits; it is used, not copied, and
            so may be the source's own ``layers[1]`` where that is to go on training.
        frozen: bool, whether training leaves the feature layers as they are.

    Returns:
        A network of `join`. Its feature layers, ``layers[0]``, are trainable or not, as `frozen` says.

    Raises:
        ValueError: `source` is not made of feature layers and classification layers.

    Example:

    >>> features = keras.Sequential([keras.Input((4,)), keras.layers.Dense(3, "relu")])
    >>> source = join(features, keras.Sequential([keras.Input((3,)), keras.layers.Dense(2)]))
    >>> new = keras.Sequential([keras.Input((3,)), keras.layers.Dense(5)])
    >>> target = carry_over(source, new, frozen=True)
    >>> moved(target.layers[0], source.layers[0].get_weights()), len(target.trainable_weights)
    ((), 2)

    References:
        Goodfellow, Bengio and Courville, *Deep Learning* (2016), section 15.2. Yosinski, Clune, Bengio and
        Lipson (2014), How transferable are features in deep neural networks?

    Differs from Keras:
        Nothing is hidden of ``layer.trainable``, which has a trap: Keras 3 reads it when a compiled model
        trains for the first time and never again. Set later, it changes ``model.trainable_weights`` but not
        what ``fit`` and ``train_on_batch`` do, without a word, until the model is compiled anew. Here it is
        set before the network can have been compiled; to thaw it later, set it and call ``compile`` again.
    """
    layers = getattr(source, "layers", ())
    if len(layers) != 2 or not all(isinstance(layer, keras.Model) for layer in layers):
        raise ValueError(
            f"source must be feature layers and classification layers, two models joined, received {source}"
        )
    features = keras.models.clone_model(layers[0])
    features.set_weights(layers[0].get_weights())
    features.trainable = not frozen
    return join(features, classification)


def frozen_features(features, inputs, batch_size=500):
    """Compute once what frozen feature layers make of inputs, to train the classification layers on it.

    Slide: 6-5, claim 6-5.a.

    The rule, with L the loss of an example (x, y)::

        L(g(φ(x; w); v), y) = L(g(h; v), y),  h = φ(x; w)

    Training that leaves w as it is sees the same h whenever it sees x. Training g on h is therefore not an
    approximation: every update of v is that of the whole network, at the price of g alone. `features` is φ,
    `inputs` holds the x, the result the h.

    That needs φ to be the same function at each step: frozen, and without dropout or noise, which freezing
    does not stop. Put dropout at the head of the classification layers; the network is the same.

    Args:
        features: Keras model that is frozen.
        inputs: Array [n, ...].
        batch_size: Inputs at a time; bounds the memory, changes nothing else.

    Returns:
        NumPy array [n, ...] of the features.

    Raises:
        ValueError: `features` can be trained or holds random layers, or there are no inputs.

    Example:

    >>> features = keras.Sequential([keras.Input((4,)), keras.layers.Rescaling(1 / 255)])
    >>> features.trainable = False
    >>> frozen_features(features, np.full((2, 4), 255)).tolist()
    [[1.0, 1.0, 1.0, 1.0], [1.0, 1.0, 1.0, 1.0]]

    Differs from Keras:
        ``features.predict(inputs)`` gives the same without the checks.
    """
    if features.trainable_weights:
        names = ", ".join(weight.path for weight in features.trainable_weights)
        raise ValueError(f"feature layers must be frozen, received trainable {names}")
    random = [layer.name for layer in features.layers if _random(layer)]
    if random:
        raise ValueError(f"feature layers must not be random, received {', '.join(random)}")
    if len(inputs) == 0:
        raise ValueError("there must be one input at least, received 0")
    outputs = None
    for start in range(0, len(inputs), batch_size):
        part = keras.ops.convert_to_numpy(features(inputs[start : start + batch_size], training=False))
        if outputs is None:
            outputs = np.empty((len(inputs), *part.shape[1:]), part.dtype)
        outputs[start : start + len(part)] = part
    return outputs


def _random(layer):
    # The state of a layer's random numbers is among its variables, not among its weights.
    return any(variable.path.endswith("seed_generator_state") for variable in layer.variables)


def moved(layers, before):
    """Tell which weights have changed.

    Slide: 6-5, claim 6-5.a.

    Args:
        layers: A network, or some of its layers.
        before: What ``layers.get_weights()`` returned earlier.

    Returns:
        tuple of the paths of the weights that differ in a single bit or more, in the order of
        ``layers.weights``. A weight that is not a number counts as moved.

    Example:

    >>> layer = keras.layers.Dense(1)
    >>> layer.build((None, 2))
    >>> before = layer.get_weights()
    >>> layer.set_weights([before[0], before[1] + 1])
    >>> [path.rpartition("/")[2] for path in moved(layer, before)]
    ['bias']
    """
    now = zip(layers.weights, layers.get_weights(), before, strict=True)
    return tuple(weight.path for weight, new, old in now if not np.array_equal(new, old))
