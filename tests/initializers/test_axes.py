"""Initializers of kernels that are neither of a dense layer nor of a convolution: m and n by their axes."""

import math

import keras
import numpy as np
import pytest
from scipy import stats

from chapter6.initializers import Normalized, Orthogonal, Sparse, XavierInit
from tests.initializers.drawing import SIGNIFICANT, from_uniform, kolmogorov_smirnov, numpy

# Kernels of other layers: input_axes, output_axes, and the m and n that they make.
OTHER_KERNELS = {
    "query of an attention": ((32, 8, 16), [0], [1, 2], (32, 128)),
    "output of an attention": ((8, 16, 32), [0, 1], [2], (128, 32)),
    "counted from the end": ((32, 8, 16), [-3], [-2, -1], (32, 128)),
    "transposed convolution": ((3, 3, 10, 40), [0, 1, 3], [0, 1, 2], (360, 90)),
    "depthwise convolution": ((5, 5, 40, 3), [0, 1], [0, 1, 3], (25, 75)),
    "a matrix for each group": ((40, 9, 12), [1], [2], (9, 12)),
}
other_kernels = pytest.mark.parametrize(
    ("shape", "input_axes", "output_axes", "fans"), OTHER_KERNELS.values(), ids=OTHER_KERNELS
)


@other_kernels
def test_m_and_n_of_normalized_come_from_the_axes_named(shape, input_axes, output_axes, fans):
    values = numpy(Normalized(3, input_axes, output_axes)(shape))
    assert kolmogorov_smirnov(values, from_uniform(*fans)) > SIGNIFICANT
    assert 0.99 < np.abs(values).max() / math.sqrt(6 / sum(fans)) <= 1 + 1e-6


def test_naming_the_axes_of_a_convolution_changes_nothing():
    shape = (3, 5, 16, 150)
    np.testing.assert_array_equal(
        numpy(Normalized(3, [0, 1, 2], [0, 1, 3])(shape)), numpy(Normalized(3)(shape))
    )


@other_kernels
def test_m_of_xavier_init_comes_from_the_axes_named(shape, input_axes, output_axes, fans):
    values = numpy(XavierInit(3, input_axes, output_axes)(shape))
    assert kolmogorov_smirnov(values, stats.norm(0, math.sqrt(2 / fans[0]))) > SIGNIFICANT


@pytest.mark.parametrize(
    ("shape", "output_axes"),
    [((32, 8, 16), [1, 2]), ((8, 16, 32), [-1]), ((3, 3, 10, 40), [2]), ((4, 5, 6), [2, 0])],
    ids=str,
)
def test_the_outputs_named_are_the_columns_of_orthogonal(shape, output_axes):
    w = numpy(Orthogonal(2.0, 4, output_axes)(shape))
    n = math.prod(shape[axis] for axis in output_axes)
    w = np.moveaxis(w, output_axes, range(-len(output_axes), 0)).reshape(-1, n)
    products = w.T @ w if w.shape[0] >= n else w @ w.T
    np.testing.assert_allclose(products, 4 * np.eye(len(products)), atol=1e-5)


def test_naming_the_last_axis_changes_nothing():
    shape = (3, 4, 5)
    np.testing.assert_array_equal(
        numpy(Orthogonal(seed=3, output_axes=[2])(shape)), numpy(Orthogonal(seed=3)(shape))
    )


@pytest.mark.parametrize("k", [3, 500])
@pytest.mark.parametrize(
    ("shape", "output_axes"),
    [((32, 8, 16), [1, 2]), ((8, 16, 32), [-1]), ((3, 3, 10, 40), [2]), ((4, 5, 6), [2, 0])],
    ids=str,
)
def test_each_unit_of_sparse_has_exactly_k(shape, output_axes, k):
    w = numpy(Sparse(k, seed=1, output_axes=output_axes)(shape))
    others = tuple(axis for axis in range(len(shape)) if axis not in [a % len(shape) for a in output_axes])
    m = math.prod(shape[axis] for axis in others)
    assert (np.count_nonzero(w, axis=others) == min(k, m)).all()


# Since 3.15, Keras' EinsumDense names the axes of its kernel to its initializer.
names_axes = pytest.mark.skipif(
    not hasattr(keras.initializers.GlorotUniform(), "input_axes"), reason="this Keras does not name axes"
)


@names_axes
class TestAttention:
    """Keras' layers whose kernels are neither those of a dense layer nor of a convolution."""

    @staticmethod
    def kernels(initializer):
        attention = keras.layers.MultiHeadAttention(8, 16, kernel_initializer=initializer)
        attention.build((None, 5, 32), (None, 5, 32))
        denses = (attention.query_dense, attention.key_dense, attention.value_dense, attention.output_dense)
        return [numpy(dense.kernel) for dense in denses]

    def test_variances_are_those_of_the_rules(self):
        # 4,096 draws know a uniform's variance to 1.4 % and a normal's to 2.2 % (one standard error).
        for kernel in self.kernels(Normalized()):
            assert kernel.var() == pytest.approx(2 / (32 + 128), rel=0.12)
        *inner, output = self.kernels(XavierInit())
        for kernel in inner:
            assert kernel.var() == pytest.approx(2 / 32, rel=0.15)
        assert output.var() == pytest.approx(2 / 128, rel=0.15)

    @pytest.mark.parametrize(
        ("ours", "theirs"),
        [
            (Normalized(5), keras.initializers.GlorotUniform(5)),
            (XavierInit(5), keras.initializers.VarianceScaling(2, "fan_in", "untruncated_normal", 5)),
        ],
        ids=["Normalized", "XavierInit"],
    )
    def test_agrees_with_keras(self, ours, theirs):
        for mine, keras_own in zip(self.kernels(ours), self.kernels(theirs), strict=True):
            np.testing.assert_allclose(mine, keras_own, rtol=1e-6, atol=0)

    @pytest.mark.parametrize("seed", [5, keras.random.SeedGenerator(5)], ids=["integer", "generator"])
    def test_queries_and_keys_start_the_same_with_a_seed_and_different_without(self, seed):
        query, key, *_ = self.kernels(Normalized(seed))
        np.testing.assert_array_equal(query, key)
        query, key, *_ = self.kernels(Normalized())
        assert not np.array_equal(query, key)

    def test_axes_given_come_before_those_of_the_layer(self):
        layer = keras.layers.EinsumDense(
            "abc,cde->abde", (5, 8, 16), kernel_initializer=Normalized(1, [0], [1])
        )
        layer.build((None, 5, 32))
        np.testing.assert_array_equal(numpy(layer.kernel), numpy(Normalized(1, [0], [1])((32, 8, 16))))

    def test_a_saved_model_reloads_and_builds_the_same_kernel(self, tmp_path):
        layer = keras.layers.EinsumDense("abc,cde->abde", (5, 8, 16), kernel_initializer=Normalized(1))
        model = keras.Sequential([keras.Input((5, 32)), layer])
        model.save(tmp_path / "model.keras")
        loaded = keras.saving.load_model(tmp_path / "model.keras")
        np.testing.assert_array_equal(loaded.get_weights()[0], model.get_weights()[0])
        clone = keras.models.clone_model(loaded)
        np.testing.assert_array_equal(clone.get_weights()[0], model.get_weights()[0])
