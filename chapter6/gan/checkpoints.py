"""Saving and restoring a GAN, with the faults that a stopped or damaged machine leaves behind.

Slide: 6-4, `save`: ``saver.save(sess, logdir/model, global_step=step)``.
"""

import json
import re
import shutil
import sys
from pathlib import Path
from typing import NamedTuple

import keras
import tensorflow as tf

from chapter6.artifacts import atomic_write, clear_unfinished
from chapter6.errors import InputError
from chapter6.gan.faults import reraise_as_os_error
from chapter6.gan.model import generate, sample_noise
from chapter6.gan.paths import literal, literal_prefix
from chapter6.gan.recipes import build
from chapter6.language import MessageList, _
from chapter6.mnist import describe as describe_digits

PREFIX = "model"
# The checkpoint that comes with the program.
PRETRAINED = Path(__file__).parent / "pretrained"
# Iterations that digits take to be recognisable.
RECOGNISABLE = 5_000
# Names of the two variables in a checkpoint that are read before there is a GAN to restore.
SETTINGS = "settings/.ATTRIBUTES/VARIABLE_VALUE"
ITERATION = "iteration/.ATTRIBUTES/VARIABLE_VALUE"


class Checkpoints:
    """The checkpoints of one run, ``model-N`` after N iterations.

    Slide: 6-4, `save`. The lecture's loop counts from 0 and saves after the update, so its ``model-1000`` has
    seen 1001 iterations; here N is the number of iterations done.

    A checkpoint holds both networks, both optimizers, the iteration, the seed and the settings, and the
    generator that samples are drawn from where that is another than the one in training.

    Args:
        folder: Where they lie.
        gan: The `GAN` to save and restore.
        settings: Mapping of JSON values, kept with each checkpoint and compared when one is restored.
        keep: How many to keep; the slides' 50.
    """

    def __init__(self, folder, gan, settings, keep=50):
        self.folder = Path(folder)
        self.gan = gan
        self.settings = settings
        self.keep = keep
        self.checkpoint = tf.train.Checkpoint(
            discriminator=gan.discriminator,
            generator=gan.generator,
            discriminator_optimizer=gan.discriminator_optimizer,
            generator_optimizer=gan.generator_optimizer,
            iteration=gan.iteration,
            seed=gan.seed,
            settings=tf.Variable(json.dumps(settings), trainable=False),
        )
        if gan.sampler is not gan.generator:
            self.checkpoint.sampler = gan.sampler
        self.manager = None

    def restore_newest(self):
        """Restore the newest whole checkpoint, if there is any, and clear away what an interrupted save left.

        Returns:
            The number of iterations done, 0 where the folder holds no checkpoint.

        Raises:
            InputError: None of the checkpoints is whole, or the settings differ from theirs.
        """
        literal(self.folder)
        whole = _intact_checkpoints(self.folder)
        if whole:
            _compare(self.settings, read_settings(whole[-1]), self.folder)
        self._begin(whole)
        if whole:
            self.checkpoint.restore(literal_prefix(whole[-1])).assert_consumed()
        return int(self.gan.iteration)

    def _begin(self, whole):
        if self.folder.is_dir():
            for unfinished in self.folder.glob(f"{PREFIX}-*_temp"):
                shutil.rmtree(unfinished)
            for unfinished in self.folder.glob("checkpoint.tmp*"):
                unfinished.unlink()
            clear_unfinished(self.folder)
        if whole:
            _write_state(self.folder, whole)
        self.manager = tf.train.CheckpointManager(
            self.checkpoint, str(literal(self.folder)), max_to_keep=self.keep, checkpoint_name=PREFIX
        )

    def save(self):
        """Save ``model-N`` for the N iterations done and return its path.

        Raises:
            OSError: It could not be written; the earlier checkpoints are as they were.
        """
        iteration = int(self.gan.iteration)
        # A link to a folder that is not there cannot be written through.
        self.folder.mkdir(parents=True, exist_ok=True)
        with reraise_as_os_error(_("{name} could not be saved").format(name=f"{PREFIX}-{iteration}")):
            self.manager.save(checkpoint_number=iteration)
        return str(self.folder / f"{PREFIX}-{iteration}")


def _write_state(folder, paths):
    """Write the file ``checkpoint``, which CheckpointManager believes and which may be damaged or missing."""
    lines = [f'model_checkpoint_path: "{Path(paths[-1]).name}"', "last_preserved_timestamp: 0"]
    for path in paths:
        lines.append(f'all_model_checkpoint_paths: "{Path(path).name}"')
        # The manager deletes only what is younger than the last preserved.
        lines.append(f"all_model_checkpoint_timestamps: {Path(f'{path}.index').stat().st_mtime}")
    with atomic_write(folder / "checkpoint") as temporary:
        temporary.write_text("\n".join(lines) + "\n")


def checkpoints_in(folder):
    """Return the paths of the checkpoints in a folder, oldest first."""
    files = (file.with_suffix("") for file in Path(folder).glob(f"{PREFIX}-*.index"))
    numbered = [path for path in files if re.fullmatch(rf"{PREFIX}-\d+", path.name)]
    return [str(path) for path in sorted(numbered, key=lambda path: int(path.name.rpartition("-")[2]))]


