"""Four RNNs across an image against 3x3 convolutions: how far a pixel reaches, what it costs, what it buys.

Slide: 6-3, the page on recurrent networks that follows Adam, claim 6-3.g, second half.

The layer is `chapter6.recurrent.FourDirectionRNN`. How far: the norm of the Jacobian of the features in the
bottom right corner with respect to every pixel, through one layer and through two, untrained (where it is
zero no weights could change it) and trained. One layer of four independent sweeps reaches along its row and
its column only; the opposite corner is reached by two. A convolution reaches one pixel a layer.

What it costs and buys: networks of two layers on patches of 2x2 pixels (as ReNet has them), trained on
MNIST with the same number of parameters and of steps. Behind the layers is the mean over the image, so that
all that has to meet must meet in the layers; or, as usual, a dense layer over the coarsened image, which
itself sees everything.
"""

import bisect
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from chapter6 import artifacts
from chapter6.experiment import Finding, Verdict, data_setting, setting
from chapter6.mnist import load_mnist
from chapter6.section_6_3.influence import jacobian

CLAIM = "6-3.g"
SENTENCE = "RNNs across an image cost more than a convolution, but let features interact over long distances."

SIDE = 28
HEADS = ("mean", "dense")


@dataclass(frozen=True)
class Settings:
    """The layers and the training."""

    seed: int = setting(0, "of weights and the order of images", minimum=0)
    units: int = setting(
        8, "units of each sweep; the convolution's filters follow from equal parameters", minimum=1
    )
    repetitions: int = setting(3, "networks trained of each kind, from seed on", minimum=1, quick=1)
    steps: int = setting(100, "updates with Adam", minimum=1, quick=4)
    batch: int = setting(128, "images a step", minimum=1, quick=32)
    rates: tuple[float, ...] = setting(
        (0.01, 0.03), "Adam's e, the better one for each network", quick=(0.01,), above=0
    )
    test_images: int = setting(2000, "images at most that an accuracy is measured on", minimum=1, quick=200)
    heads: tuple[str, ...] = setting(HEADS, "what is behind the layers", quick=HEADS[:1], choices=HEADS)
    data: Path | None = data_setting()


def run(settings, folders):
    """Measure reach, accuracy and time."""
    mnist = load_mnist(settings.data)
    maps = _untrained_maps(settings)
    accuracy, seconds, parameters = {}, {}, {}
    for head in settings.heads:
        sizes = {"sweeps": settings.units, "convolution": _equal_filters(head, settings.units)}
        for kind, size in sizes.items():
            train = _trainer(kind, size, head, mnist, settings)
            # The learning rate is chosen by validation accuracy, for each kind and head apart.
            tried = {rate: train(rate, settings.seed) for rate in settings.rates}
            rate = max(tried, key=lambda rate: tried[rate].validation)
            results = [tried[rate]] + [train(rate, settings.seed + k) for k in range(1, settings.repetitions)]
            accuracy[kind, head] = np.array([100 * result.test for result in results])
            seconds[kind, head] = float(np.median([result.seconds for result in results]))
            network = _network(kind, size, head, settings.seed)
            parameters[kind, head] = network.count_params()
            if head == settings.heads[0]:
                network.set_weights(results[0].weights)
                maps[f"{kind}, two layers, trained"] = _influence(network.layers[:6], mnist.test.images[:8])
    picture = _draw(folders, maps, accuracy, settings)
    return _make_finding(settings, maps, accuracy, seconds, parameters, picture)


def _layers(kind, size, depth, seed):
    import keras

    from chapter6.recurrent import FourDirectionRNN

    if kind == "sweeps":
        return [FourDirectionRNN(size, seed=2 * seed + k) for k in range(depth)]
    return [
        keras.layers.Conv2D(
            size,
            3,
            padding="same",
            activation="relu",
            kernel_initializer=keras.initializers.HeUniform(2 * seed + k),
        )
        for k in range(depth)
    ]


