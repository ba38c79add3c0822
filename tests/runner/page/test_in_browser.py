"""The page in a real browser: on a desk in English, on a phone in Chinese, on a wall, on paper."""

import re
from urllib.parse import urlsplit

import pytest

from tests.runner.page.conftest import DESK, PHONE

STICKING = """() => [...document.querySelectorAll("body *")].filter(element => {
    const box = element.getBoundingClientRect();
    return box.width && !element.closest(".scroll, .skip, .box, svg, math") &&
        (box.left < -0.5 || box.right > document.documentElement.clientWidth + 0.5);
}).map(element => element.outerHTML.slice(0, 200))"""
VISIBLE = "() => document.querySelector('main').innerText"


@pytest.fixture(params=["desk", "phone"])
def page(request):
    return request.getfixturevalue(request.param)


def test_nothing_is_wrong_and_nothing_is_asked_of_a_network(page):
    assert page.errors == []
    assert {urlsplit(request).scheme for request in page.requests} <= {"file", "data", "blob"}


def test_every_picture_is_shown(page, entries):
    shown = page.evaluate(
        "Promise.all([...document.images].map(image => image.decode().then(() => image.alt)))"
    )
    found = [entry.finding for entry in entries if entry.finding]
    captions = [each["caption"]["en"] for finding in found for each in finding["pictures"]]
    assert shown == captions


def test_it_is_in_the_language_of_the_browser_and_the_switch_changes_it(desk, phone):
    assert "Where the slides err" in desk.evaluate(VISIBLE)
    assert (
        "课件勘误" in phone.evaluate(VISIBLE) and phone.evaluate("document.documentElement.lang") == "zh-CN"
    )
    for page, other in ((desk, "课件勘误"), (phone, "Where the slides err")):
        title = page.title()
        page.keyboard.press("l")
        assert other in page.evaluate(VISIBLE) and page.title() != title
        page.locator("[data-action=language]").click()
        assert page.title() == title


def test_in_chinese_no_english_is_left_but_names_and_code(phone):
    """Of what the page itself says; findings and captions of this page are made up."""
    texts = phone.evaluate(
        """[...document.querySelectorAll(".toolbar, .plaything, #contents h1, summary")]
            .map(element => element.innerText).join(" ")"""
    )
    words = set(re.findall("[A-Za-z]{2,}", texts)) - {
        *("English", "GAN", "SGD", "AdaGrad", "RMSProp", "Nesterov", "Adam", "Rosenbrock", "Beale", "Esc"),
        *("tanh", "relu", "sigmoid", "xavier_init", "xavier", "init"),
    }
    assert words == set()


@pytest.mark.parametrize("width", [320, 390, 800, 1280, 1920])
def test_nothing_sticks_out_whatever_the_width(desk, phone, width):
    page, size = (phone, PHONE) if width < 500 else (desk, DESK)
    page.set_viewport_size({"width": width, "height": 800})
    try:
        assert page.evaluate(STICKING) == []
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        # Smaller than this, a phone's reader would have to zoom.
        sizes = page.evaluate(
            """[...document.querySelectorAll("article *")]
                .map(each => parseFloat(getComputedStyle(each).fontSize))"""
        )
        assert min(sizes) >= 12
        # "figure 6-3" is not read as "figure 6-", and a 3 on the next line.
        lines = page.evaluate(
            "[...document.querySelectorAll('h3 .number')].map(each => each.getClientRects().length)"
        )
        assert set(lines) <= {0, 1} and 1 in lines
    finally:
        page.set_viewport_size(size)


def test_the_contents_lead_to_the_claims(desk, entries):
    links = desk.evaluate("[...document.querySelectorAll('nav a')].map(link => link.hash.slice(1))")
    assert len(set(links)) == len(links) > len(entries)
    assert desk.evaluate("links => links.every(id => document.getElementById(id))", links)
    number = len(entries) // 2
    desk.locator(f"nav a[href='#claim-{number + 1}']").click()
    top = desk.locator(f"#claim-{number + 1}").bounding_box()["y"]
    assert 0 <= top < 100
    desk.evaluate("scrollTo(0, 0)")


def test_light_and_dark(desk):
    def paper():
        return desk.evaluate("getComputedStyle(document.body).backgroundColor")

    light = paper()
    desk.keyboard.press("d")
    dark = paper()
    desk.locator("[data-action=theme]").click()
    assert light == paper() == "rgb(255, 255, 255)" and dark == "rgb(22, 23, 26)"


def test_projecting_shows_one_claim_and_one_picture_on_the_screen(desk, entries):
    desk.set_viewport_size({"width": 1920, "height": 1080})
    desk.evaluate("scrollTo(0, 0)")
    desk.keyboard.press("p")
    shown = "[...document.querySelectorAll('.slide')].filter(each => each.offsetHeight).map(each => each.id)"
    try:
        slides, seen = desk.evaluate("[...document.querySelectorAll('.slide')].map(each => each.id)"), []
        for _slide in slides:
            (now,) = desk.evaluate(shown)
            seen.append(now)
            if now.startswith("claim-") and int(now[6:]) < len(entries):
                check_slide(desk, now)
            desk.keyboard.press("ArrowRight")
        assert seen == slides
        desk.keyboard.press("Home")
        desk.locator("nav a[href='#claim-3']").click()
        before = desk.locator("#claim-3 figure.shown img").get_attribute("alt")
        desk.keyboard.press("ArrowDown")
        assert desk.locator("#claim-3 figure.shown img").get_attribute("alt") != before
        desk.keyboard.press("ArrowLeft")
        assert desk.evaluate(shown) == ["claim-2"]
    finally:
        desk.keyboard.press("Escape")
        desk.set_viewport_size(DESK)
    assert len(desk.evaluate(shown)) == len(slides)


def check_slide(desk, name):
    """Check that sentence, verdict and a picture of half of the screen are on it, and nothing else."""
    boxes = desk.evaluate(
        """name => [...document.querySelectorAll(`#${name} > *`)].filter(each => each.offsetHeight)
            .map(each => [each.className || each.localName, each.getBoundingClientRect().toJSON()])""",
        name,
    )
    assert sorted(kind for kind, _box in boxes) == ["found", "h3", "shown"]
    assert all(0 <= box["top"] < box["bottom"] <= 1080 for _kind, box in boxes)
    assert dict(boxes)["shown"]["height"] > 540


def test_printed_it_has_no_empty_page(desk, entries, tmp_path):
    desk.pdf(path=tmp_path / "page.pdf", format="A4")
    printed = (tmp_path / "page.pdf").read_bytes()
    pages = len(re.findall(rb"/Type\s*/Page\b", printed))
    pictures = sum(len(entry.finding["pictures"]) for entry in entries if entry.finding)
    # Two of the pictures fill a page, more or less.
    assert 5 < pages < pictures
    assert desk.errors == []
