"""What the page's scripts compute is what the Python computes."""

import math

import keras
import numpy as np
import pytest
import tensorflow as tf

from chapter6.adversarial import fast_gradient_sign
from chapter6.gan.checkpoints import open_generator
from chapter6.gan.model import GAN, sample_noise
from chapter6.initializers import Normalized, Orthogonal, Sparse, XavierInit, gain_for
from chapter6.optimizers import AdaGrad, Adam, RMSProp, RMSPropNesterov, algorithm_box
from chapter6.runner.page import playthings
from chapter6.section_6_2.compare import GRIDS, _searches
from chapter6.section_6_2.sweep import TABLE, best_so_far, read_sweep
from chapter6.section_6_3.descent import descend
from chapter6.section_6_3.objectives import OBJECTIVES
from chapter6.section_6_3.optimizer_specs import optimizer_spec, optimizer_specs

NAMES = [f"{network}_{letter}{layer}" for network in "GD" for layer in (1, 2) for letter in "Wb"]
# Of a JavaScript generator, its value.
RUN = "const run = steps => { for (;;) { const { value, done } = steps.next(); if (done) return value; } };"
NETS = "chapter6.arrays.then(arrays => {{ const net = chapter6.gan.load(arrays, {}); "


@pytest.fixture(scope="module")
def stored():
    return playthings.load()


def lecture(about):
    """Return the number of the lecture's generator after 100,000 iterations.

    Where it has collapsed, D is so sure that its gradients vanish.
    """
    return about["generators"].index({"recipe": "lecture", "iteration": 100_000})


def weights_of(arrays, number):
    names = {name: f"generator {number} {name}" for name in NAMES}
    return {
        name: playthings.dequantized(arrays, key) if "W" in name else arrays[key]
        for name, key in names.items()
    }


def test_the_file_is_as_the_code_that_makes_and_reads_it_has_it(stored):
    arrays, about = stored
    shapes = {"G_W1": (100, 128), "G_W2": (128, 784), "D_W1": (784, 128), "D_W2": (128, 1)}
    assert len(about["generators"]) >= 5 and [each["iteration"] for each in about["generators"]][0] > 0
    for number in range(len(about["generators"])):
        for name, shape in shapes.items():
            kernel, bias = f"generator {number} {name}", f"generator {number} {name.replace('W', 'b')}"
            assert (arrays[kernel].shape, arrays[kernel].dtype) == (shape, np.int8)
            assert arrays[f"{kernel}/scale"].shape == arrays[bias].shape == shape[1:]
    assert arrays["digits"].shape == (len(arrays["labels"]), 784) and arrays["digits"].max() == 15
    advice = "run python -m chapter6.runner.page.make_playthings"
    boxes = {each.__name__: algorithm_box(each) for each in (AdaGrad, RMSProp, RMSPropNesterov, Adam)}
    assert {name: [tuple(line) for line in box] for name, box in about["boxes"].items()} == boxes, advice
    assert about["gains"] == {name: pytest.approx(gain_for(name)) for name in about["gains"]}, advice
    assert set(about["rates"]) == {spec.name for spec in optimizer_specs()}, advice
    assert [tuple(map(tuple, each[1:])) for each in about["objectives"]] == [
        (each.start, each.view) for each in OBJECTIVES
    ], advice


@pytest.mark.parametrize("name", [spec.name for spec in optimizer_specs()])
def test_an_optimizer_takes_the_same_path_on_every_loss(desk, stored, name):
    rng = np.random.default_rng(0)
    views = np.reshape([each.view for each in OBJECTIVES], (4, 1, 2, 2))
    starts = views[..., 0] + rng.uniform(size=(4, 10, 2)) * (views[..., 1] - views[..., 0])
    # A tenth of the best.
    rates = np.array(stored[1]["rates"][name])[:, None, None] / 10

    def loss(points, step):
        pairs = zip(OBJECTIVES, tf.unstack(points), strict=True)
        return tf.stack([each.loss(p[:, 0], p[:, 1]) for each, p in pairs])

    both = np.concatenate([starts, starts + 1e-13], axis=1)
    expected, other = np.split(descend(optimizer_spec(name).make, rates, loss, both, 200), 2, axis=2)
    # Keras' SGD rounds its momentum to float32, whatever the variables are.
    momentum = float(np.float32(0.9)) if name == "momentum" else 0.9
    taken = desk.evaluate(
        """([name, starts, rates, α]) => chapter6.about.objectives.map(([objective], k) => {
            const loss = chapter6.race.objectives[objective];
            const constants = { e: rates[k], ρ: 0.9, α };
            return starts[k].map(start => chapter6.race.path(name, loss, start, 200, constants));
        })""",
        [name, starts.tolist(), rates[:, 0, 0].tolist(), momentum],
    )
    taken = np.moveaxis(taken, 2, 0)
    assert taken.shape == expected.shape
    # Few paths swing so much that roundings grow.
    with np.errstate(invalid="ignore"):
        calm = (np.abs(expected - other) < 1e-11).all(axis=(0, -1))
    assert calm.sum() >= 30
    assert np.abs(expected[-1] - expected[0])[calm].max() > 0.1
    np.testing.assert_allclose(taken[:, calm], expected[:, calm], rtol=1e-9, atol=1e-9)


