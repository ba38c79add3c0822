"""Small patches of three photographs, as large as MNIST's digits, and a classifier of them.

Slide: 6-4, figure 6-10, whose image is a photograph too.
"""

import keras
import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from chapter6.classifier import lenet
from chapter6.language import N_
from chapter6.mnist import SIDE, Split
from chapter6.seeds import child_seeds

TEXTURES = N_("brick"), N_("grass"), N_("gravel")
# A patch then shows 56 x 56 pixels of the photograph, enough to recognize the texture.
SCALE = 2


def patches(training, test, seed):
    """Draw patches to train and to test a classifier on.

    Slide: 6-4, figure 6-10.

    The photographs are those that come with scikit-image, 512 x 512, of which each 2 x 2 pixels become their
    mean. Patches to train on lie in the left five eighths of a photograph, patches to test on in the rest.

    Args:
        training: int, patches of each photograph to train on.
        test: int, patches of each photograph to test on.
        seed: int; the places of the patches are a function of it.

    Returns:
        Two `chapter6.mnist.Split` of uint8 images [n, 28, 28] and labels [n], places in `TEXTURES`, whose
        patches are ordered by label.
    """
    photographs = _photographs()
    border = photographs.shape[-1] * 5 // 8
    parts = photographs[..., :border], photographs[..., border:]
    return tuple(
        _draw(part, count, child)
        for part, count, child in zip(parts, (training, test), child_seeds(seed, 2), strict=True)
    )


def texture_classifier(images, seed):
    """Build a `lenet` for the `TEXTURES` whose pixels are standardized first: photographs have low contrast.

    Slide: 6-4, figure 6-10.

    Args:
        images: uint8 array [n, 28, 28] to take the pixels' mean and standard deviation from.
        seed: int for the initial weights.

    Returns:
        A `keras.Sequential` that makes logits [n, 3] of images [n, 28, 28] in [0, 1].
    """
    mean, deviation = images.mean() / 255, images.std() / 255
    return keras.Sequential(
        [
            keras.Input((SIDE, SIDE), name="image"),
            # (x - mean) / deviation
            keras.layers.Rescaling(1 / deviation, -mean / deviation, name="standardized"),
            lenet(seed, len(TEXTURES)),
        ],
        name="texture_classifier",
    )


def _photographs():
    """Return the photographs at a half of their size, uint8 [3, 256, 256]."""
    import skimage.data
    import skimage.transform

    originals = np.stack([getattr(skimage.data, name)() for name in TEXTURES])
    return skimage.transform.downscale_local_mean(originals, (1, SCALE, SCALE)).round().astype(np.uint8)


def _draw(photographs, count, seed):
    rng = np.random.default_rng(seed)
    windows = sliding_window_view(photographs, (SIDE, SIDE), axis=(1, 2))
    labels = np.repeat(np.arange(len(TEXTURES), dtype=np.uint8), count)
    rows, columns = (rng.integers(windows.shape[axis], size=len(labels)) for axis in (1, 2))
    return Split(windows[labels, rows, columns], labels)
