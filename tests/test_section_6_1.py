"""Section 6-1's experiments: the whole section run once, its files, and what must hold even at that size."""

import csv
import importlib
import struct
import subprocess
import sys
from pathlib import Path

import keras
import numpy as np
import pytest

from chapter6 import section_6_1
from chapter6.artifacts import Folders
from chapter6.experiment import Verdict, quick
from chapter6.runner.command_line import main
from tests.quick_section import run_quick

NAMES = section_6_1.EXPERIMENTS
MODULES = {name: importlib.import_module(f"chapter6.section_6_1.{name}") for name in NAMES}
each_experiment = pytest.mark.parametrize("name", NAMES)


@pytest.fixture(scope="module")
def section(tmp_path_factory, digits):
    return run_quick("section_6_1", tmp_path_factory.mktemp("section_6_1"), digits)


def files(section, name, pattern):
    return sorted(section.of(name).rglob(pattern))


def test_claims_are_a_to_h_in_slide_order():
    assert [module.CLAIM for module in MODULES.values()] == [f"6-1.{letter}" for letter in "abcdefgh"]
    assert all(f"claim {module.CLAIM[-1]}" in module.__doc__ for module in MODULES.values())


def test_looking_at_the_section_does_not_import_tensorflow():
    looked = "; ".join(f"import chapter6.section_6_1.{name}" for name in NAMES)
    heavy = "{'tensorflow', 'keras', 'matplotlib'}"
    subprocess.run(
        [sys.executable, "-c", f"import sys; {looked}; assert not {heavy} & set(sys.modules)"],
        cwd=Path(__file__).parent.parent,
        check=True,
    )


class TestFiles:
    @each_experiment
    def test_a_finding_says_what_was_measured(self, section, name):
        finding = section.findings[name]
        assert isinstance(finding.verdict, Verdict)
        assert "nan" not in finding.measured
        assert all(isinstance(float(value), float) for value in finding.numbers.values())

    @each_experiment
    def test_pictures_are_png(self, section, name):
        pictures = section.findings[name].pictures
        assert pictures and list(pictures) == files(section, name, "*.png")
        for picture in pictures:
            header = picture.read_bytes()[:24]
            assert header[:8] == b"\x89PNG\r\n\x1a\n"
            width, height = struct.unpack(">II", header[16:])
            assert width >= 1200 and height >= 600

    @each_experiment
    def test_tables_are_whole(self, section, name):
        tables = files(section, name, "*.csv")
        assert tables
        for table in tables:
            with table.open(newline="") as file:
                header, *rows = list(csv.reader(file))
            assert len(rows) > 1
            assert len(set(header)) == len(header)
            assert np.array(rows, float).shape == (len(rows), len(header))

    @each_experiment
    def test_tensorboard_reads_the_event_files(self, section, name):
        from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

        logs = files(section, name, "events.out.tfevents.*")
        assert logs and len({file.parent for file in logs}) == len(logs)
        for file in logs:
            reader = EventAccumulator(str(file), size_guidance={"tensors": 0}).Reload()
            tags = reader.Tags()["tensors"]
            assert tags and all(len(reader.Tensors(tag)) > 1 for tag in tags)

    def test_histograms_by_layer_are_there(self, section):
        from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

        (file,) = files(section, "normalized", "equation_6_3/events.out.tfevents.*")
        reader = EventAccumulator(str(file), size_guidance={"tensors": 0}).Reload()
        for tag in ("activations", "gradients"):
            assert reader.SummaryMetadata(tag).plugin_data.plugin_name == "histograms"
            assert [event.step for event in reader.Tensors(tag)] == [1, 2, 3, 4, 5, 10]

    def test_nothing_is_written_elsewhere(self, section):
        assert {path.name for path in section.output.iterdir()} == {"snapshots"}
        left = {path.name for path in section.folder.iterdir()}
        assert left == {f"{name}_quick" for name in NAMES}

    @pytest.mark.parametrize("name", ["nearest_optimum", "sparse", "wrong_signs"])
    def test_the_same_command_gives_the_same_numbers(self, section, name, tmp_path):
        again = MODULES[name].run(quick(MODULES[name].Settings), Folders.of("section_6_1", name, tmp_path))
        assert again.numbers == section.findings[name].numbers
        for table in files(section, name, "*.csv"):
            (copy,) = tmp_path.rglob(table.name)
            assert copy.read_bytes() == table.read_bytes()
        # A second run in the same folder replaces the first's events.
        MODULES[name].run(quick(MODULES[name].Settings), Folders.of("section_6_1", name, tmp_path))
        assert len(list(tmp_path.rglob("events.*"))) == len(files(section, name, "events.*"))


