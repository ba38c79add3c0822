"""The initializers draw from exactly their distributions: moments, Kolmogorov-Smirnov, counts, parity."""

import math

import keras
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import integrate, stats

from chapter6.initializers import Normalized, Orthogonal, Sparse, XavierInit, gain_for
from tests.initializers.drawing import SIGNIFICANT, from_uniform, kolmogorov_smirnov, numpy

few = settings(max_examples=15, deadline=None, derandomize=True)
seeds = st.integers(0, 2**32 - 1)

# Shapes whose fans differ, with m and n as Keras counts them for Dense, Conv1D and Conv2D.
SHAPES = {
    (400, 100): (400, 100),
    (100, 400): (100, 400),
    (5, 64, 128): (320, 640),
    (3, 5, 16, 150): (240, 2250),
}
unequal_fans = pytest.mark.parametrize(("shape", "fans"), SHAPES.items(), ids=str)


class TestNormalized:
    @unequal_fans
    def test_is_uniform_between_the_limits_of_equation_6_3(self, shape, fans):
        values = numpy(Normalized(seed=11)(shape))
        assert kolmogorov_smirnov(values, from_uniform(*fans)) > SIGNIFICANT
        assert np.abs(values).max() <= math.sqrt(6 / sum(fans)) * (1 + 1e-6)

    @unequal_fans
    def test_draws_are_enough_to_tell_its_rule_from_similar_ones(self, shape, fans):
        m, n = fans
        values = numpy(Normalized(seed=11)(shape))
        similar = (
            from_uniform(m, m),
            from_uniform(n, n),
            stats.uniform(-math.sqrt(3 / (m + n)), 2 * math.sqrt(3 / (m + n))),
            stats.norm(0, math.sqrt(2 / (m + n))),
        )
        assert all(kolmogorov_smirnov(values, other) < SIGNIFICANT for other in similar)

    @few
    @given(seed=seeds, m=st.integers(50, 300), n=st.integers(50, 300))
    def test_moments(self, seed, m, n):
        values = numpy(Normalized(seed)((m, n))).astype(np.float64)
        variance = 2 / (m + n)
        # The standard error of a uniform's variance is variance * sqrt(0.8 / count); 6 of them.
        assert abs(values.mean()) < 6 * math.sqrt(variance / values.size)
        assert abs(values.var() - variance) < 6 * variance * math.sqrt(0.8 / values.size)

    @pytest.mark.parametrize(("shape", "sum_of_fans"), [((), 2), ((5000,), 10_000)], ids=str)
    def test_scalars_and_vectors_count_as_in_keras(self, shape, sum_of_fans):
        values = [np.abs(numpy(Normalized(seed)(shape))).max() for seed in range(20)]
        assert 0.8 * math.sqrt(6 / sum_of_fans) < max(values) <= math.sqrt(6 / sum_of_fans)

    @pytest.mark.parametrize("dtype", ["float32", "float64"])
    @pytest.mark.parametrize("shape", [(), (7,), *SHAPES], ids=str)
    def test_agrees_with_keras_glorot_uniform(self, shape, dtype):
        ours, theirs = (
            Normalized(seed=5)(shape, dtype),
            keras.initializers.GlorotUniform(seed=5)(shape, dtype),
        )
        np.testing.assert_allclose(numpy(ours), numpy(theirs), rtol=1e-6, atol=0)

    def test_agrees_with_torch_xavier_uniform(self):
        torch = pytest.importorskip("torch")
        # PyTorch keeps kernels as [out, in]: the fans are the same two numbers.
        theirs = torch.nn.init.xavier_uniform_(
            torch.empty(100, 400), generator=torch.Generator().manual_seed(0)
        )
        assert (
            stats.ks_2samp(numpy(Normalized(seed=0)((400, 100))).ravel(), theirs.ravel()).pvalue > SIGNIFICANT
        )


