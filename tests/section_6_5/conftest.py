"""The section's quick run, and that of its command `published_setting`."""

import dataclasses

import pytest

from chapter6.artifacts import Folders
from chapter6.experiment import quick
from chapter6.section_6_5 import published_setting


@pytest.fixture(scope="session")
def section(quick_section):
    return quick_section("section_6_5")


@pytest.fixture(scope="session")
def published(tmp_path_factory, digits):
    """The finding of a quick run of `published_setting`, and the folder of its files."""
    folder = tmp_path_factory.mktemp("published_setting")
    settings = dataclasses.replace(quick(published_setting.Settings), data=digits)
    return published_setting.run(settings, Folders(folder, folder / "checkpoints")), folder