class TestClaims:
    def test_a_starting_points_decide(self, section):
        numbers = section.findings["starting_points"].numbers
        good = [numbers[f"best accuracy, {name}"] for name in ("equation 6-3", "xavier_init", "orthogonal")]
        bad = [numbers[f"best accuracy, {name}"] for name in ("too small (0.01)", "constant (0.05)")]
        assert min(good) > 0.4
        assert max(bad) < 0.2

    def test_b_most_points_end_in_the_nearest_optimum(self, section):
        numbers = section.findings["nearest_optimum"].numbers
        assert numbers["share, Himmelblau"] > 0.95
        assert 0.75 < numbers["share, one dimension"] < 0.99
        assert numbers["share by chance, one dimension"] < 0.4
        assert section.findings["nearest_optimum"].verdict == Verdict.HOLDS

    def test_c_equal_units_stay_equal(self, section):
        numbers = section.findings["symmetry"].numbers
        distinct = [value for key, value in numbers.items() if key.startswith("distinct units")]
        # All equal, incoming equal, random, Keras' instance twice, this chapter's instance twice
        assert distinct == [1, 16, 16, 8, 16]
        rank = {key: value for key, value in numbers.items() if key.startswith("rank")}
        assert rank["rank, all weights equal"] == 1
        assert rank["rank, two branches, Keras' instance"] == 8
        assert rank["rank, two branches, this chapter's"] == 16

    @pytest.mark.parametrize(
        ("start", "activation", "per_layer"),
        [
            ("equation 6-3", "linear", 1.0),
            ("xavier_init", "linear", 2**0.5),
            ("uniform, ±1/√m", "linear", 3**-0.5),
            ("too small (0.01)", "linear", 0.01 * 64**0.5),
            ("sparse (k = 15)", "linear", 15**0.5),
            ("equation 6-3", "relu", 2**-0.5),
            ("xavier_init", "relu", 1.0),
            ("orthogonal, with gain", "relu", 1.0),
        ],
    )
    def test_d_size_changes_by_the_weights_variance(self, section, start, activation, per_layer):
        numbers = section.findings["normalized"].numbers
        layers = max(quick(MODULES["normalized"].Settings).depths)
        for direction in ("activations", "gradients"):
            measured = numbers[f"{direction}, {start}, {activation}"] ** (1 / layers)
            # Ten layers of 64 units leave a few percent to chance; relu's spread leaves out its mean.
            assert measured == pytest.approx(per_layer, rel=0.12)

    def test_d_orthogonal_kernels_keep_linear_networks_exactly(self, section):
        numbers = section.findings["normalized"].numbers
        for direction in ("activations", "gradients"):
            assert numbers[f"{direction}, orthogonal, with gain, linear"] == pytest.approx(1, rel=0.05)

    def test_e_orthogonal_steps_do_not_depend_on_depth(self, section):
        numbers = section.findings["orthogonal"].numbers

        def growth(start):
            return numbers[f"median steps, {start}, depth 10"] / numbers[f"median steps, {start}, depth 2"]

        assert growth("orthogonal") < 2
        assert growth("equation 6-3") > 4
        assert growth("N(0, 1/m)") > 4

    def test_f_norms_walk_at_random(self, section):
        numbers = section.findings["random_walk"].numbers
        width = quick(MODULES["random_walk"].Settings).width
        error = numbers["standard error of variance per layer"]
        assert abs(numbers["variance per layer"] - 1 / (2 * width)) < 4 * error
        assert numbers["variance per layer"] > 4 * error
        assert numbers["tuned gain over gain_for, linear"] == 1

    def test_g_sparse_weights_keep_their_size(self, section):
        numbers = section.findings["sparse"].numbers
        assert numbers["exponent of size of weights, sparse, k = 15"] == pytest.approx(0, abs=0.02)
        assert numbers["exponent of size of weights, N(0, 1/m)"] == pytest.approx(-0.5, abs=0.02)
        # The norm of k normal weights varies by about 1 / sqrt(2 k), that of m by 1 / sqrt(2 m).
        assert numbers["spread of norms at the largest m, sparse, k = 15"] == pytest.approx(
            30**-0.5, rel=0.15
        )
        assert numbers["spread of norms at the largest m, N(0, 1/m)"] == pytest.approx(2000**-0.5, rel=0.15)

    def test_h_large_wrong_weights_take_longer(self, section):
        numbers, settings = section.findings["wrong_signs"].numbers, quick(MODULES["wrong_signs"].Settings)
        for activation in ("linear", "tanh"):
            steps = [numbers[f"median steps, {activation}, size {size:g}"] for size in settings.sizes]
            assert all(np.diff(steps) > 0)
        last = settings.sizes[-1]
        assert (
            numbers[f"median steps, tanh, size {last:g}"]
            > 5 * numbers[f"median steps, linear, size {last:g}"]
        )
        # The slowest of 15 weights takes longer than the one that the equation describes, but not twice.
        expected = np.log(1 + last / settings.teacher_size) / -np.log(1 - settings.learning_rate)
        assert expected < numbers[f"median steps, linear, size {last:g}"] < 2 * expected


