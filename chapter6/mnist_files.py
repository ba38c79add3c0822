"""MNIST in files: the four IDX files, packed or not, and ``mnist.npz``."""

import gzip
import math
import zipfile

import numpy as np

from chapter6.errors import InputError
from chapter6.language import _

SIDE = 28
PIXELS = SIDE * SIDE

IDX_FILES = {
    "x_train": "train-images-idx3-ubyte",
    "y_train": "train-labels-idx1-ubyte",
    "x_test": "t10k-images-idx3-ubyte",
    "y_test": "t10k-labels-idx1-ubyte",
}


def read_path(path):
    """Return the four arrays of MNIST in a folder or a file.

    Raises:
        InputError: It is not there, cannot be read, or does not hold digits of 28 x 28 pixels.
    """
    try:
        if (path / "mnist.npz").is_file():
            path = path / "mnist.npz"
        if path.is_dir():
            arrays = {name: _read_idx(_idx_file(path, stem)) for name, stem in IDX_FILES.items()}
        elif path.is_file():
            if path.suffix != ".npz" and not zipfile.is_zipfile(path):
                raise InputError(
                    _("MNIST's path must be a folder of IDX files or an .npz, received {path}"), path=path
                )
            arrays = read_npz(path)
        else:
            raise InputError(
                _("MNIST's path must be a folder or an .npz file that exists, received {path}"), path=path
            )
    except OSError as error:
        at = error.filename or path
        raise InputError(
            _("MNIST's path must be readable, received {at} ({strerror})"), at=at, strerror=error.strerror
        ) from None
    for name, part in (("train", _("training")), ("test", _("test"))):
        images, labels = arrays[f"x_{name}"], arrays[f"y_{name}"]
        _check(path, part, images, labels)
        arrays[f"y_{name}"] = labels.astype(np.uint8)
    return arrays


def _idx_file(folder, stem):
    # As 7-Zip and Kaggle name it, with a point; Kaggle's archive has it in a folder of its own besides.
    for name in (stem, stem.replace("-idx", ".idx")):
        for file in (folder / name, folder / f"{name}.gz", folder / name / name, folder / stem / name):
            if file.is_file():
                return file
    raise InputError(
        _("MNIST's folder must hold {stem} or {stem}.gz, received {folder}"), stem=stem, folder=folder
    )


def _read_idx(path):
    """Return the array in an IDX file: a magic number, the big-endian sizes, then the bytes."""
    content = path.read_bytes()
    if path.suffix == ".gz":
        try:
            content = gzip.decompress(content)
        # gzip, zlib and struct each report damage in their own way.
        except Exception as error:
            raise InputError(
                _("a .gz file must be whole, received {path} ({reason})"), path=path, reason=words_of(error)
            ) from None
    rank = 3 if "idx3" in path.name else 1
    # 0x08 stands for unsigned bytes; the last byte is the number of dimensions.
    magic = bytes([0, 0, 8, rank])
    if content[:4] != magic:
        raise InputError(
            _("an IDX file's magic must be {magic}, received {received} in {path}"),
            magic=magic.hex(),
            received=content[:4].hex(),
            path=path,
        )
    header = 4 + 4 * rank
    shape = np.frombuffer(content[4:header].ljust(4 * rank, b"\0"), ">u4").tolist()
    promised = header + math.prod(shape)
    if len(content) != promised:
        raise InputError(
            _("{path} must have {promised} bytes by its header, received {received}"),
            path=path,
            promised=promised,
            received=len(content),
        )
    return np.frombuffer(content, np.uint8, offset=header).reshape(shape)


def read_npz(path):
    """Return the four arrays of MNIST in an .npz file.

    Raises:
        InputError: It is damaged, or lacks an array.
        OSError: It cannot be opened.
    """
    # Opened here, since np.load leaves a file that it cannot read open.
    opened = path.open("rb")
    try:
        with opened, np.load(opened, allow_pickle=False) as file:
            missing = [name for name in IDX_FILES if name not in file]
            if missing:
                expected, received = ", ".join(IDX_FILES), ", ".join(file)
                raise InputError(
                    _("MNIST's .npz must hold {expected}, received {received} in {path}"),
                    expected=expected,
                    received=received,
                    path=path,
                )
            return {name: file[name] for name in IDX_FILES}
    except InputError:
        raise
    # Damage shows in the archive, in a compressed array or in its header, as a dozen kinds of exception.
    except Exception as error:
        raise InputError(
            _("MNIST's file must be a whole .npz, received {path} ({reason})"),
            path=path,
            reason=words_of(error),
        ) from None


def words_of(error):
    """Return what an error says in one line, or its class where it says nothing."""
    return " ".join(str(error).split()) or type(error).__name__


def _check(path, part, images, labels):
    if images.dtype != np.uint8 or images.ndim != 3 or images.shape[1:] != (SIDE, SIDE):
        received = f"{images.dtype} {list(images.shape)}"
        raise InputError(
            _("{part} images must be uint8 [n, {side}, {side}], received {received} in {path}"),
            part=part,
            side=SIDE,
            received=received,
            path=path,
        )
    if labels.shape != images.shape[:1]:
        raise InputError(
            _("there must be one {part} label for each image, received {shape} for {count} images in {path}"),
            part=part,
            shape=list(labels.shape),
            count=len(images),
            path=path,
        )
    if len(images) < 2:
        raise InputError(
            _("there must be two {part} images at least, received {received} in {path}"),
            part=part,
            received=len(images),
            path=path,
        )
    if images.max() <= 1:
        raise InputError(
            _("{part} images must have pixels from 0 to 255, received {least} to {most} in {path}"),
            part=part,
            least=images.min(),
            most=images.max(),
            path=path,
        )
    if not np.issubdtype(labels.dtype, np.integer):
        raise InputError(
            _("{part} labels must be whole numbers, received {dtype} in {path}"),
            part=part,
            dtype=labels.dtype,
            path=path,
        )
    if labels.min() < 0 or labels.max() > 9:
        raise InputError(
            _("{part} labels must be from 0 to 9, received {least} to {most} in {path}"),
            part=part,
            least=labels.min(),
            most=labels.max(),
            path=path,
        )
