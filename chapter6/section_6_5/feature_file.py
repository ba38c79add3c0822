"""Features of frozen layers in a file, to train behind them on more than the memory should hold."""

import contextlib
import tempfile

import numpy as np

from chapter6.transfer import frozen_features

# Images whose features are in memory at a time while they are computed.
IMAGES = 1000


@contextlib.contextmanager
def feature_file(layers, images, folder):
    """Compute once what frozen layers make of images, into a temporary file; yield its `Rows`.

    Slide: 6-5, claim 6-5.a.

    The published example's layers make 4,608 numbers of an image, 540 MB of 29,404 images.

    Args:
        layers: Keras model that is frozen, as in `chapter6.transfer.frozen_features`.
        images: Array [n, ...].
        folder: Path of the folder for the file, which is removed after the block.
    """
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryFile(dir=folder) as file:
        for first in range(0, len(images), IMAGES):
            part = frozen_features(layers, images[first : first + IMAGES], batch_size=100)
            file.write(part)
        file.flush()
        yield Rows(file, part.dtype, (len(images), *part.shape[1:]))


class Rows:
    """An array in a file; ``rows[indices]`` reads some of it.

    Args:
        file: Open file of nothing else.
        dtype: The array's type.
        shape: The array's shape.
    """

    def __init__(self, file, dtype, shape):
        self._file, self._dtype, self._shape = file, dtype, shape

    def __len__(self):
        return self._shape[0]

    def __getitem__(self, indices):
        """Return the rows of an int array of indices [k]: array [k, ...]."""
        # Mapped anew each time, or all that was ever read would count as this process's memory.
        mapped = np.memmap(self._file, self._dtype, "r", shape=self._shape)
        return np.asarray(mapped)[indices]
