"""One page of all claims, made up, and one browser that opens it in either language."""

from pathlib import Path

import pytest

from chapter6.artifacts import Folders
from chapter6.experiment import Finding, Picture, Verdict
from chapter6.figures import figure, save_figure
from chapter6.language import Message
from chapter6.runner.claims import claims
from chapter6.runner.findings import save_finding
from chapter6.runner.page import NAME, save_page
from chapter6.runner.page.entries import collect
from tests.browser import opened_page, started_browser

SHORT = "In 20 of 20 runs with 10,000 digits the error fell to 1.25 % within 3e+04 steps. "
TABLE = {"a name that takes some room": ["Adam", "RMSProp"], "training loss (nats)": [0.00123, 12345.6]}
DESK, PHONE = {"width": 1280, "height": 900}, {"width": 390, "height": 844}


@pytest.fixture(scope="package")
def output(tmp_path_factory):
    """A folder, with a space in its name, with a finding of each experiment but the last."""
    folder = tmp_path_factory.mktemp("whole run") / "the output"
    drawn = figure(12, 8)
    drawn.subplots().plot([0, 1])
    picture = save_figure(drawn, folder / "drawn.png")
    for number, claim in enumerate(claims()[:-1]):
        snapshots = Folders.of(claim.section, claim.name, folder).snapshots
        snapshots.mkdir(parents=True)
        pictures = []
        for index in range(1 + number % 3):
            path = snapshots / f"a picture {index}.png"
            path.symlink_to(picture)
            pictures.append(Picture(path, Message(f"Caption {index} of {claim.name}.")))
        text = Message(SHORT * (1 + number % 3))
        verdict = list(Verdict)[number % len(Verdict)]
        finding = Finding(verdict, text, text, Message("a < b & c"), TABLE, tuple(pictures))
        save_finding(finding, claim.module.Settings(), number / 3, snapshots)
    return folder


@pytest.fixture(scope="package")
def entries(output):
    return collect(output)


@pytest.fixture(scope="package")
def path(entries, output):
    """Path of the page."""
    return save_page(entries, output / "snapshots" / NAME)


@pytest.fixture(scope="package")
def browser():
    with started_browser() as browser:
        yield browser


@pytest.fixture(scope="package")
def desk(browser, path):
    """The page in English on a desk, its playthings started."""
    with opened_page(browser, viewport=DESK, locale="en-US", reduced_motion="reduce") as page:
        yield opened(page, path)


@pytest.fixture(scope="package")
def phone(browser, path):
    """The page in Chinese on a phone, its playthings started."""
    options = {"viewport": PHONE, "locale": "zh-CN", "has_touch": True, "is_mobile": True}
    with opened_page(browser, reduced_motion="reduce", device_scale_factor=2, **options) as page:
        yield opened(page, path)


def opened(page, path):
    page.goto(path.as_uri())
    page.evaluate("Promise.all(['gan', 'race', 'signal', 'search', 'attack'].map(chapter6.start))")
    return page


def pytest_collection_modifyitems(items):
    # One process opens the page for all of these tests.
    for item in items:
        if item.path.parent == Path(__file__).parent:
            item.add_marker(pytest.mark.xdist_group("page"), append=False)
