"""Hidden units that start alike stay alike; units that start different do not.

Slide: 6-1, claim c.

Networks of one hidden layer learn MNIST by full-batch gradient descent, and the columns of the hidden
kernel, one for each unit, are compared all along. Five starts: all weights equal; equal incoming but random
outgoing weights, which suffices to break the symmetry; random weights; and a network of two branches, whose
logits are added, with one initializer given to both branches. Keras' own return the same kernel to both, so
that the branches stay copies of each other; this chapter's return another at each call.
"""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from chapter6 import artifacts
from chapter6.datasets import load_mnist
from chapter6.experiment import Finding, Verdict, data_setting, setting
from chapter6.section_6_1.output import event_file, styled

CLAIM = "6-1.c"
SENTENCE = (
    "Units with the same input and activation must start different, or updates treat them the same for ever."
)


@dataclass(frozen=True)
class Settings:
    """The networks and the descent."""

    data: Path | None = data_setting()
    images: int = setting(500, "training images, all in every step", minimum=10, quick=200)
    units: int = setting(
        16, "hidden units of a branch; networks without branches have twice as many", minimum=1, quick=8
    )
    learning_rate: float = setting(0.5, "of gradient descent", above=0)
    rounds: int = setting(20, "times that the units are compared", minimum=1, quick=5)
    steps: int = setting(20, "steps between two comparisons", minimum=1, quick=10)
    seed: int = setting(0, "the random weights are a function of it", minimum=0)


# Rounding may part equal columns: those closer than this share of the largest weight count as one.
SAME = 1e-4


def run(settings, folders):
    """Train all networks at once and count their different units."""
    train = load_mnist(settings.data).train
    starts = _starts(settings)
    kernels, losses = _train(starts, train, settings)
    distinct = np.array([[_distinct_columns(kernel) for kernel in row] for row in kernels])
    ranks = np.array([[_rank(kernel) for kernel in row] for row in kernels])
    picture = _draw(starts, distinct, ranks, losses, settings, folders)
    _log(starts, distinct, ranks, losses, kernels, settings, folders)

    # [equal weights, equal incoming, random, one Keras instance, one instance of this chapter]
    least, last = distinct.min(axis=0), distinct[-1]
    all_, half = 2 * settings.units, settings.units
    stay_equal = (distinct[:, 0] == 1).all() and (distinct[:, 3] <= half).all()
    part = last[1] == all_ and least[2] == all_ and least[4] == all_
    verdict = Verdict.of((stay_equal, part))
    ours, theirs = _draws_the_same_twice()
    measured = (
        f"Different units of {all_}, and rank of the kernel, after {settings.rounds * settings.steps} steps: "
        + "; ".join(f"{name} {d} (rank {r})" for name, d, r in zip(starts, last, ranks[-1], strict=True))
        + f". Loss {losses[-1, 0]:.2f} with equal weights, {losses[-1, 2]:.2f} with random ones. An unseeded "
        f"instance gives two layers the same kernel: Keras' {theirs}, this chapter's {ours}."
    )
    numbers = {f"distinct units, {name}": count for name, count in zip(starts, last, strict=True)}
    numbers |= {f"rank, {name}": rank for name, rank in zip(starts, ranks[-1], strict=True)}
    return Finding(verdict, measured, (picture,), numbers)


def _starts(settings):
    """Return (hidden kernel, output kernel) by the name of the start."""
    import keras
    import tensorflow as tf

    from chapter6.initializers import Normalized

    wide, branch = (784, 2 * settings.units), (784, settings.units)
    wide_out, branch_out = (2 * settings.units, 10), (settings.units, 10)
    equal = keras.initializers.Constant(0.05)
    random = Normalized(keras.random.SeedGenerator(settings.seed))
    keras_instance = keras.initializers.GlorotUniform(settings.seed)

    def two_branches(initializer):
        # Adding the logits of two branches is one network with their units side by side.
        hidden = tf.concat([initializer(branch), initializer(branch)], axis=1)
        return hidden, tf.concat([initializer(branch_out), initializer(branch_out)], axis=0)

    return {
        "all weights equal": (equal(wide), equal(wide_out)),
        "incoming weights equal": (equal(wide), random(wide_out)),
        "random": (random(wide), random(wide_out)),
        "two branches, Keras' instance": two_branches(keras_instance),
        "two branches, this chapter's": two_branches(random),
    }