class TestMeasures:
    @pytest.mark.parametrize(
        "arguments",
        [
            ["normalized", "--depths", "5"],
            ["orthogonal", "--depths", "5", "5"],
            ["sparse", "--inputs", "100"],
            ["wrong_signs", "--sizes", "1.0"],
        ],
        ids=" ".join,
    )
    def test_one_value_is_nothing_to_compare(self, arguments, tmp_path, capsys):
        with pytest.raises(SystemExit) as end:
            main("chapter6.section_6_1", [*arguments, "--output", str(tmp_path)])
        assert end.value.code == 2
        assert "must be at least 2 different numbers, received" in capsys.readouterr().err

    def test_distinct_columns_and_rank(self):
        from chapter6.section_6_1.symmetry import _distinct_columns, _rank

        random = np.random.default_rng(0)
        columns = random.normal(size=(20, 4))
        kernel = np.concatenate([columns, columns[:, :2], columns[:, :1] + columns[:, 1:2]], axis=1)
        assert _distinct_columns(kernel) == 5
        assert _rank(kernel) == 4
        assert _distinct_columns(kernel + 1e-7 * random.normal(size=kernel.shape)) == 5
        assert _distinct_columns(kernel + 1e-2 * random.normal(size=kernel.shape)) == 7

    def test_slope_uses_the_depths_at_which_all_networks_arrived(self):
        from chapter6.section_6_1.orthogonal import _slope

        depths = (2, 5, 10, 20)
        steps = np.array([[4.0, 6.0], [10.0, 15.0], [20.0, 30.0], [np.inf, 60.0]])
        slope, error, deepest = _slope(depths, steps)
        assert slope == pytest.approx(2.5)
        assert error == pytest.approx(0.5)
        assert deepest == 10
        assert np.isnan(_slope(depths, np.array([[4.0, 6.0], [np.inf, 9.0], [9.0, 9.0], [9.0, 9.0]]))[0])

    def test_steps_of_orthogonal_networks_match_a_float64_transcription(self):
        from chapter6.section_6_1 import linear_networks, orthogonal

        settings = orthogonal.Settings(
            width=6, outputs=3, rates=(0.3,), networks=2, max_steps=60, target=0.05
        )
        starts = linear_networks.initializers_of(settings.seed, settings.width)
        measured = linear_networks.steps_to_target(starts, 3, settings)[0]
        kernels = _drawn_again(
            linear_networks.initializers_of(settings.seed, settings.width)["orthogonal"], settings
        )
        maps = np.random.default_rng([settings.seed, 3]).normal(0, 6**-0.5, (2, 6, 3))
        expected = [_steps_by_hand([k[i] for k in kernels], maps[i], 0.3 / 4, 0.05) for i in range(2)]
        np.testing.assert_array_equal(measured, expected)

    def test_walks_match_a_float64_transcription(self):
        from chapter6.initializers import Normalized, Orthogonal, gain_for
        from chapter6.section_6_1 import propagation, random_walk

        settings = random_walk.Settings(depth=4, width=9, networks=3)
        forward, backward = propagation.log_norms(random_walk.ACTIVATIONS, random_walk.FACTORS, settings)
        sources = [
            start(seed=keras.random.SeedGenerator(settings.seed)) for start in (Normalized, Orthogonal)
        ]
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

    def test_variance_growth_and_exponent(self):
        from chapter6.section_6_1.random_walk import _exponent, _variance_growth

        steps = np.random.default_rng(0).normal(0, 0.2, (2000, 100))
        walks = np.concatenate([np.zeros((1, 100)), np.cumsum(steps, axis=0)])
        growth, error = _variance_growth(walks)
        assert abs(growth - 0.04) < 4 * error < 0.004
        assert _exponent(3.0 * np.arange(50) ** 1.7) == pytest.approx(1.7)

    def test_descents_are_assigned_to_optima(self):
        from chapter6.section_6_1.nearest_optimum import _assigned

        optima = np.array([[0.0], [4.0]])
        descents = _assigned(
            np.array([[1.0], [1.9], [3.0], [2.5]]), np.array([[0.01], [4.0], [4.0], [2.0]]), optima
        )
        assert descents.ends.tolist() == [0, 1, 1, -1]
        assert descents.nearest.tolist() == [0, 0, 1, 1]
        assert descents.share_nearest() == 0.5
        assert descents.share_by_chance() == 0.25 * 0.5 + 0.5 * 0.5
        np.testing.assert_allclose(descents.relative_distance, [1 / 3, 1.9 / 2.1, 1 / 3, 1.5 / 2.5])

    def test_descent_stays_on_the_side_of_the_hill_where_it_starts(self):
        from chapter6.section_6_1.descent import descend

        # (x^2 - 1)^2 has minima at -1 and 1 and a hill at 0.
        starts = np.array([-1.5, -0.01, 0.01, 0.7])
        ends = descend(lambda x: (x**2 - 1) ** 2, starts, 0.05, 500)
        np.testing.assert_allclose(ends, [-1, -1, 1, 1], atol=1e-4)


def _drawn_again(start, settings):
    """Return the kernels of a depth of 3 as the experiment draws them: layer by layer, network by network."""
    shapes = [(settings.width, settings.width)] * 3 + [(settings.width, settings.outputs)]
    return [[start(shape).numpy().astype(float) for _ in range(settings.networks)] for shape in shapes]


def _steps_by_hand(kernels, target, rate, share):
    """Return the steps of gradient descent on J = |W_1 W_2 W_3 W_4 - A|^2 / 2 to J <= share * |A|^2 / 2."""
    step = 0
    while ((np.linalg.multi_dot(kernels) - target) ** 2).sum() > share * (target**2).sum():
        w1, w2, w3, w4 = kernels
        error = w1 @ w2 @ w3 @ w4 - target
        gradients = (
            error @ (w2 @ w3 @ w4).T,
            w1.T @ error @ (w3 @ w4).T,
            (w1 @ w2).T @ error @ w4.T,
            (w1 @ w2 @ w3).T @ error,
        )
        kernels = [w - rate * g for w, g in zip(kernels, gradients, strict=True)]
        step += 1
    return step
