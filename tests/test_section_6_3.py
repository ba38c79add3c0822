"""Section 6-3's experiments: their parts alone, then the section run once at its quick size."""

import dataclasses
import importlib

import keras
import numpy as np
import pytest
import tensorflow as tf
from PIL import Image
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

from chapter6 import artifacts, optimizers, section_6_3
from chapter6.experiment import Verdict, quick
from chapter6.mnist import load_mnist
from chapter6.section_6_3 import (
    adam_strengths,
    descent,
    drawing,
    influence,
    lateral,
    learning_rate,
    mnist_curves,
    side_by_side,
)
from chapter6.section_6_3.objectives import BOWL, OBJECTIVES, SADDLE
from chapter6.section_6_3.optimizer_specs import best_rates, optimizer_spec, optimizer_specs, tuned_runs
from tests import reference
from tests.quick_section import run_quick

NAMES = section_6_3.EXPERIMENTS
MODULES = {name: importlib.import_module(f"chapter6.section_6_3.{name}") for name in NAMES}
COMPARED = ("SGD", "momentum", "AdaGrad", "RMSProp", "RMSProp, Nesterov", "Adam")


def sgd(theta, gradient, steps, *, e, alpha=0.0):
    """Gradient descent with momentum: v <- α v - e g, θ <- θ + v."""
    v, path = 0.0, []
    for step in range(steps):
        v = alpha * v - e * gradient(step, theta)
        theta = theta + v
        path.append(theta)
    return np.stack(path)


def momentum(*arguments, **options):
    return sgd(*arguments, **options, alpha=0.9)


BOXES = dict(
    zip(
        COMPARED,
        (sgd, momentum, reference.adagrad, reference.rmsprop, reference.rmsprop_nesterov, reference.adam),
        strict=True,
    )
)


@pytest.mark.parametrize("objective", OBJECTIVES, ids=lambda objective: objective.name)
def test_an_objective_is_zero_and_flat_at_its_minima_and_positive_elsewhere(objective):
    for minimum in objective.minima:
        point = tf.constant(minimum, tf.float64)
        with tf.GradientTape() as tape:
            tape.watch(point)
            loss = objective.loss(point[0], point[1])
        assert loss == 0
        np.testing.assert_allclose(tape.gradient(loss, point), 0, atol=1e-12)
    left, right, lower, upper = objective.view
    x1, x2 = np.random.default_rng(0).uniform((left, lower), (right, upper), (1000, 2)).T
    assert (objective.loss(x1, x2) > 0).all()
    assert left < objective.start[0] < right and lower < objective.start[1] < upper


def test_the_saddle_has_one_between_its_minima():
    step = 1e-3
    along_x1 = SADDLE.loss(step, 0.0) + SADDLE.loss(-step, 0.0) - 2 * SADDLE.loss(0.0, 0.0)
    along_x2 = SADDLE.loss(0.0, step) + SADDLE.loss(0.0, -step) - 2 * SADDLE.loss(0.0, 0.0)
    assert along_x1 > 0 > along_x2
    assert SADDLE.loss(0.0, step) == SADDLE.loss(0.0, -step)


@pytest.mark.parametrize("name", COMPARED)
def test_descend_follows_the_box_in_every_run_at_its_own_rate(name):
    rates = np.array([[0.002], [0.03], [0.2]])
    starts = np.array([[-5.0, -2.0], [1.0, 0.5], [3.0, -1.0]])
    kept = descent.descend(
        optimizer_spec(name).make,
        rates,
        lambda x, step: BOWL.loss(x[:, 0], x[:, 1]),
        starts,
        12,
        lambda x, g, step: tf.concat([x, g], axis=1),
    )
    slope = np.array([0.2, 4.0])
    runs = zip(starts, rates[:, 0], strict=True)
    expected = np.stack([BOXES[name](start, lambda _, x: slope * x, 12, e=e) for start, e in runs], axis=1)
    np.testing.assert_array_equal(kept[0, :, :2], starts)
    # Keras keeps its momentum, 0.9, as a float32 number.
    tolerance = 1e-6 if name == "momentum" else 1e-12
    np.testing.assert_allclose(kept[1:, :, :2], expected, rtol=0, atol=tolerance)
    points = np.concatenate([starts[None], expected])
    if name == "RMSProp, Nesterov":
        # Its gradients are those at the interim point θ + α v, v the last step.
        points[1:] += 0.9 * np.diff(points, axis=0)
    np.testing.assert_allclose(kept[:, :, 2:], slope * points, rtol=0, atol=10 * tolerance)