def _network(kind, size, head, seed):
    """Return a classifier: patches of 2x2 pixels, two layers, head."""
    import keras
    from keras import layers

    half = SIDE // 2
    patches = [
        layers.Rescaling(1 / 255),
        layers.Reshape((half, 2, half, 2)),
        layers.Permute((1, 3, 2, 4)),
        layers.Reshape((half, half, 4)),
    ]
    last = layers.Dense(10, kernel_initializer=keras.initializers.GlorotUniform(seed))
    if head == "mean":
        heads = [layers.GlobalAveragePooling2D(), last]
    else:
        heads = [layers.AveragePooling2D(2), layers.Flatten(), last]
    return keras.Sequential([layers.Input((SIDE, SIDE, 1)), *patches, *_layers(kind, size, 2, seed), *heads])


def _equal_filters(head, units):
    """Return the number of filters that brings a convolutional network nearest to the sweeps' parameters."""

    def parameters(filters):
        return _network("convolution", filters, head, 0).count_params()

    target = _network("sweeps", units, head, 0).count_params()
    enough = bisect.bisect_left(range(8 * units), target, lo=1, key=parameters)
    return min((enough, max(1, enough - 1)), key=lambda filters: abs(parameters(filters) - target))


@dataclass(frozen=True)
class _Result:
    """What one training gave: accuracies, the seconds of a step for one image, the weights."""

    validation: float
    test: float
    seconds: float
    weights: list


def _trainer(kind, size, head, mnist, settings):
    """Return a function (rate, seed) that trains a network from the start; it is compiled once."""
    import keras

    from chapter6.networks.training import Trainer, accuracies

    network = _network(kind, size, head, 0)
    # XLA's compilation takes longer than it would save here.
    trainer = Trainer(network, keras.optimizers.Adam(), steps_per_execution=1)
    images, labels = mnist.train.images[..., None], mnist.train.labels.astype("int32")

    def accuracy(split):
        count = settings.test_images
        return float(accuracies(network, split.images[:count, ..., None], split.labels[:count]))

    def train(rate, seed):
        trainer.reset(_network(kind, size, head, seed).get_weights())
        trainer.optimizer.learning_rate.assign(rate)
        rng = np.random.default_rng((settings.seed, seed))
        batches = rng.integers(len(images), size=(settings.steps, settings.batch)).astype("int32")
        times = [time.perf_counter()]
        trainer(images, labels, batches, on_execution_end=lambda step: times.append(time.perf_counter()))
        seconds = float(np.median(np.diff(times))) / settings.batch
        return _Result(accuracy(mnist.validation), accuracy(mnist.test), seconds, network.get_weights())

    return train


def _untrained_maps(settings):
    image = np.random.default_rng((settings.seed, 0)).uniform(size=(1, SIDE, SIDE))
    return {
        f"{kind}, {words}, untrained": _influence(_layers(kind, settings.units, depth, settings.seed), image)
        for kind in ("convolution", "sweeps")
        for depth, words in ((1, "one layer"), (2, "two layers"))
    }


def _influence(layers, images):
    """Return the norm of d (last corner's features) / d pixel, root mean square over images, [28, 28]."""

    def features(pixels):
        for layer in layers:
            pixels = layer(pixels)
        return pixels[:, -1, -1]

    rows = jacobian(features, images[..., None].astype("float32"))
    return np.sqrt((rows[..., 0] ** 2).sum(axis=1).mean(axis=0))


