"""What a run writes is there whole or not at all, and an earlier run is moved, never lost."""

import contextlib
import csv
import errno
import os
import stat
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
import pytest

from chapter6.artifacts import (
    Folders,
    archive_run,
    atomic_write,
    clear_unfinished,
    locked_folder,
    save_csv,
)
from chapter6.errors import InputError


def names(folder):
    return sorted(path.name for path in folder.iterdir())


def test_folders_lie_in_the_working_directory_or_where_they_are_put(tmp_path):
    here = Folders.of("section_6_4", "gan")
    assert here.snapshots.as_posix() == "snapshots/section_6_4/gan"
    assert here.checkpoints.as_posix() == "checkpoints/section_6_4/gan"
    there = Folders.of("section_6_4", "gan", tmp_path)
    assert there.snapshots == tmp_path / "snapshots" / "section_6_4" / "gan"
    assert there.checkpoints == tmp_path / "checkpoints" / "section_6_4" / "gan"
    quick = Folders.of("section_6_4", "gan", tmp_path, quick=True)
    assert quick.checkpoints == tmp_path / "checkpoints" / "section_6_4" / "gan_quick"
    assert quick.beside("history").snapshots == tmp_path / "snapshots" / "section_6_4" / "history_quick"
    assert there.beside("history") == Folders.of("section_6_4", "history", tmp_path)
    assert names(tmp_path) == []


@pytest.fixture
def folders(tmp_path):
    return Folders.of("section_6_4", "gan", tmp_path)


def fill(folder, text):
    folder.mkdir(parents=True)
    (folder / "kept").write_text(text)


def test_archive_run_moves_both_folders_with_all_they_hold(folders):
    fill(folders.snapshots, "events")
    fill(folders.checkpoints, "weights")
    moves = archive_run(folders)
    assert moves == {
        folders.snapshots: folders.snapshots.with_name("gan.1"),
        folders.checkpoints: folders.checkpoints.with_name("gan.1"),
    }
    assert (moves[folders.snapshots] / "kept").read_text() == "events"
    assert (moves[folders.checkpoints] / "kept").read_text() == "weights"
    assert not folders.snapshots.exists()
    assert not folders.checkpoints.exists()


def test_archive_run_never_overwrites_an_earlier_run(folders):
    for run in ("first", "second", "third"):
        fill(folders.snapshots, run)
        fill(folders.checkpoints, run)
        archive_run(folders)
    for number, run in enumerate(("first", "second", "third"), 1):
        for folder in (folders.snapshots, folders.checkpoints):
            assert (folder.with_name(f"gan.{number}") / "kept").read_text() == run


@pytest.mark.parametrize("taken", ["snapshots", "checkpoints"])
@pytest.mark.parametrize("present", ["snapshots", "checkpoints"])
def test_archive_run_gives_both_folders_a_number_that_neither_has_taken(folders, taken, present):
    fill(getattr(folders, taken).with_name("gan.1"), "other run")
    fill(getattr(folders, present), "this run")
    assert archive_run(folders) == {getattr(folders, present): getattr(folders, present).with_name("gan.2")}
    assert (getattr(folders, taken).with_name("gan.1") / "kept").read_text() == "other run"


@pytest.mark.parametrize("blocked", ["snapshots", "checkpoints"])
def test_archive_run_moves_neither_folder_if_one_cannot_be_moved(folders, blocked):
    fill(folders.snapshots, "events")
    fill(folders.checkpoints, "weights")
    folder = getattr(folders, blocked)
    # A link that leads nowhere does not exist, and yet no folder can take its place.
    folder.with_name("gan.1").symlink_to("nowhere")
    with pytest.raises(InputError, match=f"received {folder}, which cannot be renamed to gan.1") as refused:
        archive_run(folders)
    assert "\n" not in str(refused.value)
    assert (folders.snapshots / "kept").read_text() == "events"
    assert (folders.checkpoints / "kept").read_text() == "weights"
    assert names(folder.parent) == ["gan", "gan.1"]
    folder.with_name("gan.1").unlink()
    assert len(archive_run(folders)) == 2


@contextlib.contextmanager
def without_root():
    """Run the block as a user whom the system may refuse something."""
    if os.geteuid() == 0:
        os.seteuid(65534)
        try:
            yield
        finally:
            os.seteuid(0)
    else:
        yield


@pytest.mark.skipif(os.name == "nt", reason="needs folders that nothing in them can be renamed in")
@pytest.mark.parametrize("blocked", ["snapshots", "checkpoints"])
def test_archive_run_says_in_one_line_that_the_system_refuses(blocked):
    """As Windows does while TensorBoard has an event file open: nothing is moved, and later everything is."""
    with tempfile.TemporaryDirectory() as output:
        Path(output).chmod(0o755)
        folders = Folders.of("section_6_4", "gan", output)
        for folder in (folders.snapshots, folders.checkpoints):
            fill(folder, folder.as_posix())
            folder.parent.chmod(0o777)
        folder = getattr(folders, blocked)
        folder.parent.chmod(0o555)
        with pytest.raises(InputError, match=r"TensorBoard, .*\(Permission denied\)$"), without_root():
            archive_run(folders)
        for each in (folders.snapshots, folders.checkpoints):
            assert names(each.parent) == ["gan"] and (each / "kept").read_text() == each.as_posix()
        folder.parent.chmod(0o777)
        with without_root():
            assert len(archive_run(folders)) == 2


def test_archive_run_of_nothing_is_nothing(folders, tmp_path):
    assert archive_run(folders) == {}
    assert names(tmp_path) == []


