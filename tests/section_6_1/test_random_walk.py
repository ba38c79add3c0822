"""6-1.f: logarithms of norms walk at random."""

import keras
import numpy as np
import pytest

from chapter6.artifacts import Folders
from chapter6.experiment import quick
from chapter6.initializers import Normalized, Orthogonal, gain_for
from chapter6.section_6_1 import propagation, random_walk


def test_f_norms_walk_at_random(section):
    table = section.findings["random_walk"].table
    linear = table.query("unit == 'linear' and gain == 1").set_index("weights")
    variance, error = linear.loc["equation 6-3", ["variance", "std. error"]]
    width = quick(random_walk.Settings).width
    assert abs(variance - 1 / (2 * width)) < 4 * error
    assert variance > 4 * error
    assert linear.loc["orthogonal", "variance"] < 1e-9
    assert linear.loc["one matrix", "exponent"] > linear.loc["equation 6-3", "exponent"]


def test_f_gradients_drift_least_at_gain_1_in_linear_layers(section):
    gains = section.numbers("random_walk/gain")
    # The norm of the gradient changes by the gain in every layer.
    drift = gains["gradient drift, linear, equation 6-3"]
    np.testing.assert_allclose(drift, np.log(gains["gain over gain_for"]), atol=0.05)
    table = section.findings["random_walk"].table.query("weights == 'equation 6-3'")
    linear = table.query("unit == 'linear'").set_index("gain")["kept (%)"]
    assert linear.index.tolist() == [0.6, 1.0, 1.2]
    assert linear.idxmax() == 1.0
    for gain, kept in linear.items():
        row = gains["gain over gain_for"].tolist().index(gain)
        assert kept == pytest.approx(100 * gains["share kept, linear, equation 6-3"][row])


def test_walks_match_a_float64_transcription():
    settings = random_walk.Settings(depth=4, width=9, networks=3)
    forward, backward = propagation.log_norms(random_walk.ACTIVATIONS, random_walk.FACTORS, settings)
    sources = [start(seed=keras.random.SeedGenerator(settings.seed)) for start in (Normalized, Orthogonal)]
    one = [sources[0]((9, 9)).numpy().astype(float) for _ in range(3)]
    drawn = [
        [[source((9, 9)).numpy().astype(float) for _ in range(3)] for source in sources] for _ in range(4)
    ]
    start, top = np.random.default_rng(settings.seed).normal(size=(2, 3, 9))
    slopes = {
        "linear": (lambda z: z, np.ones_like),
        "tanh": (np.tanh, lambda z: 1 / np.cosh(z) ** 2),
        "relu": (lambda z: np.maximum(z, 0), lambda z: (z > 0).astype(float)),
    }
    for kind, network, row, column in np.ndindex(3, 3, 3, 7):
        name = random_walk.ACTIVATIONS[row]
        gain = gain_for(name) * random_walk.FACTORS[column]
        kernels = [gain * (one[network] if kind == 2 else layer[kind][network]) for layer in drawn]
        activation, slope = slopes[name]
        hidden, before = [start[network]], []
        for kernel in kernels:
            before.append(hidden[-1] @ kernel)
            hidden.append(activation(before[-1]))
        gradients = [top[network]]
        for kernel, z in zip(reversed(kernels), reversed(before), strict=True):
            gradients.append((gradients[-1] * slope(z)) @ kernel.T)
        for measured, vectors in ((forward, hidden), (backward, gradients)):
            norms = np.linalg.norm(vectors, axis=1)
            np.testing.assert_allclose(
                measured[:, kind, network, row, column], np.log(norms / norms[0]), atol=1e-5
            )


def test_variance_growth_and_exponent(monkeypatch, tmp_path):
    settings = random_walk.Settings(depth=100, networks=100)
    kinds, activations, factors = (
        len(names) for names in (random_walk.KERNELS, random_walk.ACTIVATIONS, random_walk.FACTORS)
    )
    steps = np.random.default_rng(0).normal(0, 0.2, (100, 100))
    walks = np.concatenate([np.zeros((1, 100)), np.cumsum(steps, axis=0)])
    # Their variance over the networks is proportional to depth^1.7.
    one_matrix = np.arange(101)[:, None] ** 0.85 * np.linspace(-1, 1, 100)
    forward = np.zeros((101, kinds, 100, activations, factors))
    for kind, each in (("equation 6-3", walks), ("orthogonal", walks), ("one matrix", one_matrix)):
        forward[:, random_walk.KERNELS.index(kind)] = each[:, :, None, None]
    monkeypatch.setattr(propagation, "log_norms", lambda *arguments: (forward, forward))
    table = random_walk.run(settings, Folders.of("section_6_1", "random_walk", tmp_path)).table
    linear = table.query("unit == 'linear' and gain == 1").set_index("weights")
    variance, error = linear.loc["equation 6-3", ["variance", "std. error"]]
    assert abs(variance - 0.04) < 4 * error < 0.004
    # The variance of a normal sample of n has a standard deviation of sqrt(2 / n) of it.
    assert error == pytest.approx(0.04 * (2 / 100) ** 0.5 / 100**0.5, rel=0.3)
    assert linear.loc["one matrix", "exponent"] == pytest.approx(1.7)
