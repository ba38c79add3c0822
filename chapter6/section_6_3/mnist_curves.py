"""Six optimizers train one small network on MNIST.

Slide: 6-3, the page with figure 6-9 ("good performance in practical applications"), claim 6-3.f.

A network of 784-64-10 units. Each optimizer trains it at nine learning rates from the same initial weights
and on the same batches; then at the best of them, by validation loss, from as many other initial weights and
on other batches. The validation accuracy is that of the first 2,000 validation images. TensorBoard shows the
mean over the repetitions, one run for each optimizer.
"""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from chapter6.experiment import Finding, Picture, Verdict, data_setting, setting
from chapter6.language import N_, _
from chapter6.mnist import load_mnist
from chapter6.progress import progress_bar

CLAIM = "6-3.f"
SENTENCE = _("Adam performs well in practice (here: against five others on MNIST).")


@dataclass(frozen=True)
class Settings:
    """The network, the search and the data."""

    seed: int = setting(0, _("initial weights and batches are a function of it"), minimum=0)
    evaluations: int = setting(12, _("evaluations of the validation accuracy"), minimum=1, quick=2)
    steps_between: int = setting(
        50, _("steps between two evaluations; 600 steps are 1.4 epochs"), minimum=1, quick=10
    )
    batch: int = setting(128, _("batch size"), minimum=1, quick=32)
    units: int = setting(64, _("hidden units"), minimum=1, quick=16)
    rates: int = setting(
        9, _("learning rates tried from 1e-4 to 1, and repetitions at the best"), minimum=2, quick=3
    )
    data: Path | None = data_setting()


def run(settings, folders):
    """Search, repeat, draw, log."""
    from chapter6.event_files import event_file, write_scalars
    from chapter6.section_6_3.mnist_curves_drawing import draw
    from chapter6.section_6_3.optimizer_specs import best_rates, optimizer_specs
    from chapter6.section_6_3.side_by_side import SideBySide

    mnist = load_mnist(settings.data)
    rates = np.geomspace(1e-4, 1, settings.rates)
    curves, chosen, specs = {}, {}, optimizer_specs()
    with progress_bar(str(_("Training networks")), 2 * len(specs)) as show:
        for k, spec in enumerate(specs):
            train = SideBySide(spec, mnist, settings).train
            same = np.zeros(settings.rates, int)
            # The last third of the evaluations: one alone is noisy.
            best = best_rates(train(rates, same)["validation_loss"], max(1, settings.evaluations // 3))
            chosen[spec.name] = float(rates[best])
            show(2 * k + 1)
            curves[spec.name] = train(
                np.full(settings.rates, chosen[spec.name]), 1 + np.arange(settings.rates)
            )
            show(2 * k + 2)
            with event_file(folders.snapshots, spec.name):
                mean = {name: values.mean(axis=-1) for name, values in curves[spec.name].items()}
                write_scalars("training_loss", mean["train_loss"], range(1, 1 + len(mean["train_loss"])))
                write_scalars(
                    "validation_accuracy", mean["validation_accuracy"], curves[spec.name]["validation_steps"]
                )
    picture = draw(curves, chosen, settings, folders)
    return _make_finding(settings, curves, chosen, picture)


def _make_finding(settings, curves, chosen, picture):
    accuracy = {name: 100 * each["test_accuracy"] for name, each in curves.items()}
    means = {name: float(each.mean()) for name, each in accuracy.items()}
    order = sorted(means, key=means.get, reverse=True)
    behind = means[order[0]] - means["Adam"]
    ranks = {name: 1 + sum(other > mean for other in means.values()) for name, mean in means.items()}
    # Half a percentage point is more than the spread between repetitions.
    verdict = Verdict.HOLDS if behind <= 0.5 else Verdict.PARTLY if ranks["Adam"] <= 3 else Verdict.FAILS
    if behind == 0:
        short = _("Adam reaches the best test accuracy of the six optimizers, {accuracy:.1f}%.")
    else:
        short = _(
            "Adam's test accuracy, {accuracy:.1f}%, is {behind:.2f} percentage points below that of the best "
            "of the six, {best}."
        )
    if verdict == Verdict.PARTLY:
        limits = _(
            "Holds: Adam is among the best three. Does not hold: it is within half a percentage point of the "
            "best. One small network, {steps} steps, the learning rate of each optimizer tuned."
        )
    else:
        limits = _(
            "One small network, {steps} steps, the learning rate of each optimizer tuned. Differences of "
            "less than two standard errors may be chance."
        )
    return Finding(
        verdict=verdict,
        short=short.format(accuracy=means["Adam"], behind=behind, best=_(order[0])),
        why=_(
            "Scaling gives every weight a step of suitable size, and momentum averages the noise of the "
            "batches; tuning the learning rate makes up for part of that in the simpler optimizers."
        ),
        limits=limits.format(steps=settings.evaluations * settings.steps_between),
        table={
            N_("optimizer"): order,
            N_("learning rate"): [chosen[name] for name in order],
            N_("test accuracy (%)"): [means[name] for name in order],
            N_("standard error"): [
                float(accuracy[name].std(ddof=1) / np.sqrt(settings.rates)) for name in order
            ],
            N_("rank"): [ranks[name] for name in order],
        },
        pictures=(
            Picture(
                picture,
                _("Each at its best learning rate: see how fast the losses fall, and how close all six end."),
            ),
        ),
    )