def test_descend_hands_the_step_to_the_loss():
    slopes = tf.constant([1.0, 10.0, 100.0, 0.0], tf.float64)
    path = descent.descend(
        keras.optimizers.SGD, np.array([0.1]), lambda x, step: slopes[step] * x, np.zeros(1), 3
    )
    np.testing.assert_allclose(path[:, 0], [0, -0.1, -1.1, -11.1], rtol=1e-12)


def test_the_best_rate_ends_lowest_and_runs_that_left_the_numbers_do_not_count():
    losses = np.ones((20, 2, 4))
    losses[:, 0] *= [3, 1, 2, np.nan]
    losses[:, 1] *= [3, 2, np.inf, 1]
    np.testing.assert_array_equal(best_rates(losses), [1, 3])
    # Lower for a moment is not lower at the end; `last` says how long the end is.
    losses[-1, 0, 2] = 0
    np.testing.assert_array_equal(best_rates(losses), [1, 3])
    np.testing.assert_array_equal(best_rates(losses, 1), [2, 3])


def test_tuned_runs_start_alike_never_rise_above_their_start_and_hold_their_own_losses():
    for objective, run in zip(OBJECTIVES, tuned_runs("momentum", 19, 60), strict=True):
        np.testing.assert_array_equal(run.path[0], objective.start)
        np.testing.assert_allclose(run.losses, objective.loss(*run.path.T), rtol=1e-12)
        assert run.losses.max() == run.losses[0]


def test_steps_are_counted_to_where_the_loss_stays_small():
    losses = np.ones((6, 5))
    losses[2:, 0] = losses[[2, 4, 5], 1] = losses[4, 2] = losses[5, 3] = 0
    losses[3:, 4] = np.nan
    np.testing.assert_array_equal(learning_rate._steps_needed(losses), [2, 4, np.nan, 5, np.nan])


def test_optimizers_can_be_told_apart_in_grey():
    assert tuple(spec.name for spec in optimizer_specs()) == COMPARED
    assert len({str((spec.line["linestyle"], spec.line["marker"])) for spec in optimizer_specs()}) == len(
        COMPARED
    )


@pytest.mark.parametrize("optimizer", [optimizers.AdaGrad, optimizers.RMSPropNesterov, optimizers.Adam])
def test_a_box_is_typeset_line_by_line(optimizer):
    box = optimizers.algorithm_box(optimizer)
    axes = artifacts.figure(4, 4).subplots()
    drawing.draw_box(axes, "title", box)
    axes.figure.canvas.draw()
    texts = [text.get_text().replace(r"\dfrac", r"\frac") for text in axes.texts]
    assert texts == ["title", *(part for line in box for part in line)]


def test_the_jacobian_is_that_of_each_example():
    weights = np.arange(6.0).reshape(2, 3)
    examples = np.array([[1.0, 2.0], [3.0, -1.0], [0.5, 0.25]])
    found = influence.jacobian(lambda x: tf.sin(x @ weights), examples)
    np.testing.assert_allclose(found, np.cos(examples @ weights)[:, :, None] * weights.T, rtol=1e-12)


def test_networks_side_by_side_do_not_notice_each_other(digits):
    mnist = load_mnist(digits)
    settings = dataclasses.replace(quick(mnist_curves.Settings), rates=3, units=8, batch=16, evaluations=1)
    train = side_by_side.SideBySide(optimizer_spec("RMSProp, Nesterov"), mnist, settings).train
    first = train([0.01, 0.01, 0.001], [1, 1, 1])
    for curve in first.values():
        if np.shape(curve)[-1] == 3:
            np.testing.assert_array_equal(curve[..., 0], curve[..., 1])
    assert (first["train_loss"][0] == first["train_loss"][0, 0]).all()
    assert first["train_loss"][-1, 0] != first["train_loss"][-1, 2]
    # The same again, from the start, whatever its neighbours do, and in another place.
    second = train([1.0, 0.001, 0.01], [2, 1, 1])
    np.testing.assert_array_equal(second["train_loss"][:, 1], first["train_loss"][:, 2])
    np.testing.assert_array_equal(second["train_loss"][:, 2], first["train_loss"][:, 0])
    assert second["train_loss"][0, 0] != second["train_loss"][0, 1]