def _make_finding(settings, maps, accuracy, seconds, parameters, picture):
    numbers, words = {}, []
    for name, values in maps.items():
        numbers[f"reached_{name}"] = int(np.count_nonzero(values))
        numbers[f"corner_{name}"] = float(values[0, 0] / values.max())
    each_image = {kind: 1e6 * seconds[kind, settings.heads[0]] for kind in ("sweeps", "convolution")}
    ratio = each_image["sweeps"] / each_image["convolution"]
    numbers["time_ratio"] = ratio
    for head in settings.heads:
        words.append(f"with a {'mean over the image' if head == 'mean' else 'dense layer'} behind the layers")
        for kind in ("sweeps", "convolution"):
            each, count = accuracy[kind, head], parameters[kind, head]
            numbers[f"accuracy_{kind}_{head}"] = float(each.mean())
            words[-1] += (
                f", {kind} {each.mean():.1f} [{each.min():.1f}, {each.max():.1f}] ({count:,} parameters)"
            )
    one, two = maps["sweeps, one layer, untrained"], maps["sweeps, two layers, untrained"]
    convolved = maps["convolution, two layers, untrained"]
    long = np.count_nonzero(one) == 2 * SIDE - 1 and two[0, 0] > 0 and convolved[0, 0] == 0
    verdict = Verdict.HOLDS if long and ratio > 1 else Verdict.PARTLY if long else Verdict.FAILS
    measured = (
        f"Of {SIDE * SIDE} pixels the last corner sees {np.count_nonzero(one)} through one layer of sweeps "
        f"(its row and column), {np.count_nonzero(two)} through two, {np.count_nonzero(convolved)} through "
        f"two 3x3 convolutions; the opposite corner at {numbers['corner_sweeps, two layers, untrained']:.0e} "
        f"of the strongest pixel, {numbers['corner_sweeps, two layers, trained']:.0e} after training. An "
        f"image takes {each_image['sweeps']:.0f} µs in a training step, {each_image['convolution']:.0f} with "
        f"convolutions. Test accuracy in % [range of {settings.repetitions}] {'; '.join(words)}."
    )
    return Finding(verdict, measured, (picture,), numbers)


def _draw(folders, maps, accuracy, settings):
    figure = artifacts.figure(16, 8)
    figure.suptitle("6-3.g: which pixels reach the features in the bottom right corner (white: none)")
    grid = figure.add_gridspec(2, 4, width_ratios=[1, 1, 1, 1])
    places = [grid[0, 0], grid[0, 1], grid[1, 0], grid[1, 1], grid[0, 2], grid[1, 2]]
    order = sorted(maps, key=lambda name: ("trained" in name.split(", ")[-1:], "sweeps" in name))
    mapped = []
    for place, name in zip(places, order, strict=True):
        axes = figure.add_subplot(place)
        with np.errstate(divide="ignore"):
            image = axes.imshow(np.log10(maps[name] / maps[name].max()), cmap="Greys", vmin=-10, vmax=0)
        axes.set_title(name, fontsize=10)
        axes.set(xlabel="column", ylabel="row", xticks=[0, SIDE - 1], yticks=[0, SIDE - 1])
        mapped.append(axes)
    figure.colorbar(image, ax=mapped, label="log10 of the influence / the strongest", shrink=0.6)
    bars = figure.add_subplot(grid[:, 3])
    for k, ((kind, _), each) in enumerate(accuracy.items()):
        colour, hatch = ("tab:purple", "") if kind == "sweeps" else ("0.7", "//")
        bars.bar(k, each.mean(), color=colour, hatch=hatch, edgecolor="black", width=0.7)
        bars.plot(np.full(len(each), k), each, "k.", markersize=5)
    bars.set_xticks(range(len(accuracy)), [f"{kind}\n{head}" for kind, head in accuracy], rotation=30)
    bars.set(ylabel="test accuracy in %, each network a point", ylim=(0, 100))
    bars.set_title(f"equal parameters, {settings.steps} steps", fontsize=10)
    bars.grid(axis="y", alpha=0.3)
    row, column = np.indices((SIDE, SIDE))
    table = {"row": row.ravel(), "column": column.ravel()} | {
        name: values.ravel() for name, values in maps.items()
    }
    artifacts.save_csv(folders.snapshots / "influence.csv", table)
    return artifacts.save_figure(figure, folders.snapshots / "influence.png")
