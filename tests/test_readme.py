"""The README's commands, links and test command are those of this checkout."""

import re
import shlex
from pathlib import Path

import pytest

from chapter6 import SECTIONS, command_line

ROOT = Path(__file__).parents[1]
TEXT = (ROOT / "README.md").read_text()
COMMANDS = sorted(set(re.findall(r"python -m (chapter6\.section_\d_\d[^`|&\n]*(?:\n[^`|&\n]*)?)`", TEXT)))


@pytest.mark.parametrize("command", COMMANDS)
def test_command_is_understood(command, monkeypatch):
    ran = []
    monkeypatch.setattr(command_line, "run", lambda module, settings, folders: ran.append(module))
    section, *arguments = shlex.split(command)
    command_line.main(section, arguments)
    assert ran


def test_every_experiment_and_command_has_its_row():
    for section in SECTIONS:
        package = __import__(f"chapter6.{section}", fromlist=["EXPERIMENTS"])
        for name in package.EXPERIMENTS + getattr(package, "COMMANDS", ()):
            assert f"`python -m chapter6.{section} {name}`" in TEXT


@pytest.mark.parametrize("target", sorted(set(re.findall(r"\]\(([^)]+)\)", TEXT))))
def test_link_leads_somewhere(target):
    assert (ROOT / target).exists()


@pytest.mark.parametrize("path", sorted(set(re.findall(r"`((?:chapter6|tests|checkpoints)/[\w/.]*)`", TEXT))))
def test_path_exists(path):
    assert (ROOT / path).exists()


def test_the_gate_calls_the_readmes_test_command():
    (command,) = re.findall(r"^ +(python -m pip install .* && python -m pytest)$", TEXT, re.MULTILINE)
    gate = (ROOT / ".ci" / "run").read_text()
    assert command in gate.splitlines()
