"""The section's quick run."""

import pytest


@pytest.fixture(scope="session")
def section(quick_section):
    return quick_section("section_6_3")
