"""Where a run writes, and how: beside the target, then moved into place."""

import contextlib
import csv
import itertools
import os
import tempfile
from dataclasses import dataclass
from pathlib import Path

from chapter6.errors import InputError
from chapter6.language import _

try:
    import fcntl
except ImportError:
    # Windows
    import msvcrt

    fcntl = None

QUICK = "_quick"


@dataclass(frozen=True)
class Folders:
    """The two folders that one experiment writes to; they are made when something is written.

    Args:
        snapshots: Event files, pictures and tables.
        checkpoints: What a later run restores.
        suffix: What their names have behind the experiment's.
    """

    snapshots: Path
    checkpoints: Path
    suffix: str = ""

    @classmethod
    def of(cls, section, experiment, output=None, quick=False, seed=0):
        """Return the folders of an experiment under `output` (default: the working directory).

        A quick run has folders of its own, so that it neither overwrites nor goes on with a whole one; so
        has each further seed of a run of several.

        >>> Folders.of("section_6_4", "gan").snapshots.as_posix()
        'snapshots/section_6_4/gan'
        >>> Folders.of("section_6_4", "gan", quick=True).snapshots.as_posix()
        'snapshots/section_6_4/gan_quick'
        >>> Folders.of("section_6_4", "gan", seed=1).snapshots.as_posix()
        'snapshots/section_6_4/gan_seed_1'
        """
        root = Path(output) if output else Path()
        suffix = QUICK * quick + f"_seed_{seed}" * bool(seed)
        name = experiment + suffix
        return cls(root / "snapshots" / section / name, root / "checkpoints" / section / name, suffix)

    def beside(self, experiment):
        """Return the folders of another experiment of the section, quick and of the seed that these are of.

        >>> Folders.of("section_6_4", "history", quick=True).beside("gan").snapshots.as_posix()
        'snapshots/section_6_4/gan_quick'
        """
        name = experiment + self.suffix
        return Folders(self.snapshots.with_name(name), self.checkpoints.with_name(name), self.suffix)


def archive_run(folders):
    """Rename the folders of an earlier run to the next free ``NAME.1``, ``NAME.2``, …: both or neither.

    Args:
        folders: The `Folders` of the run; those that do not exist are left out.

    Returns:
        dict from the old path to the new one, empty where there was no run.

    Raises:
        InputError: A folder cannot be renamed, as on Windows while a program, TensorBoard say, has one of its
            files open; both are then where they were.
    """
    # Both take the same number, even where one is missing, so that what belongs together stays so.
    for number in itertools.count(1):
        moves = {
            folder: folder.with_name(f"{folder.name}.{number}")
            for folder in (folders.snapshots, folders.checkpoints)
        }
        if not any(target.exists() for target in moves.values()):
            break
    moves = {folder: target for folder, target in moves.items() if folder.exists()}
    with contextlib.ExitStack() as undo:
        for folder, target in moves.items():
            try:
                folder.rename(target)
            except OSError as error:
                message = _(
                    "an earlier run's folder must not be open in another program, such as TensorBoard, "
                    "received {folder}, which cannot be renamed to {name} ({reason})"
                ).format(folder=folder, name=target.name, reason=error.strerror)
                raise InputError(message) from None
            undo.callback(target.rename, folder)
        undo.pop_all()
    return moves


@contextlib.contextmanager
def locked_folder(folder):
    """Hold a folder for one run at a time.

    The lock is the operating system's: it ends with the process, however that ends. The file that carries
    it, ``.NAME.lock`` beside the folder, stays behind and means nothing by itself; it does not lie in the
    folder, which the run may rename. Where the file system knows no locks the block runs without one.

    Args:
        folder: Path of the folder, which need not exist.

    Raises:
        InputError: Another run holds the folder.
    """
    folder = Path(folder)
    folder.parent.mkdir(parents=True, exist_ok=True)
    # Not truncated and never removed: a run that has opened the file must see the lock of one before it.
    with folder.with_name(f".{folder.name}.lock").open("ab") as file:
        try:
            _lock(file)
        except (BlockingIOError, PermissionError):
            message = _("a folder must be used by one run at a time, received {folder}, which is in use")
            raise InputError(message.format(folder=folder)) from None
        except OSError:
            # The file system has no locks.
            pass
        yield


def _lock(file):
    if fcntl:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    else:
        file.seek(0)
        msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)


UNFINISHED = ".unfinished-"


def clear_unfinished(folder):
    """Remove from a folder the temporary files of writers that were killed."""
    for unfinished in Path(folder).glob(f"{UNFINISHED}*"):
        unfinished.unlink(missing_ok=True)


@contextlib.contextmanager
def atomic_write(path):
    """Give a temporary path in the folder of `path`; move it to `path` when the block succeeds.

    A reader therefore sees the old file or the new one, whole, whatever happens to the writer. The
    temporary file keeps the suffix of `path`, which some writers choose their format by.
    """
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(prefix=UNFINISHED, suffix=path.suffix, dir=path.parent)
    os.close(handle)
    temporary = Path(name)
    try:
        yield temporary
        # mkstemp makes files that only their owner may read.
        temporary.chmod(0o666 & ~_umask())
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)


def _umask():
    mask = os.umask(0)
    os.umask(mask)
    return mask


def localized_path(path, language):
    """Return where the copy of a figure with texts in a language lies.

    >>> localized_path("figures/race.gif", "zh").as_posix()
    'figures/race.zh.gif'
    """
    path = Path(path)
    return path.with_suffix(f".{language}{path.suffix}")


def save_csv(path, columns):
    """Save equally long columns, a mapping from name to values, as CSV and return the path."""
    with atomic_write(path) as temporary, temporary.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(columns)
        writer.writerows(zip(*columns.values(), strict=True))
    return Path(path)
