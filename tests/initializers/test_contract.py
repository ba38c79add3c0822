"""What all initializers keep: seeds, dtypes, configuration, errors, and the other Keras backends."""

import importlib.util
import json
import math
import os
import subprocess
import sys
from pathlib import Path

import keras
import numpy as np
import pytest

from chapter6.initializers import Normalized, Orthogonal, Sparse, XavierInit
from tests.initializers.drawing import numpy

ALL = (Normalized(), XavierInit(), Orthogonal(), Sparse())
named = pytest.mark.parametrize("initializer", ALL, ids=lambda initializer: type(initializer).__name__)


def with_seed(initializer, seed):
    return type(initializer).from_config({**initializer.get_config(), "seed": seed})


@named
def test_an_integer_seed_reproduces(initializer):
    seeded, again = with_seed(initializer, 21), with_seed(initializer, 21)
    first = numpy(seeded((12, 9)))
    np.testing.assert_array_equal(first, numpy(seeded((12, 9))))
    np.testing.assert_array_equal(first, numpy(again((12, 9))))
    assert not np.array_equal(first, numpy(with_seed(initializer, 22)((12, 9))))


@named
def test_without_a_seed_each_call_draws_anew(initializer):
    unseeded = with_seed(initializer, None)
    layers = [keras.layers.Dense(9, kernel_initializer=unseeded) for _ in range(2)]
    for layer in layers:
        layer.build((None, 12))
    assert not np.array_equal(layers[0].kernel.numpy(), layers[1].kernel.numpy())


def test_keras_own_give_two_layers_the_same_kernel():
    # The trap that the module's docstring warns of.
    shared = keras.initializers.GlorotUniform()
    np.testing.assert_array_equal(numpy(shared((12, 9))), numpy(shared((12, 9))))


@named
def test_keras_random_seed_makes_unseeded_draws_reproducible(initializer):
    keras.utils.set_random_seed(4)
    first = numpy(with_seed(initializer, None)((12, 9)))
    keras.utils.set_random_seed(4)
    np.testing.assert_array_equal(first, numpy(with_seed(initializer, None)((12, 9))))


@named
def test_a_seed_generator_reproduces_a_sequence_of_different_kernels(initializer):
    def two_kernels():
        generated = with_seed(initializer, None)
        generated.seed = keras.random.SeedGenerator(3)
        return numpy(generated((12, 9))), numpy(generated((12, 9)))

    first, again = two_kernels(), two_kernels()
    np.testing.assert_array_equal(first, again)
    assert not np.array_equal(first[0], first[1])


@named
@pytest.mark.parametrize("dtype", ["float16", "bfloat16", "float32", "float64"])
def test_dtypes(initializer, dtype):
    kernel = with_seed(initializer, 1)((3, 40, 30), dtype)
    assert keras.backend.standardize_dtype(kernel.dtype) == dtype
    assert kernel.shape == (3, 40, 30)
    if dtype != "float64":
        full = numpy(with_seed(initializer, 1)((3, 40, 30), "float32"))
        digits = {"float16": 11, "bfloat16": 8, "float32": 24}[dtype]
        values = numpy(keras.ops.cast(kernel, "float32"))
        np.testing.assert_allclose(values, full, rtol=2.0**-digits, atol=2.0**-24)


@named
def test_no_dtype_means_keras_floatx(initializer):
    assert keras.backend.standardize_dtype(initializer((4, 4)).dtype) == keras.config.floatx()


@pytest.mark.parametrize(
    "initializer",
    [
        Normalized(seed=3),
        XavierInit(seed=None),
        Orthogonal("leaky_relu", seed=1),
        Orthogonal(0.5),
        Sparse(7, 0.25, seed=2),
        Normalized(seed=3, input_axes=(0,), output_axes=(1,)),
        XavierInit(seed=3, input_axes=[-2], output_axes=[-1]),
        Orthogonal(seed=4, output_axes=(0,)),
        Sparse(2, seed=4, output_axes=[0]),
    ],
    ids=lambda initializer: str(initializer.get_config()),
)
def test_config_round_trip(initializer):
    config = json.loads(json.dumps(keras.saving.serialize_keras_object(initializer)))
    again = keras.saving.deserialize_keras_object(config)
    assert type(again) is type(initializer)
    assert again.get_config() == initializer.get_config()
    if initializer.seed is not None:
        np.testing.assert_array_equal(numpy(again((9, 6))), numpy(initializer((9, 6))))


def test_config_keeps_a_seed_generator():
    initializer = Sparse(2, seed=keras.random.SeedGenerator(12))
    again = keras.saving.deserialize_keras_object(keras.saving.serialize_keras_object(initializer))
    np.testing.assert_array_equal(numpy(again((9, 6))), numpy(initializer((9, 6))))


# Keras converts TensorFlow's variables by np.array, which NumPy 2 warns of.
@pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")
def test_a_saved_model_reloads_without_custom_objects(tmp_path):
    model = keras.Sequential(
        [
            keras.Input((6, 6, 1)),
            keras.layers.Conv2D(4, 3, kernel_initializer=Orthogonal("relu", seed=0)),
            keras.layers.Flatten(),
            keras.layers.Dense(8, kernel_initializer=Sparse(5, seed=1)),
            keras.layers.Dense(8, kernel_initializer=XavierInit()),
            keras.layers.Dense(8, kernel_initializer=Normalized(seed=1)),
        ]
    )
    model.save(tmp_path / "model.keras")
    again = keras.saving.load_model(tmp_path / "model.keras")
    assert again.layers[0].kernel_initializer.get_config() == Orthogonal("relu", seed=0).get_config()
    for ours, theirs in zip(model.get_weights(), again.get_weights(), strict=True):
        np.testing.assert_array_equal(ours, theirs)


