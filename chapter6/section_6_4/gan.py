"""Train the lecture's GAN on MNIST.

Slide: 6-4, the MNIST program; figure 6-12.

Networks, losses and the two updates of an iteration are in chapter6/gan/model.py, the loop around them in
chapter6/gan/training.py. A run that was stopped, in whatever way, is resumed by the same command.
"""

import dataclasses
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from chapter6.artifacts import archive_run, clear_unfinished, locked_folder
from chapter6.errors import InputError
from chapter6.experiment import Finding, Verdict, data_setting, setting
from chapter6.interruption import Interruption
from chapter6.mnist import PIXELS, load_mnist
from chapter6.progress import progress_bar

CLAIM = "6-4.d"
SENTENCE = "Trained against the discriminator, the generator makes digits that it cannot tell from real ones."


@dataclass(frozen=True)
class Settings:
    """The settings of a run of the lecture's program; the defaults are the slides', but for the length."""

    steps: int = setting(
        20_000,
        "iterations in all; digits are recognisable after these, the slides' program does 1,000,000",
        minimum=1,
        maximum=10**12,
        quick=300,
    )
    batch_size: int = setting(128, "real digits, and as many fakes, in each update", minimum=1)
    hidden_units: int = setting(128, "units in the hidden layer of either network", minimum=1, maximum=65536)
    latent_dim: int = setting(100, "length of a noise vector", minimum=1, maximum=65536)
    seed: int = setting(0, "of the initial weights, the batches and the noise", minimum=0, maximum=2**31 - 1)
    data: Path | None = data_setting()
    recipe: str = setting(
        "lecture",
        "improved: the same two networks, trained as later work advises (chapter6/gan/recipes.py)",
        choices=("lecture", "improved"),
    )
    log_every: int = setting(100, "iterations between two entries of the losses", minimum=1, quick=10)
    grid_every: int = setting(1000, "iterations between two grids of samples", minimum=1, quick=100)
    checkpoint_every: int = setting(1000, "iterations between two checkpoints", minimum=1, quick=100)
    evaluate_every: int = setting(
        0, "iterations between two evaluations, on as many samples as test digits; 0: never", minimum=0
    )
    keep: int = setting(50, "checkpoints to keep", minimum=1)
    fresh: bool = setting(False, "begin anew; an earlier run is moved aside, not deleted")


def run(settings, folders):
    """Train the GAN, or resume its training; save its event files, pictures and checkpoints.

    Args:
        settings: `Settings`.
        folders: `chapter6.artifacts.Folders` to write to.

    Returns:
        A `Finding` on D's loss, or None where no loss was logged.

    Raises:
        InputError: The data cannot be used, the batch is larger than they are, or the folders are in use by
            another run, or hold one with other settings, or only damaged checkpoints.
        RunError: A loss is no longer finite.
        SystemExit: 130 or 143 after SIGINT or SIGTERM, once a checkpoint has been saved.
    """
    import tensorflow as tf

    from chapter6.gan.checkpoints import Checkpoints
    from chapter6.gan.recipes import build

    mnist = load_mnist(settings.data)
    images = tf.constant(mnist.train.images.reshape(-1, PIXELS))
    if settings.batch_size > len(images):
        raise InputError(f"a batch must be at most all {len(images)} images, received {settings.batch_size}")

    gan = build(dataclasses.asdict(settings))
    checkpoints = Checkpoints(folders.checkpoints, gan, _run_config(settings, mnist), settings.keep)
    with locked_folder(folders.checkpoints):
        if settings.fresh:
            for old, new in archive_run(folders).items():
                print(f"The earlier run in {old} is now in {new}.")
        start = checkpoints.restore_newest()
        if start < settings.steps:
            _announce(mnist, start)
            _train(settings, folders, mnist, images, checkpoints)
            print(f"{settings.steps:,} iterations are done; checkpoints are in {folders.checkpoints}.")
        else:
            print(f"The run in {folders.checkpoints} is finished: {start:,} iterations are done.")
            print("Train it further with a larger --steps, or begin anew with --fresh.")
        return _save_figures(folders)


