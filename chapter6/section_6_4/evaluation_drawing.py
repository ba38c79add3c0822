"""The panels of the figures that ``evaluate`` draws."""

import numpy as np


def draw_shares(axes, shares, real):
    """Draw the share of each digit among a generator's samples as bars, among real digits as ticks."""
    digits = np.arange(len(shares))
    axes.bar(digits, 100 * shares, color="0.6", edgecolor="black", label="generator")
    axes.plot(digits, 100 * real, "_", color="black", markersize=20, markeredgewidth=2, label="test digits")
    axes.axhline(1, color="black", linestyle=":", linewidth=1, label="1 %")
    axes.set(xlabel="digit that the classifier sees", ylabel="share (%)", xticks=digits)
    axes.set_title("Share of each digit", fontsize=10)
    axes.legend(fontsize=8)


def draw_distances(axes, counts, generated, training):
    """Draw the Fréchet distance to the test digits against the number of images that it is measured with."""
    axes.loglog(counts, generated, "s-", color="black", label="generator")
    axes.loglog(counts, training, "o--", color="0.4", label="training digits: the floor")
    axes.set(xlabel="number of images", ylabel="Fréchet distance to the test digits", xticks=counts)
    axes.set_xticklabels([f"{count:,}" for count in counts], fontsize=8)
    axes.minorticks_off()
    axes.set_title("How the distance depends on the number of images", fontsize=10)
    axes.grid(alpha=0.3)
    axes.legend(fontsize=8)


def draw_neighbours(axes, samples, neighbours, distances):
    """Draw samples [n, 28, 28] in a row, the nearest training digit of each below, and their distance."""
    _draw_mosaic(axes, np.stack([samples, neighbours]))
    for column, distance in enumerate(distances):
        axes.text(30 * column + 14, 68, f"{distance:.1f}", ha="center", va="center", fontsize=8)
    axes.set_yticks([14, 44, 68], ["samples", "nearest training digits", "distance"], fontsize=8)
    axes.set_ylim(74, -1)


def draw_interpolation(axes, images):
    """Draw images [rows, steps, 28, 28], each row the generator's on a straight line between two noises."""
    _draw_mosaic(axes, images)
    axes.set_title("Generated along straight lines between two noise vectors", fontsize=10)


def draw_grid(axes, images):
    """Draw 100 images [100, 28, 28] in ten rows."""
    _draw_mosaic(axes, images.reshape(10, 10, *images.shape[1:]))


def _draw_mosaic(axes, images):
    rows, columns = images.shape[:2]
    mosaic = np.full((30 * rows - 2, 30 * columns - 2), np.nan)
    for row in range(rows):
        for column in range(columns):
            mosaic[30 * row : 30 * row + 28, 30 * column : 30 * column + 28] = images[row, column]
    axes.imshow(mosaic, cmap="Greys_r", vmin=0, vmax=1)
    axes.set(xticks=[], yticks=[])
    axes.tick_params(length=0)
    axes.spines[:].set_visible(False)


def draw_history(axes, iterations, values, floor, label):
    """Draw a measure [checkpoints, draws] and its range against the iteration, and the training digits'."""
    values = np.asarray(values, float)
    axes.plot(iterations, values.mean(axis=1), ".-", color="black", label="generator")
    axes.fill_between(iterations, values.min(axis=1), values.max(axis=1), color="0.7", linewidth=0)
    axes.axhline(np.mean(floor), color="0.4", linestyle="--", label="training digits")
    axes.set_ylabel(label)
    axes.grid(alpha=0.3)