def test_a_turned_and_stretched_loss_has_the_gradient_of_its_values(desk):
    wrong = desk.evaluate(
        """() => Object.values(chapter6.race.objectives).map(objective => {
            const loss = chapter6.race.turned(objective, 0.5, 1.7, [0.3, -0.2]);
            const [x, y, h] = [0.4, 0.7, 1e-5];
            const [gx, gy] = loss([x, y])[1];
            return [gx - (loss([x + h, y])[0] - loss([x - h, y])[0]) / (2 * h),
                    gy - (loss([x, y + h])[0] - loss([x, y - h])[0]) / (2 * h)];
        })"""
    )
    assert np.abs(wrong).max() < 1e-5


def test_a_generator_draws_what_open_generator_draws(desk, stored):
    arrays, about = stored
    number = lecture(about)
    weights = weights_of(arrays, number)
    network = open_generator("pretrained").network
    network.set_weights([weights[name] for name in NAMES[:4]])
    noise = sample_noise(16, 100, seed=0)
    drawn = desk.evaluate(
        f"noise => {NETS.format(number)}"
        "return [...chapter6.gan.generate(net, Float32Array.from(noise), 16)]; })",
        noise.ravel().tolist(),
    )
    expected = np.asarray(network(noise))
    assert expected.max() > 0.9
    np.testing.assert_allclose(np.reshape(drawn, (16, 784)), expected, atol=1 / 255)


def test_steps_make_the_updates_of_the_program(desk, stored):
    arrays, about = stored
    number = lecture(about)
    weights = weights_of(arrays, number)
    gan = GAN(batch_size=4)
    gan.generator.set_weights([weights[name] for name in NAMES[:4]])
    gan.discriminator.set_weights([weights[name] for name in NAMES[4:]])
    real = (arrays["digits"][:4] / 15).astype(np.float32)
    noise = [sample_noise(4, 100, seed) for seed in range(4)]
    losses = []
    for for_d, for_g in (noise[:2], noise[2:]):
        losses.append(gan.discriminator_step(tf.constant(real), tf.constant(for_d))[-1])
        losses.append(gan.generator_step(tf.constant(for_g)))
    made = desk.evaluate(
        "([real, ...noise]) => "
        + NETS.format(number)
        + RUN
        + """
            const floats = values => Float32Array.from(values);
            const slots = [{ t: 0 }, { t: 0 }];
            const losses = noise.map((values, step) => run(step % 2
                ? chapter6.gan.generatorStep(net, slots[1], floats(values))
                : chapter6.gan.discriminatorStep(net, slots[0], floats(real), floats(values))));
            const weights = Object.entries(net).map(([name, values]) => [name, [...values]]);
            return [losses, Object.fromEntries(weights)];
        })""",
        [each.ravel().tolist() for each in (real, *noise)],
    )
    np.testing.assert_allclose(made[0], losses, rtol=1e-3)
    after = [*gan.generator.get_weights(), *gan.discriminator.get_weights()]
    for name, expected in zip(NAMES, after, strict=True):
        moved = expected.ravel() - np.ravel(weights[name])
        assert 1e-3 < np.abs(moved).max() < 2.01e-3
        # Adam's first step is the gradient's sign, which is chance where the gradient is rounding.
        same = np.abs(made[1][name] - expected.ravel()) < 2e-5
        assert same.mean() > 0.99, name


@pytest.mark.parametrize("shape", [(64, 64), (96, 32), (32, 96)])
def test_initializers_have_the_same_spread(desk, shape):
    initializers = {
        "equation 6-3": Normalized(seed=0),
        "xavier_init": XavierInit(seed=0),
        "orthogonal": Orthogonal(seed=0),
        "sparse (k = 15)": Sparse(seed=0),
        "too small (0.01)": keras.initializers.RandomNormal(stddev=0.01, seed=0),
        "uniform, ±1/√m": keras.initializers.VarianceScaling(1 / 3, "fan_in", "uniform", seed=0),
    }
    drawn = desk.evaluate(
        """([m, n]) => Object.fromEntries(Object.entries(chapter6.signal.initializers).map(([name, draw]) => {
            const random = chapter6.generator(1);
            return [name, Array.from({ length: 5 }, () => [...draw(m, n, random)])];
        }))""",
        list(shape),
    )
    assert set(drawn) == set(initializers)
    for name, initializer in initializers.items():
        kernels = np.reshape(drawn[name], (5, *shape))
        expected = np.asarray(initializer(shape))
        assert kernels.std() == pytest.approx(expected.std(), rel=0.05), name
        assert np.isclose(np.abs(kernels).max(), np.abs(expected).max(), rtol=0.5), name
    narrow = drawn["orthogonal"][0] if shape[0] >= shape[1] else np.reshape(drawn["orthogonal"][0], shape).T
    narrow = np.reshape(narrow, (max(shape), min(shape)))
    np.testing.assert_allclose(narrow.T @ narrow, np.eye(min(shape)), atol=1e-5)
    assert set(np.count_nonzero(np.reshape(drawn["sparse (k = 15)"][0], shape), axis=0)) == {15}


