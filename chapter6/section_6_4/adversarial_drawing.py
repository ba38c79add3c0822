"""The figures of the experiment ``adversarial``: figure 6-10, and error rates against the size."""

import math

import numpy as np
import tensorflow as tf

from chapter6 import artifacts
from chapter6.networks.training import predict
from chapter6.section_6_4.attacks import ATTACKS, DESCENT, NEARLY_ALL, NOISE

LINES = {
    "projected gradient descent": {"color": "#1b4f9c", "linestyle": "-", "marker": "o"},
    "fast gradient sign": {"color": "#d1495b", "linestyle": "--", "marker": "s"},
    "noise": {"color": "black", "linestyle": ":", "marker": "^"},
}
MARKERS = ("s", "x")
NORMS = {math.inf: r"$L_\infty$", 2: r"$L_2$"}
NAMES = {math.inf: "linf", 2: "l2"}
SHOWN = 7


def draw_examples(folders, model, digits, examples, noisy, epsilon, norm):
    """Draw and tabulate figure 6-10, of the first digit of each class, up to seven.

    Args:
        folders: `chapter6.artifacts.Folders`.
        model: The network, which makes logits.
        digits: `chapter6.mnist.Split` of images in [0, 1].
        examples: The images, attacked.
        noisy: The images with noise.
        epsilon: Size of both changes.
        norm: ``math.inf`` or 2.

    Returns:
        Path of the PNG.
    """
    _, first = np.unique(digits.labels, return_index=True)
    places = np.sort(first)[:SHOWN]
    perturbation = (examples - digits.images)[places]
    largest = float(np.abs(perturbation).max())
    table = {"label": digits.labels[places]}
    figure = artifacts.figure(1.7 * len(places) + 2.2, 8.4)
    figure.suptitle(
        "Figure 6-10: the class that the network sees and its probability; "
        rf"{NORMS[norm]}, $\epsilon$ = {epsilon:.2f}",
        fontsize=15,
    )
    rows = figure.subplots(4, len(places), squeeze=False)
    seen = {"original": digits.images, "adversarial\nexample": examples, "noise of\nthat size": noisy}
    for row, (name, images) in zip((0, 2, 3), seen.items(), strict=True):
        classes, probabilities = _most_probable(model, images[places])
        for axes, image, digit, share in zip(rows[row], images[places], classes, probabilities, strict=True):
            axes.imshow(image, cmap="Greys_r", vmin=0, vmax=1)
            axes.set_xlabel(f"{digit} ({100 * share:.1f} %)", fontsize=13)
        rows[row, 0].set_ylabel(name, rotation=0, ha="right", va="center", fontsize=13)
        table[f"{name} class".replace("\n", " ")] = classes
        table[f"{name} probability".replace("\n", " ")] = probabilities
    for axes, change in zip(rows[1], perturbation, strict=True):
        axes.imshow(change, cmap="Greys_r", vmin=-largest or -1, vmax=largest or 1)
    rows[1, 0].set_ylabel(
        f"perturbation:\nblack {-largest:.2f},\nwhite +{largest:.2f}",
        rotation=0,
        ha="right",
        va="center",
        fontsize=13,
    )
    for axes in rows.flat:
        axes.set(xticks=[], yticks=[])
    artifacts.save_csv(folders.snapshots / f"figure_6_10_{NAMES[norm]}.csv", table)
    return artifacts.save_figure(figure, folders.snapshots / f"figure_6_10_{NAMES[norm]}.png")


def _most_probable(model, images):
    """Return the most probable class [n] of each image and its probability [n]."""
    # In float64, so that 99.99999 % is not rounded to 1.
    probabilities = tf.nn.softmax(predict(model, images).astype("float64")).numpy()
    return probabilities.argmax(axis=1), probabilities.max(axis=1)


def draw_errors(folders, sizes, errors, needed):
    """Draw and tabulate the attacked network's error rates against the size; return the PNG's path.

    Args:
        folders: `chapter6.artifacts.Folders`.
        sizes: dict from a norm to the sizes.
        errors: dict from (norm, attack) to error rates.
        needed: dict from a norm to the size that brings the error to 99 %, or infinity.
    """
    figure = artifacts.figure(13, 5.2)
    figure.suptitle("6-4.a: error of a network against the size of the perturbation", fontsize=15)
    for norm, axes in zip(sizes, figure.subplots(1, 2), strict=True):
        for attack, line in LINES.items():
            axes.plot(sizes[norm], 100 * errors[norm, attack], label=attack, **line)
        if math.isfinite(needed[norm]):
            axes.plot(needed[norm], 100 * NEARLY_ALL, "*", color="black", markersize=14, zorder=3)
            axes.annotate(
                rf"99 % at $\epsilon$ = {needed[norm]:.2f}",
                (needed[norm], 100 * NEARLY_ALL),
                (0, 10),
                textcoords="offset points",
                ha="center",
                fontsize=12,
            )
        _label(axes, norm)
        table = {"epsilon": sizes[norm]} | {attack: errors[norm, attack] for attack in ATTACKS}
        artifacts.save_csv(folders.snapshots / f"error_{NAMES[norm]}.csv", table)
    figure.legend(*axes.get_legend_handles_labels(), loc="outside lower center", ncols=3, fontsize=12)
    return artifacts.save_figure(figure, folders.snapshots / "error.png")


def draw_transfer(folders, sizes, errors, transferred):
    """Draw and tabulate the error rates of other networks on the same images; return the PNG's path.

    Args:
        folders: `chapter6.artifacts.Folders`.
        sizes: dict from a norm to the sizes.
        errors: dict from (norm, attack) to the attacked network's error rates.
        transferred: dict from (norm, attack, another network) to its error rates.
    """
    names = sorted({name for _, _, name in transferred}, reverse=True)
    figure = artifacts.figure(13, 5.6)
    figure.suptitle("6-4.a: error of other networks on the examples made for the first", fontsize=15)
    for norm, axes in zip(sizes, figure.subplots(1, 2), strict=True):
        axes.plot(
            sizes[norm], 100 * errors[norm, DESCENT], color="0.6", label=f"{DESCENT}: the first network"
        )
        table = {"epsilon": sizes[norm]}
        for attack, line in LINES.items():
            for name, marker in zip(names, MARKERS, strict=True):
                rates = table[f"{attack}, {name}"] = transferred[norm, attack, name]
                if attack != NOISE:
                    axes.plot(
                        sizes[norm], 100 * rates, label=f"{attack}: {name}", **line | {"marker": marker}
                    )
        _label(axes, norm)
        artifacts.save_csv(folders.snapshots / f"transfer_{NAMES[norm]}.csv", table)
    figure.legend(*axes.get_legend_handles_labels(), loc="outside lower center", ncols=3, fontsize=11)
    return artifacts.save_figure(figure, folders.snapshots / "transfer.png")


def _label(axes, norm):
    axes.set_xlabel(rf"size $\epsilon$ of the perturbation, {NORMS[norm]}, white = 1", fontsize=12)
    axes.set_ylabel("error rate (%)", fontsize=12)
    axes.set_ylim(-3, 111)
    axes.grid(alpha=0.3)
