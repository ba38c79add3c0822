"""Several small networks of one optimizer, trained side by side in one compiled loop.

The rules of section 6-3 work element by element, so networks that share a variable do not notice each other.
Every variable has them on its first axis, [networks, inputs, outputs], and learning rates of shape
[networks, 1, 1] give each its own.
"""


def trainer(racer, mnist, settings):
    """Prepare an optimizer and its networks, 784 -> units relu -> 10.

    Args:
        racer: A `Contestant`.
        mnist: A `chapter6.datasets.Mnist`.
        settings: Settings of the experiment `mnist_curves`; `rates` is the number of networks.

    Returns:
        A function of one learning rate and one seed a network; the seed gives its initial weights and its
        batches. It trains them from the start and returns by name: train_loss [steps, networks],
        validation_loss and validation_accuracy [evaluations, networks], validation_steps [evaluations],
        test_accuracy [networks].
    """
    import keras
    import numpy as np
    import tensorflow as tf

    networks, units = settings.rates, settings.units
    images, labels = _tensors(mnist.train)
    validation, test = _tensors(mnist.validation, 2000), _tensors(mnist.test)
    shapes = ((networks, 784, units), (networks, 1, units), (networks, units, 10), (networks, 1, 10))
    variables = [keras.Variable(np.zeros(shape), dtype="float32") for shape in shapes]
    rates = tf.Variable(np.zeros((networks, 1, 1), "float32"))
    optimizer = racer.make(lambda: tf.convert_to_tensor(rates))
    optimizer.build(variables)
    # RMSPropNesterov trains with its interim point in the variables; what counts is θ.
    back_to_interim_point = getattr(optimizer, "resume_variable_values", lambda: None)
    fresh = [slot.numpy() for slot in optimizer.variables]

    def forward(pixels):
        w1, b1, w2, b2 = (variable.value for variable in variables)
        return tf.nn.relu(tf.cast(pixels, tf.float32) / 255 @ w1 + b1) @ w2 + b2

    def losses(logits, wanted):
        return tf.reduce_mean(tf.nn.sparse_softmax_cross_entropy_with_logits(wanted, logits), axis=1)

    @tf.function(jit_compile=True, autograph=False)
    def updates(chosen):
        def update(step, kept):
            batch = chosen[step]
            with tf.GradientTape() as tape:
                loss = losses(forward(tf.gather(images, batch)), tf.gather(labels, batch))
            optimizer.apply(tape.gradient(loss, [variable.value for variable in variables]), variables)
            return step + 1, kept.write(step, loss)

        count = settings.steps_between
        kept = tf.TensorArray(tf.float32, count, element_shape=(networks,))
        return tf.while_loop(lambda step, kept: step < count, update, (0, kept))[1].stack()

    def evaluate(pixels, wanted):
        optimizer.finalize_variable_values(variables)
        logits = forward(pixels)
        back_to_interim_point()
        wanted = tf.repeat(wanted[None], networks, axis=0)
        right = tf.argmax(logits, axis=-1, output_type=tf.int32) == wanted
        return losses(logits, wanted).numpy(), tf.reduce_mean(tf.cast(right, tf.float32), axis=1).numpy()

    def train(network_rates, seeds):
        rates.assign(np.asarray(network_rates, "float32")[:, None, None])
        for slot, value in zip(optimizer.variables, fresh, strict=True):
            slot.assign(value)
        for variable, values in zip(variables, _initial_weights(seeds, settings), strict=True):
            variable.assign(values)
        train_loss, watched = [], []
        for part in _batches(seeds, len(labels), settings):
            train_loss.append(updates(tf.constant(part)).numpy())
            watched.append(evaluate(*validation))
        validation_loss, validation_accuracy = (np.stack(each) for each in zip(*watched, strict=True))
        return {
            "train_loss": np.concatenate(train_loss),
            "validation_loss": validation_loss,
            "validation_accuracy": validation_accuracy,
            "validation_steps": settings.steps_between * np.arange(1, settings.evaluations + 1),
            "test_accuracy": evaluate(*test)[1],
        }

    return train


def _tensors(split, count=None):
    """Return the pixels [n, 784] and the labels of the first `count` images."""
    import tensorflow as tf

    pixels = split.images.reshape(-1, 784)[:count]
    return tf.constant(pixels), tf.constant(split.labels[:count].astype("int32"))


def _batches(seeds, images, settings):
    """Return the images of every batch, [evaluations, steps_between, networks, batch]."""
    import numpy as np

    shape = (settings.evaluations, settings.steps_between, settings.batch)
    draws = [np.random.default_rng((settings.seed, seed, 0)).integers(images, size=shape) for seed in seeds]
    return np.stack(draws, axis=2)


def _initial_weights(seeds, settings):
    """Return Glorot-uniform weights and zero biases, the networks on the first axis."""
    import numpy as np

    def glorot(layer, fan_in, fan_out):
        bound = np.sqrt(6 / (fan_in + fan_out))
        return np.stack(
            [
                np.random.default_rng((settings.seed, seed, layer)).uniform(-bound, bound, (fan_in, fan_out))
                for seed in seeds
            ]
        )

    w1, w2 = glorot(1, 784, settings.units), glorot(2, settings.units, 10)
    return w1, np.zeros((len(w1), 1, settings.units)), w2, np.zeros((len(w2), 1, 10))
