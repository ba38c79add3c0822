"""How a run of the GAN begins, how a signal ends it, and what a fresh discriminator says of its samples."""

import contextlib

from chapter6.artifacts import archive_run, clear_unfinished
from chapter6.classifier import trained_classifier
from chapter6.gan import fresh_discriminator
from chapter6.gan.evaluation import SampleEvaluator, random_images
from chapter6.gan.model import generate, sample_noise
from chapter6.gan.summaries import last_step
from chapter6.gan.training import TerminateOnSignal
from chapter6.interruption import Interruption
from chapter6.language import _
from chapter6.progress import progress_bar


def resume(checkpoints, settings, folders, mnist):
    """Restore the newest checkpoint, if there is any, and print what the run begins with.

    Args:
        checkpoints: `chapter6.gan.checkpoints.Checkpoints`.
        settings: `chapter6.section_6_4.gan.Settings`.
        folders: `chapter6.artifacts.Folders`; with ``settings.fresh`` an earlier run in them is moved aside.
        mnist: `chapter6.mnist.Mnist`.

    Returns:
        int, the iterations done.
    """
    if settings.fresh:
        for old, new in archive_run(folders).items():
            print(_("The earlier run in {old} is now in {new}.").format(old=old, new=new))
    start = checkpoints.restore_newest()
    if start >= settings.steps:
        message = _("The run in {folder} is finished: {iterations:,} iterations are done.")
        print(message.format(folder=folders.checkpoints, iterations=start))
        print(_("Train it further with a larger --steps, or start anew with --fresh."))
        return start
    images = len(mnist.train.images)
    print(_("{count:,} training digits from {source}.").format(count=images, source=mnist.source))
    if images <= 4000:
        print(
            _(
                "With so few the samples are poorer than with all 55,000, and the GAN may collapse to one "
                "digit."
            )
        )
    if start:
        print(_("Resuming at iteration {iteration:,}.").format(iteration=start))
    elif last_step(folders.snapshots) >= settings.checkpoint_every:
        # A run of which only the checkpoints are gone.
        old, new = folders.snapshots, archive_run(folders)[folders.snapshots]
        print(_("The earlier run in {old} is now in {new}.").format(old=old, new=new))
    clear_unfinished(folders.snapshots)
    return start


def sample_evaluator(mnist, folders, epochs=4):
    """Return a `SampleEvaluator` and the accuracy of its classifier on the test digits.

    The classifier is trained for so many epochs unless it lies beside the run's checkpoints.
    """
    folder = folders.checkpoints.with_name("classifier")
    classifier, accuracy = trained_classifier(mnist, folder, epochs=epochs, progress_bar=progress_bar)
    return SampleEvaluator(classifier, mnist.test.images), accuracy


def discriminate(gan, mnist):
    """Return the `Discrimination` of a GAN's samples and that of training digits, from held-out digits."""
    fresh = fresh_discriminator.FreshDiscriminator(mnist.test.images)
    seed = int(gan.seed)
    noise = sample_noise(len(mnist.test.images), gan.latent_dim, seed)
    digits = random_images(mnist.train.images, len(noise), seed)
    return [fresh.evaluate(images) for images in (generate(gan.sampler, noise), digits)]


@contextlib.contextmanager
def exit_after_signal(gan):
    """Yield a `TerminateOnSignal` callback; where a signal has come, exit after the block.

    Args:
        gan: `chapter6.gan.model.GAN` that the block trains.

    Raises:
        SystemExit: 128 and the signal's number.
    """
    with Interruption() as interruption:
        yield TerminateOnSignal(interruption)
    if interruption:
        message = _("Stopped after {iterations:,} iterations; the same command resumes the run.")
        print(message.format(iterations=int(gan.iteration)))
        raise SystemExit(128 + interruption.signal)
