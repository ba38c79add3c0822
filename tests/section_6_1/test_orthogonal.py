"""6-1.e: orthogonal kernels make the number of steps independent of depth."""

import numpy as np
import pytest

from chapter6.artifacts import Folders
from chapter6.experiment import Verdict
from chapter6.section_6_1 import linear_networks, orthogonal


def test_e_orthogonal_steps_do_not_depend_on_depth(section):
    steps = section.findings["orthogonal"].table.set_index(["weights", "depth"])["median steps"]

    def growth(start):
        return steps[start, 10] / steps[start, 2]

    assert growth("orthogonal") < 2
    assert growth("equation 6-3") > 4


def test_slope_uses_the_depths_at_which_all_networks_arrived(monkeypatch, tmp_path):
    inf = np.inf
    steps = {
        2: [[4, 6], [4, 6], [5, 5]],
        5: [[10, 15], [inf, 9], [5, 5]],
        10: [[20, 30], [9, 9], [5, 5]],
        20: [[inf, 60], [9, 9], [5, 5]],
    }
    monkeypatch.setattr(
        linear_networks, "steps_to_target", lambda starts, depth, settings: np.array(steps[depth], float)
    )
    settings = orthogonal.Settings(depths=tuple(steps), networks=2)
    finding = orthogonal.run(settings, Folders.of("section_6_1", "orthogonal", tmp_path))
    fitted = finding.table.dropna()
    assert list(zip(fitted["weights"], fitted["depth"], strict=True)) == [
        ("orthogonal", 10),
        ("orthogonal, tanh units", 20),
    ]
    assert fitted["slope"].tolist() == pytest.approx([2.5, 0])
    assert fitted["std. error"].tolist() == pytest.approx([0.5, 0])
    # What the fit leaves out is counted all the same.
    last = finding.table.query("depth == 20").set_index("weights")
    assert last["median steps"].tolist() == [np.inf, 9, 5]
    assert last["least"].tolist() == [60, 9, 5]
    assert last["most"].tolist() == [np.inf, 9, 5]


@pytest.mark.parametrize(
    ("orthogonal_steps", "normalized_steps", "verdict", "short"),
    [
        ((8, 12), (10, np.inf), Verdict.HOLDS, "depth 20 in 12 steps; those of equation 6-3 do not train it"),
        ((8, 12), (10, 60), Verdict.HOLDS, "At depth 20 a linear network needs 5.0 times as many steps"),
        ((8, 12), (10, 15), Verdict.PARTLY, "1.2 times as many steps"),
        ((8, 30), (10, 60), Verdict.FAILS, "2.0 times as many steps"),
        ((8, np.inf), (10, 60), Verdict.FAILS, "do not reach the target in 150 steps"),
    ],
)
def test_e_independent_means_never_twice_the_steps(
    monkeypatch, tmp_path, orthogonal_steps, normalized_steps, verdict, short
):
    of_depth = dict(zip((2, 20), zip(orthogonal_steps, normalized_steps, strict=True), strict=True))
    monkeypatch.setattr(
        linear_networks,
        "steps_to_target",
        lambda starts, depth, settings: np.repeat([of_depth[depth] + of_depth[depth][1:]], 2, axis=0).T,
    )
    settings = orthogonal.Settings(depths=(2, 20), networks=2)
    finding = orthogonal.run(settings, Folders.of("section_6_1", "orthogonal", tmp_path))
    assert finding.verdict == verdict
    assert short in str(finding.short)


def test_steps_of_orthogonal_networks_match_a_float64_transcription():
    settings = orthogonal.Settings(width=6, outputs=3, rates=(0.3,), networks=2, max_steps=60, target=0.05)
    starts = linear_networks.initializers_of(settings.seed)
    measured = linear_networks.steps_to_target(starts, 3, settings)
    kernels = _drawn_again(linear_networks.initializers_of(settings.seed)["orthogonal"], settings)
    maps = np.random.default_rng([settings.seed, 3]).normal(0, 6**-0.5, (2, 6, 3))
    for row, activation in ((0, _linear), (2, _tanh)):
        expected = [_steps_by_hand([k[i] for k in kernels], maps[i], 0.3 / 4, activation) for i in range(2)]
        np.testing.assert_array_equal(measured[row], expected)


def _drawn_again(start, settings):
    """Return the kernels of a depth of 3 as the experiment draws them: layer by layer, network by network."""
    shapes = [(settings.width, settings.width)] * 3 + [(settings.width, settings.outputs)]
    return [[start(shape).numpy().astype(float) for _ in range(settings.networks)] for shape in shapes]


def _linear(z):
    return z, np.ones_like(z)


def _tanh(z):
    return np.tanh(z), 1 / np.cosh(z) ** 2


def _steps_by_hand(kernels, target, rate, activation, share=0.05):
    """Return the steps of gradient descent on J = |y - A|^2 / 2 to J <= share * |A|^2 / 2, for inputs I."""
    step = 0
    while True:
        hidden, slopes = [np.eye(len(target))], []
        for kernel in kernels[:-1]:
            h, slope = activation(hidden[-1] @ kernel)
            hidden.append(h)
            slopes.append(slope)
        back = hidden[-1] @ kernels[-1] - target
        if (back**2).sum() <= share * (target**2).sum():
            return step
        gradients = [hidden[-1].T @ back]
        for h, kernel, slope in zip(hidden[-2::-1], kernels[:0:-1], slopes[::-1], strict=True):
            back = back @ kernel.T * slope
            gradients.insert(0, h.T @ back)
        kernels = [w - rate * g for w, g in zip(kernels, gradients, strict=True)]
        step += 1