@named
@pytest.mark.parametrize("seed", [-1, 2**32, 1.0, "3", True], ids=repr)
def test_refuses_a_seed_that_is_none(initializer, seed):
    with pytest.raises(ValueError, match=f"seed must be .*2\\*\\*32 - 1, received {seed!r}"):
        with_seed(initializer, seed)


@named
def test_refuses_shapes_and_dtypes(initializer):
    name = type(initializer).__name__
    with pytest.raises(ValueError, match=rf"{name} needs dimensions of at least 1, received shape \(3, 0\)"):
        initializer((3, 0))
    with pytest.raises(ValueError, match=f"{name} needs a floating-point dtype, received int32"):
        initializer((3, 3), "int32")


@pytest.mark.parametrize("initializer", [Orthogonal(), Sparse()], ids=["Orthogonal", "Sparse"])
@pytest.mark.parametrize("shape", [(), (5,)], ids=str)
def test_matrices_need_rank_2(initializer, shape):
    with pytest.raises(ValueError, match="kernel of rank 2 or more, received shape"):
        initializer(shape)


@pytest.mark.parametrize("initializer", [Normalized, XavierInit])
def test_refuses_axes_of_inputs_without_axes_of_outputs(initializer):
    with pytest.raises(ValueError, match=r"together, received input_axes=\[0\], output_axes=None$"):
        initializer(input_axes=[0])
    with pytest.raises(ValueError, match=r"together, received input_axes=None, output_axes=\(1, 2\)$"):
        initializer(output_axes=(1, 2))


@named
@pytest.mark.parametrize("value", [1, 0.5, "01", [True], [1.0], [None]], ids=repr)
def test_refuses_axes_that_are_no_list_of_integers(initializer, value):
    axes = {name: value for name in initializer.get_config() if name.endswith("_axes")}
    with pytest.raises(ValueError, match="put_axes must be None or a list of integers, received"):
        type(initializer)(**axes)


@named
@pytest.mark.parametrize("value", [[2], [-3], [1, 1], [1, -1]], ids=repr)
def test_refuses_axes_that_the_kernel_has_not(initializer, value):
    axes = {name: value for name in initializer.get_config() if name.endswith("_axes")}
    with pytest.raises(ValueError) as refused:
        type(initializer)(**axes)((3, 4))
    assert str(refused.value).endswith(
        f"must be different axes of the kernel, received {value} for shape (3, 4)"
    )


@pytest.mark.parametrize("value", [0, -1.0, math.nan, math.inf, True, None, [1]], ids=repr)
def test_refuses_gains_and_standard_deviations_that_are_not_positive(value):
    with pytest.raises(ValueError, match="gain must be a positive number, received"):
        Orthogonal(value)
    with pytest.raises(ValueError, match="stddev must be a positive number, received"):
        Sparse(15, value)


def test_refuses_a_gain_for_an_unknown_activation():
    with pytest.raises(ValueError, match="activation must be one of .* received 'softmax'"):
        Orthogonal("softmax")


@pytest.mark.parametrize("value", [0, -3, 1.5, True, "15"], ids=repr)
def test_refuses_a_number_of_weights_that_is_none(value):
    with pytest.raises(ValueError, match="nonzeros must be a positive integer, received"):
        Sparse(value)


ON_ANOTHER_BACKEND = """
import keras, numpy as np
from chapter6.initializers import Normalized, Orthogonal, Sparse, XavierInit
assert keras.backend.backend() == {backend!r}
m, n = 40, 30
for dtype, exact in dict(float16=2e-2, bfloat16=2e-1, float32=1e-5, float64=1e-13).items():
    def kernel(initializer):
        values = initializer((m, n), dtype)
        assert keras.backend.standardize_dtype(values.dtype) == dtype
        return keras.ops.convert_to_numpy(keras.ops.cast(values, "float64"))
    limit = (6 / (m + n)) ** 0.5
    assert 0.99 * limit < abs(kernel(Normalized(1))).max() < 1.01 * limit
    assert abs(kernel(XavierInit(1)).var() * m / 2 - 1) < 0.15
    w = kernel(Orthogonal("relu", 1))
    assert abs(w.T @ w - 2 * np.eye(n)).max() < exact
    w = kernel(Sparse(15, seed=1))
    assert (np.count_nonzero(w, axis=0) == 15).all()
    assert np.array_equal(w, kernel(Sparse(15, seed=1)))
    assert not np.array_equal(w, kernel(Sparse(15)))
"""


@pytest.mark.parametrize("backend", ["jax", "torch"])
def test_runs_on_the_other_keras_backends(backend):
    if importlib.util.find_spec(backend) is None:
        pytest.skip(f"{backend} is not installed")
    finished = subprocess.run(
        [sys.executable, "-c", ON_ANOTHER_BACKEND.format(backend=backend)],
        env={**os.environ, "KERAS_BACKEND": backend, "JAX_ENABLE_X64": "1"},
        cwd=Path(__file__).parents[2],
        capture_output=True,
        text=True,
    )
    assert finished.returncode == 0, finished.stderr
