"""Our optimizers beside Keras' own at equal constants, through whatever a training may do to them.

Run as a program it checks a number of random trainings on the backend of KERAS_BACKEND.
"""

import warnings

import keras
import numpy as np
from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from keras import ops

from chapter6.optimizers import AdaGrad, Adam, RMSProp, RMSPropNesterov

# δ so small that it does not matter where in the formula it stands.
TINY = 1e-10
TWINS = {
    "AdaGrad": (
        lambda **kwargs: AdaGrad(0.05, epsilon=TINY, **kwargs),
        lambda **kwargs: keras.optimizers.Adagrad(
            0.05, initial_accumulator_value=0.0, epsilon=TINY**2, **kwargs
        ),
    ),
    "RMSProp": (
        lambda **kwargs: RMSProp(0.05, 0.8, epsilon=1e-4, **kwargs),
        lambda **kwargs: keras.optimizers.RMSprop(0.05, 0.8, epsilon=1e-4, **kwargs),
    ),
    "RMSPropNesterov": (
        lambda **kwargs: RMSPropNesterov(0.05, 0.8, momentum=0.0, epsilon=1e-4, **kwargs),
        lambda **kwargs: keras.optimizers.RMSprop(0.05, 0.8, epsilon=1e-4, **kwargs),
    ),
    "Adam": (
        lambda **kwargs: Adam(0.05, 0.8, 0.95, epsilon=TINY, **kwargs),
        lambda **kwargs: keras.optimizers.Adam(0.05, 0.8, 0.95, epsilon=TINY, **kwargs),
    ),
}
SHAPES = {"kernel": (3, 2), "bias": (2,), "embedding": (4, 2)}

ARGUMENTS = st.fixed_dictionaries(
    {},
    optional={
        "weight_decay": st.just(0.3),
        "gradient_accumulation_steps": st.integers(2, 3),
        "loss_scale_factor": st.just(4.0),
    },
)
CLIPPING = st.sampled_from([{}, {"clipnorm": 0.5}, {"clipvalue": 0.2}, {"global_clipnorm": 0.5}])
EMA = st.sampled_from(
    [{}, {"use_ema": True, "ema_momentum": 0.6}]
    + [{"use_ema": True, "ema_momentum": 0.6, "ema_overwrite_frequency": 3}]
)
EVENT = st.sampled_from(["all", "all", "all", "some", "sparse", "set", "reload", "frozen"])
EVENTS = st.lists(
    st.sampled_from(["all", "all", "all", "some", "sparse", "set", "reload", "frozen"]),
    min_size=4,
    max_size=9,
)


class Training:
    """Variables, and an optimizer of them that is made by `make`."""

    def __init__(self, make, arguments, dtype):
        rng = np.random.default_rng(0)
        self.variables = {
            name: keras.Variable(rng.normal(size=shape), dtype=dtype, name=name)
            for name, shape in SHAPES.items()
        }
        self._make = lambda: make(**arguments)
        self._dtype = dtype
        self.optimizer = self._build()

    def _build(self):
        optimizer = self._make()
        optimizer.exclude_from_weight_decay(var_names=["bias"])
        optimizer.build(list(self.variables.values()))
        return optimizer

    def do(self, event, step):
        """Make an update, or change what the next one begins from."""
        rng = np.random.default_rng(step)
        if event == "set":
            for variable in self.variables.values():
                variable.assign(rng.normal(size=variable.shape))
        elif event == "reload":
            store = {}
            self.optimizer.save_own_variables(store)
            self.optimizer = self._build()
            self.optimizer.load_own_variables(store)
        else:
            gradients = {name: self._gradient(rng, name) for name in SHAPES}
            if event == "sparse":
                gradients["embedding"] = sparse_rows(rng.normal(size=(2, 2)), [3, 1], self._dtype)
            if event == "some":
                gradients["bias"] = None
            if event == "frozen":
                del gradients["kernel"]
            with warnings.catch_warnings():
                warnings.filterwarnings("ignore", "Gradients do not exist")
                self.optimizer.apply(list(gradients.values()), [self.variables[name] for name in gradients])

    def _gradient(self, rng, name):
        shape = SHAPES[name]
        # Directions from 1e-3 to 10, now and then 0.
        scale = 10.0 ** rng.uniform(-3, 1, shape) * (rng.random(shape) < 0.9)
        return ops.convert_to_tensor(rng.normal(size=shape) * scale, dtype=self._dtype)

    def values(self):
        """Return the variables' values by name, float64."""
        return {
            name: np.array(ops.convert_to_numpy(variable.value), float)
            for name, variable in self.variables.items()
        }


def sparse_rows(values, rows, dtype):
    """Return a gradient of the embedding that names some of its rows, as the backend has it."""
    if keras.backend.backend() == "jax":
        from jax.experimental.sparse import BCOO

        indices = np.array([[row] for row in rows])
        return BCOO((ops.convert_to_tensor(values, dtype), indices), shape=SHAPES["embedding"])
    import tensorflow as tf

    return tf.IndexedSlices(tf.constant(values, dtype), tf.constant(rows), tf.constant(SHAPES["embedding"]))


def check(name, examples):
    """Fail if in one of so many random trainings an optimizer leaves the path of its twin."""

    @settings(max_examples=examples, deadline=None, derandomize=True, database=None, phases=[Phase.generate])
    @given(ARGUMENTS, CLIPPING, EMA, EVENTS)
    def trained_alike(arguments, clipping, ema, events):
        # Keras clips sparse gradients and adds accumulated ones in its own ways.
        if clipping or "gradient_accumulation_steps" in arguments or "loss_scale_factor" in arguments:
            events = ["all" if event == "sparse" else event for event in events]
        arguments = arguments | clipping | ema
        ours, theirs = (Training(make, arguments, "float32") for make in TWINS[name])
        for step, event in enumerate(events):
            for training in (ours, theirs):
                training.do(event, step)
            compare(ours, theirs)
        for training in (ours, theirs):
            training.optimizer.finalize_variable_values(list(training.variables.values()))
        compare(ours, theirs)

    trained_alike()


def compare(ours, theirs):
    """Fail if the two hold other values."""
    expected = theirs.values()
    for name, values in ours.values().items():
        np.testing.assert_allclose(values, expected[name], rtol=2e-5, atol=2e-5, err_msg=name)


if __name__ == "__main__":
    for name in TWINS:
        check(name, examples=12)
    print("as Keras' own on", keras.backend.backend())