def test_networks_side_by_side_train_as_keras_does(digits):
    mnist = load_mnist(digits)
    settings = dataclasses.replace(quick(mnist_curves.Settings), rates=2, units=8, batch=16, evaluations=1)
    networks = side_by_side.SideBySide(optimizer_spec("Adam"), mnist, settings)
    curves = networks.train([0.01, 0.003], [5, 6])

    w1, b1, w2, b2 = (weights[1] for weights in networks.networks([5, 6]).get_weights())
    model = keras.Sequential([keras.Input((784,)), keras.layers.Dense(8, "relu"), keras.layers.Dense(10)])
    model.set_weights([w1, b1[0], w2, b2[0]])
    model.compile(
        optimizers.Adam(0.003),
        keras.losses.SparseCategoricalCrossentropy(from_logits=True),
        metrics=["accuracy"],
    )
    pixels = mnist.train.images.reshape(-1, 784) / np.float32(255)
    losses = []
    for batch in networks.batches([5, 6])[:, 1]:
        losses.append(model.train_on_batch(pixels[batch], mnist.train.labels[batch])[0])
        model.reset_metrics()
    np.testing.assert_allclose(curves["train_loss"][:, 1], losses, rtol=1e-4)
    test = mnist.test.images.reshape(-1, 784) / np.float32(255)
    accuracy = (model.predict(test, verbose=0).argmax(axis=1) == mnist.test.labels).mean()
    assert curves["test_accuracy"][1] == pytest.approx(accuracy, abs=2 / len(test))


@pytest.mark.parametrize("head", lateral.HEADS)
def test_sweeps_and_convolutions_have_equal_parameters(head):
    sweeps = lateral._network("sweeps", 8, head, 0).count_params()
    filters = lateral._equal_filters(head, 8)
    counts = {
        k: lateral._network("convolution", k, head, 0).count_params()
        for k in (filters - 1, filters, filters + 1)
    }
    assert min(counts, key=lambda k: abs(counts[k] - sweeps)) == filters
    assert abs(counts[filters] - sweeps) < 0.1 * sweeps


@pytest.fixture(scope="module")
def section(tmp_path_factory, digits):
    return run_quick("section_6_3", tmp_path_factory.mktemp("section_6_3"), digits)


def table_of(section, name):
    """Return the columns of a table of numbers, float64 arrays."""
    return {column: np.array(values, float) for column, values in section.table(name).items()}


def test_every_claim_of_the_section_has_an_experiment_in_slide_order():
    claims = [module.CLAIM for module in MODULES.values()]
    assert claims == sorted(claims)
    assert set(claims) == {f"6-3.{letter}" for letter in "abcdefg"}
    figures = " ".join(module.__doc__ for module in MODULES.values())
    assert all(f"Slide: 6-3, figure 6-{number}" in figures for number in range(5, 10))


def test_the_run_prints_every_finding(section):
    assert list(section.findings) == list(NAMES)
    assert section.printed.count("  verdict ") == len(NAMES)
    for name, finding in section.findings.items():
        assert MODULES[name].SENTENCE[:40] in section.printed
        assert f"verdict   {finding.verdict} (" in section.printed
        assert "nan" not in finding.measured


def test_every_experiment_leaves_pictures_of_150_dpi_and_their_numbers(section):
    for name, finding in section.findings.items():
        assert finding.pictures and list(section.of(name).glob("*.csv"))
        for picture in finding.pictures:
            assert picture.parent == section.of(name)
            if picture.suffix == ".png":
                with Image.open(picture) as image:
                    assert image.info["dpi"] == pytest.approx((150, 150), abs=0.1)
        assert not list(section.of(name).glob(".*"))


def test_too_small_a_rate_is_slow_and_too_large_a_one_never_arrives(section):
    table = table_of(section, "learning_rate/steps_needed")
    rates, plain = table["rate"], table["steps_momentum_0"]
    arrived = np.isfinite(plain)
    # 2 / 4, the largest curvature of the bowl.
    assert arrived.any() and rates[arrived].max() < 0.5
    assert np.nanargmin(plain) > arrived.argmax() and plain[arrived][0] > 2 * np.nanmin(plain)
    assert np.nanmin(table["steps_momentum_0.5"]) < np.nanmin(plain)
    paths = table_of(section, "learning_rate/figure_6_5")
    assert abs(paths["rate_0.51_x2"][-1]) > 2 > abs(paths["rate_0.49_x2"][-1])
    # 0.49 jumps over the minimum at every step, and comes down all the same.
    assert (paths["rate_0.49_x2"][1:] * paths["rate_0.49_x2"][:-1] < 0).all()


@pytest.mark.parametrize("name", ["adagrad/figure_6_6", "adam/figure_6_9"])
def test_the_first_step_is_as_long_in_every_direction(section, name):
    table = table_of(section, name)
    steps = [np.diff(table[f"bowl x{k}"])[0] for k in (1, 2)]
    assert steps[0] == pytest.approx(steps[1], rel=1e-6)
    assert section.findings[name.partition("/")[0]].verdict == Verdict.HOLDS