class TestXavierInit:
    @unequal_fans
    def test_is_normal_with_the_slides_standard_deviation(self, shape, fans):
        values = numpy(XavierInit(seed=3)(shape))
        assert kolmogorov_smirnov(values, stats.norm(0, 1 / math.sqrt(fans[0] / 2))) > SIGNIFICANT

    @unequal_fans
    def test_draws_are_enough_to_tell_its_rule_from_similar_ones(self, shape, fans):
        m, n = fans
        values = numpy(XavierInit(seed=3)(shape))
        truncated = stats.truncnorm(-2, 2, scale=math.sqrt(2 / m) / 0.87962566103423978)
        similar = (stats.norm(0, math.sqrt(2 / n)), stats.norm(0, math.sqrt(2 / (m + n))), from_uniform(m, n))
        assert all(kolmogorov_smirnov(values, other) < SIGNIFICANT for other in (*similar, truncated))

    def test_variance_is_he_normals_and_not_equation_6_3s(self):
        variance = numpy(XavierInit(seed=1)((400, 100))).var()
        he = numpy(keras.initializers.HeNormal(seed=1)((400, 100))).var()
        # 40,000 draws know a normal's variance to 0.7 % (one standard error).
        assert variance == pytest.approx(he, rel=0.04)
        assert variance == pytest.approx(2 / 400, rel=0.04)
        assert variance != pytest.approx(2 / 500, rel=0.15)

    @pytest.mark.parametrize("dtype", ["float32", "float64"])
    @pytest.mark.parametrize("shape", [(), (7,), *SHAPES], ids=str)
    def test_agrees_with_keras_untruncated_he_normal(self, shape, dtype):
        theirs = keras.initializers.VarianceScaling(2, "fan_in", "untruncated_normal", seed=5)(shape, dtype)
        np.testing.assert_allclose(numpy(XavierInit(seed=5)(shape, dtype)), numpy(theirs), rtol=1e-6, atol=0)

    def test_agrees_with_torch_kaiming_normal(self):
        torch = pytest.importorskip("torch")
        theirs = torch.nn.init.kaiming_normal_(
            torch.empty(100, 400), generator=torch.Generator().manual_seed(0)
        )
        assert (
            stats.ks_2samp(numpy(XavierInit(seed=0)((400, 100))).ravel(), theirs.ravel()).pvalue > SIGNIFICANT
        )


def second_moment(activation):
    """Return E[activation(z)^2] for a standard normal z, by quadrature on both sides of the kink at 0."""

    def integrand(z):
        return activation(z) ** 2 * stats.norm.pdf(z)

    return integrate.quad(integrand, -12, 0)[0] + integrate.quad(integrand, 0, 12)[0]


def selu(z):
    return 1.0507009873554805 * (z if z > 0 else 1.6732632423543772 * math.expm1(z))


class TestGain:
    @pytest.mark.parametrize(
        ("gain", "activation"),
        [
            (gain_for("linear"), lambda z: z),
            (gain_for("relu"), lambda z: max(z, 0)),
            (gain_for("leaky_relu"), lambda z: max(z, 0.2 * z)),
            (gain_for("leaky_relu", negative_slope=0.6), lambda z: max(z, 0.6 * z)),
            # What the docstring says the rule gives where the table does not follow it.
            (1.5925, math.tanh),
            (1.8462, lambda z: 1 / (1 + math.exp(-z))),
            (1.0, selu),
        ],
        ids=["linear", "relu", "leaky_relu", "leaky_relu 0.6", "tanh", "sigmoid", "selu"],
    )
    def test_rule(self, gain, activation):
        assert gain**2 * second_moment(activation) == pytest.approx(1, abs=1e-4)

    @pytest.mark.parametrize(
        ("name", "activation", "settled"), [("tanh", math.tanh, 1.18), ("selu", selu, 0.023)]
    )
    def test_signal_settles_where_the_docstring_says(self, name, activation, settled):
        # The map from one layer's pre-activation variance to the next's crosses the diagonal there.
        def next_variance(variance):
            return gain_for(name) ** 2 * second_moment(lambda z: activation(math.sqrt(variance) * z))

        assert next_variance(0.95 * settled) > 0.95 * settled
        assert next_variance(1.05 * settled) < 1.05 * settled

    @pytest.mark.parametrize("name", ["linear", "sigmoid", "tanh", "relu", "selu"])
    def test_agrees_with_torch(self, name):
        torch = pytest.importorskip("torch")
        assert gain_for(name) == pytest.approx(torch.nn.init.calculate_gain(name), rel=1e-12)

    @pytest.mark.parametrize("slope", [0.0, 0.01, 0.3, 1.0, -0.5])
    def test_leaky_relu_agrees_with_torch(self, slope):
        torch = pytest.importorskip("torch")
        theirs = torch.nn.init.calculate_gain("leaky_relu", slope)
        assert gain_for("leaky_relu", slope) == pytest.approx(theirs, rel=1e-12)

    def test_default_slope_is_that_of_keras_leaky_relu(self):
        slope = -float(keras.activations.leaky_relu(np.float32(-1)))
        assert gain_for("leaky_relu") == pytest.approx(gain_for("leaky_relu", slope), rel=1e-6)

    def test_refuses_what_it_does_not_know(self):
        with pytest.raises(ValueError, match="one of linear, .*leaky_relu, received 'softmax'"):
            gain_for("softmax")
        with pytest.raises(ValueError, match="leaky_relu only, received 0.1 for relu"):
            gain_for("relu", 0.1)
        with pytest.raises(ValueError, match="finite, received inf"):
            gain_for("leaky_relu", math.inf)