def corruption_error(path):
    """Return what is wrong with a checkpoint, in words, or None; every value is read and checked."""
    try:
        reader = tf.train.load_checkpoint(literal_prefix(path))
        for name in reader.get_variable_to_shape_map():
            reader.get_tensor(name)
    # The reader turns some faults of the file into errors of TensorFlow's and others into Python's.
    except (tf.errors.OpError, ValueError, RuntimeError, IndexError) as error:
        return str(error).partition("\n")[0]
    return None


def _intact_checkpoints(folder):
    """Return the checkpoints in a folder up to the newest intact one; warn of those after it."""
    found = checkpoints_in(folder)
    damaged = 0
    while found and (wrong := corruption_error(found[-1])):
        message = _("Warning: {path} is damaged ({reason}).")
        print(message.format(path=found.pop(), reason=wrong), file=sys.stderr)
        damaged += 1
    if damaged and not found:
        message = _("a checkpoint must be whole, received {count} damaged in {folder}")
        raise InputError(message.format(count=damaged, folder=folder))
    return found


def read_settings(path):
    """Return the settings, a dict, that are kept with a checkpoint."""
    # The first checkpoints lack these two.
    return {
        "recipe": "lecture",
        "evaluate_every": 0,
        **json.loads(tf.train.load_checkpoint(literal_prefix(path)).get_tensor(SETTINGS)),
    }


def _compare(settings, stored, folder):
    for name, value in settings.items():
        if stored[name] != value:
            expected, received = stored[name], value
            if name == "data":
                expected, received = describe_digits(expected), describe_digits(received)
            message = _(
                "{name} must be {expected} as in the run that {folder} holds, received {received} "
                "(--fresh moves that run aside)"
            )
            raise InputError(message.format(name=name, expected=expected, folder=folder, received=received))


def chosen_checkpoint(folder):
    """Return a folder's newest checkpoint or, where it holds none, the one that comes with the program."""
    found = checkpoints_in(folder) or checkpoints_in(PRETRAINED)
    if not found:
        message = _("there must be a checkpoint, received none in {folder} or {pretrained}")
        raise InputError(message.format(folder=folder, pretrained=PRETRAINED))
    return found[-1]


class TrainedGenerator(NamedTuple):
    """The generator of a checkpoint.

    Args:
        network: Keras model, noise [n, latent_dim] to images [n, 784]: the one that samples are drawn from.
        settings: dict, those of its run.
        iteration: int, iterations that it was trained for.
    """

    network: keras.Model
    settings: dict
    iteration: int

    def samples(self, count, seed):
        """Return `count` samples of noise drawn by `seed`, float32 [count, 28, 28] in (0, 1)."""
        return generate(self.network, sample_noise(count, self.settings["latent_dim"], seed))


def open_generator(path):
    """Return the `TrainedGenerator` of a checkpoint.

    Args:
        path: The checkpoint, such as ``model-20000``; one of its files; a folder, for its newest; or
            ``"pretrained"``, for the one that comes with the program.

    Raises:
        InputError: There is no intact checkpoint of a GAN of this program at `path`.
    """
    path = find_checkpoint(path)
    wrong = corruption_error(path)
    if wrong:
        message = _("a checkpoint must be whole, received {path} ({reason})")
        raise InputError(message.format(path=path, reason=wrong))
    reader = tf.train.load_checkpoint(literal_prefix(path))
    if not (reader.has_tensor(SETTINGS) and reader.has_tensor(ITERATION)):
        names = sorted(reader.get_variable_to_shape_map())
        message = _(
            "a checkpoint must be one that this program's gan has saved, received {path}, TensorFlow's "
            "checkpoint of {names}"
        )
        shown = names[:4] + (["…"] if len(names) > 4 else [])
        raise InputError(message.format(path=path, names=MessageList(shown)))
    settings = read_settings(path)
    gan = build(settings)
    held = "generator" if gan.sampler is gan.generator else "sampler"
    checkpoint = tf.train.Checkpoint(**{held: gan.sampler})
    checkpoint.restore(literal_prefix(path)).expect_partial().assert_existing_objects_matched()
    return TrainedGenerator(gan.sampler, settings, int(reader.get_tensor(ITERATION)))


def open_run(folder):
    """Return the `TrainedGenerator` of each checkpoint in a folder, the untrained one of its run first."""
    trained = [open_generator(path) for path in checkpoints_in(folder)]
    settings = trained[0].settings
    return [TrainedGenerator(build(settings).sampler, settings, 0), *trained]


def find_checkpoint(path):
    """Return the path, a str, of the checkpoint that `open_generator` is given in one of its ways."""
    path = Path(path)
    if str(path) == PRETRAINED.name and not path.exists():
        path = PRETRAINED
    if path.is_dir():
        found = checkpoints_in(path)
        if not found:
            message = _("a folder must hold checkpoints model-N, received none in {folder}")
            raise InputError(message.format(folder=path))
        return found[-1]
    path = Path(re.sub(r"\.(index|data-\d+-of-\d+)$", "", str(path)))
    if not Path(f"{path}.index").is_file():
        message = _("a checkpoint must have an .index and a .data file, received {path}")
        raise InputError(message.format(path=path))
    return str(path)


def describe(path, iteration):
    """Return a `Message` on a checkpoint that was opened, with advice where its samples will be poor."""
    if iteration >= RECOGNISABLE:
        message = _("The generator of {path}, trained for {iterations:,} iterations.")
    else:
        message = _(
            "The generator of {path}, trained for {iterations:,} iterations. Digits need at least {least:,}; "
            "--checkpoint pretrained takes one of 100,000."
        )
    return message.format(path=path, iterations=iteration, least=RECOGNISABLE)
