"""The networks, their initial values, the two updates, and the compiled loop."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from chapter6.gan.batches import batches
from chapter6.gan.model import GAN, LOSSES, cross_entropy, discriminator, generator, sample_noise, xavier_init
from chapter6.gan.recipes import ImprovedGAN

SMALL = {"batch_size": 16, "hidden_units": 12, "latent_dim": 5}


def values(variables):
    return [tf.convert_to_tensor(variable).numpy() for variable in variables]


def same(one, other):
    return all(np.array_equal(a, b) for a, b in zip(one, other, strict=True))


def state(gan):
    return values(
        gan.generator.variables
        + gan.discriminator.variables
        + gan.generator_optimizer.variables
        + gan.discriminator_optimizer.variables
        + [gan.iteration]
    )


@pytest.fixture
def images(digits):
    with np.load(digits) as file:
        return tf.constant(file["x_train"][:100].reshape(-1, 784))


@pytest.fixture(scope="module")
def compiled():
    """A GAN that the tests take turns with, since each would compile its own for seconds."""
    return GAN(**SMALL)


def train(gan, images, counts, rows=10):
    for count in counts:
        chosen = batches(int(gan.iteration), rows, gan.batch_size, len(images), seed=0)
        losses = gan.train(images, chosen, tf.constant(count))
    return losses.numpy()


def test_networks_have_the_slides_shapes():
    shapes = {"discriminator": discriminator(), "generator": generator()}
    assert [w.shape for w in shapes["discriminator"].variables] == [(784, 128), (128,), (128, 1), (1,)]
    assert [w.shape for w in shapes["generator"].variables] == [(100, 128), (128,), (128, 784), (784,)]


def test_discriminator_gives_logits_and_generator_pixels():
    assert discriminator().layers[-1].activation is keras.activations.linear
    drawn = np.array(generator()(sample_noise(64, 100, seed=3)))
    assert 0 < drawn.min() < 0.2 and 0.8 < drawn.max() < 1


def test_kernels_are_normal_with_the_slides_deviation_and_biases_zero():
    for network in (discriminator(seed=1), generator(seed=1)):
        for layer in network.layers:
            kernel, bias = values([layer.kernel, layer.bias])
            expected = 1 / np.sqrt(kernel.shape[0] / 2)
            # The deviation of n normal numbers is known to 1 / sqrt(2 n).
            assert kernel.std() == pytest.approx(expected, rel=4 / np.sqrt(2 * kernel.size))
            assert not bias.any()


def test_xavier_init_is_not_truncated():
    drawn = np.array(xavier_init(0)((500, 500))) / np.sqrt(2 / 500)
    # 4.55 % of a normal distribution lie beyond two standard deviations, none of Keras' HeNormal do.
    assert np.mean(np.abs(drawn) > 2) == pytest.approx(0.0455, abs=0.002)


def test_layers_of_one_size_differ():
    kernels = values(
        layer.kernel for layer in generator(7, 7, seed=0).layers + discriminator(7, seed=0).layers
    )
    assert len({kernel.ravel()[0].item() for kernel in kernels}) == 4


@pytest.mark.parametrize(("label", "sign"), [(1.0, 1), (0.0, -1)])
def test_cross_entropy_is_minus_log_probability(label, sign):
    logits = np.random.default_rng(0).normal(0, 3, (50, 1))
    expected = -np.mean(np.log(1 / (1 + np.exp(-sign * logits))))
    assert cross_entropy(tf.constant(logits, tf.float32), label).numpy() == pytest.approx(expected, rel=1e-6)


def test_optimizers_are_adam_with_tensorflow_1s_constants():
    gan = GAN(**SMALL)
    for optimizer in (gan.discriminator_optimizer, gan.generator_optimizer):
        assert type(optimizer) is keras.optimizers.Adam
        assert float(optimizer.learning_rate) == pytest.approx(1e-3)
        betas = np.float32([optimizer.beta_1, optimizer.beta_2])
        assert np.array_equal(betas, np.float32([0.9, 0.999])) and optimizer.epsilon == 1e-8


def test_a_step_of_one_player_moves_only_its_variables(images):
    gan = GAN(**SMALL)
    real = tf.cast(images[:16], tf.float32) / 255
    before = values(gan.discriminator.variables), values(gan.generator.variables)

    gan.discriminator_step(real, sample_noise(16, 5, seed=0))
    after_d = values(gan.discriminator.variables), values(gan.generator.variables)
    assert not any(np.array_equal(a, b) for a, b in zip(before[0], after_d[0], strict=True))
    assert same(before[1], after_d[1])

    gan.generator_step(sample_noise(16, 5, seed=1))
    after_g = values(gan.discriminator.variables), values(gan.generator.variables)
    assert same(after_d[0], after_g[0])
    assert not any(np.array_equal(a, b) for a, b in zip(after_d[1], after_g[1], strict=True))


def test_iteration_is_a_step_of_d_then_one_of_g_with_other_noise(compiled, images):
    compiled.reset(seed=0)
    stepwise = GAN(**SMALL)
    losses = train(compiled, images, [1])

    noise = tf.function(stepwise.noise, jit_compile=True)
    real = tf.cast(tf.gather(images, batches(0, 1, 16, 100, seed=0)[0]), tf.float32) / 255
    expected = [*stepwise.discriminator_step(real, noise(0)), stepwise.generator_step(noise(1))]
    np.testing.assert_allclose(losses, expected, rtol=1e-5)
    for a, b in zip(compiled.generator.variables, stepwise.generator.variables, strict=True):
        # A first step of Adam is 1e-3 long wherever the gradient is not tiny.
        np.testing.assert_allclose(a, b, atol=1e-6)


def test_noise_is_uniform_and_new_for_each_player_iteration_and_seed():
    drawn = []
    for seed in (0, 1):
        gan = GAN(64, 4, 100, seed)
        noise = tf.function(gan.noise, jit_compile=True)
        for iteration in (0, 1, 2):
            gan.iteration.assign(iteration)
            drawn += [noise(0).numpy(), noise(1).numpy()]
    flat = np.sort(np.concatenate(drawn), axis=None)
    assert np.unique(flat).size > 0.98 * flat.size
    # Kolmogorov-Smirnov: 1.95 / sqrt(n) is exceeded once in a thousand; the draw is fixed by its seed.
    distance = np.abs((flat + 1) / 2 - np.arange(flat.size) / flat.size).max()
    assert distance < 1.95 / np.sqrt(flat.size)


def test_result_does_not_depend_on_how_iterations_are_split_into_calls(compiled, images):
    runs = []
    for counts in ([10, 10], [5] * 4, [1, 9, 3, 7]):
        compiled.reset(seed=4)
        runs.append((train(compiled, images, counts), *state(compiled)))
    assert same(runs[0], runs[1])
    assert same(runs[0], runs[2])


@pytest.mark.parametrize("network", [GAN, ImprovedGAN])
def test_compiled_loop_calls_no_function(images, network):
    """XLA leaves the noise a function, which takes twice as long, unless something makes it inline."""
    gan = network(**SMALL)
    arguments = images, batches(0, 10, gan.batch_size, len(images), seed=0), tf.constant(10)
    program = gan.train.experimental_get_compiler_ir(*arguments)("optimized_hlo", platform_name="CPU")
    assert " while(" in program and " call(" not in program


@pytest.mark.parametrize("network", [GAN, ImprovedGAN])
def test_reset_is_a_new_gan(network, images):
    gan = network(**SMALL)
    gan.discriminator_step(tf.cast(images[:16], tf.float32) / 255, sample_noise(16, 5, seed=0))
    gan.generator_step(sample_noise(16, 5, seed=1))
    gan.iteration.assign(1)
    gan.reset(seed=3)
    new = network(**SMALL, seed=3)
    assert int(gan.seed) == 3
    assert same(state(gan), state(new)) and same(values(gan.sampler.weights), values(new.sampler.weights))


def test_loop_stops_at_the_first_loss_that_is_not_finite(compiled, images):
    gan = compiled
    gan.reset(seed=0)
    train(gan, images, [3])
    gan.generator.layers[0].bias.assign(np.full(12, np.nan))
    losses = train(gan, images, [10])
    assert int(gan.iteration) == 4
    assert dict(zip(LOSSES, np.isfinite(losses), strict=True))["dfake_loss"] == np.False_


def test_sample_noise_has_rows_of_noise_from_minus_one_to_one():
    noise = sample_noise(1000, 30, seed=0)
    assert noise.shape == (1000, 30) and noise.dtype == np.float32
    assert -1 <= noise.min() < -0.999 and 0.999 < noise.max() <= 1
