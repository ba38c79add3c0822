"""What cannot be searched, given on the command line: one line, status 2, nothing written."""

import pytest

from chapter6.artifacts import Folders
from chapter6.runner.command_line import main
from tests.search.sleeper import tuner_of


def refused(arguments, capsys):
    """Run section 6-2, which must end with status 2; return the line that it says why."""
    with pytest.raises(SystemExit) as ended:
        main("chapter6.section_6_2", arguments)
    captured = capsys.readouterr()
    assert ended.value.code == 2
    assert captured.out == "" and captured.err.count("\n") == 1
    return captured.err


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ("grid --learning-rates", "--learning-rates: expected at least one argument"),
        ("grid --learning-rates 0.1 -0.1", "must be greater than 0, received -0.1"),
        ("grid --hidden-units 50 50", "different values, received (50, 50)"),
        ("grid --workers 0", "--workers: must be at least 1, received 0"),
        ("random --workers 0", "--workers: must be at least 1, received 0"),
        ("random --weight-decays 0 1e-3", "log-uniform space must lie above 0, received 0.0 to 0.001"),
        ("random --weight-decays -1 1e-3", "log-uniform space must lie above 0, received -1.0 to 0.001"),
        ("random --hidden-units -50 500", "log-uniform space must lie above 0, received -50 to 500"),
        ("random --hidden-units 500 50", "numbers that ascend, received 500 to 50"),
        ("random --exponents -1 -1", "numbers that ascend, received -1.0 to -1.0"),
        ("random --exponents -1 400", "from -37 to 38, received -1.0 to 400.0"),
        ("random --exponents -1", "exponents must be two bounds, received -1.0"),
    ],
)
def test_a_space_or_a_number_of_workers_that_cannot_be(arguments, message, tmp_path, capsys):
    assert message in refused([*arguments.split(), "--output", str(tmp_path)], capsys)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(("name", "tuner"), [("grid", "grid"), ("random", "random"), ("random", "grid")])
@pytest.mark.parametrize("more", [[], ["--workers", "2"]])
def test_the_folder_of_another_search(name, tuner, more, tmp_path, capsys):
    folder = Folders.of("section_6_2", name, tmp_path, quick=True).checkpoints
    tuner_of(tuner, folder).search()
    before = (folder / "oracle.json").read_bytes()
    message = refused([name, "--quick", "--output", str(tmp_path), *more], capsys)
    assert "holds a search with another" in message
    # The lock's file means nothing by itself.
    written = [path for path in tmp_path.rglob("*") if path.is_file() and path.suffix != ".lock"]
    assert written == [folder / "oracle.json"] and written[0].read_bytes() == before


def test_a_chief_or_a_worker_that_has_not_all_of_its_address(tmp_path, capsys, monkeypatch):
    monkeypatch.setenv("KERASTUNER_ORACLE_IP", "127.0.0.1")
    assert '"KERASTUNER_ORACLE_PORT" was not' in refused(["grid", "--output", str(tmp_path)], capsys)
    assert list(tmp_path.iterdir()) == []
