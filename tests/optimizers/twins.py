"""An optimizer of section 6-3 and its twin take the same random sequence of updates and interventions.

The twin of four of them is Keras' own class, with constants at which both compute the same; that of
RMSPropNesterov with momentum is figure 6-8 in NumPy and float64, with what Keras adds to every update.
`check_twins` runs on the backend of KERAS_BACKEND.
"""

import warnings

import keras
import numpy as np
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from chapter6.optimizers import AdaGrad, Adam, RMSProp, RMSPropNesterov
from tests.optimizers.runs import values

ON_TENSORFLOW = keras.backend.backend() == "tensorflow"
# JAX has no float64 unless it is asked for
DTYPE, TOLERANCE = ("float64", 1e-11) if ON_TENSORFLOW else ("float32", 1e-4)
SHAPES = [(3,), (4, 2), (1, 2)]
RATE = float(np.float32(0.02))
SMALL = 1e-17

TWINS = {  # ours, and last Keras' own at the same constants
    "AdaGrad": (
        lambda **arguments: AdaGrad(RATE, epsilon=SMALL, **arguments),
        # inside the root
        lambda **arguments: keras.optimizers.Adagrad(RATE, 0.0, epsilon=SMALL**2, **arguments),
    ),
    "RMSProp, and RMSPropNesterov without momentum": (
        lambda **arguments: RMSProp(RATE, rho=0.8, **arguments),
        lambda **arguments: RMSPropNesterov(RATE, rho=0.8, momentum=0.0, **arguments),
        lambda **arguments: keras.optimizers.RMSprop(RATE, rho=0.8, epsilon=1e-6, **arguments),
    ),
    # betas that float32 has, since Keras rounds them to it, and a negligible δ, which Keras has elsewhere
    "Adam": (
        lambda **arguments: Adam(RATE, 0.875, 1 - 2**-10, epsilon=SMALL, **arguments),
        lambda **arguments: keras.optimizers.Adam(RATE, 0.875, 1 - 2**-10, epsilon=SMALL, **arguments),
    ),
}

CLIPS = [{}, {"clipnorm": 0.5}, {"clipvalue": 0.3}, {"global_clipnorm": 0.7}]
AVERAGES = [{}] + [
    {"use_ema": True, "ema_momentum": 0.75, "ema_overwrite_frequency": often} for often in (None, 1, 3)
]
# Keras' LossScaleOptimizer cannot be called outside of `fit` on JAX
SCALES = [None, "factor", "dynamic"] if ON_TENSORFLOW else [None, "factor"]
EVENTS = ["dense"] * 4 + ["sparse", "sparse", "none", "subset", "set", "reload", "finalize", "overflow"]


class KerasRun:
    """A Keras optimizer and its variables."""

    def __init__(self, make, starts, scale, arguments):
        if scale == "factor":
            arguments = {**arguments, "loss_scale_factor": 8.0}
        self.optimizer = make(**arguments)
        if scale == "dynamic":
            self.optimizer = keras.optimizers.LossScaleOptimizer(
                self.optimizer, initial_scale=16.0, dynamic_growth_steps=3
            )
        self.variables = [keras.Variable(start, dtype=DTYPE) for start in starts]
        self.optimizer.build(self.variables)

    def update(self, gradients, indices, sparse=False, overflow=False):
        """Apply `gradients` to the variables `indices`; that of the second is sparse on demand."""
        scale = float(values(keras.ops.convert_to_tensor(self.optimizer.scale_loss(1.0))))
        if overflow:
            gradients = [np.full_like(g, np.inf) for g in gradients]
        tensors = [None if g is None else keras.ops.convert_to_tensor(scale * g, DTYPE) for g in gradients]
        if sparse:
            tensors[1] = rows_of(tensors[1], [0, 2])
        self.optimizer.apply(tensors, [self.variables[index] for index in indices])

    def assign(self, index, value):
        self.variables[index].assign(value)

    def finalize(self):
        self.optimizer.finalize_variable_values(self.variables)

    def reload(self):
        """Go on with a copy made from what a `.keras` file holds."""
        state = {}
        self.optimizer.save_own_variables(state)
        state = {key: np.array(value) for key, value in state.items()}
        config = keras.saving.serialize_keras_object(self.optimizer)
        self.optimizer = keras.saving.deserialize_keras_object(config)
        self.variables = [keras.Variable(values(variable), dtype=DTYPE) for variable in self.variables]
        self.optimizer.build(self.variables)
        self.optimizer.load_own_variables(state)

    def values(self):
        return [values(variable) for variable in self.variables]