@pytest.mark.parametrize(
    ("name", "box", "first"),
    [
        ("adagrad/figure_6_6", reference.adagrad, lambda g: g / (1e-7 + g)),
        ("rmsprop/figure_6_7", reference.rmsprop, lambda g: g / np.sqrt(1e-6 + 0.1 * g * g)),
        (
            "rmsprop_nesterov/figure_6_8",
            reference.rmsprop_nesterov,
            lambda g: g / np.sqrt(1e-6 + 0.1 * g * g),
        ),
        ("adam/figure_6_9", reference.adam, lambda g: g / (1e-8 + g)),
    ],
)
def test_the_paths_drawn_are_those_of_the_boxes(section, name, box, first):
    table = table_of(section, name)
    path = np.stack([table["bowl x1"], table["bowl x2"]], axis=1)
    # The derivatives at the start are -1 and -8, so that the first step tells e.
    e = (path[1, 0] - path[0, 0]) / first(1.0)
    expected = box(path[0], lambda step, theta: np.array([0.2, 4.0]) * theta, 20, e=e)
    np.testing.assert_allclose(path[1:21], expected, rtol=0, atol=1e-9)
    np.testing.assert_allclose(table["bowl loss"], BOWL.loss(*path.T), rtol=1e-9)


def test_adagrads_rate_falls_as_one_over_the_gradient(section):
    table = table_of(section, "adagrad_rates/effective_rate")
    # δ is a hundred-thousandth of the root of r where gradients are smallest.
    np.testing.assert_allclose(table["AdaGrad"] * table["gradient"] * 10, 1, rtol=1e-4)
    np.testing.assert_allclose(table["SGD"], 1, rtol=1e-9)
    assert section.findings["adagrad_rates"].verdict == Verdict.FAILS


def test_adagrads_effective_rate_only_falls_and_rmsprops_recovers(section):
    recovery = table_of(section, "rmsprop/recovery")
    assert (np.diff(recovery["AdaGrad"]) <= 1e-12).all()
    assert recovery["RMSProp"][-1] > 50 * recovery["RMSProp"][49]
    table = table_of(section, "convexity/convexity")
    falling = table["Rosenbrock AdaGrad effective rate"]
    assert (np.diff(falling[np.isfinite(falling)]) <= 1e-9 * falling[0]).all()
    numbers = section.findings["convexity"].numbers
    assert numbers["bowl_share_AdaGrad_ahead"] >= 0.75


def test_nesterov_swings_less_at_equal_effective_rates(section):
    assert section.findings["rmsprop_nesterov"].numbers["share_swinging_less_equal_effective_rate"] > 0.5
    table = table_of(section, "rmsprop_nesterov/swing")
    effective, equal = (table[f"Nesterov, equal {rate}: swing"] for rate in ("e/(1-α)", "e"))
    assert all((column >= -1e-12).all() for name, column in table.items() if name.endswith("swing"))
    # Five rates are a decade, and 1 - α a tenth.
    np.testing.assert_allclose(effective[5:], equal[:-5], rtol=1e-9)


def second_differences(loss, size):
    """Return loss(x + 1) - 2 loss(x) + loss(x - 1) in every direction of the last axis, at x = 0."""
    units = np.concatenate([np.zeros((1, size)), np.eye(size), -np.eye(size)])
    values = np.asarray(loss(units))
    return values[:, 1 : size + 1] - 2 * values[:, :1] + values[:, size + 1 :]


def test_rare_features_are_as_rare_as_said_and_the_batches_have_them_as_often():
    settings = adam_strengths.Settings(tuning_seeds=1, seeds=2, steps=400, parameters=6)
    loss, excess = adam_strengths._rare_features(settings)
    share = np.geomspace(0.5, 0.005, 6)
    # E x_j² = p_j
    np.testing.assert_allclose(
        second_differences(lambda w: excess(w, 0), 6), np.tile(share, (3, 1)), rtol=1e-9
    )
    seen = np.mean([second_differences(lambda w, k=k: loss(w, k), 6) for k in range(400)], axis=0)
    deviation = np.sqrt(share * (1 - share) / (400 * settings.batch))
    assert (abs(seen - share) < 5 * deviation).all() and (seen != seen[:1]).any()
    # A batch's loss is on average the excess loss and half the variance of the noise.
    weights = np.zeros((1, 1, 6))
    batches = np.mean([loss(weights, k) for k in range(400)])
    assert batches == pytest.approx(float(np.mean(excess(weights, 0))) + 0.125, rel=0.1)


