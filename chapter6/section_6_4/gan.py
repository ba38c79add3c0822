"""Train the lecture's GAN on MNIST.

Slide: 6-4, the MNIST program; figure 6-12.

Networks, losses and the two updates of an iteration are in chapter6/gan/model.py; here is the loop around
them. A run that was stopped, in whatever way, goes on where it was when the same command is given again.
"""

import dataclasses
from dataclasses import dataclass
from pathlib import Path

from chapter6.errors import InputError, RunError
from chapter6.experiment import Finding, Verdict, setting

CLAIM = "6-4.d"
SENTENCE = "Trained against the discriminator, the generator makes digits that it cannot tell from real ones."

# Iterations in one compiled call at most, so that a signal and the progress bar wait a fraction of a second.
CALL = 100


@dataclass(frozen=True)
class Settings:
    """What a run of the lecture's program can be told; the defaults are the slides', but for the length."""

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
    data: Path | None = setting(None, "MNIST: a folder of IDX files, or an .npz (default: found or fetched)")
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
    """Train the GAN, or go on training it, and leave its event files, pictures and checkpoints.

    Args:
        settings: `Settings`.
        folders: `chapter6.artifacts.Folders` to write to.

    Returns:
        A `Finding` on D's loss, or None where no loss was logged.

    Raises:
        InputError: The data cannot be used, the batch is larger than they are, or the folders hold a run
            with other settings, or only damaged checkpoints.
        RunError: A loss is no longer finite.
        SystemExit: 130 or 143 after SIGINT or SIGTERM, once a checkpoint has been saved.
    """
    import numpy as np
    import tensorflow as tf

    from chapter6.artifacts import clear_unfinished, set_aside
    from chapter6.classifier import trained_classifier
    from chapter6.datasets import PIXELS, load_mnist
    from chapter6.gan.batches import batches
    from chapter6.gan.checkpoints import Checkpoints
    from chapter6.gan.evaluation import Judge
    from chapter6.gan.model import LOSSES, generate, sample_noise
    from chapter6.gan.pictures import Grid
    from chapter6.gan.progress import TrainingProgress
    from chapter6.gan.recipes import build
    from chapter6.gan.summaries import Summaries, last_step
    from chapter6.interruption import Interruption

    mnist = load_mnist(settings.data)
    images = tf.constant(mnist.train.images.reshape(-1, PIXELS))
    if settings.batch_size > len(images):
        raise InputError(f"a batch must be at most all {len(images)} images, received {settings.batch_size}")
    if settings.fresh:
        for old, new in set_aside(folders).items():
            print(f"The earlier run in {old} is now in {new}.")

    gan = build(dataclasses.asdict(settings))
    lasting = _lasting(settings, mnist)
    checkpoints = Checkpoints(folders.checkpoints, gan, lasting, settings.keep)
    step = checkpoints.restore_newest()
    if step >= settings.steps:
        print(f"The run in {folders.checkpoints} is finished: {step:,} iterations are done.")
        print("Train it further with a larger --steps, or begin anew with --fresh.")
        return _leave_pictures(folders)

    if settings.evaluate_every:
        classifier, _ = trained_classifier(mnist, folders.checkpoints.with_name("classifier"))
        judge = Judge(classifier, mnist.test.images)
        judged_noise = sample_noise(len(mnist.test.images), settings.latent_dim, settings.seed)
    print(f"{len(images):,} training digits from {mnist.source}.")
    if len(images) <= 4000:
        print("On so few the samples are poorer than on all 55,000, and the GAN may collapse to one digit.")
    if step:
        print(f"Going on after {step:,} iterations.")
    elif last_step(folders.snapshots) >= settings.checkpoint_every:
        # A run of which only the checkpoints are gone.
        print(f"What {folders.snapshots} held is now in {set_aside(folders)[folders.snapshots]}.")
    clear_unfinished(folders.snapshots)
    summaries = Summaries(folders.snapshots, step)
    intervals = [settings.log_every, settings.grid_every, settings.checkpoint_every]
    if settings.evaluate_every:
        intervals.append(settings.evaluate_every)
    rows = min(CALL, *intervals)
    grid_noise = sample_noise(16, settings.latent_dim, settings.seed)
    grid = Grid(generate(gan.sampler, grid_noise))

    def draw():
        path = folders.snapshots / f"{step // settings.grid_every:03d}.png"
        summaries.grid(step, grid.save(generate(gan.sampler, grid_noise), path))

    def save():
        # What is logged must not be behind a checkpoint from which the run goes on.
        summaries.flush()
        checkpoints.save()
        told = f"Iteration {step}, D loss {losses[2]:.4f}, G loss {losses[3]:.4f}"
        progress.say(f"The checkpoint has been created. {told}")

    with Interruption() as interruption, TrainingProgress(settings.steps, step) as progress:
        if step == 0:
            summaries.begin(lasting, gan.train_graph(images, rows))
            draw()
        while step < settings.steps and not interruption:
            stop = min(settings.steps, step + rows, *(step - step % every + every for every in intervals))
            chosen = batches(step, rows, settings.batch_size, len(images), settings.seed)
            losses = gan.train(images, chosen, tf.constant(stop - step)).numpy()
            step = int(gan.iteration)
            if not np.all(np.isfinite(losses)):
                received = dict(zip(LOSSES, losses.tolist(), strict=True))
                raise RunError(
                    f"losses must be finite, received {received} at iteration {step}; "
                    f"the checkpoints before it are in {folders.checkpoints}"
                )
            progress.update(step, losses)
            if step % settings.log_every == 0:
                summaries.losses(step, losses)
            if step % settings.grid_every == 0:
                draw()
            if settings.evaluate_every and step % settings.evaluate_every == 0:
                summaries.scores(step, judge.score(generate(gan.sampler, judged_noise)))
            if step % settings.checkpoint_every == 0:
                save()
        if step % settings.checkpoint_every:
            save()
    summaries.close()

    if interruption:
        print(f"Stopped after {step:,} iterations; the same command goes on from there.")
        raise SystemExit(128 + interruption.signal)
    print(f"{step:,} iterations are done; checkpoints are in {folders.checkpoints}.")
    return _leave_pictures(folders)


def _lasting(settings, mnist):
    """Return the settings that a run keeps for life, with the data's fingerprint for their place."""
    lasting = dataclasses.asdict(settings)
    del lasting["steps"], lasting["fresh"], lasting["keep"]
    return {**lasting, "data": mnist.fingerprint}


def _leave_pictures(folders):
    from chapter6.gan.pictures import save_animation, save_loss_curves
    from chapter6.gan.summaries import read_losses

    losses = read_losses(folders.snapshots)
    animation = save_animation(folders.snapshots)
    print(f"To look at everything: tensorboard --logdir {folders.snapshots.parent.parent}")
    if losses["iteration"]:
        return _judge(losses, (save_loss_curves(losses, folders.snapshots), animation))


def _judge(losses, pictures):
    import numpy as np

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