def _run_config(settings, mnist):
    """Return the settings that a run keeps for life, with the data's fingerprint for their place."""
    config = dataclasses.asdict(settings)
    del config["steps"], config["fresh"], config["keep"]
    return {**config, "data": mnist.fingerprint}


def _announce(mnist, start):
    images = len(mnist.train.images)
    print(f"{images:,} training digits from {mnist.source}.")
    if images <= 4000:
        print("On so few the samples are poorer than on all 55,000, and the GAN may collapse to one digit.")
    if start:
        print(f"Resuming at iteration {start:,}.")


def _train(settings, folders, mnist, images, checkpoints):
    from chapter6.gan.model import sample_noise
    from chapter6.gan.summaries import Summaries, last_step
    from chapter6.gan.training import (
        LossLogger,
        RaiseOnNaN,
        ScoreLogger,
        TerminateOnSignal,
        call_length,
        train,
    )
    from chapter6.section_6_4.gan_callbacks import CheckpointSaver, ProgressBar, SampleGrid

    gan = checkpoints.gan
    start = int(gan.iteration)
    if start == 0 and last_step(folders.snapshots) >= settings.checkpoint_every:
        # A run of which only the checkpoints are gone.
        print(f"What {folders.snapshots} held is now in {archive_run(folders)[folders.snapshots]}.")
    clear_unfinished(folders.snapshots)
    noise = sample_noise(16, settings.latent_dim, settings.seed)
    evaluator = _evaluator(mnist, folders) if settings.evaluate_every else None
    with (
        Summaries(folders.snapshots, start) as summaries,
        Interruption() as interruption,
        ProgressBar(settings.steps, start) as bar,
    ):
        callbacks = [
            RaiseOnNaN(folders.checkpoints),
            TerminateOnSignal(interruption),
            bar,
            LossLogger(summaries, settings.log_every),
            SampleGrid(summaries, settings.grid_every, folders.snapshots, noise),
            CheckpointSaver(checkpoints, settings.checkpoint_every, bar),
        ]
        if evaluator:
            test_noise = sample_noise(len(mnist.test.images), settings.latent_dim, settings.seed)
            callbacks.insert(-1, ScoreLogger(summaries, settings.evaluate_every, evaluator, test_noise))
        if start == 0:
            summaries.begin(checkpoints.settings, gan.train_graph(images, call_length(callbacks)))
        train(gan, images, settings.steps, callbacks)
    if interruption:
        print(f"Stopped after {int(gan.iteration):,} iterations; the same command resumes the run.")
        raise SystemExit(128 + interruption.signal)


def _evaluator(mnist, folders):
    from chapter6.classifier import trained_classifier
    from chapter6.gan.evaluation import SampleEvaluator

    classifier, _ = trained_classifier(
        mnist, folders.checkpoints.with_name("classifier"), progress_bar=progress_bar
    )
    return SampleEvaluator(classifier, mnist.test.images)


def _save_figures(folders):
    from chapter6.gan.pictures import save_animation, save_loss_curves
    from chapter6.gan.summaries import read_losses

    losses = read_losses(folders.snapshots)
    animation = save_animation(folders.snapshots)
    if losses["iteration"]:
        return _make_finding(losses, (save_loss_curves(losses, folders.snapshots), animation))


def _make_finding(losses, pictures):
    iterations, d_loss, g_loss = (np.array(losses[name]) for name in ("iteration", "d_loss", "g_loss"))
    tenth = max(1, len(iterations) // 10)
    first, last, of_g = d_loss[:tenth].mean(), d_loss[-tenth:].mean(), g_loss[-tenth:].mean()
    # What the loss of the best D is where p_g = p_data.
    undecided = np.log(4)
    otherwise = Verdict.PARTLY if last > first else Verdict.FAILS
    verdict = Verdict.HOLDS if last > 0.95 * undecided else otherwise
    measured = (
        f"After {iterations[-1]:,} iterations D's loss is {last:.2f} (mean of the last tenth; {first:.2f} in "
        f"the first), where {undecided:.2f} means that D cannot tell and 0 that it always can; "
        f"G's loss is {of_g:.2f}."
    )
    return Finding(verdict, measured, pictures, {"d_loss": float(last), "g_loss": float(of_g)})
