"""Train the lecture's GAN on MNIST.

Slide: 6-4, the MNIST program; figure 6-12.

The networks, their losses and the two updates of an iteration are in chapter6/gan/model.py, the training loop
is in chapter6/gan/training.py. In the end a fresh discriminator is trained to tell the samples from held-out
digits: its accuracy is the verdict. The same command resumes a run that was stopped, in whatever way. With
--recipe improved the same networks are trained as later work advises.
"""

import dataclasses
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from chapter6.artifacts import locked_folder
from chapter6.errors import InputError
from chapter6.experiment import Finding, Picture, Verdict, data_setting, setting
from chapter6.language import N_, _
from chapter6.mnist import PIXELS, load_mnist

CLAIM = "6-4.d"
SENTENCE = _(
    "Trained against the discriminator, the generator makes digits that it cannot tell from real ones."
)

# Of the table.
COLUMNS = {
    "d_loss": N_("D's loss (nats)"),
    "dreal_loss": N_("on real digits"),
    "dfake_loss": N_("on fakes"),
    "g_loss": N_("G's loss (nats)"),
}
# What the loss of the best D is where p_g = p_data, log 4.
UNDECIDED = float(np.log(4))


@dataclass(frozen=True)
class Settings:
    """The settings of a run of the lecture's program; the defaults are the slides', but for the length."""

    steps: int = setting(
        20_000,
        _("iterations in all; digits are recognisable after these, the slides' program does 1,000,000"),
        minimum=1,
        maximum=10**12,
        quick=300,
    )
    batch_size: int = setting(128, _("batch size: real digits, and as many fakes"), minimum=1)
    hidden_units: int = setting(
        128, _("units in the hidden layer of either network"), minimum=1, maximum=65536
    )
    latent_dim: int = setting(100, _("length of a noise vector"), minimum=1, maximum=65536)
    seed: int = setting(
        0, _("seed of the initial weights, the batches and the noise"), minimum=0, maximum=2**31 - 1
    )
    data: Path | None = data_setting()
    recipe: str = setting(
        "lecture",
        _("improved: the same two networks, trained as later work advises (chapter6/gan/recipes.py)"),
        choices=(N_("lecture"), N_("improved")),
    )
    log_every: int = setting(100, _("iterations between two logged losses"), minimum=1, quick=10)
    grid_every: int = setting(1000, _("iterations between two grids of samples"), minimum=1, quick=100)
    checkpoint_every: int = setting(1000, _("iterations between two checkpoints"), minimum=1, quick=100)
    evaluate_every: int = setting(
        0, _("iterations between two evaluations, on as many samples as test digits; 0: never"), minimum=0
    )
    keep: int = setting(50, _("checkpoints to keep"), minimum=1)
    fresh: bool = setting(False, _("start anew; an earlier run is moved aside, not deleted"))


def run(settings, folders):
    """Train the GAN, or resume its training; save its event files, pictures and checkpoints.

    Returns:
        A `Finding`, or None where no loss was logged.

    Raises:
        InputError: The data cannot be used, the batch is larger than they are, or the folders are in use by
            another run, or hold one with other settings, or only damaged checkpoints.
        RunError: A loss is no longer finite.
        SystemExit: 130 or 143 after SIGINT or SIGTERM, once a checkpoint has been saved.
    """
    from chapter6.gan.checkpoints import Checkpoints
    from chapter6.gan.pictures import save_animation, save_loss_curves
    from chapter6.gan.recipes import build
    from chapter6.gan.summaries import Summaries, read_losses
    from chapter6.gan.training import LossLogger, RaiseOnNaN, ScoreLogger, call_length, train
    from chapter6.networks.tensors import as_tensor
    from chapter6.section_6_4.gan_callbacks import CheckpointSaver, ProgressBar, SampleGrid
    from chapter6.section_6_4.gan_runs import discriminate, exit_after_signal, resume, sample_evaluator

    mnist = load_mnist(settings.data)
    images = as_tensor(mnist.train.images.reshape(-1, PIXELS))
    if settings.batch_size > len(images):
        message = _("a batch must be at most all {count} images, received {size}")
        raise InputError(message.format(count=len(images), size=settings.batch_size))
    gan = build(dataclasses.asdict(settings))
    checkpoints = Checkpoints(folders.checkpoints, gan, _run_config(settings, mnist), settings.keep)
    with locked_folder(folders.checkpoints):
        start = resume(checkpoints, settings, folders, mnist)
        if start < settings.steps:
            evaluator = sample_evaluator(mnist, folders)[0] if settings.evaluate_every else None
            with (
                exit_after_signal(gan) as terminate_on_signal,
                Summaries(folders.snapshots, start) as summaries,
                ProgressBar(settings.steps, start) as bar,
            ):
                callbacks = [
                    RaiseOnNaN(folders.checkpoints),
                    terminate_on_signal,
                    bar,
                    LossLogger(summaries, settings.log_every),
                    SampleGrid(summaries, settings.grid_every, folders.snapshots),
                    CheckpointSaver(checkpoints, settings.checkpoint_every, bar),
                ]
                if evaluator:
                    callbacks.insert(-1, ScoreLogger(summaries, settings.evaluate_every, evaluator))
                if start == 0:
                    summaries.begin(checkpoints.settings, gan.train_graph(images, call_length(callbacks)))
                train(gan, images, settings.steps, callbacks)
            message = _("{steps:,} iterations are done; checkpoints are in {folder}.")
            print(message.format(steps=settings.steps, folder=folders.checkpoints))
        losses = read_losses(folders.snapshots)
        if losses["iteration"]:
            discriminations = discriminate(gan, mnist)
            curves, animation = (
                save_loss_curves(losses, folders.snapshots),
                save_animation(folders.snapshots, settings.grid_every),
            )
            return _make_finding(losses, discriminations, _captioned(curves, animation))


