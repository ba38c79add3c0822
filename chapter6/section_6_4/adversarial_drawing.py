"""Figure 6-10, of the experiments ``adversarial`` and ``photographs``, and error rates against the size."""

import math

import numpy as np
import tensorflow as tf

from chapter6.artifacts import save_csv
from chapter6.figures import figure, localized, save_figure
from chapter6.language import N_, _, translate
from chapter6.networks.training import predict
from chapter6.section_6_4.adversarial_tables import sufficient_size
from chapter6.section_6_4.attacks import DESCENT, NOISE, SIGN
from chapter6.section_6_4.visibility import smallest_seen

LINES = {
    DESCENT: {"color": "#1b4f9c", "linestyle": "-", "linewidth": 2},
    SIGN: {"color": "#d1495b", "linestyle": "--", "marker": "s"},
    NOISE: {"color": "black", "linestyle": ":", "marker": "^"},
}
NORMS = {math.inf: r"$L_\infty$", 2: r"$L_2$"}
NAMES = {math.inf: "linf", 2: "l2"}
SHOWN = 7


@localized
def draw_examples(folders, model, digits, examples, noisy, epsilons, norm, names=None):
    """Draw and tabulate figure 6-10, of the first images of each class, up to seven in all.

    Args:
        folders: `chapter6.artifacts.Folders`.
        model: The network, which makes logits.
        digits: `chapter6.mnist.Split` of images in [0, 1].
        examples: The images, attacked.
        noisy: The images with noise.
        epsilons: Size [n] of both changes.
        norm: ``math.inf`` or 2.
        names: Names of the classes, default their numbers.

    Returns:
        Path of the PNG.
    """
    labels = np.unique(digits.labels)
    of_each = max(1, SHOWN // len(labels))
    first = [np.flatnonzero(digits.labels == label)[:of_each] for label in labels]
    places = np.sort(np.concatenate(first))[:SHOWN]
    perturbation = (examples - digits.images)[places]
    largest = float(np.abs(perturbation).max())
    table = {"label": digits.labels[places], "epsilon": epsilons[places]}
    drawing = figure(1.7 * len(places) + 2.2, 8.4)
    title = _("Figure 6-10: predicted class and its probability; the smallest perturbations in {norm}")
    drawing.suptitle(title.format(norm=NORMS[norm]), fontsize=15)
    rows = drawing.subplots(4, len(places), squeeze=False)
    seen = {
        N_("original"): digits.images,
        N_("adversarial\nexample"): examples,
        N_("noise of\nthat size"): noisy,
    }
    for row, (name, images) in zip((0, 2, 3), seen.items(), strict=True):
        classes, probabilities = _most_probable(model, images[places])
        for axes, image, digit, share in zip(rows[row], images[places], classes, probabilities, strict=True):
            axes.imshow(image, cmap="Greys_r", vmin=0, vmax=1)
            predicted = translate(names[digit]) if names else digit
            axes.set_xlabel(f"{predicted} ({share:.1%})", fontsize=13)
        rows[row, 0].set_ylabel(translate(name), rotation=0, ha="right", va="center", fontsize=13)
        table[f"{name} class".replace("\n", " ")] = classes
        table[f"{name} probability".replace("\n", " ")] = probabilities
    for axes, change, size in zip(rows[1], perturbation, epsilons[places], strict=True):
        axes.imshow(change, cmap="Greys_r", vmin=-largest or -1, vmax=largest or 1)
        axes.set_xlabel(f"$\\epsilon$ = {size:.2f}", fontsize=13)
    rows[1, 0].set_ylabel(
        _("perturbation:\nblack {low:.2f},\nwhite +{high:.2f}").format(low=-largest, high=largest),
        rotation=0,
        ha="right",
        va="center",
        fontsize=13,
    )
    for axes in rows.flat:
        axes.set(xticks=[], yticks=[])
    save_csv(folders.snapshots / f"figure_6_10_{NAMES[norm]}.csv", table)
    return save_figure(drawing, folders.snapshots / f"figure_6_10_{NAMES[norm]}.png")


def _most_probable(model, images):
    """Return the most probable class [n] of each image and its probability [n]."""
    # In float64, so that 99.99999 % is not rounded to 1.
    probabilities = tf.nn.softmax(predict(model, images).astype("float64")).numpy()
    return probabilities.argmax(axis=1), probabilities.max(axis=1)


@localized
def draw_errors(folders, smallest, curves):
    """Draw and tabulate the network's error rates against the size; return the PNG's path.

    Args:
        folders: `chapter6.artifacts.Folders`.
        smallest: dict from a norm to the smallest sizes [n], of which the attack's error rate is made.
        curves: dict from a norm to the sizes, and a dict from the other attacks to error rates there.
    """
    drawing = figure(10, 4.8)
    drawing.suptitle(_("6-4.a: error rate against the size of the perturbation"), fontsize=15)
    for (norm, sizes), axes in zip(smallest.items(), drawing.subplots(1, 2, sharey=True), strict=True):
        sizes, (grid, errors) = np.sort(sizes), curves[norm]
        reached = np.arange(1, len(sizes) + 1) / len(sizes)
        axes.plot(
            np.append(sizes, grid[-1]),
            100 * np.append(reached, np.mean(np.isfinite(sizes))),
            drawstyle="steps-post",
            label=translate(DESCENT),
            **LINES[DESCENT],
        )
        for attack, rates in errors.items():
            axes.plot(grid, 100 * np.array(rates), label=translate(attack), **LINES[attack])
        median = sufficient_size(sizes, 0.5)
        if np.isfinite(median):
            axes.plot(median, 50, "*", color="black", markersize=14, zorder=3)
            axes.annotate(
                str(_("median $\\epsilon$ = {size:.2f}").format(size=median)),
                (median, 50),
                (12, -5),
                textcoords="offset points",
                fontsize=12,
                bbox={"facecolor": "white", "edgecolor": "none", "pad": 1},
            )
        if norm == math.inf:
            axes.axvline(
                smallest_seen(), color="0.3", linestyle=":", linewidth=2, label=_("seen on black from here")
            )
        _label(axes, norm)
        axes.set_xlim(0, grid[-1])
        save_csv(folders.snapshots / f"smallest_{NAMES[norm]}.csv", {"epsilon": sizes, "error": reached})
        save_csv(folders.snapshots / f"error_{NAMES[norm]}.csv", {"epsilon": grid} | errors)
    handles = {
        label: line
        for axes in drawing.axes
        for line, label in zip(*axes.get_legend_handles_labels(), strict=True)
    }
    drawing.legend(handles.values(), handles, loc="outside lower center", ncols=4)
    return save_figure(drawing, folders.snapshots / "error.png")


def _label(axes, norm):
    label = _("size $\\epsilon$ of the perturbation, {norm}, white = 1")
    axes.set_xlabel(label.format(norm=NORMS[norm]), fontsize=12)
    axes.set_ylabel(_("error rate (%)"), fontsize=12)
    axes.set_ylim(-3, 103)
    axes.grid(alpha=0.3)