class NesterovBox:
    """Figure 6-8 in NumPy: θ and v of each variable, and what Keras does before and after an update."""

    def __init__(self, starts, alpha, arguments, rho=0.8, delta=1e-6):
        self.alpha, self.rho, self.delta = alpha, rho, delta
        self.arguments = arguments
        self.theta = [start.copy() for start in starts]
        self.r, self.v, self.sums, self.averages = ([np.zeros_like(s) for s in starts] for _ in range(4))
        self.calls = 0

    def update(self, gradients, indices, sparse=False, overflow=False):
        if overflow:
            return
        present = {i: g for i, g in zip(indices, gradients, strict=True) if g is not None}
        if sparse:
            present[1] = present[1] * np.array([[1], [0], [1], [0]])
        parts = self.arguments.get("gradient_accumulation_steps", 1)
        iteration = self.calls // parts
        self.calls += 1
        for i, g in present.items():
            self.sums[i] = self.sums[i] + g
        if self.calls % parts == 0:
            self._step(self._clipped({i: self.sums[i] / parts for i in present}))
            # JAX keeps the sums of the variables that have no gradient now
            for i in range(len(self.sums)) if ON_TENSORFLOW else present:
                self.sums[i] = np.zeros_like(self.sums[i])
        if self.arguments.get("use_ema"):
            self._average(iteration)

    def _clipped(self, gradients):
        def shrunk(g, norm, largest):
            return g * min(1, largest / norm) if norm else g

        norms = {i: np.linalg.norm(g) for i, g in gradients.items()}
        if "clipnorm" in self.arguments:
            return {i: shrunk(g, norms[i], self.arguments["clipnorm"]) for i, g in gradients.items()}
        if "global_clipnorm" in self.arguments:
            norm = np.linalg.norm(list(norms.values()))
            return {i: shrunk(g, norm, self.arguments["global_clipnorm"]) for i, g in gradients.items()}
        largest = self.arguments.get("clipvalue", np.inf)
        return {i: np.clip(g, -largest, largest) for i, g in gradients.items()}

    def _step(self, gradients):
        for i, g in gradients.items():
            self.theta[i] = self.theta[i] - self.theta[i] * self.arguments.get("weight_decay", 0.0) * RATE
            self.r[i] = self.rho * self.r[i] + (1 - self.rho) * (g * g)
            self.v[i] = self.alpha * self.v[i] - RATE / np.sqrt(self.delta + self.r[i]) * g
            self.theta[i] = self.theta[i] + self.v[i]

    def _average(self, iteration):
        weight = self.arguments["ema_momentum"] if iteration else 0.0
        for i, value in enumerate(self.values()):
            self.averages[i] = weight * self.averages[i] + (1 - weight) * value
            often = self.arguments["ema_overwrite_frequency"]
            if often and (iteration + 1) % often == 0:
                self.assign(i, self.averages[i])

    def assign(self, index, value):
        """Put a value in place of θ~; the velocity stays."""
        self.theta[index] = value - self.alpha * self.v[index]

    def finalize(self):
        self.v = [np.zeros_like(v) for v in self.v]
        if self.arguments.get("use_ema"):
            self.theta = [average.copy() for average in self.averages]

    def reload(self):
        """Nothing is lost."""

    def values(self):
        """What the variables hold: θ~."""
        return [theta + self.alpha * v for theta, v in zip(self.theta, self.v, strict=True)]