def _captioned(curves, animation):
    watch = _("Watch d_loss: it would be {loss:.2f} if D could only guess.").format(loss=UNDECIDED)
    emerge = _("The same 16 noise vectors from the first grid to the last: digits emerge.")
    return Picture(curves, watch), Picture(animation, emerge)


def _run_config(settings, mnist):
    """Return the settings that a resumed run must share, with the fingerprint of the data for their path."""
    config = dataclasses.asdict(settings)
    del config["steps"], config["fresh"], config["keep"]
    return {**config, "data": mnist.fingerprint}


def _make_finding(losses, discriminations, pictures):
    """Return the `Finding` of the losses and the `Discrimination`s of samples and of training digits."""
    iterations = losses["iteration"]
    tenth = max(1, len(iterations) // 10)
    firsts, lasts = (
        [np.mean(losses[name][part]) for name in COLUMNS] for part in (slice(tenth), slice(-tenth, None))
    )
    samples, digits = discriminations
    verdict = Verdict.FAILS if samples.exceeds(digits) else Verdict.HOLDS
    unknown = float("nan")
    # D(x) = 1/2 for every image, the best D where p_g = p_data.
    guessing = [UNDECIDED, UNDECIDED / 2, UNDECIDED / 2, UNDECIDED / 2]
    # Of the first tenth, the last tenth, D that can only guess, and training digits instead of samples
    rows = {
        N_("up to iteration"): [iterations[tenth - 1], iterations[-1], unknown, unknown],
        **{
            name: [*values, unknown]
            for name, *values in zip(COLUMNS.values(), firsts, lasts, guessing, strict=True)
        },
        N_("accuracy of a fresh discriminator (%)"): [
            unknown,
            100 * samples.accuracy,
            50.0,
            100 * digits.accuracy,
        ],
        N_("standard error"): [unknown, 100 * samples.standard_error, 0.0, 100 * digits.standard_error],
        N_("JSD, at least (nats)"): [unknown, samples.divergence, 0.0, digits.divergence],
    }
    first, last, guess, of_digits = zip(*rows.values(), strict=True)
    return Finding(
        verdict=verdict,
        short=_short(verdict).format(accuracy=samples.accuracy, floor=digits.accuracy),
        why=_(
            "G learns to raise D(G(z)), as far as its own D can see. A fresh discriminator, trained on "
            "samples and held-out digits until it no longer improves, sees what that D has missed."
        ),
        limits=_limits(verdict).format(
            iterations=iterations[-1], loss=lasts[0], undecided=UNDECIDED, divergence=samples.divergence
        ),
        table={
            N_("measure"): list(rows),
            N_("first tenth"): first,
            N_("last tenth"): last,
            N_("D can only guess"): guess,
            N_("training digits"): of_digits,
        },
        pictures=pictures,
    )


def _short(verdict):
    """Return the sentence to remember, whose values are the accuracies on samples and on training digits."""
    if verdict is Verdict.HOLDS:
        return _(
            "A fresh discriminator tells samples from real digits in {accuracy:.0%} of cases, no more than "
            "other real digits, {floor:.0%}."
        )
    return _(
        "A fresh discriminator tells samples from real digits in {accuracy:.0%} of cases, but other real "
        "digits in only {floor:.0%}."
    )


def _limits(verdict):
    """Return the limits, whose values are the iterations, D's loss, log 4 and the least divergence."""
    if verdict is Verdict.HOLDS:
        return _(
            "One run of {iterations:,} iterations. Another discriminator may tell them apart; evaluate tells "
            "how varied the digits are."
        )
    return _(
        "One run of {iterations:,} iterations, so that JSD is at least {divergence:.2f} nats. That D's own "
        "loss ends at {loss:.2f}, and not at the {undecided:.2f} of guessing, says little: a poor D has it "
        "too."
    )
