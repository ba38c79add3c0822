"""Section 6-5's experiments: their parts alone, then the section run once at its quick size."""

import importlib

import keras
import numpy as np
import pytest
import tensorflow as tf
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from chapter6 import section_6_5
from chapter6.artifacts import Folders
from chapter6.errors import InputError, RunError
from chapter6.experiment import Verdict, quick
from chapter6.mnist import load_mnist
from chapter6.networks.training import accuracies
from chapter6.runner.command_line import main
from chapter6.section_6_5 import networks, published_setting, training, transfer_curves
from chapter6.section_6_5.digits import stratified_order, task
from chapter6.transfer import changed_weights, frozen_features
from tests.quick_section import run_quick

NAMES = section_6_5.EXPERIMENTS
MODULES = {name: importlib.import_module(f"chapter6.section_6_5.{name}") for name in NAMES}
WAYS = transfer_curves.WAYS


@pytest.mark.parametrize("first", [0, 5])
def test_a_task_has_its_five_digits_and_no_others(first):
    split = load_mnist().test
    images, labels = task(split, first)
    mine = np.isin(split.labels, range(first, first + 5))
    np.testing.assert_array_equal(images, split.images[mine])
    np.testing.assert_array_equal(labels + first, split.labels[mine])


@settings(deadline=None, derandomize=True, max_examples=50)
@given(labels=st.lists(st.integers(0, 4), min_size=1, max_size=60), seed=st.integers(0, 9))
def test_classes_are_dealt_out_in_turn_until_one_has_run_out(labels, seed):
    labels = np.array(labels)
    order = stratified_order(labels, seed)
    np.testing.assert_array_equal(np.sort(order), np.arange(len(labels)))
    classes, sizes = np.unique(labels, return_counts=True)
    for n in range(1, len(classes) * sizes.min() + 1):
        assert np.ptp([(labels[order[:n]] == label).sum() for label in classes]) <= 1


def test_another_seed_deals_out_other_images():
    labels = np.repeat(np.arange(5), 100)
    assert set(stratified_order(labels, 0)[:50]) != set(stratified_order(labels, 1)[:50])


def small_network(seed):
    weights = keras.initializers.GlorotUniform(keras.random.SeedGenerator(seed))
    return keras.Sequential(
        [
            keras.Input((4,)),
            keras.layers.Dense(3, "tanh", kernel_initializer=weights, name="first"),
            keras.layers.Dense(2, kernel_initializer=weights, name="last"),
        ]
    )


SMALL_INPUTS = np.random.default_rng(0).normal(size=(30, 4)).astype("float32")
SMALL_LABELS = (np.arange(30) % 2).astype("int32")
SMALL_BATCHES = np.random.default_rng(1).integers(
    30, size=(training.STEPS_PER_EXECUTION + 3, 5), dtype=np.int32
)


@pytest.mark.parametrize("frozen", [True, False])
def test_the_compiled_loop_trains_as_keras_does(frozen):
    ours, keras_own = small_network(0), small_network(0)
    for network in (ours, keras_own):
        network.layers[0].trainable = not frozen
    train = training.NetworkTrainer(ours)
    # Something else first, of which nothing must be left.
    train(small_network(1), tf.constant(SMALL_INPUTS), tf.constant(SMALL_LABELS), SMALL_BATCHES[:7, :3])
    network, before = small_network(0), ours.get_weights()
    assert train(network, tf.constant(SMALL_INPUTS), tf.constant(SMALL_LABELS), SMALL_BATCHES) > 0
    keras_own.compile("adam", keras.losses.SparseCategoricalCrossentropy(from_logits=True), jit_compile=False)
    for batch in SMALL_BATCHES:
        keras_own.train_on_batch(SMALL_INPUTS[batch], SMALL_LABELS[batch])
    for one, other in zip(network.get_weights(), keras_own.get_weights(), strict=True):
        np.testing.assert_allclose(one, other, rtol=0, atol=1e-5)
    assert len(before) == 4
    untouched = small_network(0).layers[0].get_weights()
    assert bool(changed_weights(network.layers[0], untouched)) is not frozen
    assert len(changed_weights(network.layers[1], small_network(0).layers[1].get_weights())) == 2


def curve_settings(**options):
    return transfer_curves.Settings(
        **{"labels": (10, 50), "epochs": 1, "updates": 3, "repetitions": 2} | options
    )


def test_the_numbers_of_labels_end_with_all_there_are():
    assert transfer_curves._counts((100, 10, 10, 9999), 200) == (10, 100, 200)
    with pytest.raises(InputError, match=r"less than all 200 target images, received \(200, 300\)"):
        transfer_curves._counts((200, 300), 200)


@pytest.mark.parametrize(("n", "shape"), [(10, (9, 10)), (64, (9, 64)), (500, (16, 64))])
def test_a_training_has_its_epochs_or_its_least_updates_and_only_labelled_images(n, shape):
    chosen = training.batches_of(n, curve_settings(epochs=2, updates=9), 0)
    assert chosen.shape == shape
    seen = np.bincount(chosen.ravel(), minlength=n)
    assert len(seen) == n and np.ptp(seen) <= 1