def test_the_drifting_optimum_drifts_and_only_its_gradient_is_noisy():
    settings = adam_strengths.Settings(tuning_seeds=1, seeds=2, steps=400, parameters=6)
    loss, excess = adam_strengths._drifting_optimum(settings)
    curvature = np.geomspace(0.1, 10, 6)
    for each in (loss, excess):
        found = second_differences(lambda x, each=each: each(x, 7), 6)
        np.testing.assert_allclose(found, np.tile(curvature, (3, 1)), rtol=1e-9)

    def slope(each, step):
        units = np.eye(6)
        return (np.asarray(each(units, step)) - np.asarray(each(-units, step))) / 2

    minima = np.stack([-slope(excess, k) / curvature for k in range(401)])
    assert np.diff(minima, axis=0).std() == pytest.approx(settings.drift, rel=0.05)
    noise = np.stack([slope(loss, k) - slope(excess, k) for k in range(401)])
    assert noise.std() == pytest.approx(settings.noise, rel=0.05)


def test_strengths_are_compared_for_all_six_on_both_problems(section):
    table = table_of(section, "adam_strengths/strengths")
    assert set(table) == {"step"} | {
        f"{p} {n}" for p in ("rare features", "drifting optimum") for n in COMPARED
    }
    for name in COMPARED:
        learnt = table[f"rare features {name}"]
        assert np.isfinite(learnt).all() and learnt[-10:].mean() < 0.5 * learnt[0]
        # All start at the same weights: their first losses are one number.
        assert learnt[0] == table["rare features SGD"][0]
    # Rare features' weights move, which one rate for all cannot bring about in so few steps.
    assert table["rare features AdaGrad"][-10:].mean() < table["rare features SGD"][-10:].mean()


def test_the_race_is_a_sheet_and_a_film(section):
    sheet, film = section.findings["race"].pictures
    table = table_of(section, "race/sheet")
    names = {f"{objective.name} {name} loss" for objective in OBJECTIVES for name in COMPARED}
    assert set(table) == {"step"} | names
    for objective in OBJECTIVES:
        assert len({table[f"{objective.name} {name} loss"][0] for name in COMPARED}) == 1
    with Image.open(film) as frames:
        assert frames.n_frames == 6 and frames.info["loop"] == 0
    assert film.stat().st_size < 2_000_000 and sheet.name == "sheet.png"


def test_every_optimizer_is_one_tensorboard_run(section):
    folder = section.of("mnist_curves")
    runs = {path.parent.name for path in folder.rglob("events.out.tfevents.*")}
    assert runs == {"SGD", "momentum", "AdaGrad", "RMSProp", "RMSProp_Nesterov", "Adam"}
    table = table_of(section, "mnist_curves/train_loss")
    for name in COMPARED:
        events = EventAccumulator(str(folder / name.replace(", ", "_")), size_guidance={"tensors": 0})
        events.Reload()
        logged = {tag: events.Tensors(tag) for tag in events.Tags()["tensors"]}
        assert set(logged) == {"training_loss", "validation_accuracy"}
        np.testing.assert_allclose(
            [float(tf.make_ndarray(event.tensor_proto)) for event in logged["training_loss"]],
            table[name],
            rtol=1e-6,
        )
        assert [event.step for event in logged["training_loss"]] == list(range(1, 21))
        assert [event.step for event in logged["validation_accuracy"]] == [10, 20]
    assert table["Adam"][-5:].mean() < 0.8 * table["Adam"][0]


def test_forward_states_see_the_past_backward_states_the_future(section):
    table = table_of(section, "bidirectional/influence")
    past = table["s"] <= table["t"]
    np.testing.assert_array_equal(table["h"] > 0, past)
    np.testing.assert_array_equal(table["g"] > 0, table["s"] >= table["t"])
    assert (table["both"] > 0).all()


def test_a_pixel_reaches_the_opposite_corner_through_two_layers_of_sweeps_only(section):
    table = table_of(section, "lateral/influence")
    row, column = table["row"], table["column"]
    cross = (row == 27) | (column == 27)
    np.testing.assert_array_equal(table["sweeps, one layer, untrained"] > 0, cross)
    assert (table["sweeps, two layers, untrained"] > 0).all()
    assert (table["sweeps, two layers, trained"] > 0).all()
    for name, reach in (
        ("one layer, untrained", 1),
        ("two layers, untrained", 2),
        ("two layers, trained", 5),
    ):
        seen = table[f"convolution, {name}"] > 0
        assert seen.any() and not seen[(row < 27 - reach) | (column < 27 - reach)].any()
