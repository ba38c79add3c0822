"""6-1.d: equation 6-3 keeps the size of activations and gradients where m = n."""

import keras
import numpy as np
import pytest

from chapter6.artifacts import Folders
from chapter6.experiment import Verdict
from chapter6.initializers import Normalized
from chapter6.section_6_1 import normalized, propagation

ROOT = 2**0.5


@pytest.mark.parametrize(
    ("start", "widths", "activation", "forward", "back"),
    [
        ("equation 6-3", "equal", "linear", 1, 1),
        ("equation 6-3", "equal", "relu", 1 / ROOT, 1 / ROOT),
        # m = 2n: the variance 2/(3n) is 4/3 of 1/m and 2/3 of 1/n.
        ("equation 6-3", "funnel", "linear", (4 / 3) ** 0.5, (2 / 3) ** 0.5),
        # m = 16n and n = 16m by turns: 2/17 and 32/17 of 1/m
        ("equation 6-3", "by turns", "linear", (64 / 289) ** 0.25, (64 / 289) ** 0.25),
        ("1/m", "funnel", "linear", 1, 1 / ROOT),
        ("1/n", "funnel", "linear", ROOT, 1),
        ("1/m", "by turns", "linear", 1, 1),
        ("xavier_init", "equal", "linear", ROOT, ROOT),
        ("xavier_init", "by turns", "relu", 1, 1),
    ],
)
def test_d_size_changes_by_the_weights_variance(section, start, widths, activation, forward, back):
    table = section.findings["normalized"].table.set_index(["initialization", "widths", "activation"])
    factors = table.loc[(start, widths, activation), ["factor forward", "factor back"]]
    # Narrow layers leave a few percent to chance.
    assert factors.tolist() == pytest.approx([forward, back], rel=0.15)


def test_sizes_match_a_float64_transcription():
    settings = normalized.Settings(inputs=3, networks=2)
    (name, rule), *_others = propagation.rules_of(settings.seed).items()
    sizes = propagation.sizes_by_layer({name: rule}, ("linear", "tanh"), [8, 4, 6], settings)
    again = Normalized(keras.random.SeedGenerator(settings.seed))
    kernels = [[again(shape).numpy().astype(float) for _ in range(2)] for shape in ((8, 4), (4, 6))]
    rng = np.random.default_rng(settings.seed)
    inputs, top = rng.normal(size=(3, 8)), rng.normal(size=(3, 6))
    for network, (first, second) in enumerate(zip(*kernels, strict=True)):
        hidden = np.tanh(inputs @ first)
        outputs = np.tanh(hidden @ second)
        back = (top * (1 - outputs**2)) @ second.T
        expected = [[inputs, hidden, outputs], [(back * (1 - hidden**2)) @ first.T, back, top]]
        rms = [[(each**2).mean() ** 0.5 for each in tensors] for tensors in expected]
        np.testing.assert_allclose(sizes[:, :, 0, network, 1], rms, rtol=1e-5)


@pytest.mark.parametrize(
    ("factor", "kept", "verdict"),
    [(1.04, "yes", Verdict.HOLDS), (1.06, "no", Verdict.FAILS), (0.94, "no", Verdict.FAILS)],
)
def test_d_kept_means_that_a_layer_changes_neither_size_by_more_than_5_percent(
    monkeypatch, tmp_path, factor, kept, verdict
):
    def sizes(rules, activations, widths, settings):
        layers = np.arange(len(widths))
        # What runs back grows from the last layer to the first, in the deeper half only.
        back = np.maximum(layers - len(widths) // 2, 0)
        both = np.array([np.ones(len(widths)), float(factor) ** (back.max() - back)])
        return np.broadcast_to(
            both[:, :, None, None, None], (*both.shape, len(rules), settings.networks, len(activations))
        )

    monkeypatch.setattr(propagation, "sizes_by_layer", sizes)
    finding = normalized.run(normalized.Settings(wide=64), Folders.of("section_6_1", "normalized", tmp_path))
    assert finding.table["factor back"].tolist() == pytest.approx([factor] * len(finding.table))
    assert set(finding.table["kept"]) == {kept}
    assert finding.verdict == verdict