def test_the_ways_start_as_they_say():
    source = networks.small_network(1)
    starts = networks.networks_of(source, 2)
    assert tuple(starts) == ("frozen", "fine-tuned", "from scratch", "frozen, untrained") == WAYS
    scratch = networks.small_network(2)
    for way, network in starts.items():
        carried = source if way in transfer_curves.CARRIED else scratch
        assert changed_weights(network.layers[0], carried.layers[0].get_weights()) == ()
        assert changed_weights(network.layers[1], scratch.layers[1].get_weights()) == ()
        assert network.layers[0].trainable is (way in ("fine-tuned", "from scratch"))
        assert network.layers[1].trainable
    assert len(changed_weights(source, scratch.get_weights())) == 4


@pytest.mark.parametrize("way", WAYS)
def test_weights_that_moved_against_the_plan_end_the_run(way):
    network = networks.networks_of(networks.small_network(1), 2)[way]
    start = network.get_weights()
    with pytest.raises(RunError, match=f"{way}: training must move .*, but moved none"):
        training.check_changed_weights(way, network, start)
    network.set_weights([weight + 1 for weight in start])
    if network.layers[0].trainable:
        training.check_changed_weights(way, network, start)
    else:
        with pytest.raises(RunError, match=f"{way}: training must move .*, but moved features"):
            training.check_changed_weights(way, network, start)


@pytest.mark.parametrize(
    ("frozen", "fine_tuned", "verdict"),
    [
        ([[70, 72], [90, 90]], [[71, 72], [91, 95]], Verdict.HOLDS),
        ([[70, 72], [70, 70]], [[60, 79], [91, 95]], Verdict.PARTLY),
        ([[70, 72], [70, 70]], [[69, 79], [89, 90]], Verdict.PARTLY),
        ([[69, 72], [70, 70]], [[69, 79], [80, 80]], Verdict.FAILS),
    ],
)
def test_the_verdict_is_about_every_number_of_labels_and_every_repetition(frozen, fine_tuned, verdict):
    shares = np.array([frozen, fine_tuned, [[69, 70], [90, 90]], [[50, 50], [60, 60]]], float)
    seconds = dict.fromkeys((*WAYS, transfer_curves.RECOMPUTED), [1.0])
    assert transfer_curves._make_finding((10, 200), shares, seconds, None).verdict == verdict


def test_the_published_network_is_the_examples():
    network = networks.published_network(published_setting.Settings(), 0)
    # 3·3·32 + 32,  3·3·32·32 + 32,  12·12·32·128 + 128,  128·5 + 5
    assert network.count_params() == 320 + 9_248 + 589_952 + 645
    rates = [layer.rate for layer in network.layers[1].layers if isinstance(layer, keras.layers.Dropout)]
    assert rates == [0.25, 0.5] and network.layers[1].layers[0].rate == 0.25
    settings_ = quick(published_setting.Settings)
    network = networks.published_network(settings_, 0)
    images, labels = task(load_mnist().test, 0)
    course = training.fit(network, (images, labels), (images, labels), settings_, 0)
    optimizer = network.optimizer.get_config()
    assert network.optimizer.name == "adadelta" and course.tested == len(labels)
    assert [optimizer[name] for name in ("learning_rate", "rho", "epsilon")] == pytest.approx([1, 0.95, 1e-6])
    shares = 100 * accuracies(network, images, labels)
    assert course.accuracy[-1] == pytest.approx(shares, abs=1e-4)
    assert course.error() == pytest.approx(np.sqrt(shares * (100 - shares) / len(labels)))


def test_the_published_setting_has_the_digits_held_out_for_validation_too():
    mnist = load_mnist()
    whole = published_setting._whole_mnist(mnist, 60_000).train
    assert len(whole.images) == len(mnist.train.images) + len(mnist.validation.images) == len(whole.labels)
    np.testing.assert_array_equal(whole.images[: len(mnist.validation.images)], mnist.validation.images)
    assert len(published_setting._whole_mnist(mnist, 100).train.images) == 100


@pytest.mark.parametrize(
    ("accuracies", "verdict"),
    [((99.8, 99.0), Verdict.HOLDS), ((99.8, 98.0), Verdict.PARTLY), ((98.0, 98.0), Verdict.FAILS)],
)
def test_the_published_numbers_are_reached_or_not(accuracies, verdict):
    courses = {
        name: training.Course((share,), (1.0,), 5000)
        for name, share in zip(published_setting.PUBLISHED, accuracies, strict=True)
    }
    found = published_setting._make_finding(courses, {"0-4": 1, "5-9": 1}, None)
    assert found.verdict == verdict and "99.8)" in found.measured


@pytest.fixture(scope="module")
def section(tmp_path_factory, digits):
    return run_quick("section_6_5", tmp_path_factory.mktemp("section_6_5"), digits)


def test_the_claim_has_its_experiments():
    assert [module.CLAIM for module in MODULES.values()] == ["6-5.a", "6-5.a"]