class TestOrthogonal:
    @few
    @given(
        seed=seeds,
        m=st.integers(1, 70),
        n=st.integers(1, 70),
        gain=st.one_of(st.floats(0.1, 5), st.sampled_from(["tanh", "relu", "leaky_relu", "selu"])),
    )
    def test_rows_or_columns_are_orthogonal_with_the_gain_as_norm(self, seed, m, n, gain):
        w = numpy(Orthogonal(gain, seed)((m, n))).astype(np.float64)
        factor = gain_for(gain) if isinstance(gain, str) else gain
        products = w.T @ w if m >= n else w @ w.T
        np.testing.assert_allclose(products / factor**2, np.eye(min(m, n)), atol=1e-5)

    @pytest.mark.parametrize("shape", [(3, 3, 8, 16), (3, 3, 2, 64), (5, 7, 9)], ids=str)
    def test_convolution_kernels_are_orthogonal_as_matrices_of_filters(self, shape):
        w = numpy(Orthogonal(2.0, seed=4)(shape)).reshape(-1, shape[-1])
        products = w.T @ w if w.shape[0] >= w.shape[1] else w @ w.T
        np.testing.assert_allclose(products, 4 * np.eye(min(w.shape)), atol=1e-5)

    def test_float64_is_orthogonal_to_float64s_precision(self):
        w = numpy(Orthogonal(seed=0)((60, 60), "float64"))
        np.testing.assert_allclose(w.T @ w, np.eye(60), atol=1e-13)

    @pytest.mark.parametrize("shape", [(6, 6), (9, 4), (4, 9)], ids=str)
    def test_is_haar_distributed(self, shape):
        generator = keras.random.SeedGenerator(8)
        size = max(shape)
        kernels = np.stack([numpy(Orthogonal(seed=generator)(shape)) for _ in range(400)])
        # One coordinate x of a uniform unit vector in d dimensions: (x + 1) / 2 ~ Beta((d-1)/2, (d-1)/2).
        coordinate = stats.beta((size - 1) / 2, (size - 1) / 2, loc=-1, scale=2)
        worst = min(kolmogorov_smirnov(entry, coordinate) for entry in kernels.reshape(400, -1).T)
        assert worst > SIGNIFICANT

    def test_trace_is_that_of_the_haar_measure(self):
        # Haar-distributed matrices have E[trace] = 0, E[trace^2] = 1; without the signs of R the first moves.
        generator = keras.random.SeedGenerator(2)
        traces = np.array([np.trace(numpy(Orthogonal(seed=generator)((8, 8)))) for _ in range(400)])
        assert abs(traces.mean()) < 5 / math.sqrt(traces.size)
        assert abs((traces**2).mean() - 1) < 5 * math.sqrt(2 / traces.size)

    @pytest.mark.parametrize("dtype", ["float32", "float64"])
    @pytest.mark.parametrize("shape", SHAPES, ids=str)
    def test_agrees_with_keras(self, shape, dtype):
        theirs = keras.initializers.Orthogonal(1.5, seed=6)(shape, dtype)
        np.testing.assert_allclose(
            numpy(Orthogonal(1.5, seed=6)(shape, dtype)), numpy(theirs), rtol=1e-5, atol=1e-7
        )

    def test_agrees_with_torch(self):
        torch = pytest.importorskip("torch")
        generator = torch.Generator().manual_seed(0)
        ours, theirs = [], []
        for seed in range(150):
            ours.append(numpy(Orthogonal(seed=seed)((3, 5)))[1, 2])
            theirs.append(torch.nn.init.orthogonal_(torch.empty(5, 3), generator=generator)[2, 1].item())
        assert stats.ks_2samp(ours, theirs).pvalue > 1e-4