def test_a_locked_folder_is_refused_to_a_second_run_until_the_first_ends(tmp_path):
    folder = tmp_path / "new" / "gan"
    with locked_folder(folder):
        with pytest.raises(InputError, match=f"one run at a time, received {folder}"), locked_folder(folder):
            pass
        with locked_folder(folder.with_name("gan_quick")):
            pass
    with pytest.raises(RuntimeError, match="fault"), locked_folder(folder):
        raise RuntimeError("fault")
    with locked_folder(folder):
        pass
    assert not folder.exists()


def test_a_locked_folder_stays_locked_when_its_run_moves_it(folders):
    fill(folders.checkpoints, "weights")
    with locked_folder(folders.checkpoints):
        archive_run(folders)
        with pytest.raises(InputError), locked_folder(folders.checkpoints):
            pass


def test_a_killed_run_leaves_no_lock(tmp_path):
    program = (
        "import pathlib, sys\n"
        "from chapter6.artifacts import locked_folder\n"
        "with locked_folder(pathlib.Path(sys.argv[1])):\n"
        "    print('locked', flush=True)\n"
        "    sys.stdin.read()\n"
    )
    command = [sys.executable, "-c", program, str(tmp_path / "gan")]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as run:
        assert run.stdout.readline() == "locked\n"
        with pytest.raises(InputError), locked_folder(tmp_path / "gan"):
            pass
        run.kill()
        run.wait()
        with locked_folder(tmp_path / "gan"):
            pass


@pytest.mark.skipif(os.name == "nt", reason="its locks always work")
def test_a_file_system_without_locks_does_not_keep_a_run_from_its_folder(tmp_path, monkeypatch):
    import fcntl

    def unsupported(file, operation):
        raise OSError(errno.ENOTSUP, os.strerror(errno.ENOTSUP))

    monkeypatch.setattr(fcntl, "flock", unsupported)
    with locked_folder(tmp_path / "gan"):
        (tmp_path / "gan").mkdir()


def test_a_file_appears_only_when_it_is_whole(tmp_path):
    target = tmp_path / "new" / "folder" / "numbers.txt"
    with atomic_write(target) as temporary:
        assert temporary.parent == target.parent
        temporary.write_text("half")
        assert not target.exists()
        temporary.write_text("whole")
    assert target.read_text() == "whole"
    assert names(target.parent) == ["numbers.txt"]


@pytest.mark.parametrize("fault", [OSError(28, "No space left on device"), KeyboardInterrupt()])
def test_a_failed_writer_leaves_the_old_file_and_nothing_else(tmp_path, fault):
    target = tmp_path / "numbers.txt"
    target.write_text("old")
    with pytest.raises(type(fault)), atomic_write(target) as temporary:
        temporary.write_text("half")
        raise fault
    assert target.read_text() == "old"
    assert names(tmp_path) == ["numbers.txt"]


def test_a_target_that_cannot_be_replaced_leaves_nothing_behind(tmp_path):
    (tmp_path / "numbers.txt").mkdir()
    with pytest.raises(OSError), atomic_write(tmp_path / "numbers.txt") as temporary:
        temporary.write_text("whole")
    assert names(tmp_path) == ["numbers.txt"]
    (tmp_path / "file").write_text("")
    with pytest.raises(OSError), atomic_write(tmp_path / "file" / "numbers.txt"):
        pass
    assert (tmp_path / "file").read_text() == ""


def test_a_temporary_file_keeps_the_suffix_that_writers_go_by(tmp_path):
    with atomic_write(tmp_path / "samples.npy") as temporary:
        np.save(temporary, np.arange(3))
    assert names(tmp_path) == ["samples.npy"]
    assert np.load(tmp_path / "samples.npy").tolist() == [0, 1, 2]


def test_a_written_file_has_the_mode_of_any_other(tmp_path):
    for mask in (0o022, 0o027):
        before = os.umask(mask)
        try:
            with atomic_write(tmp_path / "written"):
                pass
            (tmp_path / f"plain-{mask}").touch()
        finally:
            os.umask(before)
        written, plain = (tmp_path / name for name in ("written", f"plain-{mask}"))
        assert stat.S_IMODE(written.stat().st_mode) == stat.S_IMODE(plain.stat().st_mode)


def test_what_a_killed_writer_leaves_is_cleared_and_nothing_else(tmp_path):
    target = tmp_path / "numbers.txt"
    target.write_text("old")
    program = (
        "import os, pathlib, signal, sys\n"
        "from chapter6.artifacts import atomic_write\n"
        "with atomic_write(pathlib.Path(sys.argv[1])) as temporary:\n"
        "    temporary.write_text('half')\n"
        "    os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    killed = subprocess.run([sys.executable, "-c", program, str(target)])
    assert killed.returncode == -9
    assert target.read_text() == "old"
    assert len(names(tmp_path)) == 2
    clear_unfinished(tmp_path)
    assert names(tmp_path) == ["numbers.txt"]
    assert target.read_text() == "old"
    clear_unfinished(tmp_path / "not there")


def test_columns_are_read_back_from_csv_as_they_were(tmp_path):
    values = np.array([0.1, 1 / 3, 1e-300, -2.5e17])
    columns = {"step": range(4), "loss, mean": values, "初值": ["a", 'b "b"', "c,c", ""]}
    path = save_csv(tmp_path / "new" / "losses.csv", columns)
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert list(rows[0]) == list(columns)
    assert [int(row["step"]) for row in rows] == [0, 1, 2, 3]
    assert [float(row["loss, mean"]) for row in rows] == values.tolist()
    assert [row["初值"] for row in rows] == columns["初值"]
    assert b"\r" not in path.read_bytes()


def test_columns_of_different_lengths_are_refused_and_leave_nothing(tmp_path):
    with pytest.raises(ValueError, match="shorter"):
        save_csv(tmp_path / "losses.csv", {"step": range(4), "loss": [1.0]})
    assert names(tmp_path) == []