def _draws_the_same_twice():
    """Return whether one unseeded instance repeats itself, for this chapter's and for Keras' initializers."""
    import keras

    from chapter6.initializers import Normalized

    instances = Normalized(), keras.initializers.GlorotUniform()
    return ["yes" if np.array_equal(each((8, 8)), each((8, 8))) else "no" for each in instances]


def _train(starts, train, settings):
    """Return hidden kernels [rounds + 1, starts, 784, units] and losses [rounds + 1, starts]."""
    import keras

    from chapter6.networks.parallel import ParallelDense
    from chapter6.networks.training import Trainer, cross_entropy

    images = train.images[: settings.images].reshape(-1, 784) / np.float32(255)
    labels = train.labels[: settings.images].astype(np.int32)
    hidden = ParallelDense(2 * settings.units, len(starts), "tanh")
    model = keras.Sequential([keras.Input((784,)), hidden, ParallelDense(10, len(starts))])
    hidden_kernels, output_kernels = zip(*starts.values(), strict=True)
    for layer, kernels in zip(model.layers, (hidden_kernels, output_kernels), strict=True):
        layer.kernel.assign(np.stack(kernels))
    # Full-batch gradient descent: every batch is all images.
    descend = Trainer(model, keras.optimizers.SGD(settings.learning_rate))
    batches = np.tile(np.arange(len(images), dtype=np.int32), (settings.steps, 1))

    kernels, losses = [hidden.kernel.numpy()], [cross_entropy(labels, model(images))]
    for _ in range(settings.rounds):
        descend(images, labels, batches)
        kernels.append(hidden.kernel.numpy())
        losses.append(cross_entropy(labels, model(images)))
    return np.array(kernels), np.array(losses)


def _distinct_columns(kernel):
    distance = np.abs(kernel[:, :, None] - kernel[:, None, :]).max(axis=0)
    same = distance < SAME * np.abs(kernel).max()
    # A column counts when no earlier one equals it.
    return int((~np.tril(same, k=-1).any(axis=1)).sum())


def _rank(kernel):
    return int(np.linalg.matrix_rank(kernel, tol=SAME * np.linalg.norm(kernel, 2)))


def _draw(starts, distinct, ranks, losses, settings, folders):
    step = [round_ * settings.steps for round_ in range(settings.rounds + 1)]
    figure = artifacts.figure(13, 4.4)
    figure.suptitle(f"6-1.c: {2 * settings.units} hidden units of one network, from five starts")
    panels = figure.subplots(1, 3)
    titles = ("different columns of the hidden kernel", "rank of the hidden kernel", "training loss")
    for axes, values, title in zip(panels, (distinct, ranks, losses), titles, strict=True):
        styled(axes)
        for name, line in zip(starts, values.T, strict=True):
            axes.plot(step, line, label=name)
        axes.set(xlabel="step of gradient descent", ylabel=title, ylim=(0, None))
    figure.legend(
        *panels[0].get_legend_handles_labels(), loc="outside lower center", ncols=len(starts), fontsize=9
    )
    columns = {"step": step}
    for quantity, values in (("distinct", distinct), ("rank", ranks), ("loss", losses)):
        columns |= {f"{quantity}, {name}": column for name, column in zip(starts, values.T, strict=True)}
    artifacts.save_csv(folders.snapshots / "symmetry.csv", columns)
    return artifacts.save_figure(figure, folders.snapshots / "symmetry.png")


def _log(starts, distinct, ranks, losses, kernels, settings, folders):
    import tensorflow as tf

    for column, name in enumerate(starts):
        with event_file(folders, name).as_default():
            for round_ in range(settings.rounds + 1):
                step = round_ * settings.steps
                tf.summary.scalar("distinct_units", distinct[round_, column], step)
                tf.summary.scalar("rank", ranks[round_, column], step)
                tf.summary.scalar("training_loss", losses[round_, column], step)
            tf.summary.histogram("hidden_kernel", kernels[0, column], 0)
            tf.summary.histogram("hidden_kernel", kernels[-1, column], step)