class TestSparse:
    @few
    @given(seed=seeds, m=st.integers(1, 80), n=st.integers(1, 80), k=st.integers(1, 100))
    def test_each_unit_has_exactly_k_nonzero_incoming_weights(self, seed, m, n, k):
        w = numpy(Sparse(k, seed=seed)((m, n)))
        assert (np.count_nonzero(w, axis=0) == min(k, m)).all()

    @pytest.mark.parametrize("shape", [(3, 3, 8, 20), (7, 4, 30), (2, 2, 2, 25)], ids=str)
    def test_each_filter_of_a_convolution_has_exactly_k_nonzero_weights(self, shape):
        w = numpy(Sparse(15, seed=1)(shape)).reshape(-1, shape[-1])
        assert (np.count_nonzero(w, axis=0) == min(15, len(w))).all()

    def test_places_are_uniform_without_replacement(self):
        # All 10 ways to choose 2 of 5 inputs are equally likely, and the units choose independently.
        w = numpy(Sparse(2, seed=9)((5, 20_000)))
        counts = np.unique(w.astype(bool), axis=1, return_counts=True)[1]
        assert len(counts) == 10
        assert stats.chisquare(counts).pvalue > SIGNIFICANT

    def test_neighbouring_units_choose_independently(self):
        chosen = numpy(Sparse(3, seed=2)((12, 20_000))).astype(bool)
        both = (chosen[:, :-1] & chosen[:, 1:]).sum(axis=0)
        # The overlap of two independent choices of 3 from 12 is hypergeometric.
        expected = stats.hypergeom(12, 3, 3).pmf(np.arange(4)) * both.size
        assert stats.chisquare(np.bincount(both, minlength=4), expected).pvalue > SIGNIFICANT

    def test_blocks_of_units_differ(self, monkeypatch):
        monkeypatch.setattr("chapter6.initializers.sparse._KEYS_AT_ONCE", 7 * 100)
        w = numpy(Sparse(10, seed=2)((100, 30)))
        assert (np.count_nonzero(w, axis=0) == 10).all()
        assert len(np.unique(w.astype(bool), axis=1).T) == 30

    @pytest.mark.parametrize("stddev", [1.0, 0.2])
    @pytest.mark.parametrize("shape", [(400, 2000), (15, 2000), (5, 5, 8, 2000)], ids=str)
    def test_nonzero_weights_are_normal(self, shape, stddev):
        w = numpy(Sparse(15, stddev, seed=7)(shape))
        assert kolmogorov_smirnov(w[w != 0], stats.norm(0, stddev)) > SIGNIFICANT

    def test_a_draw_of_zero_still_gives_a_nonzero_weight(self, monkeypatch):
        monkeypatch.setattr(keras.random, "normal", lambda shape, *_: keras.ops.zeros(shape))
        w = numpy(Sparse(4, 0.5, seed=7)((20, 3)))
        assert (np.count_nonzero(w, axis=0) == 4).all()
        assert set(np.unique(w)) == {0.0, 0.5}

    def test_places_do_not_follow_from_weights(self):
        # One seed for both draws would tie them; as it is, a unit's places say nothing about its weights.
        w = numpy(Sparse(1, seed=0)((2, 5000)))
        first, second = w[0][w[0] != 0], w[1][w[1] != 0]
        assert stats.ks_2samp(first, second).pvalue > SIGNIFICANT
