"""The figures of the experiment ``adversarial``: figure 6-10, and error rates against the size."""

import math

import numpy as np
import tensorflow as tf

from chapter6.artifacts import save_csv
from chapter6.figures import figure, localized, save_figure
from chapter6.language import N_, _, translate
from chapter6.networks.training import predict
from chapter6.section_6_4.attacks import ATTACKS, DESCENT, NEARLY_ALL, NOISE, SIGN

LINES = {
    DESCENT: {"color": "#1b4f9c", "linestyle": "-", "marker": "o"},
    SIGN: {"color": "#d1495b", "linestyle": "--", "marker": "s"},
    NOISE: {"color": "black", "linestyle": ":", "marker": "^"},
}
MARKERS = ("s", "x")
NORMS = {math.inf: r"$L_\infty$", 2: r"$L_2$"}
NAMES = {math.inf: "linf", 2: "l2"}
SHOWN = 7


@localized
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
    places = np.sort(np.unique(digits.labels, return_index=True)[1])[:SHOWN]
    perturbation = (examples - digits.images)[places]
    largest = float(np.abs(perturbation).max())
    table = {"label": digits.labels[places]}
    drawing = figure(1.7 * len(places) + 2.2, 8.4)
    title = _("Figure 6-10: predicted class and its probability; {norm}, $\\epsilon$ = {size:.2f}")
    drawing.suptitle(title.format(norm=NORMS[norm], size=epsilon), fontsize=15)
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
            axes.set_xlabel(f"{digit} ({share:.1%})", fontsize=13)
        rows[row, 0].set_ylabel(translate(name), rotation=0, ha="right", va="center", fontsize=13)
        table[f"{name} class".replace("\n", " ")] = classes
        table[f"{name} probability".replace("\n", " ")] = probabilities
    for axes, change in zip(rows[1], perturbation, strict=True):
        axes.imshow(change, cmap="Greys_r", vmin=-largest or -1, vmax=largest or 1)
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
def draw_errors(folders, sizes, errors, needed):
    """Draw and tabulate the attacked network's error rates against the size; return the PNG's path.

    Args:
        folders: `chapter6.artifacts.Folders`.
        sizes: dict from a norm to the sizes.
        errors: dict from (norm, attack) to error rates.
        needed: dict from a norm to the size that brings the error to 99 %, or infinity.
    """
    drawing = figure(13, 5.2)
    drawing.suptitle(_("6-4.a: error rate against the size of the perturbation"), fontsize=15)
    for norm, axes in zip(sizes, drawing.subplots(1, 2), strict=True):
        for attack, line in LINES.items():
            axes.plot(sizes[norm], 100 * errors[norm, attack], label=translate(attack), **line)
        if math.isfinite(needed[norm]):
            axes.plot(needed[norm], 100 * NEARLY_ALL, "*", color="black", markersize=14, zorder=3)
            axes.annotate(
                str(_("99% at $\\epsilon$ = {size:.2f}").format(size=needed[norm])),
                (needed[norm], 100 * NEARLY_ALL),
                (0, 10),
                textcoords="offset points",
                ha="center",
                fontsize=12,
            )
        _label(axes, norm)
        table = {"epsilon": sizes[norm]} | {attack: errors[norm, attack] for attack in ATTACKS}
        save_csv(folders.snapshots / f"error_{NAMES[norm]}.csv", table)
    drawing.legend(*axes.get_legend_handles_labels(), loc="outside lower center", ncols=3, fontsize=12)
    return save_figure(drawing, folders.snapshots / "error.png")


@localized
def draw_transfer(folders, sizes, errors, transferred):
    """Draw and tabulate the error rates of other networks on the same images; return the PNG's path.

    Args:
        folders: `chapter6.artifacts.Folders`.
        sizes: dict from a norm to the sizes.
        errors: dict from (norm, attack) to the attacked network's error rates.
        transferred: dict from (norm, attack, another network) to its error rates.
    """
    names = sorted({name for _, _, name in transferred}, reverse=True)
    drawing = figure(13, 5.6)
    drawing.suptitle(_("6-4.a: error of other networks on examples made for the attacked one"), fontsize=15)
    label = _("{attack}: {network}")
    for norm, axes in zip(sizes, drawing.subplots(1, 2), strict=True):
        of_first = label.format(attack=_(DESCENT), network=_("the attacked network"))
        axes.plot(sizes[norm], 100 * errors[norm, DESCENT], color="0.6", label=of_first)
        table = {"epsilon": sizes[norm]}
        for attack, line in LINES.items():
            for name, marker in zip(names, MARKERS, strict=True):
                rates = table[f"{attack}, {name}"] = transferred[norm, attack, name]
                if attack != NOISE:
                    described = label.format(attack=_(attack), network=_(name))
                    axes.plot(sizes[norm], 100 * rates, label=described, **line | {"marker": marker})
        _label(axes, norm)
        save_csv(folders.snapshots / f"transfer_{NAMES[norm]}.csv", table)
    drawing.legend(*axes.get_legend_handles_labels(), loc="outside lower center", ncols=3, fontsize=11)
    return save_figure(drawing, folders.snapshots / "transfer.png")


def _label(axes, norm):
    label = _("size $\\epsilon$ of the perturbation, {norm}, white = 1")
    axes.set_xlabel(label.format(norm=NORMS[norm]), fontsize=12)
    axes.set_ylabel(_("error rate (%)"), fontsize=12)
    axes.set_ylim(-3, 111)
    axes.grid(alpha=0.3)
