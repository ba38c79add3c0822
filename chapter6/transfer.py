"""Transfer learning: layers that were learnt on one task, transferred to another (section 6-5).

A network for transfer is two Keras models one after the other: feature layers, which are transferred, and
classification layers, which answer the task's own question. `join` puts them together, `transfer_features`
starts the network of a new task, `frozen_features` makes training behind frozen layers cheap, and
`changed_weights` returns which weights training has changed.
"""

import tempfile

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


def transfer_features(source, classification, *, frozen):
    """Start a network for a new task with the feature layers of a network that has learnt another.

    Slide: 6-5, claim 6-5.a: "what was learnt in one setting is used to improve generalization in another".

    The rule, with w* the weights that the source task has led to and v those of `classification`::

        w ← w*,  v ← v;     training then changes v only (frozen), or w and v (fine-tuned)

    `source` holds w*. It stays as it is: the new network has a copy of its feature layers, with their weights
    and what else they have learnt, such as the vocabulary of a lookup.

    Args:
        source: A network of `join`, trained on the source task; built, so that it has weights.
        classification: Keras model, features [n, ...] to the new task's logits. It is not copied, so that it
            may be the source's own ``layers[1]``, to train on.
        frozen: bool, whether training leaves the feature layers as they are.

    Returns:
        A network of `join`. Its feature layers, ``layers[0]``, are trainable or not, as `frozen` says.

    Raises:
        ValueError: `source` is not made of feature layers and classification layers, its feature layers are
            not built yet or cannot be copied, or `frozen` is not a bool.

    Example:

    >>> features = keras.Sequential([keras.Input((4,)), keras.layers.Dense(3, "relu")])
    >>> source = join(features, keras.Sequential([keras.Input((3,)), keras.layers.Dense(2)]))
    >>> new = keras.Sequential([keras.Input((3,)), keras.layers.Dense(5)])
    >>> target = transfer_features(source, new, frozen=True)
    >>> changed_weights(target.layers[0], source.layers[0].get_weights()), len(target.trainable_weights)
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
    if not isinstance(frozen, (bool, np.bool_)):
        raise ValueError(f"frozen must be True or False, received {frozen!r}")
    if not layers[0].built:
        raise ValueError(f"source must be built, received feature layers without weights: {layers[0].name}")
    features = _copy(layers[0])
    features.trainable = not frozen
    return join(features, classification)


def _copy(features):
    """Return a copy of feature layers and of all that they have learnt."""
    try:
        copy = keras.models.clone_model(features)
    except (TypeError, ValueError) as error:
        raise ValueError(
            f"feature layers must be a model that keras.models.clone_model can copy, received {features.name}"
        ) from error
    copy.set_weights(features.get_weights())
    for layer, new in zip(_layers(features), _layers(copy), strict=True):
        # Some layers derive what they use from their weights when they load them: Normalization does.
        state = {}
        layer.save_own_variables(state)
        new.load_own_variables(state)
        if hasattr(layer, "save_assets"):
            with tempfile.TemporaryDirectory() as folder:
                layer.save_assets(folder)
                new.load_assets(folder)
    return copy


def _layers(model):
    """Return the layers of a model and of the models in it."""
    layers = []
    for layer in model.layers:
        layers += [layer, *_layers(layer)] if isinstance(layer, keras.Model) else [layer]
    return layers


def frozen_features(features, inputs, batch_size=500):
    """Compute once what frozen feature layers make of inputs, to train the classification layers on it.

    Slide: 6-5, claim 6-5.a.

    The rule, with L the loss of an example (x, y)::

        L(g(φ(x; w); v), y) = L(g(h; v), y),  h = φ(x; w)

    Training that leaves w as it is sees the same h whenever it sees x. Training g on h is therefore not an
    approximation: every update of v is that of the whole network, at the price of g alone. `features` is φ,
    `inputs` holds the x, the result the h.

    That needs φ to be the same function at each step, which is checked: frozen, without dropout, noise or
    random augmentation, which freezing does not stop, and without states that go from batch to batch. Put
    dropout at the head of the classification layers; the network is the same. An array has no mask: layers
    that make one and layers that use it stand on the same side.

    Args:
        features: Keras model that is frozen.
        inputs: Array, tensor or nested list of numbers, [n, ...].
        batch_size: Inputs at a time, at least 1; bounds the memory, changes nothing else.

    Returns:
        NumPy array [n, ...] of the features.

    Raises:
        ValueError: `features` can be trained, is random, changes in training, passes a mask on, or has
            several inputs or outputs; `inputs` is no such array, has a mask, or is empty; or `batch_size` is
            not a positive integer.

    Example:

    >>> features = keras.Sequential([keras.Input((4,)), keras.layers.Rescaling(1 / 255)])
    >>> features.trainable = False
    >>> frozen_features(features, np.full((2, 4), 255)).tolist()
    [[1.0, 1.0, 1.0, 1.0], [1.0, 1.0, 1.0, 1.0]]

    Differs from Keras:
        ``features.predict(inputs)`` gives the same without the checks.
    """
    if isinstance(batch_size, bool) or not isinstance(batch_size, (int, np.integer)) or batch_size < 1:
        raise ValueError(f"batch_size must be a positive integer, received {batch_size!r}")
    inputs = _array(inputs)
    first = inputs[:batch_size]
    _check_frozen(features, first)
    _check_constant(features, first)
    outputs = None
    for start in range(0, len(inputs), batch_size):
        batch = slice(start, start + batch_size)
        part = keras.ops.convert_to_numpy(features(inputs[batch], training=False))
        if outputs is None:
            outputs = np.empty((len(inputs), *part.shape[1:]), part.dtype)
        outputs[batch] = part
    return outputs


def _array(inputs):
    """Return inputs as an array or a tensor that can be cut into batches."""
    name = type(inputs).__name__
    if keras.ops.is_tensor(inputs):
        if _has_mask(inputs):
            raise ValueError(f"inputs must not have a mask, received {name} with one")
        is_array = hasattr(inputs, "__getitem__") and None not in inputs.shape
    elif isinstance(inputs, (list, tuple)) or hasattr(inputs, "__array__"):
        try:
            inputs = np.asarray(inputs)
            is_array = inputs.dtype != object
        except ValueError:
            is_array = False
    else:
        is_array = False
    if not is_array or len(inputs.shape) == 0:
        raise ValueError(f"inputs must be one array [n, ...], received {name}")
    if len(inputs) == 0:
        raise ValueError("there must be one input at least, received 0")
    return inputs


def _check_frozen(features, batch):
    """Raise a ValueError unless features are a model of one input without weights that training changes."""
    if not isinstance(features, keras.Model):
        raise ValueError(f"features must be a Keras model, received {features!r}")
    count = len(getattr(features, "inputs", None) or [batch])
    if count > 1:
        raise ValueError(f"feature layers must have one input, received {count}")
    if not features.built:
        features(batch, training=False)
    # A model that is made with trainable=False says so of itself only: its layers train.
    trainable = [weight.path for weight in features.weights if weight.trainable]
    if trainable:
        raise ValueError(f"feature layers must be frozen, received trainable {', '.join(trainable)}")


def _check_constant(features, batch):
    """Raise a ValueError unless features are an array that is the same at each step of training."""
    with keras.StatelessScope() as scope:
        in_training = features(batch, training=True)
    if scope.state_mapping:
        changed = [
            layer.name
            for layer in _layers(features)
            if not isinstance(layer, keras.Model)
            and any(scope.get_current_value(variable) is not None for variable in layer.variables)
        ]
        # States of recurrent layers and Keras' global seed are not among the variables of a layer.
        names = ", ".join(changed) or features.name
        raise ValueError(f"feature layers must not be random or change in training, received {names}")
    outputs = features(batch, training=False)
    if not keras.ops.is_tensor(outputs):
        raise ValueError(f"feature layers must have one output, received {type(outputs).__name__}")
    if _has_mask(outputs):
        raise ValueError(
            "feature layers must not pass a mask on, received features with one: "
            "the layers that use it must be among the feature layers"
        )
    _check_same(*map(keras.ops.convert_to_numpy, (outputs, in_training)), len(batch))


def _check_same(outputs, in_training, count):
    """Raise a ValueError unless there are `count` outputs, to rounding the same in training."""
    if len(outputs) != count:
        raise ValueError(f"feature layers must have one output an input, received {len(outputs)} of {count}")
    # Two runs of one computation may differ in rounding.
    rounding = 1e-2 if outputs.dtype.itemsize == 2 else 1e-5
    first, second = outputs.astype("float64"), in_training.astype("float64")
    largest = np.abs(first[np.isfinite(first)]).max(initial=0)
    if not np.allclose(first, second, rtol=0, atol=rounding * largest, equal_nan=True):
        raise ValueError("feature layers must compute the same in training, received features that differ")


class _MaskReader(keras.layers.Layer):
    """A layer that keeps the mask which its input carries."""

    def __init__(self):
        super().__init__()
        self.supports_masking = True
        self.masks = []

    def call(self, inputs, mask=None):
        self.masks.append(mask)
        return inputs


def _has_mask(tensor):
    reader = _MaskReader()
    reader(tensor)
    return reader.masks != [None]


def changed_weights(layers, before):
    """Return which weights have changed.

    Slide: 6-5, claim 6-5.a.

    Args:
        layers: A network, or some of its layers.
        before: What ``layers.get_weights()`` returned earlier.

    Returns:
        tuple of the paths of the weights that differ in a single bit or more, in the order of
        ``layers.weights``. A weight that is not a number counts as changed.

    Example:

    >>> layer = keras.layers.Dense(1)
    >>> layer.build((None, 2))
    >>> before = layer.get_weights()
    >>> layer.set_weights([before[0], before[1] + 1])
    >>> [path.rpartition("/")[2] for path in changed_weights(layer, before)]
    ['bias']
    """
    now = zip(layers.weights, layers.get_weights(), before, strict=True)
    return tuple(weight.path for weight, new, old in now if not np.array_equal(new, old))
