"""What the page's playthings compute with: weights, digits, the table of trials."""

import base64
import functools
import json
import zlib
from pathlib import Path

import numpy as np

from chapter6.language import N_
from chapter6.section_6_2.sweep import (
    LEARNING_RATES,
    RATES_OF_GRID,
    SECOND,
    SECOND_OF_GRID,
    TABLE,
    read_sweep,
)

PATH = Path(__file__).with_name("playthings.npz")
# Where each stands: in a section, behind the last experiment of a claim or, where that is None, first.
PLACES = {
    "gan": ("section_6_4", None),
    "race": ("section_6_3", "6-3.f"),
    "signal": ("section_6_1", "6-1.f"),
    "search": ("section_6_2", "6-2.f"),
    "attack": ("section_6_4", "6-4.a"),
}
TITLES = {
    "gan": N_("Walk through the generator"),
    "race": N_("The optimizers' race"),
    "signal": N_("A signal through fifty layers"),
    "search": N_("Grid against random"),
    "attack": N_("How much does it take?"),
}


@functools.cache
def load():
    """Return the arrays of ``playthings.npz`` and its description, a dict.

    ``python -m chapter6.runner.page.make_playthings`` makes the file and says what it holds.
    """
    with np.load(PATH) as file:
        arrays = dict(file)
    return arrays, json.loads(str(arrays.pop("about")))


def dequantized(arrays, name):
    """Return the weights that the array of a name stands for, float32.

    ``name`` holds whole numbers, ``name/scale`` a factor for each of the last axis.

    >>> dequantized({"w": np.array([[3, -4]], np.int8), "w/scale": np.array([0.5, 2], np.float32)}, "w")
    array([[ 1.5, -8. ]], dtype=float32)
    """
    return arrays[name].astype(np.float32) * arrays[f"{name}/scale"]


def plaything_data():
    """Return what the scripts are given, JSON's types.

    The arrays are the bytes of all of them, one after another, compressed by zlib, in base64; beside it each
    one's name, type and shape.
    """
    arrays, about = load()
    arrays = {name: np.ascontiguousarray(array) for name, array in arrays.items()}
    # Those of four bytes first, so that each begins where JavaScript can read it.
    order = sorted(arrays, key=lambda name: -arrays[name].itemsize)
    return {
        **about,
        "arrays": [[name, arrays[name].dtype.name, arrays[name].shape] for name in order],
        "bytes": base64.b64encode(
            zlib.compress(b"".join(arrays[name].tobytes() for name in order), 9)
        ).decode(),
        "sweep": {
            "learning_rate": LEARNING_RATES,
            "second": SECOND,
            "errors": {name: errors[0].tolist() for name, errors in read_sweep(TABLE).items()},
            "grid": [RATES_OF_GRID, SECOND_OF_GRID],
        },
    }
