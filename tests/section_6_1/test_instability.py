"""6-1.j: starts from which the loss explodes."""

import itertools

import keras
import numpy as np
import pytest

from chapter6.artifacts import Folders
from chapter6.experiment import Verdict
from chapter6.initializers import XavierInit
from chapter6.mnist import load_mnist
from chapter6.networks.training import scale_pixels
from chapter6.section_6_1 import instability, scaled_weights


def test_j_large_weights_explode_and_others_fall_steadily(section):
    table = section.findings["instability"].table.set_index("scale")
    assert table["largest rise"][1] < 1.1 and table["failed (%)"][1] == 0
    assert table["initial loss"].is_monotonic_increasing
    assert table["largest rise"].idxmax() == table.index[-1]


def test_the_first_losses_match_a_float64_transcription():
    settings = instability.Settings(
        images=20, scales=(1.0, 1.5), hidden_layers=2, units=6, steps=10, networks=2, seed=3
    )
    mnist = load_mnist(None)
    losses, errors = scaled_weights.train_scaled(mnist, settings)
    assert losses.shape == (10, 2, 2) and errors.shape == (1, 2, 2)
    x = scale_pixels(mnist.train.images[:20].reshape(20, 784)).astype(float)
    one_hot = np.eye(10)[mnist.train.labels[:20]]
    for network in range(2):
        draw = XavierInit(keras.random.SeedGenerator(3 * 2 + network))
        kernels = [1.5 * draw(shape).numpy().astype(float) for shape in ((784, 6), (6, 6), (6, 10))]
        biases = [0.0, 0.0, 0.0]
        for step in range(3):
            hidden = [x]
            for kernel, bias in zip(kernels, biases, strict=True):
                hidden.append(np.maximum(hidden[-1] @ kernel + bias, 0))
            logits = hidden[-2] @ kernels[-1] + biases[-1]
            p = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
            loss = -np.log((p * one_hot).sum(axis=1)).mean()
            assert losses[step, 1, network] == pytest.approx(loss, rel=1e-4)
            back = (p - one_hot) / len(x)
            for layer in (2, 1, 0):
                gradients = hidden[layer].T @ back, back.sum(axis=0)
                back = back @ kernels[layer].T * (hidden[layer] > 0)
                kernels[layer] = kernels[layer] - settings.learning_rate * gradients[0]
                biases[layer] = biases[layer] - settings.learning_rate * gradients[1]


@pytest.mark.parametrize(
    ("large", "small", "verdict", "short"),
    [
        ([3, 9, np.nan], [2, 1, 1.09], Verdict.HOLDS, "2 times the standard ones the loss explodes in most"),
        ([3, 9, 4], [2, 1, 1.11], Verdict.PARTLY, "2 times the standard ones the loss explodes."),
        ([3, 9, 4], [2, 1.3, 1.2], Verdict.PARTLY, "2 times the standard ones the loss explodes."),
        ([3, 9, 2], [2, 1, 0.5], Verdict.PARTLY, "From none of the initial weights does the loss explode"),
        ([2.5, 2.4, 2.4], [2, 3, 1], Verdict.FAILS, "From none of the initial weights does the loss explode"),
    ],
)
def test_a_start_fails_by_instability_where_the_loss_has_risen(
    monkeypatch, tmp_path, large, small, verdict, short
):
    losses = np.repeat(np.transpose([small, large])[:, :, None], 2, axis=2).astype(float)
    errors = np.ones((1, 2, 2))
    monkeypatch.setattr(scaled_weights, "train_scaled", lambda mnist, settings: (losses, errors))
    monkeypatch.setattr(scaled_weights, "EVERY", 3)
    settings = instability.Settings(scales=(1.0, 2.0), networks=2)
    finding = instability.run(settings, Folders.of("section_6_1", "instability", tmp_path))
    rises = [sum(b > a or np.isnan(b) for a, b in itertools.pairwise(each)) for each in (small, large)]
    assert finding.table["steps uphill"].tolist() == rises
    assert finding.verdict == verdict
    assert short in str(finding.short)
