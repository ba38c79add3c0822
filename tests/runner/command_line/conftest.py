"""The section in a temporary folder, and the command line on it."""

import pytest

from chapter6 import language
from chapter6.runner import command_line
from chapter6.runner.command_line import main
from tests.runner.command_line.section import MODULES, SECTION


@pytest.fixture(scope="session")
def library(tmp_path_factory):
    """Folder with the section, and with stand-ins for Keras and TensorFlow that are imported at once."""
    folder = tmp_path_factory.mktemp("library")
    (folder / SECTION).mkdir()
    for name, text in MODULES.items():
        (folder / SECTION / f"{name}.py").write_text(text.lstrip())
    (folder / "tensorflow.py").write_text(
        "import os, sys\nos.write(2, b'chatter\\n')\nprint('chatter', file=sys.stderr)\n"
    )
    (folder / "keras.py").write_text(STAND_IN_FOR_KERAS)
    return folder


STAND_IN_FOR_KERAS = """
class backend:
    backend = staticmethod(lambda: "tensorflow")


class config:
    set_floatx = set_epsilon = set_image_data_format = set_dtype_policy = staticmethod(lambda value: None)
"""


@pytest.fixture
def run(library, monkeypatch, tmp_path, capsys):
    """Return a function that runs a command line here: (status, standard output, standard error)."""
    monkeypatch.syspath_prepend(str(library))
    monkeypatch.setattr(command_line, "import_tensorflow", lambda: None)
    monkeypatch.setenv("LC_ALL", "C")
    monkeypatch.chdir(tmp_path)

    def run(*arguments):
        try:
            status = main(SECTION, list(arguments)) or 0
        except SystemExit as ended:
            status = ended.code or 0
        language.choose(["--language", "en"])
        output = capsys.readouterr()
        return status, output.out, output.err

    return run