def test_the_run_prints_every_finding(section):
    assert list(section.findings) == list(NAMES)
    assert section.printed.count("  verdict ") == len(NAMES)
    for name, finding in section.findings.items():
        assert MODULES[name].SENTENCE[:40] in section.printed
        assert f"verdict   {finding.verdict} (" in section.printed
        assert "nan" not in finding.measured


def test_every_experiment_leaves_a_picture_of_150_dpi_and_its_numbers(section):
    for name, finding in section.findings.items():
        files = {path.name for path in section.of(name).iterdir()}
        assert files == {"accuracy.csv", "epoch_seconds.csv", f"{name}.png"}
        (picture,) = finding.pictures
        assert picture == section.of(name) / f"{name}.png"
        with Image.open(picture) as image:
            assert image.info["dpi"] == pytest.approx((150, 150), abs=0.1)


def test_the_curves_table_has_every_training_and_the_finding_sums_it_up(section):
    table = section.table("transfer_curves/accuracy")
    available = len(task(load_mnist().train, 5)[1])
    assert table["labelled_images"] == [str(n) for n in (10, 10, 100, 100, available, available)]
    assert table["repetition"] == ["0", "1"] * 3
    numbers = section.findings["transfer_curves"].numbers
    for way in WAYS:
        shares = np.array(table[f"{way}: test accuracy in %"], float).reshape(3, 2)
        assert ((shares > 20) & (shares <= 100)).all()
        for n, share in zip((10, 100, available), shares.mean(axis=1), strict=True):
            assert numbers[f"accuracy_{way}_{n}"] == pytest.approx(share)
            if way in transfer_curves.CARRIED:
                ahead = share - numbers[f"accuracy_from scratch_{n}"]
                assert numbers[f"ahead_{way}_{n}"] == pytest.approx(ahead)


def test_features_that_have_learnt_are_worth_more_than_features_that_have_not(section):
    numbers = section.findings["transfer_curves"].numbers
    available = len(task(load_mnist().train, 5)[1])
    for n in (100, available):
        assert numbers[f"accuracy_frozen_{n}"] > numbers[f"accuracy_frozen, untrained_{n}"]


def test_an_epoch_of_each_way_is_timed(section):
    table = section.table("transfer_curves/epoch_seconds")
    assert table["way"] == [*WAYS, transfer_curves.RECOMPUTED]
    for least, median, most in zip(table["least"], table["median"], table["most"], strict=True):
        assert 0 < float(least) <= float(median) <= float(most)


def test_the_same_settings_give_the_same_bits_and_another_seed_others(tmp_path):
    tables = []
    for run, seed in enumerate((3, 3, 4)):
        folders = Folders(tmp_path / str(run), tmp_path / "checkpoints")
        transfer_curves.run(curve_settings(seed=seed), folders)
        tables.append((tmp_path / str(run) / "accuracy.csv").read_bytes())
    assert tables[0] == tables[1] != tables[2]
    # The second repetition of seed 3 is the first of seed 4.
    rows = [[line.split(",") for line in table.decode().splitlines()[1:]] for table in tables]
    assert [row[2:] for row in rows[0] if row[1] == "1"] == [row[2:] for row in rows[2] if row[1] == "0"]


def test_the_published_setting_gives_the_same_bits(tmp_path):
    tables = []
    for run in ("first", "second"):
        settings_ = published_setting.Settings(epochs=2, filters=2, units=8, images=300)
        published_setting.run(settings_, Folders(tmp_path / run, tmp_path / run))
        tables.append((tmp_path / run / "accuracy.csv").read_bytes())
    assert tables[0] == tables[1]


def test_training_behind_frozen_layers_is_training_the_whole_network():
    """The short way of the curves against the long way, in float32 and over a real training."""
    images, labels = (tf.constant(each[:200]) for each in task(load_mnist().train, 5))
    source = networks.small_network(1)
    long, short = (networks.networks_of(source, 2)["frozen"] for _ in range(2))
    chosen = training.batches_of(200, curve_settings(updates=30), 0)
    training.NetworkTrainer(long)(long, images, labels, chosen)
    inputs = tf.constant(frozen_features(short.layers[0], images))
    training.NetworkTrainer(short.layers[1])(short.layers[1], inputs, labels, chosen)
    for one, other in zip(long.get_weights(), short.get_weights(), strict=True):
        np.testing.assert_allclose(one, other, rtol=0, atol=1e-4)


@pytest.mark.parametrize("name", NAMES)
def test_data_without_a_digit_are_refused_in_one_line_and_nothing_is_written(name, tmp_path, digits, capsys):
    with np.load(digits) as file:
        arrays = dict(file)
    arrays["y_test"] = np.minimum(arrays["y_test"], 8)
    np.savez(tmp_path / "no_nine.npz", **arrays)
    command = [name, "--quick", "--data", str(tmp_path / "no_nine.npz"), "--output", str(tmp_path / "out")]
    with pytest.raises(SystemExit) as stop:
        main("chapter6.section_6_5", command)
    error = capsys.readouterr().err
    assert stop.value.code == 2 and error.count("\n") == 1 and "received none of 9" in error
    assert not (tmp_path / "out").exists()
