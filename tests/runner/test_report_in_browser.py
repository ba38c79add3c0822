"""The page of all findings, opened from the disk in a real browser: on a desk, on a phone, on paper."""

import re
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest

from chapter6 import language
from chapter6.experiment import Finding, Picture, Verdict
from chapter6.figures import figure, save_figure
from chapter6.language import Message
from chapter6.runner.claims import Row, claims
from chapter6.runner.report import save_report
from chapter6.runner.results import FAILED, Result
from tests.browser import opened_page

SHORT = "In 20 of 20 runs with 10,000 digits the error fell to 1.25 % within 3e+04 steps. "
TABLE = {"a name that takes some room": ["Adam", "RMSProp"], "training loss (nats)": [0.00123, 12345.6]}


@pytest.fixture(scope="module")
def page():
    with opened_page() as page:
        yield page


@pytest.fixture(scope="module")
def snapshots(tmp_path_factory):
    """A folder with a space in its name, and a picture in it."""
    folder = tmp_path_factory.mktemp("whole run") / "snap shots"
    drawn = figure(12, 8)
    drawn.subplots().plot([0, 1])
    save_figure(drawn, folder / "drawn.png")
    return folder


@pytest.fixture(scope="module")
def rows(snapshots):
    """A row for every experiment, as a whole run would give them; the last failed."""
    return [made_row(snapshots, number, claim) for number, claim in enumerate(claims())]


def made_row(snapshots, number, claim):
    """Return a `Row` with as many pictures as its number, modulo 3, plus one, or none of a failed run."""
    name = (claim.module.CLAIM, claim.section, claim.name)
    if number + 1 == len(claims()):
        fault = f"cannot be read: /{'folder/' * 20}mnist.npz"
        return Row(claim, Result(*name, 0, FAILED, 0.1, fault, fault), None, snapshots, claim.command)
    verdict = list(Verdict)[number % len(Verdict)]
    pictures = []
    for index in range(1 + number % 3):
        path = snapshots / claim.section / claim.name / f"a picture {index}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.symlink_to(snapshots / "drawn.png")
        pictures.append(Picture(path, Message(f"Caption {index} of {claim.name}.")))
    text = Message(SHORT * (1 + number % 3))
    finding = Finding(verdict, text, text, text, TABLE, tuple(pictures))
    result = Result(*name, 0, str(verdict), number / 3, str(text), str(text))
    return Row(claim, result, finding, snapshots, claim.command)


@pytest.fixture(scope="module", params=["en", "zh"])
def address(request, rows, snapshots):
    """Address of the page in either language."""
    language.choose(["--language", request.param])
    yield save_report(rows, snapshots).as_uri()
    language.choose(["--language", "en"])


def test_every_picture_is_shown_and_nothing_is_asked_of_a_network(page, address, rows):
    page.open(address)
    assert page.errors == []
    shown = page.evaluate(
        "[...document.images].map(image => [image.complete, image.naturalWidth, image.alt])"
    )
    assert shown == [[True, 1800, str(caption)] for row in rows for _path, caption in row.pictures]
    assert len(page.requests) > len(shown)
    assert {urlsplit(request).scheme for request in page.requests} <= {"file", "data"}
    assert page.evaluate("document.scripts.length") == 0


def test_a_missing_picture_would_be_noticed(page, rows, tmp_path):
    page.open(save_report(rows[:1], tmp_path).as_uri())
    assert any("ERR_FILE_NOT_FOUND" in error for error in page.errors)


def test_every_link_leads_somewhere(page, address, rows):
    page.open(address)
    links = page.evaluate("[...document.links].map(link => link.href)")
    inside = [link.partition("#")[2] for link in links if "#" in link]
    outside = [link for link in links if "#" not in link]
    assert len(inside) >= len(rows)
    assert len(set(inside)) == len(inside)
    for anchor in inside:
        assert page.evaluate(f"document.getElementById({anchor!r}) !== null"), anchor
    assert len(outside) == sum(len(row.pictures) for row in rows)
    for link in outside:
        assert urlsplit(link).scheme == "file"
        assert Path(unquote(urlsplit(link).path)).read_bytes().startswith(b"\x89PNG")


def test_a_click_in_the_contents_goes_to_the_claim(page, address, rows):
    page.open(address)
    number = len(rows) // 2
    page.evaluate(f"document.querySelectorAll('nav a')[{number}].click()")
    top = page.wait_for(
        """(() => {
            const article = document.querySelector(":target");
            return article && [article.getBoundingClientRect().top, article.innerText];
        })()"""
    )
    assert abs(top[0]) < 1
    assert str(rows[number].claim.module.SENTENCE) in top[1] and rows[number].command in top[1]


@pytest.mark.parametrize("width", [320, 390, 800, 1920])
def test_nothing_sticks_out_whatever_the_width(page, address, width):
    page.resize(width, 800, phone=width < 500)
    try:
        page.open(address)
        assert page.evaluate("innerWidth") == width
        sticking = page.evaluate(
            """[...document.querySelectorAll("body *")].filter(element => {
                const box = element.getBoundingClientRect();
                return box.left < 0 || box.right > document.documentElement.clientWidth + 0.5;
            }).map(element => element.outerHTML.slice(0, 200))"""
        )
        assert sticking == []
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        # Smaller than this, a phone's reader would have to zoom.
        sizes = """[...document.querySelectorAll("article *")].map(
            element => parseFloat(getComputedStyle(element).fontSize))"""
        assert min(page.evaluate(sizes)) >= 12
    finally:
        page.resize(1280, 1024)


def test_printed_it_has_a_page_for_every_section_at_least(page, address, rows, tmp_path):
    page.open(address)
    page.pdf(tmp_path / "page.pdf")
    printed = (tmp_path / "page.pdf").read_bytes()
    assert printed.startswith(b"%PDF")
    pages = re.findall(rb"/Type\s*/Page\b", printed)
    # A picture fills most of a page.
    pictures = sum(len(row.pictures) for row in rows)
    assert len({row.claim.section for row in rows}) < len(pages) < len(rows) + pictures
    assert page.errors == []