def rows_of(tensor, rows):
    """A sparse gradient of two rows of a tensor."""
    values_of_rows = keras.ops.take(tensor, rows, axis=0)
    if ON_TENSORFLOW:
        import tensorflow as tf

        return tf.IndexedSlices(values_of_rows, tf.constant(rows), tf.constant(tensor.shape))
    from jax.experimental import sparse

    return sparse.BCOO((values_of_rows, np.array(rows)[:, None]), shape=tensor.shape)


def cases():
    return st.fixed_dictionaries(
        {
            "seed": st.integers(0, 2**32 - 1),
            "clip": st.sampled_from(CLIPS),
            "average": st.sampled_from(AVERAGES),
            "weight_decay": st.sampled_from([None, 0.5]),
            "accumulation": st.sampled_from([None, None, 2, 3]),
            "scale": st.sampled_from(SCALES),
            "events": st.lists(st.sampled_from(EVENTS), min_size=6, max_size=12),
        }
    )


def arguments_of(case):
    arguments = {**case["clip"], **case["average"]}
    if case["weight_decay"]:
        arguments["weight_decay"] = case["weight_decay"]
    if case["accumulation"]:
        arguments["gradient_accumulation_steps"] = case["accumulation"]
    return arguments


def sparse_is_supported(case):
    """Keras' base class clips and accumulates sparse gradients on TensorFlow alone, and never scales them."""
    return (
        case["scale"] is None
        if ON_TENSORFLOW
        else not (case["clip"] or case["accumulation"] or case["scale"])
    )


def follow(case, runs):
    """Let all runs go through the events of a case; their variables must agree after each."""
    random = np.random.default_rng(case["seed"])
    sizes = 10.0 ** random.uniform(-2, 1, len(SHAPES))
    for event in ["dense", *case["events"]]:
        gradients = [size * random.normal(size=shape) for size, shape in zip(sizes, SHAPES, strict=True)]
        gradients[0][random.integers(3)] = 0
        value = random.normal(size=SHAPES[1])
        for run in runs:
            if event == "set":
                run.assign(1, value)
            elif event == "reload":
                run.reload()
            elif event == "finalize":
                run.finalize()
            elif event == "none":
                run.update([gradients[0], None, gradients[2]], [0, 1, 2])
            elif event == "subset":
                run.update([gradients[2], gradients[1]], [2, 1])
            elif event == "overflow":
                if case["scale"] == "dynamic":
                    run.update(gradients, [0, 1, 2], overflow=True)
            else:
                sparse = event == "sparse" and sparse_is_supported(case)
                run.update(gradients, [0, 1, 2], sparse=sparse)
        for *ours, expected in zip(*(run.values() for run in runs), strict=True):
            for found in ours:
                np.testing.assert_allclose(found, expected, rtol=TOLERANCE, atol=TOLERANCE, err_msg=event)


def check_twins(make_runs, examples):
    """Fail if those that `make_runs(case, starts)` returns ever differ, over random cases."""

    @settings(max_examples=examples, deadline=None, derandomize=True, database=None, phases=[Phase.generate])
    @given(case=cases())
    def check(case):
        starts = [np.random.default_rng(case["seed"]).normal(size=shape) for shape in SHAPES]
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", "Gradients do not exist")
            follow(case, make_runs(case, starts))

    check()


def with_keras(name):
    """Runs of one of TWINS."""

    def make_runs(case, starts):
        return [KerasRun(make, starts, case["scale"], arguments_of(case)) for make in TWINS[name]]

    return make_runs


def with_the_box(optimizer_class=RMSPropNesterov):
    """Runs of RMSPropNesterov with momentum and of figure 6-8."""

    def make_runs(case, starts):
        alpha = (0.5, 0.9)[case["seed"] % 2]

        def make(**arguments):
            return optimizer_class(RATE, rho=0.8, momentum=alpha, **arguments)

        arguments = arguments_of(case)
        return [KerasRun(make, starts, case["scale"], arguments), NesterovBox(starts, alpha, arguments)]

    return make_runs