@pytest.mark.parametrize("activation", ["linear", "tanh", "relu", "sigmoid"])
def test_a_signal_has_the_same_spread_in_every_layer(desk, activation):
    widths, gain = [32, 16] * 10, 1.3
    rng = np.random.default_rng(0)
    kernels = [rng.normal(size=pair).astype("float32") / 5 for pair in zip(widths, widths[1:], strict=False)]
    inputs, top = (rng.normal(size=(8, width)).astype("float32") for width in (widths[0], widths[-1]))
    phi = keras.activations.get(activation)
    with tf.GradientTape() as tape:
        hidden = [tf.constant(inputs)]
        tape.watch(hidden[0])
        for kernel in kernels:
            hidden.append(phi(gain * (hidden[-1] @ kernel)))
    gradients = tape.gradient(hidden[-1], hidden, tf.constant(top))
    spreads = desk.evaluate(
        "([kernels, widths, gain, activation, inputs, top]) => {"
        + RUN
        + """
            const floats = values => Float32Array.from(values);
            const steps = chapter6.signal.propagate(
                kernels.map(floats), widths, gain, activation, floats(inputs), floats(top));
            const { hidden, gradients } = run(steps);
            return [hidden, gradients].map(each => each.map(chapter6.signal.spread));
        }""",
        [
            [each.ravel().tolist() for each in kernels],
            widths,
            gain,
            activation,
            *(each.ravel().tolist() for each in (inputs, top)),
        ],
    )
    for found, tensors in zip(spreads, (hidden, gradients), strict=True):
        np.testing.assert_allclose(found, [np.std(each) for each in tensors], rtol=1e-4)


@pytest.mark.parametrize("second", ["hidden_units", "weight_decay"])
def test_searches_find_the_same_errors(desk, second):
    errors = read_sweep(TABLE)[second][0]
    searches = 1000
    expected = _searches(np.random.default_rng(0), searches, second, hyperparameters=2, seeds=1)
    cells = expected["random search"][:50]
    pairs = np.stack(np.divmod(cells, errors.shape[1]), axis=-1)
    found = desk.evaluate(
        "([second, searches]) => searches.map(cells => "
        "chapter6.search.bestSoFar(chapter6.about.sweep.errors[second], cells))",
        [second, pairs.tolist()],
    )
    np.testing.assert_array_equal(found, best_so_far(errors, cells))
    for kind, name in (("random", "random search"), ("grid", GRIDS[second])):
        mean = desk.evaluate(
            "([second, kind, searches]) => {"
            + RUN
            + "return run(chapter6.search.mean(chapter6.about.sweep.errors[second], kind, searches, 1)); }",
            [second, kind, searches],
        )
        best = best_so_far(errors, expected[name])
        error = best.std(axis=0) * math.sqrt(2 / searches)
        assert (np.abs(mean - best.mean(axis=0)) <= 5 * error + 1e-12).all(), kind


def test_an_attack_changes_the_same_pixels(desk, stored):
    arrays, _about = stored
    model = keras.Sequential([keras.Input((784,)), keras.layers.Dense(32, "relu"), keras.layers.Dense(10)])
    model.set_weights(
        [
            playthings.dequantized(arrays, f"classifier {i}") if i % 2 == 0 else arrays[f"classifier {i}"]
            for i in range(4)
        ]
    )
    images, labels = (arrays["digits"] / 15).astype(np.float32), arrays["labels"].astype(int)
    expected = fast_gradient_sign(model, images, labels, epsilon=0.1)
    attacked, logits = desk.evaluate(
        """() => chapter6.arrays.then(arrays => {
            const net = chapter6.attack.load(arrays);
            const digits = Float32Array.from(arrays.digits, each => each / 15);
            const images = Array.from(arrays.labels, (label, i) =>
                chapter6.attack.fgsm(net, digits.subarray(784 * i, 784 * (i + 1)), label, 0.1));
            return [images, images.map(image => chapter6.attack.logits(net, image))]
                .map(each => each.map(values => [...values]));
        })"""
    )
    assert np.mean(np.abs(attacked - expected) > 1e-6) < 1e-3
    np.testing.assert_allclose(logits, model(np.float32(attacked)), rtol=1e-3, atol=1e-3)
    clean, after = (np.mean(np.argmax(model(each), axis=1) == labels) for each in (images, expected))
    assert clean > 0.9 and after < 0.5
