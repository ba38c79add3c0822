"""Six optimizers train one small network on MNIST: their curves.

Slide: 6-3, the page with figure 6-9 ("good performance in practical applications"), claim 6-3.f.

A network 784 -> 64 relu -> 10, batches of 128. Each optimizer trains it at nine learning rates from the
same initial weights and on the same batches, then at the best of them, by validation loss, from as many
other initial weights and on other batches (`side_by_side`). TensorBoard gets one run an optimizer: the mean
over the repetitions at its best rate. The validation accuracy is that of the first 2,000 validation images.
"""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from chapter6 import artifacts
from chapter6.experiment import Finding, Verdict, data_setting, setting
from chapter6.mnist import load_mnist
from chapter6.section_6_3.optimizer_specs import best_rates, optimizer_specs

CLAIM = "6-3.f"
SENTENCE = "Adam performs well in practice (here: against five others on MNIST)."


@dataclass(frozen=True)
class Settings:
    """The network, the search and the data."""

    seed: int = setting(0, "of weights and batches", minimum=0)
    evaluations: int = setting(12, "times the validation accuracy is measured", minimum=1, quick=2)
    steps_between: int = setting(50, "updates before each; 600 in all are 1.4 epochs", minimum=1, quick=10)
    batch: int = setting(128, "images a step", minimum=1, quick=32)
    units: int = setting(64, "hidden units", minimum=1, quick=16)
    rates: int = setting(9, "rates tried from 1e-4 to 1, and repetitions at the best", minimum=2, quick=3)
    data: Path | None = data_setting()


def run(settings, folders):
    """Search, repeat, draw, log."""
    from chapter6.event_files import event_file, write_scalars
    from chapter6.section_6_3.side_by_side import SideBySide

    mnist = load_mnist(settings.data)
    rates = np.geomspace(1e-4, 1, settings.rates)
    curves, chosen = {}, {}
    for spec in optimizer_specs():
        train = SideBySide(spec, mnist, settings).train
        same = np.zeros(settings.rates, int)
        # The last third of the evaluations: one alone is noisy.
        best = best_rates(train(rates, same)["validation_loss"], max(1, settings.evaluations // 3))
        chosen[spec.name] = float(rates[best])
        curves[spec.name] = train(np.full(settings.rates, chosen[spec.name]), 1 + np.arange(settings.rates))
        with event_file(folders.snapshots, spec.name):
            mean = {name: values.mean(axis=-1) for name, values in curves[spec.name].items()}
            write_scalars("training_loss", mean["train_loss"], range(1, 1 + len(mean["train_loss"])))
            write_scalars(
                "validation_accuracy", mean["validation_accuracy"], curves[spec.name]["validation_steps"]
            )
    picture = _draw(folders, curves, chosen, settings)

    accuracy = {name: 100 * each["test_accuracy"] for name, each in curves.items()}
    means = {name: float(each.mean()) for name, each in accuracy.items()}
    errors = {name: float(each.std(ddof=1) / np.sqrt(len(each))) for name, each in accuracy.items()}
    behind = max(means.values()) - means["Adam"]
    rank = 1 + sum(mean > means["Adam"] for mean in means.values())
    # Half a percentage point is more than the spread between repetitions.
    verdict = Verdict.HOLDS if behind <= 0.5 else Verdict.PARTLY if rank <= 3 else Verdict.FAILS
    order = sorted(means, key=means.get, reverse=True)
    measured = (
        f"Test accuracy in % after {settings.evaluations * settings.steps_between} steps, mean of "
        f"{settings.rates} repetitions ± its standard error (learning rate): "
        + ", ".join(f"{n} {means[n]:.2f} ± {errors[n]:.2f} ({chosen[n]:.1g})" for n in order)
        + "."
    )
    numbers = {f"accuracy_{name}": mean for name, mean in means.items()}
    numbers |= {f"rate_{name}": rate for name, rate in chosen.items()} | {"rank_of_Adam": rank}
    return Finding(verdict, measured, (picture,), numbers)


def _draw(folders, curves, chosen, settings):
    figure = artifacts.figure(14, 5.5)
    figure.suptitle(
        f"6-3.f: MNIST, 784-{settings.units}-10, mean of {settings.rates} repetitions at the best rate"
    )
    losses, accuracies = figure.subplots(1, 2)
    table = {}
    for spec in optimizer_specs():
        each = curves[spec.name]
        width = max(1, len(each["train_loss"]) // 40)
        running = np.convolve(each["train_loss"].mean(axis=1), np.ones(width) / width, "valid")
        label = f"{spec.name}, {chosen[spec.name]:.1g}"
        losses.semilogy(np.arange(len(running)) + width, running, label=label, markevery=0.1, **spec.line)
        shares = 100 * each["validation_accuracy"]
        spread = shares.std(axis=1, ddof=1)
        accuracies.errorbar(
            each["validation_steps"], shares.mean(axis=1), spread, label=label, capsize=2, **spec.line
        )
        table[spec.name] = each["train_loss"].mean(axis=1)
    losses.set(xlabel="step", ylabel="training loss (nats), running mean")
    accuracies.set(xlabel="step", ylabel="validation accuracy in %, bars: deviation of one repetition")
    for axes in (losses, accuracies):
        axes.grid(alpha=0.3, which="both")
    accuracies.legend(title="learning rate", fontsize=9)
    artifacts.save_csv(
        folders.snapshots / "train_loss.csv", {"step": range(1, 1 + len(table["Adam"]))} | table
    )
    return artifacts.save_figure(figure, folders.snapshots / "curves.png")
